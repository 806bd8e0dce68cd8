"""What changed since the run compared with: which figures of a market moved, and what went into them that differs."""

from collections.abc import Hashable, Mapping
from typing import Any, Final

import pandas as pd

from leadsmart.catalogue.kpis import Place, kpis_in
from leadsmart.formats import format_count, format_value
from leadsmart.insights.answers import Answer
from leadsmart.vocabulary import UNIT_COUNT

#: Figures beside the KPIs: label and unit, which a verdict in words has not.
_OTHER_FIGURES: Final[dict[str, tuple[str, str]]] = {
    "findings_supported": ("Findings supported", UNIT_COUNT),
    "data_verdict": ("Data", ""),
    "model_verdict": ("Lead score", ""),
}
#: Figures that a model can move: the others are counted without one.
_OF_MODEL: Final = frozenset({"findings_supported", "model_verdict"})
_COLUMNS: Final = ("market", "title", "figure", "before", "now", "before_text", "now_text", "moved_by")


def compare_runs(compared: Mapping[str, Any], summaries: pd.DataFrame) -> Answer:
    """List the figures that moved since the run compared with.

    Several inputs that differ at once can't be told apart, and are named together.

    Parameters
    ----------
    compared : mapping
        Empty without an earlier run; else ``markets``: market -> ``changed`` (of data, parameters, code and
        model, those that differ), ``parameters`` (names of those that differ), ``figures`` (of the earlier run).
    summaries : DataFrame
        One row per market, of `summary.summarise_market`.

    Returns
    -------
    Answer
        One row per market and figure that moved, in the order of `summaries`: ``market, title, figure``
        (label), ``before, now`` (values, or words), ``before_text, now_text`` (with units) and ``moved_by``.
    """
    known = compared.get("markets", {})
    pairs = [(known[now["market"]], now) for now in summaries.to_dict("records") if now["market"] in known]
    table = pd.DataFrame([row for pair in pairs for row in _moves(*pair)], columns=list(_COLUMNS))
    if not compared:
        return Answer(table, "There is no earlier run with other inputs to compare with.")
    new = len(summaries) - len(pairs)
    since = "since the last run with other data, parameters or code."
    if table.empty:
        statement = f"No figure of {_counted(len(pairs), 'market')} moved {since}"
    else:
        statement = f"{_counted(len(table), 'figure')} of {_counted(table['market'].nunique(), 'market')} moved {since}"
        read_the_same = int((table["before_text"] == table["now_text"]).sum())
        if read_the_same:
            statement += f" {format_count(read_the_same)} of them moved by less than the digits shown."
    if new:
        statement += f" {_counted(new, 'market')} {'was' if new == 1 else 'were'} not in that run."
    return Answer(table, statement)


def _moves(before: Mapping[str, Any], now: Mapping[Hashable, Any]) -> list[dict[str, Any]]:
    rows = []
    kpis = {kpi.name: (kpi.head or kpi.label, kpi.unit) for kpi in kpis_in(Place.MARKETS)}
    for key, (label, unit) in {**kpis, **_OTHER_FIGURES}.items():
        old, new = before["figures"].get(key), now.get(key)
        if _same(old, new):
            continue
        causes = [kind for kind in before["changed"] if kind != "model" or key in _OF_MODEL]
        rows.append(
            {
                "market": now["market"],
                "title": now["title"],
                "figure": label,
                "before": old,
                "now": new,
                "before_text": _text(old, unit, before["figures"].get("currency", "")),
                "now_text": _text(new, unit, now["currency"]),
                "moved_by": _named(causes, before["parameters"]),
            }
        )
    return rows


def _counted(n: int, noun: str) -> str:
    return f"{format_count(n)} {noun}{'' if n == 1 else 's'}"


def _same(old: Any, new: Any) -> bool:
    return old == new or (pd.isna(old) and pd.isna(new))


def _text(value: Any, unit: str, currency: str) -> str:
    return format_value(value, unit, currency) if unit else str(value)


def _named(causes: list[str], parameters: list[str]) -> str:
    named = [f"parameters ({', '.join(parameters)})" if c == "parameters" else c for c in causes]
    return " and ".join(filter(None, [", ".join(named[:-1]), *named[-1:]])) or "other markets"
