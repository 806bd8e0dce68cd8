"""A notebook's page: opened from its parameters cell, it reads, writes, shows what every page shows, and is recorded.

The same call works in Jupyter, under plain papermill and in a run: what is missing is made, and said.
"""

import importlib.metadata
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from leadsmart.cleaning.reading.slices import Slices, read_slices
from leadsmart.display.cards import banner, callout, facts_line, footnote, page_nav
from leadsmart.display.markup import Html
from leadsmart.errors import InputError, ParameterError
from leadsmart.formats import format_date
from leadsmart.params import Params, list_markets
from leadsmart.report.notebook.reader import Reader
from leadsmart.report.notebook.writer import Writer
from leadsmart.report.notebooks import (
    CLEANING,
    DATA_QUALITY_FILE,
    MARKET_NOTEBOOKS,
    NOTEBOOKS,
    Notebook,
    RunInput,
    find_notebook,
)
from leadsmart.report.project.audience import audience_note
from leadsmart.report.project.files import digest_of, read_json, sha256_of
from leadsmart.report.project.workspace import Workspace, open_workspace
from leadsmart.report.provenance.records import FileRead, Record, write_record
from leadsmart.report.provenance.result_store import COMPARED_FILE, ResultStore
from leadsmart.vocabulary import ALL_MARKETS, DATA_NOT_RELIABLE, TABLES, UNASSIGNED
from leadsmart.yaml_text import find_restated, find_yaml

if TYPE_CHECKING:
    from leadsmart.report.provenance.freshness import Freshness

SAMPLE_NOTICE = (
    "Sample data. Campaigns, leads and figures on this page are made up by leadsmart sample; "
    "they say nothing about a real market."
)
_SHOWN_VERSIONS = ("leadsmart", "pandas", "scikit-learn", "seaborn", "papermill")


class Page(Reader, Writer):
    """One notebook at work on one market, or on all: it reads, writes, and shows what every page shows."""

    def __init__(self, notebook: Notebook, params: Params, freshness: "Freshness") -> None:
        Reader.__init__(self, notebook, params, freshness)
        Writer.__init__(self, notebook, self.store.staged(notebook.name, self.market))

    def header(self) -> Html:
        """First lines of the page: market, date, currency, links, and what must be known before reading."""
        quality = self.read_json(CLEANING, DATA_QUALITY_FILE)
        shown = [n for n in MARKET_NOTEBOOKS if n.for_unassigned or self.market != UNASSIGNED]
        links = [(f"{n.name}.html", n.title) for n in shown]
        facts = [
            ("as of", format_date(self.params.as_of)),
            ("", self.params.currency),
            ("data quality", quality["verdict"]),
        ]
        parts = [
            page_nav(self.params.title, links, f"{self.notebook.name}.html"),
            facts_line(facts),
            self.sample_banner(),
        ]
        if quality["missing"]:
            parts.append(
                callout("note", "what this export can't tell", f"{quality['missing'].capitalize()}.")
            )
        if quality["verdict"] == DATA_NOT_RELIABLE:
            parts.append(callout("important", "the data of this market is not reliable", quality["reason"]))
        return Html("".join(parts))

    def sample_banner(self) -> Html:
        """What must be known before reading: that the data is a sample, and for whom the report was made."""
        notices = [SAMPLE_NOTICE] * self.store.slices.is_sample + [audience_note(self.params)]
        return Html("".join(banner(notice) for notice in notices if notice))

    def source_note(self) -> str:
        """The footer of a picture: where the data is from."""
        kind = "sample export" if self.store.slices.is_sample else "platform export"
        return f"{self.params.title}, {kind} up to {format_date(self.params.as_of)}"

    def finish(self) -> Html:
        """Record that this notebook has come to its end; shows versions, seed and what it was made from."""
        name = self.notebook.name
        # a path may have been asked for and nothing written to it
        files = [file for file in sorted(self.written) if (self.folder / file).is_file()]
        outputs = {file: sha256_of(self.folder / file) for file in files}
        # in a run, the runner knows the facts: what they were when it began
        facts = {} if self.workspace.in_run else self.freshness.facts(name, self.market)
        write_record(self.folder, name, Record(facts, self.reads, outputs))
        versions = ", ".join(
            f"{package} {importlib.metadata.version(package)}" for package in _SHOWN_VERSIONS
        )
        seed = "" if self.notebook.runs_once else f" Seed {self.params.seed}."
        return footnote(f"Made with {versions}.{seed} Inputs (sha256): {'; '.join(self._shown_inputs())}.")

    def _shown_inputs(self) -> list[str]:
        """What went in, each with the first digits of its digest; other notebooks' files as one per notebook."""
        if RunInput.MARKET_ROWS in self.notebook.reads:
            rows = self.store.slices.digests[self.market]
            return [f"{table} {rows[table][:12]}" for table in TABLES]
        digests: dict[str, list[str]] = {}
        for read in sorted(read for read in self.reads if isinstance(read, FileRead)):
            digests.setdefault(read.notebook, []).append(self.reads[read])
        return [f"{notebook} {digest_of(each)[:12]}" for notebook, each in sorted(digests.items())]


def open_page(name: str, variables: Mapping[str, Any]) -> Page:
    """Open a notebook's page from the variables of its parameters cell.

    Parameters
    ----------
    name : str
        The notebook's name without its ending.
    variables : mapping
        ``globals()`` of the notebook. ``market`` names the market; ``data`` and ``outputs`` may name other
        folders; any field of `Params` that has a value wins over ``params/<market>.yml``, unless it is what papermill
        reads there.

    Returns
    -------
    Page
        Ready to read and write.

    Raises
    ------
    ParameterError
        If parameters are wrong.
    InputError
        If inputs are wrong, or the market has no campaigns in this export.
    NotebookError
        If the notebook is not declared.
    """
    # how it is known what is up to date changes no figure
    from leadsmart.report.provenance.freshness import Freshness

    notebook = find_notebook(name)
    data, outputs = (Path(variables[key]) if variables.get(key) else None for key in ("data", "outputs"))
    workspace = open_workspace(data=data, outputs=outputs)
    market = variables.get("market") or list_markets(workspace.params_dir)[0]
    overrides = {
        field: variables[field]
        for field in Params.model_fields
        if field != "market" and variables.get(field) is not None
    }
    path = find_yaml(workspace.params_dir, str(market), ParameterError)
    for restated in find_restated(path, overrides) if path else ():
        del overrides[restated]
    store = ResultStore(workspace, _slices(workspace), overrides)
    params = store.params(ALL_MARKETS if notebook.runs_once else market)
    if not (notebook.runs_once or market == UNASSIGNED or store.slices.markets.get(market)):
        raise InputError(
            f"{market} has no campaigns in {workspace.shown_data()}",
            remedy=f"Name its projects in project_markets.csv, or run one of: {', '.join(store.present)}",
        )
    page = Page(notebook, params, Freshness(store))
    if not workspace.in_run:
        _make_missing(page)
    elif (path := workspace.stage / COMPARED_FILE).is_file():
        page.freshness.compared = read_json(path)
    return page


def _make_missing(page: Page) -> None:
    """Run the notebooks whose results this one reads and that are not there, saying so."""
    # papermill takes seconds to import, and in a run nothing is missing
    from leadsmart.report.execution.execute import execute_notebook

    for source in page.notebook.sources:
        for market in source.markets(page.market, page.store.present):
            if page.freshness.find(source.notebook, market) is None:
                name = source.notebook
                where = "" if NOTEBOOKS[name].runs_once else f" for {market}"
                sys.stderr.write(f"{name} has no result{where} yet: running notebooks/{name}.ipynb first\n")
                execute_notebook(name, market, page.workspace, page.store.overrides)
                page.freshness.invalidate()


def _slices(workspace: Workspace) -> Slices:
    """What is known of the export; outside a run a notebook may be the first to ask, and have it split."""
    if workspace.slices:
        return read_slices(workspace.slices)
    from leadsmart.report.project.export_slices import known_slices, open_slices

    return known_slices(workspace) or open_slices(workspace)
