"""Series of delivery, and what each of their days lets expect of its campaigns."""

import numpy as np
import pandas as pd

#: What is expected of a day -> per what.
USUAL = {"clicks": "impressions", "leads": "clicks", "spend": "days"}
#: Days of the campaign's own that its prior is worth: few for spend, in which campaigns differ most.
PRIOR_DAYS = {"clicks": 0.5, "leads": 0.5, "spend": 0.2}
#: Days of a campaign, and clicks, from which its days say how far days scatter around what is expected of them.
SCATTER_DAYS, SCATTER_CLICKS = 8, 50
#: Distance between the quartiles of a normal distribution, in standard deviations.
QUARTILES = 1.349


def log(values: pd.Series) -> pd.Series:
    """Natural logarithm of each value."""
    return np.log(values)


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

    Clicks are expected per impression, leads per click, spend per day (a geometric mean, which spikes hardly move).
    `PRIOR_DAYS` more days count as the campaign's own: for rates, days as its channel has them in the market, times how
    what the business user runs for the project compares with that; for spend, days of the same user's other campaigns
    for the project.

    Parameters
    ----------
    delivery, leads : DataFrame
        `delivery_frame` and `lead_frame`.

    Returns
    -------
    DataFrame
        One row per campaign and delivery day: ``campaign_id, project_name, user_id, channel, delivery_date``, ``spend,
        impressions, clicks, leads, days`` (sums), ``usual_clicks, usual_leads, usual_spend`` (expected),
        ``doubt_clicks, doubt_leads, doubt_spend`` (variance of the day around that over the variance around the truth:
        the expectation rests on few other days).
    """
    keys = ["campaign_id", "project_name", "user_id", "channel", "delivery_date"]
    rows = delivery.groupby(keys, as_index=False)[["spend", "impressions", "clicks"]].sum()
    came = leads.groupby(["campaign_id", "arrived_date"]).size().rename("leads")
    rows["leads"] = (
        rows.join(came, on=["campaign_id", "delivery_date"])["leads"].fillna(0.0) if len(came) else 0.0
    )
    rows["days"] = 1.0
    campaign, channel = rows.groupby("campaign_id"), rows.groupby("channel")
    for over in ("clicks", "leads"):
        under = USUAL[over]
        typical = channel[over].transform("sum") / channel[under].transform("sum").clip(lower=1e-9)
        pair = rows.assign(typical=rows[under] * typical).groupby(["project_name", "user_id"])
        prior = typical * pair[over].transform("sum") / pair["typical"].transform("sum").clip(lower=1e-9)
        weight = PRIOR_DAYS[over] * campaign[under].transform("mean")
        own = campaign[over].transform("sum") - rows[over] + weight * prior
        rows[f"usual_{over}"] = (
            rows[under] * own / (campaign[under].transform("sum") - rows[under] + weight).clip(lower=1e-9)
        )
    rows["usual_spend"] = _usual_spend(rows)
    others = campaign["days"].transform("sum") - 1
    return rows.assign(**{f"doubt_{over}": 1 + 1 / (others + days) for over, days in PRIOR_DAYS.items()})


def _usual_spend(rows: pd.DataFrame) -> pd.Series:
    """Geometric mean of the campaign's other days and of its prior; 0 where nothing else was ever spent."""
    level = log(rows["spend"].where(rows["spend"] > 0))
    campaign = level.groupby(rows["campaign_id"])
    own, count = campaign.transform("sum"), campaign.transform("count")
    mean = (own / count).where(~rows["campaign_id"].duplicated())
    pair = mean.groupby([rows["project_name"], rows["user_id"]])
    # other campaigns of the pair; where it has none, all of the market
    siblings = (pair.transform("sum") - own / count) / (pair.transform("count") - 1).where(lambda n: n > 0)
    prior = siblings.fillna(mean.mean())
    weight = PRIOR_DAYS["spend"]
    known = level.notna()
    centre: pd.Series = (own - level.where(known, 0.0) + weight * prior) / (count - known + weight)
    return np.exp(centre).fillna(0.0)


def series_days(delivery: pd.DataFrame, leads: pd.DataFrame) -> pd.DataFrame:
    """Days of every series, with what its campaigns' other days let expect and how far days scatter around that.

    A day's relative variance is that between days of a campaign, measured over the market, and less the more campaigns
    share the day: Σ doubt · usual² / (Σ usual)². Counting clicks adds 1 / clicks.

    Parameters
    ----------
    delivery, leads : DataFrame
        `delivery_frame` and `lead_frame`.

    Returns
    -------
    DataFrame
        One row per series and day with delivery or leads, in order: ``series, day``, ``spend, impressions, clicks`` (sums),
        ``leads`` (all that arrived), ``usual_clicks, usual_leads, usual_spend`` (expected; 0 without delivery),
        ``variance_clicks, variance_leads, variance_spend`` (relative).
    """
    rows = expected_days(delivery, leads)
    scatter = _scatter(rows)
    for over in USUAL:
        rows[f"variance_{over}"] = rows[f"doubt_{over}"] * rows[f"usual_{over}"] ** 2
    sums = [
        "spend",
        "impressions",
        "clicks",
        *(f"{kind}_{over}" for kind in ("usual", "variance") for over in USUAL),
    ]
    daily = by_series(rows).rename(columns={"delivery_date": "day"}).groupby(["series", "day"])[sums].sum()
    for over in USUAL:
        expected = daily[f"usual_{over}"].clip(lower=1e-9)
        daily[f"variance_{over}"] *= scatter[over] / expected**2
    daily["variance_clicks"] += 1 / (daily["usual_clicks"] + 0.5)
    # leads of a campaign that does not deliver that day still show that the form works
    came = by_series(leads).rename(columns={"arrived_date": "day"}).groupby(["series", "day"]).size()
    both = daily.index.union(came.index)
    daily = daily.reindex(both, fill_value=0.0).assign(leads=came.reindex(both, fill_value=0).astype(float))
    return daily.sort_index().reset_index()


def _scatter(rows: pd.DataFrame) -> dict[str, float]:
    """Relative variance between days of a campaign, of clicks, leads and spend around what is expected of them.

    Of clicks and spend by the middle half of the days, which faults don't reach; of leads, too few a day for that, by
    moments.
    """
    known = rows[rows["days"].groupby(rows["campaign_id"]).transform("sum") >= SCATTER_DAYS]
    clicks = known[(known["usual_clicks"] >= SCATTER_CLICKS) & (known["clicks"] > 0)]
    spend = known[(known["spend"] > 0) & (known["usual_spend"] > 0)]
    usual = known["usual_leads"]
    squares = float((usual**2).sum())
    excess = float(((known["leads"] - usual) ** 2 - usual).sum())
    return {
        "clicks": max(_spread(clicks, "clicks") - float((1 / clicks["usual_clicks"]).median()), 0.0)
        if len(clicks)
        else 0.0,
        "leads": max(excess / squares, 0.0) if squares else 0.0,
        "spend": _spread(spend, "spend") if len(spend) else 0.0,
    }


def _spread(rows: pd.DataFrame, over: str) -> float:
    """Variance of the logarithm of what came over what was expected, by the quartiles of a normal distribution."""
    level = log(rows[over] / rows[f"usual_{over}"])
    return float((level.quantile(0.75) - level.quantile(0.25)) / QUARTILES) ** 2
