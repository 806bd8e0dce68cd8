"""Finding 1: does the qualified rate differ between campaigns of the same business user?"""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from leadsmart.formats import (
    format_count,
    format_interval,
    format_money,
    format_percent,
    format_points,
)
from leadsmart.insights.findings.evidence import Evidence, Hypothesis, not_enough, outcomes, too_few_leads
from leadsmart.insights.kpi.measures import aggregate_kpis, user_feedback
from leadsmart.insights.methods.shrinkage import VarianceComponents, shrink_rates, variance_components
from leadsmart.insights.methods.significance import heterogeneity_p
from leadsmart.insights.methods.statistics import LEVEL, Interval
from leadsmart.market import Market
from leadsmart.params import Params
from leadsmart.vocabulary import FEEDBACK_BOTH, UNIT_POINTS, UNIT_SHARE

HYPOTHESIS = Hypothesis(
    key="lead_quality_variation",
    title="Lead quality variation",
    question=(
        "Does the qualified rate differ between campaigns of the same business user and channel more than chance"
        " explains?"
    ),
    method=(
        "permutation of verdicts within business user and channel; spread by analysis of variance, range by"
        " inverting its test on drawn verdicts; n is verdicts of users who record both kinds; null: all campaigns of a"
        " business user on a channel have the same rate"
    ),
    table="finding_lead_quality_variation",
)
#: Campaigns are compared with others that have these in common.
BLOCK = ["user_id", "channel"]
WORST_SHARE = 0.2
#: Standard deviation between campaigns of one user below which nobody would choose between them: two campaigns that
#: differ by it bring one qualified lead more or less in twenty verdicts.
PRACTICAL_SPREAD = 0.05
#: Draws of what chance leaves in a worst fifth.
CHANCE_DRAWS = 20
#: Points and draws of the test inversion.
GRID, DRAWS = 12, 400


def assess_quality(market: Market) -> Evidence:
    """Assess finding 1.

    The estimate is the standard deviation of the true qualified rate between campaigns of one business user
    and channel. Money at stake is the spend of the worst fifth of the campaigns after shrinkage.

    Tables: ``finding_lead_quality_variation``, one row per campaign of a user with both kinds of verdict, worst
    first: ``campaign_id, user_id, project_name, channel, spend, leads, verdicts, qualified, qualified_rate,
    user_rate, shrunk_rate, shrunk_low, shrunk_high, is_worst_fifth``; ``quality_variance``: ``level`` (business
    users, campaigns of one user, chance), ``variance, standard_deviation, share``.
    """
    params = market.params
    feedback = user_feedback(market)
    campaigns = aggregate_kpis(market, ["campaign_id", "user_id", "project_name", "channel"])
    has_both = campaigns["user_id"].map(feedback) == FEEDBACK_BOTH
    campaigns = campaigns[has_both & (campaigns["verdicts"] > 0)]
    parts = variance_components(campaigns, BLOCK)
    table = _campaign_table(campaigns)
    tables = {HYPOTHESIS.table: table, "quality_variance": _variance_table(campaigns, parts)}
    verdicts, users = int(campaigns["verdicts"].sum()), len(parts.per_user)
    if reason := too_few_leads(market) or _too_few(verdicts, users, params):
        return not_enough(HYPOTHESIS, reason, verdicts, tables)
    p_value = heterogeneity_p(
        campaigns["qualified"],
        campaigns["verdicts"],
        campaigns["user_id"] + " " + campaigns["channel"],
        seed=params.seed,
    )
    if not np.isfinite(p_value):
        return not_enough(HYPOTHESIS, _too_few(0, 0, params), verdicts, tables)
    spread = spread_interval(campaigns, parts, params)
    worst = table[table["is_worst_fifth"]]
    # only a supported finding speaks of the worst fifth, and q-values are never below p-values
    chance = worst_by_chance(campaigns, params) if p_value <= params.false_discovery_rate else np.nan
    statement, sentences = _sentences(verdicts, parts, spread, worst, chance, params)
    return Evidence(
        HYPOTHESIS,
        statement,
        sentences,
        verdicts,
        estimate=spread.estimate,
        low=spread.low,
        high=spread.high,
        range_label=spread.label,
        unit=UNIT_POINTS,
        p_value=p_value,
        is_material=bool(spread.estimate >= PRACTICAL_SPREAD),
        is_excluded=bool(spread.high < PRACTICAL_SPREAD),
        money_at_stake=float(worst["spend"].sum()),
        tables=tables,
    )


def _too_few(verdicts: int, users: int, params: Params) -> str:
    if verdicts < params.minimum_verdicts:
        return (
            f"{format_count(verdicts)} verdicts come from business users who record both kinds:"
            f" {format_count(params.minimum_verdicts)} are needed to compare campaigns."
        )
    if users < params.minimum_users:
        return (
            f"{format_count(users)} business users have verdicts of both kinds in two or more campaigns of a"
            f" channel: {format_count(params.minimum_users)} are needed to compare campaigns."
        )
    return ""


def spread_interval(campaigns: pd.DataFrame, parts: VarianceComponents, params: Params) -> Interval:
    """Standard deviation of the true rate between campaigns, with the range that its own test does not reject.

    Verdicts are drawn anew with campaigns that differ by a given correlation (beta-binomial, each block at its
    rate); the range is every spread under which the estimate is neither among the 2.5 % lowest nor the 2.5 %
    highest. Leaving out users instead would ask how users differ in spread, and often holds 0 where the test is
    sure of the opposite. Neyman (1937), Phil. Trans. A 236:333.

    Parameters
    ----------
    campaigns : DataFrame
        One row per campaign: ``user_id, channel, verdicts, qualified``.
    parts : VarianceComponents
        Of the same campaigns.
    params : Params

    Returns
    -------
    Interval
        Standard deviation of shares; without bounds where too few users can be compared.
    """
    estimate = math.sqrt(max(parts.between_campaigns, 0.0))
    clusters = len(parts.per_user)
    if clusters < max(params.minimum_users, 1):
        return Interval(estimate, np.nan, np.nan, clusters)
    blocks = _Blocks.of(campaigns, parts)
    rng = np.random.default_rng(params.seed)
    # a share of draws moves smoothly with the root of the correlation, so few points are enough
    roots = np.concatenate([[0.0], np.geomspace(0.05, 0.95, GRID - 1)])
    above = np.array([np.mean(blocks.draw(rng, root**2) >= parts.between_campaigns) for root in roots])
    above = np.maximum.accumulate(above)
    # what a correlation of one is worth: the variance of a rate that is 0 or 1, weighted as the estimate is
    rate = parts.blocks["rate"]
    unit = math.sqrt(np.average(rate * (1 - rate), weights=parts.blocks["weight"]))
    low, high = (_crossing(roots, above, share) * unit for share in ((1 - LEVEL) / 2, (1 + LEVEL) / 2))
    return Interval(estimate, min(low, estimate), max(high, estimate), clusters, float(clusters))


def _crossing(roots: np.ndarray, above: np.ndarray, share: float) -> float:
    if above[0] >= share:
        return 0.0
    if above[-1] < share:
        return 1.0
    after = int(np.argmax(above >= share))
    rise = (share - above[after - 1]) / (above[after] - above[after - 1])
    return float(roots[after - 1] + rise * (roots[after] - roots[after - 1]))


@dataclass(frozen=True)
class _Blocks:
    """Campaigns that can be compared, in the order of their blocks: `first` is where each of these begins."""

    trials: np.ndarray
    rate: np.ndarray
    first: np.ndarray
    campaigns: np.ndarray
    weight: np.ndarray

    @classmethod
    def of(cls, campaigns: pd.DataFrame, parts: VarianceComponents) -> "_Blocks":
        rate = parts.blocks["rate"].rename("block_rate")
        own = campaigns[campaigns["verdicts"] > 0].join(rate, on=BLOCK, how="inner")
        own = own.sort_values(BLOCK, kind="stable")
        size = parts.blocks["campaigns"].to_numpy(np.int64)
        trials, weight = own["verdicts"].to_numpy(np.int64), parts.blocks["weight"].to_numpy()
        return cls(trials, own["block_rate"].to_numpy(), np.cumsum(size) - size, size, weight)

    def draw(self, rng: np.random.Generator, correlation: float) -> np.ndarray:
        """The estimated variance between campaigns in `DRAWS` markets with this correlation within campaigns."""
        rate = np.broadcast_to(self.rate, (DRAWS, len(self.rate)))
        if correlation > 0:
            own = (1 - correlation) / correlation
            rate = rng.beta(self.rate * own, (1 - self.rate) * own, size=rate.shape)
        k = rng.binomial(self.trials, rate)
        n = np.add.reduceat(self.trials, self.first)
        common = np.add.reduceat(k, self.first, axis=1) / n
        within = np.add.reduceat(k**2 / self.trials, self.first, axis=1) - n * common**2
        excess = within - (self.campaigns - 1) * common * (1 - common) * n / (n - 1)
        weight = np.where((common > 0) & (common < 1), self.weight, 0.0)
        total = weight.sum(axis=1)
        return np.where(weight > 0, excess, 0.0).sum(axis=1) / np.where(total > 0, total, np.inf)


def worst_by_chance(campaigns: pd.DataFrame, params: Params) -> float:
    """Qualified rate of the worst fifth if campaigns of one user and channel did not differ: there always is one.

    Verdicts are dealt anew among them, and the worst fifth is found as it is in the data; the mean over draws.
    """
    rng = np.random.default_rng(params.seed)
    verdicts, qualified = (campaigns[name].to_numpy(np.int64) for name in ("verdicts", "qualified"))
    dealt = np.empty((CHANCE_DRAWS, len(campaigns)), dtype=np.int64)
    for members in campaigns.groupby(BLOCK).indices.values():
        dealt[:, members] = rng.multivariate_hypergeometric(
            verdicts[members], int(qualified[members].sum()), size=CHANCE_DRAWS, method="marginals"
        )
    worst = [_campaign_table(campaigns.assign(qualified=own)).query("is_worst_fifth") for own in dealt]
    return float(np.mean([own["qualified"].sum() / own["verdicts"].sum() for own in worst]))


def _campaign_table(campaigns: pd.DataFrame) -> pd.DataFrame:
    table = shrink_rates(campaigns).sort_values(["shrunk_high", "campaign_id"], ignore_index=True)
    table["is_worst_fifth"] = np.arange(len(table)) < math.ceil(WORST_SHARE * len(table))
    columns = ["campaign_id", "user_id", "project_name", "channel", "spend", "leads", "verdicts", "qualified"]
    shrunk = ["qualified_rate", "user_rate", "shrunk_rate", "shrunk_low", "shrunk_high", "is_worst_fifth"]
    return table[[*columns, *shrunk]]


def lowest_message(campaigns: pd.DataFrame, params: Params) -> str:
    """The message of a picture of the campaigns with the lowest rates: the last one beside its business user.

    Parameters
    ----------
    campaigns : DataFrame
        Table ``finding_lead_quality_variation`` of `assess_quality`, or some of its rows.
    params : Params

    Returns
    -------
    str
    """
    if len(campaigns) < 2:
        needed = params.minimum_decision_verdicts
        return f"No two campaigns of business users who record both kinds of verdict have {needed} verdicts"
    last = campaigns.iloc[0]
    rate = format_interval(last["shrunk_rate"], last["shrunk_low"], last["shrunk_high"], UNIT_SHARE)
    return (
        f"Campaign {last['campaign_id']} is lowest even at the favourable end of its range: {rate} qualified after"
        f" shrinkage, all campaigns of its business user {format_percent(last['user_rate'])}"
    )


def _variance_table(campaigns: pd.DataFrame, parts: VarianceComponents) -> pd.DataFrame:
    qualified, verdicts = (campaigns[name].sum() for name in ("qualified", "verdicts"))
    rate = qualified / verdicts if verdicts else np.nan
    users, within = (max(v, 0.0) for v in (parts.between_users, parts.between_campaigns))
    levels = {
        "business users": users,
        "campaigns of one business user": within,
        "chance within a campaign": max(rate * (1 - rate) - users - within, 0.0),
    }
    table = pd.DataFrame({"level": list(levels), "variance": list(levels.values())})
    table["standard_deviation"] = np.sqrt(table["variance"])
    table["share"] = table["variance"] / table["variance"].sum()
    return table


def _sentences(
    verdicts: int,
    parts: VarianceComponents,
    spread: Interval,
    worst: pd.DataFrame,
    chance: float,
    params: Params,
) -> tuple[str, dict[str, str]]:
    """The statement without a verdict, and the sentence of each verdict."""
    by_campaign = format_points(spread.estimate, spread.low, spread.high, label=spread.label)
    by_user = format_points(math.sqrt(max(parts.between_users, 0.0)))
    more = "more" if parts.between_users > max(parts.between_campaigns, 0) else "less"
    rate = worst["qualified"].sum() / worst["verdicts"].sum()
    margin = format_points(PRACTICAL_SPREAD)
    shown = (
        f"Over {format_count(verdicts)} verdicts, campaigns of the same business user differ in their qualified rate"
        f" by a standard deviation of {by_campaign}"
    )
    return f"{shown}; business users differ by {by_user}.", outcomes(
        f"Campaigns of the same business user differ by a standard deviation of {by_campaign} in their qualified"
        f" rate, beyond chance; business users differ {more}, by {by_user}."
        f" The worst fifth of the campaigns took {format_money(worst['spend'].sum(), params.currency)}:"
        f" {format_percent(rate)} of their verdicts are qualified, where chance alone would leave the worst fifth with"
        f" {format_percent(chance)}.",
        f"{shown}, less than the {margin} that would matter; business users differ by {by_user}.",
        f"{shown}: that may be chance, or more than the {margin} that would matter. About"
        f" {format_count(_verdicts_needed(verdicts, spread))} verdicts would tell; business users differ by {by_user}.",
    )


def _verdicts_needed(verdicts: int, spread: Interval) -> float:
    """Verdicts after which a range around the same estimate would leave out either 0 or what matters.

    A variance is known with an error that shrinks with the root of the number of verdicts. Rounded up to hundreds.
    """
    reach = spread.high**2 - spread.estimate**2
    is_material = spread.estimate >= PRACTICAL_SPREAD
    gap = spread.estimate**2 if is_material else PRACTICAL_SPREAD**2 - spread.estimate**2
    factor = max(reach / max(gap, (0.2 * PRACTICAL_SPREAD) ** 2), 1.0) ** 2
    return float(np.ceil(verdicts * factor / 100) * 100)
