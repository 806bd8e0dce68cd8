"""The funnel: how far leads get, where they leave, and how statuses follow each other."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from leadsmart.formats import format_count, format_interval, format_percent, format_status
from leadsmart.insights.answers import Answer
from leadsmart.insights.journey.durations import time_to_contact, time_to_qualification
from leadsmart.insights.journey.hand_overs import slow_hand_overs
from leadsmart.insights.kpi.measures import lead_frame
from leadsmart.insights.methods.statistics import rate_interval
from leadsmart.market import Market
from leadsmart.params import Params
from leadsmart.vocabulary import OUTCOME_QUALIFIED, OUTCOME_UNDECIDED, UNTOUCHED_STATUSES

__all__ = [
    "Funnel",
    "aggregate_funnel",
    "batch_verdicts",
    "follow_up_steps",
    "slow_hand_overs",
    "stage_reached",
    "status_transitions",
    "time_to_contact",
    "time_to_qualification",
]

ARRIVED = "arrived"


@dataclass(frozen=True)
class Funnel:
    """How far leads get.

    Attributes
    ----------
    table : DataFrame
        One row per stage, in order: ``stage, leads`` (reached), ``without_history`` (of them, leads without any
        status event), ``step_rate`` (reached the next / reached this; NaN for the last), ``step_rate_low,
        step_rate_high``, ``step_rate_range`` (what the range is called), ``stopped`` (leads that reached this
        stage and none later).
    exits : DataFrame
        One row per last stage and present status: ``stage, lead_status, leads, share`` (of those stopped there).
    statement : str
    """

    table: pd.DataFrame
    exits: pd.DataFrame
    statement: str


def stage_names(params: Params) -> list[str]:
    """The stages in order, arrival first."""
    return [ARRIVED, *params.funnel_stages]


def stage_reached(market: Market) -> pd.DataFrame:
    """The furthest stage of each lead, by its present status and its whole history.

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
    """Steps (position of the stage they start from) that end before a verdict is needed.

    Later steps depend on whether and how a business user records verdicts, which finding 1 speaks of.
    """
    names = list(params.funnel_stages)
    verdict = set(params.qualified_statuses)
    before = next(
        (i for i, name in enumerate(names) if verdict & set(params.funnel_stages[name])), len(names)
    )
    return list(range(before))


def aggregate_funnel(market: Market) -> Funnel:
    """Count stages, steps and exits; a lead reached a stage if it has or had one of its or a later's statuses.

    ``step_rate`` = leads that reached stage i+1 / leads that reached stage i.
    """
    reached = stage_reached(market)
    names = stage_names(market.params)
    rows = []
    for place, name in enumerate(names):
        here = reached[reached["stage"] >= place]
        further = here["stage"] > place
        row = {"stage": name, "leads": len(here), "without_history": int((~here["has_history"]).sum())}
        if place < len(names) - 1 and len(here):
            row |= _step(here["user_id"], further, market.params)
        row["stopped"] = int((~further).sum())
        rows.append(row)
    columns = ["stage", "leads", "without_history", "step_rate", "step_rate_low", "step_rate_high"]
    table = pd.DataFrame(rows, columns=[*columns, "step_rate_range", "stopped"])
    exits = reached.assign(stage=reached["stage"].map(dict(enumerate(names))))
    exits = exits.groupby(["stage", "lead_status"], observed=True).size().rename("leads").reset_index()
    exits["share"] = exits["leads"] / exits.groupby("stage")["leads"].transform("sum")
    exits["stage"] = pd.Categorical(exits["stage"], names, ordered=True)
    exits = exits.sort_values(["stage", "leads"], ascending=[True, False], kind="stable", ignore_index=True)
    return Funnel(table, exits.astype({"stage": "str"}), _funnel_statement(table, reached, market.params))


def _step(users: pd.Series, further: pd.Series, params: Params) -> dict[str, object]:
    per_user = further.groupby(users).agg(["sum", "size"])
    interval = rate_interval(per_user["sum"], per_user["size"], minimum_clusters=params.minimum_users)
    return {
        "step_rate": float(further.mean()),
        "step_rate_low": interval.low,
        "step_rate_high": interval.high,
        "step_rate_range": interval.label,
    }


def _funnel_statement(table: pd.DataFrame, reached: pd.DataFrame, params: Params) -> str:
    steps = table[table["step_rate"].notna()]
    if steps.empty:
        return "There are no leads, so there is no funnel."
    position = steps["stopped"].idxmax()
    worst, following = table.loc[position], table.loc[position + 1, "stage"]
    rate = format_interval(worst["step_rate"], worst["step_rate_low"], worst["step_rate_high"], "share")
    bare = int((~reached["has_history"]).sum())
    text = f"Most leads stop after {worst['stage']}: {rate} of {format_count(worst['leads'])} went on to {following}."
    if bare:
        share = format_percent(bare / len(reached))
        text += f" {format_count(bare)} leads ({share}) have no status history, only a present status."
    stage = next(
        (n for n, s in params.funnel_stages.items() if set(s) & set(params.qualified_statuses)), None
    )
    today = int((reached["outcome"] == OUTCOME_QUALIFIED).sum())
    ever = (
        int((reached["stage"] >= names.index(stage)).sum())
        if stage in (names := stage_names(params))
        else today
    )
    if ever != today:
        text += (
            f" Stages count what a lead ever reached, by its present and past statuses: {format_count(ever)} reached"
            f" {stage}, while {format_count(today)} are qualified leads today."
        )
    return text


def status_transitions(market: Market) -> Answer:
    """How often one status follows another in the history of a lead.

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
            "days": (events["changed_at"] - before["changed_at"]) / pd.Timedelta(days=1),
        }
    ).dropna(subset=["from_status"])
    table = pairs.groupby(["from_status", "to_status"])["days"].agg(changes="size", median_days="median")
    table = table.reset_index()
    table["share"] = table["changes"] / table.groupby("from_status")["changes"].transform("sum")
    table = table.sort_values(
        ["changes", "from_status"], ascending=[False, True], kind="stable", ignore_index=True
    )
    table = table[["from_status", "to_status", "changes", "share", "median_days"]]
    if table.empty:
        return Answer(table, "No lead's status ever changed in the history.")
    first = table.iloc[0]
    return Answer(
        table,
        f"The most frequent change is from {format_status(first['from_status'])} to"
        f" {format_status(first['to_status'])}:"
        f" {format_count(first['changes'])} of {format_count(table['changes'].sum())}.",
    )


def batch_verdicts(market: Market) -> Answer:
    """How many verdicts business users entered in batches, whose dates say little about the sale.

    Returns
    -------
    Answer
        Table: one row per user with dated verdicts, most batch entries first: ``user_id, dated_verdicts,
        batch_verdicts, batch_share``.
    """
    verdict_statuses = [*market.params.qualified_statuses, *market.params.disqualified_statuses]
    events = market.tables.status_events
    verdicts = events[events["status"].isin(verdict_statuses)]
    user = market.tables.leads.merge(
        market.tables.campaigns[["campaign_id", "user_id"]], on="campaign_id", how="left"
    )
    user = user.set_index("lead_id")["user_id"]
    table = (
        verdicts.assign(user_id=verdicts["lead_id"].map(user), is_batch=verdicts["is_batch"].astype(bool))
        .groupby("user_id")["is_batch"]
        .agg(dated_verdicts="size", batch_verdicts="sum")
        .reset_index()
    )
    table["batch_share"] = table["batch_verdicts"] / table["dated_verdicts"]
    table = table.sort_values("batch_verdicts", ascending=False, kind="stable", ignore_index=True)
    total, batch = table["dated_verdicts"].sum(), table["batch_verdicts"].sum()
    if total == 0:
        return Answer(table, "No verdict is dated, so batches can't be seen.")
    text = f"{format_percent(batch / total)} of {format_count(total)} dated verdicts were entered in batches."
    first = table.iloc[0]
    if first["batch_verdicts"] and len(table) > 1:
        text += (
            f" Most of them by user {first['user_id']}: {format_count(first['batch_verdicts'])} of"
            f" {format_count(first['dated_verdicts'])}."
        )
    return Answer(table, text)


def untouched_share(reached: pd.DataFrame) -> float:
    """Share of leads whose status says that nothing was done yet."""
    untouched = reached["lead_status"].isin(UNTOUCHED_STATUSES) & (reached["outcome"] == OUTCOME_UNDECIDED)
    return float(untouched.mean()) if len(reached) else float("nan")
