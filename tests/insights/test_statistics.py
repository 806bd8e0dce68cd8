import numpy as np
import pandas as pd
import pytest
from scipy import stats

from leadsmart.insights.methods.significance import adjust_false_discovery, heterogeneity_p, permutation_p
from leadsmart.insights.methods.statistics import (
    effective_number,
    mantel_haenszel,
    rate_interval,
    ratio_interval,
    wilson_interval,
)


def test_wilson_equals_statsmodels():
    from statsmodels.stats.proportion import proportion_confint

    low, high = wilson_interval([3, 0, 12], [10, 7, 12])
    expected = proportion_confint(np.array([3, 0, 12]), np.array([10, 7, 12]), method="wilson")
    np.testing.assert_allclose([low, high], expected, atol=1e-12)


def test_few_users_have_no_bounds():
    interval = ratio_interval([1, 2, 3], [10, 10, 10], minimum_clusters=4)
    assert interval.estimate == pytest.approx(0.2)
    assert not interval.has_bounds


def test_jackknife_of_equal_denominators_is_the_t_interval_of_the_mean():
    values = np.array([3.0, 5.0, 4.0, 8.0, 6.0, 7.0])
    interval = ratio_interval(values, np.ones(6), minimum_clusters=5, scale="linear")
    spread = (values - values.mean()) ** 2
    assert interval.error == pytest.approx(stats.sem(values))
    assert interval.freedom == pytest.approx(spread.sum() ** 2 / (spread**2).sum())
    expected = stats.t.interval(0.95, interval.freedom, values.mean(), stats.sem(values))
    assert (interval.low, interval.high) == pytest.approx(expected)


def test_leads_of_one_user_do_not_count_as_independent():
    by_user = ratio_interval([90, 10, 80, 15, 70, 20], [100] * 6, minimum_clusters=5, scale="logit")
    low, high = wilson_interval(285, 600)
    assert by_user.high - by_user.low > 3 * (high - low)


def test_a_range_that_one_user_decides_is_called_indicative():
    # twelve of one size and differing costs decide together; one with nearly all the weight decides alone
    over = list(range(1, 13))
    alike = ratio_interval(over, [9] * 12, minimum_clusters=5)
    assert alike.label == "95 % range"
    assert alike.freedom == pytest.approx(alike.deciding)
    alone = ratio_interval(over, [9] * 11 + [900], minimum_clusters=5)
    assert alone.deciding < 2
    assert alone.label == "indicative range"
    assert ratio_interval([1, 2], [9, 9], minimum_clusters=5).label == ""


def test_effective_users_by_hand():
    assert effective_number([3, 1]) == pytest.approx(16 / 10)
    assert effective_number([0, 0]) == 0.0


def test_few_users_count_as_one_trial_each():
    few = rate_interval([30, 10], [60, 20], minimum_clusters=5)
    # 60 and 20 verdicts are worth 80² / (60² + 20²) = 1.6 users
    low, high = wilson_interval(0.5 * 1.6, 1.6)
    assert (few.estimate, few.low, few.high) == pytest.approx((0.5, low, high))
    assert few.label == "indicative range"
    assert not few.error > 0


def test_a_range_is_never_narrower_for_fewer_users():
    rng = np.random.default_rng(2)
    widths = []
    for users in (1, 2, 3, 4, 5, 8, 20):
        drawn = [
            rate_interval(rng.binomial(30, rng.beta(3, 3, users)), [30] * users, minimum_clusters=5)
            for _ in range(200)
        ]
        widths.append(np.median([i.high - i.low for i in drawn]))
    assert widths == sorted(widths, reverse=True)


def test_a_rate_of_one_still_has_a_range():
    all_good = rate_interval([20] * 12, [20] * 12, minimum_clusters=5)
    assert (all_good.low, all_good.high) == pytest.approx((0.757, 1.0), abs=0.001)
    assert all_good.label == "indicative range"
    assert not rate_interval([], [], minimum_clusters=5).has_bounds


def test_benjamini_hochberg_by_hand():
    q = adjust_false_discovery({"a": 0.01, "b": 0.02, "c": 0.03, "d": 0.5, "untested": float("nan")})
    assert [q[key] for key in "abcd"] == pytest.approx([0.04, 0.04, 0.04, 0.5])
    assert np.isnan(q["untested"])


def test_permutation_p_is_never_zero():
    assert permutation_p(100.0, np.zeros(99)) == 0.01


def test_heterogeneity_finds_one_campaign_that_differs():
    p = heterogeneity_p([20, 2, 10], [20, 20, 20], ["u", "u", "u"], seed=1)
    assert p == pytest.approx(1 / 2000)


def test_differences_between_users_are_not_differences_between_campaigns():
    # one user labels everything good, another everything bad: within each nothing differs
    assert np.isnan(heterogeneity_p([10, 10, 0, 0], [10] * 4, ["a", "a", "b", "b"], seed=1))


def test_type_one_rate_of_the_permutation_test_at_nominal_two_percent():
    rng = np.random.default_rng(12)
    blocks = np.repeat(np.arange(8), 6)
    trials = rng.integers(1, 12, len(blocks))
    rejected = 0
    for seed in range(300):
        user_rate = rng.beta(1, 1, 8)[blocks]
        p = heterogeneity_p(rng.binomial(trials, user_rate), trials, blocks, seed=seed, replicates=299)
        rejected += p <= 0.02
    # binomial(300, 0.02) exceeds 12 in less than one of 100 runs
    assert rejected <= 12


def make_cells(rows):
    return pd.DataFrame(rows, columns=["user_id", "stratum", "is_exposed", "events", "trials"])


def test_mantel_haenszel_by_hand():
    cells = make_cells(
        [("a", "", True, 2, 10), ("a", "", False, 8, 20), ("b", "", True, 1, 10), ("b", "", False, 3, 10)]
    )
    ratio = mantel_haenszel(cells, minimum_clusters=2)
    over, under = 2 * 20 / 30 + 1 * 10 / 20, 8 * 10 / 30 + 3 * 10 / 20
    assert ratio.estimate == pytest.approx(over / under)


def test_mantel_haenszel_ignores_users_seen_on_one_side_only():
    both = [("a", "", True, 2, 10), ("a", "", False, 8, 20)]
    alone = [("b", "", True, 10, 10)]
    estimates = [
        mantel_haenszel(make_cells(rows), minimum_clusters=1).estimate for rows in (both, both + alone)
    ]
    assert estimates[0] == estimates[1] == pytest.approx(0.5)


def test_mantel_haenszel_recovers_a_planted_ratio_and_its_p_value_points_there():
    rng = np.random.default_rng(5)
    rows = []
    for user in range(40):
        base = rng.uniform(0.3, 0.8)
        rows += [
            (user, "", True, rng.binomial(60, 0.6 * base), 60),
            (user, "", False, rng.binomial(60, base), 60),
        ]
    ratio = mantel_haenszel(make_cells(rows), minimum_clusters=5)
    assert ratio.low < 0.6 < ratio.high < 0.75
    assert ratio.p_below(1.0) < 1e-6
    assert ratio.p_below(ratio.estimate) == pytest.approx(0.5)


def test_jackknife_covers_a_known_rate_with_long_tailed_users():
    rng = np.random.default_rng(8)
    hits = 0
    for _ in range(300):
        size = np.ceil(rng.lognormal(1.5, 1.3, 30)).astype(int)
        good = rng.binomial(size, rng.beta(1, 1, 30))
        interval = ratio_interval(good, size, minimum_clusters=5, scale="logit")
        hits += interval.low <= 0.5 <= interval.high
    assert hits / 300 >= 0.92
