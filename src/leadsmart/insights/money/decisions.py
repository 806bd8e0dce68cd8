"""What to do with what still runs, and what ended campaigns teach."""

import datetime as dt
from collections.abc import Hashable
from typing import Any

import numpy as np
import pandas as pd

from leadsmart.formats import format_count, format_date, format_money, format_percent
from leadsmart.insights.answers import Answer
from leadsmart.insights.kpi.measures import aggregate_kpis, comparable
from leadsmart.insights.methods.shrinkage import gamma_prior, probability_cheaper
from leadsmart.market import Market
from leadsmart.market_tables import days_between
from leadsmart.params import Params

RUNNING_DAYS = 14
MONTH_DAYS = 28
#: How sure a decision must be that the cost lies on one side of what it is compared with.
SURE = 0.9
SCALE, KEEP, FIX, PAUSE, TOO_EARLY = "scale", "keep", "fix", "pause", "too early"
DECISIONS = (SCALE, KEEP, FIX, PAUSE, TOO_EARLY)

CAMPAIGN = ["campaign_id", "project_name", "user_id"]
PAIR = ["project_name", "user_id"]
DECISION_COLUMNS = (
    "campaign_id", "project_name", "user_id", "level", "spend", "leads", "verdicts", "qualified",
    "verdict_coverage", "cpl", "cpql", "cpql_low", "cpql_high", "cpql_range", "benchmark_cpql",
    "probability_better", "decision", "monthly_spend", "reason",
)  # fmt: skip
LESSON_COLUMNS = (
    *PAIR, "campaigns", "spend", "leads", "verdicts", "qualified", "verdict_coverage", "cpl", "cpql", "cpql_low",
    "cpql_high", "cpql_range", "benchmark_cpql", "probability_better", "lesson",
)  # fmt: skip
CHEAPER, DEARER = "cheaper per qualified lead", "dearer per qualified lead"


def make_decisions(market: Market) -> Answer:
    """Scale, keep, fix, pause or too early, for campaigns with delivery in the 14 days before `as_of`.

    A campaign is judged by itself where it has ``minimum_decision_verdicts`` verdicts and
    ``minimum_decision_coverage``; else together with all campaigns of the same project and business user; else
    it is too early. Judged is the probability that its CPQL is better than ``target_cpql``, or without target
    than the CPQL of the market's campaigns of users who record both kinds of verdict. Users who record no or
    one kind of verdict are always too early.

    - scale: at least 90 % sure that it is better; pause: at least 90 % sure that it is worse, and neither its
      leads nor its clicks are cheap; fix: as sure that it is worse, but one of them is (so the form, the
      follow-up or the audience is what to mend); keep: neither is sure.

    Parameters
    ----------
    market : Market

    Returns
    -------
    Answer
        Table: one row per running campaign, most monthly spend first: ``campaign_id, project_name, user_id,
        level`` ("campaign" or "project × user": what was judged), ``spend, leads, verdicts, qualified,
        verdict_coverage, cpl, cpql`` with ``cpql_low, cpql_high, cpql_range`` (of what was judged; the range is of
        chance alone), ``benchmark_cpql`` (money), ``probability_better, decision, monthly_spend`` (28 days at the pace
        of the last 14), ``reason``.
    """
    by_campaign, by_pair = aggregate_kpis(market, CAMPAIGN), aggregate_kpis(market, PAIR)
    pace = monthly_spend(market)
    running = by_campaign[by_campaign["campaign_id"].isin(pace.index)]
    if running.empty:
        return Answer(pd.DataFrame(columns=list(DECISION_COLUMNS)), _nothing_runs(market))
    enough = has_enough(running, market.params)
    pair = running[CAMPAIGN].merge(by_pair, on=PAIR)
    judged = running.where(enough, pair.set_index(running.index)[running.columns])
    judged = judged.assign(
        campaign_id=running["campaign_id"],
        level=np.where(enough, "campaign", "project × user"),
        benchmark_cpql=cpql_benchmark(market),
        monthly_spend=running["campaign_id"].map(pace),
        is_comparable=comparable(running, market, "cpql"),
        probability_better=_probability_better(judged, market),
    )
    total = aggregate_kpis(market).iloc[0]
    rows = [_decide(row, market.params, total) for row in judged.to_dict("records")]
    judged["decision"], judged["reason"] = zip(*rows, strict=True)
    judged = judged.sort_values(["monthly_spend", "campaign_id"], ascending=[False, True], ignore_index=True)
    table = judged[list(DECISION_COLUMNS)]
    return Answer(table, _statement(table, market.params))


def monthly_spend(market: Market) -> pd.Series:
    """Spend of 28 days, at the pace of the 14 days up to `as_of`, of each campaign that delivered in these."""
    delivery = market.tables.ad_performance
    first = market.as_of - dt.timedelta(days=RUNNING_DAYS - 1)
    recent = delivery[days_between(delivery["delivery_date"], first, market.as_of)]
    return recent.groupby("campaign_id")["spend"].sum() * (MONTH_DAYS / RUNNING_DAYS)


def comparable_campaigns(market: Market) -> pd.DataFrame:
    """KPIs per campaign of the business users whose CPQL can be compared."""
    campaigns = aggregate_kpis(market, CAMPAIGN)
    return campaigns[comparable(campaigns, market, "cpql")]


def cpql_benchmark(market: Market) -> float:
    """What a CPQL is compared with: ``target_cpql``, or that of the market's well covered campaigns.

    Like is compared with like: campaigns of users who record both kinds of verdict, with at least
    ``minimum_decision_coverage``. NaN without target where these have fewer than ``minimum_verdicts`` verdicts or
    no qualified lead.
    """
    params = market.params
    if params.target_cpql is not None:
        return params.target_cpql
    peers = comparable_campaigns(market)
    covered = peers[peers["verdict_coverage"] >= params.minimum_decision_coverage]
    qualified = covered["qualified"].sum()
    if covered["verdicts"].sum() < params.minimum_verdicts or qualified == 0:
        return float("nan")
    return float(covered["spend"].sum() / qualified)


def _probability_better(groups: pd.DataFrame, market: Market) -> np.ndarray | float:
    """How sure it is that the CPQL of each group lies below the benchmark."""
    benchmark, peers = cpql_benchmark(market), comparable_campaigns(market)
    if not np.isfinite(benchmark):
        return np.nan
    prior = gamma_prior(peers["qualified"], peers["spend"])
    return probability_cheaper(groups["qualified"], groups["spend"], prior, benchmark)


def has_enough(groups: pd.DataFrame, params: Params) -> pd.Series:
    """Whether each group has the verdicts and the coverage that a decision needs."""
    return (groups["verdicts"] >= params.minimum_decision_verdicts) & (
        groups["verdict_coverage"] >= params.minimum_decision_coverage
    )


def _decide(row: dict[Hashable, Any], params: Params, total: pd.Series) -> tuple[str, str]:
    verdicts, coverage = format_count(row["verdicts"]), format_percent(row["verdict_coverage"])
    if row["verdicts"] < params.minimum_decision_verdicts:
        return TOO_EARLY, f"{verdicts} verdicts; {params.minimum_decision_verdicts} are needed"
    if not row["verdict_coverage"] >= params.minimum_decision_coverage:
        needed = format_percent(params.minimum_decision_coverage)
        return TOO_EARLY, f"verdicts on {coverage} of the leads; {needed} are needed"
    if not row["is_comparable"]:
        return TOO_EARLY, "this business user records one kind of verdict only"
    better = row["probability_better"]
    if not np.isfinite(better):
        return TOO_EARLY, "no target, and too few verdicts in the market to compare with"
    side, share = ("below", better) if better >= 0.5 else ("above", 1 - better)
    sure = f"{format_percent(share)} sure that its CPQL is {side} {format_money(row['benchmark_cpql'], params.currency)}"
    if better >= SURE:
        return SCALE, sure
    if better > 1 - SURE:
        return KEEP, sure
    if row["cpl"] <= total["cpl"]:
        return FIX, f"{sure}, but its leads are cheap: look at audience and follow-up"
    if row["cpc"] <= total["cpc"]:
        return FIX, f"{sure}, but its clicks are cheap: look at the form"
    return PAUSE, f"{sure}, and neither clicks nor leads are cheap"


def _nothing_runs(market: Market) -> str:
    last = market.tables.ad_performance["delivery_date"].max()
    text = f"Nothing delivered in the {RUNNING_DAYS} days before {format_date(market.as_of)}, so there is nothing to decide."
    return text if pd.isna(last) else f"{text} The last delivery was on {format_date(last)}."


def _statement(table: pd.DataFrame, params: Params) -> str:
    counts = table["decision"].value_counts()
    parts = [f"{decision} {counts[decision]}" for decision in DECISIONS if decision in counts]
    noun = "campaign" if len(table) == 1 else "campaigns"
    text = f"Of {format_count(len(table))} running {noun}: {', '.join(parts)}."
    moved = table.loc[table["decision"].isin([SCALE, FIX, PAUSE]), "monthly_spend"].sum()
    if moved > 0:
        text += f" Scale, fix and pause concern {format_money(moved, params.currency)} in 28 days."
    return text


def ended_lessons(market: Market) -> Answer:
    """What ended campaigns teach, per project and business user: cheaper, dearer or not to be told.

    Parameters
    ----------
    market : Market

    Returns
    -------
    Answer
        Table: one row per project × business user of which nothing runs, most spend first: ``project_name,
        user_id, campaigns`` (number), ``spend, leads, verdicts, qualified, verdict_coverage, cpl, cpql`` with
        ``cpql_low, cpql_high, cpql_range`` (of chance alone), ``benchmark_cpql, probability_better, lesson``.
    """
    by_campaign = aggregate_kpis(market, CAMPAIGN)
    running = by_campaign["campaign_id"].isin(monthly_spend(market).index)
    alive = by_campaign[running].set_index(PAIR).index
    table = aggregate_kpis(market, PAIR)
    table = table[~table.set_index(PAIR).index.isin(alive)].reset_index(drop=True)
    number = by_campaign.groupby(PAIR)["campaign_id"].nunique().rename("campaigns").reset_index()
    table = table.merge(number, on=PAIR, how="left")
    table = table.assign(
        benchmark_cpql=cpql_benchmark(market), probability_better=_probability_better(table, market)
    )
    is_judged = has_enough(table, market.params) & comparable(table, market, "cpql")
    is_judged &= table["probability_better"].notna()
    lesson = np.select(
        [~is_judged, table["probability_better"] >= SURE, table["probability_better"] <= 1 - SURE],
        ["can't be told: too few verdicts", CHEAPER, DEARER],
        "about as dear as the benchmark",
    )
    table = table.assign(lesson=pd.Series(lesson, index=table.index, dtype="str"))
    table = table.sort_values(["spend", *PAIR], ascending=[False, True, True], ignore_index=True)
    table = table[list(LESSON_COLUMNS)]
    if table.empty:
        return Answer(table, "No advertising has ended yet.")
    if not table["probability_better"].notna().any():
        text = (
            f"None of the {format_count(len(table))} ended pairs of project and business user can be called cheap or"
            " dear: there is no target, and the market has too few verdicts or no qualified lead to compare with."
        )
        return Answer(table, text)
    good, bad = (int((table["lesson"] == lesson).sum()) for lesson in (CHEAPER, DEARER))
    return Answer(
        table,
        f"Of {format_count(len(table))} ended pairs of project and business user {format_count(good)} were cheaper per"
        f" qualified lead than the benchmark and {format_count(bad)} dearer; the rest can't be told apart from it.",
    )
