"""Findings against what the sample knows to be true: sign and coverage over many seeds."""

import numpy as np
import pandas as pd
import pytest
from builders_market import market_of
from insights.builders_insights import AS_OF, judge_market, make_params

from leadsmart.insights.findings.engagement import _split_cells, _with_benchmarks
from leadsmart.insights.journey.funnel import stage_reached
from leadsmart.insights.kpi.measures import lead_frame, user_feedback
from leadsmart.insights.methods.statistics import mantel_haenszel
from leadsmart.sample import sample_market

PARAMS = make_params()


def judged_leads(tables, truth):
    """Leads with a verdict and the true probability that it says QUALIFIED."""
    leads = lead_frame(market_of(tables, PARAMS))
    leads = leads[leads["is_verdict"]]
    return leads.assign(p=leads["lead_id"].map(truth.leads["p_qualified_given_verdict"]))


def true_spread(tables, truth, result):
    """Standard deviation of the true rate between campaigns of a user and channel, weighted as the finding does."""
    leads = judged_leads(tables, truth)
    feedback = user_feedback(market_of(tables, PARAMS))
    leads = leads[leads["user_id"].map(feedback) == "both kinds"]
    block = ["user_id", "channel"]
    campaigns = leads.groupby([*block, "campaign_id"])["p"].agg(["mean", "size", "var"]).reset_index()
    weight = excess = 0.0
    for _, own in campaigns.groupby(block):
        n, size, groups = own["size"], own["size"].sum(), len(own)
        factor = (size - (n**2).sum() / size) * (size - groups)
        if factor <= 0:
            continue
        centre = (n * own["mean"]).sum() / size
        within = (own["var"].fillna(0) * (n - 1)).sum() / (size - groups)
        weight += factor / (size - 1)
        spread = (n * (own["mean"] - centre) ** 2).sum() - (groups - 1) * within
        excess += spread * (size - groups) / (size - 1)
    return np.sqrt(max(excess / weight, 0))


def true_conversion(tables, truth, result):
    """Mantel–Haenszel ratio of the true leads per click, over the very clicks that the finding compares.

    What the sample plants is the lead rate of traps; strong engagement finds most traps and some campaigns that are
    none. What the finding claims is about the campaigns it calls strong, so theirs are the rates to be held against it.
    """
    cells = _split_cells(_with_benchmarks(market_of(tables, PARAMS)), tables.ad_performance)
    cells["events"] = cells["campaign_id"].map(truth.campaigns["lead_rate"]) * cells["trials"]
    return mantel_haenszel(cells, minimum_clusters=5).estimate - 1


def true_channel(tables, truth, result):
    """Mantel–Haenszel ratio of the true probabilities, cheap channel over the others."""
    leads = judged_leads(tables, truth)
    cheap = leads["channel"] == result.tables["finding_channel_differences"]["channel"].iloc[0]
    sums = leads.groupby(["user_id", cheap])["p"].agg(["sum", "size"]).unstack().dropna()
    on, off = (sums.xs(side, axis=1, level=1) for side in (True, False))
    total = on["size"] + off["size"]
    return (on["sum"] * off["size"] / total).sum() / (off["sum"] * on["size"] / total).sum() - 1


def true_bottleneck(tables, truth, result):
    """Engaged rate of the other users over that of the truly best quarter."""
    reached = stage_reached(market_of(tables, PARAMS))
    size = reached[reached["stage"] >= 1].groupby("user_id").size()
    size = size[size >= 10]
    rate = truth.users["engaged_rate"].reindex(size.index).sort_values(ascending=False, kind="stable")
    size = size.reindex(rate.index)
    best = int(np.ceil(0.25 * len(rate)))
    return np.average(rate[best:], weights=size[best:]) / np.average(rate[:best], weights=size[:best]) - 1


TRUTHS = {
    "lead_quality_variation": true_spread,
    "high_cost_per_engagement": true_conversion,
    "channel_differences": true_channel,
    "conversion_bottlenecks": true_bottleneck,
}


def compare(seeds):
    rows = []
    for seed in seeds:
        tables, truth = sample_market(None, seed=seed)
        market = market_of(tables, PARAMS, AS_OF).within_period()
        result = judge_market(market)
        for key, true_value in TRUTHS.items():
            finding, true = result.findings[key], true_value(market.tables, truth, result)
            rows.append(
                (key, np.sign(finding.estimate) == np.sign(true), finding.low <= true <= finding.high)
            )
    return pd.DataFrame(rows, columns=["key", "sign", "holds"]).groupby("key").mean()


def test_planted_effects_over_50_seeds():
    share = compare(range(50))
    assert share["sign"].min() >= 0.95, share
    assert share["holds"].min() >= 0.90, share


@pytest.mark.slow
def test_planted_effects_over_100_seeds(request):
    share = compare(range(100))
    request.config.get_terminal_writer().line(f"\n{share.to_string()}")
    assert share["sign"].min() >= 0.95, share
    assert share["holds"].min() >= 0.90, share
