"""Nobody's name, e-mail or phone is in a model file, a vocabulary, a card or a score, however often they were written."""

import csv
import datetime as dt
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from classification.builders_classification import make_dataset, make_params
from cleaning.builders_cleaning import KEY
from report.builders_report import PEOPLE
from report.test_privacy import find_contacts

from leadsmart.classification.estimation.model import fit_market_model
from leadsmart.classification.intents import fit_message_intents, predict_intents
from leadsmart.classification.judging.card import model_card
from leadsmart.classification.judging.evaluation import evaluate_model
from leadsmart.classification.scoring import score_open_leads
from leadsmart.classification.storage import save_intents, save_model
from leadsmart.classification.texts.text import fit_text, normalise_texts
from leadsmart.cleaning.clean import clean_slice
from leadsmart.cleaning.reading.split import split_export
from leadsmart.sample import write_sample
from leadsmart.vocabulary import USE_PROBABILITY

MARKET, AS_OF = "new-cairo", dt.date(2024, 12, 31)
#: More leads of each planted person than a term or a level needs, each with a phone of its own.
COPIES = 15


def planted_rows(campaign: str) -> list[list[str]]:
    """Leads who write their name and contacts into every field, all with verdicts or labels that would teach them."""
    rows = []
    for index, person in enumerate(PEOPLE):
        for copy in range(COPIES):
            number = f"{index:02d}{copy:02d}"
            status = ("QUALIFIED", "NOT_QUALIFIED", "NEW_LEAD")[copy % 3]
            message = f"{person.name} here, {person.email} / {person.phone}. I am {person.name.lower()}"
            answer = f"{person.name}, {person.phone}"
            rows.append(
                [
                    f"9900{number}", campaign, person.name, f"p{number}@gmail.com", f"+20111777{number}", status,
                    "2024-11-02 10:00:00", message, answer, answer, person.email, "buy",
                ]
            )  # fmt: skip
    return rows


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, pd.DataFrame, object, object]:
    """All that the classifier writes of a market with planted people; its clean leads and both text models."""
    folder = tmp_path_factory.mktemp("privacy")
    write_sample(folder / "export", leads=6_000, seed=4)
    lookup = pd.read_csv(folder / "export" / "project_markets.csv", dtype="str")
    projects = lookup.loc[
        lookup["market"].str.strip().str.casefold().isin([MARKET, "new cairo"]), "project_name"
    ]
    campaigns = pd.read_csv(folder / "export" / "campaigns.csv", dtype="str")
    campaign = campaigns.loc[campaigns["project_name"].isin(projects), "id"].iloc[0]
    with (folder / "export" / "campaign_leads.csv").open("a", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(planted_rows(campaign))
    params = make_params()
    tables = clean_slice(
        split_export(folder / "export", folder / "cache", {MARKET: params}), MARKET, params, KEY
    ).tables
    dataset = make_dataset(tables, params)
    model = fit_market_model(dataset)
    intents = fit_message_intents(dataset)
    evaluation = evaluate_model(dataset, has_comparison=False)
    scored = score_open_leads(model, dataset, USE_PROBABILITY)
    out = folder / "written"
    out.mkdir()
    save_model(model, out / "model.skops")
    save_intents(intents.model, out / "message_intents.skops")
    card = json.dumps(model_card(model, evaluation, dataset), ensure_ascii=False)
    (out / "card.json").write_text(card, encoding="utf-8")
    scored.to_csv(out / "scored_leads.csv", index=False)
    predicted = predict_intents(intents.model, dataset.features, scored["lead_id"])
    predicted.to_csv(out / "open_message_intents.csv", index=False)
    return out, tables.leads, model, intents


def terms_of(classifier) -> set[str]:
    return {term for vocabulary in classifier.vocabularies for term in vocabulary.terms}


def pieces_of_people() -> set[str]:
    """Pieces of four and five letters that only the planted people's names and addresses have."""
    words = " ".join(f"{p.name} {p.email.replace('@', ' ').replace('.', ' ')}" for p in PEOPLE)
    texts = normalise_texts([words])[0].split()
    return {w[i : i + n] for w in texts for n in (4, 5) for i in range(len(w) - n + 1)}


def test_the_planted_people_are_among_those_it_learned_from(written):
    out, leads, model, intents = written
    planted = leads[leads["lead_id"].str.startswith("9900")]
    assert len(planted) == COPIES * len(PEOPLE)
    assert planted["message"].str.contains("[name]", regex=False).all()
    assert (
        model.estimator.text is not None and model.intent_classifier is not None and intents.model is not None
    )
    assert {p.name for p in out.iterdir()} == {
        "model.skops", "message_intents.skops", "card.json", "scored_leads.csv", "open_message_intents.csv",
    }  # fmt: skip


def test_no_contact_is_in_any_file(written):
    assert find_contacts(written[0]) == []


def test_no_piece_of_a_name_is_in_a_vocabulary(written):
    _, leads, model, intents = written
    others = leads.loc[~leads["lead_id"].str.startswith("9900"), "message"].dropna()
    usual = " ".join(normalise_texts(others.tolist()))
    own = {piece for piece in pieces_of_people() if piece not in usual}
    assert len(own) > 100
    for classifier in (model.estimator.text, model.intent_classifier, intents.model):
        assert own & {term.strip() for term in terms_of(classifier)} == set()


def test_without_cleaning_the_search_would_find_them(tmp_path):
    messages = normalise_texts([row[7] for row in planted_rows("1")] + ["I want to buy"] * 20)
    labels = np.array(["a"] * (len(messages) - 20) + ["b"] * 20)
    model = fit_text(messages, labels, np.full(len(messages), True))
    save_intents(model, tmp_path / "m.skops")
    assert find_contacts(tmp_path)
    assert pieces_of_people() & terms_of(model)
