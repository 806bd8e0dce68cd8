"""One notebook of a run as a task: a function of paths and parameters that any executor can run anywhere.

A task reads the private slice of its own market and what other notebooks left in the stage or published, and writes
into the stage. It can be pickled, and so can what it returns.
"""

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from leadsmart.errors import NotebookError
from leadsmart.report.execution.kernels import Kernels
from leadsmart.report.notebooks import NEEDS_OF_ALL
from leadsmart.report.project.workspace import Workspace
from leadsmart.report.provenance.records import read_record, sha256_of, write_record
from leadsmart.vocabulary import ALL_MARKETS

#: Told of a market, a step, the number of the cell, the number of cells and the heading above it.
CellListener = Callable[[str, str, int, int, str], None]


@dataclass(frozen=True)
class Task:
    """A notebook to be executed for a market.

    Attributes
    ----------
    market : str
        ``all-markets`` for a notebook that runs once for all.
    step : str
    name : str
        The market whose parameters it runs with.
    workspace : Workspace
        ``stage`` is where it writes, ``slices`` what it may read of the export.
    overrides : mapping
    facts : mapping
        What its result is made from, see `Freshness.facts`; written down beside it.
    """

    market: str
    step: str
    name: str
    workspace: Workspace
    overrides: Mapping[str, Any]
    facts: Mapping[str, Any]


@dataclass(frozen=True)
class Outcome:
    """How a task ended.

    Attributes
    ----------
    seconds : float
    said : sequence of str
        What the notebook wrote to the error stream.
    error : NotebookError or None
    """

    seconds: float
    said: Sequence[str] = ()
    error: NotebookError | None = None


@dataclass(frozen=True)
class _Surroundings:
    """What tasks share that run in this process; none of it changes what they write."""

    kernels: Kernels | None = None
    on_cell: CellListener | None = None


_here = _Surroundings()


@contextlib.contextmanager
def surroundings(kernels: Kernels, on_cell: CellListener) -> Iterator[None]:
    """Let tasks of this process take warm kernels, and say where they are."""
    global _here
    before, _here = _here, _Surroundings(kernels, on_cell)
    try:
        yield
    finally:
        _here = before


def run_task(task: Task) -> Outcome:
    """Execute a task's notebook and write its record; a notebook that fails is an outcome, not an exception."""
    here, started = _here, time.perf_counter()

    def on_cell(cell: int, cells: int, heading: str) -> None:
        if here.on_cell:
            here.on_cell(task.market, task.step, cell, cells, heading)

    if here.kernels:
        here.kernels.start()
    # papermill takes a second to import, and the warm process is at work meanwhile
    from leadsmart.report.execution.execute import execute_notebook

    try:
        said = execute_notebook(task.step, task.name, task.workspace, task.overrides, on_cell, here.kernels)
    except NotebookError as error:
        return Outcome(time.perf_counter() - started, error=error)
    _complete_record(task)
    return Outcome(time.perf_counter() - started, said)


def _complete_record(task: Task) -> None:
    """Add what the notebook itself can't know: what it was made from, and its own executed copy."""
    for_all = task.step in NEEDS_OF_ALL
    stage = task.workspace.stage
    folder = stage / (ALL_MARKETS if for_all else task.market)
    copy = (stage if for_all else folder) / f"{task.step}.ipynb"
    record = read_record(folder, task.step)
    if record is not None:
        pages = {copy_name(task.step): sha256_of(copy)}
        write_record(folder, task.step, replace(record, facts=task.facts, pages=pages))


def copy_name(step: str) -> str:
    """Where a step's executed copy is, seen from the folder of its market."""
    return f"../{step}.ipynb" if step in NEEDS_OF_ALL else f"{step}.ipynb"


def staged_copy(stage: Path, step: str) -> Path:
    """The executed copy of a step that runs once for all."""
    return stage / f"{step}.ipynb"
