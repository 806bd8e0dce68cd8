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
from leadsmart.report.manifest import reconcile, write_market_run, write_run
from leadsmart.report.publish import note_failure, publish_failure, publish_folder, start_stage
from leadsmart.report.results import Results
from leadsmart.report.site import write_navigation
from leadsmart.report.steps import (
    CLASSIFICATION,
    CLEANING,
    INSIGHTS,
    OVERVIEW,
    POOLED,
    SUMMARY,
)
from leadsmart.report.workspace import Workspace
from leadsmart.vocabulary import UNASSIGNED

ALL_MARKETS = "all markets"


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
            said = execute_notebook(step, name, self.workspace, self.results.overrides, on_cell)
        except NotebookError as error:
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
    runner = _Runner(workspace, results, listener)
    known = list_markets(workspace.params_dir)
    wanted = list(markets) or known
    # The largest first, so that no long market is left alone at the end.
    order = sorted(wanted, key=lambda m: -slices.markets[m])
    also = [m for m in known if m not in wanted and slices.markets.get(m) and not results.find(CLEANING, m)]

    with ThreadPoolExecutor(max_workers=jobs) as executor:
        first = _each(executor, runner, _new(results, order), (CLEANING, INSIGHTS))
        others = _each(executor, runner, _new(results, [*also, UNASSIGNED]), (CLEANING,))
        done = [future.result() for future in first]
        apart = [future.result() for future in others]
        pooled = runner.steps(MarketResult(ALL_MARKETS, "All markets"), (POOLED,))
        done = [future.result() for future in _each(executor, runner, done, (CLASSIFICATION, SUMMARY))]
    if not any(result.error for result in [*done, *apart]):
        _check_totals(results, known)
    overall = runner.steps(replace(pooled, error=None), (OVERVIEW,))

    done = [_with_summary(result, workspace.stage) for result in done]
    _publish(results, done, [r for r in apart if r.market == UNASSIGNED])
    failed = [replace(r, error=r.error) for r in [*apart, pooled, overall] if r.error]
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


def _ledger_folders(results: Results, known: Sequence[str]) -> dict[str, Path]:
    present = [market for market in known if results.slices.markets.get(market)]
    found = {market: results.find(CLEANING, market) for market in [*present, UNASSIGNED]}
    return {market: folder for market, folder in found.items() if folder}


def _check_totals(results: Results, known: Sequence[str]) -> pd.DataFrame | None:
    """Reconcile all ledgers, where they speak of the whole export."""
    folders = _ledger_folders(results, known)
    if any(results.params(market).user_ids for market in folders):
        return None
    ledgers = {market: pd.read_csv(folder / "ledger.csv") for market, folder in folders.items()}
    return reconcile(ledgers, results.slices)


def _publish(results: Results, done: Sequence[MarketResult], apart: Sequence[MarketResult]) -> None:
    workspace, known = results.workspace, list_markets(results.workspace.params_dir)
    stage, outputs = workspace.stage, workspace.outputs
    totals = None if any(r.error for r in [*done, *apart]) else _check_totals(results, known)
    status = {}
    for result in [*done, *apart]:
        staged, published = stage / result.market, outputs / result.market
        status[result.market] = "failed" if result.error else "ok"
        if result.error:
            publish_failure(staged, published)
        else:
            write_market_run(staged, outputs, results.params(result.market), results.slices)
            publish_folder(staged, published)
    for path in sorted(stage.iterdir()):
        if path.is_file() or path.name in (".steps", "tables", "model"):
            publish_folder(path, outputs / path.name)
    kept = [market for market in known if results.folder(SUMMARY, market)]
    status |= {market: "ok" for market in kept if market not in status}
    shown = [market for market in known if market in status]
    titles = {market: results.params(market).title for market in shown}
    write_navigation(outputs, titles)
    write_run(
        outputs,
        workspace.relative_data(),
        {m: status[m] for m in [*shown, UNASSIGNED] if m in status},
        results.slices,
        totals,
    )
