"""Form fields that were written after the arrival are named by what they are; honest ones are not."""

import datetime as dt
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from classification.builders_classification import make_params

from leadsmart.classification.estimation.dataset import build_dataset, training_extract
from leadsmart.classification.estimation.leaks import find_leaks, leaks_table
from leadsmart.classification.estimation.model import fit_market_model
from leadsmart.classification.features.feature_catalogue import MISSING
from leadsmart.classification.features.features import build_features
from leadsmart.classification.features.labels import label_leads
from leadsmart.classification.judging.card import model_card
from leadsmart.classification.judging.evaluation import evaluate_model
from leadsmart.classification.scoring import open_scorer, score_arrivals
from leadsmart.classification.storage import load_model, save_model
from leadsmart.market import Market
from leadsmart.sample import sample_market_tables
from leadsmart.vocabulary import CHANGED_ANSWERS, MODEL_READY, UNTOUCHED_STATUSES, USE_ORDER

AS_OF = dt.date(2024, 12, 31)
STAFF = ("Mona Sabry", "Omar Nasr", "Heba Adel", "Karim Zaki")


@pytest.fixture(scope="module")
def market():
    """A market of the sample, whose form asks for budget and kind of unit."""
    return Market.at(sample_market_tables("west-cairo", seed=7), make_params(), AS_OF)


@pytest.fixture(scope="module")
def leads(market):
    labels = label_leads(market).set_index("lead_id")["label"]
    found = market.tables.leads.set_index("lead_id", drop=False)
    return found.assign(label=labels, is_touched=~found["lead_status"].isin(UNTOUCHED_STATUSES))


def choose(leads, values, seed=1):
    chosen = np.random.default_rng(seed).choice(values, size=len(leads))
    return pd.Series(chosen, index=leads.index, dtype="str")


def shuffled(values, share, seed=2):
    """The values with a share of them drawn anew from among them."""
    rng = np.random.default_rng(seed)
    anew = pd.Series(rng.permutation(values.to_numpy()), index=values.index)
    return values.where(rng.random(len(values)) > share, anew)


def with_field(market, values, **more):
    leads = market.tables.leads.assign(
        form_planted=pd.array(values.to_numpy(dtype=object), dtype="str"), **more
    )
    return Market(market.tables._replace(leads=leads), market.params)


def find(market):
    return {
        leak.column: leak.kind for leak in find_leaks(market, build_features(market), label_leads(market))
    }


@pytest.fixture(scope="module")
def find_planted(market):
    """Finds leaks among the market's fields and one more, with features that are built once."""
    features, labels = build_features(market), label_leads(market)

    def find_them(values, **more):
        planted = with_field(market, values, **more)
        answers = values.reindex(features.frame["lead_id"]).fillna(MISSING).astype("str").array
        frame = features.frame.assign(form_planted=answers)
        return {
            leak.column: leak.kind for leak in find_leaks(planted, replace(features, frame=frame), labels)
        }

    return find_them


PLANTED = {
    "filled after the verdict": (
        lambda leads: choose(leads, ["a", "b", "c"]).where(leads["label"].notna()),
        "filled after the status moved",
    ),
    "filled once touched, with slips": (
        lambda leads: choose(leads, ["a", "b"]).where(
            leads["is_touched"] ^ (np.random.default_rng(3).random(len(leads)) < 0.1)
        ),
        "filled after the status moved",
    ),
    "a reason of half the losses": (
        lambda leads: choose(leads, ["price", "place"]).where(
            leads["label"].eq(0) & (np.random.default_rng(4).random(len(leads)) < 0.5)
        ),
        "one outcome per value",
    ),
    "the stage of half the wins": (
        lambda leads: choose(leads, ["lead"]).mask(
            leads["label"].eq(1) & (np.random.default_rng(5).random(len(leads)) < 0.5), "won"
        ),
        "one outcome per value",
    ),
    "a copy of the status with noise": (lambda leads: shuffled(leads["lead_status"], 0.3), "tells the outcome"),
    "a copy with much noise": (lambda leads: shuffled(leads["lead_status"], 0.75), "tells the status"),
    "a running number": (
        lambda leads: leads["arrived_at"].rank().add(10_000).astype(int).astype(str),
        "tells the time",
    ),
    "a batch of the week": (
        lambda leads: leads["arrived_at"].dt.isocalendar().week.map(lambda week: f"{chr(97 + week % 26)}{week // 26}x"),
        "tells the time",
    ),
    "a salesperson": (lambda leads: choose(leads, STAFF), "a staff name"),
}  # fmt: skip


@pytest.mark.parametrize("planted", PLANTED)
def test_a_planted_leak_is_named_by_its_kind(find_planted, leads, planted):
    plant, kind = PLANTED[planted]
    assert find_planted(plant(leads)) == {"form_planted": kind}


def test_an_answer_that_changes_between_exports_is_a_leak(find_planted, leads):
    changed = pd.Series(None, index=leads.index, dtype="str")
    changed.iloc[:200] = ""
    changed.iloc[:5] = "form_planted"
    answers = choose(leads, ["a", "b"])
    found = find_planted(answers, **{CHANGED_ANSWERS: changed.array})
    assert found == {"form_planted": "changed between exports"}
    changed.iloc[2:5] = ""
    assert find_planted(answers, **{CHANGED_ANSWERS: changed.array}) == {}


def honest(leads, strength, seed=8):
    """Answers whose hidden scale lies higher by `strength` standard deviations where sales qualify."""
    rng = np.random.default_rng(seed)
    scale = rng.normal(size=len(leads)) + strength * leads["label"].fillna(0.5)
    return pd.Series(
        pd.cut(scale, [-9, -0.5, 0.5, 1.5, 9], labels=["now", "soon", "later", "never"]), dtype="str"
    )


HONEST = {
    "noise of two values": lambda leads: choose(leads, ["a", "b"]),
    "noise of a hundred values": lambda leads: choose(leads, [f"v{i}" for i in range(100)]),
    "often missing": lambda leads: choose(leads, ["a", "b"]).where(np.random.default_rng(3).random(len(leads)) < 0.3),
    "predictive": lambda leads: honest(leads, 0.6),
    "asked until autumn": lambda leads: choose(leads, ["a", "b"]).where(leads["arrived_at"] < "2024-10-01"),
    "asked since autumn": lambda leads: choose(leads, ["a", "b"]).where(leads["arrived_at"] >= "2024-10-01"),
    "asked by some campaigns": lambda leads: choose(leads, ["a", "b"]).where(
        leads["campaign_id"].str[-1].isin(list("02468"))
    ),
    "worded anew": lambda leads: choose(leads, ["a", "b"]).mask(
        leads["arrived_at"] >= "2024-10-01", choose(leads, ["A", "B"])
    ),
    "the campaign": lambda leads: leads["campaign_id"].map(lambda text: "".join(chr(97 + int(d)) for d in text)),
    "called first where given": lambda leads: choose(leads, ["a", "b"]).where(
        np.random.default_rng(3).random(len(leads)) < np.where(leads["is_touched"], 0.75, 0.6)
    ),
}  # fmt: skip


@pytest.mark.parametrize("answer", HONEST)
def test_an_honest_field_is_no_leak(find_planted, leads, answer):
    assert find_planted(HONEST[answer](leads)) == {}


@pytest.fixture(scope="module")
def leaking(market, leads):
    plant, _ = PLANTED["a copy of the status with noise"]
    return with_field(market, plant(leads))


def test_the_score_is_what_it_was_without_the_leak_and_never_ready(market, leaking):
    dataset = build_dataset(leaking)
    clean = evaluate_model(build_dataset(market), has_comparison=False)
    found = evaluate_model(dataset, has_comparison=False)
    pd.testing.assert_frame_equal(found.figures, clean.figures)
    assert found.suspects == ("form_planted",)
    assert found.verdict.verdict != MODEL_READY
    card = model_card(found.model, found, dataset)
    (leak,) = card["leaks"]
    assert (leak["field"], leak["kind"]) == ("planted", "tells the outcome")
    assert "AUC" in leak["evidence"]
    assert "form_planted" not in {spec["name"] for spec in card["features"]}
    assert leaks_table(dataset.leaks)["field"].tolist() == ["planted"]


def test_new_leads_are_scored_without_the_leak(market, leaking, tmp_path):
    model = fit_market_model(build_dataset(leaking))
    save_model(model, tmp_path / "model.skops")
    stored = load_model(tmp_path / "model.skops")
    assert stored.leaks == ("form_planted",)
    arrivals = leaking.tables.leads.tail(20)
    with_leak = score_arrivals(open_scorer(stored, leaking, USE_ORDER), arrivals)
    without = score_arrivals(open_scorer(stored, market, USE_ORDER), arrivals.drop(columns="form_planted"))
    pd.testing.assert_frame_equal(with_leak, without)


def test_an_extract_says_what_no_market_may_learn_from(leaking):
    extract = training_extract(leaking)
    assert extract["leaks"].unique().tolist() == ["form_planted"]
    assert "form_planted" not in extract


def check_seeds(seeds):
    """Leaks that are found among the honest fields of the sample."""
    alarms = []
    params = make_params()
    for seed in seeds:
        for name in ("new-cairo", "west-cairo", "red-sea", "mostakbal-city"):
            market = Market.at(sample_market_tables(name, seed=seed), params, AS_OF)
            alarms += [(seed, name, *leak) for leak in find(market).items()]
    return alarms


def test_no_false_alarm_on_honest_fields():
    assert check_seeds([15]) == []


@pytest.mark.slow
def test_no_false_alarm_on_honest_fields_of_fifty_seeds():
    assert check_seeds(range(1, 51)) == []
