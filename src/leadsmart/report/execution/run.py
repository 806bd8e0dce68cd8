"""All notebooks of a run: those whose results are no longer true, per market in order, then published as a whole."""

import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Protocol

import pandas as pd

from leadsmart.cleaning.reading.slices import Slices
from leadsmart.errors import LeadSmartError
from leadsmart.params import list_markets
from leadsmart.report.execution.kernels import Kernels, find_imports
from leadsmart.report.execution.schedule import Key, plan, run_all
from leadsmart.report.execution.tasks import Outcome, Task, run_task, surroundings
from leadsmart.report.notebooks import CLEANING, NEEDS_OF_ALL, OVERVIEW, PAGE_TITLES, SUMMARY
from leadsmart.report.project.workspace import Workspace
from leadsmart.report.provenance.history import keep_extract, make_extract, note_compared
from leadsmart.report.provenance.manifest import reconcile, write_market_run, write_run
from leadsmart.report.provenance.records import take_back, write_whole
from leadsmart.report.provenance.result_store import COMPARED_FILE, SOURCES_FILE, Results
from leadsmart.report.site.publish import (
    note_failure,
    prepare_folder,
    publish_failure,
    publish_folder,
    start_stage,
)
from leadsmart.report.site.site import write_navigation
from leadsmart.vocabulary import ALL_MARKETS, UNASSIGNED


class Listener(Protocol):
    """Told where a run is."""

    def cell(self, market: str, step: str, cell: int, cells: int, heading: str) -> None:
        """A cell is about to run."""

    def done(self, market: str, step: str, seconds: float, said: Sequence[str]) -> None:
        """A notebook is complete; `said` is what it wrote to the error stream."""

    def failed(self, market: str, step: str, error: LeadSmartError) -> None:
        """A notebook failed."""


@dataclass(frozen=True)
class MarketResult:
    """How a market's run ended.

    Attributes
    ----------
    market, title : str
    seconds : float
        Spent in its notebooks.
    error : LeadSmartError or None
    summary : dict
        What ``04_summary`` wrote for the table at the end of a run; empty when it failed.
    """

    market: str
    title: str
    seconds: float = 0.0
    error: LeadSmartError | None = None
    summary: Mapping[str, Any] | None = None


def run_markets(
    workspace: Workspace,
    slices: Slices,
    markets: Sequence[str],
    overrides: Mapping[str, Any],
    listener: Listener,
    jobs: int = 2,
    *,
    force: bool = False,
    executor: Executor | None = None,
) -> list[MarketResult]:
    """Execute and publish the notebooks of the markets, the pooled model and the overview.

    Parameters
    ----------
    workspace : Workspace
        Its stage is emptied first.
    slices : Slices
        The checked export.
    markets : sequence of str
        Markets to run; empty means all of ``params/``. The others keep what is published.
    overrides : mapping
        Parameters that win over the markets' files.
    listener : Listener
    jobs : int
        Notebooks at work at the same time.
    force : bool
        Whether to run notebooks whose results are still true, too.
    executor : Executor, optional
        Another one than threads of this process, for example a cluster's; it gets `tasks.run_task` and a
        `tasks.Task`, and has to see the folders of the workspace under the same names.

    Returns
    -------
    list of MarketResult
        One per market, then ``all markets`` if the pooled model or the overview failed.

    Raises
    ------
    LedgerError
        If rows or spend of the ledgers do not add up to the raw files. Nothing is published then.
    """
    workspace = replace(workspace, stage=start_stage(workspace.outputs), slices=slices.folder)
    results = Results(workspace, slices, overrides)
    known = list_markets(workspace.params_dir)
    # The largest first, so that no long market is left alone at the end.
    order = sorted(list(markets) or known, key=lambda m: -slices.markets[m])
    others = [m for m in known if m not in order and slices.markets.get(m)]
    run = _Run(results, listener, force)
    waits = plan(order, others)
    if executor is not None:
        run_all(waits, executor, run.start, run.finish)
    else:
        kernels = Kernels(find_imports(workspace.notebooks))
        # Left in this order, also by Ctrl-C: without kernels, the threads come to their end.
        with (
            ThreadPoolExecutor(max_workers=jobs) as threads,
            kernels,
            surroundings(kernels, listener.cell),
        ):
            run_all(waits, threads, run.start, run.finish)
    results.freshness.remember()
    done = [run.result(market) for market in order]
    apart = [run.result(market) for market in (*others, UNASSIGNED)]
    totals = None if any(result.error for result in (*done, *apart)) else _reconcile(results)
    overall = run.result(ALL_MARKETS)
    _publish(results, [*done, apart[-1]], overall)
    _write_run(results, done, totals)
    failed = [result for result in (*apart, overall) if result.error]
    return sorted(done, key=lambda r: known.index(r.market)) + failed


class _Run:
    """What a run knows while it goes on; all of it is asked and changed by one thread."""

    def __init__(self, results: Results, listener: Listener, force: bool) -> None:
        self._results, self._listener, self._force = results, listener, force
        self._outcomes: dict[Key, Outcome] = {}

    def start(self, key: Key) -> Callable[[], Outcome] | None:
        """The task of a notebook whose turn has come; None where it need not or can't run."""
        market, step = key
        results, workspace = self._results, self._results.workspace
        if market != ALL_MARKETS and self._error(market):
            return None
        if step in NEEDS_OF_ALL:
            self._tell(step)
        name = results.known[0] if market == ALL_MARKETS else market
        if not self._force and not results.freshness.why_stale(step, name, results.where(step, name)):
            return None
        staged, published = workspace.stage / market, workspace.outputs / market
        prepare_folder(staged, published, [f"{s}.ipynb" for s in NEEDS_OF_ALL if market == ALL_MARKETS])
        take_back(staged, step)
        facts = results.freshness.facts(step, name)
        return partial(run_task, Task(market, step, name, workspace, results.overrides, facts))

    def finish(self, key: Key, outcome: Outcome) -> None:
        """Note how a notebook ended."""
        market, step = key
        self._outcomes[key] = outcome
        self._results.freshness.forget()
        if outcome.error is None:
            self._listener.done(market, step, outcome.seconds, outcome.said)
            return
        self._listener.failed(market, step, outcome.error)
        if market != ALL_MARKETS:
            note_failure(self._results.workspace.stage, market, self._title(market), step, outcome.error)

    def result(self, market: str) -> MarketResult:
        """How a market's notebooks ended."""
        mine = [outcome for (m, _), outcome in self._outcomes.items() if m == market]
        error = self._error(market)
        results = self._results
        summary = None
        if not error and market not in (ALL_MARKETS, UNASSIGNED):
            path = results.where(SUMMARY, market) / "summary.json"
            summary = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None
        seconds = sum(outcome.seconds for outcome in mine)
        return MarketResult(market, self._title(market), seconds, error, summary)

    def _error(self, market: str) -> LeadSmartError | None:
        errors = (o.error for (m, _), o in self._outcomes.items() if m == market and o.error)
        return next(errors, None)

    def _title(self, market: str) -> str:
        return PAGE_TITLES[OVERVIEW] if market == ALL_MARKETS else self._results.params(market).title

    def _tell(self, step: str) -> None:
        """Tell a notebook that reads all markets which of them count, and what they are compared with."""
        results, stage = self._results, self._results.workspace.stage
        told = stage / SOURCES_FILE
        told.unlink(missing_ok=True)
        markets = {other: results.markets(other) for other in (CLEANING, SUMMARY)}
        if step == OVERVIEW:
            note_compared(results, markets[SUMMARY])
            write_whole(stage / COMPARED_FILE, json.dumps(results.compared))
        write_whole(told, json.dumps(markets))


def _reconcile(results: Results) -> pd.DataFrame | None:
    """Hold the ledgers against the raw files, where they speak of the whole export."""
    present = [market for market in results.known if results.slices.markets.get(market)]
    folders = {market: results.find(CLEANING, market) for market in [*present, UNASSIGNED]}
    if any(results.params(market).user_ids for market in folders):
        return None
    return reconcile(
        {market: pd.read_csv(folder / "ledger.csv") for market, folder in folders.items()}, results.slices
    )


def _publish(results: Results, done: Sequence[MarketResult], overall: MarketResult) -> None:
    stage, outputs = results.workspace.stage, results.workspace.outputs
    for result in done:
        staged, published = stage / result.market, outputs / result.market
        if result.error:
            publish_failure(staged, published)
            continue
        folder = staged if staged.is_dir() else published
        write_market_run(folder, results.params(result.market), results.slices)
        if folder == staged:
            publish_folder(staged, published)
    if overall.error:
        note_failure(stage, ALL_MARKETS, overall.title, OVERVIEW, overall.error)
        publish_failure(stage / ALL_MARKETS, outputs / ALL_MARKETS, outputs / f"{OVERVIEW}.ipynb")
        return
    if (stage / ALL_MARKETS).is_dir():
        publish_folder(stage / ALL_MARKETS, outputs / ALL_MARKETS)
        for step in NEEDS_OF_ALL:
            (stage / f"{step}.ipynb").replace(outputs / f"{step}.ipynb")


def _write_run(results: Results, done: Sequence[MarketResult], totals: pd.DataFrame | None) -> None:
    """Write ``run.json``, the sidebar and the history: the markets of this run, and those published before for this
    export.
    """
    workspace = results.workspace
    status = {result.market: "failed" if result.error else "ok" for result in done}
    counted = results.markets(SUMMARY)
    markets = {m: status.get(m, "ok") for m in results.known if m in status or m in counted}
    write_navigation(workspace.outputs, {market: results.params(market).title for market in markets})
    write_run(
        workspace.outputs,
        workspace.shown_data(),
        markets,
        results.slices,
        totals,
        results.params(UNASSIGNED).audience,
        overrides=results.overrides,
        compared=results.compared.get("run"),
    )
    keep_extract(workspace.outputs, make_extract(results, counted))
    workspace.remember_data()
