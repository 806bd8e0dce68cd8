"""A run that is killed at any moment leaves contacts in no file that the next command does not remove."""

import os
import random
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from cleaning.builders_cleaning import make_lead, make_tables, write_export
from report.builders_report import make_project, run_leadsmart
from report.test_incremental import NOTEBOOKS, start_run, write_notebook

CONTACT = b"zebediah.quack"
WAIT = 60


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = make_project(tmp_path / "project")
    for notebook in (*NOTEBOOKS, "pooled_model", "overview"):
        write_notebook(root, notebook)
    tables = make_tables()
    tables["leads"] += [
        make_lead(f"{number}", "1", email=f"{CONTACT.decode()}{number}@vintagemail.eg")
        for number in range(2000, 2200)
    ]
    write_export(tmp_path / "export", tables)
    (tmp_path / "tmp").mkdir()
    defaults = root / "params" / "_defaults.yml"
    text = defaults.read_text(encoding="utf-8")
    defaults.write_text(text.replace("raw_retention_days: 30", "raw_retention_days: 0"), encoding="utf-8")
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return root


def start(project: Path) -> subprocess.Popen[str]:
    return start_run(project, LEADSMART_DATA=str(project.parent / "export"))


def holding_contacts(project: Path) -> list[Path]:
    """Files beside the export that hold a planted contact."""
    found = []
    for folder in (project, project.parent / "tmp", project.parent / "state"):
        for path in folder.rglob("*"):
            try:
                found += [path] if path.is_file() and CONTACT in path.read_bytes() else []
            except FileNotFoundError:
                continue
    return found


def children(project: Path) -> list[int]:
    """Processes that work in the temporary folder of this test, or for its project."""
    mark = f"TMPDIR={project.parent}".encode()
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            if int(path.parent.name) != os.getpid() and mark in path.read_bytes():
                found.append(int(path.parent.name))
        except OSError:
            continue
    return found


def wait_until(is_so: Callable[[], object]) -> bool:
    end = time.monotonic() + WAIT
    while not (found := is_so()) and time.monotonic() < end:
        time.sleep(0.005)
    return bool(found)


def stop(project: Path, run: subprocess.Popen[str], number: int) -> None:
    """Stop a run; nothing of it works on, and a stop in order says so."""
    was_running = run.poll() is None
    run.send_signal(number)
    said, _ = run.communicate(timeout=WAIT)
    if was_running and number == signal.SIGTERM and run.returncode:
        assert run.returncode == 130 and said.rstrip().endswith("Stopped."), said
    assert wait_until(lambda: not children(project)), children(project)


def assert_nothing_stays(project: Path) -> None:
    """No contact is left once the next command has started, nor by `purge` of all."""
    said = run_leadsmart(["render", "--renderer", "embedded"], project)
    assert said.returncode in (0, 2) and "Traceback" not in said.stderr, said
    assert holding_contacts(project) == []


PHASES = {
    "split": (signal.SIGKILL, ".leadsmart/slices/leadsmart-split-*/campaign_leads"),
    "01": (signal.SIGTERM, "outputs/.staging/*/clean"),
    "rendering": (signal.SIGKILL, "../tmp/leadsmart-site-*/outputs"),
}


@pytest.mark.parametrize("phase", PHASES)
def test_a_killed_run_leaves_no_contacts(project: Path, phase: str):
    number, sign = PHASES[phase]
    with start(project) as run:
        assert wait_until(lambda: list(project.glob(sign)) or run.poll() is not None)
        stop(project, run, number)
    if phase != "rendering":
        assert holding_contacts(project), "there was nothing to remove"
    assert_nothing_stays(project)


@pytest.mark.slow
def test_twenty_random_kills_leave_no_contacts(project: Path):
    draw = random.Random(14)
    started = time.monotonic()
    with start(project) as run:
        run.communicate(timeout=10 * WAIT)
    assert run.returncode == 0
    seconds = time.monotonic() - started
    for kill in range(20):
        if kill % 5 == 0:
            assert run_leadsmart(["purge", "--all"], project).returncode == 0
        with start(project) as run:
            time.sleep(draw.uniform(0, seconds))
            stop(project, run, draw.choice([signal.SIGKILL, signal.SIGTERM]))
        assert_nothing_stays(project)


def test_purge_leaves_none(project: Path):
    said = run_leadsmart(["check", "--data", str(project.parent / "export")], project)
    assert said.returncode == 0 and holding_contacts(project)
    assert run_leadsmart(["purge"], project).returncode == 0
    assert holding_contacts(project) == []


@pytest.mark.slow
def test_checks_of_other_exports_take_nothing_from_a_run(project: Path):
    """Eight exports more than the cache keeps, each swept after no day at all, while a run reads its own."""
    tables = make_tables()
    others = [project.parent / f"other-{n}" for n in range(8)]
    for n, folder in enumerate(others):
        tables["leads"].append(make_lead(f"{3000 + n}", "1"))
        write_export(folder, tables)
    with start(project) as run:
        assert wait_until(lambda: list((project / ".leadsmart" / "slices").glob("slices-*")))
        checks = [run_leadsmart(["check", "--data", str(folder)], project) for folder in others]
        said, _ = run.communicate(timeout=5 * WAIT)
    assert [check.returncode for check in checks] == [0] * 8, checks
    assert run.returncode == 0 and "FAILED" not in said, said
    assert "The last run of" not in "".join(
        p.read_text() for p in (project / "outputs").rglob("04_summary.ipynb")
    )
