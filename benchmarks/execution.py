"""What it costs to execute notebooks: a plain papermill loop against the kernels of a run, on the same notebooks.

    python benchmarks/execution.py            # 24 stub notebooks; minutes
    python benchmarks/execution.py --full     # also the sample's notebooks of all markets, both ways

Both ways are measured one after the other in one go, so that their ratio holds where the seconds do not. The table
goes to benchmarks/execution.md.
"""

import argparse
import copy
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import papermill
from nbformat.v4 import new_code_cell, new_notebook

from leadsmart.params import list_markets
from leadsmart.report.execute import ENGINE
from leadsmart.report.kernels import ONE_THREAD, Kernels, find_imports
from leadsmart.report.steps import CLASSIFICATION, CLEANING, INSIGHTS, OVERVIEW, POOLED, SUMMARY
from leadsmart.vocabulary import UNASSIGNED

ROOT = Path(__file__).parents[1]
TABLE = Path(__file__).with_suffix(".md")
CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
WORK, IDLE_NOTEBOOKS = 0.5, 6


@dataclass(frozen=True)
class Cost:
    """Seconds on the clock, and of all processors together."""

    wall: float
    cpu: float


def measure(function: Callable[[], Any]) -> tuple[Cost, Any]:
    def cpu() -> float:
        uses = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        return sum(use.ru_utime + use.ru_stime for use in uses)

    wall, used = time.perf_counter(), cpu()
    value = function()
    return Cost(time.perf_counter() - wall, cpu() - used), value


def stub(modules: list[str], work: float) -> nbformat.NotebookNode:
    """A notebook with the imports of ours and a fixed amount of work."""
    imports = "\n".join(f"import {module}" for module in modules)
    busy = f"import time\nstart = time.process_time()\nwhile time.process_time() - start < {work}:\n    pass"
    kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return new_notebook(
        cells=[new_code_cell(imports), new_code_cell(busy)], metadata={"kernelspec": kernelspec}
    )


def plain_loop(count: int, path: Path) -> None:
    for _ in range(count):
        papermill_command(path, path.with_suffix(".out.ipynb"))


def papermill_command(*arguments: object, environment: dict[str, str] | None = None) -> None:
    command = [sys.executable, "-m", "papermill", "--no-progress-bar", *map(str, arguments)]
    subprocess.run(
        command,
        check=True,
        capture_output=True,
        cwd=ROOT,
        env={**os.environ, **ONE_THREAD, **(environment or {})},
    )


def ours(count: int, notebook: nbformat.NotebookNode, modules: list[str], jobs: int) -> list[float]:
    """Seconds inside the cells of each notebook."""
    with ThreadPoolExecutor(jobs) as pool, Kernels(modules) as kernels:
        runs = [pool.submit(execute, kernels, notebook) for _ in range(count)]
        return [run.result() for run in runs]


def execute(kernels: Kernels, notebook: nbformat.NotebookNode) -> float:
    done = papermill.execute_notebook(
        copy.deepcopy(notebook),
        None,
        progress_bar=False,
        execution_timeout=None,
        engine_name=ENGINE,
        kernels=kernels,
        kernel_environment={**os.environ, **ONE_THREAD},
    )
    return sum(cell.metadata.papermill["duration"] for cell in done.cells)


def overhead(notebook: nbformat.NotebookNode, modules: list[str]) -> float:
    """Seconds of a notebook with nothing to do, the first one aside, which waits for the imports."""
    with Kernels(modules) as kernels:
        execute(kernels, notebook)
        cost, _ = measure(lambda: [execute(kernels, notebook) for _ in range(IDLE_NOTEBOOKS)])
    return cost.wall / IDLE_NOTEBOOKS


def plain_run(folder: Path) -> None:
    """The notebooks of all markets with papermill's command, in the order of a run."""
    environment = {"LEADSMART_OUTPUTS": str(folder), "LEADSMART_STAGE": str(folder / "stage")}
    (folder / "pages").mkdir(parents=True)

    def run(step: str, market: str) -> None:
        output = folder / "pages" / f"{market}-{step}.ipynb"
        papermill_command(f"notebooks/{step}.ipynb", output, "-p", "market", market, environment=environment)

    markets = list_markets(ROOT / "params")
    for market in (*markets, UNASSIGNED):
        run(CLEANING, market)
    for market in markets:
        run(INSIGHTS, market)
    run(POOLED, markets[0])
    for market in markets:
        run(CLASSIFICATION, market)
        run(SUMMARY, market)
    run(OVERVIEW, markets[0])


def our_run(folder: Path, **environment: str) -> None:
    """`leadsmart run`, the site included."""
    leadsmart = [sys.executable, "-c", "from leadsmart.cli import main; main()"]
    command = [*leadsmart, "run", "--data", "data/sample", "--outputs", str(folder)]
    subprocess.run(
        [*command, "--renderer", "embedded"],
        check=True,
        capture_output=True,
        cwd=ROOT,
        env={**os.environ, **environment},
    )


def row(what: str, plain: Cost, own: Cost, remark: str = "") -> str:
    return (
        f"| {what} | {plain.wall:.1f} | {plain.cpu:.1f} | {own.wall:.1f} | {own.cpu:.1f} "
        f"| {plain.wall / own.wall:.1f} | {remark} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--full", action="store_true", help="also the sample's notebooks of all markets")
    parser.add_argument("--notebooks", type=int, default=24, help="how many stub notebooks")
    arguments = parser.parse_args()
    full, count = arguments.full, arguments.notebooks
    modules = find_imports(ROOT / "notebooks")
    before = os.getloadavg()[0]
    rows, notes = [], []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        working, idle = stub(modules, WORK), stub(modules, 0)
        nbformat.write(working, folder / "working.ipynb")
        nbformat.write(idle, folder / "idle.ipynb")

        own, inside = measure(lambda: ours(count, working, modules, CORES))
        plain, _ = measure(lambda: plain_loop(count, folder / "working.ipynb"))
        limit = sum(inside) / CORES
        over = f"{limit:.1f} s in cells / cores; {own.wall / limit:.2f} times that"
        rows.append(row(f"{count} notebooks with {WORK:g} s of work", plain, own, over))

        plain, _ = measure(lambda: plain_loop(2, folder / "idle.ipynb"))
        seconds = overhead(idle, modules)
        notes.append(
            f"A notebook with the imports and nothing to do: {seconds:.2f} s, "
            f"with the papermill command {plain.wall / 2:.1f} s."
        )
        if full:
            own, _ = measure(lambda: our_run(folder / "ours"))
            plain, _ = measure(lambda: plain_run(folder / "plain"))
            pages = len(list((folder / "plain" / "pages").glob("*.ipynb")))
            rows.append(row(f"the sample's {pages} notebooks", plain, own, "ours with checks and the site"))

    machine = f"{CORES} cores, {memory():.0f} GB, Python {platform.python_version()}, {platform.system()}"
    lines = [
        "# Execution of notebooks",
        "",
        f"`python benchmarks/execution.py{' --full' if full else ''} --notebooks {count}` on {machine}; load when it began {before:.1f}.",
        "Seconds; plain is a loop over the papermill command, ours a run's kernels with a job per core.",
        "",
        "| what | plain wall | plain CPU | our wall | our CPU | wall ratio | |",
        "|---|---:|---:|---:|---:|---:|---|",
        *rows,
        "",
        *notes,
    ]
    text = "\n".join(lines) + "\n"
    TABLE.write_text(text, encoding="utf-8")
    print(text)


def memory() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9


if __name__ == "__main__":
    main()
