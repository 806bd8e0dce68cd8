"""Clean campaigns."""

from typing import Final

import pandas as pd

from leadsmart.cleaning.parsing.file_formats import FileFormats, read_moments, read_numbers
from leadsmart.cleaning.tables.cleaned_table import (
    CleanedTable,
    any_of,
    clean_ids,
    quarantine_unreadable,
    reformatted_ids,
    remove_duplicates,
    repaired_dates,
)
from leadsmart.cleaning.tables.rules import KEPT
from leadsmart.cleaning.values.contact_patterns import holds_contact, scrub_label
from leadsmart.cleaning.values.texts import clean_text, holds_for, map_distinct
from leadsmart.market_tables import local_day
from leadsmart.params import Params
from leadsmart.vocabulary import CAMPAIGNS

UNKNOWN_USER: Final = "unknown"
UNKNOWN_PROJECT: Final = "unknown project"


def clean_campaigns(raw: pd.DataFrame, market: str, params: Params, formats: FileFormats) -> CleanedTable:
    """Clean the campaigns of a slice.

    Parameters
    ----------
    raw : DataFrame
        Raw rows with their origin, see `read_rows`.
    market : str
        The slice.
    params : Params
    formats : FileFormats

    Returns
    -------
    CleanedTable
        Rows as `market_tables.MarketTables` says.
    """
    ids = clean_ids(raw, "id", "user_id")
    project = map_distinct(raw["project_name"], clean_text)
    channel = _clean_channel(raw, params.default_channel)
    budget = read_numbers(raw, CAMPAIGNS, "daily_budget", params, formats)
    start, stop = (
        read_moments(raw, CAMPAIGNS, column, params, formats, params.timezone)
        for column in ("start_time", "stop_time")
    )
    started, stopped = (
        column["value"].mask(local_day(column["value"]) < pd.Timestamp(params.platform_start))
        for column in (start, stop)
    )
    is_reversed = stopped < started
    rows = pd.DataFrame(
        {
            "campaign_id": ids["id"],
            "user_id": ids["user_id"].fillna(UNKNOWN_USER),
            "project_name": map_distinct(project, scrub_label).fillna(UNKNOWN_PROJECT),
            "market": pd.Series(market, index=raw.index, dtype="str"),
            "channel": map_distinct(channel, scrub_label),
            "daily_budget": budget["value"].where(budget["value"] >= 0),
            "started_at": started,
            "stopped_at": stopped.mask(is_reversed),
        }
    )
    outcomes = quarantine_unreadable(raw, [ids["id"]])
    outcomes = remove_duplicates(outcomes, rows, "exact_duplicate")
    outcomes = remove_duplicates(outcomes, rows, "superseded", ["campaign_id"])
    matches = {
        **reformatted_ids(raw, ids),
        "number_reformatted": budget["reformatted"],
        **repaired_dates(start, stop),
        "invisible_characters": project.notna() & raw["project_name"].ne(project),
        "stop_before_start": is_reversed,
        "contact_in_text": has_contact(project) | has_contact(channel),
        "unusable_date": any_of(
            map_distinct(raw[column], clean_text).notna() & moments.isna()
            for column, moments in (("start_time", started), ("stop_time", stopped))
        ),
        "unreadable_budget": rows["daily_budget"].isna(),
        "missing_user": ids["user_id"].isna(),
        "missing_project": project.isna(),
    }
    spend = pd.Series(0.0, index=raw.index)
    return CleanedTable(CAMPAIGNS, rows[outcomes.eq(KEPT)], raw, outcomes, matches, spend)


def _clean_channel(raw: pd.DataFrame, default: str) -> pd.Series:
    """The channel in lower case, or the default where the export names none."""
    if "channel" not in raw:
        return pd.Series(default, index=raw.index, dtype="str")
    return (
        map_distinct(raw["channel"], clean_text)
        .str.lower()
        .str.replace(r"[\s\-]+", "_", regex=True)
        .fillna(default)
    )


def has_contact(texts: pd.Series) -> pd.Series:
    """Rows whose short text holds an e-mail or a phone."""
    return holds_for(texts, holds_contact)
