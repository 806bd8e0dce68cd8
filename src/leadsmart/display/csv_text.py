"""Tables as CSV text that opens harmlessly in a spreadsheet."""

import re

import pandas as pd

#: Characters at which a spreadsheet starts to read a formula, their full-width forms included.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
#: Where a spreadsheet that separates fields by semicolons or tabs would start one, and in it a formula.
_LATER_FORMULA = re.compile(r"([;\t]\s*)(?=[=+\-@＝＋－＠])")


def is_formula(text: str) -> bool:
    """Whether a spreadsheet might read a text as a formula.

    >>> is_formula("=1+1"), is_formula(" @SUM(A1)"), is_formula("Palm = Hills")
    (True, True, False)
    """
    return text.startswith(_FORMULA_STARTS) or text.lstrip().startswith(_FORMULA_STARTS)


def _neutral(cell: object) -> object:
    """Text with an apostrophe wherever a spreadsheet might start to read a formula; anything else as it is."""
    if not isinstance(cell, str):
        return cell
    # the csv writer leaves a carriage return unquoted, and what follows it would start a row of its own
    text = cell.replace("\r\n", "\n").replace("\r", "\n")
    return _LATER_FORMULA.sub(r"\1'", f"'{text}" if is_formula(cell) else text)


def to_safe_csv(table: pd.DataFrame) -> str:
    r"""Write a table as CSV text: LF ends a line (inside text too), twelve significant digits, no formula can start.

    Parameters
    ----------
    table : DataFrame
        Any grain; its index is left out. Numbers stay numbers, also negative ones.

    Returns
    -------
    str
        Header and rows; encode it as UTF-8.

    Examples
    --------
    >>> to_safe_csv(pd.DataFrame({"project_name": ['=HYPERLINK("x")'], "delta": [-0.1]}))
    'project_name,delta\n"\'=HYPERLINK(""x"")",-0.1\n'
    """
    safe = table.copy()
    for position in range(table.shape[1]):
        column = table.iloc[:, position]
        if pd.api.types.is_numeric_dtype(column) or pd.api.types.is_datetime64_any_dtype(column):
            continue
        safe.isetitem(position, column.astype(object).map(_neutral).array)
    safe.columns = [_neutral(name) for name in table.columns]
    # twelve digits are more than any export has and hide the last bits that differ between processors
    return safe.to_csv(index=False, lineterminator="\n", float_format="%.12g")
