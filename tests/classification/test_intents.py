import numpy as np
import pandas as pd
import pytest
from classification.builders_classification import make_dataset, make_market, make_params

from leadsmart.classification.intents import fit_message_intents, predict_intents
from leadsmart.classification.storage import load_intents, save_intents
from leadsmart.classification.texts.text import NEEDS_REVIEW
from leadsmart.sample import sample_market

WORDINGS = {
    "buy": ["I want to buy a villa", "ready to buy a flat now", "we buy this month"],
    "job": ["any job for a broker", "looking for work in sales", "where do I send my cv"],
}


def make_messages(n=600, labelled=0.5, noise=0.0, seed=3):
    """Leads of a market with messages of two intents; some have a label."""
    rng = np.random.default_rng(seed)
    intent = rng.choice(list(WORDINGS), n)
    message = [WORDINGS[i][k] for i, k in zip(intent, rng.integers(3, size=n), strict=True)]
    said = np.where(rng.random(n) < noise, rng.permutation(intent), intent)
    label = pd.Series(said, dtype="str").where(rng.random(n) < labelled)
    tables = make_market(n)
    return tables._replace(leads=tables.leads.assign(message=message, message_intent=label.to_numpy()))


def fit(tables, **changes):
    params = make_params(**changes)
    dataset = make_dataset(tables, params)
    return fit_message_intents(dataset), dataset.features


def test_intents_are_learned_and_judged_on_the_newest_labels():
    tables = make_messages()
    found, features = fit(tables)
    labelled = int(tables.leads["message_intent"].notna().sum())
    assert set(found.table["message_intent"]) == {"buy", "job"}
    assert found.table["labelled"].is_monotonic_decreasing
    assert found.table["labelled"].sum() == labelled
    assert found.table["tested"].sum() == labelled - int(0.8 * labelled)
    assert (found.table[["recall", "precision"]] == 1.0).all().all()
    predicted = predict_intents(found.model, features, pd.Series(["l00007", "l00003"]))
    assert predicted["lead_id"].tolist() == ["l00007", "l00003"]
    truth = tables.leads.set_index("lead_id")["message"].map(
        lambda m: "job" if m in WORDINGS["job"] else "buy"
    )
    assert predicted["message_intent"].tolist() == truth[["l00007", "l00003"]].tolist()


def test_the_label_is_no_feature():
    _, features = fit(make_messages())
    assert "message_intent" not in features.frame
    assert "message_intent" not in {s.field for s in features.specs}


def test_a_strange_message_needs_review_and_an_empty_one_gets_no_answer():
    tables = make_messages()
    tables.leads.loc[4, "message"] = "zzz qqq"
    tables.leads.loc[5, "message"] = None
    found, features = fit(tables)
    predicted = predict_intents(found.model, features, tables.leads["lead_id"].iloc[4:7])
    assert predicted["lead_id"].tolist() == ["l00004", "l00006"]
    assert predicted["message_intent"].iloc[0] == NEEDS_REVIEW


@pytest.mark.parametrize(
    ("change", "part"),
    [
        (lambda leads: leads.drop(columns="message"), "no messages"),
        (lambda leads: leads.drop(columns="message_intent"), "0 are labelled, and it takes 20 of each"),
        (
            lambda leads: leads.assign(message_intent=leads["message_intent"].where(leads.index < 30)),
            "are labelled",
        ),
        (lambda leads: leads.assign(message_intent="buy"), "20 of each of two intents"),
    ],
)
def test_without_enough_labels_one_sentence_says_what_would_do(change, part):
    tables = make_messages()
    found, _ = fit(tables._replace(leads=change(tables.leads)))
    assert found.model is None and found.table.empty
    assert part in found.sentence


def test_labels_dealt_out_at_random_teach_nothing():
    found, _ = fit(make_messages(noise=1.0))
    assert found.model is None
    assert "not better beyond doubt" in found.sentence


def test_a_rare_label_is_left_out():
    tables = make_messages()
    tables.leads.loc[:10, "message_intent"] = "visit"
    assert "visit" not in fit(tables)[0].table["message_intent"].tolist()


def test_the_classifier_survives_its_file(tmp_path):
    found, features = fit(make_messages())
    save_intents(found.model, tmp_path / "m.skops")
    again = load_intents(tmp_path / "m.skops")
    ids = features.frame["lead_id"]
    pd.testing.assert_frame_equal(
        predict_intents(again, features, ids), predict_intents(found.model, features, ids)
    )
    first = (tmp_path / "m.skops").read_bytes()
    save_intents(found.model, tmp_path / "m.skops")
    assert (tmp_path / "m.skops").read_bytes() == first


def test_the_sample_s_intents_are_recovered():
    tables, truth = sample_market("new-cairo", leads=8_000)
    found, features = fit(tables)
    ids = tables.leads.loc[tables.leads["message_intent"].isna() & tables.leads["message"].notna(), "lead_id"]
    predicted = predict_intents(found.model, features, ids)
    right = (
        predicted["message_intent"].to_numpy()
        == truth.leads["intent"].str.replace("_", " ")[predicted["lead_id"]].to_numpy()
    )
    answered = predicted["message_intent"] != NEEDS_REVIEW
    assert answered.mean() > 0.9
    assert right[answered].mean() > 0.95
