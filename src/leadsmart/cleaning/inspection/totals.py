"""Rows of delivery that state a total of others: told by their words, or by empty keys and what they add up to."""

from collections.abc import Mapping, Sequence
from typing import Final

import duckdb

from leadsmart.cleaning.inspection.delivery_rows import DELIVERY_ROWS
from leadsmart.cleaning.parsing.file_formats import TOTAL_LINES
from leadsmart.cleaning.parsing.notes import Note, add_note
from leadsmart.cleaning.parsing.sql import fetch_rows, quote_text
from leadsmart.errors import LeadSmartError
from leadsmart.params import Params
from leadsmart.vocabulary import AD_PERFORMANCE

#: What keys of total lines begin with.
_WORDS: Final = (
    r"^\s*(grand[\s_-]?total|sub[\s_-]?total|totals?|sum|summary|results from|الإجمالي|إجمالي|الاجمالي|اجمالي|المجموع"
    r"|مجموع|gesamt|summe|totale?s?|toplam|итого)([\s:_-]|$)"
)
#: Rounded parts may miss their total by so much of it.
_ROUNDING: Final = 0.005
_FOUND: Final = "found_totals"
#: Cells of a breakdown in rows for all of it.
_ALL: Final = r"\s*(all|total|الكل|كل|-+)?\s*"


def find_totals(connection: duckdb.DuckDBPyConnection, params: Mapping[str, Params]) -> list[LeadSmartError]:
    """Keep the lines of delivery that state totals, so that cleaning leaves them out; see `inspect.Inspection`.

    Parameters
    ----------
    connection : DuckDBPyConnection
        With the typed delivery, from which total lines are removed.
    params : mapping
        Not looked at.

    Returns
    -------
    list of LeadSmartError
        Always empty: a stated total that differs from its rows is noted with both figures.
    """
    words = " OR ".join(
        f"regexp_matches(lower(coalesce({column}, '')), {quote_text(_WORDS)})"
        for column in ("ad_set_id", "campaign_id", "written")
    )
    _keep(connection, f"SELECT file, line, spend FROM {DELIVERY_ROWS} WHERE {words}")
    for keys in ((), ("campaign_id",), ("day",), ("campaign_id", "day")):
        _keep(connection, _empty_keys(keys))
    _keep(connection, _whole_breakdowns())
    for file, count, first, stated, summed in fetch_rows(
        connection,
        f"SELECT file, count(*), min(line), max(spend), (SELECT sum(spend) FROM {DELIVERY_ROWS} d "
        f"WHERE d.file = {_FOUND}.file) FROM {_FOUND} GROUP BY 1 ORDER BY 1",
    ):
        what = "1 line states a total" if count == 1 else f"{count:,} lines state totals"
        text = f"{what} of other rows and is left out (line {first:,})"
        if count > 1:
            text = f"{what} of other rows and are left out (from line {first:,})"
        add_note(connection, Note(file, AD_PERFORMANCE, "total", count, text))
        # the largest is that of the whole file, unless there are totals of parts alone
        if stated and summed and abs(stated - summed) >= 1 and stated > summed / 2:
            text = (
                f"the file states a total of {stated:,.2f}, its rows add up to {summed:,.2f} "
                f"(difference {stated - summed:+,.2f})"
            )
            add_note(connection, Note(file, AD_PERFORMANCE, "stated total", 1, text))
    return []


def _empty_keys(keys: Sequence[str]) -> str:
    """Rows without an ad set whose spend is that of all rows, several at least, with the same other keys."""
    filled = " AND ".join(f"t.{k} IS {'NOT ' if k in keys else ''}NULL" for k in ("campaign_id", "day"))
    same = "".join(f" AND r.{key} = t.{key}" for key in keys)
    return (
        f"SELECT t.file, t.line, t.spend FROM {DELIVERY_ROWS} t JOIN {DELIVERY_ROWS} r "
        f"ON r.file = t.file AND r.ad_set_id IS NOT NULL AND r.day IS NOT NULL{same} "
        f"WHERE t.ad_set_id IS NULL AND {filled} GROUP BY ALL HAVING count(*) > 1 "
        f"AND {_adds_up('t.spend', 'sum(r.spend)')}"
    )


def _whole_breakdowns() -> str:
    """Rows for all of a breakdown whose spend is that of its parts."""
    is_whole = f"regexp_full_match(lower(replace(breakdown, '|', '')), {quote_text(_ALL)})"
    return (
        f"SELECT file, line, spend FROM (SELECT *, {is_whole} AS is_whole, "
        f"sum(spend) FILTER (NOT {is_whole}) OVER (PARTITION BY file, ad_set_id, campaign_id, day) AS parts "
        f"FROM {DELIVERY_ROWS} WHERE file IN (SELECT file FROM {DELIVERY_ROWS} WHERE breakdown <> '')) "
        f"WHERE is_whole AND {_adds_up('spend', 'parts')}"
    )


def _adds_up(total: str, parts: str) -> str:
    return f"{total} > 0 AND abs({total} - {parts}) <= {_ROUNDING} * {total}"


def _keep(connection: duckdb.DuckDBPyConnection, query: str) -> None:
    """Move lines from the rows to the total lines."""
    connection.execute(f"CREATE TABLE IF NOT EXISTS {_FOUND} (file VARCHAR, line BIGINT, spend DOUBLE)")
    connection.execute(f"INSERT INTO {_FOUND} {query}")
    connection.execute(
        f"DELETE FROM {DELIVERY_ROWS} d USING {_FOUND} f WHERE d.file = f.file AND d.line = f.line"
    )
    connection.execute(f"INSERT OR IGNORE INTO {TOTAL_LINES} SELECT file, line FROM {_FOUND}")
