"""The call list: open leads, best first, with grade, probability and reasons, or in the rules' order."""

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from leadsmart.classification.estimation.dataset import Dataset
from leadsmart.classification.estimation.estimation import encode_leads
from leadsmart.classification.estimation.model import Model
from leadsmart.classification.features.encoding import LeadColumns, count_leads
from leadsmart.classification.features.features import compute_features
from leadsmart.classification.features.history import (
    MarketHistory,
    build_history,
    local_times,
    universal_times,
)
from leadsmart.classification.features.labels import intent_of_status, status_as_of
from leadsmart.classification.judging.capacity import grade_of
from leadsmart.classification.reasons import explain, feature_effects, join_reasons
from leadsmart.market import Market
from leadsmart.params import Params
from leadsmart.vocabulary import (
    OUTCOME_UNDECIDED,
    OUTCOME_UNREACHABLE,
    UNTOUCHED_STATUSES,
    USE_PROBABILITY,
    USE_RULES,
)

#: Type of each column of a call list, as an array.
SCORE_TYPES: Final = {
    "lead_id": object, "age_days": np.int64, "as_of": object, "intent": object, "grade": object,
    "probability": float, "reasons": object,
}  # fmt: skip
SCORE_COLUMNS: Final = tuple(SCORE_TYPES)

#: Feature, points, words if true, words if not: how leads are ordered where no model can be trusted.
ORDERING_RULES: Final = (
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
    history : MarketHistory
    params : Params
    use : str
        As in `score_open_leads`.
    """

    model: Model
    history: MarketHistory
    params: Params
    use: str


def describe_use(model: Model, use: str) -> str:
    """Say which model was fitted, and whether it orders the leads.

    Parameters
    ----------
    model : Model
        Fitted on all that is known.
    use : str
        What the call list takes from the score (`verdict.Verdict`).

    Returns
    -------
    str
    """
    if model.estimator is None or use != USE_RULES:
        return model.choice
    return f"{model.choice} It is fitted and kept, but not used: the verdict is Not ready, so rules order the leads."


def open_leads(market: Market) -> pd.DataFrame:
    """List the leads that are still worth a call: undecided, unreachable or untouched, and no deal.

    Parameters
    ----------
    market : Market

    Returns
    -------
    DataFrame
        One row per open lead: the columns of `labels.status_as_of`.
    """
    current = status_as_of(market)
    is_open = current["outcome"].isin([OUTCOME_UNDECIDED, OUTCOME_UNREACHABLE])
    is_open |= current["status"].isin(UNTOUCHED_STATUSES)
    return current[is_open & ~current["status"].isin(market.params.deal_statuses)].reset_index(drop=True)


def score_open_leads(model: Model, dataset: Dataset, use: str) -> pd.DataFrame:
    """Score the open leads and put the best first.

    Parameters
    ----------
    model : Model
        Fitted on all that is known at `as_of`.
    dataset : Dataset
        With the features of the market's leads.
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
    market = dataset.market
    leads = open_leads(market)[["lead_id", "status"]].merge(dataset.features.frame, on="lead_id", how="inner")
    return _table(_score(model, leads, market.params, market.as_of, use))


def open_scorer(model: Model, market: Market, use: str) -> Scorer:
    """Make a market's score ready for leads that come one by one.

    Parameters
    ----------
    model : Model
    market : Market
        What is known: each lead is judged by the history up to the day before it arrived.
    use : str
        As in `score_open_leads`.

    Returns
    -------
    Scorer
    """
    return Scorer(model, build_history(market), market.params, use)


def score_arrivals(scorer: Scorer, leads: pd.DataFrame) -> pd.DataFrame:
    """Score leads as they come, however many, by the history that is known.

    Parameters
    ----------
    scorer : Scorer
    leads : DataFrame
        Clean leads (`market_tables.MarketTables`), each with a moment of arrival.

    Returns
    -------
    DataFrame
        One row per lead, as `score_open_leads` returns it; ``as_of`` is the day of the newest.
    """
    return _table(_score_arrivals(scorer, leads))


def score_lead(scorer: Scorer, lead: Mapping[str, Any]) -> dict[str, Any]:
    """Score one lead, without making a table of it.

    Parameters
    ----------
    scorer : Scorer
    lead : mapping
        A clean lead by column (`market_tables.MarketTables`), with a moment of arrival.

    Returns
    -------
    dict
        `SCORE_COLUMNS`, equal to the lead's row when `score_arrivals` scores all leads of its day.
    """
    columns = {name: np.array([value], dtype=object) for name, value in lead.items()}
    columns["arrived_at"] = pd.array([lead["arrived_at"]])
    return {name: values[0] for name, values in _score_arrivals(scorer, columns).items()}


def _score_arrivals(scorer: Scorer, leads: LeadColumns) -> dict[str, Any]:
    columns = compute_features(
        _without(leads, scorer.model.leaks), scorer.history, scorer.params, scorer.model.intent_classifier
    )
    columns["status"] = leads["lead_status"]
    as_of = columns["arrived_at"].max().date()
    return _score(scorer.model, columns, scorer.params, as_of, scorer.use)


def _without(leads: LeadColumns, names: Collection[str]) -> LeadColumns:
    if isinstance(leads, pd.DataFrame):
        return leads.drop(columns=list(names), errors="ignore")
    return {name: values for name, values in leads.items() if name not in names}


def score_new_leads(model: Model, leads: pd.DataFrame, market: Market, use: str) -> pd.DataFrame:
    """Score a file of leads that came after the tables were made; the earlier of them are history to the later.

    Parameters
    ----------
    model : Model
    leads : DataFrame
        Clean leads; one that the tables hold too replaces the older row.
    market : Market
    use : str
        As in `score_open_leads`.

    Returns
    -------
    DataFrame
        As `score_arrivals` returns it.
    """
    before = market.tables.leads[~market.tables.leads["lead_id"].isin(leads["lead_id"])]
    together = market.tables._replace(leads=pd.concat([before, leads], ignore_index=True))
    return score_arrivals(open_scorer(model, Market(together, market.params), use), leads)


def _score(model: Model, leads: LeadColumns, params: Params, as_of: dt.date, use: str) -> dict[str, Any]:
    """Score leads whose features and ``status`` are known: the columns of the list, best first."""
    probability = np.full(count_leads(leads), np.nan)
    if use == USE_RULES or model.estimator is None:
        order, reasons = score_by_rules(leads)
    else:
        matrix = encode_leads(model.estimator.encoder, model.estimator.text, leads)
        effects = feature_effects(model.estimator, matrix)
        order, reasons = effects.probability, explain(effects, model.specs, leads)
        if use == USE_PROBABILITY:
            probability = order
    age = np.datetime64(as_of, "D") - local_times(leads["arrived_at"]).astype("datetime64[D]")
    moments = universal_times(leads["arrived_at"]).astype(np.int64)
    rank = np.lexsort((np.asarray(leads["lead_id"], dtype=str), -moments, -order))
    columns = {
        "lead_id": leads["lead_id"],
        "age_days": age.astype(np.int64),
        "as_of": [as_of.isoformat()] * len(rank),
        "intent": intent_of_status(leads["status"].tolist(), params),
        "grade": grade_of(probability, params),
        "probability": probability,
        "reasons": reasons,
    }
    return {name: np.asarray(values, dtype=SCORE_TYPES[name])[rank] for name, values in columns.items()}


def _table(columns: dict[str, np.ndarray]) -> pd.DataFrame:
    # a column without any value would lose its type
    words = {
        name: pd.array(values, dtype="str") for name, values in columns.items() if values.dtype == object
    }
    return pd.DataFrame({**columns, **words})


def score_by_rules(leads: LeadColumns) -> tuple[np.ndarray, list[str]]:
    """Add up the rules' points of each lead.

    Parameters
    ----------
    leads : DataFrame or mapping
        Feature frame, or its columns.

    Returns
    -------
    array of float
        Points.
    list of str
        Reasons for and against.
    """
    n = count_leads(leads)
    points = np.zeros(n)
    good: list[list[str]] = [[] for _ in range(n)]
    bad: list[list[str]] = [[] for _ in range(n)]
    for name, worth, yes, no in ORDERING_RULES:
        if name not in leads:
            continue
        holds = np.asarray(leads[name], dtype=float) == 1
        points += worth * holds
        for i, is_true in enumerate(holds.tolist()):
            if is_true:
                good[i].append(yes)
            elif no:
                bad[i].append(no)
    return points, [join_reasons(g, b) for g, b in zip(good, bad, strict=True)]
