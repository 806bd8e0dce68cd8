"""Optimistic ways to hold leads back, beside the one that decides: forward in time."""

from collections.abc import Iterable, Iterator
from typing import Final

import numpy as np
import pandas as pd
from scipy.special import expit
from sklearn.model_selection import GroupKFold, StratifiedKFold

from leadsmart.classification.estimation.dataset import TEST_SHARE
from leadsmart.classification.estimation.estimation import Fold, predict_held_out
from leadsmart.classification.features.feature_catalogue import FeatureSpec
from leadsmart.classification.metrics import auc_interval, choose_clusters
from leadsmart.params import Params

FOLDS: Final = 5
#: Newest labelled leads that the optimistic splits are shown on: enough to see how optimistic they are.
MAX_COMPARED: Final = 5_000
COMPARED_COLUMNS: Final = ("split", "n_train", "n_test", "auc", "auc_low", "auc_high")


def compare_splits(
    leads: pd.DataFrame, specs: tuple[FeatureSpec, ...], kind: str, params: Params
) -> list[tuple[str, int, int, float, float, float]]:
    """Judge the same estimator under splits that make it look better than time does.

    Parameters
    ----------
    leads : DataFrame
        Labelled leads ordered by arrival; the newest 5,000 are used.
    specs : tuple of FeatureSpec
    kind : str
        Estimator, as in `estimation.CANDIDATES`.
    params : Params

    Returns
    -------
    list of tuple
        One per split: `COMPARED_COLUMNS`, with counts of leads.
        ``later leads, verdicts of any date`` is trained on verdicts that came too late to be used.
    """
    leads = leads.iloc[-MAX_COMPARED:].reset_index(drop=True)
    label = leads["label"].to_numpy(dtype=float)
    first = int(np.floor((1 - TEST_SHARE) * len(leads)))
    random = StratifiedKFold(FOLDS, shuffle=True, random_state=params.seed)
    ways: dict[str, Iterable[Fold]] = {
        "later leads, verdicts of any date": [(np.arange(first), np.arange(first, len(leads)))],
        "other business users": _grouped(leads["user_id"]),
        "other campaigns": _grouped(leads["campaign_id"]),
        "random": random.split(label, label),
    }
    rows = []
    for name, folds in ways.items():
        held_out, odds, trained = predict_held_out(leads, specs, params.seed, kind, folds)
        clusters = choose_clusters(leads.iloc[held_out], params.minimum_users)
        area = auc_interval(label[held_out], expit(odds), clusters, params.seed)
        rows.append((name, trained, len(held_out), *area))
    return rows


def _grouped(keys: pd.Series) -> Iterator[Fold]:
    codes, found = pd.factorize(keys.astype(object), use_na_sentinel=False)
    return iter(()) if len(found) < FOLDS else GroupKFold(FOLDS).split(codes, groups=codes)
