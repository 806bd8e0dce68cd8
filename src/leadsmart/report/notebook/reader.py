"""What a notebook reads: the files that its declaration names, each noted with its digest."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from leadsmart.errors import InputError, InputProblems
from leadsmart.market_tables import MarketTables
from leadsmart.params import Params
from leadsmart.report.notebooks import (
    CLEANING,
    EXTRACTS_FILE,
    NOTEBOOKS,
    POOLED,
    Notebook,
    Of,
    RunInput,
)
from leadsmart.report.project.audience import inputs_record
from leadsmart.report.project.files import read_json, sha256_of
from leadsmart.report.project.workspace import Workspace
from leadsmart.report.provenance.records import FileRead, InputRead, MarketsRead, Read
from leadsmart.report.provenance.result_store import ResultStore
from leadsmart.vocabulary import ALL_MARKETS, CLIENT, TABLES

# These are imported where they are used, so that not every notebook depends on them: on cleaning and on the period of a
# market only those do whose own code, or what it calls, imports them.
if TYPE_CHECKING:
    from leadsmart.cleaning.reading.corrections import Correction
    from leadsmart.cleaning.reading.slices import Slices
    from leadsmart.market import Market
    from leadsmart.report.provenance.freshness import Freshness


class Reader:
    """Reads for one notebook and market what others wrote, and notes it.

    Attributes
    ----------
    notebook : Notebook
    params : Params
        The market's parameters, ``as_of`` filled in.
    freshness : Freshness
        Which results count.
    reads : dict
        What was read so far -> digest or value.
    """

    def __init__(self, notebook: Notebook, params: Params, freshness: "Freshness") -> None:
        self.notebook, self.params, self.freshness = notebook, params, freshness
        self.reads: dict[Read, str] = {}

    @property
    def store(self) -> ResultStore:
        """Where results lie."""
        return self.freshness.store

    @property
    def workspace(self) -> Workspace:
        """The folders of the project."""
        return self.store.workspace

    @property
    def market(self) -> str:
        """Name of the market, or ``all-markets``."""
        return ALL_MARKETS if self.notebook.runs_once else self.params.market

    # --- of the export --------------------------------------------------------------------------------

    @property
    def slices(self) -> "Slices":
        """The export, split by market."""
        self._require(RunInput.MARKET_ROWS, RunInput.OTHER_USERS_ROWS)
        return self.store.slices

    def read_corrections(self) -> "tuple[Correction, ...]":
        """The reviewed file's corrections, all of which must still match as it says.

        A run has counted the rows that match before it began; each notebook then reads its own market's alone.

        Returns
        -------
        tuple of Correction
            Of all markets.

        Raises
        ------
        InputProblems
            If one matches more or fewer rows than it says.
        """
        from leadsmart.cleaning.reading.corrections import find_unexpected, read_corrections

        corrections = read_corrections(self.workspace.params_dir)
        unexpected = [] if self.workspace.in_run else find_unexpected(self.slices, corrections)
        if unexpected:
            raise InputProblems(unexpected)
        return corrections

    def read_others(self) -> MarketTables | None:
        """Clean tables of all but the client's own business users; None for an internal report.

        Cleaned again in memory, as nothing of them may be written. An internal report thus does without the code
        of cleaning, and a client's depends on it, see `Freshness.facts`.
        """
        if self.params.audience != CLIENT:
            return None
        from leadsmart.cleaning.clean import clean_others
        from leadsmart.cleaning.values.keys import contact_key

        return clean_others(self.slices, self.params, contact_key(self.params), self.read_corrections())

    def inputs_table(self) -> pd.DataFrame:
        """One row per file of the export: ``file, rows, sha256`` (its first twelve digits); a client sees no rows."""
        self._note(RunInput.EXPORT_FILES)
        entries = inputs_record(self.store.slices, self.params.audience).items()
        return pd.DataFrame(
            [
                {"file": name, "rows": entry.get("rows"), "sha256": str(entry["sha256"])[:12]}
                for name, entry in entries
            ]
        )

    def notes_table(self) -> pd.DataFrame:
        """What was passed over, decided or doubted in the export: ``file, table, text``; a client does not learn it."""
        self._note(RunInput.EXPORT_FILES)
        notes = [] if self.params.audience == CLIENT else self.store.slices.notes
        return pd.DataFrame(notes, columns=["file", "table", "text"])

    def joins_table(self) -> pd.DataFrame:
        """Rows read, readable and joined, one row per table of the export; a client does not learn it.

        Returns
        -------
        DataFrame
            ``file, rows, readable, replaced, joined, lost`` (counts), ``lost_share``, ``lost_spend`` and ``why``.
        """
        self._note(RunInput.EXPORT_FILES)
        from leadsmart.cleaning.reading.joined_table import read_joined

        joins = [] if self.params.audience == CLIENT else read_joined(self.store.slices.joins)
        return pd.DataFrame(
            [
                {
                    "file": table.file,
                    "rows": table.rows,
                    "readable": table.readable,
                    "replaced": table.replaced,
                    "joined": table.joined,
                    "lost": table.lost_rows,
                    "lost_share": table.lost_share,
                    "lost_spend": table.lost_spend,
                    "why": table.reasons,
                }
                for table in joins
            ]
        )

    # --- of other notebooks ---------------------------------------------------------------------------

    def read_tables(self, market: str | None = None) -> MarketTables:
        """The four clean tables of this market, or of another one."""
        paths = {table: self._file(CLEANING, f"clean/{table}.parquet", market) for table in TABLES}
        return MarketTables(**{table: pd.read_parquet(path) for table, path in paths.items()})

    def read_market(self, market: str | None = None) -> "Market":
        """This market, or another one: its clean tables and parameters."""
        from leadsmart.market import Market

        return Market(self.read_tables(market), self.read_params(market or self.market))

    def map_markets(self, function: "Callable[[Market], pd.DataFrame]") -> pd.DataFrame:
        """What `function` makes of every market, one below the other."""
        parts = [function(self.read_market(market)) for market in self.markets(CLEANING)]
        return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()

    def read_json(self, notebook: str, file: str, market: str | None = None) -> Any:
        """A JSON file that a notebook wrote."""
        return read_json(self._file(notebook, file, market))

    def read_json_of_all(self, notebook: str, file: str) -> pd.DataFrame:
        """A JSON file of a notebook, of every market that has it: one row per market."""
        return pd.DataFrame([self.read_json(notebook, file, market) for market in self.markets(notebook)])

    def read_pooled_extracts(self) -> pd.DataFrame:
        """The labelled leads of all markets that ``pooled_model`` gathered."""
        return pd.read_parquet(self._file(POOLED, EXTRACTS_FILE))

    def read_params(self, market: str) -> Params:
        """Parameters of another market, with this notebook's overrides."""
        return self.store.params(market)

    @property
    def titles(self) -> dict[str, str]:
        """Title of each market with clean tables."""
        return {market: self.read_params(market).title for market in self.markets(CLEANING)}

    def markets(self, notebook: str) -> list[str]:
        """Markets whose result of a notebook counts; in a run those that failed are left out."""
        for source in self.notebook.sources:
            if source.notebook == notebook and source.of in (Of.EVERY, Of.PUBLISHED):
                found = self.freshness.markets(notebook, source.of)
                self.reads[MarketsRead(notebook, source.of)] = ", ".join(found)
                return found
        raise self.notebook.undeclared("reads", f"{notebook} of all markets")

    def _file(self, notebook: str, file: str, market: str | None = None) -> Path:
        """The file of another notebook that is read, and noted as read; or one of this notebook's own."""
        market = NOTEBOOKS[notebook].folder(market or self.market) if notebook in NOTEBOOKS else self.market
        if notebook == self.notebook.name and market == self.market:
            return self.store.staged(notebook, market) / file
        if not self.notebook.may_read(notebook, file, market, self.market):
            raise self.notebook.undeclared("reads", f"{notebook}: {file} ({market})")
        folder = self.freshness.find(notebook, market)
        if folder is None:
            raise InputError(
                f"{notebook} has no result for {market} with these parameters and this export",
                remedy=f"Run notebooks/{notebook}.ipynb for it first, or `leadsmart run {market}`",
            )
        self.reads[FileRead(market, notebook, file)] = sha256_of(folder / file)
        return folder / file

    # --- of the run -----------------------------------------------------------------------------------

    def read_compared(self) -> Mapping[str, Any]:
        """Extract of the run that this one is compared with; empty where there is none."""
        self._note(RunInput.EARLIER_RUN)
        return self.freshness.compared

    @property
    def quiet_markets(self) -> list[str]:
        """Titles of markets without data in this export; a client does not learn of other markets."""
        self._note(RunInput.QUIET_MARKETS)
        return [] if self.params.audience == CLIENT else list(self.store.quiet.values())

    def failures(self) -> list[dict[str, str]]:
        """Markets whose last run failed: market, title, notebook, problem, remedy."""
        self._note(RunInput.FAILURES)
        return self.store.failures()

    def _note(self, what: RunInput) -> None:
        self._require(what)
        read = InputRead(what.value)
        self.reads[read] = self.freshness.current(read) or ""

    def _require(self, *inputs: RunInput) -> None:
        if not set(inputs) & set(self.notebook.reads):
            raise self.notebook.undeclared("reads", f"the {inputs[0].value}")
