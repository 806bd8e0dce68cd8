import dataclasses
import math

import numpy as np
import pandas as pd
import pytest
from builders_market import market_of
from insights.builders_insights import AS_OF, leads_of, make_params, make_tables

from leadsmart.insights.findings.bottlenecks import weigh_bottlenecks
from leadsmart.insights.findings.channels import weigh_channels
from leadsmart.insights.findings.engagement import weigh_engagement
from leadsmart.insights.findings.evidence import Evidence
from leadsmart.insights.findings.findings import TITLES, Finding, _conclude, evaluate_findings
from leadsmart.insights.findings.quality import weigh_quality, worst_by_chance
from leadsmart.sample import PlantedEffects, sample_market, sample_market_tables

KEYS = list(TITLES)[:4]
#: Finding -> the effect whose absence makes its null hypothesis true, everything else as in the sample.
NULL_EFFECT = {
    "lead_quality_variation": "campaign_quality",
    "high_cost_per_engagement": "engagement_trap",
    "channel_differences": "cheap_channel",
    "conversion_bottlenecks": "follow_up_bottleneck",
}


WEIGH = dict(zip(KEYS, (weigh_quality, weigh_engagement, weigh_channels, weigh_bottlenecks), strict=True))


def evaluate(seed, effects=None, **changes):
    tables = sample_market_tables("new-cairo", seed=seed, effects=effects or PlantedEffects())
    params = make_params(**changes)
    return evaluate_findings(market_of(tables, params, AS_OF).within_period())


def count_supported(key, seeds, level=0.02):
    effects = PlantedEffects().without(NULL_EFFECT[key])
    found = [evaluate(seed, effects, false_discovery_rate=level).get(key) for seed in seeds]
    return sum(finding.verdict == "supported" for finding in found)


def claims(evidence, level):
    """Whether p-value, margin and range alone support it; the correction for the family can only take away."""
    return bool(evidence.p_value <= level and evidence.is_material and evidence.low * evidence.high > 0)


@pytest.mark.parametrize("key", KEYS)
def test_nothing_planted_is_hardly_ever_supported(key):
    effects, params = PlantedEffects().without(NULL_EFFECT[key]), make_params()
    markets = (sample_market_tables("new-cairo", seed=seed, effects=effects) for seed in range(50))
    found = [claims(WEIGH[key](market_of(m, params, AS_OF).within_period()), 0.02) for m in markets]
    assert sum(found) <= 2


@pytest.mark.slow
@pytest.mark.parametrize("key", KEYS)
def test_type_one_rate_over_200_seeds_at_nominal_two_percent(key, request):
    found = count_supported(key, range(200))
    request.config.get_terminal_writer().line(f"\n{key}: supported in {found} of 200")
    assert found <= 10


def test_twenty_leads_are_never_enough():
    tables, _ = sample_market("new-cairo", seed=1)
    few = tables.leads.head(20)
    cut = tables._replace(
        leads=few, status_events=tables.status_events[lambda e: e["lead_id"].isin(few["lead_id"])]
    )
    result = evaluate_findings(market_of(cut, make_params(), AS_OF))
    assert set(result.table["verdict"]) == {"not enough data"}
    assert result.table["money_at_stake"].isna().all()
    assert result.table["q_value"].isna().all()


@pytest.mark.parametrize("tables", [make_tables(), make_tables(delivery=[{}]), make_tables(leads=[{}])])
def test_hardly_any_table_gives_not_enough_data(tables):
    result = evaluate_findings(market_of(tables, make_params(), AS_OF))
    assert set(result.table["verdict"]) == {"not enough data"}


def test_a_result_holds_its_evidence_and_says_what_the_table_says():
    result = evaluate(2)
    assert [f.key for f in result.findings] == KEYS
    for finding in result.findings:
        assert finding.table in result.tables
        assert finding.title == TITLES[finding.key]
        assert finding.statement.endswith(".")
        if finding.verdict == "supported":
            assert finding.q_value <= 0.05
            assert finding.money_at_stake >= 0
            assert finding.low <= finding.estimate <= finding.high
            assert finding.low * finding.high > 0
    step = result.tables["finding_conversion_bottlenecks"].set_index("stage").loc["contacted"]
    assert result.get("conversion_bottlenecks").estimate == step["relative_difference"]


@pytest.mark.parametrize(
    ("low", "is_material", "is_excluded", "p_value", "verdict"),
    [
        (-0.5, True, False, 0.001, "supported"),
        (-0.1, False, True, 0.6, "not supported"),
        (-0.5, True, False, 0.2, "not enough data"),
        (-0.5, False, False, 0.001, "not enough data"),
    ],
)
def test_not_supported_needs_a_range_without_a_relevant_effect(
    low, is_material, is_excluded, p_value, verdict
):
    sentences = {name: f"{name}." for name in ("supported", "not supported", "not enough data")}
    evidence = Evidence(
        KEYS[1], "?", sentences, is_material=is_material, is_excluded=is_excluded, estimate=(low - 0.05) / 2,
        low=low, high=-0.05, p_value=p_value,
    )  # fmt: skip
    finding = _conclude(evidence, p_value, make_params())
    assert (finding.verdict, finding.statement) == (verdict, f"{verdict}.")


def market_of_two_channels(users, leads, qualified):
    """Each user has `leads` verdicts on each of two channels, `qualified` of them so on both."""
    campaigns, rows, delivery = [], [], []
    for user in range(users):
        for channel, impressions in (("cheap", 5000), ("dear", 1000)):
            name = f"{channel}{user}"
            campaigns.append({"campaign_id": name, "user_id": f"u{user}", "channel": channel})
            good = qualified + (4 * (user % 3 - 1) if channel == "cheap" else 0)
            rows += leads_of(name, "QUALIFIED", good) + leads_of(name, "NOT_QUALIFIED", leads - good)
            delivery.append({"campaign_id": name, "impressions": impressions})
    return weigh_channels(market_of(make_tables(campaigns, delivery, rows), make_params()))


def test_channels_alike_over_many_verdicts_are_not_supported_and_over_few_undecided():
    many, few = market_of_two_channels(30, 40, 20), market_of_two_channels(6, 10, 5)
    assert many.is_excluded
    assert many.low > -0.2
    assert "not 20 % lower" in many.sentences["not supported"]
    assert not few.is_excluded
    assert "may be none, or the 20 % that would matter" in few.sentences["not enough data"]
    assert "business users with verdicts on both would tell; there are 6" in few.sentences["not enough data"]


def test_chance_alone_leaves_a_worst_fifth_too():
    told = pd.DataFrame(
        {
            "campaign_id": [f"c{i}" for i in range(20)], "user_id": [f"u{i // 5}" for i in range(20)],
            "project_name": "Lotus", "channel": "facebook", "spend": 100.0, "leads": 10, "verdicts": 10,
            "qualified": 5, "qualified_rate": 0.5,
        }
    )  # fmt: skip
    # campaigns that are all alike would still show a worst fifth well below their rate of 50 %
    assert 0.1 < worst_by_chance(told, make_params()) < 0.4


def test_the_same_data_give_the_same_findings():
    pd.testing.assert_frame_equal(evaluate(4).table, evaluate(4).table)


def test_findings_of_one_market_are_one_family():
    gaps = Finding(
        "data_gaps",
        "Data gaps",
        "supported",
        "A phone is missing.",
        0.1,
        0.0,
        0.2,
        "auc",
        50,
        "",
        0.04,
        math.nan,
        1.0,
        "",
    )
    tables, _ = sample_market("new-cairo", seed=2)
    params = make_params()
    result = evaluate_findings(market_of(tables, params, AS_OF), gaps)
    p = result.table["p_value"].sort_values()
    expected = (p * len(p) / np.arange(1, len(p) + 1))[::-1].cummin()[::-1]
    assert result.table["q_value"].tolist() == pytest.approx(expected.sort_index().tolist())
    lost = evaluate_findings(market_of(tables, params, AS_OF), dataclasses.replace(gaps, p_value=0.2)).get(
        "data_gaps"
    )
    assert lost.verdict == "not enough data"
    assert "may be chance" in lost.statement


def test_one_channel_cannot_answer_and_projects_are_compared():
    tables, _ = sample_market("new-cairo", seed=2)
    one = tables._replace(campaigns=tables.campaigns.assign(channel="facebook"))
    result = evaluate_findings(market_of(one, make_params(), AS_OF))
    finding = result.get("channel_differences")
    assert finding.verdict == "not enough data"
    assert "can't be said: all spend here is on facebook" in finding.statement
    assert "project_name" in result.tables[finding.table]


def test_differences_between_users_alone_are_no_quality_variation():
    campaigns, leads = [], []
    for user in range(8):
        rate = (user + 1) / 9
        for number in range(4):
            name = f"c{user}{number}"
            campaigns.append({"campaign_id": name, "user_id": f"u{user}"})
            good = round(18 * rate)
            leads += leads_of(name, "QUALIFIED", good) + leads_of(name, "NOT_QUALIFIED", 18 - good)
    finding = evaluate_findings(market_of(make_tables(campaigns, leads=leads), make_params(), AS_OF)).get(
        KEYS[0]
    )
    assert finding.verdict == "not supported"
    assert finding.estimate == 0.0
    # a standard deviation of shares: the picture says points, as the sentence does
    assert finding.unit == "points"
    assert finding.p_value > 0.9


def test_campaigns_that_differ_within_users_are_found_with_the_money_of_the_worst_fifth():
    campaigns, leads, delivery = [], [], []
    for user in range(8):
        for number in range(5):
            name = f"c{user}{number}"
            campaigns.append({"campaign_id": name, "user_id": f"u{user}"})
            good = 2 if number == 0 else 16
            leads += leads_of(name, "QUALIFIED", good) + leads_of(name, "NOT_QUALIFIED", 20 - good)
            delivery.append({"campaign_id": name, "spend": 100})
    result = evaluate_findings(market_of(make_tables(campaigns, delivery, leads), make_params(), AS_OF))
    finding = result.get(KEYS[0])
    assert finding.verdict == "supported"
    assert finding.money_at_stake == 800
    worst = result.tables[finding.table].query("is_worst_fifth")["campaign_id"]
    assert sorted(worst) == [f"c{user}0" for user in range(8)]
