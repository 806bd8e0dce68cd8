"""Faults injected into monitored series: how many the health checks find, and how many alarms sound without one.

    python benchmarks/health.py [--faults 60] [--real OUTPUTS] > benchmarks/health.md

Series are those of the sample (its own outage switched off) that are monitored: project × business user or channel with
28 delivery days and 200 clicks a day. A fault is put on one day of one series after its first 35 days: on any such day,
and on one that can show it, with at least 100 clicks, for missing leads 6 leads, to be expected. Thresholds were set on
seeds 0 to 3; the seeds here are others. With ``--real``, alarms on the clean tables of a finished run are counted too.
"""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

from leadsmart.insights.delivery_checks import (
    EXPECTED_IN_RUN,
    check_clicks_without_leads,
    check_spend_spikes,
)
from leadsmart.insights.measures import local_day
from leadsmart.insights.monitoring import check_jumps, monitored_days
from leadsmart.params import load_params
from leadsmart.sample import Effects, sample_market_tables
from leadsmart.vocabulary import TABLES, MarketTables

ROOT = Path(__file__).parents[1]
PARAMS = load_params("new-cairo", ROOT / "params")
MARKETS = ("new-cairo", "north-coast", "west-cairo")
LEADS = 40_000
QUIET_DAYS = 35
#: Thresholds were set on seeds 0 to 3.
SEEDS = range(100, 104)
#: Days that can show a fault: half the clicks that make a series monitored, and as many leads as a day must let expect
#: before none of them is an alert (where 2.4 are expected, as of 200 clicks, chance leaves none on every eleventh day).
CLICKS_TO_SEE = ("usual_clicks", 100)
LEADS_TO_SEE = ("usual_leads", EXPECTED_IN_RUN)
CTR_LEFT, SPIKE = 0.4, 4.0
#: Fault -> checks to run, and rules that may report it.
FAULTS = {
    "a day with spend and no leads": (
        ("clicks_without_leads", "jumps"),
        ("clicks_without_leads", "cpl_jump"),
    ),
    "a CTR drop of 60 %": (("jumps",), ("ctr_drop",)),
    f"a spend spike of {SPIKE:g} times": (("spend_spikes",), ("spend_spikes",)),
}
RULES = ("clicks_without_leads", "cpl_jump", "ctr_drop", "spend_spikes")


def members(tables, series):
    """Campaigns of a series."""
    campaigns = tables.campaigns
    own = campaigns["project_name"] + " × user " + campaigns["user_id"] == series
    return set(campaigns.loc[own | ("channel " + campaigns["channel"] == series), "campaign_id"])


def inject(tables, fault, series, day):
    own = members(tables, series)
    delivery, leads = tables.ad_performance, tables.leads
    here = delivery["campaign_id"].isin(own) & (delivery["delivery_date"] == day)
    if fault.startswith("a day"):
        gone = leads["campaign_id"].isin(own) & (local_day(leads["arrived_at"]) == day)
        return tables._replace(leads=leads[~gone].reset_index(drop=True))
    if fault.startswith("a CTR"):
        return tables._replace(
            ad_performance=delivery.assign(
                clicks=delivery["clicks"].mask(here, (delivery["clicks"] * CTR_LEFT).round())
            )
        )
    return tables._replace(
        ad_performance=delivery.assign(spend=delivery["spend"].mask(here, delivery["spend"] * SPIKE))
    )


CHECKS = {
    "clicks_without_leads": lambda tables: check_clicks_without_leads(tables, PARAMS, None),
    "spend_spikes": lambda tables: check_spend_spikes(tables, PARAMS, None),
    "jumps": lambda tables: check_jumps(tables, PARAMS)[0],
}


def alerts(tables, monitored, checks=tuple(CHECKS)):
    """Alerts on monitored series, ``rule`` among the columns."""
    found = [CHECKS[check](tables) for check in checks]
    found = [
        table if "rule" in table else table.assign(rule=check)
        for table, check in zip(found, checks, strict=True)
    ]
    table = pd.concat([f for f in found if len(f)] or [found[0]], ignore_index=True)
    return table[table["series"].isin(monitored)]


def is_found(tables, fault, series, day):
    hits = alerts(inject(tables, fault, series, day), {series}, FAULTS[fault][0])
    hits = hits[hits["rule"].isin(FAULTS[fault][1])]
    return bool(((hits["first_day"] <= day) & (hits["last_day"] >= day)).any())


def months_of(days):
    """Months in which a market had anything to watch."""
    return days["day"].nunique() / 30.4


def draw_worlds():
    """Clean tables of markets without a fault."""
    for seed in SEEDS:
        for market in MARKETS:
            effects = Effects().without("broken_tracking")
            yield sample_market_tables(market, leads=LEADS, seed=seed, effects=effects)


def print_alarms(title, rows, months):
    """Alarms by rule; `rows` hold rule, alerts and days."""
    table = (
        pd.DataFrame(rows, columns=["rule", "alerts", "days"])
        .groupby("rule")
        .sum()
        .reindex(RULES, fill_value=0)
    )
    table.loc["all"] = table.sum()
    print(f"\n## {title}\n")
    print(
        "| rule | alerts | per market and month | days with an alarm | per market and month |\n|---|---|---|---|---|"
    )
    for rule, row in table.iterrows():
        rates = (f"{row[name]:.0f} | {row[name] / months:.2f}" for name in ("alerts", "days"))
        print(f"| {rule} | {' | '.join(rates)} |")


def by_rule(quiet):
    return [(rule, len(own), own["n"].sum()) for rule, own in quiet.groupby("rule")]


def show_sample(faults):
    rng, rows, worlds, months, series = np.random.default_rng(0), [], [], 0.0, 0
    for tables in draw_worlds():
        days = monitored_days(tables, PARAMS)
        rows += by_rule(alerts(tables, set(days["series"])))
        months += months_of(days)
        series += days["series"].nunique()
        later = days[days.groupby("series")["day"].rank() > QUIET_DAYS]
        if len(later):
            worlds.append((tables, later.reset_index(drop=True)))
    print(
        f"{len(worlds)} markets of the sample (seeds {SEEDS.start} to {SEEDS.stop - 1}), {series} monitored series,"
    )
    print(f"{months:.0f} market months.\n")
    print("| fault | on days that can show it: injected | recall | on any day: injected | recall |")
    print("|---|---|---|---|---|")
    for fault in FAULTS:
        cells = []
        for column, least in (
            LEADS_TO_SEE if fault.startswith("a day") else CLICKS_TO_SEE,
            ("usual_clicks", 0),
        ):
            usable = [(t, d[d[column] >= least]) for t, d in worlds if (d[column] >= least).any()]
            found = 0
            for _ in range(faults):
                tables, days = usable[rng.integers(len(usable))]
                row = days.iloc[rng.integers(len(days))]
                found += is_found(tables, fault, row["series"], row["day"])
            cells.append(f"{faults} | {found / faults:.2f}")
        print(f"| {fault} | {' | '.join(cells)} |", flush=True)
    print_alarms("Alarms without a fault", rows, months)


def show_real(outputs):
    rows, months, series = [], 0.0, 0
    for folder in sorted(Path(outputs).glob("*/clean")):
        if folder.parent.name == "unassigned":
            continue
        tables = MarketTables(**{t: pd.read_parquet(folder / f"{t}.parquet") for t in TABLES})
        days = monitored_days(tables, PARAMS)
        rows += by_rule(alerts(tables, set(days["series"])))
        months += months_of(days)
        series += days["series"].nunique()
    print_alarms(
        f"Alarms on the real export: {series} monitored series, {months:.0f} market months", rows, months
    )
    print(
        "\nWhich of them are faults nobody knows; clicks without leads may also be leads that were not exported."
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--faults", type=int, default=60, help="of each kind, and kind of day")
    parser.add_argument("--real", type=Path, help="outputs of a finished run on a real export")
    options = parser.parse_args()
    print("# Health checks: faults found, alarms without a fault\n")
    show_sample(options.faults)
    if options.real:
        show_real(options.real)


if __name__ == "__main__":
    main()
