"""How often 95 % ranges hold the truth, per kind and number of business users, and what the page calls them.

    python benchmarks/coverage.py [--samples 2000] [--real OUTPUTS] > benchmarks/coverage.md

Data sets of the sample, whose truth is the ratio over all of them, beside the percentile bootstrap; and, with
``--real``, the clean tables of a finished run, whose business users are drawn with replacement and whose truth is the
ratio of the whole market.
"""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

from leadsmart.insights.kpi.measures import delivery_frame, lead_frame, sum_measures
from leadsmart.insights.methods.shrinkage import shrink_rates
from leadsmart.insights.methods.statistics import MINIMUM_DECIDING_USERS, ratio_interval
from leadsmart.market import Market
from leadsmart.market_tables import MarketTables
from leadsmart.params import load_params
from leadsmart.sample import PlantedEffects, sample_market
from leadsmart.sample.draw import DEFAULT_LEADS, draw_sample
from leadsmart.sample.history import STATUSES
from leadsmart.vocabulary import RANGE_95, TABLES

ROOT = Path(__file__).parents[1]
#: Kind of range: over, under, scale.
KINDS = {
    "ctr": ("clicks", "impressions", "logit"),
    "cpc": ("spend", "clicks", "log"),
    "cpm": ("spend", "impressions", "log"),
    "cpl": ("spend", "leads", "log"),
    "qualified_rate": ("qualified", "verdicts", "logit"),
    "cpql": ("spend", "qualified", "log"),
}
SIZES = (8, 20, 43)
#: One data set in so many also has its campaigns' shrunk rates measured: each has 380 of them.
SHRUNK_EVERY = 1
PARAMS = load_params("new-cairo", ROOT / "params")
MINIMUM_COVERAGE = 0.9
#: The limit was set on the first of these markets and is checked on the others.
TUNED_ON = ("east-cairo", "new-cairo", "red-sea", "west-cairo")
SUBSET_SIZES = (6, 8, 12, 20, 40, 80)
BINS = (0, 1.25, 1.5, 2, 2.5, 3, 4, np.inf)


def per_user(tables):
    return sum_measures(
        delivery_frame(Market(tables, PARAMS)), lead_frame(Market(tables, PARAMS)), ["user_id"]
    )


def drawn_per_user(draw):
    """The same sums straight from what was drawn: a sixth of the time, without tables of leads and delivery."""
    campaigns, leads = draw.world.campaigns, draw.arrivals.leads
    rows = draw.delivery.rows.assign(spend=lambda r: r["cents"] / 100)
    delivery = rows.groupby(campaigns["user"].to_numpy()[rows["campaign"]])[
        ["spend", "impressions", "clicks"]
    ].sum()
    status = np.array(STATUSES)[draw.history.status]
    outcomes = {
        "leads": 1,
        "verdicts": np.isin(status, [*PARAMS.qualified_statuses, *PARAMS.disqualified_statuses]),
        "qualified": np.isin(status, PARAMS.qualified_statuses),
    }
    counts = pd.DataFrame(outcomes, index=leads.index).groupby(leads["user"].to_numpy()).sum()
    users = pd.concat([delivery, counts], axis=1).fillna(0.0).astype(float)
    return users.set_axis(draw.world.users["user_id"].astype("str").array[users.index]).sort_index()


def check_sums(seed=0):
    """Refuse to go on if the short way gives other sums than the tables."""
    short = drawn_per_user(draw_sample(DEFAULT_LEADS, seed, PlantedEffects()))
    tables, _ = sample_market(None, seed=seed)
    pd.testing.assert_frame_equal(
        short, per_user(tables)[list(short)], check_names=False, check_index_type=False
    )


def true_ratio(totals, kind):
    over, under, _ = KINDS[kind]
    return totals[over] / totals[under] if totals[under] else np.nan


def measure(users, kind):
    over, under, scale = KINDS[kind]
    return ratio_interval(users[over], users[under], minimum_clusters=PARAMS.minimum_users, scale=scale)


def bootstrap_holds(users, kind, truth, rng, replicates=500):
    """Percentile bootstrap over business users (Efron 1979, Ann. Stat. 7:1)."""
    over, under, _ = KINDS[kind]
    weights = rng.multinomial(len(users), np.full(len(users), 1 / len(users)), size=replicates)
    below = weights @ users[under].to_numpy()
    drawn = (weights @ users[over].to_numpy())[below > 0] / below[below > 0]
    low, high = np.quantile(drawn, (0.025, 0.975))
    return low <= truth <= high


def draw_again(users, kind, draws, rng):
    """The range of `kind` in markets whose users are drawn from `users` with replacement.

    Returns
    -------
    DataFrame
        One row per draw with bounds: ``holds`` (the ratio of all users), ``is_95`` (called a 95 % range).
    """
    truth = true_ratio(users.sum(), kind)
    found = (measure(users.iloc[rng.integers(0, len(users), len(users))], kind) for _ in range(draws))
    rows = [(i.low <= truth <= i.high, i.label == RANGE_95) for i in found if i.has_bounds]
    return pd.DataFrame(rows, columns=["holds", "is_95"], dtype=bool)


def shrunk_hits(tables, truth):
    """Share of campaigns with verdicts whose shrunk range holds the true rate of their leads with a verdict."""
    leads = lead_frame(Market(tables, PARAMS))
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
    """One row per data set, size and kind; and the share of campaigns whose shrunk range holds, per data set."""
    check_sums()
    sums, shrunk = [], []
    for seed in range(samples):
        sums.append(drawn_per_user(draw_sample(DEFAULT_LEADS, seed, PlantedEffects())))
        if seed % SHRUNK_EVERY == 0:
            shrunk.append(shrunk_hits(*sample_market(None, seed=seed)))
    totals = sum(users.sum() for users in sums)
    truth = {kind: true_ratio(totals, kind) for kind in KINDS}
    rng, rows = np.random.default_rng(0), []
    for number, users in enumerate(sums):
        for size in SIZES:
            cut = users.iloc[rng.permutation(len(users))[:size]]
            for kind in KINDS:
                interval = measure(cut, kind)
                if interval.has_bounds:
                    holds = interval.low <= truth[kind] <= interval.high
                    # one data set in ten is enough for the alternative
                    other = bootstrap_holds(cut, kind, truth[kind], rng) if number % 10 == 0 else np.nan
                    rows.append((size, kind, holds, interval.label == RANGE_95, other))
    columns = ["users", "kind", "holds", "is_95", "bootstrap"]
    return pd.DataFrame(rows, columns=columns).astype({"bootstrap": float}), np.array(shrunk)


def read_markets(outputs):
    folders = [f for f in sorted(Path(outputs).glob("*/clean")) if f.parent.name != "unassigned"]
    tables = {
        f.parent.name: MarketTables(**{t: pd.read_parquet(f / f"{t}.parquet") for t in TABLES})
        for f in folders
    }
    return {market: per_user(own) for market, own in tables.items() if len(own.leads)}


def real_coverage(markets, draws):
    """One row per market and kind: what its own range is called, and how often its draws hold."""
    rng, rows = np.random.default_rng(0), []
    for market, users in markets.items():
        for kind in KINDS:
            own = measure(users, kind)
            if own.has_bounds:
                drawn = draw_again(users, kind, draws, rng)
                told = drawn.loc[drawn["is_95"], "holds"]
                rows.append(
                    (market, len(users), kind, own.label, own.deciding, drawn["holds"].mean(), told.mean())
                )
    columns = ["market", "users", "kind", "label", "deciding", "holds", "holds_if_95"]
    return pd.DataFrame(rows, columns=columns)


def limit_coverage(markets, draws):
    """One row per random part of a market and kind: users that decide its range, and how often its draws hold."""
    rng, rows = np.random.default_rng(1), []
    for market, users in markets.items():
        for size in SUBSET_SIZES:
            if size >= len(users):
                continue
            part = users.iloc[rng.choice(len(users), size, replace=False)]
            for kind in KINDS:
                own = measure(part, kind)
                if own.has_bounds:
                    rows.append(
                        (
                            market in TUNED_ON,
                            kind,
                            own.deciding,
                            draw_again(part, kind, draws, rng)["holds"].mean(),
                        )
                    )
    return pd.DataFrame(rows, columns=["is_tuned", "kind", "deciding", "holds"])


def percent(share):
    return "–" if np.isnan(share) else f"{share:.1%}"


def show(table, header):
    print("| " + " | ".join(header) + " |")
    print("|" + "---|" * len(header))
    for cells in table:
        print("| " + " | ".join(map(str, cells)) + " |")


def show_sample(samples, hits, shrunk):
    print(f"## {samples:,} data sets of the sample\n")
    print(
        "Business users of each are cut at random to the size given. The truth is the ratio over all data sets.\n"
    )
    lines = []
    for size, own in hits.groupby("users"):
        kinds = {kind: own[own["kind"] == kind] for kind in KINDS}
        lines.append((size, "all", *(percent(k["holds"].mean()) for k in kinds.values())))
        told = (k.loc[k["is_95"], "holds"].mean() for k in kinds.values())
        lines.append((size, "called “95 % range”", *map(percent, told)))
        lines.append((size, "share called so", *(percent(k["is_95"].mean()) for k in kinds.values())))
        lines.append(
            (size, "percentile bootstrap", *(percent(k["bootstrap"].mean()) for k in kinds.values()))
        )
    show(lines, ["users", "ranges", *KINDS])
    print(
        f"\nShrunk qualified rates, averaged over campaigns, {len(shrunk):,} data sets: {shrunk.mean():.1%} ",
        end="",
    )
    print(f"(middle 90 % of data sets: {np.quantile(shrunk, 0.05):.1%}–{np.quantile(shrunk, 0.95):.1%}).")


def show_real(real, parts, draws):
    print(f"\n## The real export, business users drawn with replacement {draws:,} times per market\n")
    print("`≈`: the page calls the market's range indicative; `!`: coverage below 90 %.\n")
    lines = []
    for (market, users), own in real.groupby(["market", "users"]):
        cells = own.set_index("kind").reindex(KINDS)
        lines.append(
            (
                market,
                users,
                *(
                    percent(row.holds)
                    + (" ≈" if row.label not in (RANGE_95, np.nan) else "")
                    + (" !" if row.holds < MINIMUM_COVERAGE else "")
                    for row in cells.itertuples()
                ),
            )
        )
    show(lines, ["market", "users", *KINDS])
    print()
    called = real.groupby(real["label"], sort=True)
    show(
        [
            (
                label,
                len(own),
                percent(own["holds"].mean()),
                percent(own["holds"].min()),
                (own["holds"] < MINIMUM_COVERAGE).sum(),
                percent(own["holds_if_95"].mean()),
            )
            for label, own in called
        ],
        [
            "the market's range is called",
            "ranges",
            "mean",
            "lowest",
            "below 90 %",
            "of draws called “95 % range”",
        ],
    )
    print(
        "\nThe last column is what is left if the draw itself must tell: where one user decides a market's range, a"
    )
    print(
        "draw without that user looks harmless. No rule on the data at hand can see who is missing from them."
    )
    print(f"\n## Where the limit lies: users that decide a range (limit {MINIMUM_DECIDING_USERS:g})\n")
    print(f"Random parts of the markets, of {', '.join(map(str, SUBSET_SIZES))} users. The limit was set on")
    print(f"{', '.join(TUNED_ON)}; the other markets check it.\n")
    place = pd.cut(parts["deciding"], BINS, right=False)
    lines = []
    for bin_, own in parts.groupby(place, observed=True):
        sides = (own.loc[own["is_tuned"] == side, "holds"] for side in (True, False))
        lines.append((bin_, *(cell for side in sides for cell in (len(side), percent(side.mean())))))
    show(lines, ["deciding users", "ranges (set on)", "coverage", "ranges (checked on)", "coverage"])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=int, default=2000)
    parser.add_argument("--draws", type=int, default=300, help="of each market of the real export")
    parser.add_argument("--real", type=Path, help="outputs of a finished run on a real export")
    options = parser.parse_args()
    print("# Coverage of 95 % ranges\n")
    print(
        f"The page says “indicative range” where fewer than {MINIMUM_DECIDING_USERS:g} business users in effect decide"
    )
    print("the range (Kish's number, by their influence).\n")
    show_sample(options.samples, *sample_coverage(options.samples))
    if options.real:
        markets = read_markets(options.real)
        show_real(
            real_coverage(markets, options.draws), limit_coverage(markets, options.draws // 2), options.draws
        )


if __name__ == "__main__":
    main()
