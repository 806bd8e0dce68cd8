"""Hand-overs: from which status leads move on, how long that takes, and where they are stuck with whom."""

import datetime as dt

import numpy as np
import pandas as pd

from leadsmart.formats import format_count, format_percent, format_status, format_value
from leadsmart.insights.answers import Answer
from leadsmart.insights.journey.durations import MINIMUM_LEADS, describe_groups, in_days, reached_by
from leadsmart.insights.kpi.measures import lead_frame, lead_outcomes
from leadsmart.market import Market
from leadsmart.market_tables import look_up
from leadsmart.vocabulary import OUTCOME_UNDECIDED, OUTCOME_UNREACHABLE, UNIT_DAYS

#: Outcomes of leads that somebody can still move on.
OPEN_OUTCOMES = (OUTCOME_UNDECIDED, OUTCOME_UNREACHABLE)
#: Days after which a lead counts as stuck in its status.
STUCK_DAYS = 30
HAND_OVER_COLUMNS = [
    "status", "leads", "moved_within_7_days", "moved_within_30_days", "median_days", "still_there", "stuck",
    "user_id", "stuck_at_user",
]  # fmt: skip


def slow_hand_overs(market: Market) -> Answer:
    """How fast leads leave each status that is not final, and which business user holds most of those stuck in it.

    Kaplan–Meier over leads with a history; a lead that is still in its status counts as waiting up to `as_of`. Final
    are deals and statuses that stand for a verdict or junk.

    Parameters
    ----------
    market : Market

    Returns
    -------
    Answer
        Table: one row per status with at least ten leads, most stuck leads first: ``status, leads`` (that entered
        it), ``moved_within_7_days, moved_within_30_days`` (shares), ``median_days`` (of those that moved),
        ``still_there, stuck`` (counts; stuck: for over 30 days), ``user_id, stuck_at_user`` (the business user with
        most of the stuck, and how many).
    """
    rows = describe_groups(_stays(market), "status", _describe_stays)
    table = pd.DataFrame(rows, columns=HAND_OVER_COLUMNS)
    table = table.sort_values(["stuck", "status"], ascending=[False, True], ignore_index=True)
    return Answer(table, _statement(table))


def _stays(market: Market) -> pd.DataFrame:
    """One row per lead and status it was in: ``user_id, status, days`` and whether it ``moved`` on."""
    leads, events = lead_frame(market), market.tables.status_events
    arrivals = leads.loc[leads["lead_id"].isin(events["lead_id"]), ["lead_id", "arrived_at"]]
    first = arrivals.assign(status="NEW_LEAD").rename(columns={"arrived_at": "changed_at"})
    log = pd.concat([first, events[["lead_id", "status", "changed_at"]]], ignore_index=True)
    log = log.sort_values(["lead_id", "changed_at"], kind="stable", ignore_index=True)
    # the export notes some arrivals as an event of their own
    log = log[log["status"] != log.groupby("lead_id")["status"].shift()].reset_index(drop=True)
    following = log.groupby("lead_id")["changed_at"].shift(-1)
    end = pd.Timestamp(market.as_of + dt.timedelta(days=1)).tz_localize(log["changed_at"].dt.tz)
    stays = pd.DataFrame(
        {
            "user_id": look_up(log["lead_id"], leads.set_index("lead_id")["user_id"]),
            "status": log["status"],
            "days": in_days(following.fillna(end) - log["changed_at"]).clip(lower=0),
            "moved": following.notna(),
        }
    )
    is_open = lead_outcomes(log.rename(columns={"status": "lead_status"}), market.params).isin(OPEN_OUTCOMES)
    return stays[is_open & ~log["status"].isin(market.params.deal_statuses)]


def _describe_stays(stays: pd.DataFrame) -> dict[str, object]:
    days, moved = stays["days"], stays["moved"]
    week, month = reached_by(days, moved, (7, STUCK_DAYS))
    stuck = stays[~moved & (days > STUCK_DAYS)]
    holders = stuck.groupby("user_id").size().sort_values(ascending=False, kind="stable")
    return {
        "moved_within_7_days": week,
        "moved_within_30_days": month,
        "median_days": days[moved].median(),
        "still_there": int((~moved).sum()),
        "stuck": len(stuck),
        "user_id": holders.index[0] if len(holders) else "",
        "stuck_at_user": int(holders.iloc[0]) if len(holders) else np.nan,
    }


def _statement(table: pd.DataFrame) -> str:
    if table.empty:
        return f"No status has {MINIMUM_LEADS} leads with a history, so hand-overs can't be timed."
    worst = table.iloc[0]
    if worst["stuck"] == 0:
        return f"No lead with a history has been in an open status for over {STUCK_DAYS} days."
    text = (
        f"Most leads are stuck as {format_status(worst['status'])}: {format_count(worst['stuck'])} of"
        f" {format_count(worst['leads'])} for over {STUCK_DAYS} days, {format_count(worst['stuck_at_user'])} of them at"
        f" user {worst['user_id']}."
    )
    slowest = table.iloc[table["moved_within_30_days"].argmin()]
    text += (
        f" Slowest to move on is {format_status(slowest['status'])}: {format_percent(slowest['moved_within_30_days'])}"
        f" within {format_value(STUCK_DAYS, UNIT_DAYS)}."
    )
    return text
