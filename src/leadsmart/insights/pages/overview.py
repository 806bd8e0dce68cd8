"""All markets side by side, the campaigns that belong to none, and which figures moved since the last run."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd

from leadsmart.catalogue.kpis import Place, kpis_in
from leadsmart.formats import format_count, format_money, format_value
from leadsmart.insights.answers import Answer
from leadsmart.market import Market
from leadsmart.vocabulary import UNIT_COUNT

TOP_RECOMMENDATIONS = 3
#: What the table of all markets has even when it is empty.
COLUMNS = (
    "title", "page", "currency", "leads", "spend", "cpl", "cpql", "qualified_rate", "qualified_rate_low",
    "qualified_rate_high", "leads_delta", "leads_by_week", "data_verdict", "model_verdict", "recommendations",
)  # fmt: skip


@dataclass(frozen=True)
class MarketsOverview:
    """All markets side by side.

    Attributes
    ----------
    table : DataFrame
        One row per market, most leads first: the fields of `summary.summarise_market` and ``page`` (address).
    recommendations : DataFrame
        The three kinds that concern most money, of each currency, where they concern most: the fields of a
        recommendation, ``statement`` begins with the market's title; ``currency`` and ``folder`` (of the evidence).
    statement : str
    """

    table: pd.DataFrame
    recommendations: pd.DataFrame
    statement: str


def compare_markets(summaries: pd.DataFrame) -> MarketsOverview:
    """Put markets side by side; money keeps its own currency and is summed within one only.

    Parameters
    ----------
    summaries : DataFrame
        One row per market, of `summary.summarise_market`.

    Returns
    -------
    MarketsOverview
    """
    if summaries.empty:
        return MarketsOverview(pd.DataFrame(columns=list(COLUMNS)), pd.DataFrame(), "No market has a result.")
    table = summaries.sort_values(["leads", "market"], ascending=[False, True], ignore_index=True)
    table["page"] = table["market"] + "/04_summary.html"
    return MarketsOverview(table, _best_recommendations(table), _statement(table))


def _best_recommendations(table: pd.DataFrame) -> pd.DataFrame:
    rows = [
        {
            **item,
            "statement": f"{market['title']}: {item['statement']}",
            "currency": market["currency"],
            "folder": f"{market['market']}/tables",
        }
        for market in table.to_dict("records")
        for item in market["recommendations"]
        # results of a market that an older version made have no such field
        if item.get("money_concerned") is not None
    ]
    if not rows:
        return pd.DataFrame(columns=["statement", "currency"])
    # Currencies can't be compared: the best of each. And once a kind, or all three would say the same.
    ranked = pd.DataFrame(rows).sort_values(
        ["currency", "money_concerned"], ascending=[True, False], kind="stable"
    )
    ranked = ranked.drop_duplicates(["currency", "key"])
    return ranked.groupby("currency").head(TOP_RECOMMENDATIONS).reset_index(drop=True)


def _statement(table: pd.DataFrame) -> str:
    spend = table.groupby("currency")["spend"].sum()
    money = " and ".join(format_money(value, str(currency)) for currency, value in spend.items())
    noun = "market" if len(table) == 1 else "markets"
    return f"{len(table)} {noun} spent {money} and brought {format_count(table['leads'].sum())} leads."


def list_unassigned(market: Market) -> Answer:
    """Name the projects without a market, with leads and spend, so that none is lost.

    Parameters
    ----------
    market : Market
        Of the unassigned campaigns.

    Returns
    -------
    Answer
        Table: one row per project, most spend first: ``project_name, campaigns, leads, spend``.
    """
    tables = market.tables
    spend = tables.ad_performance.groupby("campaign_id")["spend"].sum()
    campaigns = tables.campaigns.set_index("campaign_id").assign(
        campaigns=1, leads=tables.leads["campaign_id"].value_counts().astype(float), spend=spend
    )
    table = campaigns.groupby("project_name")[["campaigns", "leads", "spend"]].sum().reset_index()
    if table.empty:
        return Answer(table, "Every campaign has a market.")
    table = table.sort_values(["spend", "project_name"], ascending=[False, True], ignore_index=True)
    statement = (
        f"{format_count(len(campaigns))} campaigns of {format_count(len(table))} projects belong to no known market:"
        f" {format_money(table['spend'].sum(), market.params.currency)} and {format_count(table['leads'].sum())} leads "
        "are in no market's figures. Name their projects in project_markets.csv."
    )
    return Answer(table, statement)


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
