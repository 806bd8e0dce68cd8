"""A project of one's own: what is laid out, and what a later version may change of it."""

import json
from pathlib import Path

import nbformat
import pytest
from report.builders_report import ROOT

from leadsmart.errors import InputError, ParameterError
from leadsmart.params import list_markets, load_params
from leadsmart.report.notebooks import NOTEBOOKS
from leadsmart.report.project import layout
from leadsmart.report.project.layout import RECORD, Change, check_new_folder, lay_out, upgrade
from leadsmart.report.project.workspace import find_root

CONFIG, DEFAULTS, NOTEBOOK = "_quarto.yml", "params/_defaults.yml", "notebooks/01_cleaning.ipynb"


def write_notebook(path: Path, source: str, result: str | None = None) -> None:
    cell = nbformat.v4.new_code_cell(source, id="one")
    if result is not None:
        cell.outputs = [nbformat.v4.new_output("stream", text=result)]
        cell.execution_count = 3
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), path)


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The package's files, few and small, to be changed as a later version would."""
    folder = tmp_path / "package"
    for name in ("params", "notebooks", "docs", "assets"):
        (folder / name).mkdir(parents=True)
    (folder / CONFIG).write_text("title: one\n", encoding="utf-8")
    (folder / DEFAULTS).write_text("seed: 1\n", encoding="utf-8")
    (folder / "params/_corrections.yml").write_text("[]\n", encoding="utf-8")
    (folder / "params/gulf.yml").write_text("market: gulf\ntitle: Gulf\n", encoding="utf-8")
    (folder / "docs/method.qmd").write_text("Method\n", encoding="utf-8")
    write_notebook(folder / NOTEBOOK, "open_page()")
    monkeypatch.setattr(layout, "source_folder", lambda: folder)
    return folder


@pytest.fixture
def project(package: Path, tmp_path: Path) -> Path:
    lay_out(tmp_path / "project")
    return tmp_path / "project"


def names(changes: list[layout.FileChange]) -> dict[str, Change]:
    return {change.name: change.change for change in changes}


# --- a new project ------------------------------------------------------------------------------------


def test_a_project_has_all_that_a_run_needs(tmp_path: Path):
    root = tmp_path / "project"
    lay_out(root)
    assert find_root(root / "notebooks") == root
    assert {path.stem for path in (root / "notebooks").iterdir()} == set(NOTEBOOKS)
    assert list_markets(root / "params") == list_markets(ROOT / "params")
    assert all(load_params(market, root / "params") for market in list_markets(root / "params"))
    for pattern in ("docs/*.qmd", "assets/*", "index.qmd", ".gitignore"):
        expected = {path.relative_to(ROOT): path.read_bytes() for path in ROOT.glob(pattern)}
        assert expected and {p.relative_to(root): p.read_bytes() for p in root.glob(pattern)} == expected
    assert upgrade(root) == []


def test_markets_of_an_export_take_the_place_of_the_samples(package: Path, tmp_path: Path):
    lay_out(tmp_path / "x", {"delta.yml": "market: delta\n"})
    assert sorted(path.name for path in (tmp_path / "x" / "params").iterdir()) == [
        "_corrections.yml",
        "_defaults.yml",
        "delta.yml",
    ]


def test_a_folder_in_use_is_refused(package: Path, tmp_path: Path):
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / ".git").mkdir()
    check_new_folder(tmp_path / "new")
    check_new_folder(tmp_path / "none" / "yet")
    (tmp_path / "used").mkdir()
    (tmp_path / "used" / "notes.txt").touch()
    with pytest.raises(InputError, match=r"not empty; for example 'notes.txt'\. Name a new folder\.$"):
        check_new_folder(tmp_path / "used")
    with pytest.raises(InputError, match="is a file"):
        check_new_folder(tmp_path / "used" / "notes.txt")


def test_a_project_that_is_there_is_pointed_to_upgrade(project: Path):
    with pytest.raises(InputError, match="--upgrade"):
        check_new_folder(project)


# --- a later version ------------------------------------------------------------------------------------


def test_files_that_nobody_edited_are_replaced(project: Path, package: Path):
    (package / CONFIG).write_text("title: two\n", encoding="utf-8")
    (package / "assets/new.css").write_text("p {}\n", encoding="utf-8")
    (project / "docs/method.qmd").unlink()
    assert names(upgrade(project)) == {
        CONFIG: Change.UPDATED,
        "assets/new.css": Change.ADDED,
        "docs/method.qmd": Change.ADDED,
    }
    assert (project / CONFIG).read_text(encoding="utf-8") == "title: two\n"
    assert (project / "docs/method.qmd").read_text(encoding="utf-8") == "Method\n"
    assert upgrade(project) == []


def test_an_edited_file_is_kept_with_the_later_version_beside_it_and_said_once(project: Path, package: Path):
    (project / DEFAULTS).write_text("seed: 7\n", encoding="utf-8")
    assert upgrade(project) == [], "an edit alone is nothing to say"
    (package / DEFAULTS).write_text("seed: 1\nhorizon_days: 60\n", encoding="utf-8")
    [change] = upgrade(project)
    assert (change.name, change.change) == (DEFAULTS, Change.KEPT)
    assert {"-seed: 7", "+seed: 1", "+horizon_days: 60"} <= set(change.diff.splitlines())
    assert (project / DEFAULTS).read_text(encoding="utf-8") == "seed: 7\n"
    assert (project / f"{DEFAULTS}.new").read_text(encoding="utf-8") == "seed: 1\nhorizon_days: 60\n"
    assert upgrade(project) == []
    assert list_markets(project / "params") == ["gulf"]


def test_a_notebook_with_results_is_not_an_edited_one(project: Path, package: Path):
    write_notebook(project / NOTEBOOK, "open_page()", result="518 leads")
    assert upgrade(project) == []
    write_notebook(package / NOTEBOOK, "open_page('01')")
    assert names(upgrade(project)) == {NOTEBOOK: Change.UPDATED}
    assert (project / NOTEBOOK).read_bytes() == (package / NOTEBOOK).read_bytes()


def test_an_edited_notebook_is_shown_by_its_cells(project: Path, package: Path):
    write_notebook(project / NOTEBOOK, "open_page()\nmine", result="518 leads")
    write_notebook(package / NOTEBOOK, "open_page()\ntheirs")
    [change] = upgrade(project)
    assert change.change is Change.KEPT
    assert {" open_page()", "-mine", "+theirs"} <= set(change.diff.splitlines())
    assert "518" not in change.diff


def test_what_the_package_has_no_more_goes_unless_it_was_edited(project: Path, package: Path):
    (package / "docs/method.qmd").unlink()
    (package / NOTEBOOK).unlink()
    write_notebook(project / NOTEBOOK, "mine")
    assert names(upgrade(project)) == {"docs/method.qmd": Change.REMOVED, NOTEBOOK: Change.KEPT}
    assert not (project / "docs/method.qmd").exists()
    assert (project / NOTEBOOK).exists()


def test_markets_and_corrections_are_the_projects_own(project: Path, package: Path):
    (package / "params/gulf.yml").write_text("market: gulf\ntitle: The Gulf\n", encoding="utf-8")
    (package / "params/delta.yml").write_text("market: delta\ntitle: Delta\n", encoding="utf-8")
    (project / "params/_corrections.yml").unlink()
    assert upgrade(project) == []
    assert not (project / "params/delta.yml").exists() and not (project / "params/_corrections.yml").exists()
    assert (project / "params/gulf.yml").read_text(encoding="utf-8").endswith("title: Gulf\n")


def test_without_a_record_what_differs_counts_as_edited(project: Path, package: Path):
    (project / RECORD).unlink()
    (package / CONFIG).write_text("title: two\n", encoding="utf-8")
    assert names(upgrade(project)) == {CONFIG: Change.KEPT}
    assert set(json.loads((project / RECORD).read_text(encoding="utf-8"))["files"]) >= {CONFIG, NOTEBOOK}


def test_folders_that_can_not_be_upgraded(project: Path, package: Path, tmp_path: Path):
    with pytest.raises(ParameterError, match="is no project"):
        upgrade(tmp_path / "none")
    with pytest.raises(ParameterError, match="takes its files from this folder"):
        upgrade(package)
    (project / RECORD).write_text("[]", encoding="utf-8")
    with pytest.raises(ParameterError, match="not the record of a project"):
        upgrade(project)
