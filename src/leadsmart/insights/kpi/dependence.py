"""How much of a market's figures hangs on a single business user: each figure again, leaving one user out."""

import numpy as np
import pandas as pd

from leadsmart.catalogue.kpis import Kpi, Place, kpis_in
from leadsmart.formats import format_percent, format_value
from leadsmart.insights.answers import Answer
from leadsmart.insights.kpi.measures import delivery_frame, lead_frame, sum_measures
from leadsmart.market import Market
from leadsmart.params import Params

FIRST_FIGURES = ("qualified_rate", "verdict_coverage")


def leave_one_user_out(market: Market) -> Answer:
    """Each figure of the market without the business user that moves it most.

    Parameters
    ----------
    market : Market

    Returns
    -------
    Answer
        Table: one row per figure: ``figure`` (key), ``label``, ``value, without`` (in the figure's unit),
        ``value_text, without_text`` (as readers see them), ``user_id``, ``change`` (relative), ``share`` (of the
        figure's denominator that is this user's). Figures that one user alone has, or that have no value, are left
        out. The sentence names those that move by ``practical_margin`` or more.
    """
    users = sum_measures(delivery_frame(market), lead_frame(market), ["user_id"])
    figures = kpis_in(Place.ONE_USER_OUT, FIRST_FIGURES)
    rows = [row for kpi in figures if (row := _without_one(kpi, users, market.params)) is not None]
    columns = [
        "figure", "label", "value", "without", "value_text", "without_text", "user_id", "change", "share"
    ]  # fmt: skip
    table = pd.DataFrame(rows, columns=columns)
    return Answer(table, _statement(table, market.params))


def _without_one(kpi: Kpi, users: pd.DataFrame, params: Params) -> dict[str, object] | None:
    over, under = kpi.parts(users)
    if not under.sum() > 0 or not over.sum() > 0:
        return None
    value = over.sum() / under.sum()
    rest = under.sum() - under
    without = (over.sum() - over).clip(lower=0) / rest.where(rest > 0)
    with np.errstate(divide="ignore"):
        moved = np.log(without / value).abs()
    if moved.isna().all():
        return None
    user = moved.idxmax()
    return {
        "figure": kpi.name,
        "label": kpi.label,
        "value": value,
        "without": without[user],
        "value_text": format_value(value, kpi.unit, params.currency),
        "without_text": format_value(without[user], kpi.unit, params.currency),
        "user_id": user,
        "change": without[user] / value - 1,
        "share": under[user] / under.sum(),
    }


def _statement(table: pd.DataFrame, params: Params) -> str:
    moved = table[table["change"].abs() >= params.practical_margin]
    if table.empty:
        return "No figure can be told without one of its business users: too few have leads or verdicts."
    if moved.empty:
        return f"No single business user moves one of these figures by {format_percent(params.practical_margin)} or more."
    parts = [
        f"without user {row['user_id']} the {_name(row['label'])} is {row['without_text']}, not {row['value_text']}"
        for row in moved.to_dict("records")
    ]
    return f"Single business users carry these figures: {'; '.join(parts)}."


def _name(label: str) -> str:
    return label if label.isupper() else label.lower()
