"""Hold the units of money against what the market's parameters, budgets and other files say."""

import math
from collections.abc import Mapping
from typing import Final

import duckdb

from leadsmart.cleaning.inspection.columns import number_columns
from leadsmart.cleaning.inspection.delivery_rows import DELIVERY_ROWS, spend_in_budgets
from leadsmart.cleaning.parsing.headers import CURRENCY
from leadsmart.cleaning.parsing.notes import Note, add_note
from leadsmart.cleaning.parsing.raw_rows import FILE, MARKET_COLUMN, sliced
from leadsmart.cleaning.parsing.sql import fetch_rows
from leadsmart.cleaning.values.numbers import written_unit
from leadsmart.errors import InputError, LeadSmartError
from leadsmart.params import Params
from leadsmart.vocabulary import AD_PERFORMANCE, CAMPAIGNS

#: Signs and abbreviations of currencies -> the codes that they may stand for.
_SIGNS: Final[Mapping[str, str]] = {
    "$": "USD CAD AUD NZD SGD HKD MXN", "US$": "USD", "€": "EUR", "£": "GBP", "E£": "EGP",
    "LE": "EGP", "L.E.": "EGP", "L.E": "EGP", "ج.م": "EGP", "ج.م.": "EGP", "جنيه": "EGP SDG",
    "د.إ": "AED", "د.إ.": "AED", "درهم": "AED MAD", "DHS": "AED MAD", "DH": "AED MAD", "ر.س": "SAR", "ر.س.": "SAR",
    "SR": "SAR", "ريال": "SAR QAR OMR YER", "د.ك": "KWD", "د.ك.": "KWD", "ر.ق": "QAR", "ر.ق.": "QAR", "د.ب": "BHD",
    "د.ب.": "BHD", "ر.ع": "OMR", "ر.ع.": "OMR", "د.أ": "JOD", "د.أ.": "JOD", "دينار": "KWD BHD JOD IQD TND DZD LYD",
    "TL": "TRY", "RS": "INR PKR",
}  # fmt: skip
#: So small a part of a daily budget is spent on a median day where the budget is in another unit.
_TINY: Final = 0.008
#: Enough campaigns and days, or rows, for a median.
_ENOUGH: Final = 20
#: Money in hundredths or millionths of its unit -> what it is called, and factors near which spend is then too large.
_SCALES: Final = {
    "in the minor unit (such as piastres or cents)": (20.0, 400.0),
    "in micros (millionths)": (1e5, 1e7),
}


def inspect_currencies(
    connection: duckdb.DuckDBPyConnection, params: Mapping[str, Params]
) -> list[LeadSmartError]:
    """Refuse files with money in another currency than their market's; see `inspect.Inspection`.

    Parameters
    ----------
    connection : DuckDBPyConnection
        With the sliced tables.
    params : mapping
        Market -> its parameters, ``currency`` among them.

    Returns
    -------
    list of LeadSmartError
        One per file, with rows per currency.
    """
    problems: list[LeadSmartError] = []
    for table, column in ((AD_PERFORMANCE, "spend"), (CAMPAIGNS, "daily_budget")):
        stated = [("currency", *row) for row in _currency_column(connection, table)]
        for cells in number_columns(connection, table, column):
            frame = cells.cells.assign(unit=cells.cells["text"].map(written_unit)).dropna(subset=["unit"])
            rows = zip(frame["market"], frame["unit"], frame["n"], strict=True)
            stated += [(column, cells.file, str(market), str(unit), int(n)) for market, unit, n in rows]
        for file in dict.fromkeys(row[1] for row in stated):
            own = [row for row in stated if row[1] == file]
            others = [row for row in own if not _may_be(row[3], params.get(row[2]))]
            if not others:
                continue
            counts: dict[str, int] = {}
            for _, _, _, unit, n in own:
                counts[unit.upper()] = counts.get(unit.upper(), 0) + n
            wanted = sorted(
                {own_params.currency for m, own_params in params.items() if m in {row[2] for row in others}}
            )
            listed = ", ".join(f"{unit} in {n:,} rows" for unit, n in sorted(counts.items()))
            problems.append(
                InputError(
                    f"money is in another currency than the parameter currency ({', '.join(wanted)}): {listed}",
                    remedy="Export one currency per market, converted by the ad platform, or set currency in the "
                    "market's file",
                    file=file,
                    rule="currency",
                    column=others[0][0],
                    count=sum(row[4] for row in others),
                    examples=dict.fromkeys(row[3] for row in others),
                )
            )
    return problems


def inspect_scales(
    connection: duckdb.DuckDBPyConnection, params: Mapping[str, Params]
) -> list[LeadSmartError]:
    """Refuse files whose spend is in hundredths or millionths of the currency; see `inspect.Inspection`.

    Spend is held against the daily budgets of its campaigns, and the cost of a thousand impressions against that of the
    other files.

    Parameters
    ----------
    connection : DuckDBPyConnection
        With the typed delivery without its total lines, and budgets.
    params : mapping
        Not looked at.

    Returns
    -------
    list of LeadSmartError
        One per file.
    """
    problems: dict[str, InputError] = {}
    for by in ((), ("market",), ("month",)):
        for (file, *group), (budgets, count) in spend_in_budgets(connection, 0.5, by=by).items():
            where = f" in {group[0]}" if group else ""
            evidence = f"campaigns{where} spend {budgets:,.0f} times their daily budget on a median day"
            if count >= _ENOUGH and (scale := _scale_of(budgets)):
                problems.setdefault(file, _other_scale(connection, file, scale, evidence))
            elif count >= _ENOUGH and not by and budgets < _TINY:
                text = (
                    f"daily budgets are {1 / budgets:,.0f} times what campaigns spend on a median day; ad platforms' "
                    "interfaces state them in the minor unit"
                )
                add_note(connection, Note(file, AD_PERFORMANCE, "budgets", count, text))
    costs = fetch_rows(
        connection,
        f"SELECT file, median(1000 * spend / impressions) FROM {DELIVERY_ROWS} WHERE spend > 0 AND impressions > 0 "
        f"GROUP BY 1 HAVING count(*) >= {_ENOUGH} ORDER BY 1",
    )
    least = min((cost for _, cost in costs), default=math.nan)
    for file, cost in costs:
        if scale := _scale_of(cost / least):
            evidence = f"1,000 impressions cost {cost:,.0f}, {cost / least:,.0f} times what they cost in another file"
            problems.setdefault(file, _other_scale(connection, file, scale, evidence))
    return list(problems.values())


def _scale_of(factor: float) -> str | None:
    """What money is in that is too large by a factor; None where the factor is that of no unit."""
    return next((scale for scale, (lowest, highest) in _SCALES.items() if lowest <= factor <= highest), None)


def _other_scale(connection: duckdb.DuckDBPyConnection, file: str, scale: str, evidence: str) -> InputError:
    [(rows, low, high)] = connection.execute(
        f"SELECT count(*), min(spend), max(spend) FROM {DELIVERY_ROWS} WHERE file = ? AND spend > 0", [file]
    ).fetchall()
    return InputError(
        f"spend seems to be {scale}: {evidence}",
        remedy="Export the cost in the currency's own unit, or divide the column before",
        file=file,
        rule="units",
        column="spend",
        count=rows,
        examples=[f"{low:.10g}", f"{high:.10g}"],
    )


def _currency_column(connection: duckdb.DuckDBPyConnection, table: str) -> list[tuple[str, str, str, int]]:
    """Rows per file, market and stated currency."""
    if CURRENCY not in connection.table(sliced(table)).columns:
        return []
    return fetch_rows(
        connection,
        f"SELECT {FILE}, {MARKET_COLUMN}, upper(trim({CURRENCY})) AS code, count(*) FROM {sliced(table)} "
        f"WHERE trim({CURRENCY}) <> '' GROUP BY ALL ORDER BY ALL",
    )


def _may_be(unit: str, params: Params | None) -> bool:
    """Whether a sign, an abbreviation or a code may stand for the market's currency; of no market's rows, any may."""
    text = unit.strip().upper()
    codes = _SIGNS.get(text, text).split()
    return (
        params is None
        or params.currency in codes
        or not (text in _SIGNS or (len(text) == 3 and text.isascii()))
    )
