"""Series of delivery, and what each of their days lets expect of its campaigns."""

import pandas as pd

#: What is expected of a day -> per what.
USUAL = {"clicks": "impressions", "leads": "clicks", "spend": "days"}
PRIOR_DAYS = 1.0


def series_name(rows: pd.DataFrame) -> pd.Series:
    """What one business user runs for one project."""
    return rows["project_name"] + " × user " + rows["user_id"]


def by_series(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows once under what a user runs for a project and once under their channel, named in ``series``.

    A channel with only one project × user is that series, and not named again.
    """
    rows = rows.assign(series=series_name(rows))
    shared = rows.groupby("channel")["series"].transform("nunique") > 1
    channel = rows[shared].assign(series="channel " + rows.loc[shared, "channel"])
    return pd.concat([rows, channel], ignore_index=True)


def expected_days(delivery: pd.DataFrame, leads: pd.DataFrame) -> pd.DataFrame:
    """Campaign days with what the campaign's other days let expect, so that a change of campaigns is no jump.

    Clicks are expected per impression, leads per click, spend per day; the days of the same project and business user
    count as `PRIOR_DAYS` more days of the campaign.

    Parameters
    ----------
    delivery, leads : DataFrame
        `delivery_frame` and `lead_frame`.

    Returns
    -------
    DataFrame
        One row per campaign and delivery day: ``campaign_id, project_name, user_id, channel, delivery_date``, ``spend,
        impressions, clicks, leads, days`` (sums), ``usual_clicks, usual_leads, usual_spend`` (expected).
    """
    keys = ["campaign_id", "project_name", "user_id", "channel", "delivery_date"]
    rows = delivery.groupby(keys, as_index=False)[["spend", "impressions", "clicks"]].sum()
    came = leads.groupby(["campaign_id", "arrived_date"]).size().rename("leads")
    rows["leads"] = (
        rows.join(came, on=["campaign_id", "delivery_date"])["leads"].fillna(0.0) if len(came) else 0.0
    )
    rows["days"] = 1.0
    campaign, pair = rows.groupby("campaign_id"), rows.groupby(["project_name", "user_id"])
    for over, under in USUAL.items():
        prior = pair[over].transform("sum") / pair[under].transform("sum").clip(lower=1e-9)
        weight = PRIOR_DAYS * campaign[under].transform("mean")
        own = campaign[over].transform("sum") - rows[over] + weight * prior
        rows[f"usual_{over}"] = (
            rows[under] * own / (campaign[under].transform("sum") - rows[under] + weight).clip(lower=1e-9)
        )
    return rows
