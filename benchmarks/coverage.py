"""How often 95 % ranges hold the truth, per kind and number of business users, beside their plain alternatives.

    python benchmarks/coverage.py [--samples 2000] [--real OUTPUTS] > benchmarks/coverage.md

Two tables: data sets of the sample, whose truth is the ratio over all of them; and, with ``--real``, the clean tables
of a finished run, whose business users are drawn with replacement and whose truth is the ratio of the whole market.
"""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

from leadsmart.insights.measures import delivery_frame, lead_frame, sum_measures
from leadsmart.insights.shrinkage import shrink_rates
from leadsmart.insights.statistics import MINIMUM_COVERAGE, bootstrap_ratio, ratio_interval
from leadsmart.params import load_params
from leadsmart.sample import sample_market
from leadsmart.vocabulary import TABLES, MarketTables

ROOT = Path(__file__).parents[1]
#: Kind of range: over, under, scale.
KINDS = {
    "ctr": ("clicks", "impressions", "log"),
    "cpc": ("spend", "clicks", "log"),
    "cpm": ("spend", "impressions", "log"),
    "cpl": ("spend", "leads", "log"),
    "qualified_rate": ("qualified", "verdicts", "logit"),
    "cpql": ("spend", "qualified", "log"),
}
SIZES = (8, 20, 43)
PARAMS = load_params("new-cairo", ROOT / "params")
BOOTSTRAPS = 20  # one data set in so many is bootstrapped, too


def per_user(tables):
    return sum_measures(delivery_frame(tables), lead_frame(tables, PARAMS), ["user_id"])


def ranges(users, kind, is_bootstrapped):
    over, under, scale = KINDS[kind]
    found = {"jackknife": ratio_interval(users[over], users[under], minimum_clusters=5, scale=scale)}
    if is_bootstrapped:
        found["bootstrap"] = bootstrap_ratio(
            users[over], users[under], seed=1, minimum_clusters=5, replicates=500
        )
    return {method: (i.low, i.high) for method, i in found.items() if i.has_bounds}


def tally(drawn, truth):
    """Coverage per kind, size and method; `drawn` yields size, number and sums per user."""
    hits = []
    for size, number, users in drawn:
        for kind in KINDS:
            for method, (low, high) in ranges(users, kind, number % BOOTSTRAPS == 0).items():
                hits.append((kind, size, method, low <= truth[kind] <= high))
    return pd.DataFrame(hits, columns=["kind", "users", "method", "holds"])


def shrunk_hits(tables, truth):
    """Share of campaigns with verdicts whose shrunk range holds the true rate of their leads with a verdict."""
    leads = lead_frame(tables, PARAMS)
    leads = leads[leads["is_verdict"]]
    leads = leads.assign(p=leads["lead_id"].map(truth.leads["p_qualified_given_verdict"]))
    groups = leads.groupby(["campaign_id", "user_id"]).agg(
        verdicts=("p", "size"), qualified=("is_qualified", "sum"), true=("p", "mean")
    )
    kinds = groups.groupby("user_id")[["qualified", "verdicts"]].transform("sum")
    groups = groups[(kinds["qualified"] > 0) & (kinds["qualified"] < kinds["verdicts"])].reset_index()
    shrunk = shrink_rates(groups)
    return ((shrunk["shrunk_low"] <= shrunk["true"]) & (shrunk["true"] <= shrunk["shrunk_high"])).mean()


def sample_coverage(samples):
    sums, shrunk = [], []
    for seed in range(samples):
        tables, truth = sample_market(None, seed=seed)
        sums.append(per_user(tables))
        if seed % 10 == 0:
            shrunk.append(shrunk_hits(tables, truth))
    totals = sum(users.sum() for users in sums)
    truth = {kind: totals[over] / totals[under] for kind, (over, under, _) in KINDS.items()}
    rng = np.random.default_rng(0)

    def drawn():
        for number, users in enumerate(sums):
            for size in SIZES:
                yield size, number, users.iloc[rng.permutation(len(users))[:size]]

    return tally(drawn(), truth), float(np.mean(shrunk)), len(shrunk)


def real_coverage(outputs, samples):
    rng, rows = np.random.default_rng(0), []
    for folder in sorted(Path(outputs).glob("*/clean")):
        if folder.parent.name == "unassigned":
            continue
        tables = MarketTables(**{t: pd.read_parquet(folder / f"{t}.parquet") for t in TABLES})
        users = per_user(tables)
        totals = users.sum()
        truth = {
            kind: totals[over] / totals[under] if totals[under] else np.nan
            for kind, (over, under, _) in KINDS.items()
        }
        draws = (
            (len(users), number, users.iloc[rng.integers(0, len(users), len(users))])
            for number in range(samples)
        )
        rows.append(tally(draws, truth).assign(market=folder.parent.name))
    return pd.concat(rows, ignore_index=True)


def show(hits, by):
    table = hits.groupby([*by, "method", "kind"])["holds"].mean().unstack("kind")[list(KINDS)]
    print("| " + " | ".join([*by, "method", *KINDS]) + " |")
    print("|" + "---|" * (len(by) + 1 + len(KINDS)))
    for key, row in table.iterrows():
        cells = ["–" if np.isnan(v) else f"{v:.1%}" + ("" if v >= MINIMUM_COVERAGE else " !") for v in row]
        print("| " + " | ".join([*map(str, key), *cells]) + " |")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=int, default=2000)
    parser.add_argument("--real", type=Path, help="outputs of a finished run on a real export")
    options = parser.parse_args()
    hits, shrunk, counted = sample_coverage(options.samples)
    print(
        "# Coverage of 95 % ranges\n\n`!` marks coverage below 90 %. The page says “indicative range” where fewer than ten users in effect carry a figure,"
        "\nwhich does not catch every such cell of the real export.\n"
    )
    print(f"## {options.samples:,} data sets of the sample\n")
    print("Business users of each are cut at random to the size given; the bootstrap ran on one in")
    print(f"{BOOTSTRAPS}. The truth is the ratio over all data sets.\n")
    show(hits, ["users"])
    print(f"\nShrunk qualified rates, averaged over campaigns, {counted:,} data sets: {shrunk:.1%}.")
    if options.real:
        number = max(options.samples // 2, 1)
        real = real_coverage(options.real, number)
        print(f"\n## The real export, business users drawn with replacement {number:,} times per market\n")
        show(real, ["market", "users"])


if __name__ == "__main__":
    main()
