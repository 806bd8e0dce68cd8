"""Finding 3: do channels with cheaper impressions bring fewer qualified leads?"""

import numpy as np
import pandas as pd

from leadsmart.formats import format_count, format_interval, format_money, format_percent
from leadsmart.insights.findings.evidence import (
    Evidence,
    not_enough,
    open_question,
    outcomes,
    too_few_leads,
    users_needed,
)
from leadsmart.insights.kpi.measures import aggregate_kpis, delivery_frame, lead_frame, sum_measures
from leadsmart.insights.methods.statistics import Interval, mantel_haenszel, ratio_interval
from leadsmart.market import Market
from leadsmart.params import Params
from leadsmart.vocabulary import UNIT_MONEY, UNIT_RATIO, UNIT_SHARE

KEY = "channel_differences"
QUESTION = "Do channels with cheaper impressions bring fewer qualified leads?"
MINIMUM_CHANNEL_VERDICTS = 10
#: Of the columns of a figure with its range.
ENDS = ("", "_low", "_high", "_range")
COSTS = {
    "cpm": "The cost of a thousand impressions",
    "cpl": "The cost of a lead",
    "cpql": "The cost of a qualified lead",
}
METHOD = (
    "qualified rate on the channel with the lowest CPM over that on the others for the same business users:"
    " Mantel–Haenszel, range by leaving out one business user at a time, t-test; n is verdicts; null: a business"
    " user's leads are as often qualified on every channel"
)


def weigh_channels(market: Market) -> Evidence:
    """Weigh finding 3.

    The estimate is the relative difference of the qualified rate (−0.3: 30 % lower). Money at stake is what the
    channel spent beyond the cost of its qualified leads at the others' CPQL.

    Table ``finding_channel_differences``, one row per channel (with only one channel: per project), cheapest
    impressions first: ``channel`` or ``project_name``, ``users, spend, impressions, leads, verdicts, qualified``,
    then ``cpm, cpl, cpql, qualified_rate`` each with ``_low, _high`` and ``_range``, what the range is called.
    """
    table = compare_groups(market, "channel")
    verdicts = int(table["verdicts"].sum())
    spending = table[table["spend"] > 0]
    if len(spending) < 2:
        projects = compare_groups(market, "project_name")
        evidence = {f"finding_{KEY}": projects}
        return not_enough(
            KEY, QUESTION, _one_channel(spending, projects, market.params), evidence, METHOD, verdicts
        )
    evidence = {f"finding_{KEY}": table}
    usable = spending[spending["verdicts"] >= MINIMUM_CHANNEL_VERDICTS]
    reason = too_few_leads(len(market.tables.leads), market.params)
    if reason is None and (verdicts < market.params.minimum_verdicts or len(usable) < 2):
        reason = (
            f"{format_count(verdicts)} verdicts on {format_count(len(spending))} channels: {market.params.minimum_verdicts}, and"
            f" {MINIMUM_CHANNEL_VERDICTS} on each of two channels, are needed to compare them."
        )
    if reason:
        return not_enough(KEY, QUESTION, reason, evidence, METHOD, verdicts)
    cheap = usable.loc[usable["cpm"].idxmin(), "channel"]
    ratio = _rate_ratio(market, cheap)
    if not ratio.has_bounds:
        reason = (
            f"{format_count(ratio.clusters)} business users have verdicts on {cheap} and on another channel:"
            f" {market.params.minimum_users} with qualified leads on both are needed to compare them."
        )
        return not_enough(KEY, QUESTION, reason, evidence, METHOD, verdicts)
    on, off = _sides(table, cheap)
    is_cheaper = on["cpm"] <= (1 - market.params.practical_margin) * off["cpm"]
    excess = on["spend"] - on["qualified"] * off["cpql"] if off["qualified"] else np.nan
    return Evidence(
        key=KEY,
        question=QUESTION,
        sentences=_sentences(cheap, on, off, ratio, excess, market.params),
        tables=evidence,
        is_material=bool(is_cheaper and ratio.estimate <= 1 - market.params.practical_margin),
        is_excluded=bool(not is_cheaper or ratio.low > 1 - market.params.practical_margin),
        estimate=ratio.estimate - 1,
        low=ratio.low - 1,
        high=ratio.high - 1,
        range_label=ratio.label,
        unit=UNIT_SHARE,
        n=verdicts,
        method=METHOD,
        p_value=min(2 * ratio.p_below(1.0), 1.0),
        money_at_stake=max(float(excess), 0.0),
    )


def compare_groups(market: Market, by: str) -> pd.DataFrame:
    """CPM, CPL, CPQL and qualified rate per group, each with a range that resamples business users.

    Returns
    -------
    DataFrame
        One row per group, cheapest impressions first: `by`, ``users, spend, impressions, leads, verdicts,
        qualified``, then ``cpm, cpl, cpql, qualified_rate``, each with ``_low, _high, _range``.
    """
    table = aggregate_kpis(market, [by])
    per_user = sum_measures(delivery_frame(market), lead_frame(market), [by, "user_id"])
    for key, over, under, factor in (
        ("cpm", "spend", "impressions", 1000),
        ("cpl", "spend", "leads", 1),
        ("cpql", "spend", "qualified", 1),
    ):
        bounds = {}
        for group, users in per_user.groupby(level=by):
            interval = ratio_interval(users[over], users[under], minimum_clusters=market.params.minimum_users)
            bounds[group] = (factor * interval.low, factor * interval.high, interval.label)
        for position, end in enumerate(ENDS[1:]):
            table[key + end] = [bounds[group][position] for group in table[by]]
    rates = [key + end for key in ("cpm", "cpl", "cpql", "qualified_rate") for end in ENDS]
    columns = [by, "users", "spend", "impressions", "leads", "verdicts", "qualified", *rates]
    return table.sort_values(["cpm", by], kind="stable", ignore_index=True)[columns]


def cost_message(groups: pd.DataFrame, key: str, params: Params) -> str:
    """The message of a picture of one cost of `compare_groups`: the cheapest channel beside the dearest.

    Parameters
    ----------
    groups : DataFrame
        Of `compare_groups` by channel.
    key : {"cpm", "cpl", "cpql"}
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


def _sides(table: pd.DataFrame, cheap: str) -> tuple[pd.Series, pd.Series]:
    sums = table.groupby(table["channel"] == cheap)[["spend", "impressions", "leads", "qualified"]].sum()
    sums["cpm"] = 1000 * sums["spend"] / sums["impressions"]
    sums["cpql"] = sums["spend"] / sums["qualified"].where(sums["qualified"] > 0)
    return sums.loc[True], sums.loc[False]


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
) -> dict[str, str]:
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
    return outcomes(
        supported,
        excluded,
        f"{compared}: a difference {open_question(ratio, params.practical_margin)}. About"
        f" {format_count(users_needed(ratio, params.practical_margin))} business users with verdicts on both would"
        f" tell; there are {format_count(ratio.clusters)}.",
    )
