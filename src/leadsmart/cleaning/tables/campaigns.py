"""Clean campaigns."""

from typing import Final

import pandas as pd

from leadsmart.cleaning.tables.outcome import (
    Outcome,
    date_marks,
    first_exits,
    id_marks,
    leave_as_duplicates,
    local_days,
)
from leadsmart.cleaning.tables.rules import KEPT
from leadsmart.cleaning.values.dates import parse_moments
from leadsmart.cleaning.values.numbers import parse_numbers
from leadsmart.cleaning.values.scrubbing import holds_contact, scrub_text
from leadsmart.cleaning.values.texts import clean_id, clean_text, map_distinct
from leadsmart.params import Params
from leadsmart.vocabulary import CAMPAIGNS

UNKNOWN_USER: Final = "unknown"
UNKNOWN_PROJECT: Final = "unknown project"
COLUMNS: Final = [
    "campaign_id", "user_id", "project_name", "market", "channel", "daily_budget", "started_at", "stopped_at",
]  # fmt: skip


def clean_campaigns(raw: pd.DataFrame, market: str, params: Params) -> Outcome:
    """Clean the campaigns of a slice.

    Parameters
    ----------
    raw : DataFrame
        Raw rows with their origin, see `Slices.read`.
    market : str
        The slice.
    params : Params

    Returns
    -------
    Outcome
        Rows as `vocabulary.MarketTables` says.
    """
    campaign_id, user_id = (map_distinct(raw[column], clean_id) for column in ("id", "user_id"))
    project = map_distinct(raw["project_name"], clean_text)
    channel = clean_channel(raw, params.default_channel)
    budget = parse_numbers(raw["daily_budget"], params.decimal_comma)
    start, stop = (
        parse_moments(raw[column], params.date_order, params.timezone)
        for column in ("start_time", "stop_time")
    )
    started, stopped = (
        column["value"].where(~(local_days(column["value"]) < pd.Timestamp(params.platform_start)))
        for column in (start, stop)
    )
    is_reversed = stopped < started
    project_contact, channel_contact = (has_contact(column) for column in (project, channel))
    rows = pd.DataFrame(
        {
            "campaign_id": campaign_id,
            "user_id": user_id.fillna(UNKNOWN_USER),
            "project_name": map_distinct(project, scrub_text).fillna(UNKNOWN_PROJECT),
            "market": pd.Series(market, index=raw.index, dtype="str"),
            "channel": map_distinct(channel, scrub_text),
            "daily_budget": budget["value"].where(budget["value"] >= 0),
            "started_at": started,
            "stopped_at": stopped.mask(is_reversed),
        }
    )
    exits = first_exits(raw, [campaign_id])
    exits = leave_as_duplicates(exits, rows, "exact_duplicate", COLUMNS)
    exits = leave_as_duplicates(exits, rows, "superseded", ["campaign_id"])
    unusable = pd.concat(
        [
            is_unusable(raw[column], moments)
            for column, moments in (("start_time", started), ("stop_time", stopped))
        ],
        axis=1,
    )
    marks = {
        "id_reformatted": id_marks(raw, {"id": campaign_id, "user_id": user_id}),
        "number_reformatted": budget["reformatted"],
        **date_marks(start, stop),
        "invisible_characters": project.notna() & raw["project_name"].ne(project),
        "stop_before_start": is_reversed,
        "contact_in_text": project_contact | channel_contact,
        "unusable_date": unusable.any(axis=1),
        "unreadable_budget": rows["daily_budget"].isna(),
        "missing_user": user_id.isna(),
        "missing_project": project.isna(),
    }
    spend = pd.Series(0.0, index=raw.index)
    return Outcome(CAMPAIGNS, rows[exits.eq(KEPT)], raw, exits, marks, spend)


def clean_channel(raw: pd.DataFrame, default: str) -> pd.Series:
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
    return map_distinct(texts, holds_contact, dtype="boolean").fillna(False).astype(bool)


def is_unusable(written: pd.Series, moments: pd.Series) -> pd.Series:
    """Rows in which something is written where a moment should be, but none can be used."""
    return map_distinct(written, clean_text).notna() & moments.isna()
