"""The account of every raw row: exits that add up, repairs and flags beside them."""

import math
from collections.abc import Mapping, Sequence

import pandas as pd

from leadsmart.cleaning.tables.outcome import Outcome
from leadsmart.cleaning.tables.rules import KEPT, MERGED, RULES, find_rule
from leadsmart.cleaning.values.texts import look_up
from leadsmart.errors import LedgerError
from leadsmart.vocabulary import AD_PERFORMANCE, LEDGER_COLUMNS, LEDGER_EXITS

#: Spend may differ by so much of itself, as sums of decimal fractions do.
TOLERANCE = 1e-9


def build_ledger(outcomes: Sequence[Outcome]) -> pd.DataFrame:
    """What happened to the raw rows of each table.

    Returns
    -------
    DataFrame
        One row per table and rule that applied, and one "kept" per table, in the order of the rules:
        ``table, rule, action, rows, spend``. Spend of a merged row stays in the row it went to.
    """
    lines: list[tuple[str, str, str, int, float]] = []
    for outcome in outcomes:
        named = {KEPT, *(rule.name for rule in RULES if rule.table == outcome.table)}
        if stray := sorted({*outcome.exits, *outcome.marks} - named):
            _fail(outcome.table, f"no such rule: {', '.join(stray)}")
        kept = outcome.exits.eq(KEPT)
        merged = outcome.exits.isin(
            [r.name for r in RULES if r.table == outcome.table and r.action == MERGED]
        )
        lines.append((outcome.table, KEPT, KEPT, int(kept.sum()), _sum(outcome.spend[kept | merged])))
        left = frozenset(outcome.exits.unique())
        for rule in (rule for rule in RULES if rule.table == outcome.table):
            if rule.action in LEDGER_EXITS:
                mask = outcome.exits.eq(rule.name) if rule.name in left else None
            else:
                mask = kept & outcome.marks[rule.name] if rule.name in outcome.marks else None
            if mask is not None and (count := int(mask.sum())):
                spend = 0.0 if rule.action == MERGED else _sum(outcome.spend[mask])
                lines.append((outcome.table, rule.name, rule.action, count, spend))
    return pd.DataFrame(lines, columns=list(LEDGER_COLUMNS)).astype(
        {"table": "str", "rule": "str", "action": "str"}
    )


def check_ledger(
    ledger: pd.DataFrame,
    outcomes: Sequence[Outcome],
    raw_rows: dict[str, int],
    raw_spend: float,
    spend_changed: float = 0.0,
) -> None:
    """Hold the ledger against the raw file and the clean tables.

    Parameters
    ----------
    ledger : DataFrame
    outcomes : sequence of Outcome
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
    exits = ledger[ledger["action"].isin(LEDGER_EXITS)]
    for outcome in outcomes:
        table = outcome.table
        own = exits[exits["table"] == table]
        left = int(own["rows"].sum())
        if left != raw_rows[table]:
            _fail(
                table,
                f"{raw_rows[table]:,} raw rows, but the exits hold {left:,}: {left - raw_rows[table]:+,}",
            )
        kept = int(own.loc[own["action"] == KEPT, "rows"].sum())
        if kept != len(outcome.rows):
            _fail(table, f"{kept:,} rows are kept, but the clean table has {len(outcome.rows):,}")
        if table != AD_PERFORMANCE:
            continue
        spend = _sum(own["spend"])
        if not math.isclose(spend, raw_spend, rel_tol=TOLERANCE, abs_tol=0.005):
            _fail(
                table,
                f"{raw_spend:,.2f} raw spend, but the exits hold {spend:,.2f}: {spend - raw_spend:+,.2f}",
            )
        expected = own.loc[own["action"] == KEPT, "spend"].sum() + spend_changed
        clean = _sum(outcome.rows["spend"])
        if not math.isclose(clean, expected, rel_tol=TOLERANCE, abs_tol=0.005):
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

    Returns
    -------
    DataFrame
        One row per quarantine rule that applied: ``table, rule, rows, share``, largest share first.
    """
    exits = ledger[ledger["action"].isin(LEDGER_EXITS)]
    totals = exits.groupby("table")["rows"].sum()
    removed = exits[exits["action"] == "quarantined"][["table", "rule", "rows"]]
    removed = removed.assign(share=removed["rows"] / look_up(removed["table"], totals))
    return removed.sort_values("share", ascending=False, kind="stable", ignore_index=True)


def describe_exit(table: str, rule: str) -> str:
    """The reason that stands beside a quarantined row."""
    return find_rule(table, rule).description


def _sum(values: pd.Series) -> float:
    return round(math.fsum(values), 6)


def _fail(table: str, problem: str) -> None:
    raise LedgerError(
        f"rows do not add up: {problem}",
        remedy="Nothing was written; report this with the export's ledger of an earlier run",
        file=table,
    )
