"""Delivery and leads of campaigns that the export lacks: what they would have counted for."""

from collections.abc import Mapping

import pandas as pd

from leadsmart.cleaning.parsing.raw_rows import FILE, IS_UNPARSABLE, LINE, ORDER
from leadsmart.cleaning.values.texts import clean_id, is_in, map_distinct
from leadsmart.market_tables import MarketTables
from leadsmart.params import Params
from leadsmart.vocabulary import AD_PERFORMANCE, CAMPAIGNS, LEADS, NO_CAMPAIGN


def give_campaigns(raw: Mapping[str, pd.DataFrame], known: pd.Series) -> dict[str, pd.DataFrame]:
    """Rows whose campaign is not known, with a stand-in for each such campaign, so that they can be cleaned.

    Parameters
    ----------
    raw : mapping
        Table -> raw rows, see `read_rows`; not changed.
    known : Series of str
        Ids of clean campaigns.

    Returns
    -------
    dict
        Table -> raw rows; leads that name no campaign have one of their own, `NO_CAMPAIGN`.
    """
    delivery, leads = raw[AD_PERFORMANCE], raw[LEADS]
    of_delivery = map_distinct(delivery["campaign_id"], clean_id)
    of_leads = map_distinct(leads["campaign_id"], clean_id).fillna(NO_CAMPAIGN)
    # a line of delivery that names no campaign is most often a total
    delivery = delivery[of_delivery.notna() & ~is_in(of_delivery, known)].reset_index(drop=True)
    is_orphan = ~is_in(of_leads, known)
    leads = leads.assign(campaign_id=of_leads)[is_orphan].reset_index(drop=True)
    ids = sorted({*map_distinct(delivery["campaign_id"], clean_id), *leads["campaign_id"]})
    campaigns = raw[CAMPAIGNS]
    stand_ins = pd.DataFrame({"id": ids, FILE: "", LINE: range(len(ids)), ORDER: 0, IS_UNPARSABLE: False})
    stand_ins = stand_ins.reindex(columns=campaigns.columns)
    return {**raw, CAMPAIGNS: stand_ins.astype(campaigns.dtypes), AD_PERFORMANCE: delivery, LEADS: leads}


def summarise_orphans(tables: MarketTables, params: Params) -> pd.DataFrame:
    """What each campaign that the export lacks would have counted for.

    Parameters
    ----------
    tables : MarketTables
        Made of `give_campaigns`.
    params : Params

    Returns
    -------
    DataFrame
        One row per campaign, most spend first: ``campaign_id, leads, qualified`` (counts) and ``spend``.
    """
    leads = tables.leads
    is_qualified = leads["lead_status"].isin(params.qualified_statuses)
    sums = {
        "leads": leads["campaign_id"].value_counts(),
        "qualified": leads.loc[is_qualified, "campaign_id"].value_counts(),
        "spend": tables.ad_performance.groupby("campaign_id")["spend"].sum(),
    }
    table = tables.campaigns[["campaign_id"]].set_index("campaign_id").assign(**sums).fillna(0).reset_index()
    table = table.astype({"leads": "int64", "qualified": "int64", "spend": "float64"})
    return table.sort_values(
        ["spend", "leads", "campaign_id"], ascending=[False, False, True], ignore_index=True
    )
