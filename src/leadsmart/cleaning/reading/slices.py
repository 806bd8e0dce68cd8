"""An export cut by market: its rows, and what was written down about them.

Whether a run has anything to do is asked often, so that pandas and DuckDB, which take a second to import, are imported
only where rows are read.
"""

import datetime as dt
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from leadsmart.vocabulary import AD_PERFORMANCE, CAMPAIGNS

if TYPE_CHECKING:
    import pandas as pd

SAMPLE_MARK: Final = "sample.json"
MANIFEST: Final = "manifest.json"


@dataclass(frozen=True)
class Slices:
    """An export cut by market.

    Attributes
    ----------
    folder : Path
        Private: its rows hold contacts.
    markets : dict
        Market -> number of campaigns; ``unassigned`` is one of them.
    last_day : date
        The export's last day, a few absurd future dates aside.
    inputs : dict
        File -> ``{"sha256": ..., "rows": ...}``.
    is_sample : bool
        Whether the export was generated.
    digests : dict
        Market -> digest of its rows per table, and of what its cleaning sees of the other markets.
    columns : dict
        Table -> export columns that the files have.
    totals : sequence of mapping
        One entry per market and table: ``market, table, rows, spend`` (0 where the table has none).
    total_spend : float
        Raw spend of all markets, added up exactly.
    structure : sequence of mapping
        One entry per market: how its campaigns are built, see `summarise_structure`.
    mapping_notes : sequence of mapping
        What was passed over or decided while a mapping was applied, see `Note`.
    """

    folder: Path
    markets: dict[str, int]
    last_day: dt.date
    inputs: dict[str, dict[str, object]]
    is_sample: bool
    digests: dict[str, dict[str, str]]
    columns: dict[str, list[str]]
    totals: Sequence[Mapping[str, Any]]
    total_spend: float
    structure: Sequence[Mapping[str, Any]]
    mapping_notes: Sequence[Mapping[str, Any]]

    @property
    def mapping_lines(self) -> list[str]:
        """What was passed over or decided while a mapping was applied, as lines for the terminal."""
        return [f"{note['file']} as {note['table']}: {note['text']}" for note in self.mapping_notes]

    @cached_property
    def slice_totals(self) -> "pd.DataFrame":
        """One row per market and table: ``market, table, rows, spend``."""
        import pandas as pd

        columns = {"market": "str", "table": "str", "rows": "int64", "spend": "float64"}
        return pd.DataFrame(self.totals, columns=list(columns)).astype(columns)

    @cached_property
    def raw_totals(self) -> "pd.DataFrame":
        """One row per table: ``table, rows, spend``."""
        rows = self.slice_totals.groupby("table", sort=False)["rows"].sum().reset_index()
        return rows.assign(spend=rows["table"].eq(AD_PERFORMANCE) * self.total_spend)

    def read(self, table: str, market: str) -> "pd.DataFrame":
        """Raw rows of one table and market: strings, in the order of the files.

        Parameters
        ----------
        table : str
        market : str
            One of `markets`.

        Returns
        -------
        DataFrame
            One row per raw row: the export's columns (str) and ``_file, _line, _order, _is_unparsable``.
        """
        import pandas as pd

        from leadsmart.cleaning.parsing.raw_rows import LINE, ORDER, ORIGIN_TYPES
        from leadsmart.cleaning.reading.assignment import MARKET_COLUMN

        columns = {**ORIGIN_TYPES, **dict.fromkeys(self.columns[table], "str")}
        parts = sorted((self.folder / table / f"{MARKET_COLUMN}={market}").glob("*.parquet"))
        if not parts:
            return pd.DataFrame(columns=list(columns)).astype(columns)
        rows = pd.concat([pd.read_parquet(part, columns=list(columns), partitioning=None) for part in parts])
        return rows.sort_values([ORDER, LINE], kind="stable", ignore_index=True)

    def count_campaigns(self, market: str, user_ids: Collection[str] | None) -> int:
        """Number of campaigns of a market, of all business users (None) or of some.

        Parameters
        ----------
        market : str
        user_ids : collection of str or None

        Returns
        -------
        int
        """
        if user_ids is None:
            return self.markets.get(market, 0)
        from leadsmart.cleaning.values.texts import clean_id, map_distinct

        users = map_distinct(self.read(CAMPAIGNS, market)["user_id"], clean_id)
        return int(users.isin(list(user_ids)).sum())


def read_slices(target: Path) -> Slices:
    """The slices in a folder that `split_export` wrote."""
    manifest = json.loads((target / MANIFEST).read_text(encoding="utf-8"))
    return Slices(folder=target, **manifest | {"last_day": dt.date.fromisoformat(manifest["last_day"])})
