"""What each message asks for, predicted from the messages that were labelled before it came."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd

from leadsmart.classification.texts.text import NEEDS_REVIEW, TextClassifier, classify_texts, fit_text
from leadsmart.errors import ModelError

#: Labelled messages that an intent needs to be learned.
MIN_PER_INTENT: Final = 20
#: Labelled messages from which the first classifier learns. It is fitted again whenever they have doubled, so that all
#: fits together cost no more than twice the last.
FIRST_LABELLED: Final = 100
#: Newest labelled messages that teach: more of them hardly improve the classifier and take time.
MAX_LABELLED: Final = 5_000
#: An intent is predicted only if it is likelier than all others together.
LIKELY: Final = 0.5
UNCLEAR: Final = "something unclear"


def predict_forward(
    messages: pd.Series, intents: pd.Series, arrived_at: pd.Series, is_first: pd.Series
) -> tuple[list[str], TextClassifier | None]:
    """Predict what each message asks for, from messages that were labelled before it came.

    Labels have no date. They describe a text, whatever became of the lead, and teach only about later texts.

    Parameters
    ----------
    messages : Series of str
        Normalised, in order of arrival; empty where the lead wrote none.
    intents : Series of str
        What a reader said a message asks for; missing where nobody did.
    arrived_at : Series of moments
    is_first : Series of bool
        As in `terms.fit_vocabularies`.

    Returns
    -------
    list of str
        One per message: an intent, or "something unclear" where none is likely or nothing was labelled yet.
    TextClassifier or None
        The last one, which predicts the intents of messages that come next.
    """
    asks = [UNCLEAR] * len(messages)
    labelled = np.flatnonzero(((messages != "") & intents.notna()).to_numpy())
    known = [FIRST_LABELLED * 2**k for k in range(32) if FIRST_LABELLED * 2**k <= len(labelled)]
    starts = [int(arrived_at.searchsorted(arrived_at.iloc[labelled[n - 1]], side="right")) for n in known]
    classifier = None
    for n, start, stop in zip(known, starts, [*starts[1:], len(messages)], strict=False):
        taught = labelled[max(0, n - MAX_LABELLED) : n]
        classifier = _fit(messages.iloc[taught], intents.iloc[taught], is_first.iloc[taught]) or classifier
        if classifier is not None:
            asks[start:stop] = predict_likely(classifier, messages.iloc[start:stop].tolist())
    return asks, classifier


def predict_likely(classifier: TextClassifier, messages: Sequence[str]) -> list[str]:
    """Predict what normalised messages ask for, each wording once; "something unclear" where no intent is likely."""
    # people click the same ready-made messages
    wordings = sorted(set(messages))
    if not wordings:
        return []
    answers = classify_texts(classifier, wordings).answer.tolist()
    answer_of = {w: UNCLEAR if a == NEEDS_REVIEW else a for w, a in zip(wordings, answers, strict=True)}
    return [answer_of[m] for m in messages]


def _fit(messages: pd.Series, intents: pd.Series, is_first: pd.Series) -> TextClassifier | None:
    often = intents.map(intents.value_counts()) >= MIN_PER_INTENT
    try:
        return fit_text(
            messages[often].tolist(), intents[often].to_numpy(), is_first[often].to_numpy(), threshold=LIKELY
        )
    except ModelError:
        # intents of one kind only, or too few different messages for a vocabulary
        return None
