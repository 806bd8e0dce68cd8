"""Rates of small groups, pulled towards what they belong to: campaign towards user, user towards market."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import stats

from leadsmart.insights.methods.statistics import LEVEL
from leadsmart.market_tables import look_up

#: Bounds on how many verdicts a prior may weigh: below, nothing is shrunk; above, groups can't be told apart.
PRIOR_WEIGHT = (1.0, 200.0)
#: Standard errors added to the variance between campaigns before shrinking; see `_campaign_weight`.
VARIANCE_ERRORS = 1.5
#: Verdicts a business user needs to count in the variance between users.
MINIMUM_USER_VERDICTS = 5


@dataclass(frozen=True)
class VarianceComponents:
    """Where the differences between qualified rates lie.

    Attributes
    ----------
    between_users, between_campaigns : float
        Variance of the true rates between business users, and between campaigns of the same user.
    blocks : DataFrame
        One row per block of campaigns that can be compared, indexed by what they have in common: ``n`` (verdicts), ``campaigns``
        (counts), ``rate`` (of the block), ``weight``, and ``excess`` (weight times the block's own estimate of
        `between_campaigns`).
    per_user : DataFrame
        Sums of ``weight, excess`` over the blocks of each user that has any.
    """

    between_users: float
    between_campaigns: float
    blocks: pd.DataFrame
    per_user: pd.DataFrame


def prior_weight(successes: ArrayLike, trials: ArrayLike) -> float:
    """How many trials the common rate is worth as prior: the beta-binomial's a + b by moments.

    Kleinman (1973), J. Am. Stat. Assoc. 68:46. Groups that differ by no more than chance give the upper bound.

    Parameters
    ----------
    successes, trials : array-like of float
        Counts of each group.

    Returns
    -------
    float
        Trials, within `PRIOR_WEIGHT`.
    """
    k, n = np.asarray(successes, float), np.asarray(trials, float)
    k, n = k[n > 0], n[n > 0]
    if len(n) < 2 or n.sum() <= len(n) or k.sum() in (0.0, n.sum()):
        return PRIOR_WEIGHT[1]
    rate = k.sum() / n.sum()
    spread = (n * (k / n - rate) ** 2).sum()
    chance = rate * (1 - rate)
    total, squares, groups = n.sum(), (n**2).sum(), len(n)
    correlation = (spread - chance * (groups - 1)) / (chance * (total - squares / total - (groups - 1)))
    if not np.isfinite(correlation) or correlation <= 0:
        return PRIOR_WEIGHT[1]
    return float(np.clip(1 / min(correlation, 1.0) - 1, *PRIOR_WEIGHT))


def shrink_rates(groups: pd.DataFrame) -> pd.DataFrame:
    """Shrink the qualified rates of campaigns towards their business user, and users towards the market.

    shrunk = (qualified + weight · parent's rate) / (verdicts + weight), the mean of a beta posterior. Its variance
    has that of the parent's rate added (Morris 1983, J. Am. Stat. Assoc. 78:47), where a user's verdicts count as many
    as they are worth if campaigns differ; the bounds are the 2.5 and 97.5 % quantiles of the beta distribution with
    that mean and variance. Casella (1985), Am. Stat. 39:83; Gelman et al., BDA3, ch. 5.

    Parameters
    ----------
    groups : DataFrame
        One row per campaign: ``user_id, verdicts, qualified`` (counts).

    Returns
    -------
    DataFrame
        `groups` with ``user_rate`` (the shrunk rate of the user), ``shrunk_rate, shrunk_low, shrunk_high``.
    """
    sums = groups.groupby("user_id")[["qualified", "verdicts"]].sum()
    total = sums["verdicts"].sum()
    market = (sums["qualified"].sum() + 0.5) / (total + 1)
    own = _campaign_weight(groups)
    squares = (groups["verdicts"] ** 2).groupby(groups["user_id"]).sum()
    # verdicts of one campaign are worth fewer where campaigns differ (Kish's design effect)
    effect = (1 + (squares / sums["verdicts"].clip(lower=1) - 1) / (own + 1)).clip(lower=1)
    prior = min(prior_weight(sums["qualified"], sums["verdicts"]), total)
    weight = sums["verdicts"] / effect + prior
    user_rate = (sums["qualified"] / effect + prior * market) / weight
    user_variance = user_rate * (1 - user_rate) / (weight + 1)
    parent, variance = (look_up(groups["user_id"], value) for value in (user_rate, user_variance))
    verdicts = groups["verdicts"] + own
    rate = (groups["qualified"] + own * parent) / verdicts
    variance = rate * (1 - rate) / (verdicts + 1) + (own / verdicts) ** 2 * variance
    worth = rate * (1 - rate) / variance - 1
    low, high = _beta_interval(rate * worth, (1 - rate) * worth)
    return groups.assign(user_rate=parent, shrunk_rate=rate, shrunk_low=low, shrunk_high=high)


def shrink_to_market(groups: pd.DataFrame) -> pd.DataFrame:
    """Shrink the qualified rates of groups (users, projects, channels) towards the market's.

    Parameters
    ----------
    groups : DataFrame
        One row per group: ``verdicts, qualified`` (counts), and where groups hold verdicts of several users
        ``design_effect``: how many verdicts are worth one independent one (Kish 1965, Survey Sampling).

    Returns
    -------
    DataFrame
        `groups` with ``shrunk_rate, shrunk_low, shrunk_high`` (95 %).
    """
    total = groups["verdicts"].sum()
    market = (groups["qualified"].sum() + 0.5) / (total + 1)
    weight = min(prior_weight(groups["qualified"], groups["verdicts"]), total)
    effect = groups.get("design_effect", 1.0)
    a = groups["qualified"] / effect + weight * market
    b = (groups["verdicts"] - groups["qualified"]) / effect + weight * (1 - market)
    low, high = _beta_interval(a, b)
    return groups.assign(shrunk_rate=a / (a + b), shrunk_low=low, shrunk_high=high)


def _beta_interval(a: pd.Series, b: pd.Series) -> np.ndarray:
    """Lower and upper bounds of 95 % of beta distributions, one row each."""
    return np.array([stats.beta.ppf(p, a, b) for p in ((1 - LEVEL) / 2, (1 + LEVEL) / 2)])


def _campaign_weight(groups: pd.DataFrame) -> float:
    """Prior weight of the user's rate: chance variance over the variance between campaigns of one user.

    The variance is taken at the upper end of what the data allow: at its estimate, bounds would ignore that it
    is estimated, and hold the truth in 89 % of the sample's campaigns instead of 93 % (``benchmarks/coverage.md``).
    """
    parts = variance_components(groups).per_user
    total = parts["weight"].sum()
    if not total > 0:
        return PRIOR_WEIGHT[0]
    estimate = parts["excess"].sum() / total
    residual = parts["excess"] - estimate * parts["weight"]
    error = np.sqrt((residual**2).sum() * len(parts) / max(len(parts) - 1, 1)) / total
    between = max(estimate, 0.0) + VARIANCE_ERRORS * error
    own = groups.groupby("user_id")[["qualified", "verdicts"]].transform("sum")
    rate = own["qualified"] / own["verdicts"].where(own["verdicts"] > 0)
    chance = np.average((rate * (1 - rate)).fillna(0), weights=groups["verdicts"])
    return float(np.clip(chance / between - 1, *PRIOR_WEIGHT)) if between > 0 else PRIOR_WEIGHT[1]


def variance_components(groups: pd.DataFrame, within: Sequence[str] = ("user_id",)) -> VarianceComponents:
    """Variance of the true qualified rate between users, and between campaigns of the same user.

    Analysis of variance for yes/no data (Searle, Casella & McCulloch 1992, Variance Components, ch. 3). Per
    block of N verdicts in G campaigns with rate p, s = Σ n_c (p_c − p)² exceeds (G − 1) · p(1 − p)N/(N − 1) in
    expectation by the variance between campaigns times (N − Σn_c²/N)(N − G)/(N − 1); excess and factor are
    summed over blocks before they are divided. Between users: the variance of the rates of users with at least
    `MINIMUM_USER_VERDICTS` verdicts, less what chance and campaigns add to it.

    Parameters
    ----------
    groups : DataFrame
        One row per campaign: ``user_id, verdicts, qualified`` (counts) and the columns of `within`.
    within : sequence of str
        Campaigns are compared with others that have these in common; starts with ``user_id``.

    Returns
    -------
    VarianceComponents
        Variances of shares; NaN where no users, or no campaigns, can be compared.
    """
    blocks = _block_sums(groups, list(within))
    rate = blocks["k"] / blocks["n"]
    # one campaign, or one verdict per campaign, says nothing on campaigns
    factor = (blocks["n"] - blocks["squares"] / blocks["n"]) * (blocks["n"] - blocks["campaigns"])
    spread = blocks["weighted"] - blocks["n"] * rate**2
    chance = rate * (1 - rate) * blocks["n"] / (blocks["n"] - 1)
    blocks = blocks.assign(
        rate=rate, weight=factor / (blocks["n"] - 1), excess=spread - (blocks["campaigns"] - 1) * chance
    )
    blocks = blocks.loc[
        (factor > 0) & (rate > 0) & (rate < 1), ["n", "campaigns", "rate", "weight", "excess"]
    ]
    per_user = blocks.groupby(level="user_id")[["weight", "excess"]].sum()
    total = per_user["weight"].sum()
    between_campaigns = float(per_user["excess"].sum() / total) if total > 0 else float("nan")
    users = _block_sums(groups, ["user_id"])
    return VarianceComponents(_between_users(users, between_campaigns), between_campaigns, blocks, per_user)


def _block_sums(groups: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    g = groups[groups["verdicts"] > 0]
    k, n = g["qualified"].astype(float), g["verdicts"].astype(float)
    own = pd.DataFrame({"k": k, "n": n, "squares": n**2, "weighted": k**2 / n, "campaigns": 1.0})
    return own.groupby([g[column] for column in by]).sum()


def _between_users(users: pd.DataFrame, between_campaigns: float) -> float:
    u = users[users["n"] >= MINIMUM_USER_VERDICTS]
    if len(u) < 2:
        return float("nan")
    rate = u["k"] / u["n"]
    chance = (rate * (1 - rate) / (u["n"] - 1)).mean()
    campaigns = np.nan_to_num(max(between_campaigns, 0.0)) * (u["squares"] / u["n"] ** 2).mean()
    return float(rate.var(ddof=1) - chance - campaigns)


@dataclass(frozen=True)
class GammaPrior:
    """Prior of qualified leads per unit of spend: mean ``shape / spend``, worth `spend` money of evidence."""

    shape: float
    spend: float


def gamma_prior(qualified: ArrayLike, spend: ArrayLike) -> GammaPrior:
    """Gamma prior of qualified leads per spend over groups, by moments.

    Clayton & Kaldor (1987), Biometrics 43:671. At least the spend of one qualified lead, so that one lucky
    lead never counts as proof; at most that of twenty.

    Parameters
    ----------
    qualified, spend : array-like of float
        Qualified leads and money of each group.

    Returns
    -------
    GammaPrior
    """
    q, s = np.asarray(qualified, float), np.asarray(spend, float)
    q, s = q[s > 0], s[s > 0]
    if q.sum() <= 0:
        return GammaPrior(0.5, float(s.sum()) if s.sum() > 0 else 1.0)
    rate = q.sum() / s.sum()
    spread = (s * (q / s - rate) ** 2).sum() - rate * (len(s) - 1)
    variance = spread / (s.sum() - (s**2).sum() / s.sum()) if len(s) > 1 else 0.0
    shape = float(np.clip(rate**2 / variance, 1.0, 20.0)) if variance > 0 else 20.0
    return GammaPrior(shape, shape / rate)


def shrink_cpql(qualified: ArrayLike, spend: ArrayLike, prior: GammaPrior) -> pd.DataFrame:
    """Posterior of the cost per qualified lead: spend and leads of the prior are added to those of the group.

    Parameters
    ----------
    qualified, spend : array-like of float
        Qualified leads and money of each group.
    prior : GammaPrior

    Returns
    -------
    DataFrame
        ``cpql_shrunk, cpql_shrunk_low, cpql_shrunk_high`` (money; 95 %).
    """
    q, s = np.asarray(qualified, float), np.asarray(spend, float)
    shape, rate = prior.shape + q, prior.spend + s
    low, high = (rate / stats.gamma.ppf(p, shape) for p in ((1 + LEVEL) / 2, (1 - LEVEL) / 2))
    return pd.DataFrame({"cpql_shrunk": rate / shape, "cpql_shrunk_low": low, "cpql_shrunk_high": high})


def probability_cheaper(qualified: ArrayLike, spend: ArrayLike, prior: GammaPrior, cost: float) -> np.ndarray:
    """Probability that the cost per qualified lead lies below `cost`, given the group's leads and spend.

    Parameters
    ----------
    qualified, spend : array-like of float
        Qualified leads and money of each group.
    prior : GammaPrior
    cost : float
        Money.

    Returns
    -------
    ndarray
        One probability per group.
    """
    q, s = np.asarray(qualified, float), np.asarray(spend, float)
    return np.asarray(stats.gamma.sf(1 / cost, prior.shape + q, scale=1 / (prior.spend + s)))
