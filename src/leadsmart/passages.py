"""Passages that the code writes into hand-written pages: a table stands between its marks and is never typed."""

from pathlib import Path

from leadsmart.errors import RenderError


def replace_passage(page: str, name: str, text: str) -> str:
    r"""A page with other text between the marks of one passage.

    Parameters
    ----------
    page : str
        Text of the page.
    name : str
        The passage's, in its marks.
    text : str
        What is to stand between them.

    Raises
    ------
    RenderError
        If the page has not both marks once, in order.

    Examples
    --------
    >>> replace_passage("Before\n<!-- kpis: begin -->old<!-- kpis: end -->\nafter", "kpis", "new")
    'Before\n<!-- kpis: begin -->\n\nnew\n\n<!-- kpis: end -->\nafter'
    """
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    before, *rest = page.split(begin)
    between = rest[0].split(end) if len(rest) == 1 else []
    if len(between) != 2:
        raise RenderError(f"a page lacks its passage {name!r}", remedy=f"Put {begin} and {end} into it once")
    return f"{before}{begin}\n\n{text}\n\n{end}{between[1]}"


def rewrite_passage(path: Path, name: str, text: str) -> None:
    """Write one passage of a page anew."""
    path.write_text(replace_passage(path.read_text(encoding="utf-8"), name, text), encoding="utf-8")
