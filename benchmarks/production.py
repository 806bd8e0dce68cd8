"""The figures of the production page: worked examples from the sample, budgets from benchmarks/scoring.md.

`make docs` writes them into docs/production-design.qmd; tests/test_generated_docs.py holds the page to what this makes.
"""

import datetime as dt
import re
from pathlib import Path

import pandas as pd

from leadsmart.classification.estimation.dataset import build_dataset
from leadsmart.classification.estimation.model import fit_market_model
from leadsmart.classification.judging.evaluation import evaluate_model
from leadsmart.classification.scoring import score_open_leads
from leadsmart.formats import format_count, format_percent
from leadsmart.market import Market
from leadsmart.params import load_params
from leadsmart.sample import sample_market
from leadsmart.vocabulary import USE_PROBABILITY

ROOT = Path(__file__).parents[1]
MEASURED = ROOT / "benchmarks" / "scoring.md"
MARKET, AS_OF = "new-cairo", dt.date(2024, 12, 31)
#: What the budgets assume: open leads a night, arrivals in the busiest minute, price of a core for an hour.
OPEN_LEADS, PEAK_PER_MINUTE, CORE_HOUR = 100_000, 60, 0.05


def worked_examples() -> str:
    """Open leads of the sample from best to worst, with what the generator knows of them."""
    params = load_params(MARKET, ROOT / "params")
    tables, truth = sample_market(MARKET)
    dataset = build_dataset(Market.at(tables, params, AS_OF))
    model = fit_market_model(dataset)
    verdict = evaluate_model(dataset, has_comparison=False).verdict
    scored = score_open_leads(model, dataset, verdict.use)
    true = scored["lead_id"].map(truth.leads["p_qualified_given_verdict"])
    # users who never give a verdict have no true probability of one
    known = scored.assign(true=true.to_numpy(), place=scored.index + 1)
    known = known[true.notna().to_numpy()].reset_index(drop=True)
    shown = {
        "Lead": known["lead_id"],
        "Place in the list": known["place"].map(format_count),
        "Age in days": known["age_days"],
        "Grade": known["grade"],
        "Probability": known["probability"].map(format_percent),
        "True": known["true"].map(format_percent),
        "Why": known["reasons"],
    }
    if verdict.use != USE_PROBABILITY:
        del shown["Grade"], shown["Probability"]
    rows = pd.DataFrame(shown).iloc[
        [0, len(known) // 4, len(known) // 2, 3 * len(known) // 4, len(known) - 1]
    ]
    lines = [f"| {' | '.join(shown)} |", "|:--" + "|--:" * (len(shown) - 2) + "|:------|"]
    lines += [f"| {' | '.join(map(str, row))} |" for row in rows.itertuples(index=False)]
    widths = [9] * (len(shown) - 1)
    caption = (
        f': Five open leads of the sample, best to worst {{tbl-colwidths="{[*widths, 100 - sum(widths)]}"}}'
    )
    model_of = f"The model is {model.kind}, learned from {format_count(model.n_qualified)} qualified and "
    model_of += f"{format_count(model.n_disqualified)} not qualified leads of the sample's New Cairo. "
    return "\n".join([model_of + verdict.list_sentence, "", *lines, "", caption])


def budgets() -> str:
    """What the measured speeds come to at an assumed load."""
    text = MEASURED.read_text(encoding="utf-8")
    row = r"^\| (w[\w ]+|every[\w ]+) \| \D+? \| "
    # the slower kind of model: which of them a market gets is not known beforehand
    batch = re.findall(row + r"[\d,]+ \| [\d,]+ \| (\d+) \|", text, re.M)
    single = re.findall(row + r"[\d.]+ \| ([\d.]+) \|", text, re.M)
    micro = max(int(cpu) for name, cpu in batch if name == "every wording its own")
    own = max(float(cpu) for name, cpu in single if name == "with messages")
    training = float(re.search(r"features included: [\d.]+ s wall, ([\d.]+) s CPU", text)[1])
    seconds = OPEN_LEADS * micro / 1e6
    busy = PEAK_PER_MINUTE / 60 * own / 1000
    load = f"{OPEN_LEADS:,} open leads × {micro} µs, each message with a wording of its own"
    rows = [
        ("Batch: the list, one core", load, f"{seconds:.0f} s CPU a night"),
        ("Batch: computing", f"30 nights at {CORE_HOUR} a core-hour", f"{30 * seconds / 3600 * CORE_HOUR:.3f} a month"),
        ("Training: largest market", "fit on the benchmark's export, features included", f"{training:.1f} s CPU"),
        ("Real time: one lead", "median in a warm process, features included", f"{own:.1f} ms CPU"),
        ("Real time: load", f"{PEAK_PER_MINUTE} leads a minute × {own:.1f} ms", f"{format_percent(busy)} of one core"),
    ]  # fmt: skip
    lines = ["| Budget | How it is worked out | Comes to |", "|:---|:------|---:|"]
    lines += [f"| {what} | {how} | {sum_} |" for what, how, sum_ in rows]
    return "\n".join([*lines, "", ': Budgets at an assumed load {tbl-colwidths="[26,52,22]"}'])
