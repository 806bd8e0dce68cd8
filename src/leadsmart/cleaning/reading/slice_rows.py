"""The raw rows of one market, read from its private slice."""

from collections.abc import Collection

import pandas as pd

from leadsmart.cleaning.parsing.headers import is_form_column
from leadsmart.cleaning.parsing.raw_rows import LINE, MARKET_COLUMN, ORDER, ORIGIN_TYPES
from leadsmart.cleaning.reading.slices import Slices
from leadsmart.cleaning.values.texts import clean_id, map_distinct
from leadsmart.vocabulary import CAMPAIGNS


def read_rows(
    slices: Slices, table: str, market: str, form_fields: Collection[str] | None = None
) -> pd.DataFrame:
    """Raw rows of one table and market: strings, in the order of the files.

    Parameters
    ----------
    slices : Slices
    table : str
    market : str
        One of ``slices.markets``.
    form_fields : collection of str, optional
        Columns of leads that are answers of the form; other further columns are not read. All are by default.

    Returns
    -------
    DataFrame
        One row per raw row: the export's columns (str) and ``_file, _line, _order, _is_unparsable``.
    """
    stated = [
        c for c in slices.columns[table] if form_fields is None or not is_form_column(c) or c in form_fields
    ]
    columns = {**ORIGIN_TYPES, **dict.fromkeys(stated, "str")}
    parts = sorted((slices.folder / table / f"{MARKET_COLUMN}={market}").glob("*.parquet"))
    if not parts:
        return pd.DataFrame(columns=list(columns)).astype(columns)
    rows = pd.concat([pd.read_parquet(part, columns=list(columns), partitioning=None) for part in parts])
    return rows.sort_values([ORDER, LINE], kind="stable", ignore_index=True)


def count_campaigns(slices: Slices, market: str, user_ids: Collection[str] | None) -> int:
    """Number of campaigns of a market, of all business users (None) or of some.

    Parameters
    ----------
    slices : Slices
    market : str
    user_ids : collection of str or None

    Returns
    -------
    int
    """
    if user_ids is None:
        return slices.markets.get(market, 0)
    users = map_distinct(read_rows(slices, CAMPAIGNS, market)["user_id"], clean_id)
    return int(users.isin(list(user_ids)).sum())
