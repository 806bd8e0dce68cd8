"""Form fields that were written after the lead arrived, sought by what they are: each with its kind and evidence."""

from dataclasses import dataclass
from typing import Final

import pandas as pd

from leadsmart.classification.estimation.leak_evidence import KINDS, Answers
from leadsmart.classification.features.encoding import MIN_LEADS_PER_LEVEL
from leadsmart.classification.features.features import FORM_PREFIX, Features, form_fields
from leadsmart.classification.features.labels import status_as_of
from leadsmart.formats import format_count
from leadsmart.market import Market
from leadsmart.market_tables import look_up
from leadsmart.vocabulary import CHANGED_ANSWERS

LEAK_COLUMNS: Final = ("field", "kind", "evidence")


@dataclass(frozen=True)
class Leak:
    """A form field that no model may read.

    Attributes
    ----------
    column : str
        ``form_<field>``.
    kind : str
        What gives it away, in a few words.
    evidence : str
        A sentence with its figures.
    """

    column: str
    kind: str
    evidence: str

    @property
    def label(self) -> str:
        """The field in plain words."""
        return self.column.removeprefix(FORM_PREFIX).replace("_", " ")


def find_leaks(market: Market, features: Features, labels: pd.DataFrame) -> tuple[Leak, ...]:
    """Find the form fields that were written after the lead arrived.

    Parameters
    ----------
    market : Market
    features : Features
        With every declared form field.
    labels : DataFrame
        As `labels.label_leads` returns it.

    Returns
    -------
    tuple of Leak
        In the order of the columns, one per field: the first kind that holds.
    """
    fields = form_fields(features.frame.columns)
    if not fields or features.frame.empty:
        return ()
    current = status_as_of(market).set_index("lead_id")
    raw = market.tables.leads.drop_duplicates("lead_id").set_index("lead_id")
    leads = features.frame.assign(
        status=features.frame["lead_id"].map(current["status"]),
        outcome=features.frame["lead_id"].map(current["outcome"]),
        label=features.frame["lead_id"].map(labels.set_index("lead_id")["label"]).astype(float),
    )
    changed = raw[CHANGED_ANSWERS] if CHANGED_ANSWERS in raw else pd.Series(dtype="str")
    labelled = leads[leads["label"].notna()].reset_index(drop=True)
    base = tuple(s for s in features.specs if s.kind != "text" and s.field != "form" and s.name not in fields)
    found = []
    for column in fields:
        values = leads[column]
        known = values.map(values.value_counts()) >= MIN_LEADS_PER_LEVEL
        answers = Answers(
            values, values.where(known, "other"), leads, labelled, base, market.params.seed,
            market.params.minimum_users, look_up(leads["lead_id"], changed),
        )  # fmt: skip
        for kind, look in KINDS.items():
            if evidence := look(answers, column):
                found.append(Leak(column, kind, evidence))
                break
    return tuple(found)


def leaks_table(leaks: tuple[Leak, ...]) -> pd.DataFrame:
    """One row per leak: ``field`` (in plain words), ``kind``, ``evidence``."""
    return pd.DataFrame([(x.label, x.kind, x.evidence) for x in leaks], columns=list(LEAK_COLUMNS))


def describe_leaks(leaks: tuple[Leak, ...], features: Features) -> str:
    """Say in a sentence what became of the declared form fields.

    Parameters
    ----------
    leaks : tuple of Leak
    features : Features
        Without them.

    Returns
    -------
    str
    """
    fields = len(form_fields(features.frame.columns))
    if leaks:
        named = ", ".join(f"“{leak.label}”" for leak in leaks)
        verb = "looks" if len(leaks) == 1 else "look"
        return (
            f"{named} {verb} as if written after the lead arrived. The score does without, and is not Ready while "
            "form_fields declares what is no answer of a form."
        )
    if not fields:
        return "No field of the form is declared, so the score reads none."
    noun = "field" if fields == 1 else "fields"
    return f"{format_count(fields)} declared {noun} of the form: none looks as if written after the lead arrived."
