"""Finding 5, data gaps: what each field of the form is worth to the score, and what its absence costs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from leadsmart.classification.estimation.dataset import Dataset, count_labels
from leadsmart.classification.estimation.estimation import fit_estimator, predict, predict_without_fields
from leadsmart.classification.estimation.model import RULES_BELOW
from leadsmart.classification.features.feature_catalogue import MISSING, FeatureSpec
from leadsmart.classification.features.features import Features
from leadsmart.classification.judging.verdict import TEST_LABELS
from leadsmart.classification.metrics import (
    Clusters,
    auc_draws,
    auc_interval,
    choose_clusters,
    cluster_weights,
    estimate,
)
from leadsmart.formats import format_count, format_interval, format_percent, format_value
from leadsmart.suppression import SUPPRESSED, hide_few
from leadsmart.vocabulary import NOT_ENOUGH_DATA, NOT_SUPPORTED, SUPPORTED, UNIT_AUC

RESAMPLES: Final = 1000
GAP_COLUMNS: Final = (
    "field", "label", "share_missing", "n_test", "auc_with", "auc_without", "cost", "cost_low", "cost_high",
    "n_lacking", "auc_lacking", "auc_lacking_low", "auc_lacking_high", "p_value", SUPPRESSED,
)  # fmt: skip
#: AUC that a field must be worth to matter in practice: two pairs of leads in a hundred ordered otherwise.
LARGE_COST: Final = 0.02
#: Test leads of each kind that lack a field, from which their AUC is given.
LACKING_LABELS: Final = 10
#: Field -> the flag that says it is there, and its label.
FIELDS: Final = {
    "phone": ("is_phone_valid", "valid phone"),
    "email": ("is_email_valid", "valid e-mail"),
    "name": ("has_name", "name"),
    "message": ("has_message", "message"),
}
_METHOD: Final = (
    "Score refitted without the field; AUC on the newest 20 % of labelled leads; paired difference, "
    "95 % interval and p-value by resampling {basis}, p-value times the number of fields. Not supported only where "
    "the interval excludes a cost of 0.02."
)


@dataclass(frozen=True)
class DataGaps:
    """What is known about the fields.

    Attributes
    ----------
    table : DataFrame
        One row per field, costliest first: ``field``, ``label``, ``share_missing`` (of all leads),
        ``n_test`` (leads), ``auc_with``, ``auc_without`` (the field), ``cost`` (their difference; NaN where
        the field never varied, last in order) with ``cost_low``, ``cost_high``, ``n_lacking`` (test leads
        without it), ``auc_lacking`` (of the full score on them) with ``auc_lacking_low``,
        ``auc_lacking_high``, ``p_value``, ``suppressed`` (why ``n_lacking`` is hidden, or "").
    finding : dict
        Fields of a finding: key, title, verdict, statement, estimate, low, high, unit, n, method, p_value,
        q_value, money_at_stake, table.
    """

    table: pd.DataFrame
    finding: dict[str, Any]


def data_gaps(dataset: Dataset) -> DataGaps:
    """Measure, field by field, how well the score does with it, without it, and where it is missing.

    Parameters
    ----------
    dataset : Dataset

    Returns
    -------
    DataGaps
        Without 40 labels of each kind to learn from and 50 of each to judge on, only ``share_missing`` is
        filled and the verdict is "not enough data".
    """
    params, missing = dataset.market.params, missing_shares(dataset.features)
    if dataset.labelled.empty:
        return _not_enough(missing, 0, 0, 0)
    train, test = dataset.split.train, dataset.split.test
    known, newest = min(count_labels(train)), min(count_labels(test))
    if known < RULES_BELOW or newest < TEST_LABELS:
        return _not_enough(missing, known, newest, len(test))
    # the form's completeness knows of every field, so no field could be left out beside it
    specs = tuple(spec for spec in dataset.features.specs if spec.field != "form")
    full = fit_estimator(train, specs, params.seed)
    label, score = test["label"].to_numpy(dtype=float), predict(full, test)
    clusters = choose_clusters(test, params.minimum_users)
    weights = cluster_weights(clusters, params.seed, RESAMPLES)
    with_field = auc_draws(label, score, weights)
    varying = [field for field in missing["field"] if _varies(train, specs, field)]
    without_field = predict_without_fields(train, test, specs, params.seed, full.kind, varying)
    rows = []
    for field, less in without_field.items():
        without = auc_draws(label, less, weights)
        cost = with_field - without
        lacking = ~_is_present(test, field)
        rows.append(
            (field, len(test), with_field[0], without[0], *estimate(cost, clusters.basis), int(lacking.sum()),
             *_auc_where(label, score, lacking, clusters, params.seed), _p_value(cost, clusters.basis, len(varying)))
        )  # fmt: skip
    judged = pd.DataFrame(rows, columns=["field", *GAP_COLUMNS[3:-1]])
    # each field's leads without it are told from all test leads by themselves: there is nothing to subtract from
    judged = hide_few(judged, "n_lacking", [], params.minimum_people, within=[("field",)])
    table = missing.merge(judged, on="field", how="left").fillna({SUPPRESSED: ""})
    table = table.sort_values("cost", ascending=False, kind="stable", ignore_index=True)[list(GAP_COLUMNS)]
    return DataGaps(table=table, finding=_finding(table, clusters.basis))


def missing_shares(features: Features) -> pd.DataFrame:
    """Say how often each field of the form is missing.

    Parameters
    ----------
    features : Features

    Returns
    -------
    DataFrame
        One row per field: ``field``, ``label``, ``share_missing`` (of all leads).
    """
    rows = []
    for field in _fields(features):
        share = float(1 - _is_present(features.frame, field).mean()) if len(features.frame) else np.nan
        label = FIELDS[field][1] if field in FIELDS else field.removeprefix("form_").replace("_", " ")
        rows.append((field, label, share))
    return pd.DataFrame(rows, columns=["field", "label", "share_missing"])


def _fields(features: Features) -> list[str]:
    declared = {s.field for s in features.specs}
    extra = sorted(f for f in declared if f.startswith("form_") and f != "form_variant")
    return [f for f in FIELDS if f in declared] + extra


def _varies(train: pd.DataFrame, specs: tuple[FeatureSpec, ...], field: str) -> bool:
    return any(train[spec.name].nunique(dropna=False) > 1 for spec in specs if spec.field == field)


def _is_present(frame: pd.DataFrame, field: str) -> np.ndarray:
    if field in FIELDS:
        return (frame[FIELDS[field][0]] == 1).to_numpy()
    return (frame[field] != MISSING).to_numpy()


def _auc_where(
    label: np.ndarray, score: np.ndarray, where: np.ndarray, clusters: Clusters, seed: int
) -> tuple[float, float, float]:
    y = label[where]
    if min(y.sum(), (1 - y).sum()) < LACKING_LABELS:
        return np.nan, np.nan, np.nan
    codes, _ = pd.factorize(clusters.codes[where])
    return auc_interval(y, score[where], Clusters(codes, clusters.basis), seed)


def _p_value(cost: np.ndarray, basis: str, fields: int) -> float:
    if not basis:
        return float("nan")
    draws = cost[1:][np.isfinite(cost[1:])]
    one_sided = (1 + (draws <= 0).sum()) / (1 + len(draws))
    return float(min(1.0, one_sided * fields))


def _finding(table: pd.DataFrame, basis: str) -> dict[str, Any]:
    judged = table[table["cost"].notna()]
    constant = table.loc[table["cost"].isna(), "label"]
    never = (
        f" The same for all leads, so nothing can be said of it: {', '.join(constant)}."
        if len(constant)
        else ""
    )
    if judged.empty or not basis:
        reason = (
            "Too few businesses and campaigns have verdicts to say what a missing field costs the score."
            if len(judged)
            else "What a missing field costs the score can't be said."
        )
        return _finding_of(NOT_ENOUGH_DATA, reason + never, basis)
    shown = judged[(judged["cost_low"] > 0) & (judged["p_value"] <= 0.05)]
    unclear = judged[judged["cost_high"] >= LARGE_COST]
    worst: dict[Any, Any] = next(part for part in (shown, unclear, judged) if len(part)).iloc[0].to_dict()
    cost = format_interval(worst["cost"], worst["cost_low"], worst["cost_high"], UNIT_AUC)
    large = format_value(LARGE_COST, UNIT_AUC)
    if len(shown):
        verdict = SUPPORTED
        statement = (
            f"Without the field “{worst['label']}” the score's AUC falls by {cost}; "
            f"{format_percent(worst['share_missing'])} of the leads lack it.{_where_lacking(worst)}"
        )
    elif len(unclear):
        verdict = NOT_ENOUGH_DATA
        room = (
            "which leaves room for nothing"
            if worst["cost_low"] <= 0
            else "which chance could give to one field of several,"
        )
        statement = (
            f"Whether a missing field costs the score anything can't be said: “{worst['label']}” is worth {cost} AUC, "
            f"{room} as well as for {large} or more, a cost worth mending. More verdicts narrow it."
        )
    else:
        verdict = NOT_SUPPORTED
        statement = (
            f"No field of the form is worth {large} AUC to the score: the costliest, “{worst['label']}”, "
            f"is worth {cost}."
        )
    return _finding_of(verdict, statement + never, basis, int(worst["n_test"]), worst)


def _where_lacking(worst: dict[Any, Any]) -> str:
    area, low, high = (worst[c] for c in ("auc_lacking", "auc_lacking_low", "auc_lacking_high"))
    return (
        "" if np.isnan(area) else f" For those leads its AUC is {format_interval(area, low, high, UNIT_AUC)}."
    )


def _not_enough(missing: pd.DataFrame, known: int, newest: int, n_test: int) -> DataGaps:
    """The answer where verdicts of the rarer kind are too few, known in time or among the newest."""
    table = missing.reindex(columns=list(GAP_COLUMNS)).assign(**{SUPPRESSED: ""})
    statement = (
        f"What a missing field costs the score can't be said: of the rarer kind {format_count(known)} verdicts were "
        f"known in time and {format_count(newest)} are among the newest 20 %; {RULES_BELOW} and {TEST_LABELS} are needed."
    )
    if len(missing):
        rarest = missing.sort_values("share_missing", ascending=False, kind="stable").iloc[0]
        statement += (
            f" The field most often missing is “{rarest['label']}” "
            f"({format_value(rarest['share_missing'], 'share')} of the leads)."
        )
    return DataGaps(table=table, finding=_finding_of(NOT_ENOUGH_DATA, statement, "business users", n_test))


def _finding_of(
    verdict: str, statement: str, basis: str, n: int = 0, worst: Mapping[Any, Any] | None = None
) -> dict[str, Any]:
    """The finding; `worst` is the row of the table that it speaks of."""
    numbers = [(worst or {}).get(c, np.nan) for c in ("cost", "cost_low", "cost_high", "p_value")]
    estimate, low, high, p_value = (None if np.isnan(number) else float(number) for number in numbers)
    return {
        "key": "data_gaps", "title": "Data gaps", "verdict": verdict, "statement": statement,
        "estimate": estimate, "low": low, "high": high, "unit": UNIT_AUC, "n": n,
        "method": _METHOD.format(basis=basis or "nothing"), "p_value": p_value, "q_value": None,
        "money_at_stake": None, "table": "data_gaps",
    }  # fmt: skip
