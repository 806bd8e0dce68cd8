"""What notebooks have written so far, looked up by the fingerprint of all it depends on."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from leadsmart.cleaning.split import Slices, split_export
from leadsmart.params import Params, list_markets, load_params, unassigned_params
from leadsmart.report.steps import NEEDS_OF_ALL, SUMMARY, export_digest, fingerprint, is_done, mark_done
from leadsmart.report.workspace import Workspace
from leadsmart.vocabulary import ALL_MARKETS, UNASSIGNED


def open_slices(workspace: Workspace) -> Slices:
    """The workspace's export, split by the markets that have parameters."""
    markets = list_markets(workspace.params_dir)
    commas = [market for market in markets if load_params(market, workspace.params_dir).decimal_comma]
    return split_export(workspace.data, workspace.cache, markets, decimal_comma=commas)


@dataclass(frozen=True)
class Results:
    """Results of one export under one set of overrides, in the stage or published.

    Attributes
    ----------
    workspace : Workspace
    slices : Slices
        The export, split by market.
    overrides : mapping
        Parameters that win over every market's file.
    made : set of (step, market)
        Results that were missing and have just been made.
    """

    workspace: Workspace
    slices: Slices
    overrides: Mapping[str, Any]
    made: set[tuple[str, str]] = field(default_factory=set)

    @property
    def inputs(self) -> dict[str, str]:
        """File of the export -> sha256."""
        return {name: str(entry["sha256"]) for name, entry in self.slices.inputs.items()}

    def params(self, market: str) -> Params:
        """Parameters of a market, with `as_of` filled in from the export where the parameters leave it open.

        With a sample the title says so: no sentence, picture or page then passes for the market.
        """
        if market == UNASSIGNED:
            params = unassigned_params(self.workspace.params_dir, self.overrides)
        else:
            params = load_params(market, self.workspace.params_dir, self.overrides)
        known = {"as_of": params.as_of or self.slices.last_day}
        if self.slices.is_sample:
            known["title"] = f"{params.title} (sample data)"
        return params.model_copy(update=known)

    def find(self, step: str, market: str) -> Path | None:
        """The folder with the result of `step` that is still true, or None."""
        staged, published = self._folders(step, market)
        # What lies in the stage of a run was made by that run; what this page had made is as true.
        if (self.workspace.in_run or (step, market) in self.made) and is_done(staged, step):
            return staged
        value = self._fingerprint(step, market)
        return next((folder for folder in (staged, published) if is_done(folder, step, value=value)), None)

    def markets(self, step: str) -> list[str]:
        """Markets that have a result of `step`.

        For the summary any result of this export and audience counts: a market that was run with a changed
        parameter stays in the overview. For other steps it must be still true.
        """
        return [m for m in list_markets(self.workspace.params_dir) if self.folder(step, m) is not None]

    def folder(self, step: str, market: str) -> Path | None:
        """The folder that `markets` found a market in."""
        if step != SUMMARY:
            return self.find(step, market)
        export = self._export(market)
        return next((f for f in self._folders(step, market) if is_done(f, step, export=export)), None)

    def mark_done(self, folder: Path, step: str, market: str) -> None:
        """Write down that `step` is complete."""
        mark_done(folder, step, self._fingerprint(step, market), self._export(market))

    def _folders(self, step: str, market: str) -> tuple[Path, Path]:
        below = ALL_MARKETS if step in NEEDS_OF_ALL else market
        return self.workspace.stage / below, self.workspace.outputs / below

    def _export(self, market: str) -> str:
        return export_digest(self.inputs, self.params(market).user_ids)

    def _fingerprint(self, step: str, market: str) -> str:
        markets = list_markets(self.workspace.params_dir) if step in NEEDS_OF_ALL else [market]
        notebook = self.workspace.notebooks / f"{step}.ipynb"
        return fingerprint(step, notebook, [self.params(m) for m in markets], self.inputs)
