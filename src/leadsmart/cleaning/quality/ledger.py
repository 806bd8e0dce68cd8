"""The account of every raw row: outcomes that add up, repairs and flags beside them."""

import math
from collections.abc import Iterable, Mapping
from typing import Final, NoReturn

import pandas as pd

from leadsmart.cleaning.tables.cleaned_table import CleanedTable
from leadsmart.cleaning.tables.rules import KEPT, MERGED, QUARANTINED, rules_of
from leadsmart.errors import LedgerError
from leadsmart.market_tables import look_up
from leadsmart.vocabulary import AD_PERFORMANCE, LEDGER_COLUMNS, LEDGER_EXITS

#: Spend may differ by so much of itself, as sums of decimal fractions do.
SPEND_TOLERANCE: Final = 1e-9


def build_ledger(cleaned: Iterable[CleanedTable]) -> pd.DataFrame:
    """What happened to the raw rows of each table.

    Parameters
    ----------
    cleaned : iterable of CleanedTable

    Returns
    -------
    DataFrame
        One row per table and rule that applied, and one "kept" per table, in the order of the rules:
        ``table, rule, action, rows, spend``. Spend of a merged row stays in the row it went to.

    Raises
    ------
    LedgerError
        If a row was removed, repaired or flagged by something that is no rule.
    """
    lines: list[tuple[str, str, str, int, float]] = []
    for table in cleaned:
        rules = {rule.name: rule.action for rule in rules_of(table.table)}
        outcomes = table.outcomes.map({KEPT: KEPT, **rules})
        if stray := sorted({*table.outcomes, *table.matches} - {KEPT, *rules}):
            _fail(table.table, f"no such rule: {', '.join(stray)}")
        kept = outcomes.eq(KEPT)
        stays = outcomes.isin([KEPT, MERGED])
        lines.append((table.table, KEPT, KEPT, int(kept.sum()), _sum(table.spend[stays])))
        applied = set(table.removed.index)
        for rule, action in rules.items():
            if rule in applied:
                mask = table.outcomes.eq(rule)
            elif rule in table.matches:
                mask = kept & table.matches[rule].reindex(kept.index, fill_value=False)
            else:
                continue
            if count := int(mask.sum()):
                spend = 0.0 if action == MERGED else _sum(table.spend[mask])
                lines.append((table.table, rule, action, count, spend))
    return pd.DataFrame(lines, columns=list(LEDGER_COLUMNS)).astype(
        {"table": "str", "rule": "str", "action": "str"}
    )


def check_ledger(
    ledger: pd.DataFrame,
    cleaned: Iterable[CleanedTable],
    raw_rows: dict[str, int],
    raw_spend: float,
    spend_changed: float = 0.0,
) -> None:
    """Hold the ledger against the raw file and the clean tables.

    Parameters
    ----------
    ledger : DataFrame
    cleaned : iterable of CleanedTable
    raw_rows : dict
        Table -> rows of the raw slice.
    raw_spend : float
        Spend of the raw slice.
    spend_changed : float
        What reviewed corrections added to the spend of kept rows.

    Raises
    ------
    LedgerError
        If anything differs, naming table and difference.
    """
    by_outcome = ledger[ledger["action"].isin(LEDGER_EXITS)]
    for result in cleaned:
        table = result.table
        own = by_outcome[by_outcome["table"] == table]
        left = int(own["rows"].sum())
        if left != raw_rows[table]:
            _fail(
                table,
                f"{raw_rows[table]:,} raw rows, but the exits hold {left:,}: {left - raw_rows[table]:+,}",
            )
        kept = int(own.loc[own["action"] == KEPT, "rows"].sum())
        # a row that is spread over days is several of the clean table, with one index
        clean_rows = result.rows.index.nunique()
        if kept != clean_rows:
            _fail(table, f"{kept:,} rows are kept, but the clean table has {clean_rows:,}")
        if table != AD_PERFORMANCE:
            continue
        spend = _sum(own["spend"])
        if not math.isclose(spend, raw_spend, rel_tol=SPEND_TOLERANCE, abs_tol=0.005):
            _fail(
                table,
                f"{raw_spend:,.2f} raw spend, but the exits hold {spend:,.2f}: {spend - raw_spend:+,.2f}",
            )
        expected = own.loc[own["action"] == KEPT, "spend"].sum() + spend_changed
        clean = _sum(result.rows["spend"])
        if not math.isclose(clean, expected, rel_tol=SPEND_TOLERANCE, abs_tol=0.005):
            _fail(table, f"{expected:,.2f} spend is kept, but the clean table holds {clean:,.2f}")


def check_slice(slice_totals: pd.DataFrame, market: str, raw_rows: Mapping[str, int]) -> None:
    """Hold what is read of a slice against what the split wrote.

    Parameters
    ----------
    slice_totals : DataFrame
        One row per market and table: ``market, table, rows``.
    market : str
    raw_rows : mapping
        Table -> rows read.

    Raises
    ------
    LedgerError
        Naming table and difference.
    """
    written = slice_totals[slice_totals["market"] == market].set_index("table")["rows"]
    for table, rows in raw_rows.items():
        if rows != written[table]:
            _fail(
                table, f"{written[table]:,} went to the slice, {rows:,} came back: {rows - written[table]:+,}"
            )


def quarantine_shares(ledger: pd.DataFrame) -> pd.DataFrame:
    """Share of a table's raw rows that each rule quarantined.

    Parameters
    ----------
    ledger : DataFrame
        See `build_ledger`.

    Returns
    -------
    DataFrame
        One row per quarantine rule that applied: ``table, rule, rows, share``, largest share first.
    """
    by_outcome = ledger[ledger["action"].isin(LEDGER_EXITS)]
    totals = by_outcome.groupby("table")["rows"].sum()
    removed = by_outcome[by_outcome["action"] == QUARANTINED][["table", "rule", "rows"]]
    removed = removed.assign(share=removed["rows"] / look_up(removed["table"], totals))
    return removed.sort_values("share", ascending=False, kind="stable", ignore_index=True)


def _sum(values: pd.Series) -> float:
    return round(math.fsum(values), 6)


def _fail(table: str, problem: str) -> NoReturn:
    raise LedgerError(
        f"rows do not add up: {problem}",
        remedy="Nothing was written; report this with the export's ledger of an earlier run",
        file=table,
    )
