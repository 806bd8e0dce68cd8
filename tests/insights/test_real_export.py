"""The real export: figures worked out by hand, and markets with hardly any verdict read sensibly."""

import datetime as dt
from pathlib import Path

import pandas as pd
import pytest
from builders_market import market_of
from insights.builders_insights import ROOT, ZONE, judge_market

from leadsmart.catalogue.dimensions import DIMENSIONS
from leadsmart.insights.findings.recommendations import make_recommendations
from leadsmart.insights.health.health import check_health
from leadsmart.insights.kpi.measures import aggregate_kpis
from leadsmart.insights.money.decisions import ended_lessons, make_decisions
from leadsmart.insights.money.rankings import rank_groups
from leadsmart.insights.pages.cards import headline, kpi_cards
from leadsmart.market_tables import MarketTables
from leadsmart.params import load_params

EXPORT = ROOT / ".." / "shared" / "data" / "leadsmart"
pytestmark = pytest.mark.skipif(
    not EXPORT.is_dir(), reason="the real export (../shared) is not on this machine"
)

#: Campaign -> spend, impressions, clicks and leads, added up by hand from insights.csv and campaign_leads.csv.
BY_HAND: dict[str, tuple[float, int, int, int]] = {
    "13802": (369285.20, 5323476, 132456, 1097),
    "7626": (359450.43, 2095387, 29504, 758),
    "9289": (88990.77, 1763401, 307430, 661),
    "9259": (3887.28, 22360, 1467, 7),
    "9363": (522.18, 5517, 186, 1),
    "14152": (739.35, 2477, 103, 1),
    "13822": (15667.22, 200626, 16015, 111),
    "8425": (608.51, 686, 25, 1),
    "7500": (1570.21, 26775, 2976, 64),
    "11750": (857.89, 2411, 25, 1),
}


def moments(values: pd.Series) -> pd.Series:
    naive = pd.to_datetime(values, format="mixed")
    return naive.dt.tz_localize(ZONE, ambiguous=[True] * len(naive), nonexistent="shift_forward")


@pytest.fixture(scope="module")
def export() -> dict[str, pd.DataFrame]:
    names = ("campaigns", "insights", "campaign_leads", "lead_status_changes", "project_markets")
    return {name: pd.read_csv(Path(EXPORT) / f"{name}.csv", dtype="str").drop_duplicates() for name in names}


def market_tables(export: dict[str, pd.DataFrame], market: str | None) -> MarketTables:
    """The clean tables in short: types and names, none of the repairs that cleaning makes."""
    look_up = export["project_markets"].set_index("project_name")["market"]
    raw = export["campaigns"]
    campaigns = pd.DataFrame(
        {
            "campaign_id": raw["id"],
            "user_id": raw["user_id"],
            "project_name": raw["project_name"],
            "market": raw["project_name"].map(look_up),
            "channel": "facebook",
            "daily_budget": raw["daily_budget"].astype(float),
            "started_at": moments(raw["start_time"]),
            "stopped_at": moments(raw["stop_time"]),
        }
    )
    if market:
        campaigns = campaigns[campaigns["market"] == market]
    raw = export["insights"]
    delivery = raw[["ad_set_id", "campaign_id"]].assign(
        delivery_date=pd.to_datetime(raw["created_at"], format="mixed").dt.normalize(),
        **{c: raw[c].astype(float) for c in ("reach", "impressions", "clicks", "spend")},
    )
    raw = export["campaign_leads"].drop_duplicates("id")
    leads = pd.DataFrame(
        {
            "lead_id": raw["id"],
            "campaign_id": raw["campaign_id"],
            "lead_status": raw["lead_status"],
            "arrived_at": moments(raw["added_date"]),
            "is_repeat": False,
        }
    )
    raw = export["lead_status_changes"]
    events = raw[["lead_id", "status"]].assign(changed_at=moments(raw["created_at"]), is_batch=False)
    inside = campaigns["campaign_id"]
    leads = leads[leads["campaign_id"].isin(inside)].reset_index(drop=True)
    return MarketTables(
        campaigns.reset_index(drop=True),
        delivery[delivery["campaign_id"].isin(inside)].reset_index(drop=True),
        leads,
        events[events["lead_id"].isin(leads["lead_id"])].reset_index(drop=True),
    )


def last_day(tables: MarketTables) -> dt.date:
    return max(tables.ad_performance["delivery_date"].max().date(), tables.leads["arrived_at"].max().date())


def test_ten_campaigns_equal_ratios_worked_out_by_hand(export):
    tables = market_tables(export, None)
    kpis = aggregate_kpis(
        market_of(tables, load_params("new-cairo", ROOT / "params")), ["campaign_id"]
    ).set_index("campaign_id")
    assert len(BY_HAND) == 10
    for campaign, (spend, impressions, clicks, leads) in BY_HAND.items():
        row = kpis.loc[campaign]
        assert row["ctr"] == pytest.approx(clicks / impressions, rel=1e-12)
        assert row["cpc"] == pytest.approx(spend / clicks, rel=1e-12)
        assert row["cpm"] == pytest.approx(1000 * spend / impressions, rel=1e-12)
        assert row["cpl"] == pytest.approx(spend / leads, rel=1e-12)


@pytest.mark.parametrize("market", ["gulf", "east-cairo"])
def test_markets_with_hardly_any_verdict_read_sensibly(export, market):
    tables, params = market_tables(export, market), load_params(market, ROOT / "params")
    as_of = last_day(tables)
    selected = market_of(tables, params, as_of).within_period()
    findings = judge_market(selected).findings
    assert "supported" not in {finding.verdict for finding in findings.values()}
    for key in ("lead_quality_variation", "high_cost_per_engagement", "channel_differences"):
        assert findings[key].verdict == "not enough data"
    made = make_recommendations(findings.values(), selected)
    assert [r.key for r in made.recommendations] == ["feed_back_outcomes"]
    decided = make_decisions(selected).table["decision"]
    assert set(decided) <= {"too early"}
    lessons = ended_lessons(market_of(tables, params, as_of)).table["lesson"]
    assert lessons.str.startswith("can't be told").all()
    texts = [
        headline(market_of(tables, params, as_of)),
        check_health(market_of(tables, params, as_of)).statement,
        *(f.statement for f in findings.values()),
        *(r.statement for r in made.recommendations),
        *(
            rank_groups(market_of(tables, params), by).statement
            for by in (d.column for d in DIMENSIONS.values() if d.key)
        ),
    ]
    for text in texts:
        assert "nan" not in text.lower().split(), text
        assert "inf" not in text.lower().split(), text
        assert "significant" not in text, text


def test_gulf_says_that_no_lead_is_qualified(export):
    tables, params = market_tables(export, "gulf"), load_params("gulf", ROOT / "params")
    as_of = last_day(tables)
    text = headline(market_of(tables, params, as_of).within_period())
    assert "320 leads" in text
    assert "Of those, 0 %" in text
    cards = kpi_cards(market_of(tables, params, as_of)).set_index("key")
    assert pd.isna(cards.loc["cpql", "value"])
    assert cards.loc["cpql", "target_verdict"] == "–"


@pytest.mark.parametrize("as_of", [dt.date(2024, 9, 1), dt.date(2024, 12, 10)])
def test_nothing_is_scaled_with_fewer_than_five_verdicts(export, as_of):
    tables, params = market_tables(export, "new-cairo"), load_params("new-cairo", ROOT / "params")
    decisions = make_decisions(market_of(tables, params, as_of).within_period()).table
    assert len(decisions) > 50
    firm = decisions[decisions["decision"] != "too early"]
    assert (firm["verdicts"] >= 5).all()
    assert (firm["verdict_coverage"] >= 0.2).all()
