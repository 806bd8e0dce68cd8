import numpy as np
import pytest
from builders_market import market_of
from insights.builders_insights import AS_OF, leads_of, make_params, make_tables

from leadsmart.errors import ParameterError
from leadsmart.insights.money.decisions import ended_lessons, make_decisions
from leadsmart.insights.money.rankings import list_campaigns, rank_groups


def market(*campaigns):
    """Campaigns as (id, user, last day, spend, qualified, disqualified, open leads), on two delivery days each."""
    tables = make_tables(
        campaigns=[{"campaign_id": c, "user_id": u, "project_name": f"P {c}"} for c, u, *_ in campaigns],
        delivery=[
            {
                "campaign_id": c,
                "delivery_date": day,
                "spend": spend / 2,
                "ad_set_id": f"{c}{day}",
                "clicks": 50,
            }
            for c, _, last, spend, *_ in campaigns
            for day in ("2024-11-01", last)
        ],
        leads=[
            lead
            for c, _, _, _, good, bad, rest in campaigns
            for status, n in (("QUALIFIED", good), ("NOT_QUALIFIED", bad), ("NEW_LEAD", rest))
            for lead in leads_of(c, status, n)
        ],
    )
    return tables


RUNS, ENDED = "2024-12-30", "2024-12-01"
#: Two users with both kinds of verdict and an ordinary cost of 500 per qualified lead.
USUAL = (
    ("usual1", "u1", ENDED, 10_000, 20, 20, 0),
    ("usual2", "u2", ENDED, 10_000, 20, 20, 0),
)


def decide(*campaigns, **params):
    table = make_decisions(market_of(market(*USUAL, *campaigns), make_params(**params), AS_OF)).table
    return table.set_index("campaign_id")


def test_one_lucky_lead_is_too_early():
    row = decide(("lucky", "u1", RUNS, 10, 1, 0, 0)).loc["lucky"]
    assert row["decision"] == "too early"
    assert row["reason"] == "1 verdicts; 5 are needed"


def test_many_cheap_qualified_leads_are_scaled():
    assert decide(("good", "u1", RUNS, 2_000, 20, 5, 5)).loc["good", "decision"] == "scale"


def test_a_dear_campaign_is_paused_and_money_is_its_pace():
    row = decide(("dear", "u1", RUNS, 30_000, 2, 8, 10)).loc["dear"]
    assert row["decision"] == "pause"
    # half of the spend lies in the last 14 days; 28 days at that pace
    assert row["monthly_spend"] == 30_000


def test_dear_quality_from_cheap_leads_is_to_be_fixed():
    row = decide(("cheap", "u1", RUNS, 10_000, 1, 59, 40)).loc["cheap"]
    assert row["decision"] == "fix"
    assert "leads are cheap" in row["reason"]


def test_what_costs_as_usual_is_kept():
    assert decide(("same", "u1", RUNS, 5_000, 10, 10, 0)).loc["same", "decision"] == "keep"


def test_low_coverage_is_too_early_however_good():
    row = decide(("hidden", "u1", RUNS, 1_000, 10, 0, 90)).loc["hidden"]
    assert row["decision"] == "too early"
    assert "verdicts on 10 %" in row["reason"]


def test_users_with_one_kind_of_verdict_are_too_early():
    row = decide(("praise", "u9", RUNS, 1_000, 20, 0, 0)).loc["praise"]
    assert row["decision"] == "too early"
    assert "one kind" in row["reason"]


def test_small_campaigns_are_judged_with_those_of_the_same_project_and_user():
    tables = market(*USUAL, ("small", "u1", RUNS, 100, 1, 0, 0), ("big", "u1", ENDED, 1_000, 19, 5, 0))
    tables = tables._replace(
        campaigns=tables.campaigns.replace({"project_name": {"P small": "P", "P big": "P"}})
    )
    row = make_decisions(market_of(tables, make_params(), AS_OF)).table.iloc[0]
    assert (row["level"], row["verdicts"], row["decision"]) == ("project × user", 25, "scale")


def test_a_target_replaces_the_market_as_benchmark():
    assert (
        decide(("same", "u1", RUNS, 5_000, 10, 10, 0), target_cpql=2_000).loc["same", "decision"] == "scale"
    )


def test_ended_campaigns_get_lessons_and_no_orders():
    tables = market(*USUAL, ("cheap", "u1", ENDED, 2_000, 20, 5, 5), ("unknown", "u1", ENDED, 9_000, 0, 0, 9))
    decisions = make_decisions(market_of(tables, make_params(), AS_OF))
    assert decisions.table.empty
    assert "nothing to decide" in decisions.statement
    lessons = ended_lessons(market_of(tables, make_params(), AS_OF)).table.set_index("project_name")["lesson"]
    assert lessons["P cheap"] == "cheaper per qualified lead"
    assert lessons["P unknown"].startswith("can't be told")


def test_running_pairs_are_not_among_the_lessons():
    tables = market(*USUAL, ("runs", "u1", RUNS, 2_000, 20, 5, 5))
    assert "P runs" not in set(ended_lessons(market_of(tables, make_params(), AS_OF)).table["project_name"])


def test_nothing_is_scaled_with_fewer_than_five_verdicts_whatever_the_parameters():
    with pytest.raises(ParameterError, match="minimum_decision_verdicts"):
        make_params(minimum_decision_verdicts=4)


def test_lists_rank_by_the_unfavourable_bound_and_leave_out_users_without_feedback():
    tables = market(
        ("lucky", "u1", ENDED, 100, 1, 0, 0),
        ("solid", "u1", ENDED, 100, 30, 5, 0),
        ("poor", "u1", ENDED, 100, 5, 30, 0),
        ("unlucky", "u1", ENDED, 100, 0, 1, 0),
        ("other1", "u2", ENDED, 100, 10, 10, 0),
        ("other2", "u2", ENDED, 100, 2, 9, 0),
        ("praise", "u9", ENDED, 100, 50, 0, 0),
    )
    table = rank_groups(market_of(tables, make_params()), "campaign_id").table.set_index("campaign_id")
    assert table["rank_best"].idxmin() == "solid"
    assert table["rank_worst"].idxmin() in ("poor", "other2")
    assert table.loc["praise", ["rank_best", "rank_worst", "shrunk_rate", "cpql_shrunk"]].isna().all()
    assert table.loc["praise", "feedback"] == "only qualified"


def test_a_project_is_judged_by_users_who_record_both_kinds_and_with_five_verdicts():
    tables = make_tables(
        campaigns=[
            {"campaign_id": c, "user_id": u, "project_name": p}
            for c, u, p in (("a", "u1", "Lotus"), ("b", "silent", "Lotus"), ("c", "u1", "Palm"), ("d", "u2", "Oak"))
        ],
        delivery=[
            {"campaign_id": c, "ad_set_id": c, "spend": s}
            for c, s in (("a", 400), ("b", 9000), ("c", 100), ("d", 800))
        ],
        leads=leads_of("a", "QUALIFIED", 6) + leads_of("a", "NOT_QUALIFIED", 2) + leads_of("b", "NEW_LEAD", 90)
        + leads_of("c", "QUALIFIED", 4) + leads_of("d", "QUALIFIED", 3) + leads_of("d", "NOT_QUALIFIED", 9),
    )  # fmt: skip
    table = rank_groups(market_of(tables, make_params()), "project_name").table.set_index("project_name")
    assert table.loc["Lotus", ["spend", "ranked_spend", "ranked_verdicts"]].tolist() == [9400, 400, 8]
    assert table.loc["Lotus", "cpql_shrunk"] < table.loc["Oak", "cpql_shrunk"]
    assert table["rank_best"].to_dict() == pytest.approx({"Lotus": 1, "Oak": 2, "Palm": np.nan}, nan_ok=True)


def test_one_channel_is_neither_shrunk_nor_ranked():
    answer = rank_groups(market_of(market(*USUAL), make_params()), "channel")
    assert answer.table[["shrunk_rate", "cpql_shrunk", "rank_best"]].isna().all(axis=None)
    assert "only one channel: facebook" in answer.statement


def test_a_list_holds_three_campaigns_of_a_user_and_says_whose_it_would_be():
    tables = market(
        *((f"habit{i}", "u1", ENDED, 100, 40, 1, 0) for i in range(6)),
        *((f"fair{i}", "u2", ENDED, 100, 20, 20, 0) for i in range(4)),
    )
    campaigns = rank_groups(market_of(tables, make_params()), "campaign_id").table
    best = list_campaigns(campaigns, make_params(), "best")
    assert best.table["user_id"].tolist() == ["u1"] * 3 + ["u2"] * 3
    assert (
        "6 of the best 10 campaigns would be user u1's, who calls 97 % of all leads qualified"
        in best.statement
    )
    assert "has 5 verdicts yet" in list_campaigns(campaigns.head(0), make_params(), "worst").statement


def test_without_target_and_qualified_leads_nothing_is_called_cheap_or_dear():
    lessons = ended_lessons(market_of(market(("c", "u1", ENDED, 1_000, 0, 8, 4)), make_params(), AS_OF))
    assert lessons.statement.startswith("None of the 1 ended pairs")
    assert lessons.table["lesson"].str.startswith("can't be told").all()
