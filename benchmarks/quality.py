"""How well the structured estimator scores any table, beside a dummy and two estimators off the shelf.

    python benchmarks/quality.py PATH --target COLUMN --time COLUMN [--group COLUMN] [--drop COLUMN ...]

PATH is a CSV or Parquet table: one row per case, a target of 0 and 1, and the moment at which a case came about. All
other columns but the group and those dropped are features: numbers, flags (0 and 1) and, of text, categories. The newest
fifth is held back, then a seeded random fifth. Intervals resample the group, or single rows without one.

    python benchmarks/quality.py --sample 40000 > benchmarks/quality.md

measures the features of a sample export instead.
"""

import argparse
import datetime as dt
import os
import platform
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

from leadsmart.classification.estimation.dataset import build_dataset
from leadsmart.classification.estimation.estimation import fit_estimator, predict
from leadsmart.classification.features.feature_catalogue import MISSING, FeatureSpec
from leadsmart.classification.metrics import Clusters, cluster_weights, interval, measure
from leadsmart.market import Market
from leadsmart.params import load_params
from leadsmart.sample import sample_market

SEED = 1
TEST_SHARE = 0.2
SHOWN = {"roc_auc": "AUC", "pr_auc": "PR-AUC", "brier_skill": "Brier skill", "ece": "ECE"}
WORDS = make_column_selector(dtype_include=["str", "object"])
NUMBERS = make_column_selector(dtype_exclude=["str", "object"])
TEXT = """# How well the structured estimator scores

Made by `python benchmarks/quality.py {arguments}` on {machine}.

{n} cases of `{name}`, {rate:.1%} of them positive, {features} features; intervals resample {basis}.

{table}

*Newest fifth*: learned from the older cases; *random fifth*: from the others, whenever they came. The second is optimistic
where cases of one time or group are alike. *LeadSmart* is the project's estimator with its own choice of candidate and its
calibration; the other two are scikit-learn's with their defaults, categories encoded and gaps filled.
"""


def read_sample(leads: int) -> tuple[pd.DataFrame, tuple[FeatureSpec, ...]]:
    """Labelled leads of a sample of all markets, with the project's own features but the message's text."""
    tables, truth = sample_market(None, leads=leads)
    params = load_params("new-cairo", Path(__file__).parents[1] / "params")
    as_of = dt.date(2024, 12, 31)
    dataset = build_dataset(Market.at(tables, params, as_of))
    table, specs = dataset.labelled, tuple(s for s in dataset.features.specs if s.kind != "text")
    # the tables hold all markets as if they were one
    table = table.assign(market=truth.leads["market"].reindex(table["lead_id"]).array)
    table = table[["label", "arrived_at", "user_id", *(s.name for s in specs)]]
    return table.rename(columns={"label": "target", "arrived_at": "time", "user_id": "group"}), specs


def read_table(path: Path, target: str, time: str, group: str | None, drop: list[str]) -> pd.DataFrame:
    """Cases with ``target, time, group`` and features, oldest first."""
    table = pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path)
    stated = {target: "target", time: "time"} | ({} if group is None else {group: "group"})
    absent = [c for c in (*stated, *drop) if c not in table]
    if absent:
        raise SystemExit(f"{path.name} has no column {', '.join(absent)}. It has: {', '.join(table.columns)}")
    table = table.drop(columns=drop)
    taken = [c for c in (*stated.values(), "label") if c in table and c not in stated]
    if taken:
        raise SystemExit(
            f"{path.name} has a feature called {', '.join(taken)}: rename it, or leave it out by --drop"
        )
    table = table.rename(columns=stated)
    if group is None:
        table["group"] = np.arange(len(table))
    # a column without a value says nothing, and the trees of scikit-learn cannot be fitted to one
    table = table[table["target"].notna()].dropna(axis="columns", how="all")
    if not set(table["target"].unique()) <= {0, 1}:
        raise SystemExit(f"column {target} holds other values than 0 and 1")
    table = table.assign(target=table["target"].astype(float), time=pd.to_datetime(table["time"], utc=True))
    return table.sort_values("time", kind="stable", ignore_index=True)


def specs_of(table: pd.DataFrame) -> tuple[FeatureSpec, ...]:
    """Kinds of the features, by what the columns hold."""

    def kind(values: pd.Series) -> str:
        if not pd.api.types.is_numeric_dtype(values):
            return "category"
        return "flag" if set(values.dropna().unique()) <= {0, 1} else "number"

    features = table.columns.drop(["target", "time", "group"])
    return tuple(FeatureSpec(c, kind(table[c]), "arrival", c, f"{c}|no {c}") for c in features)


def alternatives() -> dict[str, object]:
    """Estimators off the shelf, by name."""
    hot = make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore", min_frequency=10), WORDS),
        (make_pipeline(SimpleImputer(), StandardScaler()), NUMBERS),
    )
    codes = make_column_transformer(
        (OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1), WORDS),
        ("passthrough", NUMBERS),
    )
    return {
        "Everybody the same": DummyClassifier(),
        "Logistic regression": make_pipeline(hot, LogisticRegression(max_iter=2000)),
        "Histogram gradient boosting": make_pipeline(
            codes, HistGradientBoostingClassifier(random_state=SEED)
        ),
    }


def scores(train: pd.DataFrame, test: pd.DataFrame, specs: tuple[FeatureSpec, ...]) -> dict[str, np.ndarray]:
    """Probability of each test case by each estimator."""
    names = [s.name for s in specs]
    found = {}
    for name, estimator in alternatives().items():
        found[name] = estimator.fit(train[names], train["target"]).predict_proba(test[names])[:, 1]
    own = fit_estimator(train.rename(columns={"target": "label"}), specs, SEED)
    return {**found, f"LeadSmart ({own.kind})": predict(own, test)}


def rows_of(
    split: str, train: pd.DataFrame, test: pd.DataFrame, specs: tuple[FeatureSpec, ...]
) -> list[dict]:
    codes, _ = pd.factorize(test["group"])
    weights = cluster_weights(Clusters(codes, "group"), SEED)
    label = test["target"].to_numpy(dtype=float)
    rows = []
    for name, probability in scores(train, test, specs).items():
        draws = measure(label, probability, weights)
        shown = {words: _with_interval(draws[key].to_numpy()) for key, words in SHOWN.items()}
        rows.append({"Held back": split, "Estimator": name, **shown, "n": f"{len(train):,} + {len(test):,}"})
    return rows


def _with_interval(draws: np.ndarray) -> str:
    low, high = interval(draws[1:])
    return f"{draws[0]:.3f} ({low:.3f} to {high:.3f})"


def compare(table: pd.DataFrame, specs: tuple[FeatureSpec, ...]) -> list[dict]:
    """One row per split and estimator."""
    words = {s.name: table[s.name].astype("str").fillna(MISSING) for s in specs if s.kind == "category"}
    numbers = {s.name: table[s.name].astype(float) for s in specs if s.kind != "category"}
    table = table.assign(**words, **numbers)
    is_newest = np.arange(len(table)) >= int((1 - TEST_SHARE) * len(table))
    is_drawn = np.random.default_rng(SEED).permutation(is_newest)
    splits = {"newest fifth": is_newest, "random fifth": is_drawn}
    return [
        row
        for name, held in splits.items()
        for row in rows_of(
            name, table[~held].reset_index(drop=True), table[held].reset_index(drop=True), specs
        )
    ]


def machine() -> str:
    libraries = ", ".join(f"{name} {version(name)}" for name in ("leadsmart", "scikit-learn", "numpy"))
    return f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}, {libraries}"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("path", type=Path, nargs="?")
    parser.add_argument("--target", default="target")
    parser.add_argument("--time", default="time")
    parser.add_argument("--group")
    parser.add_argument("--drop", nargs="*", default=[])
    parser.add_argument("--sample", type=int, help="leads of a sample export to measure instead of a table")
    stated = parser.parse_args()
    if (stated.path is None) == (stated.sample is None):
        parser.error("state a PATH or --sample LEADS")
    if stated.sample:
        table, specs = read_sample(stated.sample)
        name, arguments, basis = (
            f"a sample of {stated.sample:,} leads",
            f"--sample {stated.sample}",
            "business users",
        )
    else:
        table = read_table(stated.path, stated.target, stated.time, stated.group, stated.drop)
        specs, name = specs_of(table), stated.path.name
        arguments = f"{name} --target {stated.target} --time {stated.time}"
        arguments += f" --group {stated.group}" if stated.group else ""
        arguments += f" --drop {' '.join(stated.drop)}" if stated.drop else ""
        basis = f"`{stated.group}`" if stated.group else "single rows"
    rows = compare(table, specs)
    head = "| " + " | ".join(rows[0]) + " |\n|" + "---|" * len(rows[0])
    lines = ["| " + " | ".join(map(str, row.values())) + " |" for row in rows]
    print(TEXT.format(
        arguments=arguments, machine=machine(), n=f"{len(table):,}", name=name, rate=table["target"].mean(),
        features=len(specs), basis=basis, table="\n".join([head, *lines]),
    ), end="")  # fmt: skip


if __name__ == "__main__":
    main()
