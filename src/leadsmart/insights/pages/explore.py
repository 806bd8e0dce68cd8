"""What the drill-down page chooses from: sums per campaign, which any choice adds up, and ranges of the larger choices."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd

from leadsmart.formats import format_date
from leadsmart.insights.journey.funnel import stage_names, stage_reached
from leadsmart.insights.kpi.measures import delivery_frame, lead_frame, sum_measures
from leadsmart.insights.methods.statistics import ratio_interval
from leadsmart.insights.pages.cards import CARD_KEYS, FIRST_CARDS, RATIOS, WIDEST_RANGE, week_under_way
from leadsmart.market import Market
from leadsmart.params import Params
from leadsmart.vocabulary import LABELS, OUTCOMES, UNIT_MONEY

#: What can be chosen: the name in the page's address -> column.
DIMENSIONS: Final = {
    "channel": "channel",
    "user": "user_id",
    "project": "project_name",
    "campaign": "campaign_id",
}
#: KPIs shown for a choice; those that have no meaning below a market (reach, frequency) are left out.
SHOWN: Final = (
    "spend", "impressions", "clicks", "ctr", "cpc", "leads", "lead_rate", "cpl", "verdict_coverage",
    "qualified_rate", "qualified", "cpql", "deals",
)  # fmt: skip
SUMS: Final = ("spend", "impressions", "clicks", "leads", "verdicts", "qualified", "deals")
#: Of them, those that are shares of something countable.
RATES: Final = ("ctr", "verdict_coverage", "qualified_rate")
#: Of a week only volume and cost: when a lead of a small campaign got its verdict is nobody's business.
WEEKLY_SUMS: Final = ("spend", "leads")


@dataclass(frozen=True)
class Explorable:
    """A market as the drill-down page reads it.

    Attributes
    ----------
    data : dict
        JSON-able. ``campaigns`` holds a list per column, one element per campaign: the position of its channel, user
        and project in ``names``, the sums `SUMS`, leads per outcome and leads that reached each stage. ``weekly``
        holds the same per campaign and week with delivery or leads; ``under_way`` is the week that is not over, or "". ``ranges`` holds 95 % ranges of the choices that
        at least ``minimum_users`` business users carry. Nothing in it is finer than a campaign's week.
    campaigns : int
        Campaigns with delivery or leads.
    """

    data: dict[str, Any]
    campaigns: int


def make_explorable(market: Market) -> Explorable:
    """Add a market up so that a page can show any choice of channel, business user, project and campaign.

    A campaign has one channel, one business user and one project, so that every choice is a set of campaigns and its
    KPIs are ratios of sums over them.

    Parameters
    ----------
    market : Market
        Already cut to the period (`Market.within_period`).
    """
    delivery, leads = delivery_frame(market), lead_frame(market)
    stages = stage_names(market.params)
    reached = stage_reached(market).merge(market.tables.campaigns, on=["campaign_id", "user_id", "channel"])
    sums = sum_measures(delivery, leads, list(DIMENSIONS.values())).reset_index()
    sums = sums.sort_values(
        ["spend", "campaign_id"], ascending=[False, True], kind="stable", ignore_index=True
    )
    ids = sums["campaign_id"]
    outcomes = _counts(leads["campaign_id"], leads["outcome"], ids, OUTCOMES)
    stopped = _counts(reached["campaign_id"], reached["stage"], ids, range(len(stages)))
    names = {key: _names(sums[column]) for key, column in DIMENSIONS.items() if key != "campaign"}
    place = {key: {name: i for i, name in enumerate(listed)} for key, listed in names.items()}
    weeks, weekly = _weekly(delivery, leads, ids)
    under_way = week_under_way(market.as_of)
    data = {
        "title": market.params.title,
        "currency": market.params.currency,
        "as_of": format_date(market.as_of),
        "kpis": [_kpi(key) for key in _order(market.params)],
        "outcomes": list(OUTCOMES),
        "stages": stages,
        "names": names,
        "campaigns": {
            "id": ids.tolist(),
            **{key: [place[key][name] for name in sums[DIMENSIONS[key]]] for key in names},
            **{measure: _numbers(sums[measure]) for measure in SUMS},
            "outcomes": outcomes.to_numpy().tolist(),
            # reaching a stage is stopping there or later
            "stages": stopped.iloc[:, ::-1].cumsum(axis=1).iloc[:, ::-1].to_numpy().tolist(),
        },
        "weeks": weeks,
        "under_way": "" if under_way is None else f"{under_way:%Y-%m-%d}",
        "weekly": weekly,
        "ranges": list(_ranges(delivery, leads, reached, place, market.params)),
    }
    return Explorable(data, len(sums))


def _order(params: Params) -> list[str]:
    first = FIRST_CARDS[params.kpi_priority]
    return [key for key in dict.fromkeys([*first, *CARD_KEYS]) if key in SHOWN]


def _kpi(key: str) -> dict[str, str | bool]:
    label, unit = LABELS[key]
    over, under = RATIOS.get(key, (key, ""))
    return {
        "key": key, "label": label, "unit": unit, "over": over, "under": under, "isRate": key in RATES,
    }  # fmt: skip


def _names(column: pd.Series) -> list[str]:
    """Each name once, in the order of the sorted campaigns: most spend first."""
    return list(dict.fromkeys(column))


def _numbers(column: pd.Series) -> list[float | int]:
    """Twelve significant digits, as the downloads have; whole numbers without a point."""
    rounded = [float(f"{value:.12g}") for value in column]
    return [int(value) if value.is_integer() else value for value in rounded]


def _counts(of: pd.Series, what: pd.Series, ids: pd.Series, columns) -> pd.DataFrame:
    counts = pd.crosstab(of, what)
    return counts.reindex(index=ids, columns=list(columns), fill_value=0).astype("int64")


def _weekly(delivery: pd.DataFrame, leads: pd.DataFrame, ids: pd.Series) -> tuple[list[str], dict[str, list]]:
    sums = sum_measures(delivery, leads, ["campaign_id", "week"]).reset_index()
    if sums.empty:
        return [], {"campaign": [], "week": [], **{measure: [] for measure in WEEKLY_SUMS}}
    weeks = pd.date_range(sums["week"].min(), sums["week"].max(), freq="7D")
    position = pd.Series(range(len(ids)), index=ids)
    weekly = {
        "campaign": position.loc[sums["campaign_id"]].tolist(),
        "week": weeks.get_indexer(sums["week"]).tolist(),
        **{measure: _numbers(sums[measure]) for measure in WEEKLY_SUMS},
    }
    return [f"{week:%Y-%m-%d}" for week in weeks], weekly


def _ranges(
    delivery: pd.DataFrame, leads: pd.DataFrame, reached: pd.DataFrame, place: dict[str, dict], params: Params
) -> Iterator[dict[str, Any]]:
    """Ranges of the whole market, each channel, project and both; a choice of one user has no users to leave out."""
    for chosen in ((), ("channel",), ("project",), ("channel", "project")):
        columns = [DIMENSIONS[key] for key in chosen]
        measures = sum_measures(delivery, leads, [*columns, "user_id"]).reset_index()
        steps = reached.assign(leads=1).groupby([*columns, "user_id", "stage"])["leads"].sum().reset_index()
        groups = measures.groupby(columns) if columns else [((), measures)]
        steps_of = dict(list(steps.groupby(columns))) if columns else {(): steps}
        for name, per_user in groups:
            if len(per_user) < params.minimum_users:
                continue
            found = _kpi_ranges(per_user, params)
            if name in steps_of:
                found |= _step_ranges(steps_of[name], len(params.funnel_stages), params)
            if found:
                where = {key: place[key][value] for key, value in zip(chosen, name, strict=True)}
                yield {**where, "of": found}


def _kpi_ranges(per_user: pd.DataFrame, params: Params) -> dict[str, list]:
    found = {}
    for key in SHOWN:
        if key not in RATIOS:
            continue
        over, under = RATIOS[key]
        scale = "logit" if key in RATES else "log"
        range_ = _bounds(per_user[over], per_user[under], scale, params)
        if range_ and not (LABELS[key][1] == UNIT_MONEY and range_[1] / range_[0] > WIDEST_RANGE):
            found[key] = range_
    return found


def _step_ranges(steps: pd.DataFrame, count: int, params: Params) -> dict[str, list]:
    found = {}
    for stage in range(count):
        here = steps[steps["stage"] >= stage]
        further = here["leads"].where(here["stage"] > stage, 0)
        per_user = here.assign(further=further).groupby("user_id")[["further", "leads"]].sum()
        range_ = _bounds(per_user["further"], per_user["leads"], "logit", params)
        if range_:
            found[f"step{stage}"] = range_
    return found


def _bounds(over: pd.Series, under: pd.Series, scale: str, params: Params) -> list | None:
    interval = ratio_interval(over, under, minimum_clusters=params.minimum_users, scale=scale)
    if not interval.has_bounds:
        return None
    return [*(float(f"{bound:.12g}") for bound in (interval.low, interval.high)), interval.label]
