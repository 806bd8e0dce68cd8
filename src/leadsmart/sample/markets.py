"""A defect-free sample as the clean tables of a market, without going through files and cleaning."""

import numpy as np
import pandas as pd

from leadsmart.errors import InputError
from leadsmart.market_tables import MarketTables
from leadsmart.sample.draw import Draw, words_at
from leadsmart.sample.history import STATUSES, is_batch_entry
from leadsmart.sample.leads import BUDGETS, UNIT_TYPES, VARIANTS
from leadsmart.sample.messages import INTENTS, draw_messages
from leadsmart.sample.people import EMAIL_KINDS, PHONE_REGIONS, draw_kinds
from leadsmart.sample.world import FIRST_DAY, MARKET_NAMES


def market_tables(draw: Draw, market: str | None, timezone: str) -> MarketTables:
    """Clean tables of one market, or of all markets.

    Parameters
    ----------
    draw : Draw
    market : str or None
        None gives all markets together.
    timezone : str
        IANA name: the zone of the moments.

    Returns
    -------
    MarketTables

    Raises
    ------
    InputError
        If the sample has no such market.
    """
    if market is not None and market not in MARKET_NAMES:
        raise InputError(
            f"the sample has no market {market!r}", remedy=f"Its markets: {', '.join(MARKET_NAMES)}"
        )
    wanted = MARKET_NAMES if market is None else (market,)
    is_campaign = draw.campaign_names["market"].isin(wanted).to_numpy()
    is_lead = is_campaign[draw.arrivals.leads["campaign"].to_numpy()]
    tables = {
        "campaigns": (_campaigns(draw, timezone), is_campaign),
        "ad_performance": (_ad_performance(draw), is_campaign[draw.delivery.rows["campaign"].to_numpy()]),
        "leads": (_leads(draw, timezone), is_lead),
        "status_events": (_status_events(draw, timezone), is_lead[draw.history.events["lead"].to_numpy()]),
    }
    return MarketTables(**{name: rows[mask].reset_index(drop=True) for name, (rows, mask) in tables.items()})


def _campaigns(draw: Draw, timezone: str) -> pd.DataFrame:
    plan = draw.world.campaigns
    return draw.campaign_names.assign(
        daily_budget=plan["daily_budget"].astype("float64"),
        started_at=_moments(plan["started_at"], timezone),
        stopped_at=_moments(plan["stopped_at"], timezone),
    )


def _ad_performance(draw: Draw) -> pd.DataFrame:
    rows = draw.delivery.rows
    return pd.DataFrame(
        {
            "ad_set_id": rows["ad_set_id"].astype("str"),
            "campaign_id": draw.campaign_names["campaign_id"].array[rows["campaign"].to_numpy()],
            "delivery_date": pd.DatetimeIndex((FIRST_DAY + rows["day"].to_numpy()).astype("datetime64[us]")),
            **rows[["reach", "impressions", "clicks"]].astype("float64"),
            "spend": rows["cents"] / 100,
        }
    )


def _leads(draw: Draw, timezone: str) -> pd.DataFrame:
    leads, lead_id = draw.arrivals.leads, draw.lead_ids
    email_kind, phone_region = draw_kinds(len(leads), draw.seed)
    message, label = draw_messages(draw.seed, leads["intent"].to_numpy())
    has_phone = leads["has_phone"]
    email_class = words_at(EMAIL_KINDS, email_kind)
    return pd.DataFrame(
        {
            "lead_id": lead_id,
            "campaign_id": draw.campaign_names["campaign_id"].array[leads["campaign"].to_numpy()],
            "lead_status": words_at(STATUSES, draw.history.status),
            "arrived_at": _moments(leads["arrived_at"], timezone),
            "person_hash": "person-" + lead_id,
            "name_hash": "name-" + lead_id,
            "email_hash": ("email-" + lead_id).where(email_class != "missing"),
            "phone_hash": ("phone-" + lead_id).where(has_phone),
            "is_email_valid": email_class.isin(["other", "free"]),
            "email_domain_class": email_class,
            "is_phone_valid": has_phone,
            "phone_region": words_at(PHONE_REGIONS, phone_region).where(has_phone),
            "phone_type": words_at(("missing", "mobile"), has_phone.astype(int)),
            "has_name": True,
            "is_repeat": False,
            "message": pd.Series(message, dtype="str").replace("", None),
            "form_variant": words_at(VARIANTS, leads["variant"]),
            "form_budget": words_at(BUDGETS, leads["budget"]),
            "form_unit_type": words_at(UNIT_TYPES, leads["unit_type"]),
            "message_intent": words_at([intent.replace("_", " ") for intent in INTENTS], label),
        }
    )


def _status_events(draw: Draw, timezone: str) -> pd.DataFrame:
    events = draw.history.events
    return pd.DataFrame(
        {
            "lead_id": draw.lead_ids.array[events["lead"].to_numpy()],
            "status": words_at(STATUSES, events["status"]),
            "changed_at": _moments(events["at"], timezone),
            "is_batch": is_batch_entry(events, draw.arrivals.leads["user"].to_numpy()),
        }
    )


def _moments(values: pd.Series, timezone: str) -> pd.Series:
    """Local seconds as moments; the hour that comes twice in autumn is read as the first one."""
    naive = pd.Series(values.to_numpy().astype("datetime64[s]").astype("datetime64[us]"))
    first = np.ones(len(naive), dtype=bool)
    return naive.dt.tz_localize(timezone, ambiguous=first, nonexistent="shift_forward")
