"""Health checks: what looks broken, what it puts at risk, and what to do next. One alert per series and rule."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from leadsmart.formats import format_count, format_money, format_percent, format_value
from leadsmart.insights.health.checks import (
    check_batches,
    check_frequency,
    check_frozen,
    check_silence,
    check_spend_without_leads,
    check_unknown,
    check_untouched,
    has_history,
    says_what_became_of_leads,
)
from leadsmart.insights.health.monitoring import (
    CPL_JUMP,
    CTR_LEFT,
    MINIMUM_CLICKS_A_DAY,
    PAST_DAYS,
    SPIKE,
    WATCH_RULES,
    watch_series,
)
from leadsmart.market import Market
from leadsmart.params import Params
from leadsmart.vocabulary import UNIT_RATIO

ALERT, FINE, TOO_SHORT, TOO_SMALL = "alert", "fine", "too short to monitor", "too small or uneven to watch"
NOT_OBSERVED = "not observed: no status history"
ALERT_COLUMNS = [
    "rule", "title", "series", "status", "first_day", "last_day", "n", "money_at_risk", "detail", "next_step",
]  # fmt: skip

#: An alert whose last day lies further back is past: what it asks for can only be learned from.
OPEN_DAYS = 28
#: Leads older than that are asked about before anyone calls them.
STALE_DAYS = 90
OPEN, PAST = "open", "past"


class HealthRule(NamedTuple):
    """A health check.

    Attributes
    ----------
    title, next_step : str
    past_step : str
        Next step of an alert that is past, or whose leads are old.
    check : callable, optional
        Returns the alerts of a market; rules without one watch series (`monitoring.watch_series`).
    fault : str
        The fault that a rule which watches series must see, as a sentence names it.
    open_days : int
        Age in days from which an alert is past.
    is_observed : callable
        Whether the market's tables can show what is checked.
    """

    title: str
    next_step: str
    past_step: str
    check: Callable[[Market], pd.DataFrame] | None = None
    fault: str = ""
    open_days: int = OPEN_DAYS
    is_observed: Callable[[Market], bool] = lambda _: True


HEALTH_RULES: dict[str, HealthRule] = {
    "spend_without_leads": HealthRule(
        "Spend without leads",
        "Open the campaign's form on a phone and send a test lead; pause the campaign until it arrives.",
        "Ask the platform for lost leads; send a test lead before this form is used again.",
        check=check_spend_without_leads,
    ),
    "clicks_without_leads": HealthRule(
        "Clicks without leads",
        "Check form, landing page and tracking on these days; ask the platform for lost leads.",
        "Ask the platform for lost leads of these days; test the form before it is used again.",
        fault="a day without leads",
    ),
    "silent_days": HealthRule(
        "Silent days",
        "Look for a rejected ad, a spent budget or a failed payment.",
        "Nothing to mend now: look up in the platform's history what stopped it.",
        check=check_silence,
    ),
    "spend_spikes": HealthRule(
        "Spend spikes",
        "Compare the day's budget with what was agreed; set a cap.",
        "Compare the day's bill with what was agreed; set a cap before the next start.",
        fault=f"a spend spike of {format_value(SPIKE, UNIT_RATIO)}",
    ),
    "ctr_drop": HealthRule(
        "Drop of CTR",
        "Look at what changed that day: creative, audience or placement.",
        "Note what changed that day before these ads run again: creative, audience or placement.",
        fault=f"a CTR drop of {format_percent(1 - CTR_LEFT)}",
    ),
    "cpl_jump": HealthRule(
        "Jump of CPL",
        "Look at what changed that week: form, creative, audience or price.",
        "Note what changed that week before these ads run again: form, creative, audience or price.",
        fault=f"a week of {format_value(CPL_JUMP, UNIT_RATIO)} the CPL",
    ),
    "never_touched": HealthRule(
        "Leads never touched",
        "Ask the business user to call the newest of them first.",
        f"Too old for a first call (the newest came over {STALE_DAYS} days ago): ask the business user what became of"
        " them, and agree on a first call within a day.",
        check=check_untouched,
        is_observed=says_what_became_of_leads,
        open_days=STALE_DAYS,
    ),
    "unknown_status": HealthRule(
        "Status unknown",
        "Ask the business user to set the status of these leads, newest first.",
        "Ask the business user which of these leads were ever called, and to set statuses from now on.",
        check=check_unknown,
        open_days=STALE_DAYS,
    ),
    "frozen_status": HealthRule(
        "Statuses frozen",
        "Ask sales for the outcome of these leads, oldest first.",
        "Ask sales for the outcome of these leads in one go, and to close them.",
        check=check_frozen,
        is_observed=has_history,
        open_days=STALE_DAYS,
    ),
    "high_frequency": HealthRule(
        "Frequency too high",
        "Widen the audience or change the creative.",
        "Use a wider audience or another creative when these ads run again.",
        check=check_frequency,
    ),
    "batch_verdicts": HealthRule(
        "Verdicts in batches",
        "Ask for verdicts on the day of the call; late ones teach little.",
        "Ask for verdicts on the day of the call; late ones teach little.",
        check=check_batches,
        is_observed=has_history,
        open_days=STALE_DAYS,
    ),
}


@dataclass(frozen=True)
class Health:
    """The state of a market's advertising and follow-up.

    Attributes
    ----------
    table : DataFrame
        One row per series and rule that gave an alert, open ones first and then most money at risk: ``rule`` (key),
        ``title``, ``series`` (campaign, project × user, or user), ``status`` ("open": within the last 28 days, or of
        leads that came within the last 90; else "past"), ``first_day, last_day`` (days),
        ``n`` (days, leads, rows or verdicts concerned), ``money_at_risk``, ``detail``, ``next_step``.
    rules : DataFrame
        One row per rule: ``rule, title, status`` (alert, fine, not observed, too short to monitor, too small or uneven to watch),
        ``alerts, open`` (series), ``watched`` (series in which a fault would be seen, of those with 28 days and 200
        clicks a day; empty for rules that don't watch series), ``money_at_risk`` (of the largest alert: the same spend
        may stand behind several, so they don't add up).
    days : DataFrame
        One row per day behind the alerts of rules that watch series: ``rule, series, day, money_at_risk``.
    watched : DataFrame
        One row per monitored series, biggest first: the columns of `monitoring.Watch.series`, and per rule what is
        ``<rule>_told`` of it: "watched", or which share of faults would be seen.
    statement : str
    """

    table: pd.DataFrame
    rules: pd.DataFrame
    days: pd.DataFrame
    watched: pd.DataFrame
    statement: str


def check_health(market: Market) -> Health:
    """Run every check; each is a pure function of the tables that returns its alerts."""
    watch = watch_series(market)
    found = [watch.alerts]
    observed = {key for key, rule in HEALTH_RULES.items() if rule.is_observed(market)}
    found += [
        rule.check(market).assign(rule=key)
        for key, rule in HEALTH_RULES.items()
        if rule.check and key in observed
    ]
    alerts = pd.concat([table for table in found if len(table)] or found[:1], ignore_index=True)
    alerts = alerts.reindex(columns=ALERT_COLUMNS)
    rules = [HEALTH_RULES[key] for key in alerts["rule"]]
    age = (pd.Timestamp(market.as_of) - pd.to_datetime(alerts["last_day"])).dt.days
    is_open = [days < rule.open_days for days, rule in zip(age, rules, strict=True)]
    alerts["status"] = [OPEN if still else PAST for still in is_open]
    steps = zip(rules, is_open, strict=True)
    alerts["next_step"] = [rule.next_step if still else rule.past_step for rule, still in steps]
    alerts["title"] = [rule.title for rule in rules]
    alerts["money_at_risk"] = alerts["money_at_risk"].astype(float).fillna(0.0)
    alerts = alerts.sort_values(
        ["status", "money_at_risk", "rule", "series"], ascending=[True, False, True, True], ignore_index=True
    )
    summary = _summarise(alerts, watch.series, observed)
    text = f"{_statement(alerts, summary, market.params)} {_watch_statement(watch.series)}"
    days = watch.days.loc[watch.days["is_alarm"], ["rule", "series", "day", "money_at_risk"]]
    return Health(alerts, summary, days.reset_index(drop=True), _describe_watched(watch.series), text)


def _summarise(alerts: pd.DataFrame, series: pd.DataFrame, observed: Collection[str]) -> pd.DataFrame:
    rows = []
    for key, rule in HEALTH_RULES.items():
        own = alerts[alerts["rule"] == key]
        watched = int(series[f"is_{key}"].sum()) if rule.fault else None
        status = ALERT if len(own) else FINE if key in observed else NOT_OBSERVED
        if watched == 0 and not len(own):
            status = TOO_SMALL if len(series) else TOO_SHORT
        rows.append(
            {
                "rule": key,
                "title": rule.title,
                "status": status,
                "alerts": len(own),
                "open": int((own["status"] == OPEN).sum()),
                "watched": "" if watched is None else f"{watched} of {len(series)} series",
                "money_at_risk": float(own["money_at_risk"].max()) if len(own) else 0.0,
            }
        )
    return pd.DataFrame(rows)


def _describe_watched(series: pd.DataFrame) -> pd.DataFrame:
    for rule in WATCH_RULES:
        seen = np.floor(100 * series[f"{rule}_power"]) / 100
        unwatched = "not watched: sees " + seen.map(format_percent).astype("str")
        series = series.assign(**{f"{rule}_told": unwatched.mask(series[f"is_{rule}"], "watched")})
    return series


def _watch_statement(series: pd.DataFrame) -> str:
    """Where silence means something, and where it doesn't."""
    if series.empty:
        return (
            f"No series is long and big enough ({format_count(PAST_DAYS)} days, {format_count(MINIMUM_CLICKS_A_DAY)} clicks a"
            " day) to be watched for faults of a day: no alert there doesn't mean no fault."
        )
    counts = [(format_count(series[f"is_{rule}"].sum()), HEALTH_RULES[rule].fault) for rule in WATCH_RULES]
    listed = ", ".join(f"{name} in {count}" for count, name in counts[:-1])
    return (
        f"Of {format_count(len(series))} series with {format_count(PAST_DAYS)} days and"
        f" {format_count(MINIMUM_CLICKS_A_DAY)} clicks a day, nine faults of ten would be seen for {listed} and"
        f" {counts[-1][1]} in {counts[-1][0]}; elsewhere, no alert doesn't mean no fault."
    )


def _statement(alerts: pd.DataFrame, rules: pd.DataFrame, params: Params) -> str:
    raised = rules[rules["status"] == ALERT]
    if alerts.empty:
        text = "No health check raises an alert."
    else:
        worst, still = alerts.iloc[0], int((alerts["status"] == OPEN).sum())
        text = (
            f"{format_count(len(raised))} of {format_count(len(rules))} health checks raise"
            f" {format_count(len(alerts))} alerts, {format_count(still) if still else 'none'} of them still open."
            f" First: {worst['title'].lower()}, {worst['series']} ({worst['detail']})"
        )
        money = format_money(worst["money_at_risk"], params.currency)
        text += f", {money} at risk." if worst["money_at_risk"] else "."
        text += " Money at risk overlaps between alerts, since the same spend may stand behind several: don't add it up."
    return text
