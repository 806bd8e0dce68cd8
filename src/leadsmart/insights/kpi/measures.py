"""Measures and rates of a market's tables, over any grouping: sums first, ratios of sums last."""

from collections.abc import Sequence

import pandas as pd

from leadsmart.insights.methods.intervals import rate_intervals
from leadsmart.market import Market
from leadsmart.market_tables import local_day
from leadsmart.params import Params
from leadsmart.vocabulary import OUTCOME_DISQUALIFIED, OUTCOME_QUALIFIED, OUTCOME_UNDECIDED

CAMPAIGN_DIMENSIONS = ("campaign_id", "user_id", "project_name", "market", "channel")
DELIVERY_DIMENSIONS = ("ad_set_id",)
LEAD_DIMENSIONS = ("hour", "form_variant")
DELIVERY_MEASURES = ("spend", "impressions", "reach", "clicks")
LEAD_MEASURES = ("leads", "verdicts", "qualified", "disqualified", "no_verdict", "deals")

#: What a user's verdicts allow: only users with both kinds are ranked on quality.
FEEDBACK_BOTH = "both kinds"
FEEDBACK_ONLY_QUALIFIED = "only qualified"
FEEDBACK_ONLY_DISQUALIFIED = "only disqualified"
FEEDBACK_NONE = "no verdict"


def week_start(days: pd.Series) -> pd.Series:
    """The Monday of each day's week."""
    return days - pd.to_timedelta(days.dt.day_of_week, unit="D")


def lead_outcomes(leads: pd.DataFrame, params: Params) -> pd.Series:
    """The outcome of each lead under the market's definition, by whole and exact status.

    Returns
    -------
    Series of str
        One of `vocabulary.OUTCOMES`, on the index of `leads`; statuses in no list are undecided.
    """
    meaning = {status: outcome for outcome, listed in params.outcome_statuses.items() for status in listed}
    return leads["lead_status"].map(meaning).fillna(OUTCOME_UNDECIDED).rename("outcome")


def lead_frame(market: Market) -> pd.DataFrame:
    """Leads with their campaign's dimensions, outcome and day.

    Returns
    -------
    DataFrame
        One row per lead: the columns of ``leads`` plus ``user_id, project_name, market, channel, outcome``
        (str), ``is_verdict, is_qualified, is_deal`` (bool), ``arrived_date, week`` (day), ``weekday`` (0 is
        Monday) and ``hour``.
    """
    leads = _with_campaign(market.tables.leads, market.tables.campaigns)
    outcome = lead_outcomes(leads, market.params)
    day = local_day(leads["arrived_at"])
    return leads.assign(
        outcome=outcome,
        is_qualified=outcome == OUTCOME_QUALIFIED,
        is_verdict=outcome.isin([OUTCOME_QUALIFIED, OUTCOME_DISQUALIFIED]),
        is_deal=leads["lead_status"].isin(market.params.deal_statuses),
        arrived_date=day,
        week=week_start(day),
        weekday=day.dt.day_of_week,
        hour=leads["arrived_at"].dt.hour,
    )


def delivery_frame(market: Market) -> pd.DataFrame:
    """Delivery rows with their campaign's dimensions, ``week`` (day) and ``weekday`` (0 is Monday)."""
    delivery = _with_campaign(market.tables.ad_performance, market.tables.campaigns)
    day = delivery["delivery_date"]
    return delivery.assign(week=week_start(day), weekday=day.dt.day_of_week)


def _with_campaign(rows: pd.DataFrame, campaigns: pd.DataFrame) -> pd.DataFrame:
    return rows.merge(
        campaigns[list(CAMPAIGN_DIMENSIONS)], on="campaign_id", how="left", validate="many_to_one"
    )


def add_rates(measures: pd.DataFrame) -> pd.DataFrame:
    """Add every rate of the vocabulary to a table of sums; a zero denominator gives NaN.

    Formulas
    --------
    frequency = impressions / reach
        Too low, as reach is too high: it doesn't add up
    ctr = clicks / impressions
        How many of those who see the ad click it
    cpc = spend / clicks
        What a click costs
    cpm = 1000 * spend / impressions
        What a thousand impressions cost
    lead_rate = leads / clicks
        How many of those who click leave their contact
    cpl = spend / leads
        What a lead costs, good or bad
    verdict_coverage = verdicts / leads
        How much of the quality is known at all
    qualified_rate = qualified / verdicts
        Quality among those that sales judged
    qualified_bound_low = qualified / leads
        Where the qualified rate would lie if every lead without a verdict were disqualified
    qualified_bound_high = (qualified + no_verdict) / leads
        Where it would lie if they were all qualified
    qualified_share = qualified / leads
        Only between cohorts of equal age: young leads had no time yet
    cpql = spend / qualified
        What a qualified lead costs

    Examples
    --------
    >>> sums = pd.DataFrame({"spend": [200.0, 0, 90], "impressions": [10_000.0, 0, 5000],
    ...     "reach": [5000.0, 0, 4000], "clicks": [100.0, 0, 0], "leads": [4.0, 1, 0], "verdicts": [2.0, 0, 0],
    ...     "qualified": [1.0, 0, 0], "no_verdict": [2.0, 1, 0]})
    >>> rates = add_rates(sums)
    >>> rates[["ctr", "cpc", "cpm", "cpl", "qualified_rate", "cpql"]].round(3).values.tolist()
    [[0.01, 2.0, 20.0, 50.0, 0.5, 200.0], [nan, nan, nan, 0.0, nan, nan], [0.0, nan, 18.0, nan, nan, nan]]
    """
    m = measures

    def ratio(over: pd.Series, under: pd.Series) -> pd.Series:
        return over / under.where(under > 0)

    return m.assign(
        frequency=ratio(m["impressions"], m["reach"]),
        ctr=ratio(m["clicks"], m["impressions"]),
        cpc=ratio(m["spend"], m["clicks"]),
        cpm=ratio(1000 * m["spend"], m["impressions"]),
        lead_rate=ratio(m["leads"], m["clicks"]),
        cpl=ratio(m["spend"], m["leads"]),
        verdict_coverage=ratio(m["verdicts"], m["leads"]),
        qualified_rate=ratio(m["qualified"], m["verdicts"]),
        qualified_bound_low=ratio(m["qualified"], m["leads"]),
        qualified_bound_high=ratio(m["qualified"] + m["no_verdict"], m["leads"]),
        qualified_share=ratio(m["qualified"], m["leads"]),
        cpql=ratio(m["spend"], m["qualified"]),
    )


def sum_measures(delivery: pd.DataFrame, leads: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """Sum the measures of `delivery_frame` and `lead_frame` per group.

    Formulas
    --------
    spend = Σ spend of the delivery rows
        What the ad platform charged
    impressions = Σ impressions of the delivery rows
        How often ads were shown
    reach = Σ reach of the delivery rows
        An upper limit: a person reached on two days counts twice
    clicks = Σ clicks of the delivery rows
        How often ads were clicked
    leads = number of leads
        People who left their contact
    verdicts = number of leads that are qualified or disqualified
        Leads that sales judged
    qualified = number of leads with a qualified status
        What sales call qualified, by the market's parameters
    deals = number of leads with a deal status
        What sales call a deal, by the market's parameters

    Notes
    -----
    Groups of either table are in the result, indexed by `by`. A grouping that only one table knows (ad set,
    hour, form variant) leaves the other's measures missing rather than zero.
    """
    by = list(by)
    no_leads = any(column in DELIVERY_DIMENSIONS for column in by)
    no_delivery = any(column in LEAD_DIMENSIONS for column in by)
    sides = []
    if not no_delivery:
        sides.append(delivery.groupby(by, observed=True)[list(DELIVERY_MEASURES)].sum())
    if not no_leads:
        counts = leads.assign(
            leads=1,
            verdicts=leads["is_verdict"],
            qualified=leads["is_qualified"],
            disqualified=leads["is_verdict"] & ~leads["is_qualified"],
            no_verdict=~leads["is_verdict"],
            deals=leads["is_deal"],
        )
        sides.append(counts.groupby(by, observed=True)[list(LEAD_MEASURES)].sum())
    sums = pd.concat(sides, axis=1, sort=True).astype("float64").fillna(0.0) if len(sides) > 1 else sides[0]
    sums = sums.reindex(columns=[*DELIVERY_MEASURES, *LEAD_MEASURES]).astype("float64")
    return sums.sort_index(kind="stable")


def aggregate_kpis(market: Market, by: Sequence[str] | None = None) -> pd.DataFrame:
    """KPIs of the market, or of each group.

    ``qualified_rate`` = qualified / verdicts; every rate is a ratio of sums (`add_rates`).

    Parameters
    ----------
    market : Market
    by : sequence of str, optional
        Any of ``campaign_id, user_id, project_name, market, channel, week, weekday``, or for delivery only
        ``ad_set_id``, for leads only ``hour, form_variant``.

    Returns
    -------
    DataFrame
        One row per group (one row without `by`): the columns of `by`; ``users`` (business users with delivery
        or leads); ``spend, impressions, reach, clicks, leads, verdicts, qualified, disqualified, no_verdict,
        deals`` (sums; money in the market's currency); ``frequency, ctr, cpc, cpm, lead_rate, cpl,
        verdict_coverage, qualified_rate, qualified_bound_low, qualified_bound_high, qualified_share, cpql``;
        and for each rate of `intervals.RATES` ``_low, _high`` and ``_range``, what the range is called: of chance
        alone (Wilson, Poisson) for one user's or campaign's own rate, over users for the rate of several.
    """
    delivery, leads = delivery_frame(market), lead_frame(market)
    grouping = list(by) if by else ["_all"]
    if not by:
        delivery, leads = delivery.assign(_all=0), leads.assign(_all=0)
    sums = sum_measures(delivery, leads, grouping)
    if not by and sums.empty:
        sums = sums.reindex(pd.Index([0], name="_all")).fillna(0.0)
    sums = add_rates(sums)
    sums = sums.join(_count_users(delivery, leads, grouping))
    per_user = None
    if not {"user_id", "campaign_id", *DELIVERY_DIMENSIONS} & set(grouping):
        per_user = sum_measures(delivery, leads, [*grouping, "user_id"])
    sums = sums.join(rate_intervals(sums, per_user, grouping, market.params.minimum_users))
    if not by:
        return sums.reset_index(drop=True)
    return sums.reset_index()


def _count_users(delivery: pd.DataFrame, leads: pd.DataFrame, by: list[str]) -> pd.Series:
    columns = list(dict.fromkeys([*by, "user_id"]))
    sides = [side[columns] for side in (delivery, leads) if set(by) <= set(side.columns)]
    pairs = pd.concat(sides).drop_duplicates()
    return pairs.groupby(by, observed=True)["user_id"].nunique().rename("users")


def user_feedback(leads: pd.DataFrame) -> pd.Series:
    """Which verdicts each business user of a `lead_frame` records.

    Returns
    -------
    Series of str
        Indexed by ``user_id``: "both kinds", "only qualified", "only disqualified" or "no verdict".
    """
    verdicts = leads["is_verdict"].groupby(leads["user_id"]).sum()
    qualified = leads["is_qualified"].groupby(leads["user_id"]).sum()
    feedback = pd.Series(FEEDBACK_BOTH, index=verdicts.index, name="feedback")
    feedback = feedback.mask(qualified == verdicts, FEEDBACK_ONLY_QUALIFIED)
    feedback = feedback.mask(qualified == 0, FEEDBACK_ONLY_DISQUALIFIED)
    return feedback.mask(verdicts == 0, FEEDBACK_NONE)
