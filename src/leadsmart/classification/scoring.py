"""The call list: open leads, best first, with grade, probability and reasons, or in the rules' order."""

import datetime as dt
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from leadsmart.classification.capacity import grade_of
from leadsmart.classification.estimation import encode_leads, predict_matrix
from leadsmart.classification.features import Features, describe_leads
from leadsmart.classification.history import History, prepare_history
from leadsmart.classification.labels import intent_of_status, status_as_of
from leadsmart.classification.model import Model
from leadsmart.classification.reasons import explain, join_reasons
from leadsmart.params import Params
from leadsmart.vocabulary import (
    OUTCOME_UNDECIDED,
    OUTCOME_UNREACHABLE,
    UNTOUCHED_STATUSES,
    USE_PROBABILITY,
    USE_RULES,
    MarketTables,
)

SCORE_COLUMNS: Final = ("lead_id", "age_days", "as_of", "intent", "grade", "probability", "reasons")

#: Feature, points, words if true, words if not: how leads are ordered where no model can be trusted.
RULES: Final = (
    ("is_phone_valid", 4, "valid phone", "no valid phone"),
    ("has_message", 2, "wrote a message", ""),
    ("is_email_valid", 1, "valid e-mail", "no valid e-mail"),
    ("has_name", 1, "gave a name", "gave no name"),
)


@dataclass(frozen=True)
class Scorer:
    """A market's score with all that it needs in memory.

    Attributes
    ----------
    model : Model
    history : History
    params : Params
    use : str
        As in `score_open_leads`.
    """

    model: Model
    history: History
    params: Params
    use: str


def rules_table() -> pd.DataFrame:
    """State the rules.

    Returns
    -------
    DataFrame
        One row per rule: ``rule`` (words), ``points``. Equal points: newest first.
    """
    return pd.DataFrame([(words, points) for _, points, words, _ in RULES], columns=["rule", "points"])


def describe_use(model: Model, use: str) -> str:
    """Say which model was fitted, and whether it orders the leads.

    Parameters
    ----------
    model : Model
        Fitted on all that is known.
    use : str
        What the call list takes from the score (`verdict.Verdict`).
    """
    if model.estimator is None or use != USE_RULES:
        return model.choice
    return f"{model.choice} It is fitted and kept, but not used: the verdict is Not ready, so rules order the leads."


def open_leads(tables: MarketTables, params: Params, as_of: dt.date) -> pd.DataFrame:
    """List the leads that are still worth a call: undecided, unreachable or untouched, and no deal.

    Returns
    -------
    DataFrame
        One row per open lead: the columns of `labels.status_as_of`.
    """
    current = status_as_of(tables, params, as_of)
    is_open = current["outcome"].isin([OUTCOME_UNDECIDED, OUTCOME_UNREACHABLE])
    is_open |= current["status"].isin(UNTOUCHED_STATUSES)
    return current[is_open & ~current["status"].isin(params.deal_statuses)].reset_index(drop=True)


def score_open_leads(
    model: Model, features: Features, tables: MarketTables, params: Params, as_of: dt.date, use: str
) -> pd.DataFrame:
    """Score the open leads and put the best first.

    Parameters
    ----------
    model : Model
        Fitted on all that is known at `as_of`.
    features : Features
    tables : MarketTables
    params : Params
    as_of : date
    use : str
        What the list takes from the score (`verdict.Verdict`): with ``rules`` they decide the order and the
        reasons; only with ``probability`` there are probabilities and grades.

    Returns
    -------
    DataFrame
        One row per open lead, best first: ``lead_id``, ``age_days`` (days since arrival), ``as_of`` (day),
        ``intent`` (high, medium, low, junk by status; missing where the status says nothing), ``grade``
        (A–D) and ``probability`` (both missing unless probabilities are to be used), ``reasons``.
        Equal scores: newest first, then by lead_id.
    """
    current = open_leads(tables, params, as_of)
    leads = current[["lead_id", "status"]].merge(features.frame, on="lead_id", how="inner")
    return score_leads(model, leads, params, as_of, use)


def open_scorer(model: Model, tables: MarketTables, params: Params, use: str) -> Scorer:
    """Make a market's score ready for leads that come one by one.

    Parameters
    ----------
    model : Model
    tables : MarketTables
        What is known: each lead is judged by the history up to the day before it arrived.
    params : Params
    use : str
        As in `score_open_leads`.
    """
    return Scorer(model, prepare_history(tables, params), params, use)


def score_arrivals(scorer: Scorer, leads: pd.DataFrame) -> pd.DataFrame:
    """Score leads as they come, however many, by the history that is known.

    Parameters
    ----------
    scorer : Scorer
    leads : DataFrame
        Clean leads (`vocabulary.MarketTables`), each with a moment of arrival.

    Returns
    -------
    DataFrame
        One row per lead, as `score_open_leads` returns it; ``as_of`` is the day of the newest.
    """
    frame = describe_leads(leads, scorer.history, scorer.params, scorer.model.reader).frame
    as_of = leads["arrived_at"].max().date()
    return score_leads(
        scorer.model, frame.assign(status=leads["lead_status"].array), scorer.params, as_of, scorer.use
    )


def score_new_leads(
    model: Model, leads: pd.DataFrame, tables: MarketTables, params: Params, use: str
) -> pd.DataFrame:
    """Score a file of leads that came after the tables were made; the earlier of them are history to the later.

    Parameters
    ----------
    model : Model
    leads : DataFrame
        Clean leads; one that the tables hold too replaces the older row.
    tables : MarketTables
    params : Params
    use : str
        As in `score_open_leads`.

    Returns
    -------
    DataFrame
        As `score_arrivals` returns it.
    """
    before = tables.leads[~tables.leads["lead_id"].isin(leads["lead_id"])]
    together = tables._replace(leads=pd.concat([before, leads], ignore_index=True))
    return score_arrivals(open_scorer(model, together, params, use), leads)


def score_leads(model: Model, leads: pd.DataFrame, params: Params, as_of: dt.date, use: str) -> pd.DataFrame:
    """Score leads whose features are known.

    Parameters
    ----------
    model : Model
    leads : DataFrame
        One row per lead: a feature frame, and ``status``.
    params : Params
    as_of : date
    use : str
        As in `score_open_leads`.

    Returns
    -------
    DataFrame
        As `score_open_leads` returns it.
    """
    probability = np.full(len(leads), np.nan)
    if use == USE_RULES or model.estimator is None:
        order, reasons = score_by_rules(leads)
    else:
        matrix = encode_leads(model.estimator.encoder, model.estimator.text, leads)
        order = predict_matrix(model.estimator, matrix)
        reasons = explain(model.estimator, model.specs, leads, matrix)
        if use == USE_PROBABILITY:
            probability = order
    day = pd.Timestamp(as_of)
    scored = pd.DataFrame(
        {
            # arrays: putting series together by their index takes longer than scoring one lead
            "lead_id": leads["lead_id"].array,
            "age_days": (day - leads["arrived_at"].dt.tz_localize(None).dt.normalize()).dt.days.array,
            "as_of": as_of.isoformat(),
            "intent": intent_of_status(leads["status"], params).array,
            "grade": grade_of(probability, params).array,
            "probability": probability,
            "reasons": reasons.array,
            "order": order,
            "arrived_at": leads["arrived_at"].array,
        }
    )
    scored = scored.sort_values(
        ["order", "arrived_at", "lead_id"], ascending=[False, False, True], kind="stable", ignore_index=True
    )
    return scored[list(SCORE_COLUMNS)]


def score_by_rules(leads: pd.DataFrame) -> tuple[np.ndarray, pd.Series]:
    """Add up the rules' points of each lead.

    Parameters
    ----------
    leads : DataFrame
        Feature frame.

    Returns
    -------
    array of float
        Points.
    Series of str
        Reasons for and against.
    """
    points = np.zeros(len(leads))
    good: list[list[str]] = [[] for _ in range(len(leads))]
    bad: list[list[str]] = [[] for _ in range(len(leads))]
    for name, worth, yes, no in RULES:
        if name not in leads:
            continue
        holds = (leads[name] == 1).to_numpy()
        points += worth * holds
        for i, is_true in enumerate(holds):
            if is_true:
                good[i].append(yes)
            elif no:
                bad[i].append(no)
    texts = [join_reasons(g, b) for g, b in zip(good, bad, strict=True)]
    return points, pd.Series(texts, index=leads.index, dtype="str")
