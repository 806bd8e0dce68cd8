"""What notebooks have written counts only for the export, parameters and notebooks it was made from."""

from dataclasses import replace
from pathlib import Path

import pytest
from cleaning.builders_cleaning import make_delivery, make_tables, write_export
from report.builders_report import KEY, make_project

from leadsmart.report.notebooks import CLEANING, INSIGHTS, SUMMARY, Of
from leadsmart.report.project.export_slices import open_slices
from leadsmart.report.project.workspace import STAGE, Workspace, open_workspace
from leadsmart.report.provenance.freshness import Freshness
from leadsmart.report.provenance.records import Record, write_record
from leadsmart.report.provenance.result_store import ResultStore

MARKET = "new-cairo"


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    monkeypatch.setenv("LEADSMART_CONTACT_KEY", KEY)
    root = make_project(tmp_path / "project")
    write_export(root / "export", make_tables())
    return open_workspace(root=root, data=root / "export", environment={})


def open_results(workspace: Workspace, **overrides: object) -> Freshness:
    return Freshness(ResultStore(workspace, open_slices(workspace), overrides))


def publish(
    workspace: Workspace, notebook: str, market: str = MARKET, below: Path | None = None, **overrides: object
) -> Path:
    folder = (below or workspace.outputs) / market
    facts = open_results(workspace, **overrides).facts(notebook, market)
    write_record(folder, notebook, Record(facts))
    return folder


def test_nothing_is_found_before_anything_ran(workspace: Workspace):
    results = open_results(workspace)
    assert results.find(CLEANING, MARKET) is None
    assert results.markets(SUMMARY, Of.PUBLISHED) == []


def test_a_published_result_is_found_and_belongs_to_its_market_only(workspace: Workspace):
    folder = publish(workspace, CLEANING)
    results = open_results(workspace)
    assert results.find(CLEANING, MARKET) == folder
    assert results.find(CLEANING, "gulf") is None
    assert results.find(INSIGHTS, MARKET) is None


def test_what_was_explored_in_jupyter_is_found_before_what_is_published(workspace: Workspace):
    publish(workspace, CLEANING)
    staged = publish(workspace, CLEANING, below=workspace.stage)
    assert open_results(workspace).find(CLEANING, MARKET) == staged


def test_a_changed_export_makes_results_outdated(workspace: Workspace):
    publish(workspace, CLEANING)
    tables = make_tables()
    tables["ad_performance"].append(make_delivery("500", "3", spend="1"))
    write_export(workspace.data, tables)
    assert open_results(workspace).find(CLEANING, MARKET) is None


def test_a_changed_period_makes_insights_outdated_but_not_cleaning(workspace: Workspace):
    publish(workspace, CLEANING)
    publish(workspace, INSIGHTS)
    changed = open_results(workspace, period_start="2024-06-02")
    assert changed.find(CLEANING, MARKET) is not None
    assert changed.find(INSIGHTS, MARKET) is None


def test_a_report_for_some_users_never_takes_results_for_all(workspace: Workspace):
    for notebook in (CLEANING, SUMMARY):
        publish(workspace, notebook)
    for_one = open_results(workspace, user_ids=["10"])
    assert for_one.find(CLEANING, MARKET) is None
    assert for_one.markets(SUMMARY, Of.PUBLISHED) == []


def test_a_changed_notebook_makes_its_results_outdated(workspace: Workspace):
    publish(workspace, INSIGHTS)
    path = workspace.notebooks / "02_insights.ipynb"
    path.write_text(
        path.read_text(encoding="utf-8").replace("Where do we stand?", "Where?"), encoding="utf-8"
    )
    assert open_results(workspace).find(INSIGHTS, MARKET) is None


def test_a_market_run_with_a_changed_parameter_stays_in_the_overview(workspace: Workspace):
    publish(workspace, CLEANING)
    folder = publish(workspace, SUMMARY, period_start="2024-06-02")
    run = replace(workspace, stage=workspace.outputs / STAGE)
    results = open_results(run)
    assert results.why_outdated(SUMMARY, MARKET, folder)
    assert results.where(SUMMARY, MARKET) == folder
    assert results.markets(SUMMARY, Of.PUBLISHED) == [MARKET]


def test_as_of_is_the_last_day_of_the_data_unless_stated(workspace: Workspace):
    assert open_results(workspace).store.params(MARKET).as_of.isoformat() == "2024-06-08"
    stated = open_results(workspace, as_of="2024-06-04").store.params(MARKET)
    assert stated.as_of.isoformat() == "2024-06-04"


def test_the_title_says_when_the_export_is_a_sample(workspace: Workspace):
    assert open_results(workspace).store.params(MARKET).title == "New Cairo"
    (workspace.data / "sample.json").write_text("{}", encoding="utf-8")
    results = open_results(workspace)
    assert results.store.params(MARKET).title == "New Cairo (sample data)"
    assert results.store.params("unassigned").title == "Unassigned campaigns (sample data)"
