"""Health checks: what looks broken, what it puts at risk, and what to do next. One alert per series and rule."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from leadsmart.display.formats import format_count, format_money
from leadsmart.insights.delivery_checks import (
    check_clicks_without_leads,
    check_frequency,
    check_silence,
    check_spend_spikes,
    check_spend_without_leads,
)
from leadsmart.insights.follow_up_checks import check_batches, check_frozen, check_untouched
from leadsmart.insights.monitoring import check_jumps
from leadsmart.params import Params
from leadsmart.vocabulary import MarketTables

ALERT, FINE, TOO_SHORT = "alert", "fine", "too short to monitor"
ALERT_COLUMNS = (
    "rule",
    "series",
    "first_day",
    "last_day",
    "n",
    "money_at_risk",
    "detail",
    "next_step",
    "status",
)

#: Rule -> title and next step.
RULES: dict[str, tuple[str, str]] = {
    "spend_without_leads": (
        "Spend without leads",
        "Open the campaign's form on a phone and send a test lead; pause the campaign until it arrives.",
    ),
    "clicks_without_leads": (
        "Clicks without leads",
        "Check form, landing page and tracking on these days; ask the platform for lost leads.",
    ),
    "silent_days": ("Silent days", "Look for a rejected ad, a spent budget or a failed payment."),
    "spend_spikes": ("Spend spikes", "Compare the day's budget with what was agreed; set a cap."),
    "ctr_drop": ("Drop of CTR", "Look at what changed that day: creative, audience or placement."),
    "cpl_jump": ("Jump of CPL", "Look at what changed that week: form, creative, audience or price."),
    "never_touched": ("Leads never touched", "Ask the business user to call the newest of them first."),
    "frozen_status": ("Statuses frozen", "Ask sales for the outcome of these leads, oldest first."),
    "high_frequency": ("Frequency too high", "Widen the audience or change the creative."),
    "batch_verdicts": (
        "Verdicts in batches",
        "Ask for verdicts on the day of the call; late ones teach little.",
    ),
}


@dataclass(frozen=True)
class Health:
    """The state of a market's advertising and follow-up.

    Attributes
    ----------
    table : DataFrame
        One row per series and rule that gave an alert, most money at risk first: ``rule`` (key), ``title``,
        ``series`` (campaign, project × user, or user), ``status`` (alert), ``first_day, last_day`` (days; NaT where
        it does not apply), ``n`` (days, leads, rows or verdicts concerned), ``money_at_risk``, ``detail``,
        ``next_step``.
    rules : DataFrame
        One row per rule: ``rule, title, status`` (alert, fine, too short to monitor), ``alerts`` (series),
        ``money_at_risk``.
    statement : str
    """

    table: pd.DataFrame
    rules: pd.DataFrame
    statement: str


Check = Callable[[MarketTables, Params, dt.date], pd.DataFrame]
CHECKS: dict[str, Check] = {
    "spend_without_leads": check_spend_without_leads,
    "clicks_without_leads": check_clicks_without_leads,
    "silent_days": check_silence,
    "spend_spikes": check_spend_spikes,
    "never_touched": check_untouched,
    "frozen_status": check_frozen,
    "high_frequency": check_frequency,
    "batch_verdicts": check_batches,
}


def check_health(tables: MarketTables, params: Params, as_of: dt.date) -> Health:
    """Run every check; each is a pure function of the tables that returns its alerts."""
    found = {rule: check(tables, params, as_of) for rule, check in CHECKS.items()}
    jumps, monitored = check_jumps(tables, params)
    for rule in ("ctr_drop", "cpl_jump"):
        found[rule] = jumps[jumps["rule"] == rule].drop(columns="rule")
    alerts = pd.concat(
        [table.assign(rule=rule) for rule, table in found.items() if len(table)] or [pd.DataFrame()],
        ignore_index=True,
    ).reindex(columns=list(ALERT_COLUMNS))
    alerts["next_step"] = alerts["rule"].map({rule: step for rule, (_, step) in RULES.items()})
    alerts["status"] = ALERT
    alerts["title"] = alerts["rule"].map({rule: title for rule, (title, _) in RULES.items()})
    alerts["money_at_risk"] = alerts["money_at_risk"].astype(float).fillna(0.0)
    alerts = alerts.sort_values(
        ["money_at_risk", "rule", "series"], ascending=[False, True, True], ignore_index=True
    )
    columns = ["rule", "title", "series", "status", "first_day", "last_day", "n", "money_at_risk", "detail"]
    alerts = alerts[[*columns, "next_step"]]
    rules = _summarise(alerts, monitored)
    return Health(alerts, rules, _statement(alerts, rules, params))


def _summarise(alerts: pd.DataFrame, monitored: int) -> pd.DataFrame:
    rows = []
    for rule, (title, _) in RULES.items():
        own = alerts[alerts["rule"] == rule]
        status = ALERT if len(own) else FINE
        if rule in ("ctr_drop", "cpl_jump") and not monitored:
            status = TOO_SHORT
        money = float(own["money_at_risk"].sum())
        rows.append(
            {"rule": rule, "title": title, "status": status, "alerts": len(own), "money_at_risk": money}
        )
    return pd.DataFrame(rows)


def _statement(alerts: pd.DataFrame, rules: pd.DataFrame, params: Params) -> str:
    raised = rules[rules["status"] == ALERT]
    if alerts.empty:
        text = "No health check raises an alert."
    else:
        worst = alerts.iloc[0]
        text = (
            f"{format_count(len(raised))} of {format_count(len(rules))} health checks raise"
            f" {format_count(len(alerts))} alerts. First: {worst['title'].lower()}, {worst['series']}"
            f" ({worst['detail']})"
        )
        text += (
            f", {format_money(worst['money_at_risk'], params.currency)} at risk."
            if worst["money_at_risk"]
            else "."
        )
    if (rules["status"] == TOO_SHORT).any():
        text += " No series is long and big enough to watch for jumps of CTR or CPL."
    return text
