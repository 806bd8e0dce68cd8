"""Prove the grain of delivery: a row per ad set and day, several to be summed, or one for several days."""

from collections.abc import Mapping
from typing import Final

import duckdb

from leadsmart.cleaning.inspection.delivery_rows import DELIVERY_ROWS, spend_in_budgets
from leadsmart.cleaning.parsing.file_formats import FINER_FILES
from leadsmart.cleaning.parsing.notes import Note, add_note
from leadsmart.cleaning.parsing.sql import fetch_rows
from leadsmart.errors import InputError, LeadSmartError
from leadsmart.params import Params
from leadsmart.vocabulary import AD_PERFORMANCE

#: So many rows of a file, or so large a share, may repeat the ad set and day of another: slips, which are merged.
FEW_REPEATS: Final = 3
FEW_REPEATS_SHARE: Final = 0.001
#: From this share of ad sets and days on with several rows, that is the grain of the file.
MOST_KEYS: Final = 0.5
#: So many rows that are there twice with the same figures, and so large a share, are no slips.
MANY_COPIES: Final = 10
MANY_COPIES_SHARE: Final = 0.2
#: So many steps between the days of an ad set, of which so large a share has one length, are the step of the file.
ENOUGH_STEPS: Final = 10
EVEN_STEPS_SHARE: Final = 0.9
#: Where a quarter of the rows spend more than so many daily budgets, they are for more than a day: ad platforms exceed
#: a budget by three quarters at most.
BUDGETS_OF_A_DAY: Final = 1.75

_KEY: Final = "ad_set_id, campaign_id, day"
_KEYED: Final = "ad_set_id IS NOT NULL AND campaign_id IS NOT NULL AND day IS NOT NULL"
_REMEDY: Final = "Export again with the breakdown by day"


def inspect_finer_rows(
    connection: duckdb.DuckDBPyConnection, params: Mapping[str, Params]
) -> list[LeadSmartError]:
    """Tell files with several rows per ad set and day, which are summed, from days stated twice; see `Inspection`.

    Parameters
    ----------
    connection : DuckDBPyConnection
        With the typed delivery without its total lines.
    params : mapping
        Not looked at.

    Returns
    -------
    list of LeadSmartError
        Files of which nobody can say whether their rows are to be summed.
    """
    problems: list[LeadSmartError] = []
    figures = "spend, impressions, clicks, reach, written, breakdown, others"
    for file, rows, keys, several, timed, repeats, copies, parts in fetch_rows(
        connection,
        "SELECT file, sum(n), count(*), count(*) FILTER (distinct_rows > 1), count(*) FILTER (times > 1), "
        "sum(distinct_rows - 1), sum(n - distinct_rows), max(parts) FROM (SELECT file, count(*) AS n, "
        f"count(DISTINCT ({figures})) AS distinct_rows, count(DISTINCT written) AS times, "
        f"count(DISTINCT breakdown) AS parts FROM {DELIVERY_ROWS} WHERE {_KEYED} GROUP BY file, {_KEY}) "
        "GROUP BY 1 HAVING sum(n) > count(*) ORDER BY 1",
    ):
        if parts > 1 or several > MOST_KEYS * keys:
            by = _breakdown_of(parts, timed, keys)
            connection.execute(f"INSERT INTO {FINER_FILES} VALUES (?)", [file])
            text = (
                f"{rows:,} rows for {keys:,} ad sets and days{by}: spend, impressions and clicks are summed; reach, which "
                "counts people once in each row, can't be, and is the largest of a day's rows"
            )
            add_note(connection, Note(file, AD_PERFORMANCE, "finer grain", rows, text))
        elif copies >= MANY_COPIES and copies > MANY_COPIES_SHARE * rows:
            problems.append(
                InputError(
                    f"{copies:,} of {rows:,} rows are there twice with the same figures: pasted twice, or a breakdown "
                    "whose column is missing",
                    remedy="Take the second copy out, or export again by ad set and day without a breakdown",
                    file=file,
                    rule="exact_duplicate",
                    count=copies,
                    examples=_examples(connection, file),
                )
            )
        elif repeats > max(FEW_REPEATS, FEW_REPEATS_SHARE * rows):
            problems.append(
                InputError(
                    f"{repeats:,} of {rows:,} rows state the same ad set and day again with other figures, and nothing "
                    "shows whether they add to the first or replace it",
                    remedy="Put the newer figures into a file of their own, which then replaces the days it states",
                    file=file,
                    rule="restated",
                    column="created_at",
                    count=repeats,
                    examples=_examples(connection, file),
                )
            )
    return problems


def inspect_coarser_rows(
    connection: duckdb.DuckDBPyConnection, params: Mapping[str, Params]
) -> list[LeadSmartError]:
    """Find files with a row for several days; see `inspect.Inspection`.

    The end of the period says so, where it is exported; else even steps between an ad set's days, or one day for each
    ad set, where spend is several daily budgets.

    Parameters
    ----------
    connection : DuckDBPyConnection
        With the typed delivery without its total lines, and budgets.
    params : mapping
        Market -> its parameters: with ``coarse_delivery: spread`` rows whose end is known are spread over their days.

    Returns
    -------
    list of LeadSmartError
        One per file with a market that does not spread its rows.
    """
    problems: list[LeadSmartError] = []
    for file, rows, longest, markets, periods, is_overlapping in _stated_periods(connection):
        refusing = [m for m in markets if m in params and params[m].coarse_delivery == "refuse"]
        if is_overlapping:
            # each row has its day, and beside it the period of the whole report
            if not all(market in refusing for market in markets if market in params):
                problem = (
                    f"{rows:,} rows are for periods that overlap, so that none can be spread over its days"
                )
                remedy = "Take the end of the period out of the file, or coarse_delivery: spread out of the market's"
                problems.append(_coarse(problem, remedy, file, rows, periods))
        elif refusing or not any(market in params for market in markets):
            problem = f"{rows:,} rows are for more than one day, for up to {longest:,}"
            remedy = (
                f"{_REMEDY}, or write coarse_delivery: spread in the market's file, which spreads them evenly"
            )
            problems.append(_coarse(problem, remedy, file, rows, periods))
        else:
            text = f"{rows:,} rows are for up to {longest:,} days each; they are spread evenly over their days, without reach"
            add_note(connection, Note(file, AD_PERFORMANCE, "coarser grain", rows, text))
    told = {problem.file for problem in problems}
    spent_budgets = {
        **spend_in_budgets(connection, 0.75),
        **spend_in_budgets(connection, 0.75, by=("month",)),
    }
    for group, rows, step, needs_budget in _even_steps(connection):
        file, *month = group
        budgets, _ = spent_budgets.get(group, (None, 0))
        if needs_budget and budgets is None:
            continue
        if file in told or (budgets is not None and budgets <= BUDGETS_OF_A_DAY):
            continue
        told.add(file)
        spent = (
            "" if budgets is None else f", and a quarter of them spend more than {budgets:.1f} daily budgets"
        )
        where = f"of {month[0]} " if month else ""
        problems.append(_coarse(f"its rows {where}look like {step}{spent}", _REMEDY, file, rows, []))
    return problems


def _coarse(problem: str, remedy: str, file: str, rows: int, examples: list[str]) -> InputError:
    return InputError(
        problem,
        remedy=remedy,
        file=file,
        rule="coarse_delivery",
        column="created_at",
        count=rows,
        examples=examples,
    )


def _breakdown_of(parts: int, timed: int, keys: int) -> str:
    if parts > 1:
        return ", by a breakdown of delivery"
    return ", by time of day" if timed > MOST_KEYS * keys else ""


def _examples(connection: duckdb.DuckDBPyConnection, file: str) -> list[str]:
    found = connection.execute(
        f"SELECT ad_set_id, day FROM {DELIVERY_ROWS} WHERE file = ? AND {_KEYED} GROUP BY ALL HAVING count(*) > 1 "
        "ORDER BY ALL LIMIT 3",
        [file],
    ).fetchall()
    return [f"ad set {ad_set} on {day}" for ad_set, day in found]


def _stated_periods(
    connection: duckdb.DuckDBPyConnection,
) -> list[tuple[str, int, int, list[str], list[str], bool]]:
    """Files with rows whose period ends on a later day: file, such rows, days of the longest, markets, and periods.

    Last, whether most periods reach beyond the next day of their ad set. Some systems state the day behind the last one: where all rows do and days follow each other, they are of a day.
    """
    is_longer = "period_end > day"
    return [
        (file, rows, days, markets, sorted(periods)[:3], is_overlapping)
        for file, rows, days, markets, periods, is_overlapping, is_exclusive in fetch_rows(
            connection,
            f"SELECT file, count(*) FILTER ({is_longer}), max(period_end - day + 1) FILTER ({is_longer}), "
            f"list(DISTINCT market ORDER BY market) FILTER ({is_longer}), "
            f"list(DISTINCT concat(day, ' to ', period_end)) FILTER ({is_longer}), "
            f"count(*) FILTER (next_day <= period_end) > {MOST_KEYS} * count(next_day), "
            "count(*) = count(*) FILTER (period_end = day + 1) AND coalesce(mode(next_day - day) = 1, false) FROM (SELECT *, "
            "min(day) OVER (PARTITION BY file, ad_set_id, campaign_id ORDER BY day "
            f"RANGE BETWEEN INTERVAL 1 DAY FOLLOWING AND UNBOUNDED FOLLOWING) AS next_day FROM {DELIVERY_ROWS}) "
            f"WHERE day IS NOT NULL GROUP BY 1 HAVING count(*) FILTER ({is_longer}) > 0 ORDER BY 1",
        )
        if not is_exclusive
    ]


def _even_steps(connection: duckdb.DuckDBPyConnection) -> list[tuple[tuple[str, ...], int, str, bool]]:
    """Files whose rows stand a week or a month apart, or where an ad set has one row, and months of files likewise.

    File and month, rows, what they look like, and whether budgets have to show it.
    """
    found: list[tuple[tuple[str, ...], int, str, bool]] = []
    days = f"SELECT DISTINCT file, {_KEY} FROM {DELIVERY_ROWS} WHERE {_KEYED} AND period_end IS NULL"
    for file, month, rows, ad_sets, steps, weeks, months in fetch_rows(
        connection,
        f"WITH days AS ({days}), spans AS (SELECT *, NULL AS month FROM days UNION ALL "
        "SELECT *, strftime(day, '%Y-%m') FROM days) "
        "SELECT file, month, count(*), count(DISTINCT (ad_set_id, campaign_id)), count(step), "
        "count(*) FILTER (step = 7), count(*) FILTER (step BETWEEN 28 AND 31) FROM (SELECT *, day - lag(day) "
        "OVER (PARTITION BY file, month, ad_set_id, campaign_id ORDER BY day) AS step FROM spans) "
        "GROUP BY 1, 2 ORDER BY 1, 2 NULLS FIRST",
    ):
        group = (file, month) if month else (file,)
        if steps >= ENOUGH_STEPS and max(weeks, months) >= EVEN_STEPS_SHARE * steps:
            step = "week" if weeks > months else "month"
            found.append((group, rows, f"one per ad set and {step}", month is not None))
        elif not month and ad_sets >= ENOUGH_STEPS and rows == ad_sets:
            found.append((group, rows, "one per ad set for all its days", True))
    return found
