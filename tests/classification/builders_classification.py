"""Small clean tables for the classification tests."""

import datetime as dt
from pathlib import Path

import numpy as np
import pandas as pd

from leadsmart.classification.estimation.dataset import Dataset, build_dataset
from leadsmart.market import Market
from leadsmart.market_tables import MarketTables
from leadsmart.params import Params, load_params

ZONE = "Africa/Cairo"
AS_OF = dt.date(2024, 12, 31)


def make_params(**changes: object) -> Params:
    return load_params("new-cairo", Path(__file__).parents[2] / "params", changes)


def moment(text: str) -> pd.Timestamp:
    return pd.Timestamp(text).tz_localize(ZONE)


def moments(texts: list[str | None]) -> pd.Series:
    stamps = pd.to_datetime(pd.Series(texts, dtype="str"), format="ISO8601")
    stamps = stamps.astype("datetime64[us]")
    return stamps.dt.tz_localize(
        ZONE, ambiguous=np.zeros(len(stamps), dtype=bool), nonexistent="shift_forward"
    )


def make_lead(
    lead_id: str, arrived: str | None, status: str = "NEW_LEAD", **changes: object
) -> dict[str, object]:
    lead = {
        "lead_id": lead_id, "campaign_id": "c1", "lead_status": status, "arrived_at": arrived,
        "person_hash": f"person-{lead_id}", "name_hash": "n", "email_hash": "e", "phone_hash": "p",
        "is_email_valid": True, "email_domain_class": "free", "is_phone_valid": True, "phone_region": "EG",
        "phone_type": "mobile", "has_name": True, "is_repeat": False,
    }  # fmt: skip
    return {**lead, **changes}


def make_tables(
    leads: list[dict[str, object]],
    events: list[tuple[str, str, str]] = (),
    campaigns: list[tuple[str, str]] = (("c1", "u1"),),
    delivery: list[tuple[str, str, float]] = (),
) -> MarketTables:
    """`events`: (lead, status, moment); `campaigns`: (campaign, user); `delivery`: (campaign, day, spend)."""
    lead_table = pd.DataFrame(leads)
    lead_table["arrived_at"] = moments(lead_table["arrived_at"].tolist())
    campaign_table = pd.DataFrame(
        {
            "campaign_id": [c for c, _ in campaigns],
            "user_id": [u for _, u in campaigns],
            "project_name": "Project",
            "market": "new-cairo",
            "channel": "facebook",
            "daily_budget": 1000.0,
            "started_at": moments(["2024-06-01"] * len(campaigns)),
            "stopped_at": moments(["2024-12-31"] * len(campaigns)),
        }
    )
    event_table = pd.DataFrame(
        {
            "lead_id": pd.Series([e[0] for e in events], dtype="str"),
            "status": pd.Series([e[1] for e in events], dtype="str"),
            "changed_at": moments([e[2] for e in events]),
            "is_batch": False,
        }
    )
    delivery_table = pd.DataFrame(
        {
            "ad_set_id": "a",
            "campaign_id": pd.Series([d[0] for d in delivery], dtype="str"),
            "delivery_date": pd.to_datetime(pd.Series([d[1] for d in delivery], dtype="str")),
            "reach": 100.0,
            "impressions": 1000.0,
            "clicks": 10.0,
            "spend": pd.Series([d[2] for d in delivery], dtype=float),
        }
    )
    return MarketTables(campaign_table, delivery_table, lead_table, event_table)


def make_market(leads: int, seed: int = 0, phone_effect: float = 2.5, undecided: int = 0) -> MarketTables:
    """Leads over half a year with a verdict two days later; a valid phone makes a qualified one likelier.

    The last `undecided` leads have no verdict.
    """
    rng = np.random.default_rng(seed)
    arrived = pd.Timestamp("2024-06-02") + pd.to_timedelta(
        np.sort(rng.uniform(0, 200 * 86_400, leads)), unit="s"
    )
    has_phone, has_email = rng.random(leads) < 0.5, rng.random(leads) < 0.7
    chance = 1 / (1 + np.exp(-phone_effect * (has_phone - 0.5)))
    is_good = rng.random(leads) < chance
    campaign = rng.integers(0, 24, leads)
    rows, events = [], []
    for i in range(leads):
        is_open = i >= leads - undecided
        status = "NEW_LEAD" if is_open else "QUALIFIED" if is_good[i] else "NOT_QUALIFIED"
        rows.append(
            make_lead(
                f"l{i:05d}", arrived[i].isoformat(), status, campaign_id=f"c{campaign[i]}",
                is_phone_valid=bool(has_phone[i]), is_email_valid=bool(has_email[i]),
            )
        )  # fmt: skip
        if not is_open:
            events.append((f"l{i:05d}", status, (arrived[i] + pd.Timedelta(days=2)).isoformat()))
    return make_tables(rows, events, [(f"c{i}", f"u{i % 12}") for i in range(24)])


def shuffle_verdicts(tables: MarketTables, seed: int) -> MarketTables:
    """Deal the verdicts out anew: nothing is left to learn."""
    rng = np.random.default_rng(seed)
    decided = tables.leads["lead_status"].isin(["QUALIFIED", "NOT_QUALIFIED"])
    leads = tables.leads.copy()
    leads.loc[decided, "lead_status"] = rng.permutation(leads.loc[decided, "lead_status"].to_numpy())
    status = leads.set_index("lead_id")["lead_status"]
    events = tables.status_events.assign(status=tables.status_events["lead_id"].map(status))
    return tables._replace(leads=leads, status_events=events)


def make_dataset(tables: MarketTables, params: Params | None = None, as_of: dt.date = AS_OF) -> Dataset:
    return build_dataset(Market.at(tables, params or make_params(), as_of))
