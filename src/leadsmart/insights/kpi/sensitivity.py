"""What the figures hang on: another definition of a qualified lead, and each business user left out."""

import numpy as np
import pandas as pd

from leadsmart.catalogue.kpis import Kpi, Place, kpis_in
from leadsmart.formats import format_count, format_percent, format_status, format_value
from leadsmart.insights.answers import Answer
from leadsmart.insights.kpi.measures import aggregate_kpis, delivery_frame, lead_frame, sum_measures
from leadsmart.market import Market
from leadsmart.params import Params
from leadsmart.vocabulary import OUTCOME_DISQUALIFIED, OUTCOME_QUALIFIED

#: Statuses that a wider definition may count, by the outcome that it counts them as.
WIDER = {
    OUTCOME_QUALIFIED: ("HIGH_INTEREST", "MEETING_DONE", "DONE_DEAL"),
    OUTCOME_DISQUALIFIED: ("LOW_BUDGET", "ALREADY_BOUGHT", "RESALE_REQUEST"),
}
FIGURES = (
    "leads", "verdicts", "qualified", "verdict_coverage", "qualified_rate", "qualified_rate_low",
    "qualified_rate_high", "qualified_rate_range", "cpql",
)  # fmt: skip


def definition_sensitivity(market: Market) -> Answer:
    """The qualified rate under this market's lead definition and under wider ones.

    Parameters
    ----------
    market : Market

    Returns
    -------
    Answer
        Table: one row per definition: ``definition, qualified_statuses, disqualified_statuses`` (text), ``leads,
        verdicts, qualified`` (counts), ``verdict_coverage, qualified_rate, qualified_rate_low,
        qualified_rate_high`` (shares), ``qualified_rate_range`` (what the range is called), ``cpql`` (money),
        ``qualified_change`` (leads against the first row).
    """
    params = market.params
    good, bad = (
        tuple(status for status in WIDER[outcome] if status not in params.outcome_statuses[outcome])
        for outcome in (OUTCOME_QUALIFIED, OUTCOME_DISQUALIFIED)
    )
    variants: list[tuple[str, tuple[str, ...], tuple[str, ...]]] = [
        ("this market's", (), ()),
        *((f"{format_status(status)} counted as qualified", (status,), ()) for status in good),
        *((f"{format_status(status)} counted as disqualified", (), (status,)) for status in bad),
        ("all of these", good, bad),
    ]
    rows = []
    for name, as_qualified, as_disqualified in variants:
        changed = _redefine(params, as_qualified, as_disqualified)
        kpis = aggregate_kpis(Market(market.tables, changed)).iloc[0]
        rows.append(
            {
                "definition": name,
                "qualified_statuses": ", ".join(changed.qualified_statuses),
                "disqualified_statuses": ", ".join(changed.disqualified_statuses),
                **kpis[list(FIGURES)],
            }
        )
    table = pd.DataFrame(rows)
    table["qualified_change"] = table["qualified"] - table["qualified"].iloc[0]
    own, widest = table.iloc[0], table.iloc[-1]
    statement = (
        f"With the widest definition qualified leads go from {format_count(own['qualified'])} to"
        f" {format_count(widest['qualified'])} and the qualified rate from {format_percent(own['qualified_rate'])}"
        f" to {format_percent(widest['qualified_rate'])}."
    )
    return Answer(table, statement)


def _redefine(params: Params, good: tuple[str, ...], bad: tuple[str, ...]) -> Params:
    moved = {*good, *bad}
    lists = {
        f"{outcome}_statuses": tuple(s for s in statuses if s not in moved)
        for outcome, statuses in params.outcome_statuses.items()
    }
    lists["qualified_statuses"] += good
    lists["disqualified_statuses"] += bad
    return params.model_copy(update=lists)


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
    return Answer(table, _without_one_statement(table, market.params))


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


def _without_one_statement(table: pd.DataFrame, params: Params) -> str:
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
