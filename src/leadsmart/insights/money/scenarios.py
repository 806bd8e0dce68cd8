"""What would change if cost per qualified lead ruled: other ranks, and a budget shift as a labelled scenario."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from leadsmart.insights.kpi.measures import aggregate_kpis, comparable
from leadsmart.insights.methods.shrinkage import GammaPrior, gamma_prior, probability_cheaper, shrink_cpql
from leadsmart.insights.methods.statistics import Interval, leave_one_out_interval
from leadsmart.insights.money.decisions import (
    PAIR,
    SURE,
    cpql_benchmark,
    has_enough,
    monthly_spend,
)
from leadsmart.market import Market
from leadsmart.params import Params

#: How qualified leads respond to spend, as a power; 1 is proportional. Not known here, hence several.
ELASTICITIES = (0.3, 0.5, 0.7, 1.0)
CENTRAL_ELASTICITY = 0.5
#: Share of a giver's spend moved in one step, and most a taker may grow by.
STEP_CAP = 0.2
MINIMUM_PAIRS = 4
DRAWS = 2000


@dataclass(frozen=True)
class BudgetShift:
    """A scenario, not a forecast.

    Attributes
    ----------
    table : DataFrame
        One row per elasticity: ``elasticity, moved`` (money), ``qualified_before, qualified_after, gained,
        gained_low, gained_high`` (qualified leads; 95 % over the uncertainty of the shrunk rates).
    groups : DataFrame
        One row per project × business user that gives or takes, most money first: ``project_name, user_id, role``
        (gives, takes), ``spend, qualified, cpql, cpql_shrunk, probability_better, moved`` (money, negative for
        givers).
    """

    table: pd.DataFrame
    groups: pd.DataFrame


def _judged_pairs(market: Market) -> tuple[pd.DataFrame, GammaPrior]:
    """Project × business user with enough verdicts of both kinds, and the market's prior."""
    pairs = aggregate_kpis(market, PAIR)
    peers = pairs[comparable(pairs, market, "cpql")]
    prior = gamma_prior(peers["qualified"], peers["spend"])
    pairs = peers[has_enough(peers, market.params) & (peers["spend"] > 0)].reset_index(drop=True)
    return pairs.join(shrink_cpql(pairs["qualified"], pairs["spend"], prior)), prior


@dataclass(frozen=True)
class RankChanges:
    """What ranks change when CPQL replaces CPL.

    Attributes
    ----------
    table : DataFrame
        One row per project × business user with enough verdicts, most misjudged money first: ``project_name,
        user_id, spend, leads, verdicts, qualified, cpl, cpql, cpql_shrunk, rank_cpl, rank_cpql`` (1 is the
        cheapest), ``rank_change, is_misjudged``: in the cheaper half by CPL and in the dearer half by CPQL, which is
        at least 90 % sure to lie above that of the middle pair. Empty with fewer than four pairs.
    misjudged : Interval
        Share of the pairs' spend that went to misjudged ones. Ranks are made again without each business user. They
        move in steps, and how often such a range holds the truth is not measured: it is never more than indicative.
    """

    table: pd.DataFrame
    misjudged: Interval


def rank_changes(market: Market) -> RankChanges:
    """Rank project × business user by CPL and by shrunk CPQL.

    Parameters
    ----------
    market : Market

    Returns
    -------
    RankChanges
    """
    pairs, prior = _judged_pairs(market)
    if len(pairs) < MINIMUM_PAIRS:
        pairs = pairs.iloc[:0]
    ranks = _ranks(pairs, prior)
    pairs = pairs.join(ranks)
    columns = [*PAIR, "spend", "leads", "verdicts", "qualified", "cpl", "cpql", "cpql_shrunk", *ranks]
    order = ["is_misjudged", "spend", *PAIR]
    table = pairs.sort_values(order, ascending=[False, False, True, True], ignore_index=True)[columns]
    return RankChanges(table, _misjudged_interval(pairs, prior, market.params))


def _ranks(pairs: pd.DataFrame, prior: GammaPrior) -> pd.DataFrame:
    by_cpl, by_cpql = (pairs[name].rank(method="first") for name in ("cpl", "cpql_shrunk"))
    half, middle = len(pairs) / 2, pairs["cpql_shrunk"].median()
    # a pair of few verdicts changes half by luck, which no new way of reporting would mend
    is_dear = probability_cheaper(pairs["qualified"], pairs["spend"], prior, middle) <= 1 - SURE
    return pd.DataFrame(
        {
            "rank_cpl": by_cpl,
            "rank_cpql": by_cpql,
            "rank_change": by_cpql - by_cpl,
            "is_misjudged": (by_cpl <= half) & (by_cpql > half) & is_dear,
        }
    )


def _misjudged_interval(pairs: pd.DataFrame, prior: GammaPrior, params: Params) -> Interval:
    def share(rows: pd.DataFrame) -> float:
        if rows.empty:
            return float("nan")
        return float(rows.loc[_ranks(rows, prior)["is_misjudged"], "spend"].sum() / rows["spend"].sum())

    size = pairs.groupby("user_id")["spend"].sum()
    without = np.array([share(pairs[pairs["user_id"] != user]) for user in size.index])
    interval = leave_one_out_interval(
        share(pairs), without, size.to_numpy(), minimum_clusters=params.minimum_users
    )
    low, high = np.clip([interval.low, interval.high], 0.0, 1.0)
    return replace(interval, low=float(low), high=float(high), deciding=0.0)


SHIFT_COLUMNS = [
    "elasticity",
    "moved",
    "qualified_before",
    "qualified_after",
    "gained",
    "gained_low",
    "gained_high",
]
GROUP_COLUMNS = [
    *PAIR, "role", "spend", "monthly_spend", "qualified", "cpql", "cpql_shrunk", "probability_better", "moved",
]  # fmt: skip


def shift_budget(market: Market) -> BudgetShift:
    """Move a capped step of 28 days' spend from projects that are surely dear to ones that are surely cheap.

    Only between running projects of the same business user: what ended can't be moved, and one client's money is
    not another's. Qualified leads respond to spend as q · (new spend / spend) ^ elasticity, with q from shrunk
    rates. A giver loses at most 20 % of its 28 days' spend, a taker gains at most as much again of its own.

    Parameters
    ----------
    market : Market

    Returns
    -------
    BudgetShift
        Both tables are empty where no user has a project to give and one to take, or there is nothing to compare with.
    """
    pairs, prior = _judged_pairs(market)
    pairs = pairs.merge(_pair_spend(market), on=PAIR)
    better = probability_cheaper(pairs["qualified"], pairs["spend"], prior, cpql_benchmark(market))
    pairs = pairs.assign(
        probability_better=better,
        role=np.where(better >= SURE, "takes", np.where(better <= 1 - SURE, "gives", "")),
    )
    pairs = pairs[pairs["role"] != ""]
    both = pairs.groupby("user_id")["role"].transform("nunique") == 2
    pairs = pairs[both].reset_index(drop=True)
    if pairs.empty:
        return BudgetShift(pd.DataFrame(columns=SHIFT_COLUMNS), pd.DataFrame(columns=GROUP_COLUMNS))
    pairs["moved"] = _moves(pairs)
    rng = np.random.default_rng(market.params.seed)
    shape = prior.shape + pairs["qualified"].to_numpy()
    rate = rng.gamma(shape, size=(DRAWS, len(pairs))) / (prior.spend + pairs["spend"].to_numpy())
    spend = pairs["monthly_spend"].to_numpy()
    growth = 1 + pairs["moved"].to_numpy() / spend
    centre = spend / pairs["cpql_shrunk"].to_numpy()
    moved = float(pairs["moved"].clip(lower=0).sum())
    rows = []
    for elasticity in ELASTICITIES:
        factor = growth**elasticity - 1
        low, high = np.quantile((rate * spend) @ factor, [0.025, 0.975])
        before, gained = centre.sum(), centre @ factor
        rows.append((elasticity, moved, before, before + gained, gained, low, high))
    groups = pairs.assign(size=pairs["moved"].abs())
    groups = groups.sort_values(["size", *PAIR], ascending=[False, True, True], ignore_index=True)
    return BudgetShift(pd.DataFrame(rows, columns=SHIFT_COLUMNS), groups[GROUP_COLUMNS])


def _pair_spend(market: Market) -> pd.DataFrame:
    """Monthly spend per project and business user of which something runs."""
    campaigns = market.tables.campaigns.merge(monthly_spend(market).rename("monthly_spend"), on="campaign_id")
    sums = campaigns.groupby(PAIR)["monthly_spend"].sum().reset_index()
    return sums[sums["monthly_spend"] > 0]


def _moves(pairs: pd.DataFrame) -> pd.Series:
    """Money each pair takes (or gives, negative): within a user as much as the smaller side has room for."""
    room = STEP_CAP * pairs["monthly_spend"]
    side = room.groupby([pairs["user_id"], pairs["role"]]).transform("sum")
    moved = side.groupby(pairs["user_id"]).transform("min")
    return moved * room / side * np.where(pairs["role"] == "gives", -1, 1)
