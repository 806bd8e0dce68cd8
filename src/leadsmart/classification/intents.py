"""What people ask for in their messages: learned from messages that somebody labelled, judged on newer ones."""

from dataclasses import dataclass, replace
from typing import Final

import pandas as pd

from leadsmart.classification.estimation.dataset import Dataset
from leadsmart.classification.features.features import Features
from leadsmart.classification.texts.text import (
    NEEDS_REVIEW,
    Answers,
    TextClassifier,
    classify_texts,
    fit_text,
    review_threshold,
)
from leadsmart.classification.texts.walk_forward import MIN_PER_INTENT
from leadsmart.errors import ModelError
from leadsmart.formats import format_count, format_interval, format_percent
from leadsmart.insights.methods.statistics import jackknife_interval, ratio_interval
from leadsmart.params import Params
from leadsmart.vocabulary import UNIT_SHARE

#: Share of the validation messages that get an answer.
KEEP: Final = 0.95
INTENT_COLUMNS: Final = ("message_intent", "labelled", "tested", "recall", "precision")
PREDICTED_COLUMNS: Final = ("lead_id", "message_intent", "confidence")


@dataclass(frozen=True)
class MessageIntents:
    """A classifier of messages, judged on the newest labelled ones, or why there is none.

    Attributes
    ----------
    model : TextClassifier or None
        Fitted on all labelled messages; None where they are too few, or where it does no better than always
        saying the most common intent.
    table : DataFrame
        One row per intent, most messages first: ``message_intent``, ``labelled`` (messages), ``tested`` (newest
        ones), ``recall`` (share of them predicted right), ``precision`` (share of those so predicted that are).
    sentence : str
    """

    model: TextClassifier | None
    table: pd.DataFrame
    sentence: str


def fit_message_intents(dataset: Dataset) -> MessageIntents:
    """Learn the intents of messages from the labelled ones.

    The oldest 60 % of the labelled messages fit the classifier, the next 20 % set the threshold below which an
    answer needs review (95 % of them get one), the newest 20 % judge it; then it is fitted again on all.

    Parameters
    ----------
    dataset : Dataset
        In its market's leads ``message_intent`` is the label, missing where nobody gave one.

    Returns
    -------
    MessageIntents
    """
    leads = dataset.market.tables.leads
    if "message" not in leads:
        return _nothing("The export has no messages, so their intent can't be told.")
    labelled = _labelled_messages(dataset.features.frame, leads)
    counts = labelled["message_intent"].value_counts()
    known = counts.index[counts >= MIN_PER_INTENT]
    if len(known) < 2:
        return _nothing(
            f"What messages ask for can't be told: {format_count(len(labelled))} are labelled, and it takes "
            f"{MIN_PER_INTENT} of each of two intents. Label messages in a column message_intent of the leads."
        )
    labelled = labelled[labelled["message_intent"].isin(known)].reset_index(drop=True)
    first, second = int(0.6 * len(labelled)), int(0.8 * len(labelled))
    oldest, validation, test = labelled.iloc[:first], labelled.iloc[first:second], labelled.iloc[second:]
    try:
        early = _fit(oldest)
        model = _fit(labelled)
    except ModelError as error:
        return _nothing(f"What messages ask for can't be told: {error.problem}.")
    threshold = review_threshold(classify_texts(early, validation["message"].tolist()).confidence, KEEP)
    answers = classify_texts(replace(early, threshold=threshold), test["message"].tolist())
    usual = str(oldest["message_intent"].mode().iloc[0])
    is_better, sentence = _judge(labelled.iloc[:second], test, answers, usual, dataset.market.params)
    table = _by_intent(labelled["message_intent"], test["message_intent"], pd.Series(answers.best))
    return MessageIntents(replace(model, threshold=threshold) if is_better else None, table, sentence)


def predict_intents(model: TextClassifier | None, features: Features, lead_ids: pd.Series) -> pd.DataFrame:
    """Predict what the messages of some leads ask for.

    Parameters
    ----------
    model : TextClassifier or None
        Without one the table is empty.
    features : Features
    lead_ids : Series of str
        In the order wanted.

    Returns
    -------
    DataFrame
        One row per lead with a message, in that order: ``lead_id``, ``message_intent`` (an intent, or "needs
        review"), ``confidence`` (probability of the most probable intent).
    """
    if model is None:
        return pd.DataFrame(columns=list(PREDICTED_COLUMNS))
    messages = features.frame.set_index("lead_id")["message"].reindex(lead_ids).fillna("")
    messages = messages[messages != ""]
    answers = classify_texts(model, messages.tolist())
    predicted = {"message_intent": answers.answer, "confidence": answers.confidence}
    return pd.DataFrame(predicted, index=messages.index).reset_index(names="lead_id")


def _labelled_messages(frame: pd.DataFrame, leads: pd.DataFrame) -> pd.DataFrame:
    """The feature frame of the leads whose message is labelled, with ``message_intent``, in order of arrival."""
    if "message_intent" not in leads:
        return frame.iloc[:0].assign(message_intent=pd.Series(dtype="str"))
    labels = leads.loc[leads["message_intent"].notna(), ["lead_id", "message_intent"]]
    return frame[frame["message"] != ""].merge(labels, on="lead_id", how="inner")


def _fit(labelled: pd.DataFrame) -> TextClassifier:
    intents, is_first = labelled["message_intent"].to_numpy(), labelled["is_first_message"].to_numpy()
    return fit_text(labelled["message"].tolist(), intents, is_first)


def _judge(
    before: pd.DataFrame, test: pd.DataFrame, answers: Answers, usual: str, params: Params
) -> tuple[bool, str]:
    """Whether the classifier does better than saying the usual intent, and how well it does."""
    right = (answers.best == test["message_intent"]).to_numpy()
    by_user = pd.DataFrame(
        {"right": right, "usual": (test["message_intent"] == usual).to_numpy(), "all": True}
    )
    sums = by_user.astype(float).groupby(test["user_id"].to_numpy()).sum()
    found = ratio_interval(sums["right"], sums["all"], minimum_clusters=params.minimum_users, scale="logit")
    gain = jackknife_interval(
        sums,
        lambda total: (total["right"] - total["usual"]) / total["all"],
        weight="all",
        minimum_clusters=params.minimum_users,
    )
    always = float(sums["usual"].sum() / sums["all"].sum())
    answered = answers.answer != NEEDS_REVIEW
    is_new = ~test["message"].isin(before["message"]).to_numpy()
    shown = format_interval(found.estimate, found.low, found.high, UNIT_SHARE)
    sentence = (
        f"On the newest {format_count(len(test))} labelled messages the classifier tells {shown} right; always saying "
        f"“{usual}” would {format_percent(always)}. It answers {format_percent(answered.mean())} of them, "
        f"{format_percent(right[answered].mean())} of these right; the others need review."
    )
    if is_new.any():
        sentence += (
            f" Of {format_count(is_new.sum())} messages whose wording it had never seen, it tells "
            f"{format_percent(right[is_new].mean())} right."
        )
    # without an interval nothing says that the advantage is more than chance
    if not gain.low > 0:
        return False, f"{sentence} That is not better beyond doubt, so open leads get no message intent."
    return True, sentence


def _by_intent(labelled: pd.Series, tested: pd.Series, predicted: pd.Series) -> pd.DataFrame:
    """How often each intent was labelled and tested, and how well it was predicted."""
    tests, predictions = tested.value_counts(), predicted.value_counts()
    hits = tested[tested.to_numpy() == predicted.to_numpy()].value_counts()
    table = labelled.value_counts(sort=False).rename("labelled").to_frame()
    table["tested"] = tests.reindex(table.index, fill_value=0)
    table["recall"] = hits.reindex(tests.index, fill_value=0) / tests
    table["precision"] = hits.reindex(predictions.index, fill_value=0) / predictions
    return table.reset_index(names="message_intent").sort_values(
        ["labelled", "message_intent"], ascending=[False, True], kind="stable", ignore_index=True
    )


def _nothing(sentence: str) -> MessageIntents:
    return MessageIntents(None, pd.DataFrame(columns=list(INTENT_COLUMNS)), sentence)
