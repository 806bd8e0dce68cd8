"""What of the published report is up to date, and what of it a run would make again, and why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from leadsmart.errors import InputError, LeadSmartError
from leadsmart.params import list_markets
from leadsmart.report.execution.schedule import TaskId, plan
from leadsmart.report.notebooks import SUMMARY, Of
from leadsmart.report.project.export_slices import known_slices
from leadsmart.report.project.files import read_json
from leadsmart.report.project.workspace import RUN_FILE, STAGE, Workspace
from leadsmart.report.provenance.freshness import Freshness
from leadsmart.report.provenance.history import find_compared
from leadsmart.report.provenance.records import FileRead, Record, read_record
from leadsmart.report.provenance.result_store import ResultStore
from leadsmart.report.site.publish import is_interrupted
from leadsmart.report.site.site import why_site_is_outdated
from leadsmart.vocabulary import UNASSIGNED


@dataclass(frozen=True)
class Status:
    """A notebook of the report, or the site.

    Attributes
    ----------
    market, notebook : str
    reasons : sequence of str
        Why it would be made again; empty where it is up to date.
    waits_for : sequence of str
        Notebooks that it read and that run first; it runs only if what it read changes.
    """

    market: str
    notebook: str
    reasons: Sequence[str]
    waits_for: Sequence[str] = ()

    @property
    def is_up_to_date(self) -> bool:
        """Whether nothing would be made again."""
        return not self.reasons and not self.waits_for


def list_status(store: ResultStore, markets: Sequence[str], renderer: str = "auto") -> list[Status]:
    """Every notebook that a run of these markets is about, in the order in which they run, then the site.

    Parameters
    ----------
    store : ResultStore
        Of a workspace whose stage is that of a run.
    markets : sequence of str
    renderer : str

    Returns
    -------
    list of Status
        One per notebook, then one of the site.
    """
    freshness = Freshness(store, expected=store.present)
    freshness.compared = find_compared(freshness, freshness.markets(SUMMARY, Of.PUBLISHED))
    found: dict[TaskId, Status] = {}
    for market, notebook in plan(markets, [m for m in store.present if m not in markets]):
        folder = freshness.where(notebook, market)
        reasons = freshness.why_outdated(notebook, market, folder)
        changing = [task for task, status in found.items() if not status.is_up_to_date]
        waits_for = () if reasons else _read_of(folder, notebook, changing)
        found[TaskId(market, notebook)] = Status(market, notebook, reasons, waits_for)
    freshness.save_cache()
    waiting = [status.notebook for status in found.values() if not status.is_up_to_date]
    reasons = why_site_is_outdated(store.workspace, renderer)
    site = Status("site", "", reasons, () if reasons else tuple(dict.fromkeys(waiting)))
    return [*found.values(), site]


def _read_of(folder: Path, notebook: str, tasks: Sequence[TaskId]) -> list[str]:
    """Those of these tasks whose files a notebook read."""
    record = read_record(folder, notebook) or Record()
    read = {TaskId(file.market, file.notebook) for file in record.reads if isinstance(file, FileRead)}
    return [f"{task.notebook} of {task.market}" for task in tasks if task in read]


def open_store(workspace: Workspace, overrides: Mapping[str, Any]) -> ResultStore:
    """The published results of a workspace.

    Parameters
    ----------
    workspace : Workspace
    overrides : mapping
        Parameters that win over the markets' files.

    Returns
    -------
    ResultStore
        With the stage of a run.

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
    return ResultStore(replace(workspace, slices=slices.folder), slices, overrides)


def list_if_up_to_date(
    workspace: Workspace, markets: Sequence[str], overrides: Mapping[str, Any], renderer: str
) -> list[Status]:
    """The status of a run that has nothing to do; empty where it has, or where that is not certain.

    Each notebook is up to date then, the site shows them, and nothing was interrupted. Cheap: wrong parameters, a new
    export or a report for some users are left to the run itself.

    Parameters
    ----------
    workspace : Workspace
    markets : sequence of str
        Those to run; empty means all.
    overrides : mapping
        Parameters that win over the markets' files.
    renderer : str

    Returns
    -------
    list of Status
        As of `list_status`, or empty.
    """
    if is_interrupted(workspace.outputs):
        return []
    try:
        store = open_store(workspace, overrides)
        wanted = list(markets) or list_markets(workspace.params_dir)
        parameters = {m: store.params(m) for m in (*wanted, UNASSIGNED)}
        if any(p.user_ids is not None for p in parameters.values()) or not set(wanted) <= set(store.present):
            return []
        found = list_status(store, wanted, renderer)
        published = {m: read_json(workspace.outputs / m / RUN_FILE)["parameters"] for m in parameters}
    except (LeadSmartError, OSError, ValueError, KeyError):
        return []
    same = all(published[m] == p.model_dump(mode="json") for m, p in parameters.items())
    return found if same and all(status.is_up_to_date for status in found) else []
