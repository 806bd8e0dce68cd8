"""How fast leads are scored, in batch and one by one, beside a loop over rows; and how long training takes.

    python benchmarks/scoring.py [--data EXPORT] > benchmarks/scoring.md

Leads are those of the sample's largest market. A batch goes from clean tables to the finished call list: features with
their histories, messages, probabilities, reasons. One lead goes from its clean fields to its line of the list, features
included, in a warm process that made the market's history ready before. Both kinds of model are measured. With EXPORT,
training on its market with the most verdicts is measured, too.
"""

import argparse
import datetime as dt
import itertools
import os
import platform
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd

from leadsmart.classification.estimation.dataset import build_dataset
from leadsmart.classification.estimation.estimation import CANDIDATES, fit_estimator
from leadsmart.classification.estimation.model import Model, fit_market_model
from leadsmart.classification.judging.evaluation import evaluate_model
from leadsmart.classification.scoring import open_leads, open_scorer, score_arrivals, score_lead
from leadsmart.cleaning.clean import clean_slice
from leadsmart.cleaning.reading.split import split_export
from leadsmart.market import Market
from leadsmart.market_tables import MarketTables
from leadsmart.params import Params, list_markets, load_params
from leadsmart.sample import sample_market_tables
from leadsmart.vocabulary import USE_PROBABILITY

ROOT = Path(__file__).parents[1]
MARKET, LEADS, AS_OF = "new-cairo", 60_000, dt.date(2024, 12, 31)
REPEATS, ROWS = 3, 200
TEXT = """# How fast leads are scored

Made by `python benchmarks/scoring.py` on {machine}.

{batch}

*Ours* and *row by row* score the same open leads with the same model; row by row is a loop that calls our scoring of a single
lead for one after the other, measured on {rows} leads. Both go from clean fields to the line of the list. Best of {repeats}
runs; wall and CPU per lead. *Every wording its own* adds a different word to each message, so that no message is read twice.

{one}

{training}"""


def timed(function: Callable[[], object], repeats: int = REPEATS) -> tuple[float, float]:
    """Least wall and CPU seconds of some runs."""
    found = []
    for _ in range(repeats):
        wall, cpu = time.perf_counter(), time.process_time()
        function()
        found.append((time.perf_counter() - wall, time.process_time() - cpu))
    return min(w for w, _ in found), min(c for _, c in found)


def fit(tables: MarketTables, params: Params, kind: str) -> Model:
    dataset = build_dataset(Market.at(tables, params, AS_OF))
    estimator = fit_estimator(dataset.labelled, dataset.features.specs, params.seed, kind)
    return replace(fit_market_model(dataset), estimator=estimator)


def variants(tables: MarketTables) -> dict[str, MarketTables]:
    leads = tables.leads
    letters = np.array(list("abcdefghijklmnopqrst"))
    codes = letters[np.arange(len(leads))[:, None] // 20 ** np.arange(4) % 20]
    own = pd.Series(["".join(c) for c in codes], index=leads.index, dtype="str")
    return {
        "without messages": tables._replace(leads=leads.drop(columns="message")),
        "with messages": tables,
        "every wording its own": tables._replace(leads=leads.assign(message=leads["message"] + " " + own)),
    }


def measure_batch(params: Params) -> tuple[str, str]:
    lines = [
        "| Leads | Model | Open leads | Ours, leads/s wall | CPU µs a lead | Row by row, leads/s wall | CPU µs a lead | Ratio, CPU |",
        "|---|---|---:|---:|---:|---:|---:|---:|",
    ]
    single = [
        "| One lead, warm | Model | Median ms, wall | Median ms, CPU | Least ms, wall |",
        "|---|---|---:|---:|---:|",
    ]
    made = variants(sample_market_tables(MARKET, leads=LEADS))
    for (name, tables), kind in itertools.product(made.items(), CANDIDATES):
        model = fit(tables, params, kind)

        def whole(tables: MarketTables = tables, model: Model = model) -> pd.DataFrame:
            market = Market.at(tables, params, AS_OF)
            is_open = tables.leads["lead_id"].isin(open_leads(market)["lead_id"])
            return score_arrivals(open_scorer(model, market, USE_PROBABILITY), tables.leads[is_open])

        scored = whole()
        wall, cpu = timed(whole)
        scorer = open_scorer(model, Market(tables, params), USE_PROBABILITY)
        rows = tables.leads[tables.leads["lead_id"].isin(scored["lead_id"])].head(ROWS).to_dict("records")
        ones = [
            timed(lambda row=row, scorer=scorer: score_lead(scorer, row), 1) for row in [*rows[:20], *rows]
        ][20:]
        one_wall, one_cpu = np.median(ones, axis=0)
        n = len(scored)
        lines.append(
            f"| {name} | {kind} | {n:,} | {n / wall:,.0f} | {1e6 * cpu / n:.0f} "
            f"| {1 / one_wall:,.0f} | {1e6 * one_cpu:,.0f} | {one_cpu / (cpu / n):,.0f} |"
        )
        least = min(w for w, _ in ones)
        single.append(
            f"| {name} | {kind} | {1000 * one_wall:.1f} | {1000 * one_cpu:.1f} | {1000 * least:.1f} |"
        )
    return "\n".join(lines), "\n".join(single)


def measure_training(export: Path) -> str:
    params_dir = ROOT / "params"
    with tempfile.TemporaryDirectory() as cache:
        loaded = {m: load_params(m, params_dir) for m in list_markets(params_dir)}
        slices = split_export(export, Path(cache), loaded)
        cleaned = {m: clean_slice(slices, m, p, b"benchmark").tables for m, p in loaded.items()}
    decided = {
        m: int(
            t.leads["lead_status"]
            .isin([*loaded[m].qualified_statuses, *loaded[m].disqualified_statuses])
            .sum()
        )
        for m, t in cleaned.items()
    }
    market = max(decided, key=decided.__getitem__)
    tables, params, day = cleaned[market], loaded[market], slices.last_day
    market_then = Market.at(tables, params, day)
    train = timed(lambda: fit_market_model(build_dataset(market_then)))
    dataset = build_dataset(market_then)
    judge = timed(lambda: evaluate_model(dataset), 1)
    return (
        f"Training on the export's market with the most verdicts ({market}: {len(tables.leads):,} leads, "
        f"{decided[market]:,} verdicts), features included: {train[0]:.1f} s wall, {train[1]:.1f} s CPU. "
        f"Judging it, optimistic splits included: {judge[0]:.1f} s wall, {judge[1]:.1f} s CPU.\n"
    )


def machine() -> str:
    libraries = ", ".join(f"{name} {version(name)}" for name in ("scikit-learn", "pandas", "numpy"))
    return (
        f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}, "
        f"{libraries}; OMP_NUM_THREADS {os.environ.get('OMP_NUM_THREADS', 'not set')}, load {os.getloadavg()[0]:.1f} "
        "when it began"
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, help="an export to train on")
    options = parser.parse_args()
    on = machine()
    batch, one = measure_batch(load_params(MARKET, ROOT / "params"))
    training = measure_training(options.data) if options.data else "Training was not measured.\n"
    print(
        TEXT.format(machine=on, batch=batch, one=one, training=training, rows=ROWS, repeats=REPEATS), end=""
    )


if __name__ == "__main__":
    main()
