"""All notebooks of a run: per market in order, the pooled model and the overview at their place."""

import json
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import pandas as pd

from leadsmart.cleaning.split import Slices
from leadsmart.errors import LeadSmartError, NotebookError
from leadsmart.params import list_markets
from leadsmart.report.execute import execute_notebook
from leadsmart.report.kernels import Kernels, find_imports
from leadsmart.report.manifest import reconcile, write_market_run, write_run
from leadsmart.report.publish import note_failure, publish_failure, publish_folder, start_stage
from leadsmart.report.results import Results
from leadsmart.report.site import write_navigation
from leadsmart.report.steps import (
    CLASSIFICATION,
    CLEANING,
    EXPLORE,
    INSIGHTS,
    NEEDS_OF_ALL,
    OVERVIEW,
    POOLED,
    SUMMARY,
)
from leadsmart.report.workspace import Workspace
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


@dataclass(frozen=True)
class _Runner:
    """The pieces every notebook of a run needs."""

    workspace: Workspace
    results: Results
    listener: Listener
    kernels: Kernels

    def steps(self, result: MarketResult, steps: Sequence[str]) -> MarketResult:
        """Run notebooks of one market in order, until one fails."""
        for step in steps:
            if result.error:
                break
            result = self._step(result, step)
        return result

    def _step(self, result: MarketResult, step: str) -> MarketResult:
        market, started = result.market, time.perf_counter()

        def on_cell(cell: int, cells: int, heading: str) -> None:
            self.listener.cell(market, step, cell, cells, heading)

        name = list_markets(self.workspace.params_dir)[0] if market == ALL_MARKETS else market
        try:
            said = execute_notebook(step, name, self.workspace, self.results.overrides, on_cell, self.kernels)
        except NotebookError as error:
            if self.kernels.stopped:
                # The run was interrupted; this market has not failed.
                raise
            self.listener.failed(market, step, error)
            if market != ALL_MARKETS:
                note_failure(self.workspace.stage, market, result.title, step, error)
            return replace(result, error=error, seconds=result.seconds + time.perf_counter() - started)
        seconds = time.perf_counter() - started
        self.listener.done(market, step, seconds, said)
        return replace(result, seconds=result.seconds + seconds)


def run_markets(
    workspace: Workspace,
    slices: Slices,
    markets: Sequence[str],
    overrides: Mapping[str, Any],
    listener: Listener,
    jobs: int = 2,
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
        Markets at work at the same time.

    Returns
    -------
    list of MarketResult
        One per market, then ``all markets`` if the pooled model or the overview failed.

    Raises
    ------
    LedgerError
        If rows or spend of the ledgers do not add up to the raw files. Nothing is published then.
    """
    workspace = replace(workspace, stage=start_stage(workspace.outputs))
    results = Results(workspace, slices, overrides)
    known = list_markets(workspace.params_dir)
    wanted = list(markets) or known
    # The largest first, so that no long market is left alone at the end.
    order = sorted(wanted, key=lambda m: -slices.markets[m])
    also = [m for m in known if m not in wanted and slices.markets.get(m) and not results.find(CLEANING, m)]

    kernels = Kernels(find_imports(workspace.notebooks))
    runner = _Runner(workspace, results, listener, kernels)
    # Left in this order, also by Ctrl-C: without kernels, the threads come to their end.
    with ThreadPoolExecutor(max_workers=jobs) as executor, kernels:
        first = _each(executor, runner, _new(results, order), (CLEANING, INSIGHTS, EXPLORE))
        others = _each(executor, runner, _new(results, [*also, UNASSIGNED]), (CLEANING,))
        done = [future.result() for future in first]
        apart = [future.result() for future in others]
        pooled = runner.steps(MarketResult(ALL_MARKETS, "All markets"), (POOLED,))
        done = [future.result() for future in _each(executor, runner, done, (CLASSIFICATION, SUMMARY))]
        totals = None if any(result.error for result in [*done, *apart]) else _reconcile(results)
        overall = runner.steps(replace(pooled, error=None), (OVERVIEW,))
    overall = replace(overall, error=pooled.error or overall.error)

    done = [_with_summary(result, workspace.stage) for result in done]
    _publish(results, [*done, *(r for r in apart if r.market == UNASSIGNED)], overall)
    _write_run(results, done, totals)
    failed = [result for result in [*apart, overall] if result.error]
    return sorted(done, key=lambda r: known.index(r.market)) + failed


def _new(results: Results, markets: Sequence[str]) -> list[MarketResult]:
    return [MarketResult(market, results.params(market).title) for market in markets]


def _each(executor: Executor, runner: _Runner, started: Sequence[MarketResult], steps: Sequence[str]) -> list:
    return [executor.submit(runner.steps, result, steps) for result in started]


def _with_summary(result: MarketResult, stage: Path) -> MarketResult:
    if result.error:
        return result
    summary = json.loads((stage / result.market / "summary.json").read_text(encoding="utf-8"))
    return replace(result, summary=summary)


def _reconcile(results: Results) -> pd.DataFrame | None:
    """Hold the ledgers against the raw files, where they speak of the whole export."""
    known = list_markets(results.workspace.params_dir)
    present = [market for market in known if results.slices.markets.get(market)]
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
        else:
            write_market_run(staged, results.params(result.market), results.slices)
            publish_folder(staged, published)
    if overall.error:
        note_failure(stage, ALL_MARKETS, overall.title, OVERVIEW, overall.error)
        publish_failure(stage / ALL_MARKETS, outputs / ALL_MARKETS, outputs / f"{OVERVIEW}.ipynb")
        return
    publish_folder(stage / ALL_MARKETS, outputs / ALL_MARKETS)
    for step in NEEDS_OF_ALL:
        (stage / f"{step}.ipynb").replace(outputs / f"{step}.ipynb")


def _write_run(results: Results, done: Sequence[MarketResult], totals: pd.DataFrame | None) -> None:
    """Write ``run.json`` and the sidebar: the markets of this run, and those published before for this export."""
    workspace = results.workspace
    status = {result.market: "failed" if result.error else "ok" for result in done}
    known = list_markets(workspace.params_dir)
    markets = {m: status.get(m, "ok") for m in known if m in status or results.folder(SUMMARY, m)}
    write_navigation(workspace.outputs, {market: results.params(market).title for market in markets})
    write_run(
        workspace.outputs,
        workspace.relative_data(),
        markets,
        results.slices,
        totals,
        results.params(UNASSIGNED).audience,
    )
