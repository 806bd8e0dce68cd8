"""Breakdowns of people without the cells that tell of a few: hidden, and what would give them away by subtraction too."""

from collections.abc import Sequence
from typing import Final

import pandas as pd

#: Column that says why a row's figures are not there; empty where they are.
SUPPRESSED: Final = "suppressed"
#: Hidden only because a hidden cell could be found by subtraction otherwise.
WITHHELD: Final = "not shown"


def hide_few(
    table: pd.DataFrame,
    people: str,
    values: Sequence[str],
    minimum: int,
    within: Sequence[Sequence[str]] = ((),),
) -> pd.DataFrame:
    """Hide what a breakdown says of fewer than `minimum` people.

    In each group of rows whose total a reader may know, further rows are hidden, the smallest first, until the hidden
    ones can't be worked out from that total (complementary suppression; Willenborg & de Waal (2001), Elements of
    Statistical Disclosure Control).

    Parameters
    ----------
    table : DataFrame
        One row per group of people.
    people : str
        Column with the number of people; rows of zero tell of nobody and stay.
    values : sequence of str
        Columns that go with it.
    minimum : int
        Smallest number that is shown; 1 shows all.
    within : sequence of sequences of str
        For each kind of known total the columns that name it; () is the table's own total.

    Returns
    -------
    DataFrame
        The table, `people` and `values` missing in hidden rows, with ``suppressed``: "fewer than 5", "not shown" or "".

    Examples
    --------
    >>> table = pd.DataFrame({"language": ["en", "ar", "fr"], "leads": [90, 8, 2]})
    >>> hide_few(table, "leads", [], 5)["suppressed"].tolist()
    ['', 'not shown', 'fewer than 5']
    """
    count = table[people].fillna(0)
    few = count.between(1, minimum - 1)
    hidden = few.copy()
    lines = [
        part.index
        for by in within
        for part in ([table] if not by else (p for _, p in table.groupby(list(by))))
    ]
    # what is hidden for one total may leave a hidden row alone in another
    while any(_hide_another(index, count, few, hidden, minimum) for index in lines):
        pass
    reason = pd.Series("", index=table.index, dtype="str").mask(hidden, WITHHELD)
    shown = {name: table[name].where(~hidden) for name in (people, *values)}
    return table.assign(**shown, **{SUPPRESSED: reason.mask(few, f"fewer than {minimum}")})


def _hide_another(line: pd.Index, count: pd.Series, few: pd.Series, hidden: pd.Series, minimum: int) -> bool:
    """Hide the smallest row that is shown, if the hidden ones could be worked out; whether it did."""
    concealed = line[hidden[line]]
    rest = line[~hidden[line] & (count[line] > 0)]
    if concealed.empty or rest.empty or not _is_given_away(count[concealed], few[concealed], minimum):
        return False
    hidden.loc[count[rest].nsmallest(1).index] = True
    return True


def _is_given_away(counts: pd.Series, few: pd.Series, minimum: int) -> bool:
    """Whether the sum of hidden counts leaves one solution: each few is 1 to minimum − 1, each other at least minimum."""
    least = int(few.sum()) + minimum * int((~few).sum())
    most = (minimum - 1) * len(counts) if few.all() else float("inf")
    return len(counts) == 1 or counts.sum() in (least, most)
