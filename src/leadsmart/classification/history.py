"""What was known of a campaign, project, channel and business user up to the day before a lead arrived."""

from typing import Final

import numpy as np
import pandas as pd

from leadsmart.params import Params
from leadsmart.vocabulary import MarketTables

#: Verdicts that a wider rate weighs against a key's own: a rate of one verdict is hardly a rate.
PRIOR_VERDICTS: Final = 5.0
#: Of a business user it weighs less: many say one kind only, and a few verdicts show it.
USER_PRIOR_VERDICTS: Final = 1.0
#: In the order in which rates lean on each other: a campaign's on its user's.
HISTORY_KEYS: Final[dict[str, str]] = {
    "user": "user_id",
    "campaign": "campaign_id",
    "project": "project_name",
    "channel": "channel",
}


def day_of(moments: pd.Series) -> pd.Series:
    """Return the local calendar day of each moment, without a zone."""
    return moments.dt.tz_localize(None).dt.normalize()


def sum_before(
    keys: pd.Series,
    days: pd.Series,
    event_keys: pd.Series,
    event_days: pd.Series,
    amounts: np.ndarray | None = None,
) -> np.ndarray:
    """Add up, for each query, the amounts of its key on days strictly before its day (an as-of join).

    Parameters
    ----------
    keys, days : Series
        The queries: a key and a day each.
    event_keys, event_days : Series
        The events: a key and a day each. Events without a key or day are left out.
    amounts : array, optional
        Amount per event; 1 by default, missing counts as 0.

    Returns
    -------
    array of float
        One sum per query.

    Examples
    --------
    >>> day = pd.to_datetime(pd.Series(["2024-06-01", "2024-06-02", "2024-06-02"]))
    >>> sum_before(pd.Series(["a", "a", "b"]), day, pd.Series(["a", "a", "b"]), day).tolist()
    [0.0, 1.0, 0.0]
    """
    amounts = np.ones(len(event_keys)) if amounts is None else np.nan_to_num(np.asarray(amounts, dtype=float))
    usable = (event_keys.notna() & event_days.notna()).to_numpy()
    codes, _ = pd.factorize(pd.concat([event_keys[usable], keys], ignore_index=True).astype(object))
    day_numbers = (
        pd.concat([event_days[usable], days], ignore_index=True).to_numpy("datetime64[D]").astype(np.int64)
    )
    day_numbers = day_numbers - (day_numbers.min() if len(day_numbers) else 0) + 1
    span = day_numbers.max() + 2 if len(day_numbers) else 1
    # one number per (key, day), ordered by key and then by day, turns the join into a binary search
    position = codes.astype(np.int64) * span + day_numbers
    n_events = int(usable.sum())
    order = np.argsort(position[:n_events], kind="stable")
    events = position[:n_events][order]
    running = np.concatenate([[0.0], np.cumsum(amounts[usable][order])])
    upto = np.searchsorted(events, position[n_events:], side="left")
    start = np.searchsorted(events, codes[n_events:].astype(np.int64) * span, side="left")
    return running[upto] - running[start]


def verdict_history(leads: pd.DataFrame, tables: MarketTables, params: Params) -> pd.DataFrame:
    """Look up the verdicts dated before each lead's day of arrival, per campaign, project, user, channel.

    A rate is drawn towards a wider one of the same moment, a campaign's towards its user's and the others
    towards the market's: ``(qualified + k · wider rate) / (verdicts + k)`` with k = `USER_PRIOR_VERDICTS` for
    users, else `PRIOR_VERDICTS`. So no rate is 0 or 1.

    Parameters
    ----------
    leads : DataFrame
        One row per lead: ``arrived_at`` and the columns of `HISTORY_KEYS`.
    tables : MarketTables
    params : Params

    Returns
    -------
    DataFrame
        Same rows: ``market_qualified_rate_before``; per key ``<key>_verdicts_before`` (count) and
        ``<key>_qualified_rate_before`` (share).
    """
    events = tables.status_events
    decided = [*params.qualified_statuses, *params.disqualified_statuses]
    events = events[events["status"].isin(decided)].sort_values("changed_at", kind="stable")
    events = events.assign(is_qualified=events["status"].isin(params.qualified_statuses).astype(float))
    # a verdict entered twice counts once; a reversed one counts on both sides from each one's date
    events = events.drop_duplicates(["lead_id", "is_qualified"])
    facts = _lead_facts(tables).reindex(events["lead_id"])
    event_days = day_of(events["changed_at"]).reset_index(drop=True)
    qualified = events["is_qualified"].to_numpy()
    days = day_of(leads["arrived_at"]).reset_index(drop=True)

    def before(column: str) -> tuple[np.ndarray, np.ndarray]:
        keys, event_keys = leads[column].reset_index(drop=True), facts[column].reset_index(drop=True)
        return (
            sum_before(keys, days, event_keys, event_days),
            sum_before(keys, days, event_keys, event_days, qualified),
        )

    everything = pd.Series("all", index=days.index), pd.Series("all", index=event_days.index)
    market_verdicts = sum_before(everything[0], days, everything[1], event_days)
    market_qualified = sum_before(everything[0], days, everything[1], event_days, qualified)
    market_rate = (market_qualified + PRIOR_VERDICTS / 2) / (market_verdicts + PRIOR_VERDICTS)
    history = {"market_qualified_rate_before": market_rate}
    for name, column in HISTORY_KEYS.items():
        verdicts, good = before(column)
        prior = USER_PRIOR_VERDICTS if name == "user" else PRIOR_VERDICTS
        wider = history["user_qualified_rate_before"] if name == "campaign" else market_rate
        history[f"{name}_verdicts_before"] = verdicts
        history[f"{name}_qualified_rate_before"] = (good + prior * wider) / (verdicts + prior)
    return pd.DataFrame(history, index=leads.index)


def delivery_history(leads: pd.DataFrame, tables: MarketTables) -> pd.DataFrame:
    """Look up what each lead's campaign had spent and brought by the day before the lead arrived.

    Parameters
    ----------
    leads : DataFrame
        One row per lead: ``arrived_at``, ``campaign_id``, ``user_id``.
    tables : MarketTables

    Returns
    -------
    DataFrame
        Same rows: ``campaign_spend_before`` (money), ``campaign_leads_before``, ``user_leads_before``
        (counts), ``campaign_ctr_before`` (clicks / impressions) and ``campaign_lead_rate_before``
        (leads / clicks), both NaN without a denominator.
    """
    days = day_of(leads["arrived_at"]).reset_index(drop=True)
    keys = leads["campaign_id"].reset_index(drop=True)
    delivery = tables.ad_performance
    sums = {
        column: sum_before(keys, days, delivery["campaign_id"], delivery["delivery_date"], delivery[column])
        for column in ("spend", "clicks", "impressions")
    }
    all_leads = tables.leads
    lead_days = day_of(all_leads["arrived_at"])
    campaign_leads = sum_before(keys, days, all_leads["campaign_id"], lead_days)
    users = _lead_facts(tables).reindex(all_leads["lead_id"])["user_id"].reset_index(drop=True)
    user_leads = sum_before(
        leads["user_id"].reset_index(drop=True), days, users, lead_days.reset_index(drop=True)
    )
    return pd.DataFrame(
        {
            "campaign_spend_before": sums["spend"],
            "campaign_leads_before": campaign_leads,
            "user_leads_before": user_leads,
            "campaign_ctr_before": _ratio(sums["clicks"], sums["impressions"]),
            "campaign_lead_rate_before": _ratio(campaign_leads, sums["clicks"]),
        },
        index=leads.index,
    )


def _lead_facts(tables: MarketTables) -> pd.DataFrame:
    campaigns = tables.campaigns.drop_duplicates("campaign_id")
    facts = tables.leads[["lead_id", "campaign_id"]].merge(
        campaigns[["campaign_id", "user_id", "project_name", "channel"]], on="campaign_id", how="left"
    )
    return facts.drop_duplicates("lead_id").set_index("lead_id")


def _ratio(numerator: np.ndarray, denominator: np.ndarray) -> np.ndarray:
    return np.divide(numerator, denominator, out=np.full(len(numerator), np.nan), where=denominator > 0)
