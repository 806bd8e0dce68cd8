from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from builders_market import market_of
from classification.builders_classification import (
    AS_OF,
    make_dataset,
    make_lead,
    make_market,
    make_params,
    make_tables,
)

from leadsmart.classification.estimation.estimation import fit_estimator
from leadsmart.classification.estimation.model import fit_market_model
from leadsmart.classification.features.feature_catalogue import FeatureSpec
from leadsmart.classification.judging.gaps import data_gaps
from leadsmart.classification.reasons import feature_effects
from leadsmart.classification.scoring import (
    SCORE_COLUMNS,
    describe_use,
    open_leads,
    open_scorer,
    score_arrivals,
    score_lead,
    score_new_leads,
    score_open_leads,
)
from leadsmart.sample import sample_market_tables


def _score(tables, use, **changes):
    params = make_params(**changes)
    dataset = make_dataset(tables, params)
    model = fit_market_model(dataset)
    return score_open_leads(model, dataset, use)


def test_only_leads_that_are_still_open_are_listed():
    statuses = [
        "NEW_LEAD",
        "UNKNOWN",
        "NO_ANSWER",
        "FOLLOW_UP",
        "QUALIFIED",
        "NOT_QUALIFIED",
        "SPAM",
        "DONE_DEAL",
    ]
    tables = make_tables([make_lead(s, "2024-07-01", s) for s in statuses])
    found = open_leads(market_of(tables, make_params(), AS_OF))["lead_id"].tolist()
    assert found == ["NEW_LEAD", "UNKNOWN", "NO_ANSWER", "FOLLOW_UP"]


def test_without_a_model_the_rules_order_and_no_probability_is_given():
    tables = make_tables(
        [
            make_lead("no phone", "2024-12-30", is_phone_valid=False),
            make_lead("old", "2024-07-01"),
            make_lead("new", "2024-12-29", "FOLLOW_UP"),
            make_lead("late", "2025-01-01"),
        ]
    )
    scored = _score(tables, "rules")
    assert tuple(scored.columns) == SCORE_COLUMNS
    assert scored["lead_id"].tolist() == ["new", "old", "no phone"]
    assert scored["age_days"].tolist() == [2, 183, 1]
    assert scored["as_of"].unique().tolist() == ["2024-12-31"]
    assert scored[["grade", "probability"]].isna().all().all()
    assert scored["intent"].fillna("none").tolist() == ["medium", "none", "none"]
    assert scored["reasons"].iloc[2] == "for: valid e-mail, gave a name; against: no valid phone"


def test_not_ready_hides_the_probabilities_of_a_model():
    scored = _score(make_market(600, undecided=60), "rules")
    assert scored["probability"].isna().all()
    assert scored["reasons"].str.contains("valid phone").all()


def test_order_alone_keeps_order_and_reasons_and_shows_no_probability_or_grade():
    tables = make_market(600, undecided=60)
    order, whole = _score(tables, "order"), _score(tables, "probability")
    assert order[["grade", "probability"]].isna().all().all()
    assert whole[["grade", "probability"]].notna().all().all()
    hidden = ["grade", "probability"]
    pd.testing.assert_frame_equal(order.drop(columns=hidden), whole.drop(columns=hidden))


@pytest.mark.parametrize("phone_effect", [2.5, -2.5])
def test_with_a_model_the_best_come_first_with_their_reasons(phone_effect):
    scored = _score(make_market(800, phone_effect=phone_effect, undecided=60), "probability")
    assert len(scored) == 60
    assert scored["probability"].is_monotonic_decreasing
    best, worst = scored["reasons"].iloc[0], scored["reasons"].iloc[-1]
    good, bad = ("valid phone", "no valid phone") if phone_effect > 0 else ("no valid phone", "valid phone")
    # the share of the form filled in tells of the phone, too, and may stand before it
    assert good in best.removeprefix("for: ").split(";")[0].split(", ")
    assert f"against: {bad}" in worst
    assert scored["grade"].iloc[0] in ("A", "B")


def test_the_list_does_not_depend_on_the_order_of_the_tables():
    tables = make_market(300, undecided=60)
    turned = tables._replace(leads=tables.leads.iloc[::-1], status_events=tables.status_events.iloc[::-1])
    pd.testing.assert_frame_equal(_score(tables, "probability"), _score(turned, "probability"))


@pytest.mark.parametrize("kind", ["logistic regression", "gradient boosting"])
def test_the_effect_of_a_flag_is_its_distance_from_the_usual_mix(kind):
    tables, params = make_market(1000), make_params()
    leads = make_dataset(tables, params).labelled
    spec = FeatureSpec("is_phone_valid", "flag", "arrival", "phone", "valid phone|no valid phone")
    estimator = replace(fit_estimator(leads, (spec,), 1, kind), slope=1.0, intercept=0.0)
    matrix = np.array([[0.0], [1.0]])
    without, with_phone = estimator.classifier.decision_function(matrix)
    share = leads["is_phone_valid"].mean()
    effects = feature_effects(estimator, matrix)
    usual = share * with_phone + (1 - share) * without
    assert effects.names == ("is_phone_valid",)
    assert effects.values[:, 0] == pytest.approx([without - usual, with_phone - usual])


def test_a_field_that_carries_the_score_is_the_costliest_gap():
    tables, params = make_market(1500), make_params()
    dataset = make_dataset(tables, params)
    gaps = data_gaps(dataset)
    worst = gaps.table.iloc[0]
    assert worst["field"] == "phone"
    assert worst["share_missing"] == pytest.approx(0.5, abs=0.05)
    assert worst["auc_without"] == pytest.approx(0.5, abs=0.1)
    assert gaps.finding["verdict"] == "supported"
    assert gaps.finding["estimate"] == pytest.approx(worst["auc_with"] - worst["auc_without"])
    assert gaps.finding["low"] < gaps.finding["estimate"] < gaps.finding["high"]
    assert gaps.finding["statement"].startswith("Without the field “valid phone” the score's AUC falls by 0.")
    assert set(gaps.finding) == {
        "key", "title", "verdict", "statement", "estimate", "low", "high", "unit", "n", "method", "p_value",
        "q_value", "money_at_stake", "table",
    }  # fmt: skip


def test_without_any_effect_no_gap_is_claimed():
    tables, params = make_market(1500, phone_effect=0.0), make_params()
    dataset = make_dataset(tables, params)
    assert data_gaps(dataset).finding["verdict"] != "supported"


def test_gaps_without_enough_verdicts_say_what_would_be_enough():
    tables, params = make_market(100), make_params()
    dataset = make_dataset(tables, params)
    gaps = data_gaps(dataset)
    assert gaps.finding["verdict"] == "not enough data"
    assert "40 and 50 are needed" in gaps.finding["statement"]
    assert gaps.finding["estimate"] is None
    assert gaps.table["share_missing"].notna().all()
    assert gaps.table["auc_with"].isna().all()


def test_a_model_that_is_not_ready_is_said_not_to_be_used():
    tables = make_market(1_500)
    params = make_params()
    dataset = make_dataset(tables, params)
    model = fit_market_model(dataset)
    assert model.estimator is not None
    assert describe_use(model, "order") == model.choice
    assert describe_use(model, "rules").endswith("the verdict is Not ready, so rules order the leads.")


@pytest.mark.parametrize("use", ["probability", "order", "rules"])
def test_new_leads_score_as_if_they_had_been_in_the_export(use):
    tables, params = make_market(600, undecided=60), make_params()
    dataset = make_dataset(tables, params)
    model = fit_market_model(dataset)
    days = tables.leads["arrived_at"].dt.date
    last = days.max()
    whole = score_open_leads(model, make_dataset(tables, params, last), use)
    is_new = days == last
    known = tables._replace(leads=tables.leads[~is_new])
    scored = score_new_leads(model, tables.leads[is_new], market_of(known, params), use)
    assert len(scored) > 1
    wanted = whole[whole["lead_id"].isin(scored["lead_id"])].reset_index(drop=True)
    pd.testing.assert_frame_equal(scored, wanted)


@pytest.mark.parametrize("use", ["probability", "order", "rules"])
@pytest.mark.parametrize("kind", ["logistic regression", "gradient boosting"])
def test_a_lead_alone_scores_exactly_as_in_a_file(use, kind):
    tables, params = sample_market_tables("new-cairo", leads=6_000), make_params()
    dataset = make_dataset(tables, params)
    model = fit_market_model(dataset)
    estimator = fit_estimator(dataset.labelled, dataset.features.specs, 1, kind)
    scorer = open_scorer(replace(model, estimator=estimator), market_of(tables, params), use)
    day = tables.leads["arrived_at"].dt.date
    leads = tables.leads[day == day.value_counts().index[0]]
    whole = score_arrivals(scorer, leads)
    records = leads.set_index("lead_id", drop=False).to_dict("index")
    alone = pd.DataFrame([score_lead(scorer, records[lead]) for lead in whole["lead_id"]]).astype(
        whole.dtypes
    )
    assert len(leads) > 20 and leads["message"].isna().any() and leads["message"].notna().any()
    pd.testing.assert_frame_equal(alone, whole, check_exact=True)
