"""How often ranges hold the truth, by what they are called; the limit the labels rest on."""

import numpy as np
import pytest

from leadsmart.insights.methods.statistics import ratio_interval
from leadsmart.vocabulary import RANGE_95


def draw_rate(rng, users):
    """Verdicts and qualified leads of users with long-tailed sizes and labelling habits of their own."""
    size = np.ceil(rng.lognormal(1.5, 1.3, users)).astype(int)
    return rng.binomial(size, rng.beta(1, 1, users)), size


def draw_cost(rng, users):
    """Spend and leads of users with long-tailed spend and differing cost per lead; the truth is 400."""
    spend = rng.lognormal(8, 1.5, users)
    return spend, rng.poisson(rng.gamma(2, 0.5, users) / 400 * spend)


def cover(users, samples, seed):
    """Share of ranges that hold the truth: of all, and of those called 95 % ranges."""
    rng = np.random.default_rng(seed)
    shares = []
    for draw, truth, scale in ((draw_rate, 0.5, "logit"), (draw_cost, 400.0, "log")):
        drawn = (ratio_interval(*draw(rng, users), minimum_clusters=5, scale=scale) for _ in range(samples))
        found = [(i.low <= truth <= i.high, i.label == RANGE_95) for i in drawn if i.has_bounds]
        shares += [np.mean([holds for holds, _ in found]), np.mean([holds for holds, told in found if told])]
    return min(shares)


@pytest.mark.parametrize("users", [5, 40])
def test_ranges_hold_the_truth_whatever_they_are_called(users):
    assert cover(users, 300, 1) >= 0.92


@pytest.mark.slow
@pytest.mark.parametrize("users", [5, 8, 12, 20, 40, 100])
def test_coverage_by_number_of_users(users, request):
    worst = cover(users, 2000, 3)
    request.config.get_terminal_writer().line(f"\n{users} users: {worst:.1%} at least")
    assert worst >= 0.92


def deciding_user_left_out(draws, has_one_big_user):
    """Coverage where the users of one market are drawn again, with and without a user that decides its range."""
    rng = np.random.default_rng(5)
    size = np.full(40, 20.0)
    good = rng.binomial(20, 0.6, 40).astype(float)
    if has_one_big_user:
        size[0], good[0] = 600.0, 60.0
    own = ratio_interval(good, size, minimum_clusters=5, scale="logit")
    picks = rng.integers(0, 40, (draws, 40))
    drawn = [ratio_interval(good[p], size[p], minimum_clusters=5, scale="logit") for p in picks]
    return own.label, np.mean([i.low <= own.estimate <= i.high for i in drawn])


def test_the_label_agrees_with_the_coverage_of_the_market_itself():
    label, share = deciding_user_left_out(200, has_one_big_user=False)
    assert label == "95 % range"
    assert share >= 0.90
    label, share = deciding_user_left_out(200, has_one_big_user=True)
    assert label == "indicative range"
    assert share < 0.90
