"""Days on which a series stands out: no leads, a fall of CTR, a jump of spend or CPL; and which series can show them."""

from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from leadsmart.formats import format_count, format_date, format_money, format_percent, format_value
from leadsmart.insights.health.alarms import dry_evidence, dry_limit, shift_limits, shift_power
from leadsmart.insights.health.expectations import QUARTILES, log, series_days
from leadsmart.insights.kpi.measures import delivery_frame, lead_frame
from leadsmart.market import Market
from leadsmart.params import Params
from leadsmart.vocabulary import UNIT_RATIO

Frame = TypeVar("Frame", pd.Series, pd.DataFrame)

PAST_DAYS = 28
MINIMUM_CLICKS_A_DAY = 200
CPL_DAYS = 7
DAYS_A_MONTH = 30.4
#: False alarms each rule may give per month of a market, together less than one: days without leads, which chance makes,
#: need most of them. "elsewhere" are runs without leads in series that are too small to be monitored.
FALSE_ALARMS = {
    "clicks_without_leads": 0.65,
    "elsewhere": 0.1,
    "ctr_drop": 0.05,
    "spend_spikes": 0.02,
    "cpl_jump": 0.005,
}
#: The fault that each rule must see: what a day (for CPL a week) is multiplied with.
CTR_LEFT, SPIKE, CPL_JUMP = 0.4, 4.0, 4.0
#: A series is watched for a fault if it would be seen on this share of its days.
WATCHED_POWER = 0.9
#: The rules that watch series.
WATCH_RULES = ("clicks_without_leads", "ctr_drop", "spend_spikes", "cpl_jump")
ALERT_COLUMNS = ["rule", "series", "first_day", "last_day", "n", "money_at_risk", "detail"]
DAY_COLUMNS = {
    "rule": "str", "series": "str", "day": "datetime64[us]", "is_alarm": "bool", "power": "float64",
    "money_at_risk": "float64", "change": "float64",
}  # fmt: skip


@dataclass(frozen=True)
class Watch:
    """What stands out in the series of a market, and what would.

    Attributes
    ----------
    alerts : DataFrame
        One row per series and rule with an alarm: ``rule, series, first_day, last_day, n`` (days), ``money_at_risk``
        (spend of those days; of spikes, what went beyond the usual), ``detail``.
    days : DataFrame
        One row per rule, series and judged day: ``rule, series, day, is_alarm``, ``power`` (chance that the rule's fault
        would be seen that day), ``money_at_risk, change``.
    series : DataFrame
        One row per monitored series (28 days and 200 clicks a day): ``series, days, clicks_a_day, leads_a_day`` and
        per rule ``<rule>_power`` (mean over its days) and ``is_<rule>`` (watched: at least nine faults of ten are seen).
    """

    alerts: pd.DataFrame
    days: pd.DataFrame
    series: pd.DataFrame


def watch_series(market: Market) -> Watch:
    """Judge the days of what each business user runs for a project, and of each channel.

    A day is compared with what its campaigns' other days let expect, after the market's weekday pattern, and called a
    fault if the rule's fault explains it so much better than chance that the rule gives at most `FALSE_ALARMS` a month.
    Runs without leads and spikes of spend are looked for in every series; CTR and CPL, which need a past, in series of at
    least 28 delivery days and 200 clicks a day.
    """
    delivery, leads = delivery_frame(market), lead_frame(market)
    if delivery.empty:
        names = pd.Index([], name="series", dtype="str")
        none = pd.DataFrame(columns=["days", "clicks", "leads"], index=names, dtype=float)
        return Watch(pd.DataFrame(columns=ALERT_COLUMNS), _no_days(), _watched(none, _no_days()))
    daily = series_days(delivery, leads)
    delivered = daily[daily["impressions"] + daily["spend"] + daily["clicks"] > 0].reset_index(drop=True)
    size = delivered.groupby("series").agg(
        days=("day", "size"), clicks=("clicks", "sum"), leads=("usual_leads", "sum")
    )
    monitored = size[(size["days"] >= PAST_DAYS) & (size["clicks"] >= MINIMUM_CLICKS_A_DAY * size["days"])]
    long = delivered[delivered["series"].isin(size.index[size["days"] >= PAST_DAYS])].reset_index(drop=True)
    big = delivered[delivered["series"].isin(monitored.index)].reset_index(drop=True)
    is_big = daily["series"].isin(monitored.index)
    months = delivered["day"].nunique() / DAYS_A_MONTH
    allowed = {rule: rate * months for rule, rate in FALSE_ALARMS.items()}
    judged = pd.concat(
        [
            # series too small to be monitored have false alarms of their own to use up
            _dry_days(daily[is_big].reset_index(drop=True), allowed["clicks_without_leads"]),
            _dry_days(daily[~is_big].reset_index(drop=True), allowed["elsewhere"]),
            _ctr_drops(big, allowed["ctr_drop"]),
            _spend_spikes(long, allowed["spend_spikes"]),
            _cpl_jumps(big, allowed["cpl_jump"]),
        ],
        ignore_index=True,
    )
    return Watch(_alerts(judged, market.params), judged, _watched(monitored, judged))


def _dry_days(daily: pd.DataFrame, allowed: float) -> pd.DataFrame:
    if not daily["leads"].sum():
        return _no_days()
    evidence = pd.Series(dry_evidence(daily["usual_leads"], daily["variance_leads"]), index=daily["series"])
    limit = dry_limit(evidence, allowed)
    run = (daily["leads"] > 0).groupby(daily["series"]).cumsum()
    is_dry = (daily["leads"] == 0).to_numpy()
    own = pd.Series(np.where(is_dry, evidence, 0.0), index=daily.index)
    reached = own.groupby([daily["series"], run]).transform("sum") >= limit
    days = daily.assign(is_alarm=is_dry & reached, power=(evidence.to_numpy() >= limit).astype(float))
    return _judged(days[days["usual_leads"] > 0], "clicks_without_leads", days["spend"], days["usual_leads"])


def _ctr_drops(daily: pd.DataFrame, allowed: float) -> pd.DataFrame:
    rows = daily[daily["usual_clicks"] > 0].reset_index(drop=True)
    weekday = rows["day"].dt.day_of_week
    by_day = rows.groupby(weekday)[["clicks", "usual_clicks"]].sum()
    usual = rows["usual_clicks"] * weekday.map(by_day["clicks"] / by_day["usual_clicks"])
    level = log((rows["clicks"] + 0.5) / (usual + 0.5))
    fall = _aligned(_past(level, rows["series"], 1).median()) - level
    noise = np.sqrt(rows["variance_clicks"])
    noise = noise * _own_spread(level / noise, rows["series"])
    return _shifted(rows, "ctr_drop", fall, noise, -np.log(CTR_LEFT), allowed, rows["spend"])


def _spend_spikes(daily: pd.DataFrame, allowed: float) -> pd.DataFrame:
    rows = daily[(daily["usual_spend"] > 0) & (daily["spend"] > 0)].reset_index(drop=True)
    weekday = rows["day"].dt.day_of_week
    level = log(rows["spend"] / rows["usual_spend"])
    # the pattern within the week alone: the days' common level says how far spikes lifted what was to be expected
    level = level - (level.groupby(weekday).transform("median") - level.median())
    noise = np.sqrt(rows["variance_spend"]).clip(lower=0.1)
    noise = noise * _own_spread(level / noise, rows["series"])
    excess = rows["spend"] * (1 - np.exp(-level))
    return _shifted(rows, "spend_spikes", level, noise, np.log(SPIKE), allowed, excess)


def _cpl_jumps(daily: pd.DataFrame, allowed: float) -> pd.DataFrame:
    week = _aligned(daily.groupby("series")[["spend", "leads"]].rolling(CPL_DAYS, min_periods=CPL_DAYS).sum())
    level = log(week["spend"].where(week["spend"] > 0)) - log(week["leads"] + 0.5)
    past = _past(level, daily["series"], CPL_DAYS)
    spread = _aligned(past.quantile(0.75) - past.quantile(0.25)) / QUARTILES
    noise = np.sqrt(spread.clip(lower=0.1) ** 2 + 1 / (week["leads"] + 0.5))
    rise = level - _aligned(past.median())
    jump = _shifted(daily, "cpl_jump", rise, noise, np.log(CPL_JUMP), allowed, daily["spend"])
    return jump.assign(change=(week["spend"] / (week["leads"] + 0.5))[jump.index])


def _shifted(
    rows: pd.DataFrame,
    rule: str,
    distance: pd.Series,
    noise: pd.Series,
    shift: float,
    allowed: float,
    money: pd.Series,
) -> pd.DataFrame:
    """Days further from what was expected than their limits, of those with a past to compare with."""
    known = np.isfinite(distance) & np.isfinite(noise)
    limits = pd.Series(np.inf, index=rows.index)
    limits[known] = shift_limits(noise[known], shift, allowed)
    power = pd.Series(shift_power(noise, shift, limits), index=rows.index)
    days = rows.assign(is_alarm=distance >= limits, power=power)
    return _judged(days[known], rule, money, distance)


def _judged(days: pd.DataFrame, rule: str, money: pd.Series, change: pd.Series) -> pd.DataFrame:
    table = days.assign(rule=rule, money_at_risk=money[days.index], change=change[days.index])
    return table[list(DAY_COLUMNS)].astype(DAY_COLUMNS)


def _no_days() -> pd.DataFrame:
    return pd.DataFrame(columns=list(DAY_COLUMNS)).astype(DAY_COLUMNS)


def _past(
    values: pd.Series, series: pd.Series, gap: int
) -> Any:  # pandas and its stubs spell the type of rolling windows differently
    """The 28 days before each day, without the last `gap`."""
    past = values.groupby(series).shift(gap)
    return past.groupby(series).rolling(PAST_DAYS, min_periods=PAST_DAYS // 2)


def _aligned(statistic: Frame) -> Frame:
    """Values of windows of each series, as the days are indexed."""
    return statistic.reset_index(level=0, drop=True).sort_index()


def _own_spread(scores: pd.Series, series: pd.Series) -> pd.Series:
    """How much wider than the market's the days of a series scatter; 1 where they scatter less."""
    own = scores.groupby(series)
    between = own.transform("quantile", 0.75) - own.transform("quantile", 0.25)
    return (between / QUARTILES).clip(lower=1.0)


def _watched(monitored: pd.DataFrame, judged: pd.DataFrame) -> pd.DataFrame:
    """What would be seen in each monitored series; biggest first."""
    table = monitored.assign(
        clicks_a_day=monitored["clicks"] / monitored["days"],
        leads_a_day=monitored["leads"] / monitored["days"],
    ).reset_index()
    table = table[["series", "days", "clicks_a_day", "leads_a_day"]].astype({"days": float})
    table = table.sort_values(["clicks_a_day", "series"], ascending=[False, True], ignore_index=True)
    power = judged.groupby(["series", "rule"])["power"].mean().unstack("rule")
    power = power.reindex(index=table["series"], columns=list(WATCH_RULES)).fillna(0.0)
    for rule in WATCH_RULES:
        table[f"{rule}_power"] = power[rule].to_numpy()
        table[f"is_{rule}"] = table[f"{rule}_power"] >= WATCHED_POWER
    return table


def _alerts(judged: pd.DataFrame, params: Params) -> pd.DataFrame:
    """One alert per series and rule, whatever the number of its days; the worst is named."""
    alarms = judged[judged["is_alarm"]]
    found = alarms.groupby(["rule", "series"], as_index=False).agg(
        first_day=("day", "min"),
        last_day=("day", "max"),
        n=("day", "size"),
        money_at_risk=("money_at_risk", "sum"),
        total=("change", "sum"),
    )
    worst = alarms.sort_values(["change", "day"], ascending=[False, True]).drop_duplicates(["rule", "series"])
    found = found.merge(worst[["rule", "series", "day", "change"]], on=["rule", "series"])
    describe = {
        "clicks_without_leads": lambda row: (
            f"no lead on {_day_count(row.n)}, {format_count(row.total)} expected"
        ),
        "ctr_drop": lambda row: (
            f"CTR down {format_percent(1 - np.exp(-row.change))} on {format_date(row.day)}"
        ),
        "spend_spikes": lambda row: (
            f"{format_value(np.exp(row.change), UNIT_RATIO)} the usual spend on {format_date(row.day)}"
        ),
        "cpl_jump": lambda row: (
            f"CPL of {format_money(row.change, params.currency)} in the week to {format_date(row.day)}"
        ),
    }
    detail = pd.Series(
        [describe[str(row.rule)](row) for row in found.itertuples()], index=found.index, dtype="str"
    )
    return found.assign(detail=detail)[ALERT_COLUMNS]


def _day_count(days: int) -> str:
    return "1 day" if days == 1 else f"{format_count(days)} days"
