"""All markets side by side, and the campaigns that belong to none."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd

from leadsmart.formats import format_count, format_money
from leadsmart.market import Market
from leadsmart.vocabulary import NO_CAMPAIGN

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
