"""The cells of a column, file by file, as far as they show how it is written: only those that are not plain."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import duckdb
import pandas as pd

from leadsmart.cleaning.parsing.notes import Note, add_note, table_exists
from leadsmart.cleaning.parsing.raw_rows import FILE, IS_UNPARSABLE, MARKET_COLUMN, sliced
from leadsmart.cleaning.parsing.sql import quote_text
from leadsmart.cleaning.values.dates import DATE_WORDS
from leadsmart.errors import InputError, LeadSmartError
from leadsmart.vocabulary import CAMPAIGNS

#: A column of which so large a share can't be read, and so many cells, is no column of dates or numbers.
UNREADABLE_SHARE: Final = 0.2
UNREADABLE_CELLS: Final = 5
#: Columns of which a cell that can't be read is left empty; of others it takes the row with it.
_OPTIONAL: Final = frozenset({"daily_budget", "start_time", "stop_time", "reach", "impressions", "clicks"})

#: A day, a moment without a zone, one with a zone, and one that says midnight in it.
STARTS_WITH_DAY: Final = r"^\d{4}-\d\d-\d\d"
PLAIN_DATE: Final = r"\d{4}-\d\d-\d\d([ T]\d\d:\d\d(:\d\d(\.\d{1,6})?)?)?"
_ZONE: Final = r"\s?(Z|[+-]\d\d:?\d\d)"
_ZONED: Final = rf"\d{{4}}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d(\.\d{{1,9}})?)?{_ZONE}"
_ZONED_MIDNIGHT: Final = rf"\d{{4}}-\d\d-\d\d[ T]00:00(:00(\.0{{1,9}})?)?{_ZONE}"
#: A number with a decimal point that can be nothing else, or none.
PLAIN_NUMBER: Final = r"-?\d+(\.(\d{1,2}|\d{4,}))?|-?(0|\d{4,})\.\d{3}"


@dataclass(frozen=True)
class Column:
    """A column of a file.

    Attributes
    ----------
    table, file, name : str
    filled : int
        Cells in which something is written.
    plain : dict
        Kind of plain cell -> how many there are.
    cells : DataFrame
        The other cells: ``market, text, n``.
    """

    table: str
    file: str
    name: str
    filled: int
    plain: dict[str, int]
    cells: pd.DataFrame


def date_columns(connection: duckdb.DuckDBPyConnection, table: str, column: str) -> Iterator[Column]:
    """A column of dates in each file of a sliced table: ``zoned`` and ``midnight`` count plain cells with a zone."""
    kinds = {
        "zoned": f"regexp_full_match({column}, {quote_text(_ZONED)})",
        "midnight": f"regexp_full_match({column}, {quote_text(_ZONED_MIDNIGHT)})",
    }
    return _columns(connection, table, column, f"{PLAIN_DATE}|{_ZONED}", kinds)


def number_columns(connection: duckdb.DuckDBPyConnection, table: str, column: str) -> Iterator[Column]:
    """A column of numbers in each file of a sliced table: ``point`` counts plain cells with a decimal point."""
    return _columns(connection, table, column, PLAIN_NUMBER, {"point": f"contains({column}, '.')"})


def _columns(
    connection: duckdb.DuckDBPyConnection, table: str, column: str, plain: str, kinds: dict[str, str]
) -> Iterator[Column]:
    source = sliced(table)
    if not table_exists(connection, source):
        return
    is_plain = f"regexp_full_match({column}, {quote_text(plain)})"
    counted = "".join(f", count(*) FILTER ({is_plain} AND {sql}) AS {kind}" for kind, sql in kinds.items())
    written = f"FROM {source} WHERE NOT {IS_UNPARSABLE} AND trim({column}) <> ''"
    files = connection.execute(
        f"SELECT {FILE}, count(*), count(*) FILTER ({is_plain}){counted} {written} GROUP BY 1 ORDER BY 1"
    ).fetchall()
    not_plain = [file for file, filled, plain_cells, *_ in files if plain_cells < filled]
    others = connection.execute(
        f"SELECT {FILE} AS file, {MARKET_COLUMN} AS market, {column} AS text, count(*) AS n {written} "
        f"AND {FILE} IN (SELECT unnest(?)) AND NOT {is_plain} GROUP BY ALL ORDER BY ALL",
        [not_plain],
    ).df()
    for file, filled, _, *counts in files:
        cells = others.loc[others["file"] == file, ["market", "text", "n"]]
        yield Column(table, file, column, filled, dict(zip(kinds, counts, strict=True)), cells)


def report_unreadable(
    connection: duckdb.DuckDBPyConnection, column: Column, cells: pd.DataFrame, kind: str, remedy: str
) -> list[LeadSmartError]:
    """Refuse a column of which a large part can't be read; note less, and of campaigns, which may lack budget and stop.

    Parameters
    ----------
    connection : DuckDBPyConnection
        With the table of notes.
    column : Column
    cells : DataFrame
        Those that can't be read.
    kind : str
        What they should be: ``dates`` or ``numbers``.
    remedy : str

    Returns
    -------
    list of LeadSmartError
        At most one.
    """
    count = int(cells["n"].sum())
    if not count:
        return []
    problem, examples = f"{count:,} of {column.filled:,} values are no {kind}", show_values(cells["text"])
    if column.table == CAMPAIGNS or count < max(UNREADABLE_CELLS, UNREADABLE_SHARE * column.filled):
        what = "they are left empty" if column.name in _OPTIONAL else "their rows are quarantined"
        text = f"{problem} in {column.name}, such as {examples[0]}; {what}"
        add_note(connection, Note(column.file, column.table, f"unreadable {kind}", count, text))
        return []
    return [
        InputError(
            problem,
            remedy=remedy,
            file=column.file,
            rule=kind,
            column=column.name,
            count=count,
            examples=examples,
        )
    ]


def pick(cells: pd.DataFrame, mask: list[bool]) -> pd.DataFrame:
    """Some rows of a frame that may have none."""
    return cells[pd.Series(mask, index=cells.index, dtype="bool")]


def show_values(texts: Iterable[str], most: int = 3) -> list[str]:
    """Values as they may be shown: words that no date or amount has are left out, and what may be a phone.

    >>> show_values(["Using ad set budget", "03 Jun 24", "n. v."])
    ['words', '03 Jun 24', '…. ….']
    """
    return list(dict.fromkeys(map(_show, list(texts)[: 50 * most])))[:most]


def _show(text: str) -> str:
    shown = re.sub(r"[^\W\d_]+", lambda word: word[0] if word[0].casefold() in DATE_WORDS else "…", text)
    if ":" not in text and sum(c.isdigit() for c in text) > 8:
        shown = re.sub(r"\d", "9", shown)
    return "words" if re.fullmatch(r"…(\s+…)*", shown.strip()) else shown[:60]
