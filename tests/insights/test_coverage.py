"""How often intervals hold the truth, by kind and number of business users; the figures the labels rest on."""

import numpy as np
import pytest

from leadsmart.insights.statistics import MEASURED_COVERAGE, bootstrap_ratio, ratio_interval

SIZES = (5, 8, 12, 20, 40, 100)


def draw_rate(rng, users):
    """Verdicts and qualified leads of users with long-tailed sizes and labelling habits of their own."""
    size = np.ceil(rng.lognormal(1.5, 1.3, users)).astype(int)
    return rng.binomial(size, rng.beta(1, 1, users)), size


def draw_cost(rng, users):
    """Spend and leads of users with long-tailed spend and differing cost per lead; the truth is 400."""
    spend = rng.lognormal(8, 1.5, users)
    return spend, rng.poisson(rng.gamma(2, 0.5, users) / 400 * spend)


def cover(kind, users, samples, seed):
    rng = np.random.default_rng(seed)
    hits = {"rate": [], "cost": []}
    for _ in range(samples):
        for name, (over, under), truth, scale in (
            ("rate", draw_rate(rng, users), 0.5, "logit"),
            ("cost", draw_cost(rng, users), 400.0, "log"),
        ):
            if kind == "jackknife":
                interval = ratio_interval(over, under, minimum_clusters=5, scale=scale)
            else:
                interval = bootstrap_ratio(over, under, seed=seed, minimum_clusters=5, replicates=500)
            if interval.has_bounds:
                hits[name].append(interval.low <= truth <= interval.high)
    return {name: np.mean(found) for name, found in hits.items()}


def test_jackknife_reaches_92_percent_on_forty_users():
    assert min(cover("jackknife", 40, 300, 1).values()) >= 0.92


def test_percentile_bootstrap_falls_short_on_few_users():
    assert min(cover("bootstrap", 8, 200, 2).values()) < 0.9


@pytest.mark.slow
@pytest.mark.parametrize("users", SIZES)
@pytest.mark.parametrize("kind", ["jackknife", "bootstrap"])
def test_stated_coverage_is_the_measured_one(kind, users):
    worst = min(cover(kind, users, 2000, 3).values())
    assert worst == pytest.approx(MEASURED_COVERAGE[kind][users], abs=0.02)
    if kind == "jackknife":
        assert worst >= 0.92
