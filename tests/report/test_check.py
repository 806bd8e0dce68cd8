"""All that is wrong is said at once, before any kernel starts."""

from pathlib import Path

import pytest
from cleaning.builders_cleaning import make_tables, write_export
from report.builders_report import make_project

from leadsmart.errors import InputProblems
from leadsmart.report.check import check_inputs, describe_export
from leadsmart.report.project.workspace import Workspace, open_workspace
from leadsmart.report.provenance.result_store import ResultStore


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    root = make_project(tmp_path / "project")
    write_export(root / "export", make_tables())
    return open_workspace(root=root, data=root / "export", environment={})


def problems_of(workspace: Workspace, *markets: str, **overrides: object) -> list[str]:
    with pytest.raises(InputProblems) as caught:
        check_inputs(workspace, markets, overrides)
    return [str(problem) for problem in caught.value.problems]


def test_a_good_project_is_split_by_market(workspace: Workspace):
    slices, markets = check_inputs(workspace, [], {})
    assert markets == ["gulf", "new-cairo"]
    assert slices.markets == {"gulf": 1, "new-cairo": 2, "unassigned": 1}


def test_everything_wrong_is_said_at_once(workspace: Workspace):
    with (workspace.params_dir / "gulf.yml").open("a", encoding="utf-8") as file:
        file.write("minimum_lead: 3\ntimezone: Cairo\n")
    (workspace.data / "insights.csv").unlink()
    leads = workspace.data / "campaign_leads.csv"
    leads.write_text(leads.read_text(encoding="utf-8").replace("lead_status", "stage"), encoding="utf-8")
    said = problems_of(workspace)
    assert len(said) == 4
    for part in ("minimum_lead", "timezone", "insights", "lead_status"):
        assert sum(part in line for line in said) >= 1, part


def test_an_unknown_parameter_comes_with_the_nearest_name(workspace: Workspace):
    (said,) = problems_of(workspace, perod_start="2024-06-01")
    assert "perod_start" in said and "Did you mean period_start?" in said


def test_an_unknown_market_comes_with_the_nearest_name(workspace: Workspace):
    (said,) = problems_of(workspace, "new-cario")
    assert "Did you mean new-cairo?" in said


def test_a_wrong_override_is_said_once_however_many_markets(workspace: Workspace):
    assert len(problems_of(workspace, horizon_days="soon")) == 1


def write_only_projects_of(workspace: Workspace, *markets: str) -> None:
    tables = make_tables()
    for row in tables["project_markets"]:
        row["market"] = row["market"] if row["market"] in markets else "elsewhere"
    write_export(workspace.data, tables)


def test_a_quiet_market_is_named_and_the_others_run(workspace: Workspace):
    write_only_projects_of(workspace, "new-cairo")
    slices, markets = check_inputs(workspace, [], {})
    assert markets == ["new-cairo"]
    said = describe_export(workspace, slices, markets, {})
    assert [line for line in said if "No data in this export: gulf" in line and "project_markets.csv" in line]


def test_a_quiet_market_that_is_asked_for_is_an_error_with_what_to_do(workspace: Workspace):
    write_only_projects_of(workspace, "new-cairo")
    (said,) = problems_of(workspace, "new-cairo", "gulf")
    assert said.startswith("export: gulf has no campaigns")
    assert "project_markets.csv" in said and "params/gulf.yml" in said


def test_only_quiet_markets_are_an_error(workspace: Workspace):
    write_only_projects_of(workspace, "elsewhere")
    assert [said.partition(" has")[0] for said in problems_of(workspace)] == [
        "export: gulf",
        "export: new-cairo",
    ]


def test_quiet_markets_reach_the_first_page_with_their_titles(workspace: Workspace):
    write_only_projects_of(workspace, "new-cairo")
    slices, _ = check_inputs(workspace, [], {})
    assert ResultStore(workspace, slices, {}).quiet == {"gulf": "Gulf"}


def test_a_report_for_some_users_is_about_the_markets_where_they_advertise(workspace: Workspace):
    _, markets = check_inputs(workspace, [], {"user_ids": ["12"]})
    assert markets == ["gulf"]
    (said,) = problems_of(workspace, "new-cairo", user_ids=["12"])
    assert "new-cairo has no campaigns of the business users in user_ids" in said


def test_users_who_advertise_nowhere_are_a_problem_in_every_market(workspace: Workspace):
    assert len(problems_of(workspace, user_ids=["99"])) == 2


def test_a_project_without_markets_says_so(workspace: Workspace):
    for path in workspace.params_dir.glob("[!_]*.yml"):
        path.unlink()
    assert problems_of(workspace)[0].startswith("params: no market has a file")


CORRECTION = """
- table: ad_performance
  match: {ad_set_id: "no such"}
  change: {spend: 3.5}
  reason: booked tenfold, says the agency
  expected: 1
"""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (CORRECTION, "the source was fixed"),
        (CORRECTION.replace("reason", "because"), "reason: Field required"),
    ],
)
def test_corrections_are_held_against_the_whole_export(workspace: Workspace, text: str, said: str):
    (workspace.params_dir / "_corrections.yml").write_text(text, encoding="utf-8")
    (problem,) = problems_of(workspace, "gulf")
    assert said in problem
    assert "_corrections.yml" in problem
