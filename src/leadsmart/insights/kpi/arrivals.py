"""When leads arrive: by weekday and hour."""

import numpy as np

from leadsmart.formats import format_percent
from leadsmart.insights.answers import Answer
from leadsmart.insights.kpi.measures import aggregate_kpis, lead_frame
from leadsmart.market import Market
from leadsmart.suppression import SUPPRESSED

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def arrivals_by_hour(market: Market) -> Answer:
    """When leads arrive, in the market's local time.

    Parameters
    ----------
    market : Market

    Returns
    -------
    Answer
        Table: one row per weekday and hour with leads, Monday first: ``weekday`` (name), ``hour`` (0 to 23),
        ``leads`` (count; missing where it is hidden), ``suppressed`` (why it is hidden, or "").
    """
    by = ["weekday", "hour"]
    table = aggregate_kpis(market, by)[[*by, "leads", SUPPRESSED]]
    table = table.assign(weekday=table["weekday"].map(dict(enumerate(WEEKDAYS))))
    leads = lead_frame(market)
    days, hours = (np.bincount(leads[column], minlength=1) for column in by)
    if table.empty:
        return Answer(table, "There are no leads.")
    if hours.max() < market.params.minimum_people:
        return Answer(table, "There are too few leads to say when they arrive.")
    statement = (
        f"Most leads arrive on {WEEKDAYS[days.argmax()]} ({format_percent(days.max() / len(leads))}), and in the hour from "
        f"{hours.argmax():02d}:00 ({format_percent(hours.max() / len(leads))})."
    )
    return Answer(table, statement)
