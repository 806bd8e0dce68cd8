"""The real export, where it is at hand: every row and every pound accounted for."""

import math
from pathlib import Path

import pandas as pd
import pytest
from cleaning.builders_cleaning import KEY, ROOT

from leadsmart.cleaning.clean import clean_slice
from leadsmart.cleaning.reading.split import split_export
from leadsmart.params import list_markets, load_params

EXPORT = ROOT / ".." / "shared" / "data" / "leadsmart"
PARAMS = ROOT / "params"

pytestmark = pytest.mark.skipif(
    not Path(EXPORT).is_dir(), reason="../shared, with the real export, is not here"
)


@pytest.fixture(scope="module")
def markets(tmp_path_factory):
    names = list_markets(PARAMS)
    params = {name: load_params(name, PARAMS) for name in names}
    slices = split_export(EXPORT, tmp_path_factory.mktemp("cache"), params)
    params["unassigned"] = params[names[0]]
    return slices, {name: clean_slice(slices, name, p, KEY) for name, p in params.items()}


@pytest.fixture(scope="module")
def ledger(markets):
    ledgers = pd.concat(cleaned.ledger for cleaned in markets[1].values())
    return ledgers.groupby(["table", "rule", "action"])[["rows", "spend"]].agg(
        {"rows": "sum", "spend": math.fsum}
    )


def test_raw_totals(markets):
    slices, _ = markets
    rows = slices.raw_totals.set_index("table")["rows"]
    assert rows.to_dict() == {
        "campaigns": 7364,
        "ad_performance": 68733,
        "leads": 56965,
        "status_events": 38925,
    }
    assert slices.raw_totals["spend"].sum() == 24_852_291.59
    assert str(slices.last_day) == "2025-10-28"
    assert sum(slices.markets.values()) == 7364
    assert slices.markets["unassigned"] == 304


def test_delivery_rows_and_spend(ledger):
    own = ledger.loc["ad_performance"].reset_index()
    exits = own[own["action"].isin(["kept", "duplicate", "merged", "quarantined"])].set_index("action")
    assert exits["rows"].to_dict() == {"kept": 68713, "duplicate": 16, "merged": 4}
    assert exits["spend"].round(2).to_dict() == {"kept": 24_847_745.87, "duplicate": 4_545.72, "merged": 0.0}
    assert own.set_index("rule").loc["clicks_above_impressions", ["rows", "action"]].tolist() == [
        6,
        "flagged",
    ]


def test_the_rest_of_the_ledger(ledger):
    rows = ledger["rows"].droplevel("action")
    assert rows[("status_events", "kept")] == 38924
    assert rows[("status_events", "exact_duplicate")] == 1
    assert rows[("leads", "kept")] == 56965
    assert rows[("leads", "lost_phone")] == 1662
    assert rows[("leads", "no_history")] == 30686
    assert rows[("leads", "lead_before_campaign")] == 1518
    assert not ledger.index.get_level_values("action").isin(["quarantined"]).any()


def test_qualified_leads_and_unassigned_projects(markets):
    _, cleaned = markets
    statuses = pd.concat(market.tables.leads["lead_status"] for market in cleaned.values())
    assert (statuses == "QUALIFIED").sum() == 4063
    assert (statuses == "NOT_QUALIFIED").sum() == 2821
    unassigned = cleaned["unassigned"].tables.campaigns
    assert (len(unassigned), unassigned["project_name"].nunique()) == (304, 58)


def test_feedback_of_users(markets):
    _, cleaned = markets
    users = (
        pd.concat(m.feedback for m in cleaned.values())
        .groupby("user_id")[["qualified", "disqualified"]]
        .sum()
    )
    qualified, disqualified = users["qualified"] > 0, users["disqualified"] > 0
    assert len(users) == 344
    assert (~qualified & ~disqualified).sum() == 142
    assert (qualified & ~disqualified).sum() == 22
    assert (~qualified & disqualified).sum() == 62


def test_no_contact_is_left(markets):
    _, cleaned = markets
    leads = pd.read_csv(EXPORT / "campaign_leads.csv", dtype="str", nrows=300)
    everything = "\n".join(
        frame.to_csv() for m in cleaned.values() for frame in [*m.tables, *m.quarantine.values()]
    )
    for column in ("name", "email", "phone"):
        assert not [value for value in leads[column] if value in everything]
