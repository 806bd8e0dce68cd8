"""The score beside the generator's own probabilities, on the same held-out leads."""

from dataclasses import replace

import numpy as np
import pytest
from classification.builders_classification import make_dataset, make_params
from scipy.special import logit

from leadsmart.classification.estimation.estimation import LOGISTIC, fit_estimator, predict
from leadsmart.classification.estimation.model import fit_market_model, predict_probability
from leadsmart.classification.features.feature_catalogue import FeatureSpec
from leadsmart.classification.metrics import auc, calibration_error
from leadsmart.sample import sample_market

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def held_out():
    """Newest leads of a sample of 170,000, scored by what was known before them, beside the truth."""
    tables, truth = sample_market(None, leads=170_000)
    params = make_params()
    dataset = make_dataset(tables, params)
    # the tables hold all markets as if they were one; which one a lead belongs to is known when it arrives
    features = dataset.features
    market = truth.leads["market"].reindex(features.frame["lead_id"]).array
    dataset = replace(dataset, features=replace(features, frame=features.frame.assign(market=market)))
    split = dataset.split
    model = fit_market_model(dataset, cutoff=split.cutoff)
    score = predict_probability(model, split.test)
    true = truth.leads["p_qualified_given_verdict"].reindex(split.test["lead_id"]).to_numpy()
    return {"split": split, "specs": features.specs, "truth": truth, "score": score, "true": true}


def _short_of_truth(held_out, score):
    label = held_out["split"].test["label"].to_numpy(dtype=float)
    return auc(label, held_out["true"]) - auc(label, score)


def test_there_are_leads_enough_and_probabilities_mean_what_they_say(held_out):
    label = held_out["split"].test["label"].to_numpy(dtype=float)
    assert len(label) >= 5_000
    assert calibration_error(label, held_out["score"], np.ones((1, len(label))))[0] <= 0.03


def test_auc_is_within_003_of_the_generator_s_own_probabilities(held_out):
    assert _short_of_truth(held_out, held_out["score"]) <= 0.03


def test_a_score_that_knows_all_but_users_and_campaigns_is_nearly_as_short(held_out):
    """What no score can know: the quality of campaigns with few verdicts, and of users before their first."""
    split, truth = held_out["split"], held_out["truth"]

    def with_truth(leads):
        of_lead = truth.leads.loc[leads["lead_id"]]
        quality = truth.users["quality"].loc[of_lead["user_id"]].to_numpy()
        quality = quality + truth.campaigns["quality"].loc[of_lead["campaign_id"]].to_numpy()
        return leads.assign(planted=logit(of_lead["p_qualified"].to_numpy()) - quality)

    specs = tuple(s for s in held_out["specs"] if s.kind != "text")
    specs += (FeatureSpec("planted", "number", "arrival", "form", "all but user and campaign, as planted"),)
    estimator = fit_estimator(with_truth(split.train), specs, seed=1, kind=LOGISTIC)
    assert _short_of_truth(held_out, predict(estimator, with_truth(split.test))) > 0.02
