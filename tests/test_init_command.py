"""`leadsmart init` and `leadsmart new-market` as a user meets them, and the built wheel on a machine without this repository."""

import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest
from cleaning.builders_cleaning import make_tables, write_export
from report.builders_report import ROOT, clean_environment

from leadsmart.cli import main
from leadsmart.params import list_markets, load_params
from leadsmart.report.project.layout import project_files

LEADSMART = (
    "from importlib.metadata import entry_points as e; e(group='console_scripts')['leadsmart'].load()()"
)


class Said:
    def __init__(self, code: object, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Runs commands in an empty folder, in this process."""

    def run_main(*arguments: str) -> Said:
        capsys.readouterr()
        with pytest.raises(SystemExit) as caught:
            main(arguments)
        out, err = capsys.readouterr()
        return Said(caught.value.code or 0, out, err)

    monkeypatch.chdir(tmp_path)
    return run_main


def assert_refused(said: Said, *parts: str) -> None:
    assert said.code == 2 and said.out == "", said.out
    assert [part for part in parts if part not in " ".join(said.err.split())] == []


# --- init ---------------------------------------------------------------------------------------------


def test_init_says_what_comes_next(run, tmp_path: Path):
    said = run("init", "x")
    assert said.code == 0
    assert "Project with 8 markets of the sample: x" in said.out and "cd x, then `leadsmart run`" in said.out
    assert_refused(run("init", "x"), "x: the folder is not empty", "--upgrade")
    assert "All files are those of leadsmart" in run("init", "x", "--upgrade").out


def test_init_with_an_export_has_its_markets_and_reads_it_from_then_on(run, tmp_path: Path, monkeypatch):
    write_export(tmp_path / "export", make_tables())
    said = run("init", "x", "--data", "export")
    assert said.code == 0
    assert list_markets(tmp_path / "x" / "params") == ["gulf", "new-cairo"]
    assert "unassigned: 1 campaign of projects" in said.out
    assert "all markets: confirm that currency is EGP" in said.out
    monkeypatch.chdir(tmp_path / "x" / "docs")
    said = run("check")
    assert said.code == 0 and "Parameters and export ../export are fine" in said.out
    assert not (tmp_path / "x" / "data").exists()


def test_nothing_is_laid_out_for_an_export_that_is_refused(run, tmp_path: Path):
    assert_refused(run("init", "x", "--data", "none"), "none: the folder does not exist")
    write_export(tmp_path / "export", make_tables())
    (tmp_path / "export" / "project_markets.csv").unlink()
    assert_refused(run("init", "x", "--data", "export"), "campaigns.csv", "project_markets.csv")
    assert not (tmp_path / "x").exists()


def test_markets_that_can_not_have_a_file_are_named(run, tmp_path: Path):
    write_export(tmp_path / "export", make_tables())
    lookup = tmp_path / "export" / "project_markets.csv"
    text = lookup.read_text(encoding="utf-8")
    lookup.write_text(text.replace("gulf", "الخليج") + "Nowhere,mars\n", encoding="utf-8")
    said = run("init", "x", "--data", "export")
    assert said.code == 0
    assert "Left out, as no campaign is in them: mars" in said.out
    assert "'الخليج' can't be a market" in said.out
    assert list_markets(tmp_path / "x" / "params") == ["new-cairo"]


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (["init", "used"], ["used: the folder is not empty", "Name a new folder."]),
        (["init", "used/notes.txt"], ["is a file, not a folder"]),
        (["init", "used", "--upgrade"], ["used: is no project", "leadsmart init DIR"]),
        (["init", "used", "--upgrade", "--data", "used"], ["--data is for a new project", "new-market"]),
        (["init"], ["Missing argument 'DIR'"]),
        (["new-market", "delta"], ["no project here", "leadsmart init DIR"]),
    ],
)
def test_what_can_not_be_done_is_one_message(run, tmp_path: Path, arguments: list[str], parts: list[str]):
    (tmp_path / "used").mkdir()
    (tmp_path / "used" / "notes.txt").touch()
    assert_refused(run(*arguments), *parts)
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["notes.txt", "used"]


def test_upgrade_shows_what_it_would_change(run, tmp_path: Path):
    run("init", "x")
    config = tmp_path / "x" / "_quarto.yml"
    (tmp_path / "x" / ".leadsmart-project.json").unlink()
    config.write_text(
        config.read_text(encoding="utf-8").replace("LeadSmart", "Delta Homes"), encoding="utf-8"
    )
    said = run("init", "x", "--upgrade")
    assert said.code == 0
    assert "_quarto.yml: edited here, kept; this version is _quarto.yml.new" in said.out
    assert "-  title: Delta Homes" in said.out and "+  title: LeadSmart" in said.out


# --- new-market -----------------------------------------------------------------------------------------


def test_new_market_writes_what_the_export_shows(run, tmp_path: Path, monkeypatch):
    tables = make_tables()
    write_export(tmp_path / "export", tables)
    run("init", "x", "--data", "export")
    monkeypatch.chdir(tmp_path / "x")
    said = run("new-market", "delta", "--data", "../export")
    assert said.code == 0
    assert "market: delta" in said.out
    assert "delta: name these projects in project_markets.csv if they are delta's: Delta" in said.out
    assert said.out.endswith("Written: params/delta.yml\n")
    assert load_params("delta", tmp_path / "x" / "params").title == "Delta"
    assert_refused(run("new-market", "delta"), "params/delta.yml: is there already")
    assert_refused(run("new-market", "New Delta"), "can't be a market", "Rename it")
    assert_refused(run("new-market", "sinai", "--data", "none"), "none: the folder does not exist")


# --- the built package ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new environment's Python, with the built wheel; dependencies are those of this one."""
    folder = tmp_path_factory.mktemp("installed")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    done = subprocess.run(build, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    venv.create(folder / "env", with_pip=False, symlinks=True)
    [packages] = (folder / "env").glob("lib/python*/site-packages")
    with zipfile.ZipFile(*folder.glob("*.whl")) as wheel:
        wheel.extractall(packages)
    # a path in a .pth file brings packages, and no editable install of this repository
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    return folder / "env" / "bin" / "python"


def run_installed(python: Path, cwd: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {n: v for n, v in clean_environment().items() if n not in ("PYTHONPATH", "VIRTUAL_ENV")}
    done = subprocess.run(
        [str(python), "-P", "-c", LEADSMART, *arguments],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=3_600,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done


def assert_site(project: Path, markets: list[str]) -> None:
    pages = {path.relative_to(project / "outputs" / "site").as_posix() for path in project.rglob("*.html")}
    expected = {
        f"outputs/{market}/{page}.html" for market in markets for page in ("01_cleaning", "04_summary")
    }
    assert {"index.html", "outputs/overview.html", "docs/method.html", *expected} <= pages


def test_the_wheel_brings_the_package_and_the_projects_files(installed: Path):
    [package] = installed.parents[1].glob("lib/python*/site-packages/leadsmart")
    source = ROOT / "src" / "leadsmart"
    wanted = {
        p.relative_to(source) for p in source.rglob("*") if p.is_file() and p.parent.name != "__pycache__"
    }
    folder = package / "project_files"
    found = {
        p.relative_to(package) for p in package.rglob("*") if p.is_file() and p.parent.name != "__pycache__"
    }
    laid_out = {p.relative_to(package) for p in folder.rglob("*")}
    assert found - laid_out == wanted
    assert set(project_files(folder)) == set(project_files(ROOT))
    assert list_markets(folder / "params") == list_markets(ROOT / "params")


def test_the_installed_package_makes_a_report_away_from_this_repository(installed: Path, tmp_path: Path):
    run_installed(installed, tmp_path, "init", "x")
    project = tmp_path / "x"
    for path in (project / "params").glob("[!_]*.yml"):
        if path.stem != "gulf":
            path.unlink()
    run_installed(installed, project, "sample", "data/sample", "--leads", "300")
    said = run_installed(installed, project, "run", "--renderer", "embedded")
    assert "Report: outputs/site/index.html" in said.stdout
    assert_site(project, ["gulf"])
    again = run_installed(installed, project / "notebooks", "run", "--renderer", "embedded")
    assert "Nothing has changed" in again.stdout


@pytest.mark.slow
def test_three_commands_end_with_a_site_of_all_markets(installed: Path, tmp_path: Path):
    run_installed(installed, tmp_path, "init", "x")
    run_installed(installed, tmp_path / "x", "run")
    assert_site(tmp_path / "x", list_markets(tmp_path / "x" / "params"))
