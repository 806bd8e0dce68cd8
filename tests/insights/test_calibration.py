"""Tests and ranges of findings on markets drawn at the edge of what each claims."""

import numpy as np
import pandas as pd
import pytest
from insights.builders_insights import make_params

from leadsmart.insights.findings.bottlenecks import _measure
from leadsmart.insights.findings.quality import spread_interval
from leadsmart.insights.methods.shrinkage import variance_components

PARAMS = make_params()
LEVEL = 0.02


def draw_step(rng, users, ratio):
    """A step at which the best quarter carry on half of their leads, the others `ratio` of that."""
    size = np.ceil(rng.lognormal(4, 0.8, users)).astype(int)
    best = np.arange(users) < np.ceil(users / 4)
    rate = np.where(best, 0.5, 0.5 * ratio)
    names = np.repeat([f"u{i}" for i in range(users)], size)
    went_on = rng.random(len(names)) < np.repeat(rate, size)
    ids = np.arange(len(names)).astype(str)
    return pd.DataFrame({"user_id": names, "lead_id": ids, "arrived_at": 0, "went_on": went_on})


def step_p_values(ratio, samples, users=24):
    rng = np.random.default_rng(7)
    steps = [_measure(draw_step(rng, users, ratio), "a", "b", PARAMS) for _ in range(samples)]
    # a step that too few users carry is not compared, so it is never a finding
    return np.array([1.0 if step is None else step.p_value for step in steps])


def draw_campaigns(rng, users, spread):
    """Verdicts of campaigns whose rates differ by a standard deviation of `spread` (users differ in theirs)."""
    number = rng.integers(3, 15, users)
    user = np.repeat([f"u{i}" for i in range(users)], number)
    verdicts = np.ceil(rng.lognormal(1.2, 1.0, len(user))).astype(int)
    centre = np.repeat(rng.uniform(0.3, 0.7, users), number)
    own = np.repeat(spread * rng.uniform(0.6, 1.4, users), number)
    rate = np.clip(centre + own * rng.choice([-1, 1], len(user)), 0, 1)
    table = pd.DataFrame({"user_id": user, "channel": "facebook", "verdicts": verdicts, "rate": rate})
    return table.assign(qualified=rng.binomial(verdicts, rate))


def true_spread(table):
    """Of the rates as drawn, weighted as the estimate is."""
    weight = excess = 0.0
    for _, own in table.groupby("user_id"):
        n, size, groups = own["verdicts"], own["verdicts"].sum(), len(own)
        factor = (size - (n**2).sum() / size) * (size - groups)
        if factor <= 0:
            continue
        centre = (n * own["rate"]).sum() / size
        weight += factor / (size - 1)
        excess += (n * (own["rate"] - centre) ** 2).sum() * (size - groups) / (size - 1)
    return np.sqrt(excess / weight)


def spread_coverage(users, spread, samples):
    rng = np.random.default_rng(8)
    hits = []
    for _ in range(samples):
        table = draw_campaigns(rng, users, spread)
        interval = spread_interval(table, variance_components(table, ("user_id", "channel")), PARAMS)
        if interval.has_bounds:
            hits.append(interval.low <= true_spread(table) <= interval.high)
    return np.mean(hits)


def test_at_the_margin_a_bottleneck_is_hardly_ever_beyond_it():
    assert (step_p_values(0.8, 60) <= LEVEL).sum() <= 4


def test_users_who_all_carry_on_alike_are_no_bottleneck():
    assert (step_p_values(1.0, 30) > LEVEL).all()


def test_far_beyond_the_margin_a_bottleneck_is_found():
    assert (step_p_values(0.35, 30) <= LEVEL).mean() >= 0.9


def test_range_of_the_spread_between_campaigns_holds_it():
    assert spread_coverage(12, 0.15, 40) >= 0.88


def test_no_spread_between_campaigns_is_hardly_ever_excluded():
    rng = np.random.default_rng(9)
    tables = [draw_campaigns(rng, 10, 0.0) for _ in range(40)]
    found = [spread_interval(t, variance_components(t, ("user_id", "channel")), PARAMS) for t in tables]
    assert sum(interval.low > 0 for interval in found) <= 4


@pytest.mark.slow
@pytest.mark.parametrize("users", [8, 24, 60])
@pytest.mark.parametrize("ratio", [0.8, 1.0])
def test_type_one_rate_of_the_bottleneck_test(users, ratio):
    assert (step_p_values(ratio, 300, users) <= LEVEL).mean() <= 0.03


@pytest.mark.slow
@pytest.mark.parametrize("users", [5, 12, 40])
@pytest.mark.parametrize("spread", [0.0, 0.15])
def test_coverage_of_the_spread_between_campaigns(users, spread):
    assert spread_coverage(users, spread, 200) >= 0.92
