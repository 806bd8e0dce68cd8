"""KPIs of a market's tables over any grouping: sums first, ratios of sums last."""

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pandas as pd

from leadsmart.catalogue import dimensions
from leadsmart.catalogue.dimensions import DIMENSIONS, levels_of
from leadsmart.catalogue.kpis import DELIVERY, KPIS, LEADS, ratios, sums
from leadsmart.insights.methods.intervals import rate_intervals
from leadsmart.market import Market, computed_once
from leadsmart.market_tables import local_day
from leadsmart.params import Params
from leadsmart.suppression import hide_few
from leadsmart.vocabulary import (
    FEEDBACK_BOTH,
    FEEDBACK_NONE,
    FEEDBACK_ONLY_DISQUALIFIED,
    FEEDBACK_ONLY_QUALIFIED,
    OUTCOME_DISQUALIFIED,
    OUTCOME_QUALIFIED,
    OUTCOME_UNDECIDED,
)


def week_start(days: pd.Series) -> pd.Series:
    """The Monday of each day's week."""
    return days - pd.to_timedelta(days.dt.day_of_week, unit="D")


def lead_outcomes(leads: pd.DataFrame, params: Params) -> pd.Series:
    """The outcome of each lead under the market's definition, by whole and exact status.

    Parameters
    ----------
    leads : DataFrame
        With ``lead_status``.
    params : Params
        With the statuses of each outcome.

    Returns
    -------
    Series of str
        One of `vocabulary.OUTCOMES`, on the index of `leads`; statuses in no list are undecided.
    """
    meaning = {status: outcome for outcome, listed in params.outcome_statuses.items() for status in listed}
    return leads["lead_status"].map(meaning).fillna(OUTCOME_UNDECIDED).rename("outcome")


def add_outcomes(leads: pd.DataFrame, params: Params) -> pd.DataFrame:
    """Add what follows from each lead's status: ``outcome``, ``is_verdict, is_qualified, is_deal`` (bool)."""
    outcome = lead_outcomes(leads, params)
    return leads.assign(
        outcome=outcome,
        is_qualified=outcome == OUTCOME_QUALIFIED,
        is_verdict=outcome.isin([OUTCOME_QUALIFIED, OUTCOME_DISQUALIFIED]),
        is_deal=leads["lead_status"].isin(params.deal_statuses),
    )


@computed_once
def lead_frame(market: Market) -> pd.DataFrame:
    """Leads with their campaign's dimensions, outcome and day.

    Parameters
    ----------
    market : Market

    Returns
    -------
    DataFrame
        One row per lead: the columns of ``leads`` plus ``user_id, project_name, market, channel, outcome``
        (str), ``is_verdict, is_qualified, is_deal`` (bool), ``arrived_date, week`` (day), ``weekday`` (0 is
        Monday) and ``hour``.
    """
    leads = add_outcomes(_with_campaign(market.tables.leads, market), market.params)
    day = local_day(leads["arrived_at"])
    return leads.assign(
        arrived_date=day,
        week=week_start(day),
        weekday=day.dt.day_of_week,
        hour=leads["arrived_at"].dt.hour,
    )


@computed_once
def delivery_frame(market: Market) -> pd.DataFrame:
    """Delivery rows with their campaign's dimensions, ``week`` (day) and ``weekday`` (0 is Monday)."""
    delivery = _with_campaign(market.tables.ad_performance, market)
    day = delivery["delivery_date"]
    return delivery.assign(week=week_start(day), weekday=day.dt.day_of_week)


def _with_campaign(rows: pd.DataFrame, market: Market) -> pd.DataFrame:
    columns = [d.column for d in DIMENSIONS.values() if d.level == dimensions.CAMPAIGN]
    campaigns = market.tables.campaigns[columns]
    return rows.merge(campaigns, on="campaign_id", how="left", validate="many_to_one")


def add_ratios(table: pd.DataFrame) -> pd.DataFrame:
    """Add every ratio of the catalogue to a table of sums; a zero denominator gives NaN.

    >>> table = pd.DataFrame(0.0, index=range(3), columns=[kpi.name for kpi in sums()]).assign(
    ...     spend=[200.0, 0, 90], impressions=[10_000.0, 0, 5000], clicks=[100.0, 0, 0], leads=[4.0, 1, 0],
    ...     verdicts=[2.0, 0, 0], qualified=[1.0, 0, 0])
    >>> found = add_ratios(table)
    >>> found[["ctr", "cpc", "cpm", "cpl", "qualified_rate", "cpql"]].round(3).values.tolist()
    [[0.01, 2.0, 20.0, 50.0, 0.5, 200.0], [nan, nan, nan, 0.0, nan, nan], [0.0, nan, 18.0, nan, nan, nan]]
    """
    parts = {kpi.name: kpi.parts(table) for kpi in ratios()}
    return table.assign(**{name: over / under.where(under > 0) for name, (over, under) in parts.items()})


def sum_measures(delivery: pd.DataFrame, leads: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """The sums of the catalogue per group of campaigns, days or delivery.

    Parameters
    ----------
    delivery, leads : DataFrame
        Rows of `delivery_frame` and `lead_frame`.
    by : sequence of str
        Dimensions; not of leads, as groups of few people would not be hidden: see `aggregate_kpis`.

    Returns
    -------
    DataFrame
        One row per group of either table, indexed by `by`, one column per sum. A grouping that only delivery knows
        (ad set) leaves the counts of leads missing rather than zero.

    Raises
    ------
    ValueError
        If `by` has a dimension of leads, or a column that is no dimension.
    """
    if dimensions.LEAD in levels_of(by):
        raise ValueError(f"aggregate_kpis hides small groups of people; use it for {', '.join(by)}")
    return _sum_groups(delivery, leads, by)


def _sum_groups(delivery: pd.DataFrame, leads: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    levels = levels_of([column for column in by if column != _ALL])
    sides = []
    for rows, frame, foreign in ((DELIVERY, delivery, dimensions.LEAD), (LEADS, leads, dimensions.DELIVERY)):
        if foreign not in levels:
            counts = {kpi.name: kpi.counts(frame) for kpi in sums(rows) if kpi.counts}
            groups = frame.assign(**counts).groupby(list(by), observed=True)
            sides.append(groups[[kpi.name for kpi in sums(rows)]].sum())
    table = pd.concat(sides, axis=1, sort=True).astype("float64").fillna(0.0) if len(sides) > 1 else sides[0]
    table = table.reindex(columns=[kpi.name for kpi in sums()]).astype("float64")
    return table.sort_index(kind="stable")


#: The group of leads without a value.
NOT_GIVEN = "not given"
#: Stands for a dimension where there is none: one group of all rows.
_ALL = "_all"


def total_measures(delivery: pd.DataFrame, leads: pd.DataFrame) -> pd.DataFrame:
    """One row with the sums of the catalogue, zeros of nothing; see `sum_measures`."""
    table = _sum_groups(delivery.assign(**{_ALL: 0}), leads.assign(**{_ALL: 0}), [_ALL])
    return table if len(table) else table.reindex(pd.Index([0], name=_ALL)).fillna(0.0)


def aggregate_kpis(market: Market, by: Sequence[str] = ()) -> pd.DataFrame:
    """KPIs of the market, or of each group; small groups of leads are hidden.

    Every ratio is one of sums. A breakdown by a dimension of leads hides groups of fewer than ``minimum_people``,
    and those that would give them away. Leads without a value are a group of their own, "not given".

    Parameters
    ----------
    market : Market
    by : sequence of str, optional
        Dimensions of the catalogue.

    Returns
    -------
    DataFrame
        One row per group (one row without `by`): the columns of `by`; ``users`` (business users with delivery or
        leads); the sums of the catalogue (money in the market's currency), which of delivery or of leads are missing
        where only the other knows the dimension; its ratios; and for each ratio shown with its range ``_low, _high`` and ``_range``, what the range is called: of
        chance alone (Wilson, Poisson) for one user's or campaign's own ratio, over users for that of several. By a
        dimension of leads also ``suppressed``, see `suppression.hide_few`.

    Raises
    ------
    ValueError
        If a column is no dimension, or one that the leads of this export don't have.
    """
    return market.once(_aggregate, tuple(by))


def _aggregate(market: Market, by: tuple[str, ...]) -> pd.DataFrame:
    delivery, leads = delivery_frame(market), lead_frame(market)
    levels = levels_of(by)
    grouping = list(by) or [_ALL]
    of_leads = [column for column in by if DIMENSIONS[column].level == dimensions.LEAD]
    if absent := [column for column in of_leads if column not in leads]:
        raise ValueError(f"leads have no {absent[0]} in this export, so nothing can be said by it")
    texts = [column for column in of_leads if isinstance(leads[column].dtype, pd.StringDtype)]
    leads = leads.assign(**{column: leads[column].fillna(NOT_GIVEN) for column in texts})
    if by:
        table = _sum_groups(delivery, leads, by)
    else:
        delivery, leads = delivery.assign(**{_ALL: 0}), leads.assign(**{_ALL: 0})
        table = total_measures(delivery, leads)
    table = add_ratios(table).join(_count_users(delivery, leads, grouping))
    per_user = None
    if not {"user_id", "campaign_id"} & set(by) and dimensions.DELIVERY not in levels:
        per_user = _sum_groups(delivery, leads, [*grouping, "user_id"])
    table = table.join(rate_intervals(table, per_user, grouping, market.params.minimum_users))
    table = table.reset_index(drop=not by)
    return hide_small_groups(table, by, market) if dimensions.LEAD in levels else table


def hide_small_groups(table: pd.DataFrame, by: Sequence[str], market: Market) -> pd.DataFrame:
    """Hide what a breakdown of leads says of groups of fewer than ``minimum_people``.

    Parameters
    ----------
    table : DataFrame
        One row per group: `by`, ``leads`` (how many people), and columns that go with it.
    by : sequence of str
        Columns that name a group. The totals of all combinations of fewer of them count as known.
    market : Market

    Returns
    -------
    DataFrame
        See `suppression.hide_few`.
    """
    values = [str(column) for column in table if column not in (*by, "leads")]
    known = [totals for size in range(len(by)) for totals in combinations(by, size)]
    return hide_few(table, "leads", values, market.params.minimum_people, known)


def _count_users(delivery: pd.DataFrame, leads: pd.DataFrame, by: list[str]) -> pd.Series:
    columns = list(dict.fromkeys([*by, "user_id"]))
    sides = [side[columns] for side in (delivery, leads) if set(by) <= set(side.columns)]
    pairs = pd.concat(sides).drop_duplicates()
    return pairs.groupby(by, observed=True)["user_id"].nunique().rename("users")


@computed_once
def user_feedback(market: Market) -> pd.Series:
    """Which verdicts each business user with leads records.

    Parameters
    ----------
    market : Market

    Returns
    -------
    Series of str
        Indexed by ``user_id``: "both kinds", "only qualified", "only disqualified" or "no verdict".
    """
    counts = lead_frame(market).groupby("user_id")[["is_verdict", "is_qualified"]].sum()
    verdicts, qualified = counts["is_verdict"], counts["is_qualified"]
    kinds = np.select(
        [verdicts == 0, qualified == 0, qualified == verdicts],
        [FEEDBACK_NONE, FEEDBACK_ONLY_DISQUALIFIED, FEEDBACK_ONLY_QUALIFIED],
        FEEDBACK_BOTH,
    )
    return pd.Series(kinds, index=counts.index, name="feedback", dtype="str")


def comparable(rows: pd.DataFrame, market: Market, kpi: str) -> pd.Series:
    """Whether each row counts where groups are compared by a KPI: whether its business user's verdicts do.

    Parameters
    ----------
    rows : DataFrame
        With ``user_id``.
    market : Market
    kpi : str
        Name in the catalogue.

    Returns
    -------
    Series of bool
    """
    wanted = KPIS[kpi].verdicts_of
    return rows["user_id"].map(user_feedback(market)).eq(wanted) | (wanted == "")
