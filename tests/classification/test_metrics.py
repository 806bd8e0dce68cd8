import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from leadsmart.classification.judging.capacity import gains_table
from leadsmart.classification.judging.evaluation import reliability_table
from leadsmart.classification.metrics import (
    Clusters,
    auc,
    calibration_error,
    choose_clusters,
    cluster_weights,
    interval,
    measure,
    noise_calibration_error,
)


def test_auc_by_hand():
    # pairs (good, bad): (0.9, 0.8) won, (0.9, 0.1) won, (0.8, 0.8) tied, (0.8, 0.1) won: 3.5 of 4
    assert auc(np.array([1, 1, 0, 0]), np.array([0.9, 0.8, 0.8, 0.1])) == 0.875


def test_measures_agree_with_scikit_learn_on_ties():
    rng = np.random.default_rng(3)
    label, score = rng.integers(0, 2, 300).astype(float), rng.integers(1, 20, 300) / 20
    found = measure(label, score, np.ones((1, 300))).iloc[0]
    assert found["roc_auc"] == pytest.approx(roc_auc_score(label, score))
    assert found["pr_auc"] == pytest.approx(average_precision_score(label, score))
    assert found["brier"] == pytest.approx(np.mean((score - label) ** 2))


def test_a_weight_of_two_is_the_lead_twice():
    label, score = np.array([1.0, 0, 1, 0, 1]), np.array([0.9, 0.7, 0.4, 0.3, 0.2])
    weights = np.array([[2.0, 1, 0, 1, 1]])
    repeated = np.repeat(np.arange(5), [2, 1, 0, 1, 1])
    weighted = measure(label, score, weights).drop(columns="ece")
    plain = measure(label[repeated], score[repeated], np.ones((1, 5))).drop(columns="ece")
    pd.testing.assert_frame_equal(weighted, plain)


def test_calibration_error_by_hand():
    # ten leads at 0.2 of which 4 are good, ten at 0.8 of which 9 are: 10/20 · 0.2 + 10/20 · 0.1
    probability = np.repeat([0.2, 0.8], 10)
    label = np.array([1] * 4 + [0] * 6 + [1] * 9 + [0])
    assert calibration_error(label, probability, np.ones((1, 20)))[0] == pytest.approx(0.15)
    table = reliability_table(label, probability)
    assert table["leads"].tolist() == [10, 10]
    assert table["observed"].tolist() == [0.4, 0.9]


def test_lift_and_gain_by_hand():
    # ten leads, four good; the best-scored two are good: half of the good in the top 20 %, lift 2.5
    label = np.array([1, 1, 0, 0, 1, 0, 0, 1, 0, 0], dtype=float)
    score = np.linspace(0.95, 0.05, 10)
    found = measure(label, score, np.ones((1, 10))).iloc[0]
    assert found["gain_at_20"] == pytest.approx(0.5)
    assert found["lift_at_20"] == pytest.approx(2.5)
    gains = gains_table(label, score).set_index("called")
    assert gains.loc[0.2, "found"] == 0.5
    assert gains.loc[0.2, "qualified_rate"] == 1.0
    # random order needs half of the calls for half of the qualified leads; the score needs a fifth
    assert gains.loc[0.2, "calls_saved"] == pytest.approx(0.6)


def test_equal_scores_lift_nothing():
    found = measure(np.array([1.0, 0, 0, 1, 0]), np.full(5, 0.4), np.ones((1, 5))).iloc[0]
    assert found["lift_at_10"] == pytest.approx(1.0)
    assert found["roc_auc"] == 0.5
    assert found["brier_skill"] == pytest.approx(0.0)


def test_whole_users_are_resampled_and_campaigns_only_where_users_are_few():
    leads = pd.DataFrame({"user_id": list("aabbcc"), "campaign_id": list("123456")})
    assert choose_clusters(leads, 3).basis == "business users"
    assert choose_clusters(leads, 5).basis == "campaigns"
    assert choose_clusters(leads, 7).basis == ""
    weights = cluster_weights(choose_clusters(leads, 3), seed=1, resamples=50)
    assert (weights[0] == 1).all()
    assert (weights[:, [0, 2, 4]] == weights[:, [1, 3, 5]]).all()
    assert (weights.sum(axis=1) == 6).all()


def test_an_interval_of_mostly_nothing_is_nothing():
    assert np.isnan(interval(np.array([np.nan, np.nan, np.nan, 1.0]))[0])
    assert interval(np.linspace(0, 1, 101)) == pytest.approx((0.025, 0.975))


def test_one_kind_only_has_no_auc():
    assert np.isnan(auc(np.ones(4), np.arange(4)))


def test_chance_explains_less_calibration_error_the_more_leads_there_are():
    small, large = (noise_calibration_error(np.full(n, 0.5), seed=1) for n in (50, 5000))
    assert large < 0.03 < small


def test_weights_without_leads():
    assert cluster_weights(Clusters(np.zeros(0, dtype=int), ""), seed=1, resamples=3).shape == (4, 0)
