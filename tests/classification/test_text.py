import numpy as np
import pytest
from classification.builders_classification import make_dataset, make_market, make_params
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import FeatureUnion

from leadsmart.classification.estimation.model import fit_market_model
from leadsmart.classification.storage import save_model
from leadsmart.classification.texts.text import (
    classify_texts,
    fit_text,
    normalise_texts,
    review_threshold,
    text_scores,
)
from leadsmart.errors import ModelError

BUY, JOB = "I want to buy a flat", "any job for an agent"


def _texts(n=10):
    return normalise_texts([BUY, JOB] * n), np.array(["buy", "job"] * n)


def _fit(texts, labels, is_first=None, **options):
    return fit_text(
        texts, np.array(labels), np.full(len(texts), True) if is_first is None else is_first, **options
    )


def test_spellings_of_arabic_letters_are_one():
    assert len(set(normalise_texts(["شقَّة", "شقه"]))) == 1
    assert len(set(normalise_texts(["أحمد إلى", "احمد الي"]))) == 1


def test_a_token_with_a_digit_never_reaches_the_vocabulary():
    assert normalise_texts(["call +201001234567 or a1@b.com"]) == ["call or"]
    assert normalise_texts(["٠١٠٠١٢٣٤٥٦٧ اتصل"]) == ["اتصل"]


def test_a_term_needs_five_different_leads():
    texts = normalise_texts([BUY] * 6 + [JOB] * 6 + ["ask for Nermeen"] * 4 + ["ask someone"])
    words = _fit(texts, ["a", "b"] * 8 + ["b"]).vocabularies[0].terms
    assert "ask" in words
    assert "nermeen" not in words


def test_five_leads_of_one_person_are_one():
    texts = normalise_texts([BUY] * 6 + [JOB] * 6 + ["ask for Nermeen"] * 6)
    words = _fit(texts, ["a", "b"] * 9, np.arange(18) < 13).vocabularies[0].terms
    assert "nermeen" not in words


def test_below_the_threshold_an_answer_needs_review():
    texts, labels = _texts()
    model = _fit(texts, labels, threshold=0.6)
    answers = classify_texts(model, normalise_texts([BUY, "zzz"]))
    assert answers.answer.tolist() == ["buy", "needs review"]


def test_the_threshold_keeps_the_asked_share():
    confidence = np.linspace(0.01, 1, 100)
    assert (confidence >= review_threshold(confidence, keep=0.95)).mean() == 0.95


def test_an_empty_message_scores_nothing_and_equal_messages_the_same():
    texts, labels = _texts()
    scores = text_scores(_fit(texts, labels == "buy"), ["", texts[0], texts[1], texts[0]])
    assert np.isnan(scores[0])
    assert scores[1] == scores[3] > 0 > scores[2]


def test_scores_added_up_term_by_term_are_those_of_scikit_learn():
    words = np.array(["price", "visit", "buy", "job", "agent", "شقه", "سعر", "big", "house", "now"])
    rng = np.random.default_rng(3)
    texts = [" ".join(rng.choice(words, rng.integers(1, 9))) for _ in range(200)]
    labels, is_first = rng.integers(0, 2, 200), rng.random(200) < 0.8
    # each text is split into terms once in a process, and the order in which that happened counts for nothing
    _fit(texts[::-1], labels)
    model = _fit(texts, labels, is_first)
    asked = [*texts, "unknown", "price price price", "x"]
    shared = {"min_df": 5, "sublinear_tf": True, "lowercase": False, "dtype": np.float32}
    encoder = FeatureUnion(
        [
            ("words", TfidfVectorizer(ngram_range=(1, 2), token_pattern=r"\w\w+", **shared)),
            ("letters", TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), **shared)),
        ],
        transformer_weights={"letters": 2.0},
    ).fit([t for t, counts in zip(texts, is_first, strict=True) if counts])
    trained = LogisticRegression(C=10.0, max_iter=500).fit(encoder.transform(texts), labels)
    np.testing.assert_array_equal(model.classifier.coef_, trained.coef_)
    wanted = trained.decision_function(encoder.transform(asked))
    # scikit-learn counts in single precision
    assert text_scores(model, asked) == pytest.approx(wanted, abs=1e-4)
    assert np.ptp(wanted) > 1


def test_one_class_or_no_common_term_is_an_error_that_says_what_to_do():
    texts, _ = _texts()
    with pytest.raises(ModelError, match="at least two classes"):
        _fit(texts, ["a"] * len(texts))
    with pytest.raises(ModelError, match="Collect more messages"):
        _fit(normalise_texts(["one", "two"]), ["a", "b"])


def test_messages_teach_the_score_and_no_planted_contact_is_in_the_model_file(tmp_path):
    tables, params = make_market(700, phone_effect=0.0), make_params()
    is_good = tables.leads["lead_status"] == "QUALIFIED"
    messages = is_good.map({True: "ready to buy a villa soon", False: "looking for any job please"}).astype(
        "str"
    )
    messages = messages.where(np.arange(700) % 5 > 0, "hello there")
    messages.iloc[10] = "Zubeydahanim call 01001234567 zubeyda@example.com"
    tables = tables._replace(leads=tables.leads.assign(message=messages))
    dataset = make_dataset(tables, params)
    model = fit_market_model(dataset)
    assert "message" in model.estimator.encoder.sources
    save_model(model, tmp_path / "m.skops")
    import zipfile

    archive = zipfile.ZipFile(tmp_path / "m.skops")
    content = b"".join(archive.read(name) for name in archive.namelist())
    for secret in (b"zubeydahanim", b"01001234567", b"example.com", b"person-l", b"l00010"):
        assert secret not in content.lower()
    assert b"villa" in content
