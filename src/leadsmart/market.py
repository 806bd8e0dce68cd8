"""A market as the report speaks of it: its clean tables and parameters, and what is computed of them, once."""

import datetime as dt
import functools
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, Concatenate, ParamSpec, TypeVar

import pandas as pd

from leadsmart.market_tables import MarketTables, days_between, local_day, look_up
from leadsmart.params import Params

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True)
class Market:
    """One market: clean tables, parameters, and what has been computed of them so far.

    Attributes
    ----------
    tables : MarketTables
    params : Params
        With ``as_of``, the day from which the report speaks.
    """

    tables: MarketTables
    params: Params
    _computed: dict[Hashable, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    @classmethod
    def at(cls, tables: MarketTables, params: Params, as_of: dt.date) -> "Market":
        """The market seen from a day that the parameters need not name."""
        return cls(tables, params.model_copy(update={"as_of": as_of}))

    @property
    def as_of(self) -> dt.date:
        """The day from which the report speaks."""
        if self.params.as_of is None:
            raise ValueError(
                "parameters without as_of describe no market yet: fill it in from the export first"
            )
        return self.params.as_of

    def once(self, function: Callable[..., T], *args: Hashable) -> T:
        """What `function` computes of this market, computed when it is first asked for.

        Parameters
        ----------
        function : callable
            Of a market and `args`.
        *args : hashable

        Returns
        -------
        object
            A table is a shallow copy: its data are shared until somebody writes to it, who then has his own.
        """
        key = (function, *args)
        if key not in self._computed:
            self._computed[key] = function(self, *args)
        return _to_share(self._computed[key])

    def within_period(self) -> "Market":
        """The market as a report that speaks from `as_of` may know it.

        Delivery and leads from ``period_start`` to ``period_end`` (at most ``as_of``), events of those leads up to
        ``as_of``. A lead whose status changed after ``as_of`` gets the status it had then. Campaigns are all kept.
        With ``repeat_leads: once`` only the first lead of a person in a campaign stays.
        """
        params, tables = self.params, self.tables
        last = min(params.period_end or self.as_of, self.as_of)
        delivery = tables.ad_performance
        delivery = delivery[days_between(delivery["delivery_date"], params.period_start, last)]
        leads = tables.leads
        kept = days_between(local_day(leads["arrived_at"]), params.period_start, last)
        if params.repeat_leads == "once":
            kept &= ~leads["is_repeat"].astype(bool)
        leads = leads[kept]
        events = tables.status_events
        events = events[events["lead_id"].isin(leads["lead_id"])]
        known = days_between(local_day(events["changed_at"]), None, self.as_of)
        leads = _status_as_of(leads, events, known)
        cut = tables._replace(
            ad_performance=delivery.reset_index(drop=True),
            leads=leads.reset_index(drop=True),
            status_events=events[known].reset_index(drop=True),
        )
        return Market(cut, params)


def computed_once(function: Callable[Concatenate[Market, P], T]) -> Callable[Concatenate[Market, P], T]:
    """Let a function of a market, and of hashable arguments, compute each result once per market.

    See `Market.once`. A result that is no table is shared as it is, so nobody changes it in place.
    """

    @functools.wraps(function)
    def kept(market: Market, /, *args: P.args, **kwargs: P.kwargs) -> T:
        if kwargs:
            raise TypeError(
                f"{function.__name__} is computed once per market and takes its arguments by position"
            )
        return market.once(function, *args)

    return kept


def _to_share(result: Any) -> Any:
    return result.copy(deep=False) if isinstance(result, pd.DataFrame | pd.Series) else result


def _status_as_of(leads: pd.DataFrame, events: pd.DataFrame, known: pd.Series) -> pd.DataFrame:
    late = set(events.loc[~known, "lead_id"])
    if not late:
        return leads
    then = events[known].sort_values("changed_at", kind="stable").groupby("lead_id")["status"].last()
    is_late = leads["lead_id"].isin(late)
    status = leads["lead_status"].mask(is_late, look_up(leads["lead_id"], then).fillna("NEW_LEAD"))
    return leads.assign(lead_status=status)
