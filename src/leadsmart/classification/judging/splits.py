"""Ways to hold leads back: forward in time, which decides, and those that flatter."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from sklearn.model_selection import GroupKFold, StratifiedKFold

from leadsmart.classification.estimation.estimation import fit_estimator, predict
from leadsmart.classification.estimation.model import known_at
from leadsmart.classification.features.feature_catalogue import FeatureSpec
from leadsmart.classification.metrics import auc, choose_clusters, cluster_weights, interval
from leadsmart.errors import ModelError

TEST_SHARE: Final = 0.2
FOLDS: Final = 5
#: Newest labelled leads that the kinder splits are shown on: enough to see how much they flatter.
MAX_COMPARED: Final = 5_000


@dataclass(frozen=True)
class TimeSplit:
    """The newest labelled leads held back, and what was known when the first of them arrived.

    Attributes
    ----------
    train : DataFrame
        Arrived before `cutoff`, label known by then.
    test : DataFrame
        The newest share of the labelled leads.
    cutoff : Timestamp
        Arrival of the first test lead.
    n_unknown : int
        Older leads whose label was not known by `cutoff`, or has no date.
    """

    train: pd.DataFrame
    test: pd.DataFrame
    cutoff: pd.Timestamp
    n_unknown: int


def split_forward(leads: pd.DataFrame, share: float = TEST_SHARE) -> TimeSplit:
    """Hold back the newest `share` of labelled leads.

    Parameters
    ----------
    leads : DataFrame
        Labelled leads ordered by arrival, with ``arrived_at`` and ``labelled_at``.
    share : float

    Returns
    -------
    TimeSplit
        Leads that arrived at the same moment are on the same side.

    Raises
    ------
    ModelError
        If there is no labelled lead.
    """
    if leads.empty:
        raise ModelError("no lead has a label", remedy="Wait for verdicts, or widen the lead definition")
    first = min(int(np.floor((1 - share) * len(leads))), len(leads) - 1)
    cutoff = leads["arrived_at"].iloc[first]
    older = leads[leads["arrived_at"] < cutoff]
    train = known_at(leads, cutoff).reset_index(drop=True)
    test = leads[leads["arrived_at"] >= cutoff].reset_index(drop=True)
    return TimeSplit(train=train, test=test, cutoff=cutoff, n_unknown=len(older) - len(train))


def compare_splits(
    leads: pd.DataFrame, specs: tuple[FeatureSpec, ...], kind: str, seed: int, minimum_clusters: int
) -> pd.DataFrame:
    """Judge the same estimator under splits that are kinder than time.

    Parameters
    ----------
    leads : DataFrame
        Labelled leads ordered by arrival; the newest 5,000 are used.
    specs : tuple of FeatureSpec
    kind : str
        Estimator, as in `estimation.CANDIDATES`.
    seed : int
    minimum_clusters : int
        Business users or campaigns that an interval needs.

    Returns
    -------
    DataFrame
        One row per split: ``split``, ``n_train``, ``n_test`` (leads), ``auc``, ``auc_low``, ``auc_high``.
        ``later leads, verdicts of any date`` is trained on verdicts that came too late to be used.
    """
    leads = leads.iloc[-MAX_COMPARED:].reset_index(drop=True)
    label = leads["label"].to_numpy(dtype=float)
    first = int(np.floor((1 - TEST_SHARE) * len(leads)))
    ways = {
        "later leads, verdicts of any date": [(np.arange(first), np.arange(first, len(leads)))],
        "other business users": _grouped(leads["user_id"]),
        "other campaigns": _grouped(leads["campaign_id"]),
        "random": StratifiedKFold(FOLDS, shuffle=True, random_state=seed).split(label, label),
    }
    rows = []
    for name, folds in ways.items():
        held_out, score, trained = _out_of_fold(leads, specs, kind, seed, folds)
        tested = leads.iloc[held_out]
        clusters = choose_clusters(tested["user_id"], tested["campaign_id"], minimum_clusters)
        draws = auc(label[held_out], score, cluster_weights(clusters, seed))
        low, high = interval(draws[1:]) if clusters.basis else (np.nan, np.nan)
        rows.append((name, trained, len(held_out), float(draws[0]), low, high))
    return pd.DataFrame(rows, columns=["split", "n_train", "n_test", "auc", "auc_low", "auc_high"])


def _grouped(keys: pd.Series) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    codes, found = pd.factorize(keys.astype(object), use_na_sentinel=False)
    return iter(()) if len(found) < FOLDS else GroupKFold(FOLDS).split(codes, groups=codes)


def _out_of_fold(
    leads: pd.DataFrame, specs: tuple[FeatureSpec, ...], kind: str, seed: int, folds: object
) -> tuple[np.ndarray, np.ndarray, int]:
    """Score held-out leads; folds are of one size and their scores comparable."""
    held_out, scores, sizes = [], [], [0]
    for fit, test in folds:
        train = leads.iloc[np.sort(fit)]
        good = int(train["label"].sum())
        if min(good, len(train) - good) < 2:
            continue
        estimator = fit_estimator(train, specs, seed, kind=kind, is_calibrated=False)
        held_out.append(test)
        scores.append(predict(estimator, leads.iloc[test]))
        sizes.append(len(train))
    if not held_out:
        return np.empty(0, dtype=int), np.empty(0), 0
    return np.concatenate(held_out), np.concatenate(scores), max(sizes)
