"""Faults injected into monitored series: how many the health checks find, and how many alarms sound without one.

    python benchmarks/health.py [--seeds 5] [--faults 40] > benchmarks/health.md

Series are those of the sample (its own outage switched off) that are monitored: project × business user or channel with
28 delivery days and 200 clicks a day. A fault is put on one day of one series, after its first 35 days, on which at
least 100 clicks are expected, and for missing leads at least 6 leads: with fewer, none at all is no surprise.
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

ROOT = Path(__file__).parents[1]
PARAMS = load_params("new-cairo", ROOT / "params")
MARKETS = ("new-cairo", "north-coast", "west-cairo")
LEADS = 40_000
QUIET_DAYS = 35
#: A fault is put on days on which the series delivers: half the clicks that make it monitored; for missing leads also
#: as many leads as a day must let expect before none of them is an alert.
DAY_CLICKS = 100
CTR_LEFT, SPIKE = 0.4, 4.0
#: Fault -> rules that may report it.
FAULTS = {
    "a day with spend and no leads": ("clicks_without_leads", "cpl_jump"),
    "a CTR drop of 60 %": ("ctr_drop",),
    f"a spend spike of {SPIKE:g} times": ("spend_spikes",),
}


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


def alerts(tables, monitored):
    jumps, _ = check_jumps(tables, PARAMS)
    found = [jumps]
    for rule, check in (
        ("clicks_without_leads", check_clicks_without_leads),
        ("spend_spikes", check_spend_spikes),
    ):
        found.append(check(tables, PARAMS, None).assign(rule=rule))
    table = pd.concat([f for f in found if len(f)] or [jumps], ignore_index=True)
    return table[table["series"].isin(monitored)]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--faults", type=int, default=40, help="of each kind")
    options = parser.parse_args()
    rng = np.random.default_rng(0)
    false, months, series, worlds = {}, 0.0, 0, []
    for seed in range(options.seeds):
        for market in MARKETS:
            tables = sample_market_tables(
                market, leads=LEADS, seed=seed, effects=Effects().without("broken_tracking")
            )
            days = monitored_days(tables, PARAMS)
            quiet = alerts(tables, set(days["series"]))
            span = tables.ad_performance["delivery_date"]
            months += (span.max() - span.min()).days / 30.4
            series += days["series"].nunique()
            for rule, n in quiet.groupby("rule")["n"].sum().items():
                false[rule] = false.get(rule, 0) + n
            later = days[days.groupby("series")["day"].rank() > QUIET_DAYS]
            later = later[later["usual_clicks"] >= DAY_CLICKS]
            if len(later):
                worlds.append((tables, later[["series", "day", "usual_leads"]].reset_index(drop=True), quiet))
    print("# Health checks: faults found, alarms without a fault\n")
    print(f"{len(worlds)} markets of the sample, {series} monitored series, {months:.0f} market months.\n")
    print(
        "Faults lie on days with 100 expected clicks or more; missing leads on days with 6 expected leads or more.\n"
    )
    print("| fault | injected | found | recall |\n|---|---|---|---|")
    for fault, rules in FAULTS.items():
        found = 0
        for _ in range(options.faults):
            tables, later, _ = worlds[rng.integers(len(worlds))]
            if fault.startswith("a day"):
                later = later[later["usual_leads"] >= EXPECTED_IN_RUN]
            name, day, _ = later.iloc[rng.integers(len(later))]
            hits = alerts(inject(tables, fault, name, day), {name})
            hits = hits[hits["rule"].isin(rules)]
            found += bool(((hits["first_day"] <= day) & (hits["last_day"] >= day)).any())
        print(f"| {fault} | {options.faults} | {found} | {found / options.faults:.2f} |")
    print("\n| rule | days with a false alarm | per market and month |\n|---|---|---|")
    for rule in ("clicks_without_leads", "cpl_jump", "ctr_drop", "spend_spikes"):
        n = false.get(rule, 0)
        print(f"| {rule} | {n} | {n / months:.2f} |")
    print(f"| all | {sum(false.values())} | {sum(false.values()) / months:.2f} |")


if __name__ == "__main__":
    main()
