"""The present status of each lead: its own, or that of its last event where its own is older.

A lead's own status has no date. It is older than the last event where it says nothing yet (new, unknown, or a word
without a meaning), or where the history has it before the last event. A status that the history does not have was
set without an event, or after the history ends, and counts. Whether a return to a status of before is such a change
can't be seen from one lead; where changes without an event are the rule, it is taken for one.

Where most of the leads that were worked on, by their history, have an own status that says nothing, nobody keeps that
column: of a lead without an event nothing was observed, so that it is UNKNOWN, not new.
"""

from typing import Final

import pandas as pd

from leadsmart.cleaning.tables.leads import NO_STATUS
from leadsmart.cleaning.values.statuses import known_statuses
from leadsmart.market_tables import look_up
from leadsmart.params import Params
from leadsmart.vocabulary import UNTOUCHED_STATUSES

#: In so many leads that were worked on an own status that says nothing shows that nobody keeps the column.
MOST: Final = 0.5
#: Fewer leads that were worked on show nothing of a column.
FEWEST: Final = 5


def settle_statuses(
    leads: pd.DataFrame, events: pd.DataFrame, params: Params
) -> tuple[pd.Series, dict[str, pd.Series]]:
    """Present statuses, and the rules that hold a lead against its history.

    Parameters
    ----------
    leads, events : DataFrame
        Clean rows; events of one moment in the order in which they happened.
    params : Params
        Which statuses have a meaning.

    Returns
    -------
    (Series of str, dict)
        The status of each lead, and rule -> the leads.
    """
    own = leads["lead_status"]
    history = events.sort_values("changed_at", kind="stable")
    at_last = history["changed_at"].eq(history.groupby("lead_id")["changed_at"].transform("max"))
    is_own = history["status"].eq(look_up(history["lead_id"], leads.set_index("lead_id")["lead_status"]))
    last = look_up(leads["lead_id"], _last_of(history[at_last]))
    differs = last.notna() & ~leads["lead_id"].isin(history.loc[at_last & is_own, "lead_id"])
    known = known_statuses(params)
    says_nothing = own.isin(UNTOUCHED_STATUSES) | ~own.isin(known)
    was_worked = last.isin(known - UNTOUCHED_STATUSES)
    was_before = (
        differs & ~says_nothing & last.isin(known) & leads["lead_id"].isin(history.loc[is_own, "lead_id"])
    )
    is_without_event = differs & ~says_nothing & ~was_before
    if is_without_event.sum() >= was_before.sum():
        was_before &= False
    older = was_before | (differs & says_nothing & was_worked)
    is_kept = was_worked.sum() < FEWEST or says_nothing[was_worked].mean() <= MOST
    unobserved = last.isna() & own.isin(UNTOUCHED_STATUSES) & own.ne(NO_STATUS) & (not is_kept)
    matches = {
        "no_history": last.isna(),
        "older_status": older,
        "unobserved_status": unobserved,
        "status_differs": differs & ~older,
    }
    return own.mask(older, last).mask(unobserved, NO_STATUS), matches


def _last_of(events: pd.DataFrame) -> pd.Series:
    """Status of each lead's last event, of several at one moment the last that says something. Index: lead id."""
    ordered = events.assign(says=~events["status"].isin(UNTOUCHED_STATUSES)).sort_values(
        "says", kind="stable"
    )
    return ordered.drop_duplicates("lead_id", keep="last").set_index("lead_id")["status"]
