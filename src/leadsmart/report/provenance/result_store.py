"""Where the results of notebooks lie, in the stage or published, and with which parameters and export they are made."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from leadsmart.cleaning.reading.slices import Slices
from leadsmart.params import Params, list_markets, params_for
from leadsmart.report.notebooks import NOTEBOOKS, SUMMARY
from leadsmart.report.project.files import read_json
from leadsmart.report.project.workspace import Workspace
from leadsmart.vocabulary import UNASSIGNED

FAILURE_FILE = "failure.json"
#: In the stage of a run: the markets that count for a notebook that reads several.
SOURCES_FILE = "sources.json"
#: In the stage of a run: the run that this one is compared with.
COMPARED_FILE = "compared.json"


@dataclass(frozen=True)
class ResultStore:
    """The results of one export under one set of overrides.

    Attributes
    ----------
    workspace : Workspace
    slices : Slices
        What is known of the export.
    overrides : mapping
        Parameters that win over every market's file.
    """

    workspace: Workspace
    slices: Slices
    overrides: Mapping[str, Any]
    _params: dict[str, Params] = field(default_factory=dict, init=False, repr=False, compare=False)

    @cached_property
    def known(self) -> list[str]:
        """Markets that have parameters."""
        return list_markets(self.workspace.params_dir)

    @property
    def present(self) -> list[str]:
        """Markets that have parameters, and campaigns in this export."""
        return [market for market in self.known if self.slices.markets.get(market)]

    def params(self, market: str) -> Params:
        """Parameters of a market, with `as_of` filled in from the export where the parameters leave it open.

        With a sample the title says so: no sentence, picture or page then passes for the market.
        """
        if market not in self._params:
            params = params_for(market, self.workspace.params_dir, self.overrides)
            known: dict[str, object] = {"as_of": params.as_of or self.slices.last_day}
            if self.slices.is_sample:
                known["title"] = f"{params.title} (sample data)"
            self._params[market] = params.model_copy(update=known)
        return self._params[market]

    def staged(self, notebook: str, market: str) -> Path:
        """The folder where a notebook writes."""
        return self.workspace.stage / NOTEBOOKS[notebook].folder(market)

    def published(self, notebook: str, market: str) -> Path:
        """The folder where a notebook's files are published."""
        return self.workspace.outputs / NOTEBOOKS[notebook].folder(market)

    def in_run(self, notebook: str, market: str) -> Path:
        """The folder that holds a notebook's files during a run: the stage, if its market is at work there.

        The staged folder of a market that failed holds its failure, and nothing else counts of it.
        """
        staged = self.staged(notebook, market)
        is_at_work = staged.is_dir() and not (staged / FAILURE_FILE).is_file()
        return staged if is_at_work else self.published(notebook, market)

    def failures(self) -> list[dict[str, str]]:
        """Markets whose last run failed: market, title, notebook, problem, remedy."""
        found = []
        for market in (*self.known, UNASSIGNED):
            staged = self.staged(SUMMARY, market)
            path = (staged if staged.is_dir() else self.published(SUMMARY, market)) / FAILURE_FILE
            if path.is_file():
                found.append(read_json(path))
        return found
