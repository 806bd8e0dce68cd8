"""Tables on a page: few columns, right-aligned numbers, intervals beside estimates, names as text."""

from collections.abc import Sequence
from typing import Final

import pandas as pd

from leadsmart.display.markup import Html
from leadsmart.display.tables.columns import (
    INDICATIVE_MARK,
    TOO_WIDE_MARK,
    WIDEST_SHARE,
    Column,
    check_columns,
    filled_columns,
)
from leadsmart.display.templating import render
from leadsmart.formats import format_count

#: What stands under a table with the mark.
_NOTES: Final = {
    INDICATIVE_MARK: f"{INDICATIVE_MARK} indicative range: one or two business users decide it, or too few carry the figure;"
    " read it as an order of size, not as a 95 % range.",
    TOO_WIDE_MARK: f"{TOO_WIDE_MARK} a range wider than {100 * WIDEST_SHARE:.0f} points, too wide to say anything; the download"
    " has it.",
}


def format_table(
    table: pd.DataFrame,
    columns: Sequence[Column],
    *,
    title: str,
    caption: str = "",
    currency: str = "",
    sortable: bool = False,
    download: str | None = None,
    rows: int | None = None,
    empty: str = "",
) -> Html:
    """Show a table in the order it has; the first row should be the one to act on.

    Parameters
    ----------
    table : DataFrame
        Any grain; its order is kept, its index is not shown.
    columns : sequence of Column
        No more than a screen holds.
    title : str
        What the table says or holds; it names the table for screen readers too.
    caption : str
        Period, units, what a row is.
    currency : str
        Stands once in the head of columns of money.
    sortable : bool
        Whether readers may sort, search and unfold it (needs the site's ``report.js``; all rows are readable
        without).
    download : str, optional
        Address of the whole table as CSV, relative to the page.
    rows : int, optional
        Show only so many rows and say so.
    empty : str
        What stands in place of a table without rows: why there is none, and what would fill it.

    Returns
    -------
    Html
        Shown by notebooks as it is.

    Raises
    ------
    RenderError
        If a column is absent.
    """
    check_columns(table, columns, title)
    shown = table if rows is None else table.head(rows)
    if shown.empty:
        return render("nothing.html.jinja", title=title, reason=empty or "No rows to show.")
    columns = filled_columns(shown, columns)
    cells = [[column.cell(row) for column in columns] for row in shown.to_dict("records")]
    notes = [
        note
        for mark, note in _NOTES.items()
        if any(c.is_number and mark in c.text for row in cells for c in row)
    ]
    if len(shown) < len(table):
        notes.append(f"{format_count(len(shown))} of {format_count(len(table))} rows.")
    return render(
        "table.html.jinja",
        title=title,
        caption=caption,
        currency=currency,
        columns=columns,
        rows=cells,
        sortable=sortable,
        notes=notes,
        download=download,
    )
