"""One market's slice made reliable: clean tables, and the account of how they came about."""

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from leadsmart.cleaning.parsing.file_formats import NO_FORMATS, FileFormats, formats_from, read_numbers
from leadsmart.cleaning.quality.assumptions import assess_assumptions
from leadsmart.cleaning.quality.completeness import measure_completeness
from leadsmart.cleaning.quality.ledger import build_ledger, check_ledger, check_slice
from leadsmart.cleaning.quality.orphans import give_campaigns, summarise_orphans
from leadsmart.cleaning.quality.profile import list_unknown_statuses, summarise_feedback
from leadsmart.cleaning.quality.quarantine import collect_quarantine
from leadsmart.cleaning.quality.reliability import assess_reliability
from leadsmart.cleaning.quality.spellings import find_likely_duplicates
from leadsmart.cleaning.quality.unread import list_unread
from leadsmart.cleaning.reading.corrections import Correction, apply_corrections
from leadsmart.cleaning.reading.form_fields import declared_columns, find_personal_fields, undeclared_columns
from leadsmart.cleaning.reading.joined_table import read_joined
from leadsmart.cleaning.reading.slice_rows import read_rows
from leadsmart.cleaning.reading.slices import Slices
from leadsmart.cleaning.tables.campaigns import UNKNOWN_USER, clean_campaigns
from leadsmart.cleaning.tables.cleaned_table import CleanedTable
from leadsmart.cleaning.tables.delivery import clean_delivery
from leadsmart.cleaning.tables.events import clean_events
from leadsmart.cleaning.tables.leads import clean_leads
from leadsmart.cleaning.tables.present_statuses import settle_statuses
from leadsmart.cleaning.tables.rules import FINER_ROW, KEPT, SAME_DAY
from leadsmart.cleaning.tables.schemas import validate_tables
from leadsmart.cleaning.tables.users import restrict_to_users
from leadsmart.cleaning.values.texts import clean_id, map_distinct
from leadsmart.errors import raise_problems
from leadsmart.market_tables import MarketTables
from leadsmart.params import Params
from leadsmart.vocabulary import AD_PERFORMANCE, CAMPAIGNS, CLIENT, LEADS, STATUS_EVENTS, TABLES, UNASSIGNED


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
    orphans : DataFrame or None
        Campaigns that the export lacks, see `summarise_orphans`; None of a market, and of some users.
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
    orphans: pd.DataFrame | None
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
        Of the contact hashes, see `contact_key`.
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
    formats = formats_from(slices.formats)
    accounted = clean_raw(raw, market, params, key, slices.last_day, corrections, formats)
    tables, ledger = accounted.tables, accounted.ledger
    validate_tables(tables, params.timezone)
    assumptions = assess_assumptions(tables, ledger, pd.DataFrame(slices.structure), params, market)
    verdict, reason = assess_reliability(ledger, assumptions, params, _stray_shares(slices, params))
    orphans = None
    if market == UNASSIGNED and params.user_ids is None:
        given = give_campaigns(raw, tables.campaigns["campaign_id"])
        orphans = summarise_orphans(
            clean_raw(given, market, params, key, slices.last_day, (), formats).tables, params
        )
    return CleanedMarket(
        tables=tables,
        quarantine={table: collect_quarantine(cleaned) for table, cleaned in accounted.results.items()},
        ledger=ledger,
        completeness=measure_completeness(tables, params.minimum_people),
        assumptions=assumptions,
        feedback=summarise_feedback(tables, params),
        unknown_statuses=list_unknown_statuses(tables, params),
        likely_duplicates=find_likely_duplicates(tables.campaigns),
        orphans=orphans,
        unread_columns=list_unread(undeclared_columns(slices, params), params.audience),
        verdict=verdict,
        verdict_reason=reason,
    )


def _stray_shares(slices: Slices, params: Params) -> dict[str, float]:
    """Delivery and leads -> share of a market's rows that is missing from it if all rows without a campaign were its."""
    if params.user_ids is not None:
        # others' rows say nothing about those of some users
        return {}
    own = {entry["table"]: entry["joined"] for entry in slices.totals if entry["market"] == params.market}
    strays = {table.table: table.stray_rows for table in read_joined(slices.joins)}
    return {
        table: strays[table] / (strays[table] + own[table]) if strays[table] else 0.0
        for table in (AD_PERFORMANCE, LEADS)
    }


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
    tables = clean_raw(
        raw, params.market, everybody, key, slices.last_day, corrections, formats_from(slices.formats)
    ).tables
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
    formats: FileFormats = NO_FORMATS,
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
    formats : FileFormats
        How the files are written.

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
    campaigns = clean_campaigns(rows[CAMPAIGNS], market, params, formats)
    delivery = clean_delivery(rows[AD_PERFORMANCE], campaigns.rows, params, last_day, formats)
    leads = clean_leads(rows[LEADS], campaigns.rows, params, key, last_day, formats)
    names = rows[LEADS]["name"]
    test_leads = map_distinct(rows[LEADS].loc[leads.outcomes.eq("test_lead"), "id"], clean_id).dropna()
    events = clean_events(
        rows[STATUS_EVENTS], leads.rows, campaigns.rows, params, last_day, names, formats, test_leads
    )
    statuses, compared = settle_statuses(leads.rows, events.rows, params)
    unknown = leads.matches["unknown_status"] & ~compared["older_status"].reindex(
        names.index, fill_value=False
    )
    # the ledger speaks of spend as exported, whatever a correction made of it
    spend = read_numbers(raw[AD_PERFORMANCE], AD_PERFORMANCE, "spend", params, formats)["value"].fillna(0.0)
    stays = delivery.outcomes.isin([KEPT, SAME_DAY, FINER_ROW])
    spend_changed = math.fsum((delivery.spend - spend)[stays])
    cleaned = {
        CAMPAIGNS: campaigns,
        AD_PERFORMANCE: replace(delivery, spend=spend),
        LEADS: replace(
            leads,
            rows=leads.rows.assign(lead_status=statuses),
            matches={**leads.matches, **compared, "unknown_status": unknown},
        ),
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
