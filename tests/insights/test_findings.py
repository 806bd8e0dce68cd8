import json

import numpy as np
import pandas as pd
import pytest
from builders_market import market_of
from insights.builders_insights import AS_OF, as_json, judge_market, leads_of, make_params, make_tables

from leadsmart.insights.findings.bottlenecks import assess_bottlenecks
from leadsmart.insights.findings.channels import assess_channels
from leadsmart.insights.findings.engagement import assess_engagement
from leadsmart.insights.findings.evidence import Evidence, Hypothesis, read_data_gaps, read_evidence
from leadsmart.insights.findings.findings import findings_table, judge_findings
from leadsmart.insights.findings.hypotheses import gather_evidence
from leadsmart.insights.findings.quality import assess_quality, worst_by_chance
from leadsmart.sample import PlantedEffects, sample_market, sample_market_tables

#: Finding -> the effect whose absence makes its null hypothesis true, everything else as in the sample.
NULL_EFFECT = {
    "lead_quality_variation": "campaign_quality",
    "high_cost_per_engagement": "engagement_trap",
    "channel_differences": "cheap_channel",
    "conversion_bottlenecks": "follow_up_bottleneck",
}


ASSESS = dict(
    zip(NULL_EFFECT, (assess_quality, assess_engagement, assess_channels, assess_bottlenecks), strict=True)
)
KEYS = list(ASSESS)


def evaluate(seed, effects=None, **changes):
    tables = sample_market_tables("new-cairo", seed=seed, effects=effects or PlantedEffects())
    return judge_market(market_of(tables, make_params(**changes), AS_OF).within_period())


def count_supported(key, seeds, level=0.02):
    effects = PlantedEffects().without(NULL_EFFECT[key])
    found = [evaluate(seed, effects, false_discovery_rate=level).findings[key] for seed in seeds]
    return sum(finding.verdict == "supported" for finding in found)


def claims(evidence, level):
    """Whether p-value, margin and range alone support it; the correction for the family can only take away."""
    return bool(evidence.p_value <= level and evidence.is_material and evidence.low * evidence.high > 0)


@pytest.mark.parametrize("key", KEYS)
def test_nothing_planted_is_hardly_ever_supported(key):
    effects, params = PlantedEffects().without(NULL_EFFECT[key]), make_params()
    markets = (sample_market_tables("new-cairo", seed=seed, effects=effects) for seed in range(50))
    found = [claims(ASSESS[key](market_of(m, params, AS_OF).within_period()), 0.02) for m in markets]
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
    table = findings_table(judge_market(market_of(cut, make_params(), AS_OF)).findings.values())
    assert set(table["verdict"]) == {"not enough data"}
    assert table["money_at_stake"].isna().all()
    assert table["q_value"].isna().all()


@pytest.mark.parametrize("tables", [make_tables(), make_tables(delivery=[{}]), make_tables(leads=[{}])])
def test_hardly_any_table_gives_not_enough_data(tables):
    findings = judge_market(market_of(tables, make_params(), AS_OF)).findings
    assert {finding.verdict for finding in findings.values()} == {"not enough data"}


def test_a_finding_names_its_evidence_and_says_what_the_table_says():
    result = evaluate(2)
    assert list(result.findings) == KEYS
    for finding in result.findings.values():
        assert finding.table in result.tables
        assert finding.title and finding.question.endswith("?")
        assert finding.statement.endswith(".")
        if finding.verdict == "supported":
            assert finding.q_value <= 0.05
            assert finding.money_at_stake >= 0
            assert finding.low <= finding.estimate <= finding.high
            assert finding.low * finding.high > 0
    step = result.tables["finding_conversion_bottlenecks"].set_index("stage").loc["contacted"]
    assert result.findings["conversion_bottlenecks"].estimate == step["relative_difference"]


@pytest.mark.parametrize("tables", [sample_market_tables("new-cairo", seed=2), make_tables(leads=[{}])])
def test_evidence_that_was_written_and_read_gives_the_same_findings(tables):
    market = market_of(tables, make_params(), AS_OF)
    gathered = gather_evidence(market)
    text = json.dumps(as_json(gathered.records), allow_nan=False)
    here, there = (
        findings_table(judge_findings(evidence, market.params))
        for evidence in (list(gathered.by_key.values()), read_evidence(json.loads(text)))
    )
    pd.testing.assert_frame_equal(here, there, check_exact=True)


def test_what_the_data_show_is_said_without_a_verdict():
    gathered = gather_evidence(market_of(sample_market_tables("new-cairo", seed=2), make_params(), AS_OF))
    for evidence in gathered.by_key.values():
        assert evidence.statement.endswith(".")
        assert not any(
            word in evidence.statement for word in ("would tell", "that may be", "beyond chance", "not 20 %")
        )


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
        Hypothesis("key", "Title", "?", "", "finding_key"), "", sentences, 10, is_material=is_material,
        is_excluded=is_excluded, estimate=(low - 0.05) / 2, low=low, high=-0.05, p_value=p_value,
    )  # fmt: skip
    (finding,) = judge_findings([evidence], make_params())
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
    return assess_channels(market_of(make_tables(campaigns, delivery, rows), make_params()))


def test_channels_alike_over_many_verdicts_are_not_supported_and_over_few_undecided():
    many, few = market_of_two_channels(30, 40, 20), market_of_two_channels(6, 10, 5)
    assert many.is_excluded
    assert many.low > -0.2
    assert "not 20 % lower" in many.sentences["not supported"]
    assert not few.is_excluded
    assert "may be none, or the 20 % that would matter" in few.sentences["not enough data"]
    assert "business users with verdicts on both would tell; there are 6" in few.sentences["not enough data"]


def test_chance_alone_leaves_a_worst_fifth_too():
    campaigns = pd.DataFrame(
        {
            "campaign_id": [f"c{i}" for i in range(20)], "user_id": [f"u{i // 5}" for i in range(20)],
            "project_name": "Lotus", "channel": "facebook", "spend": 100.0, "leads": 10, "verdicts": 10,
            "qualified": 5, "qualified_rate": 0.5,
        }
    )  # fmt: skip
    # campaigns that are all alike would still show a worst fifth well below their rate of 50 %
    assert 0.1 < worst_by_chance(campaigns, make_params()) < 0.4


def test_the_same_data_give_the_same_findings():
    first, second = (findings_table(evaluate(4).findings.values()) for _ in range(2))
    pd.testing.assert_frame_equal(first, second)


def data_gaps_record(p_value):
    return {
        "key": "data_gaps", "title": "Data gaps", "verdict": "supported", "statement": "A phone is missing.",
        "estimate": 0.1, "low": 0.01, "high": 0.2, "unit": "auc", "n": 50, "method": "", "p_value": p_value,
        "q_value": None, "money_at_stake": None, "table": "data_gaps",
    }  # fmt: skip


def test_findings_of_one_market_are_one_family():
    market = market_of(sample_market_tables("new-cairo", seed=2), make_params(), AS_OF)
    table = findings_table(judge_market(market, read_data_gaps(data_gaps_record(0.04))).findings.values())
    p = table["p_value"].sort_values()
    expected = (p * len(p) / np.arange(1, len(p) + 1))[::-1].cummin()[::-1]
    assert table["q_value"].tolist() == pytest.approx(expected.sort_index().tolist())
    kept = table.set_index("key").loc["data_gaps"]
    assert (kept["verdict"], kept["statement"]) == ("supported", "A phone is missing.")
    lost = judge_market(market, read_data_gaps(data_gaps_record(0.2))).findings["data_gaps"]
    assert lost.verdict == "not enough data"
    assert "may be chance" in lost.statement


@pytest.mark.parametrize("verdict", ["not supported", "not enough data"])
def test_a_verdict_on_data_gaps_is_never_raised(verdict):
    evidence = read_data_gaps({**data_gaps_record(0.0001), "verdict": verdict})
    (finding,) = judge_findings([evidence], make_params())
    assert (finding.verdict, finding.statement) == (verdict, "A phone is missing.")


def test_one_channel_cannot_answer_and_projects_are_compared():
    tables, _ = sample_market("new-cairo", seed=2)
    one = tables._replace(campaigns=tables.campaigns.assign(channel="facebook"))
    result = judge_market(market_of(one, make_params(), AS_OF))
    finding = result.findings["channel_differences"]
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
    market = market_of(make_tables(campaigns, leads=leads), make_params(), AS_OF)
    finding = judge_market(market).findings[KEYS[0]]
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
    result = judge_market(market_of(make_tables(campaigns, delivery, leads), make_params(), AS_OF))
    finding = result.findings[KEYS[0]]
    assert finding.verdict == "supported"
    assert finding.money_at_stake == 800
    worst = result.tables[finding.table].query("is_worst_fifth")["campaign_id"]
    assert sorted(worst) == [f"c{user}0" for user in range(8)]
