import pandas as pd
import pytest
from builders_market import market_of
from classification.builders_classification import AS_OF, make_dataset, make_params
from classification.test_intents import make_messages

from leadsmart.classification.estimation.model import fit_market_model
from leadsmart.classification.features.features import build_features
from leadsmart.classification.scoring import score_new_leads
from leadsmart.classification.storage import load_model, save_model
from leadsmart.classification.texts.walk_forward import FIRST_LABELLED, UNCLEAR, predict_forward
from leadsmart.vocabulary import USE_PROBABILITY

WORDS = {"buy": "i want to buy", "job": "any job for me"}


def _predict(intents, labels, days=None):
    """A message per intent, one a day unless days are given; what it was predicted to ask for."""
    days = range(len(intents)) if days is None else days
    arrived = pd.Timestamp("2024-06-01") + pd.to_timedelta(pd.Series(list(days)), unit="D")
    messages = pd.Series([WORDS.get(i, "") for i in intents], dtype="str")
    every = pd.Series(True, index=messages.index)
    return predict_forward(messages, pd.Series(labels, dtype="str"), arrived, every)


def test_a_message_is_predicted_from_those_that_were_labelled_before_it_came():
    intents = ["buy", "job"] * (FIRST_LABELLED // 2) + ["job", "buy"]
    asks, classifier = _predict(intents, intents)
    assert set(asks[:FIRST_LABELLED]) == {UNCLEAR}
    assert asks[FIRST_LABELLED:] == ["job", "buy"]
    assert classifier is not None


def test_a_message_of_the_same_moment_is_not_before():
    intents = ["buy", "job"] * (FIRST_LABELLED // 2) + ["job", "buy"]
    asks, _ = _predict(intents, intents, [*range(FIRST_LABELLED), FIRST_LABELLED - 1, FIRST_LABELLED])
    assert asks[FIRST_LABELLED:] == [UNCLEAR, "buy"]


def test_what_was_learned_is_learned_anew_when_the_labelled_have_doubled():
    intents = ["buy", "job"] * (2 * FIRST_LABELLED) + ["job"]
    # after the first hundred, whoever labels says "visit" where it said "job"
    labels = [i if n < FIRST_LABELLED or i == "buy" else "visit" for n, i in enumerate(intents)]
    asks, _ = _predict(intents, labels)
    assert asks[FIRST_LABELLED + 1] == "job"
    assert asks[-1] == "visit"


@pytest.mark.parametrize("labels", [["buy"] * 200, [None] * 200, ["buy"] * 185 + ["job"] * 15])
def test_without_labels_enough_of_two_intents_nothing_is_predicted(labels):
    asks, classifier = _predict(["buy"] * 185 + ["job"] * 15, labels)
    assert set(asks) == {UNCLEAR}
    assert classifier is None


def test_later_labels_change_no_feature():
    tables = make_messages()
    features = build_features(market_of(tables, make_params(), AS_OF))
    assert set(features.frame["message_asks"]) == {UNCLEAR, "buy", "job"}
    cut = features.frame["arrived_at"].iloc[450]
    earlier = tables._replace(
        leads=tables.leads[tables.leads["arrived_at"] <= cut],
        status_events=tables.status_events[tables.status_events["changed_at"] <= cut],
    )
    before = build_features(market_of(earlier, make_params(), AS_OF)).frame
    pd.testing.assert_frame_equal(before, features.frame.iloc[: len(before)])


def test_what_a_message_asks_for_belongs_to_the_field_message():
    features = build_features(market_of(make_messages(), make_params(), AS_OF))
    assert [s.field for s in features.specs if s.name == "message_asks"] == ["message"]


def test_a_market_without_labelled_messages_has_no_such_feature():
    features = build_features(market_of(make_messages(labelled=0.0), make_params(), AS_OF))
    assert "message_asks" not in features.frame
    assert features.intent_classifier is None


def test_intents_of_new_leads_are_predicted_by_the_model_s_own_classifier(tmp_path):
    tables, params = make_messages(labelled=1.0), make_params()
    # who looks for a job is never qualified
    asks_job = tables.leads["message"].str.contains("job|work|cv")
    status = asks_job.map({True: "NOT_QUALIFIED", False: "QUALIFIED"}).astype("str")
    events = tables.status_events.assign(
        status=tables.status_events["lead_id"].map(dict(zip(tables.leads["lead_id"], status, strict=True)))
    )
    tables = tables._replace(leads=tables.leads.assign(lead_status=status), status_events=events)
    dataset = make_dataset(tables, params)
    model = fit_market_model(dataset)
    save_model(model, tmp_path / "m.skops")
    new = tables.leads.iloc[-2:].assign(
        lead_id=["n1", "n2"], message=["I want to buy a villa", "any job for a broker"], lead_status="NEW_LEAD",
        message_intent=pd.array([None, None], dtype="str"),
    )  # fmt: skip
    scored = score_new_leads(
        load_model(tmp_path / "m.skops"), new, market_of(tables, params), USE_PROBABILITY
    )
    assert scored["lead_id"].tolist() == ["n1", "n2"]
    assert "message asks for: buy" in scored["reasons"].iloc[0]
    assert "message asks for: job" in scored["reasons"].iloc[1]
