"""All markets side by side, the campaigns that belong to none, and which figures moved since the last run."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd

from leadsmart.catalogue.kpis import Place, kpis_in
from leadsmart.formats import format_count, format_money, format_value
from leadsmart.insights.answers import Answer
from leadsmart.market import Market
from leadsmart.vocabulary import NO_CAMPAIGN, UNIT_COUNT

TOP_RECOMMENDATIONS = 3
NOT_LOOKED_AT: Final = "Rows of no campaign are left out of a report on some business users."
ORPHAN_COLUMNS: Final = ["campaign_id", "leads", "qualified", "spend"]
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


@dataclass(frozen=True)
class OutsideMarkets:
    """What the export holds and no market's figures do.

    Attributes
    ----------
    projects : DataFrame
        Campaigns of no known market, one row per project, most spend first: ``project_name, campaigns, leads, spend``.
    orphans : DataFrame
        Campaigns that ``campaigns.csv`` lacks, see `summarise_orphans`.
    headline : str
        A sentence on both, empty where there is nothing.
    on_projects, on_orphans : str
        Sentences on each.
    """

    projects: pd.DataFrame
    orphans: pd.DataFrame
    headline: str
    on_projects: str
    on_orphans: str


def list_outside(market: Market, orphans: Sequence[Mapping[str, Any]] | None) -> OutsideMarkets:
    """Name what belongs to no market, with leads and spend, so that nothing is lost.

    Parameters
    ----------
    market : Market
        Of the unassigned campaigns.
    orphans : sequence of mapping or None
        Rows of `summarise_orphans`; None in a report on some business users, to whom no row without a campaign belongs.

    Returns
    -------
    OutsideMarkets
    """
    tables, currency = market.tables, market.params.currency
    spend = tables.ad_performance.groupby("campaign_id")["spend"].sum()
    campaigns = tables.campaigns.set_index("campaign_id").assign(
        campaigns=1, leads=tables.leads["campaign_id"].value_counts().astype(float), spend=spend
    )
    projects = campaigns.groupby("project_name")[["campaigns", "leads", "spend"]].sum().reset_index()
    projects = projects.sort_values(["spend", "project_name"], ascending=[False, True], ignore_index=True)
    unknown = pd.DataFrame(orphans or (), columns=ORPHAN_COLUMNS)
    return OutsideMarkets(
        projects,
        unknown,
        _on_outside(pd.concat([projects, unknown])[["leads", "spend"]].sum(), currency),
        _on_projects(projects, currency),
        _on_orphans(unknown, currency) if orphans is not None else NOT_LOOKED_AT,
    )


def _on_outside(total: pd.Series, currency: str) -> str:
    money = [format_money(total["spend"], currency)] if total["spend"] else []
    leads = [_leads(total["leads"])] if total["leads"] else []
    amount = " and ".join([*money, *leads])
    return f"In no market's figures: {amount}." if amount else ""


def _on_projects(projects: pd.DataFrame, currency: str) -> str:
    if projects.empty:
        return "Every campaign of campaigns.csv has a market."
    count, of = int(projects["campaigns"].sum()), len(projects)
    return (
        f"{format_count(count)} {'campaign' if count == 1 else 'campaigns'} of {format_count(of)} "
        f"{'project' if of == 1 else 'projects'} {'belongs' if count == 1 else 'belong'} to no known market: "
        f"{format_money(projects['spend'].sum(), currency)} and {_leads(projects['leads'].sum())} "
        "are in no market's figures. Name their projects in project_markets.csv."
    )


def _on_orphans(orphans: pd.DataFrame, currency: str) -> str:
    if orphans.empty:
        return "Every row of delivery and every lead has a campaign."
    is_named = orphans["campaign_id"] != NO_CAMPAIGN
    sentences = []
    named, unnamed = orphans[is_named], orphans[~is_named]
    if len(named):
        count = len(named)
        sentences.append(
            f"{format_money(named['spend'].sum(), currency)} and {_leads(named['leads'].sum())}, "
            f"{format_count(named['qualified'].sum())} of them qualified, are of {format_count(count)} "
            f"{'campaign' if count == 1 else 'campaigns'} that campaigns.csv lacks. Export it again with deleted and "
            "archived campaigns, or add a line for each."
        )
    if len(unnamed):
        sentences.append(
            f"{_leads(unnamed['leads'].sum())}, {format_count(unnamed['qualified'].sum())} of them qualified, name no "
            "campaign, as leads that came without an ad do."
        )
    return " ".join(sentences)


def _leads(count: float) -> str:
    return f"{format_count(count)} {'lead' if count == 1 else 'leads'}"


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
