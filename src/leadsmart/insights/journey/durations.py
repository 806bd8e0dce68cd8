"""How long leads wait: for the first contact, and for a verdict, with those still waiting counted as such."""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from statsmodels.duration.survfunc import CumIncidenceRight, SurvfuncRight

from leadsmart.formats import format_count, format_percent, format_value
from leadsmart.insights.answers import Answer
from leadsmart.insights.kpi.measures import lead_frame, lead_outcomes
from leadsmart.market import Market, computed_once
from leadsmart.market_tables import look_up
from leadsmart.vocabulary import UNIT_DAYS, UNTOUCHED_STATUSES

DAY = pd.Timedelta(days=1)
MARKS = (1, 3, 7, 14, 30)
#: Leads with a history that a group needs to be timed.
MINIMUM_LEADS = 10
#: Days of age that curves go up to.
LAST_AGE = 60
FINAL_OUTCOMES = ("qualified", "disqualified", "junk")
QUALIFIED_MARKS = (7, 30, LAST_AGE)


def in_days(duration: "pd.Series[pd.Timedelta]") -> "pd.Series[float]":
    """Durations in days."""
    return duration / DAY


@computed_once
def first_contacts(market: Market) -> pd.DataFrame:
    """Days from arrival to the first status that says a lead was touched.

    Leads without any event are left out: nobody knows when they were touched. Waiting leads are censored at
    the last moment of the data.

    Parameters
    ----------
    market : Market

    Returns
    -------
    DataFrame
        One row per lead with a history: ``lead_id, user_id, channel`` (str), ``days`` (≥ 0), ``is_contacted`` (bool).
    """
    leads, events = lead_frame(market), market.tables.status_events
    known = leads[leads["lead_id"].isin(events["lead_id"])]
    touched = events[~events["status"].isin(UNTOUCHED_STATUSES)]
    first = look_up(known["lead_id"], touched.groupby("lead_id")["changed_at"].min())
    waits = known[["lead_id", "user_id", "channel"]].assign(
        days=_days_until(first, known, market), is_contacted=first.notna()
    )
    return waits.dropna(subset=["days"]).reset_index(drop=True)


def _days_until(moments: pd.Series, leads: pd.DataFrame, market: Market) -> pd.Series:
    """Days from the arrival of each lead to a moment, or where there is none to the last moment of the data."""
    last = max(market.tables.leads["arrived_at"].max(), market.tables.status_events["changed_at"].max())
    return in_days(moments.fillna(last) - leads["arrived_at"]).clip(lower=0)


def _survival(days: pd.Series, happened: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """Days on which it happened, and the share for whom it had not after each."""
    if not happened.any():
        return np.array([]), np.array([])
    curve = SurvfuncRight(days.to_numpy(), happened.to_numpy().astype(int))
    return curve.surv_times, curve.surv_prob


def reached_by(days: pd.Series, happened: pd.Series, marks: Sequence[float]) -> list[float]:
    """Share for whom it happened by each mark, Kaplan–Meier (1958), J. Am. Stat. Assoc. 53:457.

    Parameters
    ----------
    days : Series of float
        Until it happened, or until nobody looked any more.
    happened : Series of bool
    marks : sequence of float
        Days.

    Returns
    -------
    list of float
        One share per mark; NaN where there is nobody.
    """
    times, survival = _survival(days, happened)
    steps = np.concatenate([[1.0 if len(days) else np.nan], survival])
    return (1 - steps[np.searchsorted(times, marks, side="right")]).tolist()


def median_duration(days: pd.Series, happened: pd.Series) -> float:
    """Days by which it happened for half of them, Kaplan–Meier.

    Parameters
    ----------
    days, happened : Series
        As in `reached_by`.

    Returns
    -------
    float
        NaN if for fewer than half it ever happened.
    """
    times, survival = _survival(days, happened)
    reached = times[survival <= 0.5 + 1e-9]
    return float(reached[0]) if len(reached) else float("nan")


def describe_groups(
    leads: pd.DataFrame, by: str, describe: Callable[[pd.DataFrame], dict[str, object]]
) -> list[dict[str, object]]:
    """Describe every group of at least ten leads.

    Parameters
    ----------
    leads : DataFrame
        One row per lead, or per lead and status it was in.
    by : str
        Column that names the group.
    describe : callable
        Maps the rows of a group to what is said of them, by column.

    Returns
    -------
    list of dict
        One row per group: `by`, ``leads`` (how many rows) and what `describe` says.
    """
    return [
        {by: name, "leads": len(group), **describe(group)}
        for name, group in leads.groupby(by, observed=True)
        if len(group) >= MINIMUM_LEADS
    ]


def time_to_contact(market: Market, by: str) -> Answer:
    """Share of leads contacted within 1, 3, 7, 14 and 30 days.

    Kaplan–Meier over leads with a history; those still waiting count up to the data's last moment.

    Parameters
    ----------
    market : Market
    by : {"channel", "user_id"}

    Returns
    -------
    Answer
        Table: one row per group with at least ten leads with a history, slowest first: `by`, ``leads`` (with a
        history), ``contacted``, ``median_days``, ``within_1_days, within_3_days, within_7_days, within_14_days,
        within_30_days`` (shares).
    """
    waits = first_contacts(market)
    names = [f"within_{mark}_days" for mark in MARKS]

    def describe(group: pd.DataFrame) -> dict[str, object]:
        days, happened = group["days"], group["is_contacted"]
        shares = dict(zip(names, reached_by(days, happened, MARKS), strict=True))
        return {"contacted": int(happened.sum()), "median_days": median_duration(days, happened), **shares}

    rows = describe_groups(waits, by, describe)
    table = pd.DataFrame(rows, columns=[by, "leads", "contacted", "median_days", *names])
    table = table.sort_values("within_1_days", kind="stable", ignore_index=True)
    return Answer(table, _contact_statement(waits, len(market.tables.leads), table, by))


def _contact_statement(waits: pd.DataFrame, leads: int, table: pd.DataFrame, by: str) -> str:
    if len(waits) == 0:
        return "No lead has a status history, so the time to first contact can't be measured."
    within = reached_by(waits["days"], waits["is_contacted"], (1,))[0]
    text = (
        f"{format_percent(within)} of the {len(waits):,} leads with a history were contacted within a day;"
        f" {leads - len(waits):,} leads have no history."
    )
    if len(table) > 1:
        slow, fast = table.iloc[0], table.iloc[-1]
        text += (
            f" Within a day {by.removesuffix('_id')} {slow[by]} contacted {format_percent(slow['within_1_days'])},"
            f" {fast[by]} {format_percent(fast['within_1_days'])}."
        )
    return text


def contact_curve(market: Market) -> pd.DataFrame:
    """Share of leads contacted by age, Kaplan–Meier, per channel.

    Parameters
    ----------
    market : Market

    Returns
    -------
    DataFrame
        One row per channel with at least ten leads with a history and day of age (0 to 60): ``channel, age_days,
        contacted`` (cumulative share); the channels with most leads first.
    """
    waits = first_contacts(market)
    ages = range(LAST_AGE + 1)
    sizes = waits["channel"].value_counts()
    parts = []
    for channel in sizes.index[sizes >= MINIMUM_LEADS]:
        group = waits[waits["channel"] == channel]
        shares = reached_by(group["days"], group["is_contacted"], ages)
        parts.append(pd.DataFrame({"channel": channel, "age_days": ages, "contacted": shares}))
    return pd.concat(parts or [pd.DataFrame(columns=["channel", "age_days", "contacted"])], ignore_index=True)


def time_to_qualification(market: Market) -> Answer:
    """Cumulative share of leads qualified by age, other final verdicts being competing exits.

    Aalen & Johansen (1978), Scand. J. Statist. 5:141: leaving as disqualified or junk ends the chance of
    being qualified, it is not censoring. Leads without history are left out.

    Parameters
    ----------
    market : Market

    Returns
    -------
    Answer
        Table: one row per day of age (0 to 60): ``age_days, qualified, disqualified, junk`` (cumulative shares),
        ``at_risk`` (leads still open).
    """
    leads, known = lead_frame(market), _final_exits(market)
    ages = range(LAST_AGE + 1)
    curves = {outcome: _incidence(known, outcome, ages) for outcome in FINAL_OUTCOMES}
    at_risk = [int((known["days"] >= age).sum()) for age in ages]
    table = pd.DataFrame({"age_days": ages, **curves, "at_risk": at_risk})
    dated = known.loc[known["outcome"] == "qualified", "lead_id"]
    undated = int((leads["is_qualified"] & ~leads["lead_id"].isin(dated)).sum())
    return Answer(table, _qualification_statement(table, len(known), undated))


def time_to_qualification_by(market: Market, by: str) -> Answer:
    """Cumulative share qualified and disqualified by age, per group.

    Parameters
    ----------
    market : Market
    by : {"channel", "user_id"}

    Returns
    -------
    Answer
        Table: one row per group with at least ten leads with a history, most leads first: `by`, ``leads,
        qualified_within_7_days, qualified_within_30_days, qualified_within_60_days, disqualified_within_60_days``
        (shares, Aalen–Johansen).
    """
    names = [f"qualified_within_{mark}_days" for mark in QUALIFIED_MARKS]
    disqualified = f"disqualified_within_{LAST_AGE}_days"

    def describe(group: pd.DataFrame) -> dict[str, object]:
        good = _incidence(group, "qualified", QUALIFIED_MARKS)
        bad = _incidence(group, "disqualified", (LAST_AGE,))
        return dict(zip([*names, disqualified], [*good, *bad], strict=True))

    rows = describe_groups(_final_exits(market), by, describe)
    table = pd.DataFrame(rows, columns=[by, "leads", *names, disqualified])
    table = table.sort_values(["leads", by], ascending=[False, True], ignore_index=True)
    text = f"{format_count(len(table))} groups have {MINIMUM_LEADS} leads with a history or more."
    if table.empty:
        text = f"No group has {MINIMUM_LEADS} leads with a history, so their time to qualification can't be told."
    return Answer(table, text)


@computed_once
def _final_exits(market: Market) -> pd.DataFrame:
    """Leads with a history: ``lead_id, user_id, channel, days`` to the first final outcome, ``outcome`` ("" if open)."""
    leads, events = lead_frame(market), market.tables.status_events
    statuses = events.rename(columns={"status": "lead_status"})
    exits = events.assign(outcome=lead_outcomes(statuses, market.params))
    exits = exits[exits["outcome"].isin(FINAL_OUTCOMES)]
    exits = exits.sort_values("changed_at", kind="stable").drop_duplicates("lead_id").set_index("lead_id")
    known = leads[leads["lead_id"].isin(events["lead_id"])]
    return known[["lead_id", "user_id", "channel"]].assign(
        days=_days_until(look_up(known["lead_id"], exits["changed_at"]), known, market),
        outcome=look_up(known["lead_id"], exits["outcome"]).fillna(""),
    )


def _incidence(exits: pd.DataFrame, outcome: str, ages: Sequence[float]) -> np.ndarray:
    """Share that left with an outcome by each age, the other outcomes competing."""
    is_wanted = exits["outcome"] == outcome
    if not is_wanted.any():
        return np.full(len(ages), 0.0 if len(exits) else np.nan)
    # statsmodels names causes 1, 2, ... without gaps, so the one asked for becomes 1 and the others 2
    cause = np.where(is_wanted, 1, np.where(exits["outcome"] != "", 2, 0))
    # its variance, which is not used, has no value once nobody is left
    with np.errstate(divide="ignore", invalid="ignore"):
        curve = CumIncidenceRight(exits["days"].to_numpy(), cause)
    position = np.searchsorted(curve.times, ages, side="right")
    return np.concatenate([[0.0], curve.cinc[0]])[position]


def _qualification_statement(table: pd.DataFrame, known: int, undated: int) -> str:
    if known == 0:
        return "No lead has a status history, so the time to qualification can't be measured."
    last = table.iloc[-1]
    text = (
        f"Of {known:,} leads with a history {format_percent(last['qualified'])} are qualified within"
        f" {format_value(LAST_AGE, UNIT_DAYS)} of arrival and {format_percent(last['disqualified'])} disqualified."
    )
    return f"{text} {undated:,} qualified leads have no dated verdict and are not in it." if undated else text
