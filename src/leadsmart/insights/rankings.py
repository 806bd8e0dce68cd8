"""Campaigns, projects, channels and business users side by side, ranked by what can be said of them."""

import pandas as pd

from leadsmart.display.formats import format_count, format_interval
from leadsmart.insights.answers import Answer
from leadsmart.insights.measures import (
    FEEDBACK_BOTH,
    FEEDBACK_NONE,
    aggregate_kpis,
    lead_frame,
    user_feedback,
)
from leadsmart.insights.shrinkage import (
    gamma_prior,
    shrink_cpql,
    shrink_rates,
    shrink_to_market,
    variance_components,
)
from leadsmart.params import Params
from leadsmart.vocabulary import UNIT_SHARE, MarketTables

GROUPINGS = {
    "campaign_id": ["campaign_id", "project_name", "user_id", "channel"],
    "project_name": ["project_name"],
    "channel": ["channel"],
    "user_id": ["user_id"],
}
NAMES = {
    "campaign_id": "campaign",
    "project_name": "project",
    "channel": "channel",
    "user_id": "business user",
}


def rank_groups(tables: MarketTables, params: Params, by: str) -> Answer:
    """KPIs per campaign, project, channel or business user, with shrunk rates and ranks.

    The best list ranks by the lower bound of the shrunk qualified rate, the worst list by the upper one, so that
    little data never leads either. Groups without any verdict, and business users (and their campaigns) that
    record no or one kind of verdict, are not ranked on quality or CPQL.

    Parameters
    ----------
    by : {"campaign_id", "project_name", "channel", "user_id"}

    Returns
    -------
    Answer
        Table: one row per group, most spend first: the columns of `aggregate_kpis` for
        ``campaign_id, project_name, user_id, channel`` or the one column `by`; ``feedback`` (both kinds, only
        qualified, only disqualified, no verdict), ``shrunk_rate, shrunk_low, shrunk_high`` (shares),
        ``cpql_shrunk, cpql_shrunk_low, cpql_shrunk_high`` (money), ``rank_best, rank_worst`` (1 is the
        best, and the worst; NaN where not ranked).
    """
    keys = GROUPINGS[by]
    groups = aggregate_kpis(tables, params, keys)
    groups["feedback"] = _feedback(groups, lead_frame(tables, params), by)
    if by == "campaign_id":
        groups = shrink_rates(groups).drop(columns="user_rate")
    else:
        groups = groups.assign(design_effect=_design_effect(groups, tables, params, by))
        groups = shrink_to_market(groups).drop(columns="design_effect")
    ranked = (groups["feedback"] == FEEDBACK_BOTH) & (groups["verdicts"] > 0)
    prior = gamma_prior(groups.loc[ranked, "qualified"], groups.loc[ranked, "spend"])
    cost = shrink_cpql(groups["qualified"], groups["spend"], prior).set_index(groups.index)
    groups = groups.join(cost.where(ranked))
    shrunk = ["shrunk_rate", "shrunk_low", "shrunk_high"]
    groups[shrunk] = groups[shrunk].where(ranked)
    groups["rank_best"] = groups["shrunk_low"].rank(ascending=False, method="min")
    groups["rank_worst"] = groups["shrunk_high"].rank(method="min")
    groups = groups.sort_values(["spend", *keys], ascending=[False, *[True] * len(keys)], ignore_index=True)
    return Answer(groups, _statement(groups, by))


def _feedback(groups: pd.DataFrame, leads: pd.DataFrame, by: str) -> pd.Series:
    feedback = user_feedback(leads)
    if "user_id" in GROUPINGS[by]:
        return groups["user_id"].map(feedback).fillna(FEEDBACK_NONE)
    known = leads[leads["user_id"].map(feedback) == FEEDBACK_BOTH]
    has_both = groups[by].isin(known.loc[known["is_verdict"], by])
    return pd.Series(FEEDBACK_NONE, index=groups.index).mask(has_both, FEEDBACK_BOTH)


def _design_effect(groups: pd.DataFrame, tables: MarketTables, params: Params, by: str) -> pd.Series:
    """1 + (verdicts per user, as a verdict sees it, − 1) · correlation of verdicts of one user."""
    if by == "user_id":
        return pd.Series(1.0, index=groups.index)
    campaigns = aggregate_kpis(tables, params, ["campaign_id", "user_id"])
    total = campaigns[["qualified", "verdicts"]].sum()
    rate = total["qualified"] / total["verdicts"] if total["verdicts"] else 0.0
    between = variance_components(campaigns).between_users
    if not between > 0 or rate in (0.0, 1.0):
        return pd.Series(1.0, index=groups.index)
    per_user = aggregate_kpis(tables, params, [by, "user_id"]).set_index(by)["verdicts"]
    seen = (per_user**2).groupby(level=0).sum() / per_user.groupby(level=0).sum().where(lambda n: n > 0)
    correlation = min(between / (rate * (1 - rate)), 1.0)
    return (1 + (groups[by].map(seen).fillna(1.0) - 1) * correlation).clip(lower=1.0)


def _statement(groups: pd.DataFrame, by: str) -> str:
    name, plural = NAMES[by], f"{NAMES[by]}s"
    ranked = groups[groups["rank_best"].notna()]
    if len(groups) < 2:
        only = f": {groups[by].iloc[0]}" if len(groups) else ""
        return (
            f"There is only one {name}{only}."
            if len(groups)
            else f"There are no {plural} with delivery or leads."
        )
    if len(ranked) < 2:
        return (
            f"None of the {format_count(len(groups))} {plural} can be ranked on quality:"
            " too few users record both kinds of verdict."
        )
    best, worst = ranked.loc[ranked["rank_best"].idxmin()], ranked.loc[ranked["rank_worst"].idxmin()]

    def rate(row: pd.Series) -> str:
        return format_interval(row["shrunk_rate"], row["shrunk_low"], row["shrunk_high"], UNIT_SHARE)

    return (
        f"{format_count(len(ranked))} of {format_count(len(groups))} {plural} can be ranked on quality."
        f" First is {best[by]} with {rate(best)} qualified, last {worst[by]} with {rate(worst)}."
    )
