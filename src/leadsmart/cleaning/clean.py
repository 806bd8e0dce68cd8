"""One market's slice made reliable: clean tables, and the account of how they came about."""

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from leadsmart.cleaning.quality.assumptions import assess_assumptions
from leadsmart.cleaning.quality.completeness import hide_few_leads, measure_completeness
from leadsmart.cleaning.quality.ledger import build_ledger, check_ledger, check_slice
from leadsmart.cleaning.quality.profile import list_unknown_statuses, summarise_feedback
from leadsmart.cleaning.quality.quarantine import collect_quarantine
from leadsmart.cleaning.quality.reliability import assess_reliability
from leadsmart.cleaning.quality.spellings import find_likely_duplicates
from leadsmart.cleaning.reading.corrections import Correction, apply_corrections
from leadsmart.cleaning.reading.split import Slices
from leadsmart.cleaning.tables.campaigns import UNKNOWN_USER, clean_campaigns
from leadsmart.cleaning.tables.delivery import clean_delivery
from leadsmart.cleaning.tables.events import clean_events, last_statuses
from leadsmart.cleaning.tables.leads import clean_leads
from leadsmart.cleaning.tables.outcome import Outcome
from leadsmart.cleaning.tables.rules import KEPT, SAME_DAY
from leadsmart.cleaning.tables.schemas import validate_tables
from leadsmart.cleaning.tables.users import restrict_to_users
from leadsmart.cleaning.values.numbers import parse_numbers
from leadsmart.cleaning.values.texts import look_up
from leadsmart.market_tables import MarketTables
from leadsmart.params import Params
from leadsmart.vocabulary import AD_PERFORMANCE, CAMPAIGNS, CLIENT, LEADS, STATUS_EVENTS, TABLES


@dataclass(frozen=True)
class CleanedMarket:
    """A cleaned slice.

    Attributes
    ----------
    tables : MarketTables
    quarantine : dict
        Table -> rows taken out, see `collect_quarantine`.
    ledger : DataFrame
        ``table, rule, action, rows, spend``, see `build_ledger`.
    completeness : DataFrame
        See `hide_few_leads`.
    assumptions : DataFrame
        See `assess_assumptions`.
    feedback : DataFrame
        See `summarise_feedback`.
    unknown_statuses : DataFrame
        See `list_unknown_statuses`.
    likely_duplicates : DataFrame
        See `find_likely_duplicates`.
    verdict : str
        One of the vocabulary's ``DATA_VERDICTS``.
    verdict_reason : str
        A sentence.
    """

    tables: MarketTables
    quarantine: dict[str, pd.DataFrame]
    ledger: pd.DataFrame
    completeness: pd.DataFrame
    assumptions: pd.DataFrame
    feedback: pd.DataFrame
    unknown_statuses: pd.DataFrame
    likely_duplicates: pd.DataFrame
    verdict: str
    verdict_reason: str


@dataclass(frozen=True)
class AccountedTables:
    """Clean tables with the account of every raw row.

    Attributes
    ----------
    tables : MarketTables
    ledger : DataFrame
        See `build_ledger`.
    outcomes : dict
        Table -> what became of its rows.
    """

    tables: MarketTables
    ledger: pd.DataFrame
    outcomes: dict[str, Outcome]


def clean_slice(
    slices: Slices,
    market: str,
    params: Params,
    key: bytes,
    corrections: Sequence[Correction] = (),
) -> CleanedMarket:
    """Clean one market's slice.

    Parameters
    ----------
    slices : Slices
        From `split_export`.
    market : str
        One of its markets, or ``unassigned``, for which any market's parameters do.
    params : Params
        With ``user_ids`` only those users' rows exist for everything below.
    key : bytes
        Of the contact hashes, see `load_key`.
    corrections : sequence of Correction
        See `read_corrections`; whether they still match is told by `find_unexpected`, which reads every slice.

    Returns
    -------
    CleanedMarket

    Raises
    ------
    LedgerError
        If a raw row or any spend is not accounted for.
    """
    raw = {table: slices.read(table, market) for table in TABLES}
    check_slice(slices.slice_totals, market, {table: len(rows) for table, rows in raw.items()})
    accounted = clean_raw(raw, market, params, key, slices.last_day, corrections)
    tables, ledger, outcomes = accounted.tables, accounted.ledger, accounted.outcomes
    validate_tables(tables, params.timezone)
    assumptions = assess_assumptions(tables, ledger, slices.structure, params, market)
    verdict, reason = assess_reliability(ledger, assumptions, params)
    return CleanedMarket(
        tables=tables,
        quarantine={table: collect_quarantine(outcome) for table, outcome in outcomes.items()},
        ledger=ledger,
        completeness=hide_few_leads(measure_completeness(tables), params.minimum_people),
        assumptions=assumptions,
        feedback=summarise_feedback(tables, params),
        unknown_statuses=list_unknown_statuses(tables),
        likely_duplicates=find_likely_duplicates(tables.campaigns),
        verdict=verdict,
        verdict_reason=reason,
    )


def clean_others(
    slices: Slices, params: Params, key: bytes, corrections: Sequence[Correction] = ()
) -> MarketTables | None:
    """Clean tables of everybody but the customer that a report is for: to be added up in memory, never written.

    Parameters
    ----------
    slices, key, corrections
        See `clean_slice`.
    params : Params
        Of the market.

    Returns
    -------
    MarketTables or None
        None for an internal report, which needs no comparison.
    """
    if params.audience != CLIENT:
        return None
    everybody = params.model_copy(update={"user_ids": None})
    raw = {table: slices.read(table, params.market) for table in TABLES}
    tables = clean_raw(raw, params.market, everybody, key, slices.last_day, corrections).tables
    campaigns = tables.campaigns[~tables.campaigns["user_id"].isin([*params.user_ids, UNKNOWN_USER])]
    leads = tables.leads[tables.leads["campaign_id"].isin(campaigns["campaign_id"])]
    return MarketTables(
        campaigns=campaigns,
        ad_performance=tables.ad_performance[
            tables.ad_performance["campaign_id"].isin(campaigns["campaign_id"])
        ],
        leads=leads,
        status_events=tables.status_events[tables.status_events["lead_id"].isin(leads["lead_id"])],
    )


def clean_raw(
    raw: Mapping[str, pd.DataFrame],
    market: str,
    params: Params,
    key: bytes,
    last_day: dt.date,
    corrections: Sequence[Correction] = (),
) -> AccountedTables:
    """Clean raw rows and account for each of them.

    Parameters
    ----------
    raw : mapping
        Table -> raw rows, see `Slices.read`; not changed.
    market, params, key, corrections
        See `clean_slice`.
    last_day : date
        The export's last day.

    Returns
    -------
    AccountedTables

    Raises
    ------
    LedgerError
        If a raw row or any spend is not accounted for.
    """
    if params.user_ids is not None:
        raw = restrict_to_users(raw, params.user_ids)
    corrected = {table: apply_corrections(rows, table, corrections) for table, rows in raw.items()}
    rows = {table: result.rows for table, result in corrected.items()}
    campaigns = clean_campaigns(rows[CAMPAIGNS], market, params)
    delivery = clean_delivery(rows[AD_PERFORMANCE], campaigns.rows, params, last_day)
    leads = clean_leads(rows[LEADS], campaigns.rows, params, key, last_day)
    events = clean_events(
        rows[STATUS_EVENTS], leads.rows, campaigns.rows, params, last_day, rows[LEADS]["name"]
    )
    leads = replace(leads, marks={**leads.marks, **_history_marks(leads.rows, events.rows, leads.raw.index)})
    # the ledger speaks of spend as exported, whatever a correction made of it
    spend = parse_numbers(raw[AD_PERFORMANCE]["spend"], params.decimal_comma)["value"].fillna(0.0)
    stays = delivery.exits.isin([KEPT, SAME_DAY])
    spend_changed = math.fsum((delivery.spend - spend)[stays])
    outcomes = {
        outcome.table: replace(
            outcome, marks={**outcome.marks, "correction": corrected[outcome.table].is_corrected}
        )
        for outcome in (campaigns, replace(delivery, spend=spend), leads, events)
    }
    ledger = build_ledger(list(outcomes.values()))
    raw_rows = {table: len(rows) for table, rows in raw.items()}
    check_ledger(ledger, list(outcomes.values()), raw_rows, math.fsum(spend), spend_changed)
    tables = MarketTables(
        **{table: outcome.rows.reset_index(drop=True) for table, outcome in outcomes.items()}
    )
    return AccountedTables(tables, ledger, outcomes)


def _history_marks(leads: pd.DataFrame, events: pd.DataFrame, index: pd.Index) -> dict[str, pd.Series]:
    last = look_up(leads["lead_id"], last_statuses(events))
    marks = {"no_history": last.isna(), "status_differs": last.notna() & last.ne(leads["lead_status"])}
    return {rule: mask.reindex(index, fill_value=False) for rule, mask in marks.items()}
