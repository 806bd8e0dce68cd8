"""A cleaned table: its rows, the outcome of every raw row, and which rows were repaired or flagged.

The outcome of a row is "kept" or the name of the rule by which it was removed: as a duplicate, merged into another
row, or quarantined. Of the rules that match a row the first counts.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from leadsmart.cleaning.parsing.raw_rows import IS_UNPARSABLE
from leadsmart.cleaning.tables.rules import KEPT
from leadsmart.cleaning.values.texts import clean_id, map_distinct
from leadsmart.market_tables import local_day
from leadsmart.params import Params

#: Rule -> the rows that it matches, as bool by the index of the raw rows; one that is not named there does not match.
RuleMatches = Mapping[str, pd.Series]


@dataclass(frozen=True)
class CleanedTable:
    """One table after cleaning.

    Attributes
    ----------
    table : str
    rows : DataFrame
        The clean table; its index says which raw rows were kept.
    raw : DataFrame
        The raw rows, one per row of the slice.
    outcomes : Series of str
        Per raw row "kept", or the rule by which it was removed.
    matches : mapping
        Rule that repairs or flags -> the raw rows that it matches. Only kept rows are counted.
    spend : Series of float
        Spend per raw row as exported, 0 where there is none.
    """

    table: str
    rows: pd.DataFrame
    raw: pd.DataFrame
    outcomes: pd.Series
    matches: RuleMatches
    spend: pd.Series

    @property
    def removed(self) -> pd.Series:
        """Rule -> raw rows that it removed, most first."""
        return self.outcomes[self.outcomes.ne(KEPT)].value_counts()


def clean_ids(raw: pd.DataFrame, *columns: str) -> dict[str, pd.Series]:
    """Column -> its ids as the platform wrote them, missing where there is none."""
    return {column: map_distinct(raw[column], clean_id) for column in columns}


def quarantine_unreadable(
    raw: pd.DataFrame, required_ids: Iterable[pd.Series], before: RuleMatches | None = None
) -> pd.Series:
    """First outcomes of a table's raw rows: lines that can't be parsed and rows without an id are removed.

    Parameters
    ----------
    raw : DataFrame
        Raw rows with their origin.
    required_ids : iterable of Series
        Clean ids without which a row means nothing.
    before : mapping, optional
        Rules that come before that of the ids.

    Returns
    -------
    Series of str
    """
    missing = pd.concat(required_ids, axis=1).isna().any(axis=1)
    everything = pd.Series(KEPT, index=raw.index, dtype="str")
    rules = {"unparsable_line": raw[IS_UNPARSABLE], **(before or {}), "missing_id": missing}
    return remove(everything, rules)


def remove(outcomes: pd.Series, matches: RuleMatches) -> pd.Series:
    """Outcomes after further rules, of which the first that matches a row that is still kept counts.

    Parameters
    ----------
    outcomes : Series of str
        So far.
    matches : mapping
        Rule -> the rows that it removes, in order.

    Returns
    -------
    Series of str
    """
    for rule, mask in matches.items():
        if mask.any():
            outcomes = outcomes.mask(mask.reindex(outcomes.index, fill_value=False) & outcomes.eq(KEPT), rule)
    return outcomes


def remove_duplicates(
    outcomes: pd.Series, rows: pd.DataFrame, rule: str, subset: Sequence[str] | None = None
) -> pd.Series:
    """Outcomes after all but the last of the kept rows that agree are removed.

    Parameters
    ----------
    outcomes : Series of str
        So far.
    rows : DataFrame
        Same index.
    rule : str
    subset : sequence of str, optional
        Columns in which they agree; all where it is left out.

    Returns
    -------
    Series of str
    """
    return remove(outcomes, {rule: rows[outcomes.eq(KEPT)].duplicated(subset, keep="last")})


def unusable_dates(moments: pd.DataFrame, params: Params, last_day: dt.date) -> dict[str, pd.Series]:
    """Rules that quarantine a row for its date -> the rows.

    Parameters
    ----------
    moments : DataFrame
        See `parse_moments`.
    params : Params
    last_day : date
        The export's last day.

    Returns
    -------
    dict
    """
    days = local_day(moments["value"])
    return {
        "ambiguous_date": moments["ambiguous"],
        "unreadable_date": days.isna(),
        "date_before_platform": days < pd.Timestamp(params.platform_start),
        # a day of grace: exports of other zones may reach into the next day
        "future_date": days > pd.Timestamp(last_day) + pd.Timedelta(days=1),
    }


def reformatted_ids(raw: pd.DataFrame, ids: Mapping[str, pd.Series]) -> dict[str, pd.Series]:
    """The rule for ids that are not kept as they are written; `ids` is from `clean_ids`.

    Parameters
    ----------
    raw : DataFrame
    ids : mapping
        See `clean_ids`.

    Returns
    -------
    dict
    """
    return {"id_reformatted": any_of(clean.notna() & raw[column].ne(clean) for column, clean in ids.items())}


def repaired_dates(*columns: pd.DataFrame) -> dict[str, pd.Series]:
    """Rules that repair or flag a date -> the rows; each column is from `parse_moments`."""
    sources = {"date_reformatted": "reformatted", "skipped_hour": "skipped", "repeated_hour": "twice"}
    return {rule: any_of(column[name] for column in columns) for rule, name in sources.items()}


def any_of(masks: Iterable[pd.Series]) -> pd.Series:
    """Rows that any of the masks holds for."""
    return pd.concat(masks, axis=1).any(axis=1)
