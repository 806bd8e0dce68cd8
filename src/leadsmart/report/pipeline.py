"""A whole run, from the export to the site: alone on its outputs, and stamped when it is complete."""

import datetime as dt
import json
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from leadsmart.cleaning.reading.slices import Slices
from leadsmart.errors import InputError, NotebookError
from leadsmart.params import list_markets
from leadsmart.report.execution.kernels import Kernels, find_imports
from leadsmart.report.execution.progress import PlainListener
from leadsmart.report.execution.schedule import TaskId, plan, run_all
from leadsmart.report.execution.tasks import MarketResult, TaskResult, run_task
from leadsmart.report.notebooks import (
    CLEANING,
    LEDGER_FILE,
    NOTEBOOKS,
    OVERVIEW,
    SHARED_NOTEBOOKS,
    SUMMARY,
    SUMMARY_FILE,
    Of,
    RunInput,
)
from leadsmart.report.project.files import read_json, write_atomically
from leadsmart.report.project.published_mode import set_published_mode
from leadsmart.report.project.workspace import STAMP_FILE, Workspace
from leadsmart.report.provenance.freshness import Freshness
from leadsmart.report.provenance.history import find_compared, keep_extract, make_extract
from leadsmart.report.provenance.manifest import reconcile, write_market_run, write_run
from leadsmart.report.provenance.records import remove_outputs
from leadsmart.report.provenance.result_store import COMPARED_FILE, SOURCES_FILE, ResultStore
from leadsmart.report.provenance.signing import sign_run
from leadsmart.report.site.publish import (
    prepare_folder,
    publish_failure,
    publish_folder,
    record_failure,
    remove_stage,
    start_stage,
)
from leadsmart.report.site.site import SITE, render_site, why_site_is_outdated, write_navigation
from leadsmart.vocabulary import ALL_MARKETS, UNASSIGNED


@dataclass(frozen=True)
class Report:
    """What a run leaves.

    Attributes
    ----------
    results : sequence of MarketResult
    index : Path
        The site's first page.
    """

    results: Sequence[MarketResult]
    index: Path


def make_report(
    workspace: Workspace,
    slices: Slices,
    markets: Sequence[str],
    overrides: Mapping[str, Any],
    listener: PlainListener,
    *,
    jobs: int = 2,
    renderer: str = "auto",
    force: bool = False,
    executor: Executor | None = None,
) -> Report:
    """Run the notebooks that are no longer up to date and render the site if a page changed.

    The folder of outputs has to be locked; parameters as for `run_markets` and `render_site`. When and how long is
    in ``stamp.json`` alone: everything else is the same whenever the same inputs are run.
    """
    started = time.monotonic()
    results = run_markets(
        workspace, slices, markets, overrides, listener, jobs, force=force, executor=executor
    )
    if force or why_site_is_outdated(workspace, renderer):
        index = render_site(workspace, renderer)
    else:
        index = workspace.outputs / SITE / "index.html"
    stamp = {
        "finished_at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "seconds": round(time.monotonic() - started, 1),
        "jobs": jobs,
    }
    write_atomically(workspace.outputs / STAMP_FILE, json.dumps(stamp, indent=1) + "\n")
    remove_stage(workspace.outputs)
    set_published_mode(workspace)
    return Report(results, index)


def run_markets(
    workspace: Workspace,
    slices: Slices,
    markets: Sequence[str],
    overrides: Mapping[str, Any],
    listener: PlainListener,
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
    listener : PlainListener
        Told where the run is.
    jobs : int
        Notebooks at work at the same time.
    force : bool
        Whether to run notebooks that are up to date, too.
    executor : Executor, optional
        Another one than threads of this process, for example a cluster's; it gets `tasks.run_task`
        and what that needs, and has to see the folders of the workspace under the same names.

    Returns
    -------
    list of MarketResult
        One per market, then ``all markets`` if the pooled model or the overview failed.

    Raises
    ------
    LedgerError
        If rows or spend of the ledgers do not add up to the raw files. Nothing is published then.
    InputError
        If the slices of the export are gone before everything was read. Nothing is published then.
    """
    rows = slices.row_files
    workspace = replace(workspace, stage=start_stage(workspace.outputs), slices=slices.folder)
    freshness = Freshness(ResultStore(workspace, slices, overrides))
    known = list_markets(workspace.params_dir)
    # The largest first, so that no long market is left alone at the end.
    order = sorted(list(markets) or known, key=lambda m: -slices.markets[m])
    others = [m for m in freshness.store.present if m not in order]
    run = _Run(freshness, listener, force)
    waits = plan(order, others)
    if executor is not None:
        run_all(waits, executor, run.start, run.finish)
    else:
        run.kernels = Kernels(find_imports(sorted(workspace.notebooks.glob("*.ipynb"))))
        # Left in this order, also by Ctrl-C: without kernels, the threads come to their end.
        with ThreadPoolExecutor(max_workers=jobs) as threads, run.kernels:
            run_all(waits, threads, run.start, run.finish)
    freshness.save_cache()
    if slices.row_files != rows:
        raise InputError(
            "the private copy of the export's rows was removed or changed while notebooks read it",
            remedy="Run again; what was published is as it was",
            file=workspace.relative_data(),
        )
    done = [run.result(market) for market in order]
    apart = [run.result(market) for market in (*others, UNASSIGNED)]
    totals = None if any(result.error for result in (*done, *apart)) else _reconcile(freshness, slices)
    overall = run.result(ALL_MARKETS)
    _publish(freshness.store, slices, [*done, apart[-1]], overall)
    _write_run(freshness, done, totals)
    failed = [result for result in (*apart, overall) if result.error]
    return sorted(done, key=lambda r: known.index(r.market)) + failed


class _Run:
    """What a run knows while it goes on; all of it is asked and changed by one thread."""

    def __init__(self, freshness: Freshness, listener: PlainListener, force: bool) -> None:
        self._freshness, self._listener, self._force = freshness, listener, force
        #: Of this process; None where another executor has its own.
        self.kernels: Kernels | None = None
        self._running: set[TaskId] = set()
        self._ended: dict[TaskId, TaskResult] = {}
        self._discarded: set[str] = set()

    def start(self, task: TaskId) -> Callable[[], TaskResult] | None:
        """The call that runs a notebook whose turn has come; None where it need not or can't run."""
        market, name = task
        notebook, freshness, store = NOTEBOOKS[name], self._freshness, self._freshness.store
        if market != ALL_MARKETS and self._error(market):
            return None
        if notebook.runs_once:
            self._choose_markets(name)
        if not self._force and not freshness.why_outdated(name, market, freshness.where(name, market)):
            return None
        staged, published = store.staged(name, market), store.published(name, market)
        beside = [f"{other.name}.ipynb" for other in SHARED_NOTEBOOKS if notebook.runs_once]
        prepare_folder(staged, published, beside)
        remove_outputs(staged, name)
        facts = freshness.facts(name, market)
        self._running.add(task)
        call = partial(run_task, task, store.workspace, store.overrides, facts)
        if self.kernels is None:
            return call
        return partial(call, self.kernels, partial(self._listener.cell, market, name))

    def finish(self, task: TaskId, result: TaskResult) -> None:
        """Note how a notebook ended."""
        self._running.remove(task)
        self._ended[task] = result
        self._freshness.invalidate()
        if result.error is None:
            self._listener.done(*task, result.seconds, result.warnings)
        else:
            self._listener.failed(*task, result.error)
        self._discard_failed()

    def result(self, market: str) -> MarketResult:
        """How a market's notebooks ended."""
        error = self._error(market)
        summary = None
        if not error and market not in (ALL_MARKETS, UNASSIGNED):
            path = self._freshness.where(SUMMARY, market) / SUMMARY_FILE
            summary = read_json(path) if path.is_file() else None
        seconds = sum(result.seconds for task, result in self._ended.items() if task.market == market)
        return MarketResult(market, self._title(market), seconds, error, summary)

    def _failed(self, market: str) -> Mapping[str, NotebookError]:
        """Notebooks of a market that failed, those first that pages list first."""
        ended = {name: self._ended.get(TaskId(market, name)) for name in NOTEBOOKS}
        return {name: result.error for name, result in ended.items() if result and result.error}

    def _error(self, market: str) -> NotebookError | None:
        return next(iter(self._failed(market).values()), None)

    def _title(self, market: str) -> str:
        if market == ALL_MARKETS:
            return NOTEBOOKS[OVERVIEW].title
        return self._freshness.store.params(market).title

    def _discard_failed(self) -> None:
        """Drop what failed markets have staged, as soon as no notebook is at work that could read or write there."""
        at_work = {task.market for task in self._running}
        for market in {task.market for task in self._ended} - at_work - self._discarded - {ALL_MARKETS}:
            failed = self._failed(market)
            if failed and ALL_MARKETS not in at_work:
                name, error = next(iter(failed.items()))
                record_failure(
                    self._freshness.store.workspace.stage, market, self._title(market), name, error
                )
                self._discarded.add(market)

    def _choose_markets(self, name: str) -> None:
        """Write down for a notebook that reads several markets which of them count, and what they are compared with."""
        freshness, stage = self._freshness, self._freshness.store.workspace.stage
        (stage / SOURCES_FILE).unlink(missing_ok=True)
        notebook = NOTEBOOKS[name]
        several = [source for source in notebook.sources if source.of in (Of.EVERY, Of.PUBLISHED)]
        markets = {source.notebook: freshness.markets(source.notebook, source.of) for source in several}
        if RunInput.EARLIER_RUN in notebook.reads:
            freshness.compared = find_compared(freshness, freshness.markets(SUMMARY, Of.PUBLISHED))
            write_atomically(stage / COMPARED_FILE, json.dumps(freshness.compared))
        write_atomically(stage / SOURCES_FILE, json.dumps(markets))


def _reconcile(freshness: Freshness, slices: Slices) -> pd.DataFrame | None:
    """Hold the ledgers against the raw files, where they speak of the whole export."""
    markets = [*freshness.store.present, UNASSIGNED]
    if any(freshness.store.params(market).user_ids for market in markets):
        return None
    ledgers = {market: freshness.where(CLEANING, market) / LEDGER_FILE for market in markets}
    return reconcile({market: pd.read_csv(path) for market, path in ledgers.items()}, slices)


def _publish(store: ResultStore, slices: Slices, done: Sequence[MarketResult], overall: MarketResult) -> None:
    stage, outputs = store.workspace.stage, store.workspace.outputs
    for result in done:
        staged, published = stage / result.market, outputs / result.market
        if result.error:
            publish_failure(staged, published)
            continue
        folder = staged if staged.is_dir() else published
        write_market_run(folder, store.params(result.market), slices)
        if folder == staged:
            publish_folder(staged, published)
    staged, published = stage / ALL_MARKETS, outputs / ALL_MARKETS
    if overall.error:
        record_failure(stage, ALL_MARKETS, overall.title, OVERVIEW, overall.error)
        publish_failure(staged, published, outputs / f"{OVERVIEW}.ipynb")
    elif staged.is_dir():
        publish_folder(staged, published)
        for notebook in SHARED_NOTEBOOKS:
            (stage / f"{notebook.name}.ipynb").replace(outputs / f"{notebook.name}.ipynb")


def _write_run(freshness: Freshness, done: Sequence[MarketResult], totals: pd.DataFrame | None) -> None:
    """Write ``run.json``, the sidebar and the history: the markets of this run, and those published before for this
    export.
    """
    store, outputs = freshness.store, freshness.store.workspace.outputs
    status = {result.market: "failed" if result.error else "ok" for result in done}
    counted = freshness.markets(SUMMARY, Of.PUBLISHED)
    markets = {m: status.get(m, "ok") for m in store.known if m in status or m in counted}
    write_navigation(outputs, {market: store.params(market).title for market in markets})
    write_run(
        outputs,
        store.workspace.shown_data(),
        markets,
        store.slices,
        totals,
        store.params(UNASSIGNED).audience,
        overrides=store.overrides,
        compared=freshness.compared.get("run"),
    )
    sign_run(outputs)
    keep_extract(outputs, make_extract(freshness, counted))
    store.workspace.record_export()
