"""Small clean tables for the tests of insights."""

import datetime as dt
import math
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from leadsmart.insights.findings.evidence import Evidence
from leadsmart.insights.findings.findings import Finding, judge_findings
from leadsmart.insights.findings.hypotheses import gather_evidence
from leadsmart.market import Market
from leadsmart.market_tables import MarketTables
from leadsmart.params import Params, load_params

ROOT = Path(__file__).parents[2]
ZONE = "Africa/Cairo"
AS_OF = dt.date(2024, 12, 31)


# Egypt's clocks go back at the end of October: hours that come twice are read as the first
def local(values: pd.Series) -> pd.Series:
    moments = pd.to_datetime(values)
    return moments.dt.tz_localize(ZONE, ambiguous=[True] * len(moments))


def make_params(**changes) -> Params:
    return load_params("new-cairo", ROOT / "params", {"target_cpl": None, "target_cpql": None, **changes})


def make_campaigns(*rows: dict) -> pd.DataFrame:
    """Rows say what differs: campaign_id, user_id, project_name, channel, daily_budget, started_at, stopped_at."""
    default = {
        "campaign_id": "c1",
        "user_id": "u1",
        "project_name": "Lotus",
        "market": "new-cairo",
        "channel": "facebook",
        "daily_budget": 1000.0,
        "started_at": "2024-10-01",
        "stopped_at": "2024-12-31",
    }
    table = pd.DataFrame([{**default, **row} for row in rows], columns=list(default))
    moments = {c: local(table[c]) for c in ("started_at", "stopped_at")}
    text = {
        c: table[c].astype("str") for c in ("campaign_id", "user_id", "project_name", "market", "channel")
    }
    return table.assign(**moments, **text, daily_budget=table["daily_budget"].astype(float))


def make_delivery(*rows: dict) -> pd.DataFrame:
    default = {
        "ad_set_id": "a1",
        "campaign_id": "c1",
        "delivery_date": "2024-12-01",
        "reach": 800.0,
        "impressions": 1000.0,
        "clicks": 20.0,
        "spend": 100.0,
    }
    table = pd.DataFrame([{**default, **row} for row in rows], columns=list(default))
    numbers = {c: table[c].astype(float) for c in ("reach", "impressions", "clicks", "spend")}
    text = {c: table[c].astype("str") for c in ("ad_set_id", "campaign_id")}
    return table.assign(delivery_date=pd.to_datetime(table["delivery_date"]), **numbers, **text)


def make_leads(*rows: dict) -> pd.DataFrame:
    """Lead ids are numbered l1, l2, … unless given; a row may have columns that others lack."""
    default = {
        "lead_id": "",
        "campaign_id": "c1",
        "lead_status": "NEW_LEAD",
        "arrived_at": "2024-12-01 10:00",
        "is_repeat": False,
    }
    numbered = [{**default, "lead_id": f"l{i + 1}", **row} for i, row in enumerate(rows)]
    table = pd.DataFrame(numbered, columns=list(dict.fromkeys([*default, *(c for row in rows for c in row)])))
    text = {c: table[c].astype("str") for c in ("lead_id", "campaign_id", "lead_status")}
    arrived = local(table["arrived_at"])
    return table.assign(arrived_at=arrived, is_repeat=table["is_repeat"].astype(bool), **text)


def make_events(*rows: dict) -> pd.DataFrame:
    default = {"lead_id": "l1", "status": "NEW_LEAD", "changed_at": "2024-12-01 10:00", "is_batch": False}
    table = pd.DataFrame([{**default, **row} for row in rows], columns=list(default))
    text = {c: table[c].astype("str") for c in ("lead_id", "status")}
    moment = local(table["changed_at"])
    return table.assign(changed_at=moment, is_batch=table["is_batch"].astype(bool), **text)


def make_tables(campaigns=(), delivery=(), leads=(), events=()) -> MarketTables:
    """Tables from lists of rows; one campaign c1 unless campaigns are given."""
    return MarketTables(
        make_campaigns(*(campaigns or [{}])),
        make_delivery(*delivery),
        make_leads(*leads),
        make_events(*events),
    )


def leads_of(campaign_id: str, status: str, n: int, **fields) -> list[dict]:
    """`n` leads of one campaign with one status, ids unique over campaign, status and number."""
    return [
        {
            "lead_id": f"{campaign_id}-{status}-{i}",
            "campaign_id": campaign_id,
            "lead_status": status,
            **fields,
        }
        for i in range(n)
    ]


class Judged(NamedTuple):
    """Findings of a market by key, and their evidence tables by name."""

    findings: dict[str, Finding]
    tables: dict[str, pd.DataFrame]


def judge_market(market: Market, *further: Evidence) -> Judged:
    """Gather the evidence of a market and judge it, with what is known of further hypotheses, as one family."""
    gathered = gather_evidence(market)
    findings = judge_findings([*gathered.by_key.values(), *further], market.params)
    return Judged({finding.key: finding for finding in findings}, gathered.tables)


def as_json(value: object) -> object:
    """Plain values as a file keeps them: numbers that do not exist are null."""
    if isinstance(value, dict):
        return {key: as_json(item) for key, item in value.items()}
    if isinstance(value, list):
        return [as_json(item) for item in value]
    return None if isinstance(value, float) and math.isnan(value) else value
