"""A defect-free sample as the clean tables of a market, without going through files and cleaning."""

import numpy as np
import pandas as pd

from leadsmart.errors import InputError
from leadsmart.market_tables import MarketTables
from leadsmart.sample.draw import Draw
from leadsmart.sample.history import STATUSES, batched
from leadsmart.sample.leads import BUDGETS, UNIT_TYPES, VARIANTS
from leadsmart.sample.messages import INTENTS, draw_labels, draw_messages
from leadsmart.sample.people import EMAIL_KINDS, PHONE_REGIONS, draw_kinds
from leadsmart.sample.streams import stream
from leadsmart.sample.world import CHANNELS, FIRST_DAY, MARKET_NAMES


def market_tables(draw: Draw, market: str | None, seed: int, timezone: str) -> MarketTables:
    """Clean tables of one market, or of all markets if `market` is None."""
    if market is not None and market not in MARKET_NAMES:
        raise InputError(
            f"the sample has no market {market!r}", remedy=f"Its markets: {', '.join(MARKET_NAMES)}"
        )
    plan, leads, events = draw.world.campaigns, draw.arrivals.leads, draw.history.events
    inside = (
        np.ones(len(plan), dtype=bool) if market is None else plan["market"] == MARKET_NAMES.index(market)
    )
    inside = np.asarray(inside)
    return MarketTables(
        campaigns=_campaigns(draw, timezone)[inside].reset_index(drop=True),
        ad_performance=_ad_performance(draw, inside),
        leads=_leads(draw, inside[leads["campaign"].to_numpy()], seed, timezone),
        status_events=_status_events(
            draw, inside[leads["campaign"].to_numpy()[events["lead"].to_numpy()]], timezone
        ),
    )


def _campaigns(draw: Draw, timezone: str) -> pd.DataFrame:
    plan = draw.world.campaigns
    return pd.DataFrame(
        {
            "campaign_id": plan["campaign_id"].astype("str"),
            "user_id": draw.world.users["user_id"].astype("str").array[plan["user"].to_numpy()],
            "project_name": pd.array(plan["project_name"].tolist(), dtype="str"),
            "market": _words(MARKET_NAMES, plan["market"].to_numpy()),
            "channel": _words(CHANNELS, plan["channel"].to_numpy()),
            "daily_budget": plan["daily_budget"].astype("float64"),
            "started_at": _moments(plan["started_at"].to_numpy(), timezone),
            "stopped_at": _moments(plan["stopped_at"].to_numpy(), timezone),
        }
    )


def _ad_performance(draw: Draw, inside: np.ndarray) -> pd.DataFrame:
    rows = draw.delivery.rows
    rows = rows[inside[rows["campaign"].to_numpy()]].reset_index(drop=True)
    return pd.DataFrame(
        {
            "ad_set_id": rows["ad_set_id"].astype("str"),
            "campaign_id": draw.world.campaigns["campaign_id"]
            .astype("str")
            .array[rows["campaign"].to_numpy()],
            "delivery_date": pd.DatetimeIndex((FIRST_DAY + rows["day"].to_numpy()).astype("datetime64[us]")),
            "reach": rows["reach"].astype("float64"),
            "impressions": rows["impressions"].astype("float64"),
            "clicks": rows["clicks"].astype("float64"),
            "spend": rows["cents"] / 100,
        }
    )


def _leads(draw: Draw, inside: np.ndarray, seed: int, timezone: str) -> pd.DataFrame:
    everyone = draw.arrivals.leads
    leads = everyone[inside].reset_index(drop=True)
    n = len(everyone)
    # drawn for all leads, as in the export, so that a lead is the same in every market's tables
    email_kind, phone_region = (kind[inside] for kind in draw_kinds(n, seed))
    message, _ = draw_messages(stream(seed, "messages"), everyone["intent"].to_numpy())
    label = draw_labels(stream(seed, "message labels"), everyone["intent"].to_numpy(), message)[inside]
    message = message[inside]
    lead_id = leads["lead_id"].astype("str")
    has_phone = leads["has_phone"].to_numpy()
    has_email = email_kind != EMAIL_KINDS.index("missing")
    message[message == ""] = None
    return pd.DataFrame(
        {
            "lead_id": lead_id,
            "campaign_id": draw.world.campaigns["campaign_id"]
            .astype("str")
            .array[leads["campaign"].to_numpy()],
            "lead_status": _words(STATUSES, draw.history.status[inside]),
            "arrived_at": _moments(leads["arrived_at"].to_numpy(), timezone),
            "person_hash": "person-" + lead_id,
            "name_hash": "name-" + lead_id,
            "email_hash": ("email-" + lead_id).where(has_email),
            "phone_hash": ("phone-" + lead_id).where(has_phone),
            "is_email_valid": np.isin(email_kind, [EMAIL_KINDS.index("other"), EMAIL_KINDS.index("free")]),
            "email_domain_class": _words(EMAIL_KINDS, email_kind),
            "is_phone_valid": has_phone,
            "phone_region": pd.Series(_words(PHONE_REGIONS, phone_region)).where(has_phone),
            "phone_type": pd.Series(_words(("missing", "mobile"), has_phone.astype(int))),
            "has_name": True,
            "is_repeat": False,
            "message": pd.array(message, dtype="str"),
            "form_variant": _words(VARIANTS, leads["variant"].to_numpy()),
            "form_budget": _optional(BUDGETS, leads["budget"].to_numpy()),
            "form_unit_type": _optional(UNIT_TYPES, leads["unit_type"].to_numpy()),
            "message_intent": _optional(tuple(i.replace("_", " ") for i in INTENTS), label),
        }
    )


def _status_events(draw: Draw, inside: np.ndarray, timezone: str) -> pd.DataFrame:
    leads, events = draw.arrivals.leads, draw.history.events
    is_batch = batched(events, leads["user"].to_numpy())[inside]
    events = events[inside]
    return pd.DataFrame(
        {
            "lead_id": leads["lead_id"].astype("str").array[events["lead"].to_numpy()],
            "status": _words(STATUSES, events["status"].to_numpy()),
            "changed_at": _moments(events["at"].to_numpy(), timezone),
            "is_batch": is_batch,
        }
    )


def _words(words: tuple[str, ...], position: np.ndarray) -> pd.api.extensions.ExtensionArray:
    return pd.array(list(words), dtype="str").take(position)


def _optional(words: tuple[str, ...], position: np.ndarray) -> pd.api.extensions.ExtensionArray:
    return pd.array(list(words), dtype="str").take(position, allow_fill=True)


def _moments(values: np.ndarray, timezone: str) -> pd.Series:
    """Local seconds as moments; the hour that comes twice in autumn is read as the first one."""
    naive = pd.Series(values.astype("datetime64[s]").astype("datetime64[us]"))
    first = np.ones(len(naive), dtype=bool)
    return naive.dt.tz_localize(timezone, ambiguous=first, nonexistent="shift_forward")
