"""Lines of another system's file that are no rows, and rows in another currency."""

from collections.abc import Sequence
from typing import Final

import duckdb

from leadsmart.cleaning.mapping.expressions import Cells, filled, plain_number
from leadsmart.cleaning.mapping.model import TableMapping
from leadsmart.cleaning.parsing.notes import Keep
from leadsmart.cleaning.parsing.raw_rows import IS_UNPARSABLE, LINE
from leadsmart.cleaning.parsing.sql import fetch_rows, quote_text
from leadsmart.errors import InputError

#: The file's rows, while they are staged.
ROWS: Final = "foreign_rows"


def skip_lines(
    connection: duckdb.DuckDBPyConnection,
    entry: TableMapping,
    cells: Cells,
    note: Keep,
) -> None:
    """Take lines that are no rows out, and say which."""
    if entry.title_lines:
        note("title", entry.title_lines, f"{_lines(entry.title_lines)} above the header passed over")
    if entry.footer_lines:
        found = _delete(
            connection,
            f"{IS_UNPARSABLE} AND {LINE} > (SELECT coalesce(max({LINE}), 0) FROM {ROWS} WHERE NOT {IS_UNPARSABLE}) "
            f"AND {LINE} IN (SELECT {LINE} FROM {ROWS} ORDER BY {LINE} DESC LIMIT {entry.footer_lines})",
        )
        if found:
            note("footer", len(found), f"footer passed over: {_places(found)}")
    if entry.only:
        conditions = [
            f"coalesce(lower(trim({cells(header)})) NOT IN ({', '.join(quote_text(v.strip().lower()) for v in values)}), true)"
            for header, values in entry.only.items()
        ]
        found = _delete(connection, f"NOT {IS_UNPARSABLE} AND ({' OR '.join(conditions)})")
        if found:
            headers = ", ".join(entry.only)
            note("other", len(found), f"{_lines(len(found))} of another {headers} passed over")
    _pass_over_totals(connection, entry, cells, note)


def _pass_over_totals(
    connection: duckdb.DuckDBPyConnection,
    entry: TableMapping,
    cells: Cells,
    note: Keep,
) -> None:
    rule, conditions = entry.total_lines, []
    fields = [row[0] for row in fetch_rows(connection, f"DESCRIBE {ROWS}") if row[0].startswith("f")]
    first = f"lower(coalesce({', '.join(map(filled, fields))}))"
    conditions += [f"starts_with({first}, {quote_text(word.lower())})" for word in rule.starts_with]
    if rule.empty:
        conditions.append(
            " AND ".join(f"trim(coalesce({cells(h)}, '')) IN ('', '-', '--')" for h in rule.empty)
        )
    if not conditions:
        return
    is_total = f"NOT {IS_UNPARSABLE} AND ({' OR '.join(f'({c})' for c in conditions)})"
    stated, summed = None, None
    if "spend" in entry.columns:
        spend = plain_number(cells.of(entry.columns["spend"]), entry)
        amount = f"try_cast(replace({spend}, ',', '') AS DECIMAL(18, 4))"
        [(stated, summed)] = fetch_rows(
            connection,
            f"SELECT max({amount}) FILTER ({is_total}), sum({amount}) FILTER (NOT ({is_total})) FROM {ROWS}",
        )
    found = _delete(connection, is_total)
    if not found:
        return
    note("total", len(found), f"total passed over: {_places(found)}")
    if stated is not None and summed is not None and abs(stated - summed) >= 1:
        note(
            "stated total",
            len(found),
            f"the file states a total of {stated:,.2f}, its rows add up to {summed:,.2f} "
            f"(difference {stated - summed:+,.2f})",
        )


def check_currency(
    connection: duckdb.DuckDBPyConnection, entry: TableMapping, cells: Cells, file: str
) -> None:
    """Refuse a file whose rows state another currency than its mapping."""
    if not entry.currency_header:
        return
    cell = f"upper(trim(coalesce({cells(entry.currency_header)}, '')))"
    others = connection.execute(
        f"SELECT {cell}, count(*) FROM {ROWS} WHERE NOT {IS_UNPARSABLE} AND {cell} <> ? GROUP BY 1 ORDER BY 2 DESC",
        [entry.currency],
    ).fetchall()
    if others:
        raise InputError(
            f"has rows in another currency than {entry.currency}",
            remedy="Export each currency to a file of its own, for a market of its own",
            file=file,
            column=entry.currency_header,
            count=sum(n for _, n in others),
            examples=[currency for currency, _ in others],
        )


def _delete(connection: duckdb.DuckDBPyConnection, condition: str) -> list[int]:
    """Take rows out; the lines they stood on."""
    lines = fetch_rows(connection, f"SELECT {LINE} FROM {ROWS} WHERE {condition} ORDER BY {LINE}")
    connection.execute(f"DELETE FROM {ROWS} WHERE {condition}")
    return [line for (line,) in lines]


def _places(lines: Sequence[int], most: int = 5) -> str:
    shown = ", ".join(f"{line:,}" for line in lines[:most])
    more = f" and {len(lines) - most:,} more" if len(lines) > most else ""
    return f"{'line' if len(lines) == 1 else 'lines'} {shown}{more}"


def _lines(count: int) -> str:
    return f"{count:,} {'line' if count == 1 else 'lines'}"
