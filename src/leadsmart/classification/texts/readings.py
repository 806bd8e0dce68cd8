"""What each message asks for, as far as messages labelled before it came tell."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd

from leadsmart.classification.texts.text import NEEDS_REVIEW, TextClassifier, answer_texts, fit_text
from leadsmart.errors import ModelError

#: Labelled messages that an intent needs to be learned.
MIN_PER_INTENT: Final = 20
#: Labelled messages from which intents are told. They are learned anew whenever the labelled have doubled, so that
#: all times together cost no more than twice the last.
FIRST_LABELLED: Final = 100
#: Newest labelled messages that teach: more of them tell hardly better and take time.
MAX_LABELLED: Final = 5_000
#: An intent is told only if it is likelier than all others together.
LIKELY: Final = 0.5
UNCLEAR: Final = "something unclear"


def read_messages(
    messages: pd.Series, intents: pd.Series, arrived_at: pd.Series, counts: pd.Series
) -> tuple[pd.Series, TextClassifier | None]:
    """Tell what each message asks for, from messages that were labelled before it came.

    Labels have no date. They describe a text, whatever became of the lead, and teach only about later texts.

    Parameters
    ----------
    messages : Series of str
        Normalised, in order of arrival; empty where the lead wrote none.
    intents : Series of str
        What a reader said a message asks for; missing where nobody did.
    arrived_at : Series of moments
    counts : Series of bool
        As in `text.fit_text`.

    Returns
    -------
    Series of str
        Same rows: an intent, or "something unclear" where it can't be told or nothing was labelled yet.
    TextClassifier or None
        The last one, by which messages that come next are read.
    """
    asks = pd.Series(UNCLEAR, index=messages.index, dtype="str")
    labelled = np.flatnonzero(((messages != "") & intents.notna()).to_numpy())
    known = [FIRST_LABELLED * 2**k for k in range(32) if FIRST_LABELLED * 2**k <= len(labelled)]
    starts = [int(arrived_at.searchsorted(arrived_at.iloc[labelled[n - 1]], side="right")) for n in known]
    reader = None
    for n, start, stop in zip(known, starts, [*starts[1:], len(messages)], strict=False):
        taught = labelled[max(0, n - MAX_LABELLED) : n]
        reader = _fit(messages.iloc[taught], intents.iloc[taught], counts.iloc[taught]) or reader
        if reader is not None:
            asks.iloc[start:stop] = tell_wordings(reader, messages.iloc[start:stop].tolist())
    return asks, reader


def tell_wordings(reader: TextClassifier, messages: Sequence[str]) -> list[str]:
    """Tell what normalised messages ask for, each wording read once; "something unclear" where it can't be told."""
    # people click the same ready-made messages
    wordings = sorted(set(messages))
    if not wordings:
        return []
    answers = answer_texts(reader, wordings)[0].tolist()
    answer_of = {w: UNCLEAR if a == NEEDS_REVIEW else a for w, a in zip(wordings, answers, strict=True)}
    return [answer_of[m] for m in messages]


def _fit(messages: pd.Series, intents: pd.Series, counts: pd.Series) -> TextClassifier | None:
    often = intents.map(intents.value_counts()) >= MIN_PER_INTENT
    try:
        return fit_text(messages[often], intents[often], counts=counts[often], threshold=LIKELY)
    except ModelError:
        # intents of one kind only, or too few different messages for a vocabulary
        return None
