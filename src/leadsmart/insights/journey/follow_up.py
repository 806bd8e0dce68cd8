"""Does a fast first contact go with qualified leads, and how good is the feedback of each business user?"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from leadsmart.insights.journey.durations import first_contacts, in_days
from leadsmart.insights.journey.verdicts import batch_verdicts, dated_verdicts
from leadsmart.insights.kpi.measures import lead_frame, user_feedback
from leadsmart.insights.methods.statistics import (
    Interval,
    mantel_haenszel,
    rate_interval,
    stratified_difference,
)
from leadsmart.market import Market
from leadsmart.market_tables import look_up

#: Upper end of each band of days to the first contact, and its name.
BANDS = ((1.0, "within a day"), (3.0, "1 to 3 days"), (7.0, "3 to 7 days"), (np.inf, "later"))


@dataclass(frozen=True)
class ContactSpeed:
    """Speed of the first contact against qualification; an association.

    Attributes
    ----------
    table : DataFrame
        One row per band, fastest first: ``first_contact`` (name), ``leads, verdicts, qualified`` (counts),
        ``qualified_rate, qualified_rate_low, qualified_rate_high, qualified_rate_range`` (over business users).
    ratio : Interval
        Qualified rate of leads contacted within a day over that of the others of the same business user.
    difference : Interval
        The same less that of the others (share).
    """

    table: pd.DataFrame
    ratio: Interval
    difference: Interval


def compare_contact_speed(market: Market) -> ContactSpeed:
    """Compare the qualified rate of leads by how soon they were contacted.

    Verdicts entered in batches are left out: their date says when someone tidied up, not when someone called.
    """
    events = market.tables.status_events
    batch = events.loc[events["is_batch"].astype(bool), "lead_id"]
    waits = first_contacts(market)
    waits = waits[waits["is_contacted"] & ~waits["lead_id"].isin(batch)]
    leads = lead_frame(market).merge(waits[["lead_id", "days"]], on="lead_id")
    edges = [-np.inf, *(end for end, _ in BANDS)]
    leads = leads.assign(first_contact=pd.cut(leads["days"], edges, labels=[name for _, name in BANDS]))
    table = leads.groupby("first_contact", observed=False).agg(
        leads=("lead_id", "size"), verdicts=("is_verdict", "sum"), qualified=("is_qualified", "sum")
    )
    minimum_users = market.params.minimum_users
    verdicts = leads[leads["is_verdict"]]
    ranges = []
    for name in table.index:
        users = verdicts[verdicts["first_contact"] == name].groupby("user_id")["is_qualified"]
        ranges.append(rate_interval(users.sum(), users.size(), minimum_clusters=minimum_users))
    table = table.assign(
        qualified_rate=[interval.estimate for interval in ranges],
        qualified_rate_low=[interval.low for interval in ranges],
        qualified_rate_high=[interval.high for interval in ranges],
        qualified_rate_range=[interval.label for interval in ranges],
    ).reset_index()
    cells = pd.DataFrame(
        {
            "user_id": verdicts["user_id"],
            "stratum": verdicts["channel"],
            "is_exposed": verdicts["days"] <= BANDS[0][0],
            "events": verdicts["is_qualified"].astype(int),
            "trials": 1,
        }
    )
    ratio = mantel_haenszel(cells, minimum_clusters=minimum_users)
    difference = stratified_difference(cells, minimum_clusters=minimum_users)
    return ContactSpeed(table.astype({"first_contact": "str"}), ratio, difference)


def feedback_quality(market: Market) -> pd.DataFrame:
    """Verdict coverage, delay and batches per business user.

    Parameters
    ----------
    market : Market

    Returns
    -------
    DataFrame
        One row per business user with leads, most leads without verdict first: ``user_id, leads, verdicts,
        verdict_coverage, feedback, median_delay_days`` (arrival to dated verdict), ``dated_verdicts,
        batch_verdicts, batch_share``.
    """
    leads = lead_frame(market)
    table = leads.groupby("user_id").agg(leads=("lead_id", "size"), verdicts=("is_verdict", "sum"))
    table["verdict_coverage"] = table["verdicts"] / table["leads"]
    table["feedback"] = user_feedback(market)
    dated = dated_verdicts(market).groupby("lead_id")["changed_at"].min()
    delay = in_days(look_up(leads["lead_id"], dated) - leads["arrived_at"])
    table["median_delay_days"] = delay.groupby(leads["user_id"]).median()
    table = table.join(batch_verdicts(market).table.set_index("user_id")).reset_index()
    counts = ["dated_verdicts", "batch_verdicts"]
    table[counts] = table[counts].astype(float).fillna(0.0)
    table = table.assign(without=table["leads"] - table["verdicts"])
    table = table.sort_values(["without", "user_id"], ascending=[False, True], ignore_index=True)
    return table.drop(columns="without")
