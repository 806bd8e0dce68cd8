"""Boosted trees asked about one feature at a time: what would they say of the same lead with a usual value?

Calling the estimator anew for every feature walks all trees as many times as there are features. Here each tree is
read once, as sets of leaves (the idea is QuickScorer's, Lucchese et al., SIGIR 2015): every answer to a question rules
leaves out, the leaf that no answer rules out is the lead's, and another value of a feature changes only what that
feature's questions rule out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

#: A usual value of a feature: its weight, and what its columns hold.
Usual = tuple[float, np.ndarray]


@dataclass(frozen=True)
class _Tree:
    """A tree as the leaves that each value leaves open.

    Attributes
    ----------
    open_leaves : dict
        Column -> set of leaves (bits) per position of a value among the column's thresholds; the last is for a
        missing value.
    values : array
        Of each leaf, in the order of the bits.
    """

    open_leaves: dict[int, np.ndarray]
    values: np.ndarray


def occlude(
    classifier: Any,
    matrix: np.ndarray,
    columns: Mapping[str, Sequence[int]],
    usual: Mapping[str, Sequence[Usual]],
) -> np.ndarray:
    """Measure what each feature adds to the log-odds of each lead.

    Parameters
    ----------
    classifier : HistGradientBoostingClassifier
        Of two classes, with at most 32 leaves a tree.
    matrix : array, shape (leads, columns)
    columns : mapping
        Feature -> its columns of the matrix.
    usual : mapping
        Feature -> usual values.

    Returns
    -------
    array, shape (leads, features)
        The score minus that with each usual value of the feature, weighed.
    """
    nodes = [trees[0].nodes for trees in classifier._predictors]
    thresholds = _thresholds(nodes, matrix.shape[1])
    positions = [_positions(t, matrix[:, c]) for c, t in enumerate(thresholds)]
    replaced = {
        name: [
            (w, {c: int(_positions(thresholds[c], v[[k]])[0]) for k, c in enumerate(columns[name])})
            for w, v in values
        ]
        for name, values in usual.items()
    }
    rows = {name: np.zeros(len(matrix)) for name in columns}
    for tree in (_read_tree(n, thresholds) for n in nodes):
        left_open = {c: sets[positions[c]] for c, sets in tree.open_leaves.items()}
        for name, its in columns.items():
            own = [c for c in its if c in left_open]
            if not own:
                continue
            others = _intersect([left_open[c] for c in left_open if c not in own], len(matrix))
            now = _value(tree, others & _intersect([left_open[c] for c in own], len(matrix)))
            for weight, at in replaced[name]:
                instead = np.bitwise_and.reduce([tree.open_leaves[c][at[c]] for c in own])
                rows[name] += weight * (now - _value(tree, others & instead))
    return np.stack(list(rows.values()), axis=1)


def _thresholds(nodes: list[np.ndarray], columns: int) -> list[np.ndarray]:
    asked = np.concatenate([n[n["is_leaf"] == 0] for n in nodes])
    return [np.unique(asked["num_threshold"][asked["feature_idx"] == c]) for c in range(columns)]


def _positions(thresholds: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Number of thresholds below each value; one more than there are where it is missing."""
    # a value at the threshold goes left, so that it is not above it
    position = np.searchsorted(thresholds, values, side="left")
    return np.where(np.isnan(values), len(thresholds) + 1, position)


def _read_tree(nodes: np.ndarray, thresholds: list[np.ndarray]) -> _Tree:
    below = np.zeros(len(nodes), dtype=np.uint32)
    leaves = np.flatnonzero(nodes["is_leaf"])
    below[leaves] = np.uint32(1) << np.arange(len(leaves), dtype=np.uint32)
    asking = np.flatnonzero(nodes["is_leaf"] == 0)
    # children come after their parent
    for i in asking[::-1]:
        below[i] = below[nodes["left"][i]] | below[nodes["right"][i]]
    open_leaves: dict[int, np.ndarray] = {}
    for i in asking:
        node, column = nodes[i], int(nodes["feature_idx"][i])
        known = thresholds[column]
        goes_left = np.arange(len(known) + 2) <= np.searchsorted(known, node["num_threshold"])
        goes_left[-1] = bool(node["missing_go_to_left"])
        kept = below[0] & ~np.where(goes_left, below[node["right"]], below[node["left"]])
        open_leaves[column] = open_leaves[column] & kept if column in open_leaves else kept
    return _Tree(open_leaves, nodes["value"][leaves])


def _intersect(sets: list[np.ndarray], n: int) -> np.ndarray:
    if not sets:
        return np.full(n, np.iinfo(np.uint32).max, dtype=np.uint32)
    together = sets[0]
    for each in sets[1:]:
        together = together & each
    return together


def _value(tree: _Tree, leaf: np.ndarray) -> np.ndarray:
    # one bit is left: as many bits lie below it as leaves come before it
    return tree.values[np.bitwise_count(leaf - np.uint32(1))]
