"""A market in a few figures, for its first page and for the table of all markets."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from leadsmart.formats import format_count, format_money
from leadsmart.insights.findings.findings import Finding
from leadsmart.insights.findings.recommendations import Recommendation
from leadsmart.insights.findings.schemas import RECOMMENDATIONS_SCHEMA, to_records
from leadsmart.insights.kpi.measures import aggregate_kpis
from leadsmart.market import Market
from leadsmart.params import Params
from leadsmart.vocabulary import SUPPORTED

TOP_RECOMMENDATIONS = 3
#: What the table of all markets has even when it is empty.
_COLUMNS = (
    "title", "page", "currency", "leads", "spend", "cpl", "cpql", "qualified_rate", "qualified_rate_low",
    "qualified_rate_high", "leads_delta", "leads_by_week", "data_verdict", "model_verdict", "recommendations",
)  # fmt: skip
#: Figures of the cards that the table of all markets repeats.
_FIGURES = ("spend", "leads", "cpl", "cpql", "qualified_rate", "verdict_coverage")


@dataclass(frozen=True)
class MarketsOverview:
    """All markets side by side.

    Attributes
    ----------
    table : DataFrame
        One row per market, most leads first: the fields of `summarise_market` and ``page`` (address).
    recommendations : DataFrame
        The three kinds that concern most money, of each currency, where they concern most: the fields of a recommendation, ``statement``
        begins with the market's title; ``currency`` and ``folder`` (of the evidence).
    statement : str
    """

    table: pd.DataFrame
    recommendations: pd.DataFrame
    statement: str


def summarise_market(
    cards: pd.DataFrame,
    findings: Sequence[Finding],
    recommendations: Sequence[Recommendation],
    params: Params,
    *,
    data_verdict: str,
    model_verdict: str,
) -> dict[str, Any]:
    """Gather what the overview and the table at the end of a run show of a market.

    Parameters
    ----------
    cards : DataFrame
        Of `kpis.kpi_cards`.
    findings, recommendations : sequences
        Of the market, corrected together.
    params : Params
    data_verdict, model_verdict : str

    Returns
    -------
    dict
        ``market, title, currency, spend, leads, cpl, cpql, qualified_rate`` (with ``_low, _high, _range``),
        ``verdict_coverage, spend_delta, leads_delta, leads_by_week, findings, findings_supported,
        recommendations, data_verdict, model_verdict``.
    """
    by_key = cards.set_index("key")
    figures = {key: float(by_key.loc[key, "value"]) for key in _FIGURES}
    rate = by_key.loc["qualified_rate"]
    bounds = {f"qualified_rate_{end}": float(rate[end]) for end in ("low", "high")}
    deltas = {f"{key}_delta": float(by_key.loc[key, "delta"]) for key in ("spend", "leads")}
    return {
        "market": params.market,
        "title": params.title,
        "currency": params.currency,
        **figures,
        **bounds,
        "qualified_rate_range": rate["range_label"],
        **deltas,
        "leads_by_week": [float(value) for value in by_key.loc["leads", "sparkline"]],
        "findings": len(findings),
        "findings_supported": sum(finding.verdict == SUPPORTED for finding in findings),
        "recommendations": to_records(recommendations, RECOMMENDATIONS_SCHEMA),
        "data_verdict": data_verdict,
        "model_verdict": model_verdict,
    }


def compare_markets(summaries: pd.DataFrame) -> MarketsOverview:
    """Put markets side by side; money keeps its own currency and is summed within one only.

    Parameters
    ----------
    summaries : DataFrame
        One row per market, of `summarise_market`.
    """
    if summaries.empty:
        return MarketsOverview(pd.DataFrame(columns=_COLUMNS), pd.DataFrame(), "No market has a result.")
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
    money = " and ".join(format_money(value, currency) for currency, value in spend.items())
    noun = "market" if len(table) == 1 else "markets"
    return f"{len(table)} {noun} spent {money} and brought {format_count(table['leads'].sum())} leads."


@dataclass(frozen=True)
class Unassigned:
    """Campaigns of no known market.

    Attributes
    ----------
    table : DataFrame
        One row per project, most spend first: ``project_name, campaigns, leads, spend``.
    statement : str
    """

    table: pd.DataFrame
    statement: str


def list_unassigned(market: Market) -> Unassigned:
    """Name the projects without a market, with leads and spend, so that none is lost.

    Parameters
    ----------
    market : Market
        Of the unassigned campaigns.
    """
    campaigns = market.tables.campaigns.groupby("project_name").size().rename("campaigns").reset_index()
    if campaigns.empty:
        return Unassigned(campaigns.assign(leads=0.0, spend=0.0), "Every campaign has a market.")
    sums = aggregate_kpis(market, ["project_name"])[["project_name", "leads", "spend"]]
    table = campaigns.merge(sums, on="project_name", how="left").fillna({"leads": 0.0, "spend": 0.0})
    table = table.sort_values(["spend", "project_name"], ascending=[False, True], ignore_index=True)
    statement = (
        f"{format_count(len(market.tables.campaigns))} campaigns of {format_count(len(table))} projects belong to no known "
        f"market: {format_money(table['spend'].sum(), market.params.currency)} and {format_count(table['leads'].sum())} leads "
        "are in no market's figures. Name their projects in project_markets.csv."
    )
    return Unassigned(table, statement)
