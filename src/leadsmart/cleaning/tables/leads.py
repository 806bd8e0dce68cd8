"""Clean leads: contacts become features and keyed hashes."""

import datetime as dt
import re
from typing import Final

import pandas as pd

from leadsmart.cleaning.reading.headers import FORM_PREFIX
from leadsmart.cleaning.tables.campaigns import has_contact
from leadsmart.cleaning.tables.events import clean_statuses, is_aliased, is_name
from leadsmart.cleaning.tables.outcome import (
    Outcome,
    date_marks,
    first_exits,
    id_marks,
    leave,
    leave_as_duplicates,
    leave_by_date,
)
from leadsmart.cleaning.tables.rules import KEPT
from leadsmart.cleaning.values.contacts import check_emails, check_phones, hash_names
from leadsmart.cleaning.values.dates import parse_moments
from leadsmart.cleaning.values.scrubbing import PLACEHOLDERS, scrub_messages
from leadsmart.cleaning.values.texts import clean_id, clean_text, is_in, look_up, map_distinct
from leadsmart.params import Params
from leadsmart.vocabulary import KNOWN_STATUSES, LEADS

NO_STATUS: Final = "UNKNOWN"


def clean_leads(
    raw: pd.DataFrame, campaigns: pd.DataFrame, params: Params, key: bytes, last_day: dt.date
) -> Outcome:
    """Clean the leads of a slice.

    Parameters
    ----------
    raw : DataFrame
        Raw rows with their origin, see `Slices.read`.
    campaigns : DataFrame
        Clean campaigns of the slice.
    params : Params
    key : bytes
        Of the contact hashes.
    last_day : date
        The export's last day.

    Returns
    -------
    Outcome
        Rows as `vocabulary.MarketTables` says.
    """
    lead_id, campaign_id = (map_distinct(raw[column], clean_id) for column in ("id", "campaign_id"))
    moments = parse_moments(raw["added_date"], params.date_order, params.timezone)
    status = clean_statuses(raw["lead_status"], params.status_aliases)
    status_contact = has_contact(map_distinct(raw["lead_status"], clean_text))
    status_contact |= is_name(status, raw["name"], params)
    name_hash = hash_names(raw["name"], key)
    emails, phones = check_emails(raw["email"], key), check_phones(raw["phone"], params.phone_region, key)
    texts = {column: scrub_messages(raw[column], raw["name"]) for column in text_columns(raw)}
    if "message_intent" in raw:
        scrubbed_intent = scrub_messages(raw["message_intent"], raw["name"])
        texts["message_intent"] = map_distinct(scrubbed_intent, name_intent)
    rows = pd.DataFrame(
        {
            "lead_id": lead_id,
            "campaign_id": campaign_id,
            "lead_status": status.mask(status_contact).fillna(NO_STATUS),
            "arrived_at": moments["value"],
            "person_hash": phones["phone_hash"].fillna(emails["email_hash"]),
            "name_hash": name_hash,
            **emails,
            **phones,
            "has_name": name_hash.notna(),
            **texts,
        }
    )
    exits = first_exits(raw, [lead_id])
    exits = leave(exits, "unknown_campaign", ~is_in(campaign_id, campaigns["campaign_id"]))
    exits = leave_by_date(exits, moments, params.platform_start, last_day)
    exits = leave_as_duplicates(exits, rows, "exact_duplicate", list(rows.columns))
    exits = leave_as_duplicates(exits, rows, "superseded", ["lead_id"])
    kept = rows[exits.eq(KEPT)]
    is_repeat = find_repeats(kept)
    started = look_up(campaign_id, campaigns.set_index("campaign_id")["started_at"])
    scrubbed = [is_scrubbed(raw[column], text) for column, text in texts.items()]
    marks = {
        "id_reformatted": id_marks(raw, {"id": lead_id, "campaign_id": campaign_id}),
        **date_marks(moments),
        "contact_in_text": status_contact,
        "missing_status": status.isna(),
        "status_alias": is_aliased(raw["lead_status"], status),
        "text_scrubbed": pd.concat([pd.Series(False, index=raw.index), *scrubbed], axis=1).any(axis=1),
        "lost_phone": rows["phone_type"].eq("lost"),
        "invalid_phone": rows["phone_type"].eq("invalid"),
        "invalid_email": rows["email_domain_class"].eq("invalid"),
        "lead_before_campaign": rows["arrived_at"] < started,
        "repeat_person": is_repeat.reindex(raw.index, fill_value=False),
        "unknown_status": status.notna() & ~status_contact & ~status.isin(KNOWN_STATUSES),
    }
    spend = pd.Series(0.0, index=raw.index)
    return Outcome(LEADS, kept.assign(is_repeat=is_repeat), raw, exits, marks, spend)


def text_columns(raw: pd.DataFrame) -> list[str]:
    """Columns of people's own words: message, form variant and form fields."""
    known = [column for column in ("message", "form_variant") if column in raw]
    return known + [c for c in raw.columns if c.startswith(FORM_PREFIX) and c not in known]


def name_intent(label: str) -> str:
    """The label of a message, spelled one way.

    >>> name_intent("Job_or-Agent")
    'job or agent'
    """
    return " ".join(re.split(r"[\s_\-]+", label.casefold())).strip()


def is_scrubbed(written: pd.Series, scrubbed: pd.Series) -> pd.Series:
    """Rows in which a placeholder stands that was not written."""

    def count(texts: pd.Series) -> pd.Series:
        return sum((texts.str.count(p.replace("[", r"\[")) for p in PLACEHOLDERS), pd.Series(0, texts.index))

    changed = scrubbed.notna() & written.ne(scrubbed)
    return changed & (count(scrubbed.where(changed)) > count(written.where(changed)))


def find_repeats(leads: pd.DataFrame) -> pd.Series:
    """Leads whose phone or e-mail an earlier lead of the same campaign has; the first is no repeat."""
    ordered = leads.sort_values("arrived_at", kind="stable")
    repeat = pd.Series(False, index=ordered.index)
    for column in ("phone_hash", "email_hash"):
        repeat |= ordered[column].notna() & ordered.duplicated(["campaign_id", column])
    return repeat.reindex(leads.index)
