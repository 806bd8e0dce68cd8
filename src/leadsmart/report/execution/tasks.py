"""One notebook of a run as a task: a function of paths and parameters that any executor can run anywhere.

A task reads the private slice of its own market and what other notebooks left in the stage or published, and writes
into the stage. What it is given can be pickled, and so can what it returns.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from leadsmart.errors import NotebookError
from leadsmart.report.execution.kernels import Kernels
from leadsmart.report.execution.schedule import TaskId
from leadsmart.report.notebooks import NOTEBOOKS
from leadsmart.report.project.files import sha256_of
from leadsmart.report.project.workspace import Workspace
from leadsmart.report.provenance.records import read_record, write_record

if TYPE_CHECKING:
    from leadsmart.report.execution.execute import CellListener


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


def run_task(
    task: TaskId,
    workspace: Workspace,
    overrides: Mapping[str, Any],
    facts: Mapping[str, Any],
    kernels: Kernels | None = None,
    on_cell: "CellListener | None" = None,
) -> TaskResult:
    """Execute a notebook and complete its record; one that fails is a result, not an exception.

    Parameters
    ----------
    task : TaskId
    workspace : Workspace
        ``stage`` is where it writes, ``slices`` what it may read of the export.
    overrides : mapping
        Parameters that win over the market's file.
    facts : mapping
        What its result is made from, see `Freshness.facts`; recorded beside it.
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
        warnings = execute_notebook(task.notebook, task.market, workspace, overrides, on_cell, kernels)
    except NotebookError as error:
        return TaskResult(time.perf_counter() - started, error=error)
    notebook = NOTEBOOKS[task.notebook]
    folder = workspace.stage / notebook.folder(task.market)
    if record := read_record(folder, notebook.name):
        # what the notebook itself can't know: what it was made from, and its own executed copy
        outputs = {**record.outputs, notebook.copy: sha256_of(folder / notebook.copy)}
        write_record(folder, notebook.name, replace(record, facts=facts, outputs=outputs))
    return TaskResult(time.perf_counter() - started, warnings)
