"""What to do, in order of the money concerned: each recommendation only if its evidence holds, and why the others don't."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from leadsmart.formats import (
    format_compact,
    format_count,
    format_interval,
    format_money,
    format_percent,
    format_points,
)
from leadsmart.insights.findings.findings import Finding
from leadsmart.insights.journey.follow_up import compare_contact_speed, feedback_quality
from leadsmart.insights.journey.verdicts import dated_verdicts
from leadsmart.insights.kpi.measures import aggregate_kpis
from leadsmart.insights.money.scenarios import CENTRAL_ELASTICITY, MINIMUM_PAIRS, rank_changes, shift_budget
from leadsmart.market import Market
from leadsmart.vocabulary import RANGE_INDICATIVE, SUPPORTED, UNIT_COUNT, UNIT_POINTS, UNIT_RATIO, UNIT_SHARE

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
LEFT_OUT = "recommendations_left_out"


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
    measure : str
        What `effect` is, in words.
    effect, low, high : float
        Size of what it rests on, in `unit`, with its range; NaN bounds where too few business users allow none.
    unit : str
        One of the units of the vocabulary.
    range_label : str
        "95 % range", "indicative range", or "" without one.
    money_concerned : float
        Money of the market's currency, over the period (``move_budget``: in 28 days): spend to look at, not money to
        be gained. NaN where it can't be sized.
    effort : str
        low, medium or high.
    owner, next_step : str
    """

    key: str
    statement: str
    evidence: str
    measure: str
    effect: float
    low: float
    high: float
    unit: str
    range_label: str
    money_concerned: float
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
        Evidence by name; ``recommendations_left_out``, one row per recommendation whose evidence does not hold:
        ``key, title, reason``.
    statement : str
        How many hold, which are left out, and why.
    """

    recommendations: tuple[Recommendation, ...]
    tables: dict[str, pd.DataFrame]
    statement: str


#: A recommendation, or why there is none; and its evidence.
Made = tuple[Recommendation | str, dict[str, pd.DataFrame]]


def make_recommendations(findings: Iterable[Finding], market: Market) -> RecommendationsResult:
    """Make those of the five recommendations whose evidence holds, most money concerned first.

    Parameters
    ----------
    findings : iterable of Finding
        Of the market, judged together.
    market : Market
        Already cut to the period (`Market.within_period`).

    Returns
    -------
    RecommendationsResult
    """
    by_key = {finding.key: finding for finding in findings}
    made: dict[str, Made] = {
        "shift_to_quality": _shift_to_quality(market),
        "move_budget": _move_budget(market),
        "improve_follow_up": _improve_follow_up(by_key.get("conversion_bottlenecks"), market),
        "enforce_form_fields": (_enforce_form_fields(by_key.get("data_gaps")), {}),
        "feed_back_outcomes": _feed_back_outcomes(market),
    }
    evidence = {name: table for _, tables_of_it in made.values() for name, table in tables_of_it.items()}
    kept = [answer for answer, _ in made.values() if isinstance(answer, Recommendation)]
    kept.sort(key=lambda r: -r.money_concerned if np.isfinite(r.money_concerned) else np.inf)
    left = [(key, TITLES[key], answer) for key, (answer, _) in made.items() if isinstance(answer, str)]
    evidence[LEFT_OUT] = pd.DataFrame(left, columns=["key", "title", "reason"], dtype="str")
    text = (
        f"{format_count(len(kept))} of {format_count(len(TITLES))} recommendations have enough evidence."
        if kept
        else "No recommendation: none of the evidence is strong enough. More verdicts are what would help most."
    )
    reasons = "".join(f" {title} is left out: {reason}." for _, title, reason in left)
    return RecommendationsResult(tuple(kept), evidence, text + reasons)


def _shift_to_quality(market: Market) -> Made:
    changes = rank_changes(market)
    table, share = changes.table, changes.misjudged
    tables = {"recommendation_shift_to_quality": table}
    misjudged = table[table["is_misjudged"]]
    shown = format_interval(share.estimate, share.low, share.high, UNIT_SHARE, label=share.label)
    reason = ""
    if table.empty:
        reason = f"fewer than {MINIMUM_PAIRS} pairs of project and business user have enough verdicts of both kinds"
    elif misjudged.empty:
        reason = "no pair of project and business user in the cheaper half by CPL is surely dear by CPQL"
    elif not share.has_bounds:
        reason = f"fewer than {market.params.minimum_users} business users have enough verdicts of both kinds"
    elif share.low <= 0:
        reason = f"of the compared spend {shown} went to what CPL calls cheap and CPQL dear, which may as well be none"
    if reason:
        return reason, tables
    money, first = float(misjudged["spend"].sum()), misjudged.iloc[0]
    return (
        Recommendation(
            key="shift_to_quality",
            statement=(
                f"Rank by cost per qualified lead: {format_count(len(misjudged))} of {format_count(len(table))} pairs of"
                " project and business user are in the cheaper half by CPL and surely in the dearer half by CPQL; they"
                f" took {format_money(money, market.params.currency)}."
            ),
            evidence="recommendation_shift_to_quality",
            measure="of the compared spend went to what CPL calls cheap and CPQL dear",
            effect=share.estimate,
            low=share.low,
            high=share.high,
            unit=UNIT_SHARE,
            range_label=share.label,
            money_concerned=money,
            effort="low",
            owner="Marketing manager",
            next_step=f"Look first at {first['project_name']}, user {first['user_id']}.",
        ),
        tables,
    )


def _move_budget(market: Market) -> Made:
    scenario = shift_budget(market)
    table, groups = scenario.table, scenario.groups
    tables = {"recommendation_move_budget": table, "recommendation_move_budget_groups": groups}
    if table.empty:
        return "no business user runs both a project that is surely cheap and one that is surely dear", tables
    central = table[table["elasticity"] == CENTRAL_ELASTICITY].iloc[0]
    low, high = table["gained_low"].min(), table["gained_high"].max()
    if not low > 0:
        gain = format_interval(central["gained"], low, high, UNIT_COUNT, label=RANGE_INDICATIVE)
        return f"the scenario's gain of {gain} qualified leads in 28 days may be none", tables
    first = groups[groups["role"] == "gives"].iloc[0]
    return (
        Recommendation(
            key="move_budget",
            statement=(
                f"Scenario: moving {format_money(central['moved'], market.params.currency)} of 28 days' spend from running"
                " projects with a high CPQL to projects of the same business user with a low one would bring"
                f" {format_compact(table['gained'].min())} to {format_compact(table['gained'].max())} more qualified"
                " leads, if leads respond to spend with an elasticity from"
                f" {table['elasticity'].min()} to {table['elasticity'].max():g}."
            ),
            evidence="recommendation_move_budget",
            measure=f"qualified leads more in 28 days, in the scenario with elasticity {CENTRAL_ELASTICITY}",
            effect=float(central["gained"]),
            # over all elasticities: how leads respond is the larger doubt
            low=float(low),
            high=float(high),
            unit=UNIT_COUNT,
            range_label=RANGE_INDICATIVE,
            money_concerned=float(central["moved"]),
            effort="medium",
            owner="Media buyer",
            next_step=f"Move one step away from {first['project_name']}, user {first['user_id']}, and look again in 4 weeks.",
        ),
        tables,
    )


def _improve_follow_up(bottleneck: Finding | None, market: Market) -> Made:
    speed = compare_contact_speed(market)
    tables = {"recommendation_improve_follow_up": speed.table}
    ratio, difference = speed.ratio, speed.difference
    is_faster_better = ratio.low > 1 and difference.low > 0
    times = format_interval(ratio.estimate, ratio.low, ratio.high, UNIT_RATIO, label=ratio.label)
    call_soon = (
        f"Call within a day: such leads have {times} the qualified rate of those called later by the same"
        " business user (an association, not proof)."
    )
    sized = partial(
        Recommendation,
        key="improve_follow_up",
        effort="medium",
        owner="Sales manager",
        next_step="Start with the slowest users in the table, and agree on a first call within a day.",
    )
    if bottleneck is not None and bottleneck.verdict == SUPPORTED:
        statement = (
            "Bring all business users to the follow-up of the best quarter: the leads lost at the bottleneck cost"
            f" {format_money(bottleneck.money_at_stake, market.params.currency)}."
        )
        made = sized(
            statement=f"{statement} {call_soon}" if is_faster_better else statement,
            evidence=bottleneck.table,
            measure="lower step rate at the bottleneck than with the best quarter of business users (relative)",
            effect=-bottleneck.estimate,
            low=-bottleneck.high,
            high=-bottleneck.low,
            unit=UNIT_SHARE,
            range_label=bottleneck.range_label,
            money_concerned=bottleneck.money_at_stake,
        )
        return made, tables
    if is_faster_better:
        called_late = speed.table["leads"].iloc[1:].sum()
        made = sized(
            statement=call_soon,
            evidence="recommendation_improve_follow_up",
            measure="higher qualified rate of leads called within a day, same business user (an association)",
            effect=difference.estimate,
            low=difference.low,
            high=difference.high,
            unit=UNIT_POINTS,
            range_label=difference.label,
            money_concerned=float(called_late * aggregate_kpis(market)["cpl"].iloc[0]),
        )
        return made, tables
    points = format_points(difference.estimate, difference.low, difference.high, difference.label)
    shown = (
        f"the qualified rate of leads called within a day differs from that of the others by {points}"
        if difference.has_bounds
        else "too few business users have verdicts on leads called early and late"
    )
    return f"no follow-up step is a supported bottleneck, and {shown}", tables


def _feed_back_outcomes(market: Market) -> Made:
    feedback, params = feedback_quality(market), market.params
    tables = {"recommendation_feed_back_outcomes": feedback}
    total = aggregate_kpis(market).iloc[0]
    coverage = format_percent(total["verdict_coverage"])
    if total["leads"] < params.minimum_leads:
        return (
            f"the market has {format_count(total['leads'])} leads; {params.minimum_leads} are needed",
            tables,
        )
    if total["verdict_coverage"] >= GOOD_COVERAGE:
        return f"{coverage} of the leads have a verdict", tables
    campaigns = aggregate_kpis(market, ["campaign_id"])
    blind = campaigns.loc[(campaigns["leads"] > 0) & (campaigns["verdicts"] == 0), "spend"].sum()
    silent = feedback[feedback["verdicts"] == 0]
    statement = (
        f"Ask for a verdict on every lead: {coverage} have one, which leaves the"
        f" qualified rate of all leads anywhere between {format_percent(total['qualified_bound_low'])} and"
        f" {format_percent(total['qualified_bound_high'])};"
        f" {format_count(len(silent))} of {format_count(len(feedback))} business users give none, and"
        f" {format_money(blind, params.currency)} went to campaigns with leads and no verdict: spend that can't be judged"
        " yet, not money to be gained."
    )
    in_batches = dated_verdicts(market)["is_batch"].mean()
    if in_batches > MANY_BATCHES:
        statement += f" {format_percent(in_batches)} of the dated verdicts were entered in batches."
    target = (silent if len(silent) else feedback).iloc[0]
    return (
        Recommendation(
            key="feed_back_outcomes",
            statement=statement,
            evidence="recommendation_feed_back_outcomes",
            measure="of the leads have no verdict",
            # counted, not estimated: the range says how far it hangs on single business users
            effect=1 - total["verdict_coverage"],
            low=1 - total["verdict_coverage_high"],
            high=1 - total["verdict_coverage_low"],
            unit=UNIT_SHARE,
            range_label=total["verdict_coverage_range"],
            money_concerned=float(blind),
            effort="low",
            owner="Sales manager",
            next_step=(
                f"Ask user {target['user_id']} first ({format_count(target['leads'])} leads), and retrain the score"
                " every month once verdicts come."
            ),
        ),
        tables,
    )


def _enforce_form_fields(gaps: Finding | None) -> Recommendation | str:
    if gaps is None:
        return "what each field is worth to the score has not been measured"
    if gaps.verdict != SUPPORTED:
        return f"finding “{gaps.title}” is “{gaps.verdict}”"
    return Recommendation(
        key="enforce_form_fields",
        statement=f"Make the form's fields mandatory and check them as they are typed. {gaps.statement}",
        evidence=gaps.table,
        measure="AUC that the score loses without the field",
        effect=gaps.estimate,
        low=gaps.low,
        high=gaps.high,
        unit=gaps.unit,
        # how often ranges of resampled test leads hold the truth is not measured
        range_label=RANGE_INDICATIVE if np.isfinite(gaps.low) else "",
        money_concerned=gaps.money_at_stake,
        effort="low",
        owner="Marketing manager",
        next_step="Start with the field that costs the score most.",
    )
