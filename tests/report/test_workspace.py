"""Where things are: what is passed, what the environment says, what is found."""

import json
from pathlib import Path

import pytest

from leadsmart.errors import InputError, ParameterError
from leadsmart.report.project import workspace as module
from leadsmart.report.project.workspace import find_root, open_workspace


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    (folder / "params").mkdir(parents=True)
    (folder / "notebooks").mkdir()
    (folder / "_quarto.yml").touch()
    (folder / "params" / "_defaults.yml").touch()
    (folder / "data" / "sample").mkdir(parents=True)
    return folder


def record_run(root: Path, data: str) -> None:
    (root / ".leadsmart").mkdir(exist_ok=True)
    (root / ".leadsmart" / "exports.json").write_text(json.dumps({"outputs": data}), encoding="utf-8")


def test_the_project_is_found_from_a_folder_inside(root: Path):
    assert find_root(root) == root
    assert find_root(root / "notebooks") == root


def test_no_project_is_one_clear_error(tmp_path: Path):
    with pytest.raises(ParameterError, match=r"no project here.*set LEADSMART_ROOT"):
        find_root(tmp_path)


def test_half_a_project_is_none(root: Path):
    (root / "params" / "_defaults.yml").unlink()
    with pytest.raises(ParameterError, match=r"params/_defaults\.yml"):
        find_root(root)


def test_what_is_not_said_is_found_in_the_project(root: Path):
    workspace = open_workspace(root=root, environment={})
    assert workspace.data == root / "data" / "sample"
    assert workspace.params_dir == root / "params"
    assert workspace.outputs == root / "outputs"
    assert workspace.notebooks == root / "notebooks"
    assert not workspace.in_run


def test_private_folders_lie_outside_what_is_published(root: Path):
    workspace = open_workspace(root=root, environment={})
    for folder in (workspace.cache, workspace.stage):
        assert not folder.is_relative_to(workspace.outputs)


def test_what_is_passed_wins_over_the_environment_and_this_over_the_last_run(root: Path, tmp_path: Path):
    record_run(root, "data/december")
    (root / "data" / "december").mkdir()
    environment = {"LEADSMART_DATA": str(tmp_path / "said"), "LEADSMART_OUTPUTS": str(tmp_path / "there")}
    assert open_workspace(root=root, environment={}).data == root / "data" / "december"
    workspace = open_workspace(root=root, environment=environment | {"LEADSMART_OUTPUTS": ""})
    assert workspace.data == tmp_path / "said"
    workspace = open_workspace(root=root, environment=environment)
    assert workspace.outputs == tmp_path / "there"
    workspace = open_workspace(root=root, data=tmp_path / "passed", environment=environment)
    assert workspace.data == tmp_path / "passed"


def test_the_environment_names_the_project(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    assert open_workspace(environment={"LEADSMART_ROOT": str(root)}).root == root


def test_a_kernel_that_gets_the_environment_finds_the_same_folders(root: Path, tmp_path: Path):
    workspace = open_workspace(root=root, outputs=tmp_path / "elsewhere", environment={})
    assert open_workspace(environment=workspace.environment()) == workspace


def test_the_last_runs_export_that_is_gone_gives_way_to_the_sample(root: Path):
    record_run(root, "data/gone")
    assert open_workspace(root=root, environment={}).data == root / "data" / "sample"


def test_a_broken_note_of_the_last_exports_is_one_clear_error(root: Path):
    record_run(root, "x")
    (root / ".leadsmart" / "exports.json").write_text("{", encoding="utf-8")
    with pytest.raises(InputError, match=r"\.leadsmart/exports\.json: not valid JSON\. Delete it"):
        open_workspace(root=root, environment={})


def test_a_missing_sample_is_made_and_one_that_is_there_stays(root: Path, monkeypatch: pytest.MonkeyPatch):
    made = []
    monkeypatch.setattr(module, "make_sample", made.append)
    open_workspace(root=root, environment={})
    assert made == []
    (root / "data" / "sample").rmdir()
    open_workspace(root=root, environment={})
    assert made == [root / "data" / "sample"]


def test_an_export_that_is_missing_is_never_replaced_by_a_sample(root: Path, tmp_path: Path):
    missing = tmp_path / "missing"
    assert open_workspace(root=root, data=missing, environment={}).data == missing
    assert not missing.exists()


def test_the_export_is_written_down_as_seen_from_the_project(root: Path, tmp_path: Path):
    assert open_workspace(root=root, environment={}).relative_data() == "data/sample"
    assert open_workspace(root=root, data=tmp_path / "x", environment={}).relative_data() == "../x"


def test_pages_and_records_never_show_what_lies_above_the_project(root: Path, tmp_path: Path):
    assert open_workspace(root=root, environment={}).shown_data() == "data/sample"
    assert open_workspace(root=root, data=tmp_path / "ali" / "x", environment={}).shown_data() == "x"
    assert open_workspace(root=root, data=root / ".." / "ali" / "x", environment={}).shown_data() == "x"
    (tmp_path / "ali" / "x").mkdir(parents=True)
    record_run(root, "../ali/x")
    assert open_workspace(root=root, environment={}).shown_data() == "x", "that of the last run, too"


def test_which_export_was_run_is_remembered_per_outputs_and_privately(root: Path, tmp_path: Path):
    (tmp_path / "december").mkdir()
    open_workspace(root=root, data=tmp_path / "december", environment={}).record_export()
    assert open_workspace(root=root, environment={}).data == tmp_path / "december"
    elsewhere = open_workspace(root=root, outputs=tmp_path / "elsewhere", environment={})
    assert elsewhere.data == root / "data" / "sample"
    assert not (root / "outputs").exists()
