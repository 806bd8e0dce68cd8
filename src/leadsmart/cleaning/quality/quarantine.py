"""Rows that were taken out, with where they stood and why, and without any contact."""

from typing import Final

import pandas as pd

from leadsmart.cleaning.reading.raw_rows import FILE, IS_UNPARSABLE, LINE
from leadsmart.cleaning.tables.cleaned_table import CleanedTable
from leadsmart.cleaning.tables.events import clean_statuses
from leadsmart.cleaning.tables.rules import QUARANTINED, rules_of
from leadsmart.cleaning.values.dates import parse_moments
from leadsmart.cleaning.values.numbers import parse_number
from leadsmart.cleaning.values.scrubbing import scrub_text
from leadsmart.cleaning.values.texts import clean_id, clean_text, map_distinct
from leadsmart.vocabulary import AD_PERFORMANCE, CAMPAIGNS, KNOWN_STATUSES, LEADS, STATUS_EVENTS

_IDS: Final = ("id", "campaign_id", "ad_set_id", "user_id", "lead_id")
_NUMBERS: Final = ("reach", "spend", "clicks", "impressions", "daily_budget")
_DATES: Final = ("created_at", "start_time", "stop_time", "added_date")
_STATUSES: Final = ("status", "lead_status")

#: Columns that are shown; names, e-mails, phones, messages and form fields are not.
SHOWN_COLUMNS: Final[dict[str, tuple[str, ...]]] = {
    CAMPAIGNS: ("id", "user_id", "project_name", "channel", "market", "daily_budget", "start_time", "stop_time"),
    AD_PERFORMANCE: (
        "ad_set_id", "campaign_id", "created_at", "spend", "impressions", "reach", "clicks",
    ),
    LEADS: ("id", "campaign_id", "lead_status", "added_date"),
    STATUS_EVENTS: ("lead_id", "status", "created_at"),
}  # fmt: skip


def collect_quarantine(cleaned: CleanedTable) -> pd.DataFrame:
    """The quarantined rows of a table.

    A row may be here because its fields are shifted, so that a contact may stand in any column: whatever
    does not look like what the column should hold is scrubbed or left out.

    Parameters
    ----------
    cleaned : CleanedTable

    Returns
    -------
    DataFrame
        One row per quarantined raw row: ``file, line, rule, reason`` and the export's columns that hold no
        contact (str); a line that could not be parsed keeps no text.
    """
    reasons = {r.name: r.description for r in rules_of(cleaned.table) if r.action == QUARANTINED}
    taken = cleaned.outcomes.isin(list(reasons))
    raw, rule = cleaned.raw[taken], cleaned.outcomes[taken]
    columns = {"file": raw[FILE], "line": raw[LINE], "rule": rule, "reason": map_distinct(rule, reasons.get)}
    for column in SHOWN_COLUMNS[cleaned.table]:
        if column in raw:
            columns[column] = _without_contact(raw[column], column).mask(raw[IS_UNPARSABLE])
    return pd.DataFrame(columns).reset_index(drop=True)


def _without_contact(values: pd.Series, column: str) -> pd.Series:
    if column in _DATES:
        moments = parse_moments(values, "dmy", "UTC")
        # ten digits and more may be an epoch or a phone, and nobody can tell
        is_date = (moments["value"].notna() | moments["ambiguous"]) & ~values.str.fullmatch(r"\D*\d{9,}\D*")
        return values.where(is_date, _unreadable_date(values))
    if column in _STATUSES:
        statuses = clean_statuses(values, {})
        return statuses.where(statuses.isin(KNOWN_STATUSES) | statuses.isna(), "[other]")
    if column in _IDS:
        return map_distinct(values, _shown_id)
    if column in _NUMBERS:
        return map_distinct(values, _shown_number)
    return map_distinct(values, _shown_text)


def _unreadable_date(values: pd.Series) -> pd.Series:
    """Of what is no date only what can't be a contact or a name: digits and marks, and few of them."""
    texts = map_distinct(values, clean_text)
    return texts.where(texts.str.fullmatch(r"[\d\s:/.\-]{1,8}").eq(True) | texts.isna(), "[other]")


def _shown_id(value: str) -> str | None:
    text = clean_text(value)
    if text is None:
        return None
    cleaned = clean_id(value)
    is_like_phone = cleaned is not None and cleaned.isdigit() and 9 <= len(cleaned) <= 14
    is_like_id = cleaned is not None and any(c.isdigit() for c in cleaned) and not is_like_phone
    return cleaned if is_like_id else "[other]"


def _shown_number(value: str) -> str | None:
    text, number = clean_text(value), parse_number(value)
    if text is None or number is None:
        return None
    return text if abs(number) < 1e8 and not any(c.isalpha() for c in text) else "[other]"


def _shown_text(value: str) -> str | None:
    text = clean_text(value)
    return None if text is None else scrub_text(text)
