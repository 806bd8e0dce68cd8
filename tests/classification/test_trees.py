import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier

from leadsmart.classification.estimation.estimation import BOOSTING, _classifier
from leadsmart.classification.estimation.trees import occlude


@pytest.fixture(scope="module")
def boosted():
    rng = np.random.default_rng(0)
    matrix = rng.normal(size=(400, 4))
    matrix[:, 1] = np.round(matrix[:, 1])
    matrix[rng.random(400) < 0.2, 0] = np.nan
    label = (np.nan_to_num(matrix[:, 0]) + matrix[:, 1] * (matrix[:, 2] > 0) + rng.normal(size=400) > 0) * 1
    model = HistGradientBoostingClassifier(max_iter=15, max_leaf_nodes=9, min_samples_leaf=5, random_state=0)
    return model.fit(matrix, label), matrix


def asked_anew(model, matrix, columns, usual):
    """The plain way: every lead scored again with each value."""
    effects = np.zeros((len(matrix), len(columns)))
    for j, name in enumerate(columns):
        for weight, value in usual[name]:
            changed = matrix.copy()
            changed[:, columns[name]] = value
            effects[:, j] += weight * (model.decision_function(matrix) - model.decision_function(changed))
    return effects


def test_effects_are_those_of_asking_the_estimator_anew(boosted):
    model, matrix = boosted
    columns = {"a": [0], "pair": [1, 3], "c": [2]}
    usual = {
        "a": [(1.0, np.array([0.3]))],
        "pair": [(0.25, np.array([0.0, 1.0])), (0.75, np.array([1.0, 0.0]))],
        "c": [(0.5, np.array([-1.0])), (0.5, np.array([np.nan]))],
    }
    effects = occlude(model, matrix, columns, usual)
    assert np.abs(effects).max(axis=0).min() > 0.05, "nothing to compare"
    assert effects == pytest.approx(asked_anew(model, matrix, columns, usual), abs=1e-12)


def test_a_value_exactly_at_a_threshold_goes_the_estimator_s_way(boosted):
    model, matrix = boosted
    thresholds = {
        float(n["num_threshold"])
        for [t] in model._predictors
        for n in t.nodes
        if n["feature_idx"] == 2 and not n["is_leaf"]
    }
    rows = np.repeat(matrix[:1], len(thresholds), axis=0)
    rows[:, 2] = sorted(thresholds)
    columns, usual = {"c": [2]}, {"c": [(1.0, np.array([0.0]))]}
    assert occlude(model, rows, columns, usual) == pytest.approx(
        asked_anew(model, rows, columns, usual), abs=1e-12
    )


def test_the_project_s_trees_have_no_more_leaves_than_a_set_has_bits():
    assert _classifier(BOOSTING, 0).max_leaf_nodes <= 32
