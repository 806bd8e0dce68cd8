import contextlib
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import skops.io
from builders_market import market_of
from classification.builders_classification import (
    AS_OF,
    make_dataset,
    make_lead,
    make_market,
    make_params,
    make_tables,
    moment,
)

from leadsmart.classification.estimation.dataset import training_extract
from leadsmart.classification.estimation.estimation import Estimator, fit_estimator, predict
from leadsmart.classification.estimation.model import (
    fit_market_model,
    fit_pooled_model,
    predict_probability,
)
from leadsmart.classification.features.encoding import encode, fit_encoder
from leadsmart.classification.features.feature_catalogue import FeatureSpec
from leadsmart.classification.features.features import build_features
from leadsmart.classification.features.labels import end_of_day, label_leads
from leadsmart.classification.metrics import auc
from leadsmart.classification.storage import load_intents, load_model, save_model
from leadsmart.errors import ModelError


def _fit(tables, params, **kwargs):
    dataset = make_dataset(tables, params)
    return fit_market_model(dataset, **kwargs), dataset.features


@pytest.fixture(scope="module")
def fitted():
    return _fit(make_market(600), make_params())


def test_a_level_that_few_leads_share_is_not_learned():
    frame = pd.DataFrame({"form_area": ["Zayed"] * 10 + ["Maadi"] * 10 + ["Villa 7, Road 9"] * 9})
    spec = FeatureSpec("form_area", "category", "arrival", "form_area", "area")
    encoder = fit_encoder(frame, (spec,), None)
    assert encoder.levels == (("form_area", ("Maadi", "Zayed")),)
    assert encode(encoder, frame.iloc[[0, 15, 25]], None).tolist() == [[0, 1], [1, 0], [0, 0]]


def test_a_freak_value_is_taken_for_the_highest_usual_one():
    frame = pd.DataFrame({"daily_budget": [*np.linspace(1, 100, 99), 1e9]})
    encoder = fit_encoder(
        frame, (FeatureSpec("daily_budget", "amount", "arrival", "campaign", "budget"),), None
    )
    matrix = encode(encoder, pd.DataFrame({"daily_budget": [1e12, np.nan]}), None)
    assert matrix[0, 0] < np.log1p(1e8)
    assert np.isnan(matrix[1, 0])


def test_a_rate_is_read_as_log_odds():
    frame = pd.DataFrame({"rate": np.linspace(0.01, 0.99, 99)})
    encoder = fit_encoder(frame, (FeatureSpec("rate", "rate", "day before", "user", "rate"),), None)
    matrix = encode(encoder, pd.DataFrame({"rate": [0.5, 0.75, np.nan]}), None)
    assert matrix[:2, 0] == pytest.approx([0, np.log(3)])
    assert np.isnan(matrix[2, 0])


def test_what_never_varies_is_left_out():
    frame = pd.DataFrame({"has_name": [1.0] * 20, "channel": ["facebook"] * 20})
    specs = (
        FeatureSpec("has_name", "flag", "arrival", "name", "yes|no"),
        FeatureSpec("channel", "category", "arrival", "channel", "channel"),
    )
    assert fit_encoder(frame, specs, None).sources == ()


def test_from_200_of_each_kind_a_market_has_its_own_model(fitted):
    model, features = fitted
    assert (model.origin, model.n_qualified + model.n_disqualified) == ("own", 600)
    probability = predict_probability(model, features.frame)
    has_phone = features.frame["is_phone_valid"] == 1
    assert probability[has_phone].mean() > probability[~has_phone].mean() + 0.3


def test_probabilities_are_calibrated_on_later_leads():
    tables, params = make_market(8000), make_params()
    leads = make_dataset(tables, params).labelled
    spec = FeatureSpec("is_phone_valid", "flag", "arrival", "phone", "valid phone|no valid phone")
    estimator = fit_estimator(leads, (spec,), params.seed)
    assert estimator.calibrated_on == "later leads"
    # planted: a phone shifts the log-odds by 1.25 up or down; off by 0.04 at most on four seeds
    probability = predict(estimator, pd.DataFrame({"is_phone_valid": [0.0, 1.0]}))
    assert probability == pytest.approx([1 / (1 + np.exp(1.25)), 1 / (1 + np.exp(-1.25))], abs=0.05)


def test_below_40_of_a_kind_there_are_rules():
    tables, params = make_market(70), make_params()
    pooled = training_extract(market_of(make_market(600), params, AS_OF))
    model, features = _fit(tables, params, read_pooled=lambda: pooled)
    assert (model.origin, model.estimator) == ("rules", None)
    assert "a model needs 40 of each" in model.choice
    assert np.isnan(predict_probability(model, features.frame)).all()


def test_between_the_better_of_own_and_pooled_is_taken_and_said():
    params = make_params()
    tables = make_market(200, seed=5)
    same = training_extract(market_of(make_market(800, seed=9), params, AS_OF))
    # other markets where a phone means the opposite: the market's own model must win
    opposite = training_extract(market_of(make_market(2000, seed=9, phone_effect=-4.0), params, AS_OF))
    for extracts, expected in ((opposite, "own"), (same, None)):
        model, _ = _fit(tables, params, read_pooled=extracts.copy)
        assert set(model.comparison["option"]) == {"own", "pooled"}
        best = model.comparison.set_index("option")["auc"].idxmax()
        assert model.origin == best
        assert expected in (None, model.origin)
        assert "AUC on the newest 40 verdicts" in model.choice


def test_own_and_pooled_are_compared_by_what_was_known_when_the_newest_leads_arrived(monkeypatch):
    params, taught = make_params(), []

    def spy(train: pd.DataFrame, *rest: object) -> Estimator:
        taught.append(train)
        return fit_estimator(train, *rest)

    monkeypatch.setattr("leadsmart.classification.estimation.model.fit_estimator", spy)
    tables = make_market(200, seed=5)
    pooled = training_extract(market_of(make_market(800, seed=9), params, AS_OF))
    dataset = make_dataset(tables, params)
    # every second verdict took two months, so that the newest leads came before many verdicts on older ones
    labels = dataset.labels
    labels["labelled_at"] += pd.Timedelta(days=60) * (np.arange(len(labels)) % 2)
    fit_market_model(dataset, lambda: pooled)
    leads = dataset.labelled
    leads = leads[leads["labelled_at"] <= end_of_day(AS_OF, params.timezone)]
    start = leads["arrived_at"].iloc[int(0.8 * len(leads))]
    own_then = next(train for train in taught if "lead_id" in train)
    assert set(own_then["lead_id"]) == set(leads.loc[leads["labelled_at"] <= start, "lead_id"])


@pytest.mark.parametrize(("leads", "reads"), [(70, 0), (200, 1), (600, 0)], ids=["rules", "compared", "own"])
def test_other_markets_are_read_only_where_the_market_s_own_labels_leave_it_open(leads, reads):
    params, read = make_params(), []

    def read_pooled() -> pd.DataFrame:
        read.append(1)
        return training_extract(market_of(make_market(200, seed=9), params, AS_OF))

    _fit(make_market(leads, seed=5), params, read_pooled=read_pooled)
    assert len(read) == reads


def test_without_a_pooled_model_a_small_market_keeps_its_own():
    model, _ = _fit(make_market(200, seed=5), make_params())
    assert model.origin == "own"


def test_a_model_at_a_cutoff_knows_only_what_was_known_then():
    tables, params = make_market(600), make_params()
    cutoff = moment("2024-09-01")
    model, features = _fit(tables, params, cutoff=cutoff)
    labels = label_leads(market_of(tables, params, AS_OF))
    known = labels[(labels["arrived_at"] < cutoff) & (labels["labelled_at"] <= cutoff)]
    assert model.n_qualified + model.n_disqualified == len(known)
    assert model.period[1] < cutoff
    # the same model comes out if nothing later had ever happened
    earlier = labels[labels["arrived_at"] < cutoff].copy()
    earlier.loc[earlier["labelled_at"] > cutoff, "label"] = np.nan
    again = fit_market_model(replace(make_dataset(tables, params), labels=earlier), cutoff=cutoff)
    np.testing.assert_array_equal(
        predict_probability(model, features.frame), predict_probability(again, features.frame)
    )


def test_a_training_extract_holds_no_ids_and_survives_parquet(tmp_path):
    params = make_params()
    extract = training_extract(market_of(make_market(300), params, AS_OF))
    assert not {"lead_id", "user_id", "campaign_id"} & set(extract.columns)
    assert not [c for c in extract.columns if "hash" in c]
    path = tmp_path / "extract.parquet"
    extract.to_parquet(path)
    pd.testing.assert_frame_equal(pd.read_parquet(path), extract)


def test_the_pooled_model_scores_markets_with_other_columns():
    params = make_params()
    first = training_extract(market_of(make_market(400), params, AS_OF))
    other = make_market(400, seed=3)
    leads = other.leads.assign(message="I want a price", form_budget=["5M", "8M"] * 200)
    second = training_extract(market_of(other._replace(leads=leads), params, AS_OF)).assign(market="gulf")
    pooled = fit_pooled_model(
        pd.concat([first, second], ignore_index=True), moment("2025-01-01"), params.seed, params.target
    )
    frame = build_features(market_of(make_market(50, seed=4), params, AS_OF)).frame
    assert np.isfinite(predict_probability(pooled, frame)).all()


def test_a_pooled_model_without_labels_says_what_is_missing():
    params = make_params()
    with pytest.raises(ModelError, match="40 labels of each kind"):
        fit_pooled_model(
            training_extract(market_of(make_market(60), params, AS_OF)),
            moment("2025-01-01"),
            params.seed,
            params.target,
        )


def test_training_needs_both_kinds():
    frame = pd.DataFrame({"label": [1.0] * 5})
    with pytest.raises(ModelError, match="both kinds"):
        fit_estimator(frame, (), seed=1)


def test_an_order_that_turns_round_later_gives_everybody_the_same_score():
    tables, params = make_market(600), make_params()
    leads = make_dataset(tables, params).labelled
    late = np.arange(600) >= 480
    leads.loc[late, "label"] = 1 - leads.loc[late, "label"]
    spec = FeatureSpec("is_phone_valid", "flag", "arrival", "phone", "valid phone|no valid phone")
    estimator = fit_estimator(leads, (spec,), seed=1, kind="logistic regression")
    assert estimator.slope == 0.0
    assert predict(estimator, leads) == pytest.approx((leads.loc[late, "label"].sum() + 1) / 122)


def test_two_fits_are_the_same_and_so_are_their_files(fitted, tmp_path):
    model, features = fitted
    again, _ = _fit(make_market(600), make_params())
    save_model(model, tmp_path / "a.skops")
    save_model(again, tmp_path / "b.skops")
    assert (tmp_path / "a.skops").read_bytes() == (tmp_path / "b.skops").read_bytes()
    loaded = load_model(tmp_path / "a.skops")
    np.testing.assert_array_equal(
        predict_probability(loaded, features.frame), predict_probability(model, features.frame)
    )
    assert (loaded.cutoff, loaded.period, loaded.specs) == (model.cutoff, model.period, model.specs)


def test_rules_can_be_saved_too(tmp_path):
    model, _ = _fit(make_market(30), make_params())
    save_model(model, tmp_path / "m.skops")
    assert load_model(tmp_path / "m.skops").choice == model.choice


def test_a_file_that_is_no_model_is_refused(tmp_path):
    (tmp_path / "m.skops").write_bytes(b"not a model")
    for name in ("m.skops", "absent.skops"):
        with pytest.raises(ModelError, match="Run the market's classification again"):
            load_model(tmp_path / name)


@pytest.mark.parametrize(
    "content",
    [
        [],
        {"format": 3},
        {"format": 3, "facts": "{", "classifier": None, "text": None, "intents": None},
        {"format": 3, "facts": "{}", "classifier": None, "text": None, "intents": None},
        {"format": 3, "facts": "[1]", "classifier": None, "text": None, "intents": None},
        {"format": 3, "facts": 7, "classifier": None, "text": None, "intents": None},
        {
            "format": 3,
            "facts": '{"estimator": {"encoder": {"x": 1}}}',
            "classifier": 1,
            "text": {},
            "intents": [],
        },
    ],
)
def test_forged_models_are_refused_as_such(tmp_path, content):
    (tmp_path / "m.skops").write_bytes(skops.io.dumps(content))
    with pytest.raises(ModelError, match="Run the market's classification again"):
        load_model(tmp_path / "m.skops")


def test_forged_intents_are_refused_as_such(tmp_path):
    (tmp_path / "m.skops").write_bytes(skops.io.dumps({"format": 3, "text": {"terms": 7}}))
    with pytest.raises(ModelError, match="can be trusted"):
        load_intents(tmp_path / "m.skops")


def test_a_cut_or_changed_model_is_refused_or_whole(tmp_path):
    model, _ = _fit(make_market(30), make_params())
    save_model(model, tmp_path / "m.skops")
    data = (tmp_path / "m.skops").read_bytes()
    for at in range(0, len(data), max(1, len(data) // 8)):
        for forged in (data[:at], data[:at] + bytes([data[at] ^ 0xFF]) + data[at + 1 :]):
            (tmp_path / "m.skops").write_bytes(forged)
            with contextlib.suppress(ModelError):
                assert load_model(tmp_path / "m.skops").choice == model.choice


def test_boosting_can_be_saved_and_orders_leads(tmp_path):
    tables, params = make_market(600), make_params()
    leads = make_dataset(tables, params).labelled
    specs = build_features(market_of(tables, params, AS_OF)).specs
    estimator = fit_estimator(leads.iloc[:480], specs, params.seed, kind="gradient boosting")
    assert auc(leads["label"].to_numpy()[480:], predict(estimator, leads.iloc[480:])) > 0.65


def test_one_lead_market_is_no_error():
    model, _ = _fit(make_tables([make_lead("1", "2024-07-01")]), make_params())
    assert model.origin == "rules"


def test_boosting_is_chosen_only_where_it_is_better_beyond_chance():
    rng = np.random.default_rng(1)
    left, right = rng.integers(0, 2, (2, 1000))
    specs = tuple(
        FeatureSpec(name, "flag", "arrival", name, f"{name}|not {name}") for name in ("left", "right")
    )
    leads = pd.DataFrame({"left": left.astype(float), "right": right.astype(float)})
    # what counts is whether the two agree, which no sum of them says
    either = fit_estimator(leads.assign(label=(left != right).astype(float)), specs, seed=1)
    assert (either.kind, either.trials["is_better"].tolist()) == ("gradient boosting", [False, True])
    chance = rng.permutation((left != right).astype(float))
    assert fit_estimator(leads.assign(label=chance), specs, seed=1).kind == "logistic regression"
