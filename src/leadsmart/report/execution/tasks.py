"""One notebook of a run as a task: a function of paths and parameters that any executor can run anywhere.

A task reads the private slice of its own market and what other notebooks left in the stage or published, and writes
into the stage. It can be pickled, and so can what it returns.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from leadsmart.errors import NotebookError
from leadsmart.report.execution.kernels import Kernels
from leadsmart.report.notebooks import NOTEBOOKS
from leadsmart.report.project.files import sha256_of
from leadsmart.report.project.workspace import Workspace
from leadsmart.report.provenance.records import read_record, write_record

if TYPE_CHECKING:
    from leadsmart.report.execution.execute import CellListener


@dataclass(frozen=True)
class Task:
    """A notebook to be executed for a market.

    Attributes
    ----------
    market : str
        ``all-markets`` for a notebook that runs once.
    notebook : str
        Its name.
    workspace : Workspace
        ``stage`` is where it writes, ``slices`` what it may read of the export.
    overrides : mapping
        Parameters that win over the market's file.
    facts : mapping
        What its result is made from, see `Freshness.facts`; recorded beside it.
    """

    market: str
    notebook: str
    workspace: Workspace
    overrides: Mapping[str, Any]
    facts: Mapping[str, Any]


@dataclass(frozen=True)
class TaskResult:
    """How a task ended.

    Attributes
    ----------
    seconds : float
    warnings : sequence of str
        What the notebook wrote to the error stream.
    error : NotebookError or None
    """

    seconds: float
    warnings: Sequence[str] = ()
    error: NotebookError | None = None


@dataclass(frozen=True)
class MarketResult:
    """How a market's run ended.

    Attributes
    ----------
    market, title : str
    seconds : float
        Spent in its notebooks.
    error : NotebookError or None
    summary : dict
        What ``04_summary`` wrote for the table at the end of a run; empty when it failed.
    """

    market: str
    title: str
    seconds: float = 0.0
    error: NotebookError | None = None
    summary: Mapping[str, Any] | None = None


def run_task(task: Task, kernels: Kernels | None = None, on_cell: "CellListener | None" = None) -> TaskResult:
    """Execute a task's notebook and complete its record; one that fails is a result, not an exception.

    Parameters
    ----------
    task : Task
    kernels : Kernels, optional
        Those of a run in this process; without them a kernel starts the plain way.
    on_cell : callable, optional
        Called before every code cell, see `execute.execute_notebook`.

    Returns
    -------
    TaskResult
        Seconds, warnings, and the error of a notebook that failed.
    """
    started = time.perf_counter()
    if kernels:
        kernels.start()
    # papermill takes a second to import, and the launcher is at work meanwhile
    from leadsmart.report.execution.execute import execute_notebook

    try:
        warnings = execute_notebook(
            task.notebook, task.market, task.workspace, task.overrides, on_cell, kernels
        )
    except NotebookError as error:
        return TaskResult(time.perf_counter() - started, error=error)
    _complete_record(task)
    return TaskResult(time.perf_counter() - started, warnings)


def _complete_record(task: Task) -> None:
    """Add what the notebook itself can't know: what it was made from, and its own executed copy."""
    notebook = NOTEBOOKS[task.notebook]
    folder = task.workspace.stage / notebook.folder(task.market)
    record = read_record(folder, notebook.name)
    if record is not None:
        outputs = {**record.outputs, notebook.copy: sha256_of(folder / notebook.copy)}
        write_record(folder, notebook.name, replace(record, facts=task.facts, outputs=outputs))
