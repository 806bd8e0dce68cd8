"""What to do, in order of the money concerned: each recommendation only if its evidence holds."""

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd

from leadsmart.display.formats import (
    format_compact,
    format_count,
    format_interval,
    format_money,
    format_percent,
)
from leadsmart.insights.findings import Finding, FindingsResult
from leadsmart.insights.follow_up import compare_contact_speed, feedback_quality
from leadsmart.insights.measures import aggregate_kpis
from leadsmart.insights.scenarios import CENTRAL_ELASTICITY, rank_changes, shift_budget
from leadsmart.params import Params
from leadsmart.vocabulary import SUPPORTED, UNIT_RATIO, MarketTables

#: Above this share of leads with a verdict, feeding back outcomes is no longer worth a recommendation.
GOOD_COVERAGE = 0.8
#: Above this share of entries in batches, the dates of verdicts are worth a word.
MANY_BATCHES = 0.25
TITLES = {
    "shift_to_quality": "Report on quality",
    "move_budget": "Move budget",
    "improve_follow_up": "Improve follow-up",
    "enforce_form_fields": "Enforce form fields",
    "feed_back_outcomes": "Feed sales outcomes back",
}


@dataclass(frozen=True)
class Recommendation:
    """One thing to do.

    Attributes
    ----------
    key : str
    statement : str
        What to do and what it rests on, in one or two sentences.
    evidence : str
        Name of the evidence table.
    effect, low, high : float
        Money of the market's currency that it concerns, over the period (``move_budget``: in 28 days): spend to
        look at, not money to be gained. NaN where it can't be sized.
    effort : str
        low, medium or high.
    owner, next_step : str
    """

    key: str
    statement: str
    evidence: str
    effect: float
    low: float
    high: float
    effort: str
    owner: str
    next_step: str


@dataclass(frozen=True)
class RecommendationsResult:
    """The recommendations of one market, most money first.

    Attributes
    ----------
    recommendations : tuple of Recommendation
    tables : dict of str to DataFrame
        Evidence by name.
    table : DataFrame
        One row per recommendation: the fields of `Recommendation` and ``title``.
    statement : str
    """

    recommendations: tuple[Recommendation, ...]
    tables: dict[str, pd.DataFrame]
    table: pd.DataFrame
    statement: str


def make_recommendations(
    findings: FindingsResult, tables: MarketTables, params: Params, as_of: dt.date
) -> RecommendationsResult:
    """Make those of the five recommendations whose evidence holds, most money concerned first."""
    made: list[Recommendation | None] = []
    evidence: dict[str, pd.DataFrame] = {}
    of_period = (_shift_to_quality, _improve_follow_up, _feed_back_outcomes)
    answers = [make(findings, tables, params) for make in of_period]
    for recommendation, tables_of_it in [*answers, _move_budget(tables, params, as_of)]:
        made.append(recommendation)
        evidence |= tables_of_it
    made.append(_enforce_form_fields(findings.get("data_gaps")))
    kept = [r for r in made if r is not None]
    kept.sort(key=lambda r: -r.effect if np.isfinite(r.effect) else np.inf)
    table = pd.DataFrame([vars(r) for r in kept], columns=list(Recommendation.__dataclass_fields__))
    table["title"] = table["key"].map(TITLES)
    if not kept:
        text = "No recommendation: none of the evidence is strong enough. More verdicts are what would help most."
    else:
        text = f"{format_count(len(kept))} of {len(TITLES)} recommendations have enough evidence."
    return RecommendationsResult(tuple(kept), evidence, table, text)


Made = tuple[Recommendation | None, dict[str, pd.DataFrame]]


def _shift_to_quality(findings: FindingsResult, tables: MarketTables, params: Params) -> Made:
    table = rank_changes(tables, params)
    evidence = {"recommendation_shift_to_quality": table}
    misjudged = table[table["is_misjudged"]]
    if misjudged.empty:
        return None, evidence
    money = float(misjudged["spend"].sum())
    return (
        Recommendation(
            key="shift_to_quality",
            statement=(
                f"Rank by cost per qualified lead: {format_count(len(misjudged))} of {format_count(len(table))} pairs of"
                " project and business user are in the cheaper half by CPL and in the dearer half by CPQL; they took"
                f" {format_money(money, params.currency)}."
            ),
            evidence="recommendation_shift_to_quality",
            effect=money,
            low=np.nan,
            high=np.nan,
            effort="low",
            owner="Marketing manager",
            next_step=f"Look first at {misjudged.iloc[0]['project_name']}, user {misjudged.iloc[0]['user_id']}.",
        ),
        evidence,
    )


def _move_budget(tables: MarketTables, params: Params, as_of: dt.date) -> Made:
    scenario = shift_budget(tables, params, as_of)
    evidence = {
        "recommendation_move_budget": scenario.table,
        "recommendation_move_budget_groups": scenario.groups,
    }
    if scenario.table.empty:
        return None, evidence
    by_elasticity = scenario.table.set_index("elasticity")
    central = by_elasticity.loc[CENTRAL_ELASTICITY]
    if not central["gained_low"] > 0:
        return None, evidence
    first = scenario.groups[scenario.groups["role"] == "gives"].iloc[0]
    return (
        Recommendation(
            key="move_budget",
            statement=(
                f"Scenario: moving {format_money(central['moved'], params.currency)} of 28 days' spend from running"
                " projects with a high CPQL to projects of the same business user with a low one would bring"
                f" {format_compact(by_elasticity['gained'].min())} to"
                f" {format_compact(by_elasticity['gained'].max())} more qualified leads, if leads respond to spend"
                f" with an elasticity from {by_elasticity.index.min()} to {by_elasticity.index.max():g}."
            ),
            evidence="recommendation_move_budget",
            effect=float(central["moved"]),
            low=float("nan"),
            high=float("nan"),
            effort="medium",
            owner="Media buyer",
            next_step=f"Move one step away from {first['project_name']}, user {first['user_id']}, and look again in 4 weeks.",
        ),
        evidence,
    )


def _improve_follow_up(findings: FindingsResult, tables: MarketTables, params: Params) -> Made:
    speed = compare_contact_speed(tables, params)
    evidence = {"recommendation_improve_follow_up": speed.table}
    bottleneck = findings.get("conversion_bottlenecks")
    is_bottleneck = bottleneck is not None and bottleneck.verdict == SUPPORTED
    is_faster_better = speed.ratio.has_bounds and speed.ratio.low > 1
    if not is_bottleneck and not is_faster_better:
        return None, evidence
    parts = []
    if is_bottleneck:
        parts.append(
            "Bring all business users to the follow-up of the best quarter: the leads lost at the bottleneck cost"
            f" {format_money(bottleneck.money_at_stake, params.currency)}."
        )
    if is_faster_better:
        ratio = speed.ratio
        times = format_interval(ratio.estimate, ratio.low, ratio.high, UNIT_RATIO, label=ratio.label)
        parts.append(
            f"Call within a day: such leads have {times} the qualified rate of those called later by the same"
            " business user (an association, not proof)."
        )
    return (
        Recommendation(
            key="improve_follow_up",
            statement=" ".join(parts),
            evidence="finding_conversion_bottlenecks"
            if is_bottleneck
            else "recommendation_improve_follow_up",
            effect=bottleneck.money_at_stake if is_bottleneck else np.nan,
            low=np.nan,
            high=np.nan,
            effort="medium",
            owner="Sales manager",
            next_step="Start with the slowest users in the table, and agree on a first call within a day.",
        ),
        evidence,
    )


def _feed_back_outcomes(findings: FindingsResult, tables: MarketTables, params: Params) -> Made:
    quality = feedback_quality(tables, params)
    evidence = {"recommendation_feed_back_outcomes": quality.table}
    total = aggregate_kpis(tables, params).iloc[0]
    if total["leads"] < params.minimum_leads or total["verdict_coverage"] >= GOOD_COVERAGE:
        return None, evidence
    campaigns = aggregate_kpis(tables, params, ["campaign_id"])
    blind = campaigns.loc[(campaigns["leads"] > 0) & (campaigns["verdicts"] == 0), "spend"].sum()
    silent = quality.table[quality.table["verdicts"] == 0]
    parts = [
        f"Ask for a verdict on every lead: {format_percent(total['verdict_coverage'])} have one,"
        f" {format_count(len(silent))} of {format_count(len(quality.table))} business users give none, and"
        f" {format_money(blind, params.currency)} went to campaigns with leads and no verdict: spend that can't be judged"
        " yet, not money to be gained."
    ]
    if quality.batch_share > MANY_BATCHES:
        parts.append(f"{format_percent(quality.batch_share)} of the dated verdicts were entered in batches.")
    target = silent.iloc[0] if len(silent) else quality.table.iloc[0]
    return (
        Recommendation(
            key="feed_back_outcomes",
            statement=" ".join(parts),
            evidence="recommendation_feed_back_outcomes",
            effect=float(blind),
            low=np.nan,
            high=np.nan,
            effort="low",
            owner="Sales manager",
            next_step=(
                f"Ask user {target['user_id']} first ({format_count(target['leads'])} leads), and retrain the score"
                " every month once verdicts come."
            ),
        ),
        evidence,
    )


def _enforce_form_fields(gaps: Finding | None) -> Recommendation | None:
    if gaps is None or gaps.verdict != SUPPORTED:
        return None
    return Recommendation(
        key="enforce_form_fields",
        statement=f"Make the form's fields mandatory and check them as they are typed. {gaps.statement}",
        evidence=gaps.table,
        effect=gaps.money_at_stake,
        low=np.nan,
        high=np.nan,
        effort="low",
        owner="Marketing manager",
        next_step="Start with the field that costs the score most.",
    )
