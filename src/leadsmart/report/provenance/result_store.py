"""What notebooks have written so far: where it lies, for whom it counts, and what of it others read."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from leadsmart.cleaning.reading.slices import Slices
from leadsmart.params import Params, list_markets, load_params, unassigned_params
from leadsmart.report.notebooks import CLEANING, NEEDS_OF_ALL, SUMMARY
from leadsmart.report.project.workspace import Workspace
from leadsmart.report.provenance.records import digest_of, is_done, read_record
from leadsmart.vocabulary import ALL_MARKETS, TABLES, UNASSIGNED

if TYPE_CHECKING:
    from leadsmart.report.provenance.freshness import Freshness

FAILURE_FILE = "failure.json"
#: In the stage of a run: which markets count for the notebooks that read all of them.
SOURCES_FILE = "sources.json"
#: In the stage of a run: the run that this one is compared with.
COMPARED_FILE = "compared.json"

MARKETS_OF, FAILURES, EXPORT, COMPARED = (
    "markets of ",
    "failures",
    "files of the export",
    "the run compared with",
)


@dataclass(frozen=True)
class Results:
    """Results of one export under one set of overrides, in the stage or published.

    Attributes
    ----------
    workspace : Workspace
    slices : Slices
        What is known of the export.
    overrides : mapping
        Parameters that win over every market's file.
    made : set of (step, market)
        Results that were missing and have just been made.
    expected : set of str
        Markets that will have clean tables by the time other notebooks ask for them.
    compared : dict
        The run that this one is compared with, see `history.compare_extracts`; empty where there is none.
    """

    workspace: Workspace
    slices: Slices
    overrides: Mapping[str, Any]
    made: set[tuple[str, str]] = field(default_factory=set)
    expected: set[str] = field(default_factory=set)
    compared: dict[str, Any] = field(default_factory=dict)

    @property
    def known(self) -> list[str]:
        """Markets that have parameters."""
        return list_markets(self.workspace.params_dir)

    @property
    def inputs(self) -> dict[str, str]:
        """File of the export -> sha256."""
        return {name: str(entry["sha256"]) for name, entry in self.slices.inputs.items()}

    def params(self, market: str) -> Params:
        """Parameters of a market, with `as_of` filled in from the export where the parameters leave it open.

        With a sample the title says so: no sentence, picture or page then passes for the market.
        """
        if market not in self._params:
            if market == UNASSIGNED:
                params = unassigned_params(self.workspace.params_dir, self.overrides)
            else:
                params = load_params(market, self.workspace.params_dir, self.overrides)
            known = {"as_of": params.as_of or self.slices.last_day}
            if self.slices.is_sample:
                known["title"] = f"{params.title} (sample data)"
            self._params[market] = params.model_copy(update=known)
        return self._params[market]

    def find(self, step: str, market: str) -> Path | None:
        """The folder with the result of `step` that is still true, or None.

        In a run that is what the runner left there. Elsewhere it is looked up whether it is still true.
        """
        staged, published = self._folders(step, market)
        if self.workspace.in_run:
            folder = self.where(step, market)
            return folder if is_done(folder, step) else None
        if (step, market) in self.made:
            return staged
        folders = (folder for folder in (staged, published) if is_done(folder, step))
        return next((f for f in folders if not self.freshness.why_stale(step, market, f)), None)

    def where(self, step: str, market: str) -> Path:
        """The folder where a result of `step` is, or would be published."""
        staged, published = self._folders(step, market)
        if not self.workspace.in_run:
            return self.find(step, market) or published
        # The folder of a market that failed in this run holds its failure, and nothing else counts of it.
        is_at_work = staged.is_dir() and not (staged / FAILURE_FILE).is_file()
        return staged if is_at_work else published

    def markets(self, step: str) -> list[str]:
        """Markets that have a result of `step`.

        For the summary any result of this data and audience counts: a market that was run with a changed
        parameter stays in the overview. For other steps it must be still true.
        """
        told = self.workspace.stage / SOURCES_FILE
        if self.workspace.in_run and told.is_file():
            return json.loads(told.read_text(encoding="utf-8"))[step]
        present = [market for market in self.known if self.slices.markets.get(market)]
        if step == SUMMARY:
            return [m for m in present if is_done(self.where(step, m), step) and self._is_of_this_data(m)]
        return [
            m
            for m in present
            if m in self.expected or not self.freshness.why_stale(step, m, self.where(step, m))
        ]

    def failures(self) -> list[dict[str, str]]:
        """Markets whose last run failed: market, title, notebook, problem, remedy."""
        found = []
        for market in (*self.known, UNASSIGNED):
            staged, published = self._folders(SUMMARY, market)
            path = (staged if staged.is_dir() else published) / FAILURE_FILE
            if path.is_file():
                found.append(json.loads(path.read_text(encoding="utf-8")))
        return found

    def read_now(self, what: str) -> str | None:
        """What a notebook that reads `what` would read now: the digest or value of it; None for nothing."""
        if what.startswith(MARKETS_OF):
            return ", ".join(self.markets(what.removeprefix(MARKETS_OF)))
        if what == FAILURES:
            return digest_of(self.failures())
        if what == EXPORT:
            return digest_of(self.inputs)
        if what == COMPARED:
            return digest_of(self.compared)
        market, step, name = what.split(" ", 2)
        record = read_record(self.where(step, market), step)
        return record.outputs.get(name) if record else None

    @cached_property
    def freshness(self) -> "Freshness":
        """What all results depend on."""
        from leadsmart.report.provenance.freshness import Freshness

        return Freshness(self)

    @cached_property
    def _params(self) -> dict[str, Params]:
        return {}

    def _folders(self, step: str, market: str) -> tuple[Path, Path]:
        below = ALL_MARKETS if step in NEEDS_OF_ALL else market
        return self.workspace.stage / below, self.workspace.outputs / below

    def _is_of_this_data(self, market: str) -> bool:
        record = read_record(self.where(CLEANING, market), CLEANING)
        if record is None or not record.facts:
            return False
        data, users = record.facts["data"], record.facts["parameters"].get("user_ids")
        same = all(data.get(table) == self.slices.digests[market][table] for table in TABLES)
        wanted = self.params(market).user_ids
        return same and users == (wanted if wanted is None else list(wanted))


def reading(market: str, step: str, name: str) -> str:
    """How a record calls a file of another notebook."""
    return f"{market} {step} {name}"
