"""A notebook's view of the project: its parameters, what earlier notebooks wrote, and where to write."""

import importlib.metadata
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from leadsmart.display.cards import banner, callout, facts_line, footnote, page_nav
from leadsmart.display.csv_text import to_safe_csv
from leadsmart.display.markup import Html
from leadsmart.errors import InputError, InputProblems
from leadsmart.formats import format_count, format_date
from leadsmart.market import Market, MarketTables
from leadsmart.params import Params
from leadsmart.report.notebooks import (
    CLEANING,
    MARKET_STEPS,
    NEEDS_OF_ALL,
    PAGE_TITLES,
    POOLED,
    SUMMARY,
)
from leadsmart.report.project.audience import audience_note, inputs_record
from leadsmart.report.project.workspace import Workspace
from leadsmart.report.provenance.records import Record, digest_of, sha256_of, write_record
from leadsmart.report.provenance.result_store import (
    COMPARED,
    EXPORT,
    FAILURES,
    MARKETS_OF,
    Results,
    reading,
)
from leadsmart.vocabulary import ALL_MARKETS, CLIENT, DATA_NOT_RELIABLE, TABLES, UNASSIGNED

# Only the first notebook reads raw rows and cleans them; a change of cleaning is no change of the others.
if TYPE_CHECKING:
    from leadsmart.cleaning.clean import CleanedMarket
    from leadsmart.cleaning.reading.corrections import Correction
    from leadsmart.cleaning.reading.split import Slices

SAMPLE_NOTICE = (
    "Sample data. Campaigns, leads and figures on this page are made up by leadsmart sample; "
    "they say nothing about a real market."
)
_SHOWN_VERSIONS = ("pandas", "scikit-learn", "seaborn", "papermill")


@dataclass(frozen=True)
class Page:
    """One notebook at work on one market (or, for ``pooled_model`` and ``overview``, on all).

    Attributes
    ----------
    step : str
        The notebook's name without its ending.
    params : Params
        The market's parameters, ``as_of`` filled in.
    results : Results
        What notebooks have written so far, for this export.
    read, written : dict, set
        What this notebook has read of others -> digest or value, and the files that it wrote.
    """

    step: str
    params: Params
    results: Results
    read: dict[str, str] = field(default_factory=dict)
    written: set[str] = field(default_factory=set)

    @cached_property
    def slices(self) -> "Slices":
        """The export, split by market."""
        from leadsmart.cleaning.reading.split import read_slices

        return read_slices(self.results.slices.folder)

    @property
    def workspace(self) -> Workspace:
        """The folders of the project."""
        return self.results.workspace

    @property
    def market(self) -> str:
        """Name of the market."""
        return self.params.market

    @property
    def folder(self) -> Path:
        """Where this notebook writes."""
        return self.workspace.stage / (ALL_MARKETS if self.step in NEEDS_OF_ALL else self.market)

    # --- what earlier notebooks wrote -----------------------------------------------------------------

    def read_tables(self, market: str | None = None) -> MarketTables:
        """The four clean tables of this market, or of another one."""
        market = market or self.market
        paths = {table: self._source(CLEANING, market, f"clean/{table}.parquet") for table in TABLES}
        return MarketTables(**{table: pd.read_parquet(path) for table, path in paths.items()})

    def read_market(self, market: str | None = None) -> Market:
        """This market, or another one: its clean tables and parameters."""
        return Market(self.read_tables(market), self.read_params(market or self.market))

    def read_others(self) -> MarketTables | None:
        """Clean tables of all but the customer that a report is for; None for an internal report.

        Cleaned again in memory, as nothing of them may be written. An internal report thus does without the code
        of cleaning, and a client's depends on it, see `Freshness.facts`.
        """
        if self.params.audience != CLIENT:
            return None
        from leadsmart.cleaning.clean import clean_others
        from leadsmart.cleaning.values.keys import load_key

        return clean_others(self.slices, self.params, load_key(), self.read_corrections())

    def read_corrections(self) -> "tuple[Correction, ...]":
        """The reviewed file's corrections, all of which must still match as it says.

        A run has counted the rows that match before it began; each notebook then reads its own market's alone.
        """
        from leadsmart.cleaning.reading.corrections import find_unexpected, read_corrections

        corrections = read_corrections(self.workspace.params_dir)
        unexpected = [] if self.workspace.in_run else find_unexpected(self.slices, corrections)
        if unexpected:
            raise InputProblems(unexpected)
        return corrections

    def read_json(self, step: str, name: str, market: str | None = None) -> Any:
        """A JSON file that `step` wrote."""
        return json.loads(self._source(step, market or self.market, name).read_text(encoding="utf-8"))

    def read_json_of_all(self, step: str, name: str) -> pd.DataFrame:
        """A JSON file of `step` of every market that has it: one row per market."""
        return pd.DataFrame([self.read_json(step, name, market) for market in self.markets(step)])

    def read_pooled_extracts(self) -> pd.DataFrame:
        """The labelled leads of all markets that ``pooled_model`` gathered."""
        return pd.read_parquet(self._source(POOLED, self.market, "pooled/extracts.parquet"))

    def read_compared(self) -> Mapping[str, Any]:
        """Extract of the run that this one is compared with; empty where there is none."""
        self.read[COMPARED] = digest_of(self.results.compared)
        return self.results.compared

    def inputs_table(self) -> pd.DataFrame:
        """One row per file of the export: ``file, rows, sha256`` (its first twelve digits); a client sees no rows."""
        self.read[EXPORT] = digest_of(self.results.inputs)
        entries = inputs_record(self.results.slices, self.params.audience).items()
        return pd.DataFrame(
            [
                {"file": name, "rows": entry.get("rows"), "sha256": str(entry["sha256"])[:12]}
                for name, entry in entries
            ]
        )

    def map_markets(self, function: Callable[[Market], pd.DataFrame]) -> pd.DataFrame:
        """What `function` makes of every market, one below the other."""
        parts = [function(self.read_market(market)) for market in self.markets(CLEANING)]
        return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()

    def read_params(self, market: str) -> Params:
        """Parameters of another market, with this notebook's overrides."""
        return self.results.params(market)

    @property
    def titles(self) -> dict[str, str]:
        """Title of each market with clean tables."""
        return {market: self.read_params(market).title for market in self.markets(CLEANING)}

    def markets(self, step: str) -> list[str]:
        """Markets whose `step` is complete for this export; in a run those that failed are left out."""
        markets = self.results.markets(step)
        self.read[MARKETS_OF + step] = ", ".join(markets)
        return markets

    def failures(self) -> list[dict[str, str]]:
        """Markets whose last run failed: market, title, notebook, problem, remedy."""
        failures = self.results.failures()
        self.read[FAILURES] = digest_of(failures)
        return failures

    def _source(self, step: str, market: str, name: str) -> Path:
        """The file of another notebook that is read, and noted as read; or one of this notebook's own."""
        if step == self.step and market == self.market:
            return self.folder / name
        folder = self.results.find(step, market)
        if folder is None:
            raise InputError(
                f"{step} has no result for {market} with these parameters and this export",
                remedy=f"Run notebooks/{step}.ipynb for it first, or `leadsmart run {market}`",
            )
        self.read[reading(market, step, name)] = sha256_of(folder / name)
        return folder / name

    # --- what this notebook writes --------------------------------------------------------------------

    def write_table(self, table: pd.DataFrame, name: str, folder: str = "tables/") -> str:
        """Write a table as CSV, harmless in a spreadsheet; returns its address as seen from the page."""
        path = self.new_path(f"{folder}{name}.csv")
        path.write_text(to_safe_csv(table), encoding="utf-8", newline="")
        above = f"{ALL_MARKETS}/" if self.step in NEEDS_OF_ALL else ""
        return f"{above}{folder}{name}.csv"

    def write_tables(self, tables: Mapping[str, pd.DataFrame]) -> None:
        """Write several tables as CSV, by name."""
        for name, table in tables.items():
            self.write_table(table, name)

    def write_json(self, value: Any, name: str) -> None:
        """Write plain values as JSON; numbers that are not finite become null."""
        path = self.new_path(name)
        text = json.dumps(_jsonable(value), indent=1, ensure_ascii=False, allow_nan=False, sort_keys=False)
        path.write_text(text + "\n", encoding="utf-8")

    def write_parquet(self, tables: Mapping[str, pd.DataFrame], folder: str) -> None:
        """Write tables as ``<folder>/<name>.parquet``."""
        for name, table in tables.items():
            table.to_parquet(self.new_path(f"{folder}/{name}.parquet"), index=False)

    def write_cleaned(self, cleaned: "CleanedMarket") -> None:
        """Write what cleaning made: ``clean/``, ``quarantine/``, ``ledger.csv``, ``data_quality.json``."""
        self.write_parquet(cleaned.tables._asdict(), "clean")
        self.write_parquet(cleaned.quarantine, "quarantine")
        self.write_table(cleaned.ledger, "ledger", folder="")
        self.write_json({"verdict": cleaned.verdict, "reason": cleaned.verdict_reason}, "data_quality.json")

    def new_path(self, name: str) -> Path:
        """Path to write a file to, its folder made."""
        self.written.add(name)
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    # --- what every page shows ------------------------------------------------------------------------

    def header(self) -> Html:
        """First lines of the page: market, date, currency, links, and what must be known before reading."""
        verdict = self.read_json(CLEANING, "data_quality.json")
        steps = (CLEANING,) if self.market == UNASSIGNED else (SUMMARY, *MARKET_STEPS[:-1])
        pages = [(f"{step}.html", PAGE_TITLES[step]) for step in steps]
        facts = [
            ("as of", format_date(self.params.as_of)),
            ("", self.params.currency),
            ("data quality", verdict["verdict"]),
        ]
        parts = [
            page_nav(self.params.title, pages, f"{self.step}.html"),
            facts_line(facts),
            self.sample_banner(),
        ]
        if verdict["verdict"] == DATA_NOT_RELIABLE:
            parts.append(callout("important", "the data of this market is not reliable", verdict["reason"]))
        return Html("".join(parts))

    def sample_banner(self) -> Html:
        """What must be known before reading: that the data is a sample, and for whom the report was made."""
        notices = [SAMPLE_NOTICE] * self.results.slices.is_sample + [audience_note(self.params)]
        return Html("".join(banner(notice) for notice in notices if notice))

    def source_note(self, n: float | None = None) -> str:
        """The footer of a picture: n where it is given, and where the data is from."""
        count = f"n {format_count(n)}. " if n is not None else ""
        kind = "sample export" if self.results.slices.is_sample else "platform export"
        return f"{count}{self.params.title}, {kind} up to {format_date(self.params.as_of)}"

    def finish(self) -> Html:
        """Mark this notebook as done; shows versions, seed and what it was made from."""
        # a path may have been asked for and nothing written to it
        names = [name for name in sorted(self.written) if (self.folder / name).is_file()]
        outputs = {name: sha256_of(self.folder / name) for name in names}
        # in a run, the runner knows the facts: what they were when it began
        facts = {} if self.workspace.in_run else self.results.freshness.facts(self.step, self.market)
        write_record(self.folder, self.step, Record(facts, self.read, outputs))
        versions = ", ".join(
            f"{name} {importlib.metadata.version(name)}" for name in ("leadsmart", *_SHOWN_VERSIONS)
        )
        seed = "" if self.step in NEEDS_OF_ALL else f" Seed {self.params.seed}."
        return footnote(f"Made with {versions}.{seed} Inputs (sha256): {'; '.join(self._inputs())}.")

    def _inputs(self) -> list[str]:
        """What went in, each with the first digits of its digest; other notebooks' files as one per notebook."""
        if self.step == CLEANING:
            digests = self.results.slices.digests[self.market]
            return [f"{table} {digests[table][:12]}" for table in TABLES]
        digests: dict[str, list[str]] = {}
        for what, digest in sorted(self.read.items()):
            step = f"{what} ".split(" ")[1]
            if step in PAGE_TITLES:
                digests.setdefault(step, []).append(digest)
        return [f"{step} {digest_of(each)[:12]}" for step, each in sorted(digests.items())]


def _jsonable(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _jsonable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_jsonable(item) for item in value]
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float):
        return value if value == value and abs(value) != float("inf") else None
    if value is None or isinstance(value, str | int | bool):
        return value
    return str(value)
