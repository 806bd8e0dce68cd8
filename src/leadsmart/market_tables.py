"""The clean tables of a market, as cleaning hands them on."""

import datetime as dt
from typing import Final, NamedTuple

import pandas as pd

#: What nobody can say of leads without status events.
MISSING_HISTORY: Final = (
    "there is no status history, so nobody can tell when leads were contacted or qualified, how long they waited and "
    "which stages they passed, and the lead score has no dated verdict to learn from; figures that need a lead's present "
    "status alone stand"
)


class MarketTables(NamedTuple):
    """The four clean tables of one market.

    Attributes
    ----------
    campaigns : DataFrame
        One row per campaign: ``campaign_id, user_id, project_name, market, channel`` (str),
        ``daily_budget`` (money), ``started_at, stopped_at`` (market time zone).
    ad_performance : DataFrame
        One row per ad set and day: ``ad_set_id, campaign_id`` (str), ``delivery_date`` (day, no zone),
        ``reach, impressions, clicks`` (counts, float so that they may be missing), ``spend`` (money).
    leads : DataFrame
        One row per lead: ``lead_id, campaign_id, lead_status`` (str), ``arrived_at`` (market time zone),
        ``person_hash, name_hash, email_hash, phone_hash`` (keyed hashes, may be missing), contact features
        ``is_email_valid, email_domain_class, is_phone_valid, phone_region, phone_type, has_name``,
        ``is_repeat`` (bool) and, where the export has them, ``message`` (contacts replaced),
        ``form_variant``, one ``form_<field>`` column per further form field and ``message_intent`` (what a reader
        of the message said it asks for; a label, so never a feature), ``changed_answers`` (form fields whose answer
        differs between files that state the lead).
    status_events : DataFrame
        One row per status change: ``lead_id, status`` (str), ``changed_at`` (market time zone),
        ``is_batch`` (bool: entered together with others by the same user in the same minute).
    """

    campaigns: pd.DataFrame
    ad_performance: pd.DataFrame
    leads: pd.DataFrame
    status_events: pd.DataFrame


def local_day(moments: pd.Series) -> pd.Series:
    """The day of each moment in its own zone, without zone.

    The zone is dropped before rounding: in Cairo, midnight does not exist on the day summer time starts.
    """
    return moments.dt.tz_localize(None).dt.normalize()


def look_up(ids: pd.Series, values: pd.Series) -> pd.Series:
    """The value of each id, of the values' type even where there is none (`Series.map` would give floats)."""
    return values.reindex(ids).set_axis(ids.index)


def days_between(days: pd.Series, first: dt.date | None, last: dt.date | None) -> pd.Series:
    """Whether each day lies in first..last, both included; None is open."""
    inside = days.notna()
    if first is not None:
        inside &= days >= pd.Timestamp(first)
    if last is not None:
        inside &= days <= pd.Timestamp(last)
    return inside
