"""Private copies of raw rows: swept at each command's start, purged on demand, and readable by nobody else."""

import os
import stat
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from report.builders_report import make_project

from leadsmart.cli import main
from leadsmart.errors import ParameterError
from leadsmart.params import load_params
from leadsmart.private_folders import HOLD_FILE, hold, private_folder, remove_unheld, sweep

CONTACT = "zebediah.quack@vintagemail.eg"
DAY = 86_400


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = make_project(tmp_path / "project", ["gulf"])
    (tmp_path / "tmp").mkdir()
    (root / "export").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    monkeypatch.setenv("LEADSMART_ROOT", str(root))
    monkeypatch.setenv("LEADSMART_DATA", str(root / "export"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return root


def run_here(*arguments: str) -> int:
    try:
        main(arguments)
    except SystemExit as end:
        return int(end.code or 0)
    return 0


def plant(folder: Path, days: float = 0, *, is_held: bool = True) -> Path:
    """A private folder with a contact, as a command that was killed leaves it."""
    folder.mkdir(parents=True)
    (folder / "leads.parquet").write_text(CONTACT)
    if is_held:
        (folder / HOLD_FILE).touch()
    os.utime(folder, (time.time() - days * DAY,) * 2)
    return folder


def holding_contacts(root: Path) -> list[Path]:
    return [p for p in root.rglob("*") if p.is_file() and CONTACT in p.read_text(errors="replace")]


def test_each_command_sweeps_what_killed_ones_left(project: Path, tmp_path: Path):
    cache = project / ".leadsmart" / "slices"
    left = [
        plant(tmp_path / "tmp" / "leadsmart-site-x"),
        plant(cache / "leadsmart-split-x"),
        plant(cache / "partial-1234", is_held=False),
        plant(cache / "slices-old", days=31),
    ]
    kept = plant(cache / "slices-new", days=29)
    # whatever becomes of the command
    assert run_here("render") == 2
    assert not [path for path in left if path.exists()]
    assert holding_contacts(tmp_path) == [kept / "leads.parquet"]


def test_the_days_are_a_parameter_of_the_project(project: Path):
    slices = plant(project / ".leadsmart" / "slices" / "slices-x", days=3)
    defaults = project / "params" / "_defaults.yml"
    text = defaults.read_text(encoding="utf-8")
    assert run_here("render") == 2 and slices.exists()
    defaults.write_text(text.replace("raw_retention_days: 30", "raw_retention_days: 2"), encoding="utf-8")
    assert run_here("render") == 2 and not slices.exists()


@pytest.mark.parametrize("name", ["raw_retention_days", "published_mode"])
def test_no_market_has_them_of_its_own(project: Path, name: str):
    with pytest.raises(ParameterError, match=f"{name} is the same for all markets"):
        load_params("gulf", project / "params", {name: "0700"})


def test_purge_leaves_no_copy(project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    private = project / ".leadsmart"
    for n in range(4):
        plant(private / "slices" / f"slices-{n}")
    plant(private / "slices" / "partial-1234", is_held=False)
    plant(tmp_path / "tmp" / "leadsmart-split-x")
    (private / "slices" / "stray.csv").write_text(CONTACT)
    explored = plant(private / "explore" / "gulf", is_held=False)
    assert run_here("purge") == 0
    # the results of exploring hold no contacts but by this test's hand
    assert holding_contacts(tmp_path) == [explored / "leads.parquet"]
    assert "Removed private copies of the export's rows:" in capsys.readouterr().out
    assert run_here("purge", "--all") == 0
    assert holding_contacts(tmp_path) == [] and list(private.iterdir()) == []


def test_purge_says_what_a_running_command_holds(project: Path, capsys: pytest.CaptureFixture[str]):
    held = plant(project / ".leadsmart" / "slices" / "slices-x")
    descriptor = hold(held)
    assert run_here("purge", "--all") == 1
    assert "kept, as a running command holds it" in capsys.readouterr().out
    assert (held / "leads.parquet").exists()
    os.close(descriptor)
    assert run_here("purge") == 0 and not held.exists()


def test_the_log_of_errors_goes_too(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("leadsmart.cli.app", lambda _: 1 / int("0"))
    assert run_here("render") == 1
    monkeypatch.undo()
    monkeypatch.setenv("LEADSMART_ROOT", str(project))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    assert list((tmp_path / "state").rglob("*.log"))
    assert run_here("purge") == 0
    assert not list((tmp_path / "state").rglob("*.log"))


def test_what_is_private_is_the_owners_alone(project: Path):
    private = project / ".leadsmart"
    private.mkdir(mode=0o755)
    run_here("render")
    assert stat.S_IMODE(private.stat().st_mode) == 0o700


def test_killed_while_it_removes_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Half-removed slices are read by nobody, and the next sweep finds the rest."""
    slices = plant(tmp_path / "slices-x")
    (slices / "manifest.json").touch()
    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            remove_unheld(slices)
    assert not slices.exists() and holding_contacts(tmp_path)
    assert len(sweep(tmp_path)) == 1
    assert list(tmp_path.iterdir()) == []


def test_killed_at_the_end_of_its_block(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    with (
        monkeypatch.context() as patch,
        pytest.raises(KeyboardInterrupt),
        private_folder("x", tmp_path) as folder,
    ):
        (folder / "rows").write_text(CONTACT)
        patch.setattr(Path, "unlink", lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt))
    sweep(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_killed_in_its_making_goes_when_it_is_old(tmp_path: Path):
    new, old = tmp_path / "leadsmart-a", tmp_path / "leadsmart-b"
    for folder in (new, old):
        folder.mkdir()
        (folder / f"{HOLD_FILE}.new").touch()
    os.utime(old, (time.time() - DAY,) * 2)
    assert sweep(tmp_path) == [old]
    assert list(tmp_path.iterdir()) == [new]


def test_the_sweep_waits_for_no_library():
    code = "import sys, leadsmart.cli; print({'pandas', 'numpy', 'duckdb'} & sys.modules.keys())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
