"""The model card: what a score was made of, how good it is, and where it must not be trusted."""

import hashlib
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any, Final

import numpy as np
import pandas as pd

from leadsmart.classification.estimation.dataset import Dataset
from leadsmart.classification.estimation.leaks import leaks_table
from leadsmart.classification.estimation.model import OWN, RULES, Model
from leadsmart.classification.features.labels import TARGET_TITLES, summarise_labels
from leadsmart.classification.judging.evaluation import Evaluation
from leadsmart.formats import (
    format_count,
    format_date,
    format_interval,
    format_percent,
    format_points,
)
from leadsmart.vocabulary import UNIT_SHARE

_LIMITS: Final = (
    "It ranks leads by the verdicts that sales gave: habits of labelling are part of what it learns.",
    "It learned from leads that sales decided on. Leads that nobody worked may differ.",
    "It knows what the lead brought and what was counted up to the day before; nothing later.",
    "A campaign without earlier verdicts is judged by its project's, business's and market's.",
    "It must not decide on a person's credit, price or access; it orders calls.",
)

#: Tables of an evaluation that the card holds.
_TABLES: Final = ("figures", "splits", "reliability", "calls", "bands", "groups")
#: What the score depends on; a parameter of another page leaves the card as it is.
_PARAMETERS: Final = (
    "market", "target", "horizon_days", "qualified_statuses", "disqualified_statuses", "intent_statuses",
    "grade_bounds", "minimum_users", "timezone", "as_of", "user_ids", "seed",
)  # fmt: skip


def describe_judged(evaluation: Evaluation, model: Model) -> str:
    """Say which model the verdict speaks of, and how today's differs from it.

    Parameters
    ----------
    evaluation : Evaluation
        Of the model as it stood when the first test lead arrived.
    model : Model
        Today's, fitted on all that is known.

    Returns
    -------
    str
    """
    judged = evaluation.model
    if evaluation.figures.empty:
        return f"No score could be judged, so figures, grades and curves are missing here. {judged.choice}"
    leads = format_count(len(evaluation.predictions))
    text = (
        f"The verdict and all figures here speak of {_named(judged)} as it stood on "
        f"{format_date(evaluation.cutoff)}, judged on the {leads} leads with a verdict that arrived from then on. "
    )
    if model.origin == judged.origin:
        return (
            f"{text}Today's model, {_named(model)}, is made in the same way from all verdicts known now: "
            f"{format_count(model.n_qualified + model.n_disqualified)} instead of "
            f"{format_count(judged.n_qualified + judged.n_disqualified)}."
        )
    return (
        f"{text}Today's verdicts lead to another choice, {_named(model)}, of which no figures are known yet."
    )


def gain_message(evaluation: Evaluation) -> str:
    """Say what calling the best-scored fifth first would have found: the title of the gain curve."""
    if evaluation.calls.empty:
        return "No score could be judged"
    row: dict[Any, Any] = evaluation.calls[evaluation.calls["called"] == 0.2].iloc[0].to_dict()
    found = format_interval(row["found"], row["found_low"], row["found_high"], UNIT_SHARE)
    return f"The best-scored 20 % of the leads held {found} of the qualified ones"


def calibration_message(evaluation: Evaluation) -> str:
    """Say how far predicted and observed rates lie apart: the title of the reliability picture."""
    bins = evaluation.reliability
    if bins.empty:
        return "No score could be judged"
    predicted, observed = (
        (bins[c] * bins["leads"]).sum() / bins["leads"].sum() for c in ("predicted", "observed")
    )
    apart = evaluation.figures.set_index("measure")["value"].loc["ece"]
    return (
        f"The score predicted {format_percent(predicted)} qualified, {format_percent(observed)} were; "
        f"bin by bin {format_points(apart)} apart"
    )


def _named(model: Model) -> str:
    if model.origin == RULES:
        return "rules"
    owner = "the market's own model" if model.origin == OWN else "the pooled model of all markets"
    return f"{owner} ({model.kind})"


def model_card(model: Model, evaluation: Evaluation, dataset: Dataset) -> dict[str, Any]:
    """Write down a model, JSON-able and the same for the same inputs.

    Parameters
    ----------
    model : Model
        The model that scores.
    evaluation : Evaluation
        Of the same market, on its newest leads.
    dataset : Dataset
        What both learned from.

    Returns
    -------
    dict
        ``market, title, target, verdict, use, sentence, judged, rules, model, data, features, suspected_leaks, leaks,
        figures, splits, reliability, calls, bands, groups, limits, hashes``. Missing numbers are None.
    """
    params, labels, judged = dataset.market.params, dataset.labels, evaluation.model
    estimator = model.estimator
    return {
        "market": params.market,
        "title": params.title,
        "target": {
            "name": params.target,
            "title": TARGET_TITLES[params.target],
            "horizon_days": params.horizon_days,
        },
        "verdict": evaluation.verdict.verdict,
        "use": evaluation.verdict.use,
        "sentence": evaluation.verdict.sentence,
        "judged": describe_judged(evaluation, model),
        "rules": _records(evaluation.verdict.rules),
        "model": {
            "origin": model.origin,
            "kind": model.kind,
            "choice": model.choice,
            "calibrated_on": estimator.calibrated_on if estimator else None,
            "trials": _records(estimator.trials) if estimator else [],
            "comparison": _records(model.comparison),
            "grade_bounds": dict(params.grade_bounds),
        },
        "data": {
            "labels": _records(summarise_labels(labels).table),
            "learned_from": {"qualified": model.n_qualified, "not_qualified": model.n_disqualified},
            "period": None if model.period is None else [m.date().isoformat() for m in model.period],
            "cutoff": model.cutoff.isoformat(),
            "test": {
                "leads": len(evaluation.predictions),
                "from": None if evaluation.cutoff is None else evaluation.cutoff.isoformat(),
                "trained_then": {
                    "origin": judged.origin,
                    "choice": judged.choice,
                    "qualified": judged.n_qualified,
                    "not_qualified": judged.n_disqualified,
                },
                "resampled": evaluation.interval_basis or None,
            },
        },
        "features": [asdict(spec) for spec in model.specs],
        "suspected_leaks": list(evaluation.suspects),
        "leaks": _records(leaks_table(dataset.leaks)),
        **{name: _records(getattr(evaluation, name)) for name in _TABLES},
        "limits": list(_LIMITS),
        "hashes": {
            "labels": _digest(
                f"{lead},{label}"
                for lead, label in sorted(zip(labels["lead_id"], labels["label"], strict=True))
            ),
            "features": _digest(s.name for s in model.specs),
            "parameters": _digest(f"{name}={getattr(params, name)}" for name in _PARAMETERS),
        },
    }


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(k): _plain(v) for k, v in row.items()} for row in table.to_dict("records")]


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not np.isfinite(value) else value


def _digest(lines: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
