"""Runs of notebooks that do almost nothing: what runs again, two at once, killed ones, other executors, Ctrl-C."""

import contextlib
import io
import json
import os
import pickle
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import nbformat
import pytest
from cleaning.builders_cleaning import make_tables, write_export
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_raw_cell
from report.builders_report import KEY, clean_environment, make_project

from leadsmart.cli import main
from leadsmart.errors import RunningError
from leadsmart.report.check import check_inputs
from leadsmart.report.execution.progress import PlainListener
from leadsmart.report.execution.schedule import TaskId
from leadsmart.report.execution.tasks import run_task
from leadsmart.report.pipeline import run_markets
from leadsmart.report.project.lock import locked
from leadsmart.report.project.workspace import open_workspace
from leadsmart.report.site.publish import remove_stage, start_stage
from leadsmart.report.verify import compare_folders

MARKETS = ("gulf", "new-cairo")
NOTEBOOKS = ("01_cleaning", "02_insights", "05_explore", "03_classification", "04_summary")

OPEN = 'from leadsmart.report.notebook.page import open_page\npage = open_page("{notebook}", globals())'
WORK = {
    "01_cleaning": (
        "from leadsmart.cleaning.reading.slice_rows import read_rows\n"
        "rows = {t: read_rows(page.slices, t, page.market) for t in ('campaigns', 'ad_performance', 'leads')}\n"
        "spend = rows['ad_performance']['spend'].astype(float).sum()\n"
        "page.write_json({'leads': len(rows['leads']), 'spend': round(spend)}, 'clean/leads.parquet')\n"
        "page.new_path('ledger.csv').write_text('table,rule,action,rows,spend\\n')"
    ),
    "02_insights": "page.write_json(page.read_json('01_cleaning', 'clean/leads.parquet'), 'benchmarks.json')",
    "05_explore": "page.new_path('explore.js').write_text('x')",
    "03_classification": (
        "leads = page.read_json('01_cleaning', 'clean/leads.parquet')['leads']\n"
        "used = page.read_json('pooled_model', 'pooled/extracts.parquet') if leads < 2 else None\n"
        "page.write_json({'own': leads, 'pooled': used}, 'model/card.json')"
    ),
    "04_summary": (
        "clean = page.read_json('01_cleaning', 'clean/leads.parquet')\n"
        "card = page.read_json('03_classification', 'model/card.json')\n"
        "page.write_json({'market': page.market, 'title': page.params.title, 'currency': 'EGP', **clean,\n"
        "    'cpql': None, 'findings': 5, 'findings_supported': 0, 'model_verdict': str(card['pooled'])}, 'summary.json')"
    ),
    "pooled_model": (
        "markets = page.markets('01_cleaning')\n"
        "spend = [page.read_json('01_cleaning', 'clean/leads.parquet', m)['spend'] for m in markets]\n"
        "page.write_json(spend, 'pooled/extracts.parquet')"
    ),
    "overview": (
        "table = page.read_json_of_all('04_summary', 'summary.json')\n"
        "page.write_table(table, 'markets'), page.failures(), page.inputs_table()\n"
        "page.write_json(page.read_compared(), 'tables/changes.csv')"
    ),
}
"""What the notebooks do: 03 reads the pooled model only where the market has few leads of its own."""


def write_notebook(root: Path, notebook: str, *more: str) -> None:
    market = "None" if notebook in ("pooled_model", "overview") else '"new-cairo"'
    cells = [
        new_raw_cell(f"---\ntitle: {notebook}\n---", id="front"),
        new_code_cell(f"market = {market}", metadata={"tags": ["parameters"]}, id="parameters"),
        new_markdown_cell("## What is it?", id="heading"),
        new_code_cell(OPEN.format(notebook=notebook), id="open"),
        *(new_code_cell(code, id=f"work-{n}") for n, code in enumerate((WORK[notebook], *more))),
        new_code_cell("page.finish()", id="finish"),
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(
        new_notebook(cells=cells, metadata={"kernelspec": kernel}), root / "notebooks" / f"{notebook}.ipynb"
    )


class Said(NamedTuple):
    code: int
    stdout: str
    stderr: str

    def ran(self) -> set[tuple[str, str]]:
        """Notebooks that ran."""
        return set(re.findall(r"^([a-z-]+): (\w+) done in", self.stdout, re.MULTILINE))


def run_here(root: Path, *arguments: str) -> Said:
    """A run in this process: starting it anew would cost more than these notebooks do."""
    return call_here(root, "run", *arguments)


def call_here(root: Path, verb: str, *arguments: str) -> Said:
    """The command in this process."""
    out, err, code = io.StringIO(), io.StringIO(), 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LEADSMART_ROOT", str(root))
        patch.setenv("LEADSMART_CONTACT_KEY", KEY)
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                main([verb, "--renderer", "embedded", *arguments])
            except SystemExit as end:
                code = int(end.code or 0)
    return Said(code, out.getvalue(), err.getvalue())


def write_project(root: Path) -> Path:
    """A project of two markets whose notebooks take no time, with an export that its ledgers need not add up to."""
    make_project(root)
    (root / "requirements.lock").write_text("pandas==3\n", encoding="utf-8")
    write_export(root / "export", make_tables())
    for notebook in WORK:
        write_notebook(root, notebook)
    return root


@pytest.fixture(scope="module", autouse=True)
def no_ledgers():
    """The stubs write no ledgers that could be held against the raw files."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("leadsmart.report.pipeline.reconcile", lambda *_: None)
        yield


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project after its first run."""
    root = write_project(tmp_path_factory.mktemp("incremental") / "project")
    said = run_here(root, "--data", str(root / "export"))
    assert said.code == 0, said
    assert said.ran() == {
        *((market, notebook) for market in MARKETS for notebook in NOTEBOOKS),
        *(("unassigned", "01_cleaning"), ("all-markets", "pooled_model"), ("all-markets", "overview")),
    }
    return root


@pytest.fixture
def project(once: Path, tmp_path: Path) -> Path:
    """A copy, with its results, that a test may change."""
    return shutil.copytree(once, tmp_path / "project")


def change_row(root: Path, campaign: str = "1", value: str = "77") -> None:
    """One number of one row of the export."""
    tables = make_tables()
    row = next(row for row in tables["ad_performance"] if row["campaign_id"] == campaign)
    row["spend"] = value
    write_export(root / "export", tables)


# --- incremental ----------------------------------------------------------------------------------------


def test_nothing_runs_twice(project: Path):
    before = {p: p.stat().st_mtime_ns for p in (project / "outputs").rglob("*") if p.is_file()}
    said = run_here(project)
    assert said.ran() == set() and said.code == 0
    assert "all 13 notebooks and the site are up to date" in said.stdout
    assert {p: p.stat().st_mtime_ns for p in (project / "outputs").rglob("*") if p.is_file()} == before


def test_one_row_reruns_its_market_the_pooled_model_those_that_use_it_and_the_overview(project: Path):
    change_row(project)
    said = run_here(project)
    assert said.code == 0, said
    # gulf has one lead, so that it reads the pooled model; 05 reads nothing of what cleaning writes
    assert said.ran() == {
        *(("new-cairo", notebook) for notebook in NOTEBOOKS if notebook != "05_explore"),
        *(("gulf", "03_classification"), ("gulf", "04_summary")),
        *(("all-markets", "pooled_model"), ("all-markets", "overview")),
    }


def test_what_comes_out_as_before_stops_a_change(project: Path):
    # cleaning rounds it to the same number
    change_row(project, campaign="3", value="5.3")
    said = run_here(project)
    assert said.ran() == {("gulf", "01_cleaning"), ("all-markets", "overview")}, said


def test_a_changed_page_of_the_site_renders_it_and_runs_nothing(project: Path):
    with (project / "docs" / "method.qmd").open("a", encoding="utf-8") as file:
        file.write("\nOne more sentence about ostriches.\n")
    said = run_here(project)
    assert said.ran() == set()
    assert "ostriches" in (project / "outputs" / "site" / "docs" / "method.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("tampered", [pytest.param([], marks=pytest.mark.slow), ["gulf/benchmarks.json"]])
def test_verify_makes_incremental_results_again_and_names_what_differs(project: Path, tampered: list[str]):
    change_row(project)
    assert run_here(project).code == 0
    for name in tampered:
        (project / "outputs" / name).write_text("[1]", encoding="utf-8")
    said = call_here(project, "verify")
    assert len(said.ran()) == 13
    assert re.findall("^differs: (.*)$", said.stdout, re.MULTILINE) == tampered
    ends = r"1 of (\d+) files differ; .*" if tampered else r"All (\d+) files are the same, byte by byte\."
    (files,) = re.findall(f"^{ends}$", said.stdout, re.MULTILINE)
    assert int(files) > 50 and said.code == len(tampered)


# --- byte identity --------------------------------------------------------------------------------------


@pytest.mark.slow
def test_warm_and_cold_kernels_and_any_number_of_jobs_give_the_same_bytes(
    once: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("LEADSMART_COLD_KERNELS", "1")
    said = run_here(once, "--data", str(once / "export"), "--outputs", str(tmp_path / "cold"), "--jobs", "1")
    assert said.code == 0, said
    assert compare_folders(once / "outputs", tmp_path / "cold").differing == ()


def test_a_file_that_differs_or_is_in_one_folder_only_is_named(tmp_path: Path):
    for name in ("one", "two"):
        (tmp_path / name / "a").mkdir(parents=True)
        (tmp_path / name / "a" / "same").write_text("x")
        (tmp_path / name / "stamp.json").write_text(name)
        (tmp_path / name / f"only-{name}").touch()
        (tmp_path / name / "a" / "other").write_text(name)
    found = compare_folders(tmp_path / "one", tmp_path / "two")
    assert (found.files, found.differing) == (4, ("a/other", "only-one", "only-two"))


def test_times_are_in_the_stamp_alone_and_no_file_names_a_folder_or_a_user(once: Path):
    year = str(time.gmtime().tm_year)
    user = Path.home().name
    for path in sorted((once / "outputs").rglob("*")):
        if not path.is_file() or path.suffix in {".woff2", ".png", ".js"} or path.name == "stamp.json":
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        assert str(once) not in text and str(Path.home()) + "/" not in text, path
        assert not re.search(rf"{year}-\d\d-\d\dT\d\d:", text), path
        assert not re.search(r"papermill.{0,80}(duration|start_time|end_time)", text, re.DOTALL), path
        assert f'"{user}"' not in text, path
    assert year in (once / "outputs" / "stamp.json").read_text(encoding="utf-8")


def test_the_record_of_a_run_has_inputs_parameters_code_environment_and_outputs(once: Path):
    facts = json.loads((once / "outputs" / "gulf" / "run.json").read_text(encoding="utf-8"))
    assert set(facts["inputs"]["leads"]) == {"sha256", "rows"}
    assert facts["parameters"]["seed"] == 20240601
    assert {"notebooks/02_insights.ipynb", "leadsmart/report/notebook/page.py"} <= set(facts["code"])
    assert set(facts["environment"]) == {"python", "requirements.lock", "packages"}
    assert "benchmarks.json" in facts["outputs"]


# --- what changed ---------------------------------------------------------------------------------------


def test_a_run_is_compared_with_the_last_one_with_other_inputs(project: Path):
    def compared() -> dict[str, Any]:
        path = project / "outputs" / "all-markets" / "tables" / "changes.csv"
        return json.loads(path.read_text(encoding="utf-8"))

    def recorded() -> str | None:
        return json.loads((project / "outputs" / "run.json").read_text(encoding="utf-8"))["compared_with"]

    assert compared() == {} and recorded() is None
    change_row(project)
    run_here(project)
    first = compared()
    assert first["run"] == recorded() and first["run"].startswith("000001-")
    assert first["markets"]["new-cairo"]["changed"] == ["data"]
    assert first["markets"]["new-cairo"]["figures"]["spend"] < 77
    assert first["markets"]["gulf"]["changed"] == []
    # of the other market and of what belongs to none, just the clean tables
    assert len(run_here(project, "gulf", "--force").ran()) == 9
    assert compared() == first, "the same inputs again are compared with the same run"
    run_here(project, "--param", "title=Cairo")
    second = compared()
    assert second["run"].startswith("000002-")
    assert second["markets"]["gulf"]["changed"] == ["parameters", "model"][:1]
    assert second["markets"]["gulf"]["parameters"] == ["title"]


# --- failing and hanging --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "code",
    [
        "raise ValueError('no')",
        "import time\ntime.sleep(60)",
        "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)",
    ],
    ids=["fails", "hangs", "is killed"],
)
def test_one_market_never_blocks_another(project: Path, code: str):
    indented = "\n".join(f"    {line}" for line in code.splitlines())
    write_notebook(project, "02_insights", f"if market == 'gulf':\n{indented}")
    said = run_here(project, "--param", "cell_timeout=3")
    assert said.code == 1
    assert "gulf: FAILED in 02_insights.ipynb" in said.stdout
    assert ("new-cairo", "02_insights") in said.ran()
    facts = json.loads((project / "outputs" / "run.json").read_text(encoding="utf-8"))
    assert facts["markets"] == {"gulf": "failed", "new-cairo": "ok"}
    page = project / "outputs" / "site" / "outputs" / "gulf" / "04_summary.html"
    assert "The last run of Gulf failed" in page.read_text(encoding="utf-8")
    # mended, it runs what is missing and nothing else of the other market
    write_notebook(project, "02_insights")
    again = run_here(project)
    assert again.code == 0
    assert ("gulf", "04_summary") in again.ran()
    assert not (project / "outputs" / "gulf" / "failure.json").exists()


def test_two_notebooks_of_a_market_at_once_may_fail_and_neither_loses_its_files_meanwhile(project: Path):
    # 02 and 03 read nothing of each other, so that they are at work together: 02 fails when 03 has begun
    begun = f"import pathlib, time\nbegun = pathlib.Path({str(project / 'begun')!r})\nif market == 'gulf':\n"
    wait = "    while not begun.exists():\n        time.sleep(0.05)\n    raise ValueError('first')"
    write_notebook(project, "02_insights", begun + wait)
    read = "    begun.touch()\n    time.sleep(3)\n    page.read_json('01_cleaning', 'clean/leads.parquet')\n"
    write_notebook(project, "03_classification", begun + read + "    raise ValueError('second')")
    said = run_here(project, "--force", "--jobs", "2")
    assert said.code == 1
    assert "gulf: FAILED in 03_classification.ipynb" in said.stdout and "ValueError: second" in said.stdout
    assert ("new-cairo", "04_summary") in said.ran()
    failure = json.loads((project / "outputs" / "gulf" / "failure.json").read_text(encoding="utf-8"))
    assert failure["notebook"] == "02_insights", "whichever ended first"
    assert (project / "outputs" / "gulf" / "benchmarks.json").is_file(), "earlier results stay"


def test_each_markets_figures_are_its_own(once: Path):
    texts = {
        m: (once / "outputs" / m / "clean" / "leads.parquet").read_text(encoding="utf-8") for m in MARKETS
    }
    assert len(set(texts.values())) == len(MARKETS)
    assert json.loads(texts["gulf"]) == {"leads": 1, "spend": 5}


# --- two at once ----------------------------------------------------------------------------------------


def test_a_second_run_on_the_same_outputs_says_so(project: Path):
    change_row(project)
    with locked(project / "outputs"):
        said = run_here(project)
    assert said.code == 2
    assert "another leadsmart is at work on these outputs" in said.stderr and "--outputs" in said.stderr
    assert run_here(project).code == 0


def test_the_lock_of_a_killed_process_blocks_nobody(tmp_path: Path):
    code = (
        "import pathlib, sys, time\nfrom leadsmart.report.project.lock import locked\n"
        "with locked(pathlib.Path(sys.argv[1])):\n    print('held', flush=True)\n    time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as held:
        assert held.stdout.readline() == "held\n"
        with pytest.raises(RunningError), locked(tmp_path):
            pass
        held.kill()
    with locked(tmp_path):
        pass


# --- killed ---------------------------------------------------------------------------------------------


def start_run(root: Path, **values: str) -> subprocess.Popen[str]:
    """The command in a process group of its own, over stubs without ledgers."""
    code = (
        "import leadsmart.report.pipeline as run\nrun.reconcile = lambda *_: None\n"
        "from leadsmart.cli import main\nmain(['run', '--renderer', 'embedded', '--force'])"
    )
    return subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=root,
        env=clean_environment(**{"LEADSMART_COLD_KERNELS": "", **values}),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def assert_whole(outputs: Path) -> None:
    """Every published market is a whole one, here or set aside, and every record can be read."""
    for market in MARKETS:
        folders = [outputs / market, outputs / ".staging" / f"{market}.previous"]
        (folder,) = [f for f in folders if f.is_dir()][:1]
        facts = json.loads((folder / "run.json").read_text(encoding="utf-8"))
        assert all((folder / name).is_file() for name in facts["outputs"])
    json.loads((outputs / "run.json").read_text(encoding="utf-8"))


def kill_and_run_again(root: Path, expected: Path, moments: Sequence[float]) -> None:
    for seconds in moments:
        with start_run(root) as run:
            with contextlib.suppress(subprocess.TimeoutExpired):
                run.wait(seconds)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(run.pid, signal.SIGKILL)
        assert_whole(root / "outputs")
    said = run_here(root)
    assert said.code == 0, said
    assert compare_folders(expected, root / "outputs").differing == ()
    assert not (root / "outputs" / ".staging").exists()
    assert "up to date" in run_here(root).stdout


def moments(count: int, seed: int) -> list[float]:
    return [random.Random(seed + n).uniform(1, 12) for n in range(count)]


def test_a_run_after_killed_ones_equals_an_undisturbed_one(once: Path, project: Path):
    kill_and_run_again(project, once / "outputs", moments(3, seed=6))


@pytest.mark.slow
def test_a_run_after_many_killed_ones_equals_an_undisturbed_one(once: Path, project: Path):
    kill_and_run_again(project, once / "outputs", moments(20, seed=60))


def test_a_folder_that_was_set_aside_when_the_run_was_killed_is_put_back(once: Path, project: Path):
    outputs = project / "outputs"
    stage = start_stage(outputs)
    (outputs / "gulf").rename(stage / "gulf.previous")
    (outputs / "site").rename(stage / "site.previous")
    assert run_here(project).code == 0
    assert compare_folders(once / "outputs", outputs).differing == ()


def test_a_run_that_was_killed_before_its_record_was_written_is_completed(once: Path, project: Path):
    outputs = project / "outputs"
    change_row(project)
    run_here(project)
    shutil.copyfile(once / "outputs" / "run.json", outputs / "run.json")
    start_stage(outputs)
    said = run_here(project)
    assert said.ran() == set() and said.code == 0
    assert json.loads((outputs / "run.json").read_text())["compared_with"]
    remove_stage(outputs)


# --- other executors, and Ctrl-C ------------------------------------------------------------------------


class RecordingExecutor(Executor):
    """Pickles what it is given and what comes back, as another machine's executor would."""

    def __init__(self) -> None:
        self.calls: list[bytes] = []
        self._threads = ThreadPoolExecutor(1)

    def submit(self, call: Any, /, *args: Any, **kwargs: Any) -> Future:
        sent = pickle.dumps((call, args, kwargs))
        self.calls.append(sent)

        def run_elsewhere() -> Any:
            function, arguments, named = pickle.loads(sent)
            return pickle.loads(pickle.dumps(function(*arguments, **named)))

        return self._threads.submit(run_elsewhere)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        self._threads.shutdown(wait, cancel_futures=cancel_futures)


def test_tasks_run_on_any_executor(once: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("LEADSMART_CONTACT_KEY", KEY)
    workspace = open_workspace(root=once, data=once / "export", outputs=tmp_path / "there", environment={})
    slices, _ = check_inputs(workspace, ["gulf"], {})
    from rich.console import Console

    listener = PlainListener(Console(file=io.StringIO()))
    with RecordingExecutor() as executor:
        results = run_markets(workspace, slices, ["gulf"], {}, listener, executor=executor)
    assert [result.error for result in results] == [None]
    tasks = [pickle.loads(call)[0].args[0] for call in executor.calls]
    # of the other market and of what belongs to none, just the clean tables
    assert len(tasks) == 9 and all(isinstance(task, TaskId) for task in tasks)
    assert {pickle.loads(call)[0].func for call in executor.calls} == {run_task}
    # these kernels were plain ones, those of the first run forked
    found = compare_folders(once / "outputs" / "gulf", tmp_path / "there" / "gulf")
    assert found.differing == () and found.files > 12


def test_ctrl_c_says_stopped_and_leaves_sound_outputs(once: Path, project: Path):
    with start_run(project) as run:
        line = ""
        while "cells" not in line:
            line = run.stdout.readline()
        os.killpg(run.pid, signal.SIGINT)
        said, _ = run.communicate(timeout=60)
    assert run.returncode == 130
    assert said.rstrip().endswith("Stopped."), said
    assert "Traceback" not in said
    assert_whole(project / "outputs")
    assert run_here(project).code == 0
    assert compare_folders(once / "outputs", project / "outputs").differing == ()
