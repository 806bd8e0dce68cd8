"""What sales do with a lead: its status today and the changes that led there.

NEW_LEAD → contacted (no answer, junk, or engaged) → engaged → verdict → meeting → deal. Whatever would happen
after the export's last day has not happened yet. One lead in three that sales decide on is entered in a
batch: the user's verdicts of about ten days in the same minute.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from leadsmart.sample.effects import PlantedEffects
from leadsmart.sample.messages import INTENTS
from leadsmart.sample.streams import stream
from leadsmart.sample.world import HABITS, LAST_DAY, MARKETS, World

STATUSES: Final = (
    "NEW_LEAD", "UNKNOWN", "NO_ANSWER", "SWITCHED_OFF", "SPAM", "WRONG_NUMBER", "CALL_AGAIN", "FOLLOW_UP", "WHATSAPP",
    "QUALIFIED", "NOT_QUALIFIED", "HIGH_INTEREST", "MEETING_DONE", "DONE_DEAL", "LOW_BUDGET", "ALREADY_BOUGHT",
    "RESALE_REQUEST",
)  # fmt: skip
_CODE = {status: code for code, status in enumerate(STATUSES)}
VERDICTS: Final = (_CODE["QUALIFIED"], _CODE["NOT_QUALIFIED"])

NO_HISTORY_SHARE: Final = 0.4
JUNK_SHARE: Final = 0.04
JUNK_SHARE_AGENTS: Final = 0.25
BATCH_SHARE: Final = 0.36
#: Share of decided leads, good or not, whose status says it in other words (a deal, LOW_BUDGET …).
OTHER_WORDS_SHARE: Final = 0.08
_BATCH_PERIOD = 10 * 86_400
_HOUR, _DAY = 3_600, 86_400
_END = (LAST_DAY.astype(np.int64) + 1) * _DAY - 1


@dataclass(frozen=True)
class LeadHistory:
    """What sales did with the leads of a sample.

    Attributes
    ----------
    status : ndarray
        Code in `STATUSES` of each lead on the last day.
    has_history : ndarray
        Whether the export holds the lead's status changes.
    events : DataFrame
        One row per change, by lead and time: ``lead`` (position), ``status`` (code), ``at`` (seconds since 1970, local).
    """

    status: np.ndarray
    has_history: np.ndarray
    events: pd.DataFrame


def draw_history(leads: pd.DataFrame, world: World, seed: int, effects: PlantedEffects) -> LeadHistory:
    """Draw status and history of every lead.

    Parameters
    ----------
    leads : DataFrame
        See `LeadDraw`.
    world : World
    seed : int
    effects : PlantedEffects

    Returns
    -------
    LeadHistory
    """
    n = len(leads)
    user = leads["user"].to_numpy()
    users = {name: world.users[name].to_numpy()[user] for name in world.users.columns}
    arrived = leads["arrived_at"].to_numpy()
    good = leads["is_good"].to_numpy()
    uniform = stream(seed, "journeys").random((9, n))
    normal = stream(seed, "delays").standard_normal((5, n))

    touch = users["touch_rate"] * MARKETS["touch_ratio"].to_numpy()[leads["market"].to_numpy()]
    contact_at = arrived + _seconds(users["contact_hours"] * _HOUR, 1.0, normal[0])
    contacted = (uniform[0] < touch) & (contact_at <= _END)

    # agents and job seekers are recognised as such only as far as intent tells anything at all
    agent = (leads["intent"].to_numpy() == INTENTS.index("job_agent")) & (effects.message_intent_scale != 0)
    junk = contacted & (uniform[1] < np.where(agent, JUNK_SHARE_AGENTS, JUNK_SHARE))
    engaged_at = contact_at + _seconds(0.5 * _DAY, 1.0, normal[1])
    engaged = contacted & ~junk & (uniform[2] < users["engaged_rate"]) & (engaged_at <= _END)

    habit = users["habit"]
    records = np.where(
        good, habit != HABITS.index("only_disqualified"), habit != HABITS.index("only_qualified")
    )
    records &= habit != HABITS.index("never")
    decided_at = engaged_at + _seconds(4 * _DAY, 0.9, normal[2])
    phase = users["batch_phase"]
    batch_at = ((decided_at - phase) // _BATCH_PERIOD + 1) * _BATCH_PERIOD + phase
    decided_at = np.where(uniform[3] < BATCH_SHARE, batch_at, decided_at)
    decided = engaged & records & (uniform[4] < users["verdict_rate"]) & (decided_at <= _END)
    in_words = decided & (uniform[5] < OTHER_WORDS_SHARE)

    meeting = in_words & good & (uniform[6] >= 0.4)
    meeting_at = decided_at + _seconds(6 * _DAY, 0.5, normal[3])
    met = meeting & (meeting_at <= _END)
    deal_at = meeting_at + _seconds(12 * _DAY, 0.5, normal[4])
    deal = met & (uniform[6] >= 0.6) & (deal_at <= _END)

    first = np.where(uniform[7] < 0.85, _CODE["NO_ANSWER"], _CODE["SWITCHED_OFF"])
    first = np.where(junk, np.where(uniform[7] < 0.5, _CODE["SPAM"], _CODE["WRONG_NUMBER"]), first)
    middle = _CODE["CALL_AGAIN"] + np.minimum(np.floor(3 * uniform[8]), 2).astype(int)
    verdict = np.where(good, _CODE["QUALIFIED"], _CODE["NOT_QUALIFIED"])
    verdict = np.where(in_words & good & ~meeting, _CODE["HIGH_INTEREST"], verdict)
    softer = _CODE["LOW_BUDGET"] + np.searchsorted([0.7, 0.85], uniform[6], side="right")
    verdict = np.where(in_words & ~good, softer, verdict)

    status = np.full(n, _CODE["NEW_LEAD"])
    steps = [
        (np.ones(n, dtype=bool), status, arrived),
        # most who engage do so at the first call: no earlier NO_ANSWER
        (contacted & (~engaged | (uniform[7] < 0.25)), first, contact_at),
        (engaged, middle, np.where(uniform[7] < 0.25, engaged_at, contact_at)),
        (decided, verdict, decided_at),
        (met, np.full(n, _CODE["MEETING_DONE"]), meeting_at),
        (deal, np.full(n, _CODE["DONE_DEAL"]), deal_at),
    ]
    for happened, code, _ in steps:
        status = np.where(happened, code, status)

    has_history = stream(seed, "history").random(n) >= NO_HISTORY_SHARE
    events = _events(steps, has_history)
    status = np.where(~contacted & ~has_history, _CODE["UNKNOWN"], status)
    return LeadHistory(status, has_history, events)


def _seconds(median: np.ndarray | float, sigma: float, normal: np.ndarray) -> np.ndarray:
    return np.ceil(median * np.exp(sigma * normal)).astype(np.int64)


def _events(steps: list[tuple[np.ndarray, np.ndarray, np.ndarray]], has_history: np.ndarray) -> pd.DataFrame:
    parts = []
    for happened, status, moment in steps:
        lead = np.flatnonzero(happened & has_history)
        parts.append(pd.DataFrame({"lead": lead, "status": status[lead], "at": moment[lead]}))
    return pd.concat(parts).sort_values(["lead", "at"], kind="stable", ignore_index=True)


def is_batch_entry(events: pd.DataFrame, user: np.ndarray) -> np.ndarray:
    """Whether an event is a verdict entered in the same minute as another verdict of the same user.

    Parameters
    ----------
    events : DataFrame
        See `LeadHistory`.
    user : ndarray of int
        Position of the business user of each lead.

    Returns
    -------
    ndarray of bool
    """
    is_verdict = np.isin(events["status"].to_numpy(), VERDICTS)
    minute = events["at"].to_numpy() // 60
    key = user[events["lead"].to_numpy()].astype(np.int64) * 10**9 + minute
    _, group, size = np.unique(key[is_verdict], return_inverse=True, return_counts=True)
    result = np.zeros(len(events), dtype=bool)
    result[is_verdict] = size[group] >= 2
    return result
