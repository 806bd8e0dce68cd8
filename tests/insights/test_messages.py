"""What titles of pictures say: one message each, from the numbers drawn, or that nothing can be said."""

import pandas as pd
import pytest
from builders_market import market_of
from insights.builders_insights import AS_OF, leads_of, make_params, make_tables

from leadsmart.insights.findings.channels import cost_message
from leadsmart.insights.findings.quality import lowest_message
from leadsmart.insights.kpi.weekly import weeks_message
from leadsmart.insights.money.rankings import first_and_last, rank_groups, rank_message
from leadsmart.insights.pages.cards import kpi_cards

WEEKS = pd.DataFrame(
    {
        "week": pd.to_datetime(["2024-12-02", "2024-12-09", "2024-12-16", "2024-12-23", "2024-12-30"]),
        "leads": [3.0, 12, 0, 1, 40],
        "cpl": [100.0, 50.4, None, None, 10],
    }
)


def test_the_trend_says_the_best_week_and_the_last_whole_one():
    # the week from 30 December is not over on the 31st
    assert weeks_message(WEEKS, make_params(), AS_OF) == (
        "Most leads came in the week from 9 Dec 2024: 12 leads, EGP 50 each; in the last whole week, from 23 Dec 2024,"
        " 1 lead"
    )
    assert weeks_message(WEEKS.head(2), make_params(), AS_OF) == (
        "Most leads came in the week from 9 Dec 2024: 12 leads, EGP 50 each; it is the last whole week"
    )
    for nothing in (WEEKS.tail(1), WEEKS.head(0), WEEKS.head(4).assign(leads=0.0)):
        assert weeks_message(nothing, make_params(), AS_OF) == "No whole week has leads yet"


def test_lines_of_cards_leave_out_the_week_that_is_not_over():
    days = [("2024-12-16", 10), ("2024-12-23", 20), ("2024-12-30", 5)]
    tables = make_tables(delivery=[{"delivery_date": day, "spend": spend} for day, spend in days])
    cards = kpi_cards(market_of(tables, make_params(), AS_OF)).set_index("key")
    assert cards.loc["spend", "sparkline"] == [10, 20] and cards.loc["spend", "value"] == 35


def make_costs(*ranges: tuple[float, float]) -> pd.DataFrame:
    low, high = zip(*ranges, strict=True)
    return pd.DataFrame(
        {
            "channel": ["search", "facebook", "video"],
            "cpm": [90.0, 30.0, None],
            "cpm_low": low,
            "cpm_high": high,
            "cpm_range": ["95 % range", "indicative range", ""],
        }
    )


NONE = (float("nan"), float("nan"))


@pytest.mark.parametrize(
    ("ranges", "says"),
    [
        (
            ((70, 110), (25, 36), NONE),
            "EGP 30 (indicative range 25–36), and highest on search, EGP 90 (70–110)",
        ),
        (((35, 110), (25, 36), NONE), "and highest on search, EGP 90 (35–110); their ranges overlap"),
        (((70, 110), NONE, NONE), "search, EGP 90 (70–110); too few business users to give both a range"),
    ],
)
def test_costs_of_channels_say_the_cheapest_and_the_dearest(ranges, says):
    message = cost_message(make_costs(*ranges), "cpm", make_params())
    assert message.startswith("The cost of a thousand impressions is lowest on facebook, EGP 30")
    assert message.endswith(says)


def test_one_channel_can_not_be_compared():
    costs = make_costs((1, 2), (1, 2), NONE).tail(2)
    assert cost_message(costs, "cpm", make_params()) == (
        "The cost of a thousand impressions can't be compared: fewer than two channels have one"
    )


def test_the_lowest_campaign_is_named_beside_its_user():
    rows = [("c7", 0.08, 0.03, 0.17, 0.41), ("c9", 0.05, 0.0, 0.3, 0.6)]
    table = pd.DataFrame(
        rows, columns=["campaign_id", "shrunk_rate", "shrunk_low", "shrunk_high", "user_rate"]
    )
    assert lowest_message(table, make_params()) == (
        "Campaign c7 is lowest even at the favourable end of its range: 8.0 % (3.0–17) qualified after shrinkage, all"
        " campaigns of its business user 41 %"
    )
    few = lowest_message(table.head(1), make_params(minimum_decision_verdicts=7))
    assert few == "No two campaigns of business users who record both kinds of verdict have 7 verdicts"


def make_ranks(*rows: tuple) -> pd.DataFrame:
    columns = ["project_name", "shrunk_rate", "shrunk_low", "shrunk_high", "rank_best", "rank_worst"]
    return pd.DataFrame(rows, columns=columns)


def test_projects_say_the_first_and_the_last():
    ranks = make_ranks(
        ("Wide", 0.73, 0.4, 0.9, 2, 3),
        ("Sure", 0.7, 0.54, 0.86, 1, 2),
        ("Low", 0.17, 0.024, 0.41, 3, 1),
        ("Unranked", 0.01, 0.0, 0.9, None, None),
    )
    assert rank_message(ranks, "project_name") == (
        "Sure with 70 % (54–86) qualified is first even at the unfavourable end of its range, Low with 17 % (2.4–41)"
        " qualified last even at the favourable end"
    )
    assert first_and_last(ranks)["project_name"].tolist() == ["Sure", "Low"]


def test_a_project_is_not_first_and_last_at_once():
    # nobody's lower bound is higher and nobody's upper bound lower than those of the one that is known best
    ranks = make_ranks(("Known", 0.5, 0.45, 0.55, 1, 1), ("Unknown", 0.5, 0.1, 0.9, 2, 2))
    for few in (ranks, ranks.head(1), ranks.head(0)):
        assert first_and_last(few).empty
        assert rank_message(few, "project_name") == "No project can be told to be first or last on quality"


def test_the_statement_names_the_same_two():
    campaigns = [
        {"campaign_id": f"c{i}", "user_id": f"u{i}", "project_name": name} for i, name in enumerate("AB")
    ]
    leads = [
        *leads_of("c0", "QUALIFIED", 9),
        *leads_of("c0", "NOT_QUALIFIED", 1),
        *leads_of("c1", "QUALIFIED", 1),
        *leads_of("c1", "NOT_QUALIFIED", 9),
    ]
    ranked = rank_groups(
        market_of(make_tables(campaigns, [{"campaign_id": "c0"}], leads), make_params()), "project_name"
    )
    assert "First is A with " in ranked.statement and ", last B with " in ranked.statement
