"""One market's slice made reliable: clean tables, and the account of how they came about."""

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from leadsmart.cleaning.quality.assumptions import assess_assumptions
from leadsmart.cleaning.quality.completeness import measure_completeness
from leadsmart.cleaning.quality.ledger import build_ledger, check_ledger, check_slice
from leadsmart.cleaning.quality.profile import list_unknown_statuses, summarise_feedback
from leadsmart.cleaning.quality.quarantine import collect_quarantine
from leadsmart.cleaning.quality.reliability import assess_reliability
from leadsmart.cleaning.quality.spellings import find_likely_duplicates
from leadsmart.cleaning.quality.unread import list_unread
from leadsmart.cleaning.reading.corrections import Correction, apply_corrections
from leadsmart.cleaning.reading.form_fields import declared_columns, find_personal_fields, undeclared_columns
from leadsmart.cleaning.reading.slice_rows import read_rows
from leadsmart.cleaning.reading.slices import Slices
from leadsmart.cleaning.tables.campaigns import UNKNOWN_USER, clean_campaigns
from leadsmart.cleaning.tables.cleaned_table import CleanedTable
from leadsmart.cleaning.tables.delivery import clean_delivery
from leadsmart.cleaning.tables.events import clean_events, last_statuses
from leadsmart.cleaning.tables.leads import clean_leads
from leadsmart.cleaning.tables.rules import KEPT, SAME_DAY
from leadsmart.cleaning.tables.schemas import validate_tables
from leadsmart.cleaning.tables.users import restrict_to_users
from leadsmart.cleaning.values.numbers import parse_numbers
from leadsmart.errors import raise_problems
from leadsmart.market_tables import MarketTables, look_up
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
        See `measure_completeness`.
    assumptions : DataFrame
        See `assess_assumptions`.
    feedback : DataFrame
        See `summarise_feedback`.
    unknown_statuses : DataFrame
        See `list_unknown_statuses`.
    likely_duplicates : DataFrame
        See `find_likely_duplicates`.
    unread_columns : DataFrame
        See `list_unread`.
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
    unread_columns: pd.DataFrame
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
    results : dict
        Table -> its clean rows and the outcome of every raw row.
    """

    tables: MarketTables
    ledger: pd.DataFrame
    results: dict[str, CleanedTable]


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
        See `read_corrections`; `find_unexpected` checks over every slice that they still match.

    Returns
    -------
    CleanedMarket

    Raises
    ------
    InputProblems
        If a declared form field holds people.
    LedgerError
        If a raw row or any spend is not accounted for.
    """
    raise_problems(find_personal_fields(slices, params))
    raw = _read_raw(slices, market, params)
    check_slice(slices.slice_totals, market, {table: len(rows) for table, rows in raw.items()})
    accounted = clean_raw(raw, market, params, key, slices.last_day, corrections)
    tables, ledger = accounted.tables, accounted.ledger
    validate_tables(tables, params.timezone)
    assumptions = assess_assumptions(tables, ledger, pd.DataFrame(slices.structure), params, market)
    verdict, reason = assess_reliability(ledger, assumptions, params)
    return CleanedMarket(
        tables=tables,
        quarantine={table: collect_quarantine(cleaned) for table, cleaned in accounted.results.items()},
        ledger=ledger,
        completeness=measure_completeness(tables, params.minimum_people),
        assumptions=assumptions,
        feedback=summarise_feedback(tables, params),
        unknown_statuses=list_unknown_statuses(tables),
        likely_duplicates=find_likely_duplicates(tables.campaigns),
        unread_columns=list_unread(undeclared_columns(slices, params), params.audience),
        verdict=verdict,
        verdict_reason=reason,
    )


def clean_others(
    slices: Slices, params: Params, key: bytes, corrections: Sequence[Correction] = ()
) -> MarketTables | None:
    """Clean tables of everybody but the customer that a report is for: to be added up in memory, never written.

    Parameters
    ----------
    slices : Slices
    params : Params
        Of the market.
    key, corrections
        See `clean_slice`.

    Returns
    -------
    MarketTables or None
        None for an internal report, which needs no comparison.
    """
    if params.audience != CLIENT:
        return None
    everybody = params.model_copy(update={"user_ids": None})
    raw = _read_raw(slices, params.market, params)
    tables = clean_raw(raw, params.market, everybody, key, slices.last_day, corrections).tables
    own = {*(params.user_ids or ()), UNKNOWN_USER}
    campaigns = tables.campaigns[~tables.campaigns["user_id"].isin(own)]
    delivery, leads = (
        rows[rows["campaign_id"].isin(campaigns["campaign_id"])]
        for rows in (tables.ad_performance, tables.leads)
    )
    events = tables.status_events[tables.status_events["lead_id"].isin(leads["lead_id"])]
    return MarketTables(campaigns, delivery, leads, events)


def _read_raw(slices: Slices, market: str, params: Params) -> dict[str, pd.DataFrame]:
    declared = declared_columns(slices, params)
    return {table: read_rows(slices, table, market, declared) for table in TABLES}


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
        Table -> raw rows, see `read_rows`; not changed.
    market, params, key
        See `clean_slice`.
    last_day : date
        The export's last day.
    corrections
        See `clean_slice`.

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
    rows = {table: changed for table, (changed, _) in corrected.items()}
    campaigns = clean_campaigns(rows[CAMPAIGNS], market, params)
    delivery = clean_delivery(rows[AD_PERFORMANCE], campaigns.rows, params, last_day)
    leads = clean_leads(rows[LEADS], campaigns.rows, params, key, last_day)
    names = rows[LEADS]["name"]
    events = clean_events(rows[STATUS_EVENTS], leads.rows, campaigns.rows, params, last_day, names)
    # the ledger speaks of spend as exported, whatever a correction made of it
    spend = parse_numbers(raw[AD_PERFORMANCE]["spend"], params.decimal_comma)["value"].fillna(0.0)
    stays = delivery.outcomes.isin([KEPT, SAME_DAY])
    spend_changed = math.fsum((delivery.spend - spend)[stays])
    cleaned = {
        CAMPAIGNS: campaigns,
        AD_PERFORMANCE: replace(delivery, spend=spend),
        LEADS: replace(leads, matches={**leads.matches, **_compare_statuses(leads.rows, events.rows)}),
        STATUS_EVENTS: events,
    }
    for table, result in cleaned.items():
        matches = {**result.matches, "correction": corrected[table][1]}
        cleaned[table] = replace(result, matches=matches)
    ledger = build_ledger(cleaned.values())
    raw_rows = {table: len(rows) for table, rows in raw.items()}
    check_ledger(ledger, cleaned.values(), raw_rows, math.fsum(spend), spend_changed)
    tables = MarketTables(**{table: result.rows.reset_index(drop=True) for table, result in cleaned.items()})
    return AccountedTables(tables, ledger, cleaned)


def _compare_statuses(leads: pd.DataFrame, events: pd.DataFrame) -> dict[str, pd.Series]:
    """Rules that hold a lead against its history -> the leads."""
    last = look_up(leads["lead_id"], last_statuses(events))
    return {"no_history": last.isna(), "status_differs": last.notna() & last.ne(leads["lead_status"])}
