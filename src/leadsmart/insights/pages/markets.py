"""All markets side by side, and the campaigns that belong to none."""

from dataclasses import dataclass

import pandas as pd

from leadsmart.formats import format_count, format_money
from leadsmart.insights.answers import Answer
from leadsmart.market import Market

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
