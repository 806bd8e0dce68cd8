"""What the drill-down page chooses from: sums per campaign, ranges of what many business users carry, no person."""

import json

import pandas as pd
import pytest
from builders_market import market_of
from insights.builders_insights import (
    AS_OF,
    make_campaigns,
    make_delivery,
    make_events,
    make_leads,
    make_params,
)

from leadsmart.insights.kpi.measures import aggregate_kpis
from leadsmart.insights.pages.explore import make_explorable
from leadsmart.market_tables import MarketTables

TABLES = MarketTables(
    make_campaigns(
        {"campaign_id": "c1"},
        {"campaign_id": "c2", "user_id": "u2", "channel": "instagram", "project_name": "سعادة"},
        {"campaign_id": "c3", "user_id": "u2"},
    ),
    make_delivery(
        {"campaign_id": "c1", "spend": 60.5},
        {"campaign_id": "c1", "spend": 40.0, "delivery_date": "2024-12-15"},
        {"campaign_id": "c2", "spend": 300.0, "clicks": 7},
    ),
    make_leads(
        {"campaign_id": "c1", "lead_status": "QUALIFIED"},
        {"campaign_id": "c1", "lead_status": "NOT_QUALIFIED"},
        {"campaign_id": "c2", "lead_status": "SPAM"},
        {"campaign_id": "c2", "lead_status": "NEW_LEAD", "arrived_at": "2024-12-09 09:00"},
    ),
    make_events({"lead_id": "l4", "status": "FOLLOW_UP"}),
)


def test_a_campaign_is_one_element_of_every_column_most_spend_first():
    explorable = make_explorable(market_of(TABLES, make_params(), AS_OF))
    campaigns, names = explorable["campaigns"], explorable["names"]

    assert campaigns["id"] == ["c2", "c1"], "c3 has neither delivery nor leads"
    assert [names["project"][i] for i in campaigns["project"]] == ["سعادة", "Lotus"]
    assert [names["user"][i] for i in campaigns["user"]] == ["u2", "u1"]
    assert [names["channel"][i] for i in campaigns["channel"]] == ["instagram", "facebook"]
    assert campaigns["spend"] == [300, 100.5]
    assert campaigns["clicks"] == [7, 40]
    assert campaigns["leads"] == [2, 2]
    assert (campaigns["verdicts"], campaigns["qualified"]) == ([0, 2], [0, 1])


def test_outcomes_and_stages_count_leads_in_the_order_that_is_named():
    data = make_explorable(market_of(TABLES, make_params(), AS_OF))

    assert data["outcomes"] == ["qualified", "disqualified", "junk", "unreachable", "undecided"]
    assert data["campaigns"]["outcomes"] == [[0, 0, 1, 0, 1], [1, 1, 0, 0, 0]]
    assert data["stages"] == ["arrived", "contacted", "engaged", "qualified", "meeting", "deal"]
    # SPAM was contacted; the present NEW_LEAD once was FOLLOW_UP; QUALIFIED passed three stages, NOT_QUALIFIED one
    assert data["campaigns"]["stages"] == [[2, 2, 1, 0, 0, 0], [2, 2, 1, 1, 0, 0]]


def test_weeks_hold_spend_and_leads_of_each_campaign():
    data = make_explorable(market_of(TABLES, make_params(), AS_OF))
    weekly = pd.DataFrame(data["weekly"])
    weekly["campaign"] = [data["campaigns"]["id"][i] for i in weekly["campaign"]]
    weekly["week"] = [data["weeks"][i] for i in weekly["week"]]

    # 1 December 2024 is a Sunday
    assert data["weeks"] == ["2024-11-25", "2024-12-02", "2024-12-09"]
    assert sorted(weekly.to_records(index=False).tolist()) == [
        ("c1", "2024-11-25", 60.5, 2),
        ("c1", "2024-12-09", 40, 0),
        ("c2", "2024-11-25", 300, 1),
        ("c2", "2024-12-09", 0, 1),
    ]


def test_nothing_tells_of_a_single_person():
    data = make_explorable(market_of(TABLES, make_params(), AS_OF))

    text = json.dumps(data)
    assert not [lead for lead in TABLES.leads["lead_id"] if f'"{lead}"' in text]
    assert set(data["weekly"]) == {"campaign", "week", "spend", "leads"}, "no verdict has a week"


@pytest.fixture
def many_users() -> MarketTables:
    users = [f"u{i}" for i in range(6)]
    return MarketTables(
        make_campaigns(*({"campaign_id": f"c{u}", "user_id": u} for u in users)),
        make_delivery(
            *({"campaign_id": f"c{u}", "spend": 100.0 + 9 * i, "clicks": 20 + i} for i, u in enumerate(users))
        ),
        make_leads(
            *(
                {"campaign_id": f"c{u}", "lead_status": status}
                for i, u in enumerate(users)
                for status in ["QUALIFIED"] * (2 + i % 3) + ["NOT_QUALIFIED"] * 4
            )
        ),
        make_events(),
    )


def test_ranges_are_those_of_the_tables(many_users):
    params = make_params()
    expected = aggregate_kpis(market_of(many_users, params), ["project_name"]).iloc[0]
    ranges = make_explorable(market_of(many_users, params, AS_OF))["ranges"]

    assert [set(entry) - {"of"} for entry in ranges] == [
        set(),
        {"channel"},
        {"project"},
        {"channel", "project"},
    ]
    for entry in ranges:
        low, high, label = entry["of"]["qualified_rate"]
        assert low == pytest.approx(expected["qualified_rate_low"])
        assert high == pytest.approx(expected["qualified_rate_high"])
        assert label in ("95 % range", "indicative range")
        assert {"ctr", "cpl", "cpql"} <= set(entry["of"])


def test_a_choice_of_few_users_has_no_range(many_users):
    assert make_explorable(market_of(many_users, make_params(minimum_users=7), AS_OF))["ranges"] == []


def test_a_market_without_delivery_and_leads_has_nothing_to_choose():
    nothing = make_explorable(
        market_of(
            MarketTables(make_campaigns({}), make_delivery(), make_leads(), make_events()),
            make_params(),
            AS_OF,
        )
    )

    assert nothing["campaigns"]["id"] == nothing["weeks"] == []
    json.dumps(nothing, allow_nan=False)


def test_the_week_that_is_not_over_is_named():
    # 31 December 2024 is a Tuesday, the 29th a Sunday
    assert make_explorable(market_of(TABLES, make_params(), AS_OF))["under_way"] == "2024-12-30"
    assert make_explorable(market_of(TABLES, make_params(), AS_OF - pd.Timedelta(days=2)))["under_way"] == ""
