"""Finding 2: which campaigns have strong engagement and poor conversion, and what did that cost?"""

import numpy as np
import pandas as pd
from scipy import stats

from leadsmart.formats import format_count, format_interval, format_money
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
from leadsmart.insights.kpi.measures import aggregate_kpis
from leadsmart.insights.methods.statistics import Interval, mantel_haenszel
from leadsmart.market import Market
from leadsmart.market_tables import look_up
from leadsmart.params import Params
from leadsmart.vocabulary import UNIT_RATIO, UNIT_SHARE

HYPOTHESIS = Hypothesis(
    key="high_cost_per_engagement",
    title="High cost per engagement",
    question="Do campaigns with strong engagement bring fewer leads per click, beyond the practical margin?",
    method=(
        "leads per click of campaigns with strong engagement (CTR at least 1.5 times the median of the channel, CPC at"
        " most its median, 100 clicks or more) over the others of the same business user and channel, engagement being"
        " judged on one half of the delivery rows and clicks counted on the other: Mantel–Haenszel,"
        " range by leaving out one business user at a time, t-test against the practical margin; n is such campaigns;"
        " null: a campaign's CTR says nothing about its leads per click"
    ),
    table="finding_high_cost_per_engagement",
)
#: Strong engagement: a CTR this many times the median of the channel's campaigns, at no more than its median CPC.
STRONG_CTR = 1.5
MINIMUM_CLICKS = 100
MINIMUM_CAMPAIGNS = 5
COLUMNS_OF_STRONG = [
    "campaign_id", "user_id", "project_name", "channel", "spend", "impressions", "clicks", "leads", "qualified", "ctr",
    "cpc", "lead_rate", "channel_ctr", "channel_cpc", "channel_lead_rate", "channel_cpl", "is_poor", "excess_cost",
]  # fmt: skip


def assess_engagement(market: Market) -> Evidence:
    """Assess finding 2.

    The estimate is the relative difference of leads per click (−0.4: 40 % fewer). Money at stake is what the
    campaigns with strong engagement and clearly poor conversion spent beyond their leads' cost at the channel's
    CPL.

    Table ``finding_high_cost_per_engagement``, one row per campaign with strong engagement, dearest first:
    ``campaign_id, user_id, project_name, channel, spend, impressions, clicks, leads, qualified, ctr, cpc, lead_rate,
    channel_ctr, channel_cpc, channel_lead_rate, channel_cpl, is_poor, excess_cost``.
    """
    campaigns, params = _with_benchmarks(market), market.params
    strong = _strong_table(campaigns[campaigns["is_strong"]])
    tables, n = {HYPOTHESIS.table: strong}, len(strong)
    if reason := too_few_leads(market):
        return not_enough(HYPOTHESIS, reason, n, tables)
    cells = _split_cells(campaigns, market.tables.ad_performance)
    ratio = mantel_haenszel(cells, minimum_clusters=params.minimum_users)
    if n < MINIMUM_CAMPAIGNS or not ratio.has_bounds:
        return not_enough(HYPOTHESIS, _too_few(n, ratio, params), n, tables)
    poor = strong[strong["is_poor"]]
    statement, sentences = _sentences(n, poor, ratio, params)
    return ratio_evidence(
        HYPOTHESIS,
        statement,
        sentences,
        n,
        tables,
        ratio,
        p_value=ratio.p_below(1 - params.practical_margin),
        is_material=bool(ratio.estimate <= 1 - params.practical_margin),
        is_excluded=bool(ratio.low > 1 - params.practical_margin),
        money_at_stake=float(poor["excess_cost"].sum()),
    )


def _with_benchmarks(market: Market) -> pd.DataFrame:
    """Campaigns with enough clicks, beside their channel's medians and rates."""
    campaigns = aggregate_kpis(market, ["campaign_id", "user_id", "project_name", "channel"])
    campaigns = campaigns[(campaigns["clicks"] >= MINIMUM_CLICKS) & (campaigns["impressions"] > 0)]
    channel = campaigns.groupby("channel")
    campaigns = campaigns.assign(
        channel_ctr=channel["ctr"].transform("median"), channel_cpc=channel["cpc"].transform("median")
    )
    strong = (campaigns["ctr"] >= STRONG_CTR * campaigns["channel_ctr"]) & (
        campaigns["cpc"] <= campaigns["channel_cpc"]
    )
    others = campaigns[~strong].groupby("channel")[["spend", "leads", "clicks"]].sum()
    rate = others["leads"] / others["clicks"]
    cost = others["spend"] / others["leads"].where(others["leads"] > 0)
    return campaigns.assign(
        is_strong=strong,
        channel_lead_rate=look_up(campaigns["channel"], rate),
        channel_cpl=look_up(campaigns["channel"], cost),
    )


def _split_cells(campaigns: pd.DataFrame, delivery: pd.DataFrame) -> pd.DataFrame:
    """Judge engagement on one half of a campaign's delivery rows, count its clicks on the other half.

    A burst of clicks raises the CTR and lowers the leads per click of the same rows; on separate halves, chance
    in the clicks can't pass for poor conversion. A half gets leads in proportion to its impressions.
    """
    rows = delivery[delivery["campaign_id"].isin(campaigns["campaign_id"])]
    rows = rows.sort_values(["campaign_id", "delivery_date", "ad_set_id"], kind="stable")
    half = rows.groupby("campaign_id").cumcount() % 2
    sums = [rows[half == i].groupby("campaign_id")[["spend", "impressions", "clicks"]].sum() for i in (0, 1)]
    known = campaigns.set_index("campaign_id")
    known = known[known.index.isin(sums[0].index) & known.index.isin(sums[1].index)]
    cells = []
    for judged, measured in ((0, 1), (1, 0)):
        one, other = sums[judged].loc[known.index], sums[measured].loc[known.index]
        strong = (one["clicks"] >= STRONG_CTR * known["channel_ctr"] * one["impressions"]) & (
            one["spend"] <= known["channel_cpc"] * one["clicks"]
        )
        cells.append(
            pd.DataFrame(
                {
                    "campaign_id": known.index,
                    "user_id": known["user_id"],
                    "stratum": known["channel"],
                    "is_exposed": strong & (one["clicks"] > 0),
                    "events": known["leads"] * other["impressions"] / known["impressions"],
                    "trials": other["clicks"],
                }
            )
        )
    return pd.concat(cells, ignore_index=True)


def _strong_table(strong: pd.DataFrame) -> pd.DataFrame:
    # the highest rate that so few leads leave possible: chance alone must not make a campaign poor
    possible = stats.gamma.ppf(0.975, strong["leads"] + 1) / strong["clicks"]
    excess = (strong["spend"] - strong["leads"] * strong["channel_cpl"]).clip(lower=0)
    is_poor = (possible < strong["channel_lead_rate"]) & (excess > 0)
    table = strong.assign(is_poor=is_poor, excess_cost=np.where(is_poor, excess, 0.0))
    order = ["excess_cost", "spend", "campaign_id"]
    return table.sort_values(order, ascending=[False, False, True], ignore_index=True)[COLUMNS_OF_STRONG]


def _too_few(campaigns: int, ratio: Interval, params: Params) -> str:
    if campaigns < MINIMUM_CAMPAIGNS:
        return (
            f"{format_count(campaigns)} campaigns have strong engagement (CTR at least {STRONG_CTR} times their"
            f" channel's median): {MINIMUM_CAMPAIGNS} are needed to compare their conversion."
        )
    return (
        f"Business users who have campaigns with and without strong engagement on the same channel:"
        f" {format_count(ratio.clusters)}; {params.minimum_users} with leads in both are needed to compare them."
    )


def _sentences(
    campaigns: int, poor: pd.DataFrame, ratio: Interval, params: Params
) -> tuple[str, dict[str, str]]:
    """The statement without a verdict, and the sentence of each verdict."""
    margin = format_interval(params.practical_margin, None, None, UNIT_SHARE)
    fewer = format_interval(1 - ratio.estimate, 1 - ratio.high, 1 - ratio.low, UNIT_SHARE, label=ratio.label)
    money = format_money(poor["excess_cost"].sum(), params.currency)
    supported = (
        f"{format_count(campaigns)} campaigns with strong engagement bring {fewer} fewer leads per click than"
        " others of the same business user and channel."
    )
    if len(poor):
        supported += (
            f" {format_count(len(poor))} of them are clearly poor and cost {money} more than their leads would have"
            " at the channel's CPL."
        )
    times = format_interval(ratio.estimate, ratio.low, ratio.high, UNIT_RATIO, label=ratio.label)
    compared = (
        f"{format_count(campaigns)} campaigns with strong engagement bring {times} the leads per click of others of"
        " the same business user and channel"
    )
    return f"{compared}.", outcomes(
        supported,
        f"{compared}: not {margin} fewer.",
        f"{compared}: a difference {open_question(ratio, params.practical_margin)}. About"
        f" {format_count(users_needed(ratio, params.practical_margin))} business users with campaigns of both kinds"
        f" would tell; there are {format_count(ratio.clusters)}.",
    )
