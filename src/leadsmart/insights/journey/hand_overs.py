"""Hand-overs: from which status leads move on, how long that takes, and where they are stuck with whom."""

import datetime as dt

import numpy as np
import pandas as pd

from leadsmart.formats import format_count, format_percent, format_status, format_value
from leadsmart.insights.answers import Answer
from leadsmart.insights.journey.durations import DAY, reached_by
from leadsmart.insights.kpi.measures import lead_frame
from leadsmart.market import Market, look_up
from leadsmart.vocabulary import OUTCOME_UNDECIDED, OUTCOME_UNREACHABLE, UNIT_DAYS

#: A status needs so many leads to be spoken of, and a lead so many days in it to count as stuck.
MINIMUM_LEADS = 10
STUCK_DAYS = 30
COLUMNS = (
    "status", "leads", "moved_within_7_days", "moved_within_30_days", "median_days", "still_there", "stuck",
    "user_id", "stuck_at_user",
)  # fmt: skip


def slow_hand_overs(market: Market) -> Answer:
    """How fast leads leave each status that is not final, and which business user holds most of those stuck in it.

    Kaplan–Meier over leads with a history; a lead that is still in its status counts as waiting up to `as_of`. Final
    are deals and statuses that stand for a verdict or junk.

    Returns
    -------
    Answer
        Table: one row per status with at least ten leads, most stuck leads first: ``status, leads`` (that entered
        it), ``moved_within_7_days, moved_within_30_days`` (shares), ``median_days`` (of those that moved),
        ``still_there, stuck`` (counts; stuck: for over 30 days), ``user_id, stuck_at_user`` (the business user with
        most of the stuck, and how many).
    """
    stays = _stays(market)
    rows = [_row(status, group) for status, group in stays.groupby("status") if len(group) >= MINIMUM_LEADS]
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    table = table.sort_values(["stuck", "status"], ascending=[False, True], ignore_index=True)
    return Answer(table, _statement(table))


def _stays(market: Market) -> pd.DataFrame:
    """One row per lead and status it was in: ``user_id, status, days`` and whether it ``moved`` on."""
    leads = lead_frame(market)
    events = market.tables.status_events.sort_values(["lead_id", "changed_at"], kind="stable")
    arrivals = leads.loc[leads["lead_id"].isin(events["lead_id"]), ["lead_id", "arrived_at"]]
    first = arrivals.assign(status="NEW_LEAD").rename(columns={"arrived_at": "changed_at"})
    # the export notes some arrivals as an event of their own
    log = pd.concat([first, events[["lead_id", "status", "changed_at"]]], ignore_index=True)
    log = log.sort_values(["lead_id", "changed_at"], kind="stable", ignore_index=True)
    log = log[log["status"] != log.groupby("lead_id")["status"].shift()].reset_index(drop=True)
    following = log.groupby("lead_id")["changed_at"].shift(-1)
    end = pd.Timestamp(market.as_of + dt.timedelta(days=1)).tz_localize(log["changed_at"].dt.tz)
    final = [s for outcome, listed in market.params.outcome_statuses.items() for s in listed
             if outcome not in (OUTCOME_UNDECIDED, OUTCOME_UNREACHABLE)]  # fmt: skip
    return pd.DataFrame(
        {
            "user_id": look_up(log["lead_id"], leads.set_index("lead_id")["user_id"]),
            "status": log["status"],
            "days": ((following.fillna(end) - log["changed_at"]) / DAY).clip(lower=0),
            "moved": following.notna(),
        }
    )[~log["status"].isin([*final, *market.params.deal_statuses])]


def _row(status: str, stays: pd.DataFrame) -> dict[str, object]:
    moved = stays["moved"]
    week, month = reached_by(stays["days"], moved, (7, STUCK_DAYS))
    stuck = stays[~moved & (stays["days"] > STUCK_DAYS)]
    holders = stuck.groupby("user_id").size().sort_values(ascending=False, kind="stable")
    return {
        "status": status,
        "leads": len(stays),
        "moved_within_7_days": week,
        "moved_within_30_days": month,
        "median_days": stays.loc[moved, "days"].median(),
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
    slowest = table.loc[table["moved_within_30_days"].idxmin()]
    text += (
        f" Slowest to move on is {format_status(slowest['status'])}: {format_percent(slowest['moved_within_30_days'])}"
        f" within {format_value(STUCK_DAYS, UNIT_DAYS)}."
    )
    return text
