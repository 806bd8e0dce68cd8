"""Dated verdicts, and how many of them business users entered in batches."""

import pandas as pd

from leadsmart.formats import format_count, format_percent
from leadsmart.insights.answers import Answer
from leadsmart.insights.kpi.measures import lead_frame
from leadsmart.market import Market, computed_once
from leadsmart.market_tables import look_up


@computed_once
def dated_verdicts(market: Market) -> pd.DataFrame:
    """Events that set a verdict.

    Parameters
    ----------
    market : Market

    Returns
    -------
    DataFrame
        One row per event: ``lead_id, user_id`` (str), ``changed_at``, ``is_batch`` (bool).
    """
    statuses = [*market.params.qualified_statuses, *market.params.disqualified_statuses]
    events = market.tables.status_events
    events = events.loc[events["status"].isin(statuses), ["lead_id", "changed_at", "is_batch"]]
    user = look_up(events["lead_id"], lead_frame(market).set_index("lead_id")["user_id"])
    return events.assign(user_id=user, is_batch=events["is_batch"].astype(bool))


@computed_once
def batch_verdicts(market: Market) -> Answer:
    """How many verdicts business users entered in batches, whose dates say little about the sale.

    Parameters
    ----------
    market : Market

    Returns
    -------
    Answer
        Table: one row per user with dated verdicts, most batch entries first: ``user_id, dated_verdicts,
        batch_verdicts, batch_share``.
    """
    table = (
        dated_verdicts(market)
        .groupby("user_id", as_index=False)
        .agg(dated_verdicts=("is_batch", "size"), batch_verdicts=("is_batch", "sum"))
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
