"""Which notebook of a run waits for which: for those whose files it reads, as `notebooks` declares."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from graphlib import TopologicalSorter
from typing import NamedTuple, TypeVar

from leadsmart.report.notebooks import NOTEBOOKS, Notebook, Of, in_run_order
from leadsmart.vocabulary import ALL_MARKETS, UNASSIGNED

T = TypeVar("T")


class TaskId(NamedTuple):
    """A notebook of a run, and the market for which it runs: ``all-markets`` if it runs once."""

    market: str
    notebook: str


def plan(markets: Sequence[str], others: Sequence[str]) -> dict[TaskId, set[TaskId]]:
    """What each notebook of a run waits for.

    Parameters
    ----------
    markets : sequence of str
        Markets to run, the one to begin with first.
    others : sequence of str
        Markets of which only that is run which these markets need.

    Returns
    -------
    dict
        Notebook -> those that must have ended, whether well or not; in an order in which they can run.
    """
    every = (*markets, *others)
    waits: dict[TaskId, set[TaskId]] = {}

    def add(notebook: Notebook, market: str) -> None:
        task = TaskId(notebook.folder(market), notebook.name)
        if task in waits:
            return
        waits[task] = set()
        for source in notebook.sources:
            # what is published of the other markets is read as it is
            for read in source.markets(market, markets if source.of == Of.PUBLISHED else every):
                add(NOTEBOOKS[source.notebook], read)
                waits[task].add(TaskId(read, source.notebook))

    for notebook in NOTEBOOKS.values():
        for market in (ALL_MARKETS,) if notebook.runs_once else markets:
            add(notebook, market)
        if notebook.for_unassigned:
            add(notebook, UNASSIGNED)
    for task in waits:
        if NOTEBOOKS[task.notebook].runs_last:
            waits[task] = waits.keys() - {task}
    order = [notebook.name for notebook in in_run_order(NOTEBOOKS.values())]
    places = [*every, UNASSIGNED, ALL_MARKETS]
    in_order = sorted(waits, key=lambda task: (order.index(task.notebook), places.index(task.market)))
    return {task: waits[task] for task in in_order}


def run_all(
    waits: Mapping[TaskId, set[TaskId]],
    executor: Executor,
    start: Callable[[TaskId], Callable[[], T] | None],
    finish: Callable[[TaskId, T], None],
) -> None:
    """Run notebooks as soon as what they wait for has ended.

    Parameters
    ----------
    waits : mapping
        See `plan`.
    executor : Executor
    start : callable
        Called when a notebook's turn has come; returns what the executor is to call, or None where nothing is.
    finish : callable
        Called with what came back.
    """
    sorter = TopologicalSorter(waits)
    sorter.prepare()
    running: dict[Future[T], TaskId] = {}
    while sorter.is_active():
        ready = sorter.get_ready()
        for task in ready:
            if call := start(task):
                running[executor.submit(call)] = task
            else:
                sorter.done(task)
        if not ready:
            finished, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in finished:
                task = running.pop(future)
                finish(task, future.result())
                sorter.done(task)
