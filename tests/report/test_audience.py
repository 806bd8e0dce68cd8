"""A report for a client is never mixed with others' figures, neither in one site nor in one folder."""

import json
from pathlib import Path

import pytest
from report.builders_report import make_project

from leadsmart.errors import ParameterError
from leadsmart.params import load_params
from leadsmart.report.project.audience import audience_note, find_mixed_audiences
from leadsmart.report.project.workspace import Workspace, open_workspace

CLIENT = {"audience": "client", "user_ids": [203, 466]}


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    root = make_project(tmp_path / "project")
    return open_workspace(root=root, data=root, environment={})


def publish(workspace: Workspace, **parameters: object) -> None:
    folder = workspace.outputs / "gulf"
    folder.mkdir(parents=True)
    (folder / "run.json").write_text(json.dumps({"parameters": parameters}), encoding="utf-8")


def said(workspace: Workspace, overrides: dict) -> list[str]:
    return [str(problem) for problem in find_mixed_audiences(workspace, overrides)]


def test_a_client_needs_users(workspace: Workspace):
    with pytest.raises(ParameterError, match="audience client needs user_ids; name the customer's") as error:
        load_params("gulf", workspace.params_dir, {"audience": "client"})
    assert error.value.remedy


def test_one_audience_for_all_is_fine(workspace: Workspace):
    assert said(workspace, {}) == said(workspace, CLIENT) == said(workspace, {"user_ids": [203]}) == []


def test_a_market_for_a_client_among_internal_ones_is_refused(workspace: Workspace):
    path = workspace.params_dir / "gulf.yml"
    path.write_text(
        path.read_text(encoding="utf-8") + "audience: client\nuser_ids: [203]\n", encoding="utf-8"
    )
    (problem,) = said(workspace, {})
    assert "same audience and user_ids for all markets" in problem and "--param" in problem


@pytest.mark.parametrize(
    ("published", "overrides", "is_refused"),
    [
        ({"audience": "internal", "user_ids": None}, CLIENT, True),
        ({"user_ids": ["203", "466"]}, CLIENT, True),
        ({"audience": "client", "user_ids": ["203"]}, CLIENT, True),
        ({"audience": "client", "user_ids": ["203"]}, {}, True),
        ({"audience": "client", "user_ids": ["466", "203"]}, CLIENT, False),
        ({"audience": "internal", "user_ids": ["203"]}, {}, False),
        ({}, {}, False),
    ],
)
def test_a_folder_holds_reports_for_one_audience(workspace: Workspace, published, overrides, is_refused):
    publish(workspace, **published)
    problems = said(workspace, overrides)
    assert bool(problems) is is_refused
    assert not is_refused or "--outputs" in problems[0]


def test_a_client_reads_whom_the_report_is_for(workspace: Workspace):
    client = load_params("gulf", workspace.params_dir, CLIENT)
    assert audience_note(client).startswith("Made for business users 203, 466: everything here")
    assert audience_note(load_params("gulf", workspace.params_dir)) == ""
