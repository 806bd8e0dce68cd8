"""Tables on a page: few columns, right-aligned numbers, intervals beside estimates, names as text."""

import re
from collections.abc import Sequence

import pandas as pd
from great_tables import GT

from leadsmart.display.markup import Html, download_link, escape, nothing_block
from leadsmart.display.tables.columns import (
    INDICATIVE_MARK,
    WIDEST_SHARE,
    Column,
    cell_html,
    check_columns,
    filled_columns,
    raw_number,
)
from leadsmart.formats import NOTHING, format_count

#: What great-tables writes for every table and the site's one style sheet replaces.
_STYLE = re.compile(r"<style>.*?</style>", re.DOTALL)
_TABLE = re.compile(r"<table.*?</table>", re.DOTALL)
_NOISE = re.compile(r' (?:headers|id|rowspan|colspan|style)="[^"]*"')
#: Under a table with the sign.
INDICATIVE_NOTE = (
    "indicative range: one or two business users decide it, or too few carry the figure; read it as an order of size,"
    " not as a 95 % range."
)
TOO_WIDE_NOTE = f"({NOTHING}) a range wider than {100 * WIDEST_SHARE:.0f} points, too wide to say anything; the download has it."
_INDENT = re.compile(r"\n\s*")


def _plain_table(texts: pd.DataFrame, columns: Sequence[Column], currency: str, caption: str) -> str:
    """A table made by great-tables, without the style and the ids that it repeats for every table."""
    numbers = [name for name, column in zip(texts.columns, columns, strict=True) if column.is_number]
    table = (
        GT(texts, id="ls", auto_align=False)
        .cols_label(
            {name: column.head(currency) for name, column in zip(texts.columns, columns, strict=True)}
        )
        .cols_align("left")
        # the cells are safe HTML already; without a formatter great-tables would escape them again
        .fmt(lambda cell: cell)
        # Quarto would parse the table into its own and lose what the style sheet needs
        .tab_options(quarto_disable_processing=True)
    )
    if numbers:
        table = table.cols_align("right", columns=numbers)
    markup = _TABLE.search(_STYLE.sub("", table.as_raw_html())).group()
    _, rest = markup.split(">", 1)
    rest = _INDENT.sub("\n", re.sub(r"<t[hd][^>]*>", lambda cell: _NOISE.sub("", cell.group()), rest))
    return f'<table class="gt_table ls-table" data-quarto-disable-processing="true">{caption}{rest}'


def _sortable_table(table: pd.DataFrame, columns: Sequence[Column], currency: str, caption: str) -> str:
    """A table that report.js makes sortable and searchable; compact, as it may have thousands of rows."""
    heads = "".join(
        f'<th scope="col"{" class=gt_right" if column.is_number else ""}>{escape(column.head(currency))}</th>'
        for column in columns
    )
    rows = []
    for row in table.to_dict("records"):
        cells = [
            f'<td data-value="{raw_number(row, column)}">{cell_html(row, column)}</td>'
            if column.is_number
            else f"<td>{cell_html(row, column)}</td>"
            for column in columns
        ]
        rows.append(f"<tr>{''.join(cells)}</tr>")
    return (
        '<table class="gt_table ls-table ls-sortable" data-quarto-disable-processing="true">'
        f"{caption}<thead><tr>{heads}</tr></thead>\n<tbody>\n" + "\n".join(rows) + "\n</tbody></table>"
    )


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
    columns = filled_columns(shown, columns)
    subtitle = f'<span class="ls-table-caption">{escape(caption)}</span>' if caption else ""
    head = f'<caption><span class="ls-table-title">{escape(title)}</span>{subtitle}</caption>'
    if shown.empty:
        return Html(nothing_block(title, empty or "No rows to show."))
    if sortable:
        body = _scroll_box(_sortable_table(shown, columns, currency, head), title)
    else:
        records = shown.to_dict("records")
        texts = pd.DataFrame(
            {f"c{i}": [cell_html(row, column) for row in records] for i, column in enumerate(columns)},
            dtype=object,
        )
        body = _scroll_box(_plain_table(texts, columns, currency, head), title)
    notes = []
    cells = [(column, row) for row in shown.to_dict("records") for column in columns]
    if any(column.range_mark(row) for column, row in cells):
        notes.append(escape(f"{INDICATIVE_MARK} {INDICATIVE_NOTE}"))
    if any(column.is_too_wide(row) for column, row in cells):
        notes.append(escape(TOO_WIDE_NOTE))
    if len(shown) < len(table):
        notes.append(f"{format_count(len(shown))} of {format_count(len(table))} rows.")
    if download is not None:
        notes.append(download_link(download))
    foot = f'<p class="ls-table-foot">{" ".join(notes)}</p>' if notes else ""
    return Html(f'<div class="ls-table-block">{body}{foot}</div>')


def _scroll_box(markup: str, title: str) -> str:
    """A wide table scrolls in its own box, by keyboard too, and the page does not."""
    return f'<div class="ls-scroll" tabindex="0" role="group" aria-label="{escape(title)}">{markup}</div>'
