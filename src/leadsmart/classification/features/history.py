"""What was known of a campaign, project, channel and business user up to the day before a lead arrived."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from leadsmart.market import Market

Moments = pd.Series | pd.api.extensions.ExtensionArray

#: Verdicts that a wider rate weighs against a key's own: a rate of one verdict is hardly a rate.
PRIOR_VERDICTS: Final = 5.0
#: Of a business user it weighs less: many say one kind only, and a few verdicts show it.
USER_PRIOR_VERDICTS: Final = 1.0
#: What has a history: name -> column of the campaigns, in the order in which rates lean on each other: a campaign's on its user's.
HISTORY_KEYS: Final[dict[str, str]] = {
    "user": "user_id",
    "campaign": "campaign_id",
    "project": "project_name",
    "channel": "channel",
}


@dataclass(frozen=True)
class RunningSums:
    """Amounts of keys, added up from day to day.

    Attributes
    ----------
    position : array of int
        ``code · span + day`` of each event, sorted: one number per key and day turns an as-of join into a binary
        search.
    running : array, shape (amounts, events + 1)
        Each amount, summed over the events so far.
    first_day, span : int
        Day of the first event (days since 1970), and how many days a key takes up.
    """

    position: np.ndarray
    running: np.ndarray
    first_day: int
    span: int


@dataclass(frozen=True)
class MarketHistory:
    """A market's past, summed up once, so that a lead's share of it is only looked up.

    Attributes
    ----------
    rows : dict
        Campaign -> its row in `facts` and `codes`; the last row stands for any campaign that is not known.
    facts : dict
        ``user_id, channel`` (str, may be missing), ``daily_budget`` (money), ``started_at`` (moment in UTC).
    codes : dict
        Column of `HISTORY_KEYS` -> a number for each of its keys, -1 where there is none.
    verdicts : dict
        Name of `HISTORY_KEYS`, or ``market`` -> verdicts and those that say qualified.
    delivery : RunningSums
        Spend, clicks and impressions of campaigns.
    campaign_leads, user_leads : RunningSums
    """

    rows: dict[str, int]
    facts: dict[str, np.ndarray]
    codes: dict[str, np.ndarray]
    verdicts: dict[str, RunningSums]
    delivery: RunningSums
    campaign_leads: RunningSums
    user_leads: RunningSums


def local_times(moments: Moments) -> np.ndarray:
    """Return each moment as the clock showed it where it happened."""
    return np.asarray(pd.DatetimeIndex(moments).tz_localize(None))


def universal_times(moments: Moments) -> np.ndarray:
    """Return each moment as the clock showed it in UTC."""
    return np.asarray(moments, dtype="datetime64[us]")


def add_up(codes: np.ndarray, days: np.ndarray, amounts: Sequence[np.ndarray] = ()) -> RunningSums:
    """Add up the amounts of each key over its days.

    Parameters
    ----------
    codes : array of int
        The key of each event. Events without a key (-1) or day are left out.
    days : array of datetime64
    amounts : sequence of arrays
        Missing ones count as 0. The number of events comes first, without being asked for.

    Returns
    -------
    RunningSums

    Examples
    --------
    >>> sums = add_up(np.array([0, 0]), np.array(["2024-06-01", "2024-06-02"], dtype="datetime64[D]"))
    >>> sums_before(sums, np.array([0, 0, 1]), np.array(["2024-06-02", "2024-06-09", "2024-06-09"], dtype="datetime64[D]"))
    array([[1., 2., 0.]])
    """
    usable = (codes >= 0) & ~np.isnat(days)
    day = days[usable].astype("datetime64[D]").astype(np.int64)
    first = int(day.min()) if len(day) else 0
    # room for a day before all events and one after
    span = int(day.max()) - first + 3 if len(day) else 3
    position = codes[usable].astype(np.int64) * span + day - first + 1
    order = np.argsort(position, kind="stable")
    counted = [np.ones(len(codes)), *(np.nan_to_num(np.asarray(a, dtype=float)) for a in amounts)]
    running = np.zeros((len(counted), len(order) + 1))
    for row, amount in zip(running, counted, strict=True):
        np.cumsum(amount[usable][order], out=row[1:])
    return RunningSums(position[order], running, first, span)


def sums_before(sums: RunningSums, codes: np.ndarray, days: np.ndarray) -> np.ndarray:
    """Look up what the events of each key came to on days strictly before a day.

    Parameters
    ----------
    sums : RunningSums
    codes : array of int
        The key of each query; one without a key (-1) or without events has sums of 0.
    days : array of datetime64

    Returns
    -------
    array, shape (amounts, queries)
        Number of events first.
    """
    day = np.clip(days.astype("datetime64[D]").astype(np.int64) - sums.first_day + 1, 0, sums.span - 1)
    start = codes * sums.span
    upto = np.searchsorted(sums.position, start + day, side="left")
    return sums.running[:, upto] - sums.running[:, np.searchsorted(sums.position, start, side="left")]


def build_history(market: Market) -> MarketHistory:
    """Sum up a market's past: verdicts, delivery and leads by day of what they belong to."""
    campaigns = market.tables.campaigns.drop_duplicates("campaign_id", ignore_index=True)
    rows = {campaign: row for row, campaign in enumerate(campaigns["campaign_id"].tolist())}
    facts = campaigns.reindex(range(len(campaigns) + 1))
    codes = {c: np.append(pd.factorize(campaigns[c])[0], -1) for c in HISTORY_KEYS.values()}
    leads, delivery, events = market.tables.leads, market.tables.ad_performance, _verdict_events(market)
    of_lead = rows_of(rows, leads["campaign_id"])
    first = ~leads["lead_id"].duplicated().to_numpy()
    row_of_lead = dict(zip(leads["lead_id"][first].tolist(), of_lead[first].tolist(), strict=True))
    of_event = rows_of(row_of_lead, events["lead_id"])
    of_delivery = rows_of(rows, delivery["campaign_id"])
    verdict_days, lead_days = local_times(events["changed_at"]), local_times(leads["arrived_at"])
    qualified = [events["status"].isin(market.params.qualified_statuses).to_numpy()]
    delivered = [delivery[c].to_numpy(dtype=float) for c in ("spend", "clicks", "impressions")]
    codes_of_events = {"market": np.zeros(len(events), dtype=int)}
    codes_of_events |= {name: codes[column][of_event] for name, column in HISTORY_KEYS.items()}
    return MarketHistory(
        rows=rows,
        facts={
            **{column: facts[column].to_numpy(dtype=object) for column in ("user_id", "channel")},
            "daily_budget": facts["daily_budget"].to_numpy(dtype=float),
            "started_at": universal_times(facts["started_at"]),
        },
        codes=codes,
        verdicts={name: add_up(of, verdict_days, qualified) for name, of in codes_of_events.items()},
        delivery=add_up(codes["campaign_id"][of_delivery], delivery["delivery_date"].to_numpy(), delivered),
        campaign_leads=add_up(codes["campaign_id"][of_lead], lead_days),
        user_leads=add_up(codes["user_id"][of_lead], lead_days),
    )


def rows_of(known: dict[str, int], ids: Iterable[str]) -> np.ndarray:
    """Find the row of each id; -1, the last row, where it is not known."""
    return np.array([known.get(i, -1) for i in ids], dtype=np.int64)


def verdict_history(history: MarketHistory, row: np.ndarray, days: np.ndarray) -> dict[str, np.ndarray]:
    """Look up the verdicts dated before each lead's day of arrival, per campaign, project, user, channel.

    A rate is drawn towards a wider one of the same moment, a campaign's towards its user's and the others
    towards the market's: ``(qualified + k · wider rate) / (verdicts + k)`` with k = `USER_PRIOR_VERDICTS` for
    users, else `PRIOR_VERDICTS`. So no rate is 0 or 1.

    Parameters
    ----------
    history : MarketHistory
    row : array of int
        Row of each lead's campaign (`rows_of`).
    days : array of datetime64
        Local day of each lead's arrival.

    Returns
    -------
    dict of arrays
        ``market_qualified_rate_before``; per key ``<key>_verdicts_before`` (count) and
        ``<key>_qualified_rate_before`` (share).
    """
    verdicts, good = sums_before(history.verdicts["market"], np.zeros_like(row), days)
    market_rate = (good + PRIOR_VERDICTS / 2) / (verdicts + PRIOR_VERDICTS)
    found = {"market_qualified_rate_before": market_rate}
    for name, column in HISTORY_KEYS.items():
        verdicts, good = sums_before(history.verdicts[name], history.codes[column][row], days)
        prior = USER_PRIOR_VERDICTS if name == "user" else PRIOR_VERDICTS
        wider = found["user_qualified_rate_before"] if name == "campaign" else market_rate
        found[f"{name}_verdicts_before"] = verdicts
        found[f"{name}_qualified_rate_before"] = (good + prior * wider) / (verdicts + prior)
    return found


def delivery_history(history: MarketHistory, row: np.ndarray, days: np.ndarray) -> dict[str, np.ndarray]:
    """Look up what each lead's campaign had spent and brought by the day before the lead arrived.

    Parameters
    ----------
    history, row, days
        As in `verdict_history`.

    Returns
    -------
    dict of arrays
        ``campaign_spend_before`` (money), ``campaign_leads_before``, ``user_leads_before``
        (counts), ``campaign_ctr_before`` (clicks / impressions) and ``campaign_lead_rate_before``
        (leads / clicks), both NaN without a denominator.
    """
    campaign, user = (history.codes[column][row] for column in ("campaign_id", "user_id"))
    _, spend, clicks, impressions = sums_before(history.delivery, campaign, days)
    campaign_leads = sums_before(history.campaign_leads, campaign, days)[0]
    return {
        "campaign_spend_before": spend,
        "campaign_leads_before": campaign_leads,
        "user_leads_before": sums_before(history.user_leads, user, days)[0],
        "campaign_ctr_before": _ratio(clicks, impressions),
        "campaign_lead_rate_before": _ratio(campaign_leads, clicks),
    }


def _verdict_events(market: Market) -> pd.DataFrame:
    events = market.tables.status_events
    decided = [*market.params.qualified_statuses, *market.params.disqualified_statuses]
    events = events[events["status"].isin(decided)].sort_values("changed_at", kind="stable")
    # a verdict entered twice counts once; a reversed one counts on both sides from each one's date
    side = events["status"].isin(market.params.qualified_statuses)
    return events.assign(side=side).drop_duplicates(["lead_id", "side"])


def _ratio(numerator: np.ndarray, denominator: np.ndarray) -> np.ndarray:
    return np.divide(numerator, denominator, out=np.full(len(numerator), np.nan), where=denominator > 0)
