"""Markets for tests, from clean tables and parameters."""

import datetime as dt
from pathlib import Path

from leadsmart.market import Market
from leadsmart.market_tables import MarketTables
from leadsmart.params import Params, load_params

ROOT = Path(__file__).parents[1]


def market_of(tables: MarketTables, params: Params | None = None, as_of: dt.date | None = None) -> Market:
    """A market of these tables; `as_of` wins over the parameters'."""
    params = params or load_params("new-cairo", ROOT / "params")
    return Market(tables, params) if as_of is None else Market.at(tables, params, as_of)
