"""The funnel: how far leads get, where they leave, and how statuses follow each other."""

import numpy as np
import pandas as pd

from leadsmart.formats import format_count, format_interval, format_percent, format_status
from leadsmart.insights.answers import Answer
from leadsmart.insights.journey.durations import in_days
from leadsmart.insights.kpi.measures import lead_frame
from leadsmart.insights.methods.statistics import rate_interval
from leadsmart.market import Market, computed_once
from leadsmart.params import Params
from leadsmart.vocabulary import OUTCOME_QUALIFIED

ARRIVED = "arrived"
NO_HISTORY = "No lead has a status history, so changes of status can't be seen."

FUNNEL_COLUMNS = [
    "stage", "leads", "without_history", "step_rate", "step_rate_low", "step_rate_high", "step_rate_range", "stopped",
]  # fmt: skip


def stage_names(params: Params) -> list[str]:
    """The stages in order, arrival first."""
    return [ARRIVED, *params.funnel_stages]


@computed_once
def stage_reached(market: Market) -> pd.DataFrame:
    """The furthest stage of each lead, by its present status and its whole history.

    Parameters
    ----------
    market : Market

    Returns
    -------
    DataFrame
        One row per lead: ``lead_id, campaign_id, user_id, channel, lead_status, outcome`` (str), ``stage`` (position, 0 is
        arrived), ``has_history`` (bool), ``arrived_at``.
    """
    position: dict[str, int] = {}
    for place, statuses in enumerate(market.params.funnel_stages.values(), start=1):
        position |= {status: max(place, position.get(status, 0)) for status in statuses}
    leads = lead_frame(market)
    events = market.tables.status_events
    past = events["status"].map(position).fillna(0).groupby(events["lead_id"]).max()
    stage = np.maximum(leads["lead_status"].map(position).fillna(0), leads["lead_id"].map(past).fillna(0))
    columns = ["lead_id", "campaign_id", "user_id", "channel", "lead_status", "outcome", "arrived_at"]
    return leads[columns].assign(
        stage=stage.astype(int), has_history=leads["lead_id"].isin(events["lead_id"])
    )


def follow_up_steps(params: Params) -> list[int]:
    """Steps that end before a verdict is needed, by the position of the stage they start from.

    Later steps depend on whether and how a business user records verdicts, which finding 1 speaks of.
    """
    names = list(params.funnel_stages)
    verdict = set(params.qualified_statuses)
    before = next(
        (i for i, name in enumerate(names) if verdict & set(params.funnel_stages[name])), len(names)
    )
    return list(range(before))


def aggregate_funnel(market: Market) -> Answer:
    """Count stages and steps; a lead reached a stage if it has or had one of its or a later's statuses.

    ``step_rate`` = leads that reached stage i+1 / leads that reached stage i.

    Parameters
    ----------
    market : Market

    Returns
    -------
    Answer
        Table: one row per stage, in order: ``stage, leads`` (reached), ``without_history`` (of them, leads without
        any status event), ``step_rate`` (reached the next / reached this; NaN for the last), ``step_rate_low,
        step_rate_high``, ``step_rate_range`` (what the range is called), ``stopped`` (leads that reached this stage
        and none later).
    """
    reached = stage_reached(market)
    names = stage_names(market.params)
    rows: list[dict[str, object]] = []
    if len(reached) and (reached["stage"] == 0).all() and not reached["has_history"].any():
        table = pd.DataFrame(rows, columns=FUNNEL_COLUMNS)
        return Answer(table, "No status says what became of any lead, so how far leads get can't be told.")
    for place, name in enumerate(names):
        here = reached[reached["stage"] >= place]
        further = here["stage"] > place
        row = {"stage": name, "leads": len(here), "without_history": int((~here["has_history"]).sum())}
        if place < len(names) - 1 and len(here):
            users = further.groupby(here["user_id"])
            interval = rate_interval(users.sum(), users.size(), minimum_clusters=market.params.minimum_users)
            row |= {"step_rate": float(further.mean()), "step_rate_range": interval.label}
            row |= {"step_rate_low": interval.low, "step_rate_high": interval.high}
        rows.append(row | {"stopped": int((~further).sum())})
    table = pd.DataFrame(rows, columns=FUNNEL_COLUMNS)
    return Answer(table, _funnel_statement(table, reached, market.params))


def _funnel_statement(table: pd.DataFrame, reached: pd.DataFrame, params: Params) -> str:
    steps = table[table["step_rate"].notna()]
    if steps.empty:
        return "There are no leads, so there is no funnel."
    place = int(steps["stopped"].argmax())
    worst, following = steps.iloc[place], table["stage"].iloc[place + 1]
    rate = format_interval(worst["step_rate"], worst["step_rate_low"], worst["step_rate_high"], "share")
    text = f"Most leads stop after {worst['stage']}: {rate} of {format_count(worst['leads'])} went on to {following}."
    bare = int((~reached["has_history"]).sum())
    if bare == len(reached):
        text += (
            " No lead has a status history, so stages are those that present statuses show: a lead that went back counts"
            " for where it is now."
        )
    elif bare:
        share = format_percent(bare / len(reached))
        text += f" {format_count(bare)} leads ({share}) have no status history, only a present status."
    qualified = set(params.qualified_statuses)
    stage = next((name for name, listed in params.funnel_stages.items() if qualified & set(listed)), None)
    today = int((reached["outcome"] == OUTCOME_QUALIFIED).sum())
    ever = int(table.loc[table["stage"] == stage, "leads"].sum())
    if stage is not None and ever != today:
        text += (
            f" Stages count what a lead ever reached, by its present and past statuses: {format_count(ever)} reached"
            f" {stage}, while {format_count(today)} are qualified leads today."
        )
    return text


def status_transitions(market: Market) -> Answer:
    """How often one status follows another in the history of a lead.

    Parameters
    ----------
    market : Market

    Returns
    -------
    Answer
        Table: one row per pair, most frequent first: ``from_status, to_status, changes, share`` (of the changes
        from that status), ``median_days`` (between the two).
    """
    events = market.tables.status_events.sort_values(["lead_id", "changed_at"], kind="stable")
    before = events.groupby("lead_id")[["status", "changed_at"]].shift()
    pairs = pd.DataFrame(
        {
            "from_status": before["status"],
            "to_status": events["status"],
            "days": in_days(events["changed_at"] - before["changed_at"]),
        }
    ).dropna(subset=["from_status"])
    table = pairs.groupby(["from_status", "to_status"], as_index=False).agg(
        changes=("days", "size"), median_days=("days", "median")
    )
    share = table["changes"] / table.groupby("from_status")["changes"].transform("sum")
    table.insert(3, "share", share)
    table = table.sort_values(
        ["changes", "from_status"], ascending=[False, True], kind="stable", ignore_index=True
    )
    if table.empty:
        known = "No lead's status ever changed in the history." if len(events) else NO_HISTORY
        return Answer(table, known)
    first = table.iloc[0]
    return Answer(
        table,
        f"The most frequent change is from {format_status(first['from_status'])} to"
        f" {format_status(first['to_status'])}:"
        f" {format_count(first['changes'])} of {format_count(table['changes'].sum())}.",
    )
