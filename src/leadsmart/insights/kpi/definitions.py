"""What another lead definition would change."""

import pandas as pd

from leadsmart.formats import format_count, format_percent, format_status
from leadsmart.insights.answers import Answer
from leadsmart.insights.kpi.measures import aggregate_kpis
from leadsmart.market import Market
from leadsmart.params import Params


def definition_sensitivity(market: Market) -> Answer:
    """The qualified rate under this market's lead definition and under wider ones.

    Returns
    -------
    Answer
        Table: one row per definition: ``definition, qualified_statuses, disqualified_statuses`` (text), ``leads,
        verdicts, qualified`` (counts), ``verdict_coverage, qualified_rate, qualified_rate_low,
        qualified_rate_high`` (shares), ``qualified_rate_range`` (what the range is called), ``cpql`` (money), ``qualified_change`` (leads against the first row).
    """
    wider_good = [
        s for s in ("HIGH_INTEREST", "MEETING_DONE", "DONE_DEAL") if s not in market.params.qualified_statuses
    ]
    wider_bad = [
        s
        for s in ("LOW_BUDGET", "ALREADY_BOUGHT", "RESALE_REQUEST")
        if s not in market.params.disqualified_statuses
    ]
    variants = [("this market's", (), ())]
    variants += [(f"{format_status(status)} counted as qualified", (status,), ()) for status in wider_good]
    variants += [(f"{format_status(status)} counted as disqualified", (), (status,)) for status in wider_bad]
    variants += [("all of these", tuple(wider_good), tuple(wider_bad))]
    rows = []
    for name, good, bad in variants:
        changed = _redefine(market.params, good, bad)
        kpis = aggregate_kpis(Market(market.tables, changed)).iloc[0]
        rows.append(
            {
                "definition": name,
                "qualified_statuses": ", ".join(changed.qualified_statuses),
                "disqualified_statuses": ", ".join(changed.disqualified_statuses),
                **{
                    c: kpis[c]
                    for c in ("leads", "verdicts", "qualified", "verdict_coverage", "qualified_rate")
                },
                **{
                    f"qualified_rate_{end}": kpis[f"qualified_rate_{end}"] for end in ("low", "high", "range")
                },
                "cpql": kpis["cpql"],
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
