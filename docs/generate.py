"""The passages of pages that are made from the code: ``make docs`` writes them, tests/test_generated_docs.py holds them.

A passage stands in its page between ``<!-- name: begin -->`` and ``<!-- name: end -->`` and is never typed.
"""

import ast
import runpy
import textwrap
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from leadsmart.catalogue.kpis import ratios, sums
from leadsmart.cleaning.tables.rules import format_rules

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "leadsmart"
WIDTH, COLUMN = 118, 30


class Passage(NamedTuple):
    """Which passage of which page what function makes."""

    page: str
    name: str
    make: Callable[[], str]


def format_formulas() -> str:
    """All KPIs that have a reading, sums first, in Markdown."""
    lines = ["| Name | Formula | Read it as |", "|:-----|:--------|:-----------|"]
    for kpi in (*sums(), *ratios()):
        name = f"{kpi.label} (`{kpi.name}`)" if kpi.label else f"`{kpi.name}`"
        if kpi.reading:
            lines.append(f"| {name} | {kpi.formula.replace(' * ', ' · ')} | {kpi.reading} |")
    return "\n".join(lines) + '\n\n: KPIs and their formulas {tbl-colwidths="[26,38,36]"}'


def replace_passage(page: str, name: str, text: str) -> str:
    """A page with other text between the marks of one passage.

    Parameters
    ----------
    page : str
        Text of the page.
    name : str
        The passage's, in its marks.
    text : str
        What is to stand between them.

    Returns
    -------
    str

    Raises
    ------
    ValueError
        If the page has not both marks once, in order.
    """
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    before, *rest = page.split(begin)
    between = rest[0].split(end) if len(rest) == 1 else []
    if len(between) != 2:
        raise ValueError(f"A page lacks its passage {name!r}. Put {begin} and {end} into it once.")
    return f"{before}{begin}\n\n{text}\n\n{end}{between[1]}"


def format_map(package: Path = PACKAGE) -> str:
    """All modules with the first line of their docstrings, packages after the modules beside them."""
    return "\n".join(["```text", f"{package.parent.name}/{package.name}/", *_map_lines(package, 1), "```"])


def _map_lines(folder: Path, depth: int) -> Iterator[str]:
    for path in sorted(folder.glob("*.py")):
        if path.name != "__init__.py":
            yield from _map_entry(path.name, path, depth)
    for path in sorted(folder.glob("*/__init__.py")):
        yield from _map_entry(f"{path.parent.name}/", path, depth)
        yield from _map_lines(path.parent, depth + 1)


def _map_entry(name: str, path: Path, depth: int) -> list[str]:
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    summary = docstring.partition("\n\n")[0].replace("\n", " ").replace("``", "").removesuffix(".")
    name = "  " * depth + name
    if not summary:
        return [name]
    hanging = " " * max(COLUMN, len(name) + 2)
    lines = textwrap.wrap(summary, WIDTH, initial_indent=hanging, subsequent_indent=" " * COLUMN)
    return [name + lines[0][len(name) :], *lines[1:]]


def format_layers() -> str:
    """The layers of the import rule as a table, from pyproject.toml."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    lines = ["| package | layers, each importing only those to its right |", "|:--|:--|"]
    for contract in contracts["contracts"]:
        if contract["type"] == "layers":
            layers = [layer.replace("(", "").replace(")", "") for layer in contract["layers"]]
            parts = [" ".join(f"`{p}`" for p in layer.split(" | ")) for layer in layers]
            lines.append(f"| `{contract['containers'][0]}` | {' → '.join(parts)} |")
    return "\n".join(lines)


def _of_benchmark(script: str, function: str) -> Callable[[], str]:
    return lambda: runpy.run_path(str(ROOT / "benchmarks" / script))[function]()


PASSAGES = (
    Passage("ARCHITECTURE.md", "map", format_map),
    Passage("ARCHITECTURE.md", "layers", format_layers),
    Passage("docs/definitions.qmd", "kpis", format_formulas),
    Passage("docs/definitions.qmd", "rules", format_rules),
    Passage("docs/production-design.qmd", "examples", _of_benchmark("production.py", "worked_examples")),
    Passage("docs/production-design.qmd", "budgets", _of_benchmark("production.py", "budgets")),
)


def main() -> None:
    """Write all passages anew."""
    for passage in PASSAGES:
        path = ROOT / passage.page
        page = path.read_text(encoding="utf-8")
        path.write_text(replace_passage(page, passage.name, passage.make()), encoding="utf-8")


if __name__ == "__main__":
    main()
