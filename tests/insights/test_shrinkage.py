import numpy as np
import pandas as pd
import pytest

from leadsmart.insights.methods.shrinkage import (
    GammaPrior,
    gamma_prior,
    prior_weight,
    probability_cheaper,
    shrink_cpql,
    shrink_rates,
    shrink_to_market,
    variance_components,
)


def groups(*rows):
    return pd.DataFrame(rows, columns=["user_id", "verdicts", "qualified"])


def simulate(seed, users=60, campaigns=8, user_sd=0.15, campaign_sd=0.1, verdicts=20):
    rng = np.random.default_rng(seed)
    user = np.repeat(np.arange(users), campaigns)
    rate = 0.5 + user_sd * rng.standard_normal(users)[user] + campaign_sd * rng.standard_normal(len(user))
    rate = np.clip(rate, 0.02, 0.98)
    size = rng.integers(2, 2 * verdicts, len(user))
    table = pd.DataFrame({"user_id": user, "verdicts": size, "qualified": rng.binomial(size, rate)})
    return table, rate


def test_shrinking_to_the_market_by_hand():
    table = groups(("a", 10, 9), ("b", 10, 1), ("c", 10, 5))
    weight = min(prior_weight(table["qualified"], table["verdicts"]), 30)
    market = 15.5 / 31
    shrunk = shrink_to_market(table)
    assert shrunk["shrunk_rate"].tolist() == pytest.approx(
        [(k + weight * market) / (10 + weight) for k in (9, 1, 5)]
    )
    assert (shrunk["shrunk_low"] < shrunk["shrunk_rate"]).all()
    assert (shrunk["shrunk_rate"] < shrunk["shrunk_high"]).all()


def test_prior_weight_by_hand():
    # two groups of 10 at 0.9 and 0.1: spread 3.2, chance 0.25; correlation (3.2 - .25)/(.25 (20 - 10 - 1))
    correlation = (3.2 - 0.25) / (0.25 * 9)
    assert correlation > 1
    assert prior_weight([9, 1], [10, 10]) == 1.0
    # at 0.7 and 0.3: spread 0.8, correlation (0.8 - 0.25)/2.25
    assert prior_weight([7, 3], [10, 10]) == pytest.approx(2.25 / 0.55 - 1)


def test_one_lucky_verdict_moves_a_campaign_less_than_many():
    table = groups(("a", 1, 1), ("a", 40, 38), ("a", 40, 12), ("b", 30, 15), ("b", 30, 8))
    shrunk = shrink_rates(table)
    assert shrunk.loc[0, "shrunk_rate"] < shrunk.loc[1, "shrunk_rate"]
    assert shrunk.loc[0, "shrunk_low"] < shrunk.loc[1, "shrunk_low"]


def test_a_campaign_without_verdicts_gets_its_users_rate():
    shrunk = shrink_rates(groups(("a", 40, 38), ("a", 0, 0), ("b", 40, 4)))
    assert shrunk.loc[1, "shrunk_rate"] == pytest.approx(shrunk.loc[1, "user_rate"])
    assert shrunk.loc[1, "user_rate"] > 0.7


def test_no_verdict_at_all_gives_nan():
    assert shrink_rates(groups(("a", 0, 0)))["shrunk_rate"].isna().all()
    assert shrink_to_market(groups(("a", 0, 0)))["shrunk_rate"].isna().all()


def test_shrunk_rates_cover_the_truth_on_average_over_campaigns():
    hits, errors, raw_errors = [], [], []
    for seed in range(15):
        table, rate = simulate(seed, verdicts=6)
        shrunk = shrink_rates(table)
        hits.append(((shrunk["shrunk_low"] <= rate) & (rate <= shrunk["shrunk_high"])).mean())
        errors.append(((shrunk["shrunk_rate"] - rate) ** 2).mean())
        raw_errors.append(((table["qualified"] / table["verdicts"] - rate) ** 2).mean())
    assert np.mean(hits) >= 0.92
    assert np.mean(errors) < 0.6 * np.mean(raw_errors)


def test_variance_components_recover_both_levels():
    found = [variance_components(simulate(seed)[0]) for seed in range(20)]
    assert np.mean([f.between_campaigns for f in found]) == pytest.approx(0.1**2, rel=0.15)
    assert np.mean([f.between_users for f in found]) == pytest.approx(0.15**2, rel=0.15)


def test_variance_between_campaigns_is_nil_on_average_where_campaigns_do_not_differ():
    found = [variance_components(simulate(seed, campaign_sd=0.0)[0]).between_campaigns for seed in range(30)]
    assert abs(np.mean(found)) < 0.001


def test_big_campaigns_that_differ_from_small_ones_do_not_hide_the_variance():
    table = groups(("a", 200, 60), *[("a", 10, 8)] * 6)
    assert variance_components(table).between_campaigns > 0.02


def test_users_with_one_campaign_say_nothing_on_campaigns():
    parts = variance_components(groups(("a", 10, 5), ("b", 10, 9)))
    assert np.isnan(parts.between_campaigns)


def test_cpql_is_shrunk_towards_the_market_by_hand():
    shrunk = shrink_cpql([4], [1000.0], GammaPrior(shape=2.0, spend=800.0)).iloc[0]
    assert shrunk["cpql_shrunk"] == 1800 / 6
    assert shrunk["cpql_shrunk_low"] < 300 < shrunk["cpql_shrunk_high"]


def test_one_lucky_lead_is_no_proof_of_a_low_cost():
    prior = gamma_prior([1, 2, 0, 3, 1], [1000, 2000, 1500, 2500, 1200])
    assert probability_cheaper([1], [100], prior, 1000.0)[0] < 0.9
    assert probability_cheaper([30], [10_000], prior, 1000.0)[0] > 0.9


def test_gamma_prior_of_no_qualified_lead_is_weak():
    prior = gamma_prior([0, 0], [500, 500])
    assert (prior.shape, prior.spend) == (0.5, 1000)
