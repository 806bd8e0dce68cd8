"""Rows that were taken out, with where they stood and why, and without any contact."""

from collections.abc import Callable
from typing import Final

import pandas as pd

from leadsmart.cleaning.parsing.raw_rows import FILE, IS_UNPARSABLE, LINE
from leadsmart.cleaning.tables.cleaned_table import CleanedTable
from leadsmart.cleaning.tables.events import clean_statuses
from leadsmart.cleaning.tables.rules import QUARANTINED, rules_of
from leadsmart.cleaning.values.contact_patterns import scrub_text
from leadsmart.cleaning.values.dates import parse_moments
from leadsmart.cleaning.values.numbers import parse_number
from leadsmart.cleaning.values.texts import clean_id, clean_text, map_distinct
from leadsmart.vocabulary import AD_PERFORMANCE, CAMPAIGNS, KNOWN_STATUSES, LEADS, STATUS_EVENTS


def _show_dates(values: pd.Series) -> pd.Series:
    moments = parse_moments(values, "dmy", "UTC")
    # ten digits and more may be an epoch or a phone, and nobody can tell
    is_date = (moments["value"].notna() | moments["ambiguous"]) & ~values.str.fullmatch(r"\D*\d{9,}\D*")
    texts = map_distinct(values, clean_text)
    # of what is no date only what can't be a contact or a name: digits and marks, and few of them
    is_harmless = texts.str.fullmatch(r"[\d\s:/.\-]{1,8}").eq(True) | texts.isna()
    return values.where(is_date, texts.where(is_harmless, "[other]"))


def _show_statuses(values: pd.Series) -> pd.Series:
    statuses = clean_statuses(values, {})
    return statuses.where(statuses.isin(KNOWN_STATUSES) | statuses.isna(), "[other]")


def _show_ids(values: pd.Series) -> pd.Series:
    return map_distinct(values, _show_id)


def _show_id(value: str) -> str | None:
    if clean_text(value) is None:
        return None
    cleaned = clean_id(value) or ""
    is_like_phone = cleaned.isdigit() and 9 <= len(cleaned) <= 14
    return cleaned if any(c.isdigit() for c in cleaned) and not is_like_phone else "[other]"


def _show_numbers(values: pd.Series) -> pd.Series:
    return map_distinct(values, _show_number)


def _show_number(value: str) -> str | None:
    text, number = clean_text(value), parse_number(value)
    if text is None or number is None:
        return None
    return text if abs(number) < 1e8 and not any(c.isalpha() for c in text) else "[other]"


def _show_texts(values: pd.Series) -> pd.Series:
    return map_distinct(map_distinct(values, clean_text), scrub_text)


#: Columns that are shown, and how; names, e-mails, phones, messages and form fields are not.
_SHOWN_COLUMNS: Final[dict[str, dict[str, Callable[[pd.Series], pd.Series]]]] = {
    CAMPAIGNS: {
        "id": _show_ids, "user_id": _show_ids, "project_name": _show_texts, "channel": _show_texts,
        "market": _show_texts, "daily_budget": _show_numbers, "start_time": _show_dates, "stop_time": _show_dates,
    },
    AD_PERFORMANCE: {
        "ad_set_id": _show_ids, "campaign_id": _show_ids, "created_at": _show_dates, "spend": _show_numbers,
        "impressions": _show_numbers, "reach": _show_numbers, "clicks": _show_numbers,
    },
    LEADS: {
        "id": _show_ids, "campaign_id": _show_ids, "lead_status": _show_statuses, "added_date": _show_dates,
    },
    STATUS_EVENTS: {"lead_id": _show_ids, "status": _show_statuses, "created_at": _show_dates},
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
    for column, show in _SHOWN_COLUMNS[cleaned.table].items():
        if column in raw:
            columns[column] = show(raw[column]).mask(raw[IS_UNPARSABLE])
    return pd.DataFrame(columns).reset_index(drop=True)
