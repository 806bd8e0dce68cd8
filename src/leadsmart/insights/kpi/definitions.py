"""What another lead definition would change."""

import pandas as pd

from leadsmart.formats import format_count, format_percent, format_status
from leadsmart.insights.answers import Answer
from leadsmart.insights.kpi.measures import aggregate_kpis
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
