"""How long leads wait: for the first contact, and for a verdict, with those still waiting counted as such."""

import numpy as np
import pandas as pd
from statsmodels.duration.survfunc import CumIncidenceRight, SurvfuncRight

from leadsmart.formats import format_count, format_percent, format_value
from leadsmart.insights.answers import Answer
from leadsmart.insights.kpi.measures import lead_frame, lead_outcomes
from leadsmart.market import Market, look_up
from leadsmart.vocabulary import UNIT_DAYS, UNTOUCHED_STATUSES

DAY = pd.Timedelta(days=1)
MARKS = (1, 3, 7, 14, 30)
#: Leads with a history that a group needs to be timed.
MINIMUM_LEADS = 10
#: Days of age that curves go up to.
LAST_AGE = 60
FINAL_OUTCOMES = ("qualified", "disqualified", "junk")


def first_contacts(market: Market) -> pd.DataFrame:
    """Days from arrival to the first status that says a lead was touched.

    Leads without any event are left out: nobody knows when they were touched. Waiting leads are censored at
    the last moment of the data.

    Returns
    -------
    DataFrame
        One row per lead with a history: ``lead_id, campaign_id`` (str), ``days`` (≥ 0), ``is_contacted`` (bool).
    """
    events, leads = market.tables.status_events, market.tables.leads
    touched = events[~events["status"].isin(UNTOUCHED_STATUSES)]
    known = leads[leads["lead_id"].isin(events["lead_id"])]
    first = look_up(known["lead_id"], touched.groupby("lead_id")["changed_at"].min())
    end = _last_moment(market)
    days = (first.fillna(end) - known["arrived_at"]) / DAY
    result = pd.DataFrame(
        {"lead_id": known["lead_id"], "campaign_id": known["campaign_id"], "days": days.clip(lower=0)}
    )
    return result.assign(is_contacted=first.notna()).dropna(subset=["days"]).reset_index(drop=True)


def _last_moment(market: Market) -> pd.Timestamp:
    return max(market.tables.leads["arrived_at"].max(), market.tables.status_events["changed_at"].max())


def reached_by(days: pd.Series, happened: pd.Series, marks: tuple[float, ...]) -> list[float]:
    """Share for whom it happened by each mark, Kaplan–Meier (1958), J. Am. Stat. Assoc. 53:457."""
    if len(days) == 0 or not happened.any():
        return [0.0 if len(days) else np.nan for _ in marks]
    curve = SurvfuncRight(days.to_numpy(), happened.to_numpy().astype(int))
    position = np.searchsorted(curve.surv_times, marks, side="right")
    survival = np.concatenate([[1.0], curve.surv_prob])
    return [float(1 - survival[i]) for i in position]


def median_duration(waits: pd.DataFrame) -> float:
    """Days by which half of the leads were contacted; NaN if fewer than half ever were."""
    if len(waits) == 0 or not waits["is_contacted"].any():
        return float("nan")
    curve = SurvfuncRight(waits["days"].to_numpy(), waits["is_contacted"].to_numpy().astype(int))
    below = np.flatnonzero(curve.surv_prob <= 0.5 + 1e-9)
    return float(curve.surv_times[below[0]]) if len(below) else float("nan")


def time_to_contact(market: Market, by: str | None = None) -> Answer:
    """Share of leads contacted within 1, 3, 7, 14 and 30 days, by ``channel`` or ``user_id`` where asked.

    Kaplan–Meier over leads with a history; those still waiting count up to the data's last moment.

    Returns
    -------
    Answer
        Table: one row per group with at least ten leads with a history, slowest first: the group (``group`` is
        "all" without `by`), ``leads`` (with a history), ``contacted``, ``median_days``, ``within_1_days,
        within_3_days, within_7_days, within_14_days, within_30_days`` (shares).
    """
    waits = first_contacts(market).merge(
        market.tables.campaigns[["campaign_id", "user_id", "channel", "project_name"]],
        on="campaign_id",
        how="left",
    )
    key = by or "group"
    waits = waits if by else waits.assign(group="all")
    rows = []
    for name, group in waits.groupby(key, observed=True):
        if by and len(group) < MINIMUM_LEADS:
            continue
        shares = reached_by(group["days"], group["is_contacted"], MARKS)
        row = {key: name, "leads": len(group), "contacted": int(group["is_contacted"].sum())}
        row["median_days"] = median_duration(group)
        rows.append(row | {f"within_{mark}_days": s for mark, s in zip(MARKS, shares, strict=True)})
    columns = [key, "leads", "contacted", "median_days", *(f"within_{mark}_days" for mark in MARKS)]
    table = pd.DataFrame(rows, columns=columns).sort_values("within_1_days", kind="stable", ignore_index=True)
    return Answer(table, _contact_statement(waits, len(market.tables.leads), table, by))


def _contact_statement(waits: pd.DataFrame, leads: int, table: pd.DataFrame, by: str | None) -> str:
    if len(waits) == 0:
        return "No lead has a status history, so the time to first contact can't be measured."
    within = reached_by(waits["days"], waits["is_contacted"], (1,))[0]
    text = (
        f"{format_percent(within)} of the {len(waits):,} leads with a history were contacted within a day;"
        f" {leads - len(waits):,} leads have no history."
    )
    if by and len(table) > 1:
        slow, fast = table.iloc[0], table.iloc[-1]
        text += (
            f" Within a day {by.removesuffix('_id')} {slow[by]} contacted {format_percent(slow['within_1_days'])},"
            f" {fast[by]} {format_percent(fast['within_1_days'])}."
        )
    return text


def contact_curve(market: Market) -> pd.DataFrame:
    """Share of leads contacted by age, Kaplan–Meier, per channel.

    Returns
    -------
    DataFrame
        One row per channel with at least ten leads with a history and day of age (0 to 60): ``channel, age_days,
        contacted`` (cumulative share); the channels with most leads first.
    """
    waits = first_contacts(market).merge(
        market.tables.campaigns[["campaign_id", "channel"]], on="campaign_id"
    )
    ages = np.arange(LAST_AGE + 1)
    sizes = waits["channel"].value_counts()
    parts = []
    for channel in sizes.index[sizes >= MINIMUM_LEADS]:
        group = waits[waits["channel"] == channel]
        shares = reached_by(group["days"], group["is_contacted"], tuple(ages))
        parts.append(pd.DataFrame({"channel": channel, "age_days": ages, "contacted": shares}))
    return pd.concat(parts or [pd.DataFrame(columns=["channel", "age_days", "contacted"])], ignore_index=True)


def time_to_qualification(market: Market) -> Answer:
    """Cumulative share of leads qualified by age, other final verdicts being competing exits.

    Aalen & Johansen (1978), Scand. J. Statist. 5:141: leaving as disqualified or junk ends the chance of
    being qualified, it is not censoring. Leads without history are left out.

    Returns
    -------
    Answer
        Table: one row per day of age (0 to 60): ``age_days, qualified, disqualified, junk`` (cumulative shares),
        ``at_risk`` (leads still open).
    """
    leads = lead_frame(market)
    known = _final_exits(market, leads)
    days, code = known["days"].to_numpy(), known["code"].to_numpy()
    ages = np.arange(LAST_AGE + 1)
    curves = {kind: _incidence(days, code, i + 1, ages) for i, kind in enumerate(FINAL_OUTCOMES)}
    at_risk = [int((days >= age).sum()) for age in ages]
    table = pd.DataFrame({"age_days": ages, **curves, "at_risk": at_risk})
    dated = known.loc[known["code"] == 1, "lead_id"]
    undated = int((leads["is_qualified"] & ~leads["lead_id"].isin(dated)).sum())
    return Answer(table, _qualification_statement(table, len(known), undated))


def time_to_qualification_by(market: Market, by: str) -> Answer:
    """Cumulative share qualified and disqualified by age, per ``channel`` or ``user_id``.

    Returns
    -------
    Answer
        Table: one row per group with at least ten leads with a history, most leads first: `by`, ``leads,
        qualified_within_7_days, qualified_within_30_days, qualified_within_60_days, disqualified_within_60_days``
        (shares, Aalen–Johansen).
    """
    known = _final_exits(market, lead_frame(market))
    rows = []
    for name, group in known.groupby(by, observed=True):
        if len(group) < MINIMUM_LEADS:
            continue
        days, code = group["days"].to_numpy(), group["code"].to_numpy()
        good = _incidence(days, code, 1, np.array([7, 30, LAST_AGE]))
        row = {by: name, "leads": len(group)}
        row |= {f"qualified_within_{m}_days": s for m, s in zip((7, 30, LAST_AGE), good, strict=True)}
        bad = _incidence(days, code, 2, np.array([LAST_AGE]))[0]
        rows.append(row | {f"disqualified_within_{LAST_AGE}_days": bad})
    names = [
        *(f"qualified_within_{m}_days" for m in (7, 30, LAST_AGE)),
        f"disqualified_within_{LAST_AGE}_days",
    ]
    table = pd.DataFrame(rows, columns=[by, "leads", *names])
    table = table.sort_values(["leads", by], ascending=[False, True], ignore_index=True)
    text = f"{format_count(len(table))} groups have {MINIMUM_LEADS} leads with a history or more."
    if table.empty:
        text = f"No group has {MINIMUM_LEADS} leads with a history, so their time to qualification can't be told."
    return Answer(table, text)


def _final_exits(market: Market, leads: pd.DataFrame) -> pd.DataFrame:
    """Leads with a history: ``lead_id, user_id, channel, days`` to the first final outcome and its ``code``.

    The code is the position in `FINAL_OUTCOMES` plus one, 0 while the lead is open.
    """
    events = market.tables.status_events.rename(columns={"status": "lead_status"})
    events = events.assign(outcome=lead_outcomes(events, market.params))
    exits = events[events["outcome"].isin(FINAL_OUTCOMES)]
    exits = exits.sort_values("changed_at", kind="stable").drop_duplicates("lead_id").set_index("lead_id")
    known = leads.loc[
        leads["lead_id"].isin(events["lead_id"]), ["lead_id", "user_id", "channel", "arrived_at"]
    ]
    end = _last_moment(market) if len(known) else pd.NaT
    moment = look_up(known["lead_id"], exits["changed_at"])
    code = look_up(known["lead_id"], exits["outcome"]).map({k: i + 1 for i, k in enumerate(FINAL_OUTCOMES)})
    days = ((moment.fillna(end) - known["arrived_at"]) / DAY).clip(lower=0)
    return known.assign(days=days, code=code.fillna(0).astype(int))


def _incidence(days: np.ndarray, code: np.ndarray, kind: int, ages: np.ndarray) -> np.ndarray:
    if len(days) == 0 or not (code == kind).any():
        return np.zeros(len(ages)) if len(days) else np.full(len(ages), np.nan)
    # statsmodels names causes 1, 2, ... without gaps, so the one asked for becomes 1 and the others 2
    cause = np.where(code == kind, 1, np.where(code > 0, 2, 0))
    # its variance, which is not used, has no value once nobody is left
    with np.errstate(divide="ignore", invalid="ignore"):
        curve = CumIncidenceRight(days, cause)
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
