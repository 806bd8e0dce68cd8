"""What became of the rows of one table: the clean rows, every row's exit, and what was repaired or flagged."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from leadsmart.cleaning.reading.raw_rows import IS_UNPARSABLE
from leadsmart.cleaning.tables.rules import KEPT


@dataclass(frozen=True)
class Outcome:
    """Result of cleaning one table.

    Attributes
    ----------
    table : str
    rows : DataFrame
        The clean table; its index says which raw rows were kept.
    raw : DataFrame
        The raw rows, one per row of the slice.
    exits : Series of str
        Per raw row "kept", or the rule by which it left.
    marks : mapping
        Repaired or flagged rule -> bool per raw row. Only kept rows are counted.
    spend : Series of float
        Spend per raw row as exported, 0 where there is none.
    """

    table: str
    rows: pd.DataFrame
    raw: pd.DataFrame
    exits: pd.Series
    marks: Mapping[str, pd.Series]
    spend: pd.Series


def first_exits(raw: pd.DataFrame, required_ids: list[pd.Series]) -> pd.Series:
    """Exits that every table has: unparsable lines and missing ids."""
    exits = pd.Series(KEPT, index=raw.index, dtype="str")
    exits = leave(exits, "unparsable_line", raw[IS_UNPARSABLE])
    for ids in required_ids:
        exits = leave(exits, "missing_id", ids.isna())
    return exits


def leave(exits: pd.Series, rule: str, mask: pd.Series) -> pd.Series:
    """Let the rows in `mask` that are still kept leave by `rule`."""
    return exits.mask(mask & exits.eq(KEPT), rule) if mask.any() else exits


def leave_by_date(
    exits: pd.Series, moments: pd.DataFrame, platform_start: dt.date, last_day: dt.date
) -> pd.Series:
    """Exits of rows whose date can't be used; `moments` is from `parse_moments`."""
    days = local_days(moments["value"])
    exits = leave(exits, "ambiguous_date", moments["ambiguous"])
    exits = leave(exits, "unreadable_date", days.isna())
    exits = leave(exits, "date_before_platform", days < pd.Timestamp(platform_start))
    # a day of grace: exports of other zones may reach into the next day
    return leave(exits, "future_date", days > pd.Timestamp(last_day) + pd.Timedelta(days=1))


def leave_as_duplicates(exits: pd.Series, rows: pd.DataFrame, rule: str, subset: list[str]) -> pd.Series:
    """Of kept rows that agree in `subset` all but the last leave."""
    kept = rows[exits.eq(KEPT)]
    repeated = kept.duplicated(subset, keep="last")
    return leave(exits, rule, repeated.reindex(rows.index, fill_value=False))


def local_days(moments: pd.Series) -> pd.Series:
    """The local day of each moment, without zone."""
    return moments.dt.tz_localize(None).dt.normalize()


def id_marks(raw: pd.DataFrame, cleaned: Mapping[str, pd.Series]) -> pd.Series:
    """Rows in which an id is not written as it is kept; `cleaned` is by raw column."""
    changed = pd.Series(False, index=raw.index)
    for column, ids in cleaned.items():
        changed |= ids.notna() & raw[column].ne(ids)
    return changed


def date_marks(*columns: pd.DataFrame) -> dict[str, pd.Series]:
    """Marks of date columns from `parse_moments`."""

    def any_of(name: str) -> pd.Series:
        return pd.concat([column[name] for column in columns], axis=1).any(axis=1)

    return {
        "date_reformatted": any_of("reformatted"),
        "skipped_hour": any_of("skipped"),
        "repeated_hour": any_of("twice"),
    }
