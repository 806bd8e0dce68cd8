"""The brief's four assumptions about the data, each tested on the clean tables."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
import pandas as pd

from leadsmart.cleaning.tables.leads import text_columns
from leadsmart.cleaning.values.texts import is_in
from leadsmart.formats import format_count, format_money, format_percent, format_value
from leadsmart.market_tables import MarketTables, local_day
from leadsmart.params import Params
from leadsmart.vocabulary import (
    AD_PERFORMANCE,
    LEADS,
    NOT_ENOUGH_DATA,
    NOT_SUPPORTED,
    STATUS_EVENTS,
    SUPPORTED,
    UNASSIGNED,
    UNIT_COUNT,
)

ASSUMPTION_COLUMNS: Final = ["assumption", "verdict", "evidence", "n"]
#: A defect in a smaller share of the rows leaves the assumption standing.
TOLERATED_SHARE: Final = 0.02
#: Campaigns of two markets whose medians differ by less than this factor are built alike.
ALIKE_FACTOR: Final = 1.5


class _Tested(NamedTuple):
    verdict: str
    evidence: str
    n: int


def assess_assumptions(
    tables: MarketTables, ledger: pd.DataFrame, structure: pd.DataFrame, params: Params, market: str
) -> pd.DataFrame:
    """Test the four assumptions.

    Parameters
    ----------
    tables : MarketTables
    ledger : DataFrame
        Of this slice.
    structure : DataFrame
        How campaigns of each market are built, see `summarise_structure`.
    params : Params
    market : str
        The slice.

    Returns
    -------
    DataFrame
        Four rows: ``assumption, verdict`` (a verdict of findings), ``evidence`` (sentences) and ``n`` (rows
        looked at).
    """
    tested = {
        "The data set is full and accurate": _assess_fullness(tables, ledger, params.currency),
        "Lead ids are consistent across tables": _assess_ids(tables, ledger),
        "Campaigns are built alike across markets": _assess_structure(structure, params, market),
        "Nothing personal is in the lead text": _assess_text(tables.leads, ledger),
    }
    rows = [(assumption, *result) for assumption, result in tested.items()]
    return pd.DataFrame(rows, columns=ASSUMPTION_COLUMNS).astype(
        {"assumption": "str", "verdict": "str", "evidence": "str"}
    )


def _count_silent_days(tables: MarketTables) -> tuple[int, int]:
    """Days without delivery between a campaign's first and last delivery, and all days between them."""
    days = tables.ad_performance[["campaign_id", "delivery_date"]].drop_duplicates()
    grouped = days.groupby("campaign_id")["delivery_date"]
    span = (grouped.max() - grouped.min()).dt.days + 1
    total = int(span.sum())
    return total - len(days), total


def _missing_months(moments: Sequence[pd.Timestamp] | pd.Series) -> list[str]:
    """Calendar months without a row between the first and the last.

    >>> _missing_months(pd.Series(pd.to_datetime(["2024-06-03", "2024-09-01"])))
    ['2024-07', '2024-08']
    """
    days = pd.Series(moments).dropna()
    if days.empty:
        return []
    months = days.dt.to_period("M")
    every = pd.period_range(months.min(), months.max(), freq="M")
    return [str(month) for month in every.difference(pd.PeriodIndex(months.unique()))]


def _assess_fullness(tables: MarketTables, ledger: pd.DataFrame, currency: str) -> _Tested:
    leads, events, delivery = tables.leads, tables.status_events, tables.ad_performance
    if leads.empty or delivery.empty:
        return _Tested(NOT_ENOUGH_DATA, "There is no lead or no delivery to look at.", 0)
    silent, days = _count_silent_days(tables)
    months = {
        "delivery": _missing_months(delivery["delivery_date"]),
        "leads": _missing_months(local_day(leads["arrived_at"])),
    }
    gaps = [f"no {what} in {', '.join(missing)}" for what, missing in months.items() if missing]
    without_history = int((~is_in(leads["lead_id"], events["lead_id"])).sum())
    without_delivery = int((~is_in(leads["campaign_id"], delivery["campaign_id"])).sum())
    undelivered = int((~is_in(tables.campaigns["campaign_id"], delivery["campaign_id"])).sum())
    stray = ledger[ledger["table"].eq(AD_PERFORMANCE) & ledger["rule"].eq("unknown_campaign")]
    stray_rows, stray_spend = int(stray["rows"].sum()), float(stray["spend"].sum())
    stray_share = stray_rows / (stray_rows + len(delivery))
    shares = [silent / days, without_history / len(leads), without_delivery / len(leads), stray_share]
    evidence = (
        f"{format_count(without_history)} of {format_count(len(leads))} leads ({format_percent(shares[1])}) have no "
        f"status event. {format_count(silent)} of {format_count(days)} days inside running campaigns "
        f"({format_percent(shares[0])}) have no delivery. {format_count(undelivered)} of "
        f"{format_count(len(tables.campaigns))} campaigns never delivered; {format_count(without_delivery)} leads "
        f"belong to campaigns without spend. {format_money(stray_spend, currency)} of spend names no known campaign. "
    )
    evidence += (
        f"Months between the first and the last: {'; '.join(gaps)}." if gaps else "No month is missing."
    )
    verdict = SUPPORTED if max(shares) <= TOLERATED_SHARE and not gaps else NOT_SUPPORTED
    return _Tested(verdict, evidence, len(leads))


def _assess_ids(tables: MarketTables, ledger: pd.DataFrame) -> _Tested:
    leads, events = len(tables.leads), len(tables.status_events)
    orphans = _count_rows(ledger, STATUS_EVENTS, "unknown_lead", "missing_id")
    strays = _count_rows(ledger, LEADS, "unknown_campaign", "missing_id")
    repeated = _count_rows(ledger, LEADS, "superseded")
    n = leads + events + orphans + strays
    if n == 0:
        return _Tested(NOT_ENOUGH_DATA, "There is no lead to look at.", 0)
    evidence = (
        f"{format_count(orphans)} status events name a lead that is not in the leads table, {format_count(strays)} "
        f"leads a campaign that is not in the campaigns table; {format_count(repeated)} lead ids came again with "
        "other values."
    )
    verdict = SUPPORTED if orphans + strays + repeated == 0 else NOT_SUPPORTED
    return _Tested(verdict, evidence, n)


def _assess_structure(structure: pd.DataFrame, params: Params, market: str) -> _Tested:
    others = structure[~structure["market"].isin([market, UNASSIGNED])]
    own = structure[structure["market"] == market]
    if params.user_ids is not None:
        return _Tested(
            NOT_ENOUGH_DATA, "This report holds some users only; other markets are not looked at.", 0
        )
    if own.empty or others.empty:
        return _Tested(NOT_ENOUGH_DATA, "There is no other market to compare with.", 0)
    mine = own.iloc[0]
    parts, alike = [], True
    for column, label in (("daily_budget", "daily budget"), ("days", "planned days"), ("ad_sets", "ad sets")):
        value, typical = float(mine[column]), float(others[column].median())
        if not (np.isfinite(value) and np.isfinite(typical) and value > 0 and typical > 0):
            continue
        alike &= max(value / typical, typical / value) <= ALIKE_FACTOR
        here, elsewhere = (format_value(number, UNIT_COUNT) for number in (value, typical))
        parts.append(f"{label} {here} here, {elsewhere} in the typical other market")
    if not parts:
        return _Tested(NOT_ENOUGH_DATA, "No campaign says its budget or dates.", 0)
    evidence = f"Per campaign: {'; '.join(parts)}."
    return _Tested(SUPPORTED if alike else NOT_SUPPORTED, evidence, int(mine["campaigns"]))


def _assess_text(leads: pd.DataFrame, ledger: pd.DataFrame) -> _Tested:
    columns = text_columns(leads)
    filled = int(leads[columns].notna().any(axis=1).sum()) if columns else 0
    contacts = "Names, e-mails and phones have columns of their own and are kept as hashes only."
    if filled == 0:
        return _Tested(NOT_ENOUGH_DATA, f"The export has no text written by leads. {contacts}", 0)
    scrubbed = _count_rows(ledger, LEADS, "text_scrubbed")
    evidence = (
        f"{format_count(scrubbed)} of {format_count(filled)} leads with text ({format_percent(scrubbed / filled)}) "
        f"wrote an e-mail, phone, link, handle, long number or their name; these were replaced. A name that no column holds, "
        f"or a third person's, may remain. {contacts}"
    )
    return _Tested(SUPPORTED if scrubbed == 0 else NOT_SUPPORTED, evidence, filled)


def _count_rows(ledger: pd.DataFrame, table: str, *rules: str) -> int:
    return int(ledger.loc[ledger["table"].eq(table) & ledger["rule"].isin(rules), "rows"].sum())
