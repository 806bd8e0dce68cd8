"""What of the published report is still true, and what of it a run would make again, and why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from leadsmart.errors import InputError, LeadSmartError
from leadsmart.params import list_markets
from leadsmart.report.execution.schedule import Key, plan
from leadsmart.report.notebooks import SUMMARY
from leadsmart.report.project.export_slices import known_slices
from leadsmart.report.project.workspace import STAGE, Workspace
from leadsmart.report.provenance.history import note_compared
from leadsmart.report.provenance.manifest import read_market_parameters
from leadsmart.report.provenance.records import Record, read_record
from leadsmart.report.provenance.result_store import Results
from leadsmart.report.site.publish import is_interrupted
from leadsmart.report.site.site import why_site_is_stale
from leadsmart.vocabulary import ALL_MARKETS, UNASSIGNED


@dataclass(frozen=True)
class Status:
    """A notebook of the report, or the site.

    Attributes
    ----------
    market, step : str
    reasons : sequence of str
        Why it would be made again; empty where it is still true.
    waits_for : sequence of str
        Notebooks that it read and that run first; it runs only if what it read changes.
    """

    market: str
    step: str
    reasons: Sequence[str]
    waits_for: Sequence[str] = ()

    @property
    def is_fresh(self) -> bool:
        """Whether nothing would be made again."""
        return not self.reasons and not self.waits_for


def list_status(results: Results, markets: Sequence[str], renderer: str = "auto") -> list[Status]:
    """Every notebook that a run of these markets is about, in the order in which they run, then the site.

    Parameters
    ----------
    results : Results
        Of a workspace whose stage is that of a run.
    markets : sequence of str
    renderer : str
    """
    others = [m for m in results.known if m not in markets and results.slices.markets.get(m)]
    note_compared(results, results.markets(SUMMARY))
    results.expected.update(m for m in results.known if results.slices.markets.get(m))
    found: dict[Key, Status] = {}
    for market, step in plan(markets, others):
        name = results.known[0] if market == ALL_MARKETS else market
        folder = results.where(step, name)
        reasons = results.freshness.why_stale(step, name, folder)
        not_fresh = [key for key, status in found.items() if not status.is_fresh]
        stale = () if reasons else _read_of(folder, market, step, not_fresh)
        found[(market, step)] = Status(market, step, reasons, stale)
    results.freshness.remember()
    waiting = [status.step for status in found.values() if not status.is_fresh]
    reasons = why_site_is_stale(results.workspace, renderer)
    site = Status("site", "", reasons, () if reasons else tuple(dict.fromkeys(waiting)))
    return [*found.values(), site]


def _read_of(folder: Path, market: str, step: str, keys: Sequence[Key]) -> list[str]:
    """Those of these notebooks of which a notebook read something."""
    record = read_record(folder, step) or Record()
    # what is made once for all is noted under the market that reads it
    read = {tuple(what.split(" ")[:2]) for what in record.reads}
    return [f"{s} of {m}" for m, s in keys if (market if m == ALL_MARKETS else m, s) in read]


def open_results(workspace: Workspace, overrides: Mapping[str, Any]) -> Results:
    """The published results of a workspace.

    Raises
    ------
    InputError
        If nothing is known of the export yet.
    """
    workspace = replace(workspace, stage=workspace.outputs / STAGE)
    slices = known_slices(workspace)
    if slices is None:
        raise InputError(
            "this export, with these markets and this code, was not looked at yet",
            file=workspace.relative_data(),
            remedy="Start with `leadsmart run`",
        )
    return Results(replace(workspace, slices=slices.folder), slices, overrides)


def has_nothing_to_do(
    workspace: Workspace, markets: Sequence[str], overrides: Mapping[str, Any], renderer: str
) -> list[Status]:
    """Every notebook of a run, if each is fresh, the site shows them, and nothing was interrupted; else nothing.

    Cheap, and said only where it is certain: wrong parameters, a new export or a report for some users are left to
    the run itself.
    """
    if is_interrupted(workspace.outputs):
        return []
    try:
        results = open_results(workspace, overrides)
        known = list_markets(workspace.params_dir)
        wanted = list(markets) or known
        parameters = {m: results.params(m) for m in (*wanted, UNASSIGNED)}
        if any(p.user_ids is not None for p in parameters.values()):
            return []
        if not all(results.slices.markets.get(m) for m in wanted):
            return []
        found = list_status(results, wanted, renderer)
        told = {m: read_market_parameters(workspace.outputs / m) for m in parameters}
    except (LeadSmartError, OSError, ValueError, KeyError):
        return []
    same = all(told[m] == p.model_dump(mode="json") for m, p in parameters.items())
    return found if same and all(status.is_fresh for status in found) else []
