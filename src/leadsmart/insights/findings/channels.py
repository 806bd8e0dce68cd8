"""Finding 3: do channels with cheaper impressions bring fewer qualified leads?"""

import numpy as np
import pandas as pd

from leadsmart.formats import format_count, format_interval, format_money, format_percent
from leadsmart.insights.findings.evidence import (
    Evidence,
    Hypothesis,
    not_enough,
    open_question,
    outcomes,
    ratio_evidence,
    too_few_leads,
    users_needed,
)
from leadsmart.insights.kpi.measures import aggregate_kpis, delivery_frame, lead_frame, sum_measures
from leadsmart.insights.methods.statistics import Interval, mantel_haenszel, ratio_interval
from leadsmart.market import Market
from leadsmart.params import Params
from leadsmart.vocabulary import UNIT_MONEY, UNIT_RATIO, UNIT_SHARE

HYPOTHESIS = Hypothesis(
    key="channel_differences",
    title="Channel differences",
    question="Do channels with cheaper impressions bring fewer qualified leads?",
    method=(
        "qualified rate on the channel with the lowest CPM over that on the others for the same business users:"
        " Mantel–Haenszel, range by leaving out one business user at a time, t-test; n is verdicts; null: a business"
        " user's leads are as often qualified on every channel"
    ),
    table="finding_channel_differences",
)
MINIMUM_CHANNEL_VERDICTS = 10
#: The costs that groups are compared by, as a sentence begins with them.
COSTS = {
    "cpm": "The cost of a thousand impressions",
    "cpl": "The cost of a lead",
    "cpql": "The cost of a qualified lead",
}


def assess_channels(market: Market) -> Evidence:
    """Assess finding 3.

    The estimate is the relative difference of the qualified rate (−0.3: 30 % lower). Money at stake is what the
    channel spent beyond the cost of its qualified leads at the others' CPQL.

    Table ``finding_channel_differences``, one row per channel (with only one channel: per project), cheapest
    impressions first, with the columns of `compare_groups`.
    """
    params = market.params
    table = compare_groups(market, "channel")
    verdicts = int(table["verdicts"].sum())
    spending = table[table["spend"] > 0]
    if len(spending) < 2:
        projects = compare_groups(market, "project_name")
        reason = _one_channel(spending, projects, params)
        return not_enough(HYPOTHESIS, reason, verdicts, {HYPOTHESIS.table: projects})
    tables = {HYPOTHESIS.table: table}
    usable = spending[spending["verdicts"] >= MINIMUM_CHANNEL_VERDICTS]
    if reason := too_few_leads(market) or _too_few(verdicts, len(spending), len(usable), params):
        return not_enough(HYPOTHESIS, reason, verdicts, tables)
    cheap = str(usable["channel"].iloc[usable["cpm"].argmin()])
    ratio = _rate_ratio(market, cheap)
    if not ratio.has_bounds:
        reason = (
            f"{format_count(ratio.clusters)} business users have verdicts on {cheap} and on another channel:"
            f" {params.minimum_users} with qualified leads on both are needed to compare them."
        )
        return not_enough(HYPOTHESIS, reason, verdicts, tables)
    sums = table.groupby(table["channel"] == cheap)[["spend", "impressions", "leads", "qualified"]].sum()
    sums["cpm"] = 1000 * sums["spend"] / sums["impressions"]
    sums["cpql"] = sums["spend"] / sums["qualified"].where(sums["qualified"] > 0)
    off, on = sums.iloc[0], sums.iloc[1]
    is_cheaper = on["cpm"] <= (1 - params.practical_margin) * off["cpm"]
    excess = on["spend"] - on["qualified"] * off["cpql"] if off["qualified"] else np.nan
    statement, sentences = _sentences(cheap, on, off, ratio, excess, params)
    return ratio_evidence(
        HYPOTHESIS,
        statement,
        sentences,
        verdicts,
        tables,
        ratio,
        p_value=min(2 * ratio.p_below(1.0), 1.0),
        is_material=bool(is_cheaper and ratio.estimate <= 1 - params.practical_margin),
        is_excluded=bool(not is_cheaper or ratio.low > 1 - params.practical_margin),
        money_at_stake=max(float(excess), 0.0),
    )


def compare_groups(market: Market, by: str) -> pd.DataFrame:
    """CPM, CPL, CPQL and qualified rate per group, each with a range by leaving out one business user at a time.

    Parameters
    ----------
    market : Market
    by : {"channel", "project_name"}

    Returns
    -------
    DataFrame
        One row per group, cheapest impressions first: `by`, ``users, spend, impressions, leads, verdicts,
        qualified``, then ``cpm, cpl, cpql, qualified_rate``, each with ``_low, _high`` and ``_range``, what the range
        is called.
    """
    table = aggregate_kpis(market, [by])
    per_user = sum_measures(delivery_frame(market), lead_frame(market), [by, "user_id"])
    minimum_users = market.params.minimum_users
    for key, under, factor in (("cpm", "impressions", 1000), ("cpl", "leads", 1), ("cpql", "qualified", 1)):
        ranges = {
            group: ratio_interval(users["spend"], users[under], minimum_clusters=minimum_users)
            for group, users in per_user.groupby(level=by)
        }
        table[f"{key}_low"] = [factor * ranges[group].low for group in table[by]]
        table[f"{key}_high"] = [factor * ranges[group].high for group in table[by]]
        table[f"{key}_range"] = [ranges[group].label for group in table[by]]
    rates = [key + end for key in (*COSTS, "qualified_rate") for end in ("", "_low", "_high", "_range")]
    columns = [by, "users", "spend", "impressions", "leads", "verdicts", "qualified", *rates]
    return table.sort_values(["cpm", by], kind="stable", ignore_index=True)[columns]


def cost_message(groups: pd.DataFrame, key: str, params: Params) -> str:
    """The message of a picture of one cost of `compare_groups`: the cheapest channel beside the dearest.

    Parameters
    ----------
    groups : DataFrame
        Of `compare_groups` by channel.
    key : {"cpm", "cpl", "cpql"}
    params : Params

    Returns
    -------
    str
        Without a full stop.
    """
    known = groups.dropna(subset=key).sort_values([key, "channel"], kind="stable")
    if len(known) < 2:
        return f"{COSTS[key]} can't be compared: fewer than two channels have one"
    first, last = known.iloc[0], known.iloc[-1]

    def cost(row: pd.Series) -> str:
        ends = (row[key], row[f"{key}_low"], row[f"{key}_high"])
        return format_interval(*ends, UNIT_MONEY, params.currency, label=row[f"{key}_range"])

    text = f"{COSTS[key]} is lowest on {first['channel']}, {cost(first)}, and highest on {last['channel']}, {cost(last)}"
    inner = first[f"{key}_high"], last[f"{key}_low"]
    if not np.isfinite(inner).all():
        return f"{text}; too few business users to give both a range"
    return text if inner[0] < inner[1] else f"{text}; their ranges overlap"


def _rate_ratio(market: Market, cheap: str) -> Interval:
    leads = lead_frame(market)
    verdicts = leads[leads["is_verdict"]]
    cells = pd.DataFrame(
        {
            "user_id": verdicts["user_id"],
            "stratum": "",
            "is_exposed": verdicts["channel"] == cheap,
            "events": verdicts["is_qualified"].astype(int),
            "trials": 1,
        }
    )
    return mantel_haenszel(cells, minimum_clusters=market.params.minimum_users)


def _too_few(verdicts: int, channels: int, usable: int, params: Params) -> str:
    if verdicts >= params.minimum_verdicts and usable >= 2:
        return ""
    return (
        f"{format_count(verdicts)} verdicts on {format_count(channels)} channels: {params.minimum_verdicts}, and"
        f" {MINIMUM_CHANNEL_VERDICTS} on each of two channels, are needed to compare them."
    )


def _one_channel(spending: pd.DataFrame, projects: pd.DataFrame, params: Params) -> str:
    if spending.empty:
        return "There is no spend, so channels can't be compared."
    text = (
        f"Whether channels differ in quality can't be said: all spend here is on {spending['channel'].iloc[0]}."
        " A second channel would answer it."
    )
    sized = projects[projects["leads"] >= params.minimum_leads].sort_values("cpl", kind="stable")
    if len(sized) < 2:
        return text
    first, last = sized.iloc[0], sized.iloc[-1]
    return (
        f"{text} Between projects with {params.minimum_leads} leads or more, CPL goes from"
        f" {format_money(first['cpl'], params.currency)} ({first['project_name']}) to"
        f" {format_money(last['cpl'], params.currency)} ({last['project_name']})."
    )


def _sentences(
    cheap: str, on: pd.Series, off: pd.Series, ratio: Interval, excess: float, params: Params
) -> tuple[str, dict[str, str]]:
    """The statement without a verdict, and the sentence of each verdict."""
    lower = format_interval(1 - ratio.estimate, 1 - ratio.high, 1 - ratio.low, UNIT_SHARE, label=ratio.label)
    cost, elsewhere = (format_money(side["cpql"], params.currency) for side in (on, off))
    cheaper = format_percent(1 - on["cpm"] / off["cpm"])
    supported = (
        f"Impressions on {cheap} are {cheaper} cheaper than elsewhere, but the qualified rate of the same business"
        f" users is {lower} lower there; a qualified lead costs {cost} instead of {elsewhere}."
    )
    if excess > 0:
        supported += f" That is {format_money(excess, params.currency)} beyond the others' price."
    times = format_interval(ratio.estimate, ratio.low, ratio.high, UNIT_RATIO, label=ratio.label)
    margin = format_percent(params.practical_margin)
    prices = (
        f"CPM {format_money(on['cpm'], params.currency)} against {format_money(off['cpm'], params.currency)}"
    )
    compared = (
        f"The channel with the cheapest impressions, {cheap} ({prices}), has {times} the qualified rate of the others"
        " for the same business users"
    )
    if on["cpm"] > (1 - params.practical_margin) * off["cpm"]:
        excluded = f"{compared}, but its impressions are not {margin} cheaper."
    else:
        excluded = f"{compared}: not {margin} lower."
    return f"{compared}.", outcomes(
        supported,
        excluded,
        f"{compared}: a difference {open_question(ratio, params.practical_margin)}. About"
        f" {format_count(users_needed(ratio, params.practical_margin))} business users with verdicts on both would"
        f" tell; there are {format_count(ratio.clusters)}.",
    )
