"""Campaigns, projects, channels and business users side by side, ranked by what can be said of them."""

from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd

from leadsmart.catalogue.dimensions import DIMENSIONS
from leadsmart.catalogue.kpis import lead_costs
from leadsmart.formats import format_count, format_interval, format_percent
from leadsmart.insights.answers import Answer
from leadsmart.insights.kpi.measures import (
    aggregate_kpis,
    comparable,
    delivery_frame,
    lead_frame,
    sum_measures,
    user_feedback,
)
from leadsmart.insights.methods.shrinkage import (
    gamma_prior,
    shrink_cpql,
    shrink_rates,
    shrink_to_market,
    variance_components,
)
from leadsmart.market import Market
from leadsmart.params import Params
from leadsmart.vocabulary import FEEDBACK_BOTH, FEEDBACK_NONE, UNIT_SHARE

RANKED = ["ranked_verdicts", "ranked_qualified", "ranked_spend"]
#: Campaigns of one business user in a list of the best or worst, and the length of the list on a page.
PER_USER, LISTED = 3, 10


def rank_groups(market: Market, by: str) -> Answer:
    """KPIs per campaign, project, channel or business user, with shrunk rates and ranks.

    The best list ranks by the lower bound of the shrunk qualified rate, the worst list by the upper one, so that
    little data never leads either. Business users who record no or one kind of verdict, their campaigns, and their
    share of a project or channel count neither in shrunk rates nor in CPQL; ranked is what has
    ``minimum_decision_verdicts`` of the others' verdicts.

    Parameters
    ----------
    market : Market
    by : str
        A dimension of campaigns.

    Returns
    -------
    Answer
        Table: one row per group, most spend first: the columns of `aggregate_kpis` for
        ``campaign_id, project_name, user_id, channel`` or the one column `by`; ``feedback`` (both kinds, only
        qualified, only disqualified, no verdict), ``ranked_verdicts, ranked_qualified`` (counts) and
        ``ranked_spend`` (money) of users who record both kinds, ``shrunk_rate, shrunk_low, shrunk_high`` (shares),
        ``cpql_shrunk, cpql_shrunk_low, cpql_shrunk_high`` (money), ``rank_best, rank_worst`` (1 is the
        best, and the worst; NaN where not ranked); for campaigns ``user_rate``, the shrunk rate of the business user.
        A lone group has nothing to be shrunk to or ranked with.
    """
    keys = [by, *DIMENSIONS[by].beside]
    groups = aggregate_kpis(market, keys)
    # leads without spend were not free: their spend is missing
    costs = {name: groups[name].where(groups["spend"] > 0) for name in lead_costs()}
    groups = groups.assign(**costs, feedback=_feedback(groups, market, by))
    groups = groups.join(_comparable_sums(market, keys), on=keys)
    groups[RANKED] = groups[RANKED].fillna(0.0)
    judged = groups[[*keys, *RANKED]].set_axis([*keys, "verdicts", "qualified", "spend"], axis=1)
    if by == "campaign_id":
        shrunk = shrink_rates(judged)
        groups["user_rate"] = shrunk["user_rate"]
    else:
        shrunk = shrink_to_market(judged.assign(design_effect=_design_effect(judged, market, by)))
    is_judged = (judged["verdicts"] > 0) & (len(groups) > 1)
    prior = gamma_prior(judged.loc[is_judged, "qualified"], judged.loc[is_judged, "spend"])
    cost = shrink_cpql(judged["qualified"], judged["spend"], prior).set_index(groups.index)
    groups = groups.join(shrunk[["shrunk_rate", "shrunk_low", "shrunk_high"]].where(is_judged)).join(
        cost.where(is_judged)
    )
    ranked = groups[is_judged & (judged["verdicts"] >= market.params.minimum_decision_verdicts)]
    groups["rank_best"] = ranked["shrunk_low"].rank(ascending=False, method="min")
    groups["rank_worst"] = ranked["shrunk_high"].rank(method="min")
    groups = groups.sort_values(["spend", *keys], ascending=[False, *[True] * len(keys)], ignore_index=True)
    return Answer(groups, _statement(groups, market.params, by))


def first_and_last(groups: pd.DataFrame) -> pd.DataFrame:
    """The first and the last of those rows of `rank_groups` that are ranked.

    Parameters
    ----------
    groups : DataFrame

    Returns
    -------
    DataFrame
        Two rows; none where fewer than two are ranked, or where the surest of all would be both.
    """
    ranked = groups[groups["rank_best"].notna()]
    if len(ranked) < 2:
        return ranked[:0]
    first, last = ranked["rank_best"].idxmin(), ranked["rank_worst"].idxmin()
    return ranked.loc[[first, last]] if first != last else ranked[:0]


def rank_message(groups: pd.DataFrame, by: str) -> str:
    """The message of a picture of some rows of `rank_groups`: the first and the last, each seen against the claim."""
    ends = first_and_last(groups)
    if ends.empty:
        return f"No {DIMENSIONS[by].label.lower()} can be told to be first or last on quality"
    first, last = (_with_rate(row, by) for row in ends.to_dict("records"))
    return (
        f"{first} is first even at the unfavourable end of its range, {last} last even at the favourable end"
    )


def list_campaigns(campaigns: pd.DataFrame, params: Params, end: str) -> Answer:
    """The best or worst campaigns, at most three of a business user: one user's habit would fill the list.

    Parameters
    ----------
    campaigns : DataFrame
        Of `rank_groups` by campaign.
    params : Params
    end : {"best", "worst"}

    Returns
    -------
    Answer
        Table: the rows of `campaigns` that are ranked, first to last, without further ones of a user. The sentence
        says how much of the list without that limit would be one user's.
    """
    rank = f"rank_{end}"
    ranked = campaigns.dropna(subset=rank).sort_values(
        [rank, "campaign_id"], kind="stable", ignore_index=True
    )
    table = ranked[ranked.groupby("user_id").cumcount() < PER_USER].reset_index(drop=True)
    if ranked.empty:
        needed = params.minimum_decision_verdicts
        text = f"No campaign of a business user who records both kinds of verdict has {needed} verdicts yet."
        return Answer(table, text)
    first = ranked.head(LISTED)
    users = first["user_id"].value_counts()
    end_of_range = "unfavourable" if end == "best" else "favourable"
    text = (
        f"By the {end_of_range} end of their range, at most {PER_USER} campaigns of a business user,"
        f" {params.minimum_decision_verdicts} verdicts or more."
    )
    if users.iloc[0] > len(first) / 2:
        own = first.loc[first["user_id"] == users.index[0], "user_rate"].iloc[0]
        text += (
            f" Without that limit {format_count(users.iloc[0])} of the {end} {format_count(len(first))} campaigns would be user"
            f" {users.index[0]}'s, who calls {format_percent(own)} of all leads qualified: a habit of labelling may"
            " stand behind them."
        )
    return Answer(table, text)


def _feedback(groups: pd.DataFrame, market: Market, by: str) -> pd.Series:
    """What each group's business user records, or whether any user who records both kinds has a verdict in it."""
    if "user_id" in groups:
        return groups["user_id"].map(user_feedback(market)).fillna(FEEDBACK_NONE)
    leads = lead_frame(market)
    known = leads[comparable(leads, market, "qualified_rate") & leads["is_verdict"]]
    return pd.Series(FEEDBACK_NONE, index=groups.index).mask(groups[by].isin(known[by]), FEEDBACK_BOTH)


def _comparable_sums(market: Market, keys: list[str]) -> pd.DataFrame:
    """Verdicts, qualified leads and spend per group of the business users whose qualified rate can be compared."""
    delivery, leads = (
        rows[comparable(rows, market, "qualified_rate")]
        for rows in (delivery_frame(market), lead_frame(market))
    )
    return sum_measures(delivery, leads, keys)[["verdicts", "qualified", "spend"]].set_axis(RANKED, axis=1)


def _design_effect(groups: pd.DataFrame, market: Market, by: str) -> pd.Series:
    """1 + (verdicts per user, as a verdict sees it, − 1) · correlation of verdicts of one user."""
    none = pd.Series(1.0, index=groups.index)
    if by == "user_id":
        return none
    campaigns = _comparable_sums(market, ["campaign_id", "user_id"])
    campaigns = campaigns.set_axis(["verdicts", "qualified", "spend"], axis=1).reset_index()
    total = campaigns[["qualified", "verdicts"]].sum()
    rate = total["qualified"] / total["verdicts"] if total["verdicts"] else 0.0
    between = variance_components(campaigns).between_users
    if not between > 0 or rate in (0.0, 1.0):
        return none
    per_user = _comparable_sums(market, [by, "user_id"])["ranked_verdicts"]
    sums = per_user.groupby(level=by)
    seen = (per_user**2).groupby(level=by).sum() / sums.sum().where(lambda n: n > 0)
    correlation = min(between / (rate * (1 - rate)), 1.0)
    return (1 + (groups[by].map(seen).fillna(1.0) - 1) * correlation).clip(lower=1.0)


def _statement(groups: pd.DataFrame, params: Params, by: str) -> str:
    name = DIMENSIONS[by].label.lower()
    plural = f"{name}s"
    ranked = groups[groups["rank_best"].notna()]
    if len(groups) < 2:
        if groups.empty:
            return f"There are no {plural} with delivery or leads."
        return f"There is only one {name}: {groups[by].iloc[0]}. Another one would give it something to be compared with."
    enough = f"{params.minimum_decision_verdicts} or more verdicts of users who record both kinds"
    if len(ranked) < 2:
        return f"Too few of the {format_count(len(groups))} {plural} have {enough}, so they can't be ranked on quality."
    ranks = f"{format_count(len(ranked))} of {format_count(len(groups))} {plural} have {enough} and can be ranked on quality."
    ends = [_with_rate(row, by) for row in first_and_last(groups).to_dict("records")]
    return (
        f"{ranks} First is {ends[0]}, last {ends[1]}."
        if ends
        else f"{ranks} None is first or last for certain."
    )


def _with_rate(row: Mapping[Hashable, Any], by: str) -> str:
    rate = format_interval(row["shrunk_rate"], row["shrunk_low"], row["shrunk_high"], UNIT_SHARE)
    return f"{row[by]} with {rate} qualified"
