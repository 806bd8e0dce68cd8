"""Clean leads: contacts become features and keyed hashes."""

import datetime as dt
import re
from typing import Final

import pandas as pd

from leadsmart.cleaning.parsing.file_formats import FileFormats, read_moments
from leadsmart.cleaning.parsing.headers import FORM_PREFIX
from leadsmart.cleaning.parsing.raw_rows import ORDER
from leadsmart.cleaning.tables.cleaned_table import (
    CleanedTable,
    any_of,
    clean_ids,
    quarantine_unreadable,
    reformatted_ids,
    remove,
    remove_duplicates,
    repaired_dates,
    unusable_dates,
)
from leadsmart.cleaning.tables.events import clean_statuses, is_aliased, is_contact
from leadsmart.cleaning.tables.rules import KEPT
from leadsmart.cleaning.values.contacts import (
    check_emails,
    check_phones,
    erase_placeholders,
    hash_names,
)
from leadsmart.cleaning.values.platform_tests import find_test_leads
from leadsmart.cleaning.values.scrubbing import PLACEHOLDERS, scrub_messages
from leadsmart.cleaning.values.statuses import known_statuses
from leadsmart.cleaning.values.texts import clean_text, is_in, map_distinct
from leadsmart.market_tables import look_up
from leadsmart.params import Params
from leadsmart.vocabulary import CHANGED_ANSWERS, LEADS

NO_STATUS: Final = "UNKNOWN"


def clean_leads(
    raw: pd.DataFrame,
    campaigns: pd.DataFrame,
    params: Params,
    key: bytes,
    last_day: dt.date,
    formats: FileFormats,
) -> CleanedTable:
    """Clean the leads of a slice.

    Parameters
    ----------
    raw : DataFrame
        Raw rows with their origin, see `read_rows`.
    campaigns : DataFrame
        Clean campaigns of the slice.
    params : Params
    key : bytes
        Of the contact hashes.
    last_day : date
        The export's last day.
    formats : FileFormats

    Returns
    -------
    CleanedTable
        Rows as `market_tables.MarketTables` says.
    """
    ids = clean_ids(raw, "id", "campaign_id")
    moments = read_moments(raw, LEADS, "added_date", params, formats, params.timezone)
    status = clean_statuses(raw["lead_status"], params.status_aliases)
    is_status_contact = is_contact(raw["lead_status"], status, raw["name"], params)
    contacts, is_placeholder = erase_placeholders(raw[["name", "email", "phone"]])
    name_hash = hash_names(contacts["name"], key)
    emails = check_emails(contacts["email"], key)
    phones = check_phones(contacts["phone"], params.phone_region, key)
    texts = {column: scrub_messages(raw[column], raw["name"]) for column in text_columns(raw)}
    if "message_intent" in raw:
        texts["message_intent"] = map_distinct(
            scrub_messages(raw["message_intent"], raw["name"]), _spell_intent
        )
    rows = pd.DataFrame(
        {
            "lead_id": ids["id"],
            "campaign_id": ids["campaign_id"],
            "lead_status": status.mask(is_status_contact).fillna(NO_STATUS),
            "arrived_at": moments["value"],
            "person_hash": phones["phone_hash"].fillna(emails["email_hash"]),
            "name_hash": name_hash,
            **emails,
            **phones,
            "has_name": name_hash.notna(),
            **texts,
            **find_changed_answers(raw, ids["id"]),
        }
    )
    outcomes = remove(
        quarantine_unreadable(raw, [ids["id"]]),
        {
            "test_lead": find_test_leads(raw),
            "unknown_campaign": ~is_in(ids["campaign_id"], campaigns["campaign_id"]),
            **unusable_dates(moments, params, last_day),
        },
    )
    answered = rows.drop(columns=CHANGED_ANSWERS, errors="ignore")
    outcomes = remove_duplicates(outcomes, answered, "exact_duplicate")
    outcomes = remove_duplicates(outcomes, rows, "superseded", ["lead_id"])
    kept = rows[outcomes.eq(KEPT)]
    is_repeat = find_repeats(kept)
    is_scrubbed = [_is_scrubbed(raw[column], text) for column, text in texts.items()]
    started = look_up(ids["campaign_id"], campaigns.set_index("campaign_id")["started_at"])
    matches = {
        **reformatted_ids(raw, ids),
        **repaired_dates(moments),
        "contact_in_text": is_status_contact,
        "missing_status": status.isna(),
        "status_alias": is_aliased(raw["lead_status"], status),
        "placeholder_contact": is_placeholder,
        "text_scrubbed": any_of([pd.Series(False, index=raw.index), *is_scrubbed]),
        "lost_phone": rows["phone_type"].eq("lost"),
        "invalid_phone": rows["phone_type"].eq("invalid"),
        "invalid_email": rows["email_domain_class"].eq("invalid"),
        "lead_before_campaign": rows["arrived_at"] < started,
        "repeat_person": is_repeat,
        "unknown_status": status.notna() & ~is_status_contact & ~status.isin(known_statuses(params)),
    }
    spend = pd.Series(0.0, index=raw.index)
    return CleanedTable(LEADS, kept.assign(is_repeat=is_repeat), raw, outcomes, matches, spend)


def text_columns(raw: pd.DataFrame) -> list[str]:
    """Columns of people's own words: message, form variant and form fields."""
    known = [column for column in ("message", "form_variant") if column in raw]
    return known + [c for c in raw.columns if c.startswith(FORM_PREFIX) and c not in known]


def find_changed_answers(raw: pd.DataFrame, ids: pd.Series) -> dict[str, pd.Series]:
    """Say which answers of a lead differ between the files that state it: no answer of a form changes.

    Parameters
    ----------
    raw : DataFrame
        Raw rows of leads with their origin.
    ids : Series of str
        Of the leads, same index.

    Returns
    -------
    dict
        ``changed_answers`` -> form fields, comma-separated, empty where none differs; missing where only one file states
        the lead. Nothing where that holds for all leads.
    """
    form = [c for c in raw.columns if c.startswith(FORM_PREFIX)]
    files = raw[ORDER].groupby(ids).transform("nunique")
    several = files.gt(1)
    if not form or not several.any():
        return {}
    stated = raw.loc[several, form].apply(lambda column: map_distinct(column, clean_text)).fillna("")
    answers = stated.groupby(ids[several]).transform("nunique")
    changed = [",".join(c for c, n in zip(form, row, strict=True) if n > 1) for row in answers.to_numpy()]
    return {CHANGED_ANSWERS: pd.Series(changed, index=answers.index, dtype="str").reindex(raw.index)}


def _spell_intent(label: str) -> str:
    """The label of a message, spelled one way.

    >>> _spell_intent("Job_or-Agent")
    'job or agent'
    """
    return " ".join(re.split(r"[\s_\-]+", label.casefold())).strip()


def _is_scrubbed(written: pd.Series, scrubbed: pd.Series) -> pd.Series:
    """Rows in which a placeholder stands that was not written."""

    changed = scrubbed.notna() & written.ne(scrubbed)
    pattern = "|".join(map(re.escape, PLACEHOLDERS))
    before, after = (texts.where(changed).str.count(pattern) for texts in (written, scrubbed))
    return changed & (after > before)


def find_repeats(leads: pd.DataFrame) -> pd.Series:
    """Leads whose phone or e-mail an earlier lead of the same campaign has; the first is no repeat."""
    ordered = leads.sort_values("arrived_at", kind="stable")
    repeat = pd.Series(False, index=ordered.index)
    for column in ("phone_hash", "email_hash"):
        repeat |= ordered[column].notna() & ordered.duplicated(["campaign_id", column])
    return repeat.reindex(leads.index)
