import json
import math

import jsonschema
import numpy as np
import pytest
from builders_market import market_of
from insights.builders_insights import AS_OF, as_json, judge_market, leads_of, make_params, make_tables

from leadsmart.insights.findings.findings import Finding
from leadsmart.insights.findings.recommendations import make_recommendations
from leadsmart.insights.findings.schemas import FINDINGS_SCHEMA, RECOMMENDATIONS_SCHEMA, to_records
from leadsmart.insights.journey.follow_up import compare_contact_speed
from leadsmart.insights.money.scenarios import STEP_CAP, rank_changes, shift_budget
from leadsmart.sample import sample_market


def two_prices(day="2024-12-30", users=None):
    """Projects a to d of one user, all running: a and b are cheap per qualified lead, c and d dear, c with cheap leads."""
    users = users or dict.fromkeys("abcd", "u")
    rows = [
        ("a", 1_000, 20, 20, 0),
        ("b", 1_000, 20, 20, 0),
        ("c", 10_000, 2, 98, 200),
        ("d", 10_000, 2, 18, 0),
    ]
    return make_tables(
        campaigns=[{"campaign_id": n, "user_id": users[n], "project_name": n} for n, *_ in rows],
        delivery=[
            {"campaign_id": n, "spend": spend, "ad_set_id": n, "delivery_date": day} for n, spend, *_ in rows
        ],
        leads=[
            lead
            for n, _, good, bad, rest in rows
            for status, size in (("QUALIFIED", good), ("NOT_QUALIFIED", bad), ("NEW_LEAD", rest))
            for lead in leads_of(n, status, size)
        ],
    )


def test_budget_moves_from_dear_to_cheap_within_the_cap():
    shift = shift_budget(market_of(two_prices(), make_params(), AS_OF))
    groups = shift.groups.set_index("project_name")
    assert groups["role"].to_dict() == {"a": "takes", "b": "takes", "c": "gives", "d": "gives"}
    assert groups["moved"].sum() == pytest.approx(0)
    assert (groups["moved"].abs() <= STEP_CAP * groups["monthly_spend"] + 1e-9).all()
    # 20 % of what a and b spend in 28 days at the pace of 2,000 in 14
    assert shift.table["moved"].iloc[0] == pytest.approx(800)


def test_ended_projects_and_other_business_users_money_stay_where_they_are():
    assert shift_budget(market_of(two_prices(day="2024-12-01"), make_params(), AS_OF)).table.empty
    apart = two_prices(users={"a": "u", "b": "u", "c": "v", "d": "v"})
    assert shift_budget(market_of(apart, make_params(), AS_OF)).table.empty


def test_a_weaker_response_gains_less():
    table = shift_budget(market_of(two_prices(), make_params(), AS_OF)).table
    assert table["elasticity"].tolist() == [0.3, 0.5, 0.7, 1.0]
    assert table["gained"].is_monotonic_increasing
    assert (table["gained"] > 0).all()
    proportional = table.iloc[-1]
    groups = shift_budget(market_of(two_prices(), make_params(), AS_OF)).groups
    assert proportional["gained"] == pytest.approx((groups["moved"] / groups["cpql_shrunk"]).sum())


def test_without_sure_sides_nothing_is_moved():
    even = make_tables(
        campaigns=[{"campaign_id": n, "user_id": n} for n in "ab"],
        delivery=[{"campaign_id": n, "spend": 1000} for n in "ab"],
        leads=leads_of("a", "QUALIFIED", 5)
        + leads_of("a", "NOT_QUALIFIED", 5)
        + leads_of("b", "QUALIFIED", 5)
        + leads_of("b", "NOT_QUALIFIED", 5),
    )
    assert shift_budget(market_of(even, make_params(), AS_OF)).table.empty


def test_ranks_change_where_leads_are_cheap_and_quality_is_dear():
    table = rank_changes(market_of(two_prices(), make_params())).table.set_index("project_name")
    assert table.loc["a", "is_misjudged"] == np.False_
    # by CPL a and b (25) come before c (33.3) and d (500); none is misjudged
    assert not table["is_misjudged"].any()
    cheap_leads = two_prices()._replace(
        ad_performance=two_prices().ad_performance.assign(spend=[10_000.0, 10_000.0, 9_000.0, 5_200.0])
    )
    table = rank_changes(market_of(cheap_leads, make_params())).table.set_index("project_name")
    assert table.index[0] == "c"
    assert table["is_misjudged"].tolist() == [True, False, False, False]


def misjudging_users(users: int, qualified: int = 2):
    """Per user a project with cheap leads of which `qualified` of 100 are qualified, and one with dear good leads."""
    names = [f"u{i}" for i in range(users)]
    kinds = (("cheap", 9_000, qualified, 100 - qualified, 200), ("dear", 5_000, 50, 10, 0))
    return make_tables(
        campaigns=[
            {"campaign_id": f"{n}-{kind}", "user_id": n, "project_name": kind}
            for n in names
            for kind, *_ in kinds
        ],
        delivery=[
            {"campaign_id": f"{n}-{kind}", "spend": spend, "ad_set_id": f"{n}-{kind}"}
            for n in names
            for kind, spend, *_ in kinds
        ],
        leads=[
            lead
            for n in names
            for kind, _, *sizes in kinds
            for status, size in zip(("QUALIFIED", "NOT_QUALIFIED", "NEW_LEAD"), sizes, strict=True)
            for lead in leads_of(f"{n}-{kind}", status, size)
        ],
    )


def recommend(tables):
    market = market_of(tables, make_params(), AS_OF)
    return make_recommendations(judge_market(market).findings.values(), market)


def test_reporting_on_quality_is_sized_by_the_spend_that_cpl_misjudges():
    tables = misjudging_users(8)
    # by hand: 9,000 of each user's 14,000, the same without any one user
    share = rank_changes(market_of(tables, make_params())).misjudged
    assert (share.estimate, share.low, share.high) == pytest.approx((9 / 14, 9 / 14, 9 / 14))
    assert share.label == "indicative range"
    shift = next(r for r in recommend(tables).recommendations if r.key == "shift_to_quality")
    assert (shift.effect, shift.unit, shift.money_concerned) == (share.estimate, "share", 72_000)


@pytest.mark.parametrize(
    ("users", "qualified", "reason"),
    [
        # 112 a qualified lead against 100: dearer, but not surely
        (8, 80, "no pair of project and business user in the cheaper half by CPL"),
        (3, 2, "fewer than 5 business users have enough verdicts of both kinds"),
        (1, 2, "fewer than 4 pairs"),
    ],
)
def test_reporting_on_quality_is_left_out_with_its_reason(users, qualified, reason):
    made = recommend(misjudging_users(users, qualified))
    assert "shift_to_quality" not in {r.key for r in made.recommendations}
    assert f"Report on quality is left out: {reason}" in made.statement


def test_the_size_of_missing_feedback_is_the_share_of_leads_without_verdict():
    made = recommend(misjudging_users(8))
    feedback = next(r for r in made.recommendations if r.key == "feed_back_outcomes")
    # by hand, per user: 200 of 360 leads have none; 52 qualified, so from 52 to 252 of 360
    assert feedback.effect == pytest.approx(200 / 360)
    assert "anywhere between 14 % and 70 %" in feedback.statement


def contacts(fast: tuple[int, int], slow: tuple[int, int], users: int = 6):
    """Per user 20 leads called after six hours and 20 after three days; of user i `fast[i % 2]` are qualified."""
    leads, events = [], []
    for user in range(users):
        for day, hour, good in ((1, 16, fast[user % 2]), (4, 10, slow[user % 2])):
            for i in range(20):
                lead, status = f"{user}-{day}-{i}", "QUALIFIED" if i < good else "NOT_QUALIFIED"
                leads.append({"lead_id": lead, "campaign_id": f"c{user}", "lead_status": status})
                changed = f"2024-12-{day:02d} {hour}:00"
                events.append({"lead_id": lead, "status": status, "changed_at": changed})
    campaigns = [{"campaign_id": f"c{user}", "user_id": f"u{user}"} for user in range(users)]
    delivery = [{"campaign_id": f"c{user}", "spend": 400, "ad_set_id": f"a{user}"} for user in range(users)]
    return make_tables(campaigns=campaigns, delivery=delivery, leads=leads, events=events)


def test_faster_contact_is_sized_by_the_difference_within_users_and_called_an_association():
    made = recommend(contacts(fast=(14, 12), slow=(6, 5)))
    follow_up = next(r for r in made.recommendations if r.key == "improve_follow_up")
    # by hand: (14 - 6) / 20 and (12 - 5) / 20, equally many users of each
    assert follow_up.effect == pytest.approx(0.375)
    assert 0.3 < follow_up.low < 0.375 < follow_up.high < 0.45
    assert follow_up.unit == "points" and "association" in follow_up.measure
    # 120 leads were called late, at 10 a lead
    assert follow_up.money_concerned == pytest.approx(1_200)


def test_no_word_on_faster_contact_where_the_difference_may_be_none():
    made = recommend(contacts(fast=(14, 6), slow=(6, 12)))
    assert "improve_follow_up" not in {r.key for r in made.recommendations}
    assert "differs from that of the others by 5.0 points (" in made.statement


def test_recommendations_of_the_sample_are_ordered_and_valid():
    tables, _ = sample_market("new-cairo", seed=5)
    market = market_of(tables, make_params(), AS_OF)
    findings, evidence = judge_market(market)
    result = make_recommendations(findings.values(), market)
    money = [r.money_concerned for r in result.recommendations if not math.isnan(r.money_concerned)]
    assert money == sorted(money, reverse=True)
    assert all(r.low <= r.effect <= r.high and r.range_label for r in result.recommendations)
    assert "feed_back_outcomes" in {r.key for r in result.recommendations}
    assert {r.evidence for r in result.recommendations} <= {*result.tables, *evidence}
    for items, schema in (
        (findings.values(), FINDINGS_SCHEMA),
        (result.recommendations, RECOMMENDATIONS_SCHEMA),
    ):
        records = json.loads(json.dumps(as_json(to_records(items, schema)), allow_nan=False))
        jsonschema.validate(records, schema)
        assert len(records) == len(items)


def test_the_schema_refuses_an_unknown_verdict():
    findings = judge_market(market_of(make_tables(), make_params(), AS_OF)).findings
    records = as_json(to_records(findings.values(), FINDINGS_SCHEMA))
    records[0]["verdict"] = "significant"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(records, FINDINGS_SCHEMA)


def test_no_evidence_no_recommendation():
    result = recommend(make_tables())
    assert result.recommendations == ()
    assert result.statement.startswith("No recommendation")
    left_out = result.tables["recommendations_left_out"]
    assert len(left_out) == 5 and left_out["reason"].str.len().gt(0).all()
    assert "Move budget is left out: no business user runs both" in result.statement


@pytest.mark.parametrize(("verdict", "made"), [("supported", True), ("not supported", False)])
def test_form_fields_follow_finding_five(verdict, made):
    gaps = Finding(
        key="data_gaps", title="Data gaps", verdict=verdict, statement="A missing phone costs.", estimate=0.1, low=0.0,
        high=0.2, unit="auc", n=9, method="", p_value=0.001, q_value=0.001, money_at_stake=50.0, table="gaps",
        question="", range_label="",
    )  # fmt: skip
    market = market_of(make_tables(), make_params(), AS_OF)
    result = make_recommendations([*judge_market(market).findings.values(), gaps], market)
    by_key = {r.key: r for r in result.recommendations}
    assert ("enforce_form_fields" in by_key) == made
    assert ("finding “Data gaps” is “not supported”" in result.statement) != made
    if made:
        fields = by_key["enforce_form_fields"]
        assert (fields.effect, fields.low, fields.high, fields.unit) == (0.1, 0.0, 0.2, "auc")
        assert fields.range_label == "indicative range" and fields.money_concerned == 50


def test_contact_speed_leaves_out_batches():
    leads = [{"lead_id": f"l{i}", "lead_status": "QUALIFIED"} for i in range(3)]
    events = [
        {"lead_id": "l0", "status": "QUALIFIED", "changed_at": "2024-12-01 12:00"},
        {"lead_id": "l1", "status": "QUALIFIED", "changed_at": "2024-12-03 10:00"},
        {"lead_id": "l2", "status": "QUALIFIED", "changed_at": "2024-12-09 10:00", "is_batch": True},
    ]
    table = compare_contact_speed(market_of(make_tables(leads=leads, events=events), make_params())).table
    assert table.set_index("first_contact")["leads"].to_dict() == {
        "within a day": 1, "1 to 3 days": 1, "3 to 7 days": 0, "later": 0
    }  # fmt: skip
