import datetime as dt
import math

import pandas as pd
import pytest
from builders_market import market_of
from hypothesis import given, settings
from hypothesis import strategies as st
from insights.builders_insights import (
    AS_OF,
    leads_of,
    make_delivery,
    make_events,
    make_leads,
    make_params,
    make_tables,
)

from leadsmart.insights.kpi.measures import aggregate_kpis, lead_outcomes, user_feedback
from leadsmart.market_tables import local_day


def test_rates_are_ratios_of_sums_by_hand():
    tables = make_tables(
        delivery=[
            {"spend": 100, "clicks": 10, "impressions": 1000, "reach": 500},
            {"ad_set_id": "a2", "spend": 300, "clicks": 10, "impressions": 3000, "reach": 1500},
        ],
        leads=leads_of("c1", "QUALIFIED", 1)
        + leads_of("c1", "NOT_QUALIFIED", 2)
        + leads_of("c1", "NEW_LEAD", 1),
    )
    row = aggregate_kpis(market_of(tables, make_params())).iloc[0]
    assert row[["spend", "clicks", "leads", "verdicts", "qualified"]].tolist() == [400, 20, 4, 3, 1]
    assert row["ctr"] == 20 / 4000
    assert row["cpc"] == 20
    assert row["cpm"] == 100
    assert row["frequency"] == 2
    assert row["lead_rate"] == 0.2
    assert row["cpl"] == 100
    assert row["verdict_coverage"] == 0.75
    assert row["qualified_rate"] == pytest.approx(1 / 3)
    assert (row["qualified_bound_low"], row["qualified_bound_high"]) == (0.25, 0.5)
    assert row["cpql"] == 400


def test_zero_denominators_give_nan():
    tables = make_tables(delivery=[{"impressions": 0, "clicks": 0, "reach": 0, "spend": 0}])
    row = aggregate_kpis(market_of(tables, make_params())).iloc[0]
    for rate in ("ctr", "cpc", "cpm", "cpl", "qualified_rate", "cpql", "verdict_coverage"):
        assert math.isnan(row[rate]), rate


def test_campaigns_with_leads_but_no_spend_and_the_reverse_are_both_in_it():
    tables = make_tables(
        campaigns=[{"campaign_id": "spends"}, {"campaign_id": "earns"}],
        delivery=[{"campaign_id": "spends", "spend": 50}],
        leads=[{"campaign_id": "earns"}],
    )
    table = aggregate_kpis(market_of(tables, make_params()), ["campaign_id"]).set_index("campaign_id")
    assert table.loc["spends", ["spend", "leads"]].tolist() == [50, 0]
    assert table.loc["earns", ["spend", "leads"]].tolist() == [0, 1]
    assert math.isnan(table.loc["spends", "cpl"])


def test_ad_sets_have_no_leads_rather_than_none():
    tables = make_tables(delivery=[{}, {"ad_set_id": "a2"}], leads=[{}])
    table = aggregate_kpis(market_of(tables, make_params()), ["ad_set_id"])
    assert table["ad_set_id"].tolist() == ["a1", "a2"]
    assert table["leads"].isna().all()
    assert table["ctr"].tolist() == [0.02, 0.02]


def test_an_empty_market_gives_one_row_of_zeros():
    row = aggregate_kpis(market_of(make_tables(), make_params())).iloc[0]
    assert row["spend"] == row["leads"] == 0
    assert math.isnan(row["cpl"])


def test_statuses_match_whole_and_unlisted_ones_are_undecided():
    leads = make_leads(
        *(
            {"lead_status": s}
            for s in ("QUALIFIED", "NOT_QUALIFIED", "SPAM", "NO_ANSWER", "PRE_QUALIFIED", "NEW_LEAD")
        )
    )
    outcome = lead_outcomes(leads, make_params())
    assert outcome.tolist() == ["qualified", "disqualified", "junk", "unreachable", "undecided", "undecided"]


def test_the_market_decides_what_qualified_means():
    params = make_params(
        qualified_statuses=["QUALIFIED", "DONE_DEAL"],
        undecided_statuses=["NEW_LEAD"],
    )
    assert lead_outcomes(make_leads({"lead_status": "DONE_DEAL"}), params).tolist() == ["qualified"]


def test_period_cuts_delivery_leads_and_their_events():
    tables = make_tables(
        delivery=[{"delivery_date": d} for d in ("2024-10-31", "2024-11-01", "2024-12-31", "2025-01-01")],
        leads=[
            {"lead_id": "early", "arrived_at": "2024-10-31 23:59"},
            {"lead_id": "first", "arrived_at": "2024-11-01 00:00"},
            {"lead_id": "last", "arrived_at": "2024-12-31 23:59"},
        ],
        events=[{"lead_id": i} for i in ("early", "first", "last")],
    )
    before = tables.leads.copy()
    cut = market_of(tables, make_params(period_start="2024-11-01"), AS_OF).within_period().tables
    assert cut.ad_performance["delivery_date"].dt.date.tolist() == [dt.date(2024, 11, 1), AS_OF]
    assert cut.leads["lead_id"].tolist() == ["first", "last"]
    assert cut.status_events["lead_id"].tolist() == ["first", "last"]
    pd.testing.assert_frame_equal(tables.leads, before)


def test_a_report_from_the_past_does_not_know_later_verdicts():
    tables = make_tables(
        leads=[{"lead_id": "l1", "lead_status": "QUALIFIED"}, {"lead_id": "l2", "lead_status": "QUALIFIED"}],
        events=[
            {"lead_id": "l1", "status": "CALL_AGAIN", "changed_at": "2024-12-05 10:00"},
            {"lead_id": "l1", "status": "QUALIFIED", "changed_at": "2025-01-02 10:00"},
            {"lead_id": "l2", "status": "QUALIFIED", "changed_at": "2024-12-05 10:00"},
        ],
    )
    cut = market_of(tables, make_params(), AS_OF).within_period().tables
    assert cut.leads["lead_status"].tolist() == ["CALL_AGAIN", "QUALIFIED"]
    assert len(cut.status_events) == 2


@pytest.mark.parametrize(("rule", "kept"), [("count", 2), ("once", 1)])
def test_repeat_leads_follow_the_parameter(rule, kept):
    tables = make_tables(leads=[{}, {"is_repeat": True}])
    assert len(market_of(tables, make_params(repeat_leads=rule), AS_OF).within_period().tables.leads) == kept


def test_local_day_survives_the_night_without_midnight():
    # summer time in Egypt starts on the last Friday of April at midnight
    moment = pd.Series([pd.Timestamp("2024-04-26 01:30", tz="Africa/Cairo")])
    assert local_day(moment).tolist() == [pd.Timestamp("2024-04-26")]


def test_users_are_told_apart_by_what_they_record():
    tables = make_tables(
        campaigns=[{"campaign_id": c, "user_id": c} for c in ("both", "good", "bad", "none")],
        leads=leads_of("both", "QUALIFIED", 1)
        + leads_of("both", "NOT_QUALIFIED", 1)
        + leads_of("good", "QUALIFIED", 1)
        + leads_of("bad", "NOT_QUALIFIED", 1)
        + leads_of("none", "CALL_AGAIN", 1),
    )
    assert user_feedback(market_of(tables, make_params())).to_dict() == {
        "both": "both kinds",
        "good": "only qualified",
        "bad": "only disqualified",
        "none": "no verdict",
    }


rows = st.lists(
    st.tuples(st.sampled_from(["c1", "c2", "c3"]), st.sampled_from(["QUALIFIED", "NOT_QUALIFIED", "SPAM"])),
    max_size=30,
)


@settings(deadline=None, max_examples=12)
@given(rows, st.lists(st.tuples(st.sampled_from(["c1", "c2", "c3"]), st.integers(0, 50)), max_size=10))
def test_groups_add_up_to_the_total_and_rates_stay_shares(leads, delivery):
    campaigns = [{"campaign_id": c, "user_id": u} for c, u in (("c1", "u1"), ("c2", "u1"), ("c3", "u2"))]
    tables = make_tables(campaigns=campaigns)._replace(
        ad_performance=make_delivery(*({"campaign_id": c, "spend": s} for c, s in delivery)),
        leads=make_leads(*({"campaign_id": c, "lead_status": s} for c, s in leads)),
        status_events=make_events(),
    )
    total = aggregate_kpis(market_of(tables, make_params())).iloc[0]
    for by in ("campaign_id", "user_id", "week"):
        groups = aggregate_kpis(market_of(tables, make_params()), [by])
        for measure in ("spend", "clicks", "leads", "verdicts", "qualified", "disqualified", "no_verdict"):
            assert groups[measure].sum() == pytest.approx(total[measure])
        for rate in (
            "ctr",
            "verdict_coverage",
            "qualified_rate",
            "qualified_rate_low",
            "qualified_rate_high",
        ):
            assert groups[rate].dropna().between(0, 1).all()
