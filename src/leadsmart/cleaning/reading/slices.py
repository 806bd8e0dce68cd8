"""An export cut by market, and what was written down about it; `slice_rows` reads the rows.

Whether a run has anything to do is asked often, so that pandas, which takes a second to import, is imported only for
tables.
"""

import datetime as dt
import json
import os
import weakref
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from leadsmart.private_folders import hold
from leadsmart.vocabulary import AD_PERFORMANCE

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
        One entry per market and table: ``market, table, rows, joined`` (see `JoinedTable`) with ``spend`` and
        ``joined_spend`` (0 where the table has none).
    total_spend : float
        Raw spend of all markets, added up exactly.
    structure : sequence of mapping
        One entry per market: how its campaigns are built, see `summarise_structure`.
    formats : mapping
        How the files are written, see `FileFormats`.
    notes : sequence of mapping
        What was passed over, decided or doubted before rows were cleaned, see `Note`.
    joins : sequence of mapping
        One entry per table, see `JoinedTable`.
    lead_columns : sequence of mapping
        Columns of leads that are, or could be, answers of the form, see `LeadColumn`.
    form_fields, safe_form_fields : sequence of str
        Columns of leads that the mapping declares as such, and those of them whose values hold no person.
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
    formats: Mapping[str, Any]
    notes: Sequence[Mapping[str, Any]]
    joins: Sequence[Mapping[str, Any]]
    lead_columns: Sequence[Mapping[str, Any]]
    form_fields: Sequence[str]
    safe_form_fields: Sequence[str]

    @property
    def note_lines(self) -> list[str]:
        """The notes as lines for the terminal."""
        return [
            f"{note['file']} as {note['table']}: {note['text']}"
            if note["table"]
            else f"{note['file']}: {note['text']}"
            for note in self.notes
        ]

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


def read_slices(target: Path) -> Slices:
    """The slices in a folder that `split_export` wrote, held for as long as they are in use.

    Parameters
    ----------
    target : Path

    Returns
    -------
    Slices

    Raises
    ------
    FileNotFoundError
        If they are not there, not complete, or being removed.
    """
    descriptor = hold(target)
    try:
        manifest = json.loads((target / MANIFEST).read_text(encoding="utf-8"))
    except FileNotFoundError:
        os.close(descriptor)
        raise
    slices = Slices(folder=target, **manifest | {"last_day": dt.date.fromisoformat(manifest["last_day"])})
    weakref.finalize(slices, os.close, descriptor)
    return slices
