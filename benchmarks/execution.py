"""What it costs to execute notebooks: a plain papermill loop against `leadsmart run`, on the same notebooks.

    python benchmarks/execution.py                     # everything; writes benchmarks/execution.md
    python benchmarks/execution.py --only 24,idle      # some parts; prints, writes nothing
    python benchmarks/execution.py --only ours --leads 2000
    python benchmarks/execution.py --only 200 --markets 5,10

Parts: plain (the loop over the sample's notebooks), ours (the same with `leadsmart run`, beside its limit), noop,
changed, 24 (notebooks with a second of work each, both ways), idle (notebooks with nothing to do), 200 (many small
markets). All that is compared is measured in one go, so that ratios hold where seconds do not.
"""

import argparse
import csv
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path

import nbformat
from many_markets import ROOT, copy_project, make_many_markets
from nbformat.v4 import new_code_cell, new_notebook
from warm_folder import execute_warm

from leadsmart.params import list_markets
from leadsmart.report.execution.kernels import ONE_THREAD, Kernels, find_imports
from leadsmart.report.execution.schedule import TaskId, plan
from leadsmart.report.notebooks import CLEANING, MARKET_NOTEBOOKS, NOTEBOOKS, SUMMARY
from leadsmart.sample import DEFAULT_LEADS, write_sample

TABLE = Path(__file__).with_suffix(".md")
WARM_FOLDER = Path(__file__).with_name("warm_folder.py")
CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
PARTS = ("plain", "ours", "noop", "changed", "24", "idle", "200")
STUBS, WORK, IDLE = 24, 1.0, 10
MARKETS = (25, 50, 100, 200)
LOOK_SECONDS = 0.5
# Without the files in which Python keeps what it compiled, every import would compile again.
ENVIRONMENT = {
    **{name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"},
    **ONE_THREAD,
    "LEADSMART_CONTACT_KEY": "a key for the benchmark",
}


@dataclass(frozen=True)
class Cost:
    """What a command used: seconds on the clock and of all cores together, the highest memory in MB of all its
    processes together and of the first one.
    """

    wall: float
    cpu: float
    memory: float
    own_memory: float
    printed: str


@dataclass(frozen=True)
class Bar:
    """A figure and the most (or, with `at_least`, the least) that it may be."""

    what: str
    value: float
    bar: float
    unit: str = ""
    at_least: bool = False

    @property
    def passes(self) -> bool:
        return self.value >= self.bar if self.at_least else self.value <= self.bar

    def __str__(self) -> str:
        sign, word = ("≥" if self.at_least else "≤"), ("met" if self.passes else "**missed**")
        return f"| {self.what} | {self.value:.2f}{self.unit} | {sign} {self.bar:g}{self.unit} | {word} |"


def measure(*command: object, cwd: Path = ROOT, **environment: str) -> Cost:
    """Run a command to its end."""
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, *map(str, command)],
        cwd=cwd,
        env={**ENVIRONMENT, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    peaks = [0.0, 0.0]
    watcher = threading.Thread(target=watch, args=(process.pid, peaks), daemon=True)
    watcher.start()
    before = children_cpu()
    out, said = process.communicate()
    wall = time.perf_counter() - started
    watcher.join()
    if process.returncode:
        raise SystemExit(f"{command} ended with {process.returncode}:\n{out[-2000:]}{said[-4000:]}")
    return Cost(wall, children_cpu() - before, *peaks, out)


def children_cpu() -> float:
    used = os.times()
    return used.children_user + used.children_system


def watch(pid: int, peaks: list[float]) -> None:
    """Note the highest memory of a process and its descendants, shared pages counted once, while it runs."""
    while (own := proportional(pid)) is not None:
        everyone = sum(proportional(process) or 0 for process in descendants(pid))
        peaks[:] = [max(peaks[0], own + everyone), max(peaks[1], resident(pid))]
        time.sleep(LOOK_SECONDS)


def read_proc(path: str) -> str:
    try:
        return Path("/proc", path).read_text(encoding="ascii", errors="replace")
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return ""


def proportional(pid: int) -> float | None:
    found = re.search(r"^Pss:\s+(\d+)", read_proc(f"{pid}/smaps_rollup"), re.MULTILINE)
    return int(found[1]) / 1000 if found else None


def resident(pid: int) -> float:
    found = re.search(r"^VmHWM:\s+(\d+)", read_proc(f"{pid}/status"), re.MULTILINE)
    return int(found[1]) / 1000 if found else 0.0


def descendants(pid: int) -> Iterator[int]:
    for task in Path(f"/proc/{pid}/task").glob("*"):
        for child in read_proc(f"{pid}/task/{task.name}/children").split():
            yield int(child)
            yield from descendants(int(child))


# --- the ways to execute ---------------------------------------------------------------------------------------


def papermill_command(source: Path, target: Path, *arguments: str, **environment: str) -> Cost:
    return measure(
        "-m", "papermill", "--no-progress-bar", source, target, *arguments, cwd=source.parent, **environment
    )


def leadsmart(project: Path, *arguments: str) -> Cost:
    return measure("-c", "from leadsmart.cli import main; main()", *arguments, cwd=project)


def run(project: Path) -> Cost:
    """`leadsmart run` with the site."""
    return leadsmart(project, "run", "--data", "data", "--renderer", "embedded")


def sample_notebooks(project: Path) -> list[TaskId]:
    """A run's notebooks, in an order in which they can be executed one by one."""
    return list(plan(list_markets(project / "params"), []))


def folders(project: Path, name: str) -> dict[str, str]:
    """Where notebooks of a way other than `leadsmart run` find and write everything."""
    outputs, markets = project / name, list_markets(project / "params")
    for folder in ("pages", "stage"):
        (outputs / folder).mkdir(parents=True)
    # the markets that a run chooses for the notebooks that read all of them
    sources = json.dumps({CLEANING: markets, SUMMARY: markets})
    (outputs / "stage" / "sources.json").write_text(sources, encoding="utf-8")
    return {
        "LEADSMART_ROOT": str(project),
        "LEADSMART_DATA": str(project / "data"),
        "LEADSMART_OUTPUTS": str(outputs),
        "LEADSMART_STAGE": str(outputs / "stage"),
    }


def plain_loop(project: Path) -> list[Cost]:
    environment = folders(project, "plain")
    costs = []
    for market, name in sample_notebooks(project):
        target = project / "plain" / "pages" / f"{market}-{name}.ipynb"
        given = () if NOTEBOOKS[name].runs_once else ("-p", "market", market)
        costs.append(
            papermill_command(project / "notebooks" / f"{name}.ipynb", target, *given, **environment)
        )
    return costs


def seconds_in_cells(project: Path) -> float:
    """Seconds inside the cells of a run's notebooks, one by one, with nothing else at work."""
    environment = {**ENVIRONMENT, **folders(project, "warm")}
    with Kernels(find_imports(notebooks_of(project))) as kernels:
        execute_warm(kernels, all_imports(project), environment)
        return sum(
            execute_warm(
                kernels,
                project / "notebooks" / f"{name}.ipynb",
                environment,
                **({} if NOTEBOOKS[name].runs_once else {"market": market}),
            )
            for market, name in sample_notebooks(project)
        )


# --- notebooks with a fixed amount of work ---------------------------------------------------------------------


def write_stub(path: Path, modules: Iterable[str], work: float) -> Path:
    imports = "\n".join(f"import {module}" for module in modules)
    busy = f"import time\nstart = time.process_time()\nwhile time.process_time() - start < {work}:\n    pass"
    kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    cells = [new_code_cell(imports), new_code_cell(busy)]
    nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": kernelspec}), path)
    return path


def all_imports(project: Path) -> Path:
    """A notebook with the imports of all of ours and nothing to do."""
    return write_stub(project / "idle.ipynb", find_imports(notebooks_of(project)), 0)


def notebooks_of(project: Path) -> list[Path]:
    return sorted((project / "notebooks").glob("*.ipynb"))


def write_stubs(project: Path, count: int) -> Path:
    """Notebooks with the imports of ours in turn, and a fixed amount of work."""
    folder = project / "stubs"
    folder.mkdir()
    ours = sorted(project / "notebooks" / f"{notebook.name}.ipynb" for notebook in MARKET_NOTEBOOKS)
    sources = sorted(islice(cycle(ours), count))
    for number, source in enumerate(sources):
        write_stub(folder / f"{number:03d}.ipynb", find_imports([source]), WORK)
    return folder


# --- the parts -------------------------------------------------------------------------------------------------


class Report:
    """Rows and bars, printed as they come."""

    def __init__(self) -> None:
        self.rows: list[str] = []
        self.bars: list[Bar] = []

    def row(self, what: str, wall: float, cpu: float, memory: float, remark: str = "") -> None:
        self.rows.append(f"| {what} | {wall:.1f} | {cpu:.1f} | {memory:,.0f} | {remark} |")
        print(self.rows[-1], flush=True)

    def cost(self, what: str, cost: Cost, remark: str = "") -> None:
        self.row(what, cost.wall, cost.cpu, cost.memory, remark)

    def bar(self, bar: Bar) -> None:
        self.bars.append(bar)
        print(bar, flush=True)


def measure_sample(report: Report, project: Path, parts: Sequence[str]) -> None:
    count = len(list(sample_notebooks(project)))
    plain = plain_loop(project) if "plain" in parts else []
    wall = sum(cost.wall for cost in plain)
    if plain:
        cpu, memory = sum(cost.cpu for cost in plain), max(cost.memory for cost in plain)
        report.row(f"sample, {count} notebooks: papermill commands one by one", wall, cpu, memory)
    # the plain loop has split the export; ours shall do that itself
    shutil.rmtree(project / ".leadsmart", ignore_errors=True)
    if not {"ours", "noop", "changed"} & set(parts):
        return
    ours = run(project)
    remark = f"{wall / ours.wall:.1f} times as fast as papermill" if plain else ""
    report.cost("the same with `leadsmart run`, checks and site included", ours, remark)
    if "noop" in parts:
        noop = run(project)
        report.cost("`leadsmart run` again, nothing changed", noop)
        report.bar(Bar("a run with nothing to do", noop.wall, 1.0, " s"))
    if "changed" in parts:
        market = change_a_row(project)
        report.cost(f"`leadsmart run` after one delivery row of {market} changed", run(project))
    if "ours" in parts:
        limit = seconds_in_cells(project) / CORES
        report.row("the limit: seconds inside the cells, warm and alone, over cores", limit, limit * CORES, 0)
        report.bar(Bar("the sample's run over its limit", ours.wall / limit, 1.25))


def change_a_row(project: Path) -> str:
    """One click more in one delivery row of the smallest market."""
    market = "gulf"
    projects = {row["project_name"] for row in read(project, "project_markets") if row["market"] == market}
    campaigns = {row["id"] for row in read(project, "campaigns") if row["project_name"] in projects}
    rows = read(project, "insights")
    changed = next(row for row in rows if row["campaign_id"] in campaigns and row["clicks"].isdigit())
    changed["clicks"] = str(int(changed["clicks"]) + 1)
    with (project / "data" / "insights.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return market


def read(project: Path, table: str) -> list[dict[str, str]]:
    with (project / "data" / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def measure_stubs(report: Report, project: Path, count: int) -> None:
    folder = write_stubs(project, count)
    # all in processes of their own, so that each pays for its start
    ours = measure(WARM_FOLDER, folder, CORES)
    alone = measure(WARM_FOLDER, folder, 1)
    limit = sum(json.loads(alone.printed)) / CORES
    plain = [papermill_command(path, project / "out.ipynb") for path in sorted(folder.glob("*"))]
    wall, cpu = sum(cost.wall for cost in plain), sum(cost.cpu for cost in plain)
    report.row(
        f"{count} notebooks with {WORK:g} s of work: papermill commands",
        wall,
        cpu,
        max(cost.memory for cost in plain),
    )
    report.cost("the same in kernels of ours, start of the process included", ours)
    report.row("the limit: seconds inside the cells, warm and alone, over cores", limit, limit * CORES, 0)
    report.bar(Bar(f"papermill's time over ours, {count} notebooks", wall / ours.wall, 4.0, at_least=True))
    report.bar(Bar(f"ours over the limit, {count} notebooks", ours.wall / limit, 1.25))


def measure_idle(report: Report, project: Path) -> None:
    path = all_imports(project)
    with Kernels(find_imports(notebooks_of(project))) as kernels:
        execute_warm(kernels, path, ENVIRONMENT)
        wall = time.perf_counter()
        for _ in range(IDLE):
            execute_warm(kernels, path, ENVIRONMENT)
        seconds = (time.perf_counter() - wall) / IDLE
    plain = papermill_command(path, project / "out.ipynb")
    report.cost("a notebook with our imports and nothing to do: papermill command", plain)
    report.bar(Bar("such a notebook in a kernel of ours", seconds, 0.5, " s"))


def measure_many(report: Report, folder: Path, counts: Sequence[int]) -> None:
    each = {}
    for count in counts:
        project = make_many_markets(folder / str(count), count)
        cost = run(project)
        each[count] = cost.wall / count
        remark = (
            f"{each[count]:.2f} s per market, {cost.cpu / count:.1f} s CPU; parent {cost.own_memory:.0f} MB"
        )
        report.cost(f"{count} small markets", cost, remark)
        shutil.rmtree(project)
    spread = max(each.values()) / min(each.values()) - 1
    report.bar(Bar("slowest over fastest seconds per market, less one", spread, 0.2))
    report.bar(Bar(f"memory of the parent with {count} markets", cost.own_memory, 500.0, " MB"))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", default=",".join(PARTS), help="parts, with commas between")
    parser.add_argument("--leads", type=int, default=DEFAULT_LEADS, help="leads of the sample")
    parser.add_argument("--notebooks", type=int, default=STUBS, help="how many with a second of work")
    parser.add_argument("--markets", default=",".join(map(str, MARKETS)), help="numbers of small markets")
    options = parser.parse_args()
    parts = options.only.split(",")
    if unknown := set(parts) - set(PARTS):
        parser.error(f"no part is called {', '.join(sorted(unknown))}; they are {', '.join(PARTS)}")
    report, load = Report(), os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as name:
        project = copy_project(Path(name) / "project")
        write_sample(project / "data", leads=options.leads)
        # not measured: imports for the first time compile what they import
        papermill_command(all_imports(project), project / "out.ipynb")
        leadsmart(project, "check", "--data", "data")
        if "24" in parts:
            measure_stubs(report, project, options.notebooks)
        if "idle" in parts:
            measure_idle(report, project)
        measure_sample(report, project, parts)
        if "200" in parts:
            measure_many(report, Path(name), [int(count) for count in options.markets.split(",")])
    text = TEXT.format(
        command=" ".join(["python benchmarks/execution.py", *sys.argv[1:]]),
        machine=f"{CORES} cores, {memory():.0f} GB, {platform.system()} {platform.machine()}, Python {platform.python_version()}",
        load=f"{load:.1f} when it began, {os.getloadavg()[0]:.1f} when it ended",
        rows="\n".join(report.rows),
        bars="\n".join(map(str, report.bars)),
    )
    if len(sys.argv) == 1:
        TABLE.write_text(text, encoding="utf-8")
    print("\n" + text)


TEXT = """# Execution of notebooks

Made by `{command}` on {machine}; load {load}. Seconds on the
clock hold where the load before is below half the cores; CPU, the seconds of all cores together, always does.

| what | seconds | CPU | memory, MB | |
|---|---:|---:|---:|---|
{rows}

| bar | figure | must be | |
|---|---:|---:|---|
{bars}

Memory is the highest of all processes together, shared pages counted once. Kernels have one thread each, both ways. What
Python compiles on a first import is there before anything is measured.
"""


def memory() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9


if __name__ == "__main__":
    main()
