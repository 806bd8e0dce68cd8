"""What the drill-down page chooses from: sums per campaign, which any choice adds up, and ranges of the larger choices."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import pandas as pd

from leadsmart.catalogue.dimensions import DIMENSIONS
from leadsmart.catalogue.kpis import LEADING_CARDS, LOGIT, Kpi, Place, kpis_in, sums
from leadsmart.formats import format_date
from leadsmart.insights.journey.funnel import stage_names, stage_reached
from leadsmart.insights.kpi.measures import delivery_frame, lead_frame, sum_measures
from leadsmart.insights.kpi.weekly import week_under_way
from leadsmart.insights.methods.intervals import WIDEST_RANGE
from leadsmart.insights.methods.statistics import ratio_interval
from leadsmart.market import Market
from leadsmart.params import Params
from leadsmart.vocabulary import OUTCOMES, UNIT_MONEY

#: Of a week only volume and cost: when a lead of a small campaign got its verdict is nobody's business.
WEEKLY_SUMS: Final = ("spend", "leads")
#: Choices that have ranges; one of a business user has no users to leave out.
RANGED_CHOICES: Final = ((), ("channel",), ("project",), ("channel", "project"))


def make_explorable(market: Market) -> dict[str, Any]:
    """Add a market up so that a page can show any choice of channel, business user, project and campaign.

    A campaign has one channel, one business user and one project, so that every choice is a set of campaigns and its
    KPIs are ratios of sums over them.

    Parameters
    ----------
    market : Market
        Already cut to the period (`Market.within_period`).

    Returns
    -------
    dict
        JSON-able. ``campaigns`` holds a list per column, one element per campaign with delivery or leads: the position
        of its channel, user and project in ``names``, the sums that ``kpis`` are made of, leads per outcome and leads
        that reached each stage. ``weekly`` holds spend and leads per campaign and week; ``under_way`` is the week that
        is not over, or "". ``ranges`` holds 95 % ranges of the choices that at least ``minimum_users`` business users
        carry. Nothing in it is finer than a campaign's week.
    """
    delivery, leads, params = delivery_frame(market), lead_frame(market), market.params
    columns = {dimension.key: dimension.column for dimension in DIMENSIONS.values() if dimension.key}
    kpis = kpis_in(Place.DRILL_DOWN, LEADING_CARDS[params.kpi_priority])
    stages = stage_names(params)
    reached = stage_reached(market).merge(market.tables.campaigns, on=["campaign_id", "user_id", "channel"])
    table = sum_measures(delivery, leads, list(columns.values())).reset_index()
    table = table.sort_values(
        ["spend", "campaign_id"], ascending=[False, True], kind="stable", ignore_index=True
    )
    ids = table["campaign_id"]
    outcomes = _counts(leads["campaign_id"], leads["outcome"], ids, OUTCOMES)
    stopped = _counts(reached["campaign_id"], reached["stage"], ids, range(len(stages)))
    # each name once, that of most spend first
    names = {key: list(dict.fromkeys(table[column])) for key, column in columns.items() if key != "campaign"}
    place = {key: {name: i for i, name in enumerate(listed)} for key, listed in names.items()}
    weeks, weekly = _weekly(delivery, leads, ids)
    under_way = week_under_way(market.as_of)
    return {
        "title": params.title,
        "currency": params.currency,
        "as_of": format_date(market.as_of),
        "kpis": [_describe(kpi) for kpi in kpis],
        "outcomes": list(OUTCOMES),
        "stages": stages,
        "names": names,
        "campaigns": {
            "id": ids.tolist(),
            **{key: [place[key][name] for name in table[columns[key]]] for key in names},
            **{name: _numbers(table[name]) for name in _sums_of(kpis)},
            "outcomes": outcomes.to_numpy().tolist(),
            # reaching a stage is stopping there or later
            "stages": stopped.iloc[:, ::-1].cumsum(axis=1).iloc[:, ::-1].to_numpy().tolist(),
        },
        "weeks": weeks,
        "under_way": "" if under_way is None else f"{under_way:%Y-%m-%d}",
        "weekly": weekly,
        "ranges": [
            entry
            for chosen in RANGED_CHOICES
            for entry in _ranges(
                sum_measures(delivery, leads, [*(columns[key] for key in chosen), "user_id"]).reset_index(),
                reached,
                {columns[key]: (key, place[key]) for key in chosen},
                params,
            )
        ],
    }


def _describe(kpi: Kpi) -> dict[str, str | bool]:
    over = kpi.numerator[0] if kpi.numerator else kpi.name
    return {
        "key": kpi.name, "label": kpi.label, "unit": kpi.unit, "over": over, "under": kpi.denominator,
        "isRate": kpi.scale == LOGIT,
    }  # fmt: skip


def _sums_of(kpis: Iterable[Kpi]) -> list[str]:
    """Names of the sums that these KPIs are, or are made of."""
    needed = {name for kpi in kpis for name in (kpi.name, *kpi.numerator, kpi.denominator)}
    return [kpi.name for kpi in sums() if kpi.name in needed]


def _numbers(column: pd.Series) -> list[float | int]:
    """Twelve significant digits, as the downloads have; whole numbers without a point."""
    rounded = [float(f"{value:.12g}") for value in column]
    return [int(value) if value.is_integer() else value for value in rounded]


def _counts(of: pd.Series, what: pd.Series, ids: pd.Series, columns: Iterable[object]) -> pd.DataFrame:
    counts = pd.crosstab(of, what)
    return counts.reindex(index=ids, columns=list(columns), fill_value=0).astype("int64")


def _weekly(
    delivery: pd.DataFrame, leads: pd.DataFrame, ids: pd.Series
) -> tuple[list[str], dict[str, list[float | int]]]:
    table = sum_measures(delivery, leads, ["campaign_id", "week"]).reset_index()
    first = table["week"].min()
    weeks = pd.date_range(first, table["week"].max(), freq="7D").tolist() if len(table) else []
    position = {campaign: i for i, campaign in enumerate(ids)}
    weekly: dict[str, list[float | int]] = {
        "campaign": [position[campaign] for campaign in table["campaign_id"]],
        "week": ((table["week"] - first) // pd.Timedelta(days=7)).tolist(),
        **{name: _numbers(table[name]) for name in WEEKLY_SUMS},
    }
    return [f"{monday:%Y-%m-%d}" for monday in weeks], weekly


def _ranges(
    measures: pd.DataFrame,
    reached: pd.DataFrame,
    chosen: Mapping[str, tuple[str, Mapping[str, int]]],
    params: Params,
) -> Iterator[dict[str, Any]]:
    """Ranges of each group of the chosen columns, which are given with their key and the position of each name."""
    columns = list(chosen)
    steps = reached.groupby([*columns, "user_id", "stage"]).size().rename("leads").reset_index()
    steps_of = _groups(steps, columns)
    for name, per_user in _groups(measures, columns).items():
        if len(per_user) < params.minimum_users:
            continue
        found = _kpi_ranges(per_user, params)
        if name in steps_of:
            found |= _step_ranges(steps_of[name], len(params.funnel_stages), params)
        if found:
            where = {key: place[of] for (key, place), of in zip(chosen.values(), name, strict=True)}
            yield {**where, "of": found}


def _groups(table: pd.DataFrame, columns: list[str]) -> dict[tuple[Any, ...], pd.DataFrame]:
    """Rows by the values of some columns; all of them under () where there is no column."""
    return {tuple(name): rows for name, rows in table.groupby(columns)} if columns else {(): table}


def _kpi_ranges(per_user: pd.DataFrame, params: Params) -> dict[str, list[Any]]:
    found = {}
    for kpi in kpis_in(Place.DRILL_DOWN):
        range_ = _bounds(*kpi.parts(per_user), kpi.scale, params) if kpi.scale else None
        if range_ and not (kpi.unit == UNIT_MONEY and range_[1] / range_[0] > WIDEST_RANGE):
            found[kpi.name] = range_
    return found


def _step_ranges(steps: pd.DataFrame, count: int, params: Params) -> dict[str, list[Any]]:
    found = {}
    for stage in range(count):
        here = steps[steps["stage"] >= stage]
        further = here["leads"].where(here["stage"] > stage, 0)
        per_user = here.assign(further=further).groupby("user_id")[["further", "leads"]].sum()
        range_ = _bounds(per_user["further"], per_user["leads"], LOGIT, params)
        if range_:
            found[f"step{stage}"] = range_
    return found


def _bounds(over: pd.Series, under: pd.Series, scale: str, params: Params) -> list[Any] | None:
    interval = ratio_interval(over, under, minimum_clusters=params.minimum_users, scale=scale)
    if not interval.has_bounds:
        return None
    return [*(float(f"{bound:.12g}") for bound in (interval.low, interval.high)), interval.label]
