"""The declarations of the notebooks: one writer per file, an order that follows from reads, nothing undeclared."""

import json
import re
from dataclasses import replace
from fnmatch import fnmatchcase
from itertools import combinations
from pathlib import Path

import pytest
from cleaning.builders_cleaning import make_tables, write_export
from report.builders_report import KEY, ROOT, Built, make_project

from leadsmart.errors import NotebookError
from leadsmart.report.execution.schedule import TaskId, plan
from leadsmart.report.notebook.page import Page, open_page
from leadsmart.report.notebooks import (
    CLASSIFICATION,
    CLEANING,
    EXPLORE,
    INSIGHTS,
    NOTEBOOKS,
    OVERVIEW,
    POOLED,
    SUMMARY,
    Notebook,
    Of,
    Reads,
    RunInput,
    in_run_order,
)
from leadsmart.report.project.export_slices import open_slices
from leadsmart.report.project.workspace import open_workspace
from leadsmart.report.provenance.freshness import Freshness
from leadsmart.report.provenance.result_store import ResultStore

FILES = sorted((ROOT / "notebooks").glob("*.ipynb"))


def read_code(path: Path) -> str:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")


# --- the declarations -----------------------------------------------------------------------------------


def test_every_notebook_is_declared_and_every_declaration_has_one():
    assert {path.stem for path in FILES} == set(NOTEBOOKS)
    for path in FILES:
        assert re.findall(r'open_page\("(\w+)"', read_code(path)) == [path.stem]


def may_be_one_file(one: str, other: str) -> bool:
    """Whether two patterns may stand for the same file, told by what is before the first star."""
    if "*" in one and "*" in other:
        starts = one.partition("*")[0], other.partition("*")[0]
        return starts[0].startswith(starts[1]) or starts[1].startswith(starts[0])
    return fnmatchcase(one, other) or fnmatchcase(other, one)


@pytest.mark.parametrize("once", [False, True])
def test_no_path_is_declared_by_two_writers(once: bool):
    declared = [(n, pattern) for n in NOTEBOOKS.values() if n.runs_once is once for pattern in n.writes]
    twice = [
        (one, other)
        for (writer, one), (second, other) in combinations(declared, 2)
        if writer is not second and may_be_one_file(one, other)
    ]
    assert twice == []


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("tables/findings.csv", "tables/finding_*.csv", False),
        ("tables/finding_x.csv", "tables/finding_*.csv", True),
        ("tables/*_x.csv", "tables/finding_*.csv", True),
        ("model/*.skops", "tables/*.csv", False),
    ],
)
def test_patterns_that_may_meet_are_seen(one: str, other: str, same: bool):
    assert may_be_one_file(one, other) is same


def test_whatever_is_read_is_written():
    for notebook in NOTEBOOKS.values():
        for source in notebook.sources:
            writes = NOTEBOOKS[source.notebook].writes
            assert [f for f in source.files if not any(fnmatchcase(f, pattern) for pattern in writes)] == []


def test_a_run_writes_every_path_once_and_only_what_is_declared(built: Built):
    for folder in (f for f in built.outputs.iterdir() if (f / ".records").is_dir()):
        writers: dict[str, list[str]] = {}
        for path in (folder / ".records").glob("*.json"):
            for name in (
                json.loads(path.read_text(encoding="utf-8"))["outputs"] if path.stem != "site" else ()
            ):
                writers.setdefault(name, []).append(path.stem)
        assert writers, folder
        for name, (writer, *more) in writers.items():
            assert more == [], name
            assert name == NOTEBOOKS[writer].copy or NOTEBOOKS[writer].may_write(name), name
        present = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
        rest = {name for name in present - writers.keys() if not name.startswith(".records/")}
        assert rest <= {"run.json"}, "nothing else lies there"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_files_that_a_notebook_names_are_declared(path: Path):
    notebook, code = NOTEBOOKS[path.stem], read_code(path)
    for kind in ("read_json", "read_json_of_all"):
        for other, name in re.findall(rf'page\.{kind}\("(\w+)", "([^"]+)"', code):
            assert any(
                s.notebook == other and fnmatchcase(name, f) for s in notebook.sources for f in s.files
            )
    for name in re.findall(r'page\.new_path\("([^"]+)"|page\.write_json\([^"\n]*"([^"]+)"\)', code):
        assert notebook.may_write("".join(name)), name


# --- the order of a run ---------------------------------------------------------------------------------


def test_the_order_follows_from_what_is_read():
    order = [notebook.name for notebook in in_run_order(NOTEBOOKS.values())]
    assert order == [CLEANING, INSIGHTS, POOLED, EXPLORE, CLASSIFICATION, SUMMARY, OVERVIEW]


def test_a_new_notebook_takes_its_place():
    new = Notebook("06_calls", "Calls", reads=(Reads(CLASSIFICATION, ("scored_leads.csv",)),), writes=())
    order = [notebook.name for notebook in in_run_order((new, *NOTEBOOKS.values()))]
    assert order.index(CLASSIFICATION) < order.index("06_calls") < order.index(OVERVIEW)


def test_a_notebook_waits_for_those_whose_files_it_reads_and_no_others():
    waits = plan(["gulf", "red-sea"], ["new-cairo"])
    assert waits[TaskId("gulf", INSIGHTS)] == {("gulf", CLEANING)}
    assert waits[TaskId("gulf", CLASSIFICATION)] == {("gulf", CLEANING), ("all-markets", POOLED)}
    every = {(market, CLEANING) for market in ("gulf", "red-sea", "new-cairo")}
    assert waits[TaskId("all-markets", POOLED)] == every, "of the others it needs the clean tables"
    assert {notebook for market, notebook in waits if market in ("new-cairo", "unassigned")} == {CLEANING}
    assert waits[TaskId("all-markets", OVERVIEW)] == waits.keys() - {("all-markets", OVERVIEW)}
    assert [*waits][-1] == ("all-markets", OVERVIEW)


def test_it_is_an_order_in_which_they_can_run():
    ended: set[TaskId] = set()
    for task, needs in plan(["gulf", "red-sea"], []).items():
        assert needs <= ended
        ended.add(task)


# --- what is not declared -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def freshness(tmp_path_factory: pytest.TempPathFactory) -> Freshness:
    root = make_project(tmp_path_factory.mktemp("declared") / "project")
    write_export(root / "export", make_tables())
    workspace = open_workspace(root=root, data=root / "export", environment={})
    run = replace(workspace, stage=workspace.outputs / ".staging")
    return Freshness(ResultStore(run, open_slices(workspace), {}))


def page_of(name: str, freshness: Freshness) -> Page:
    once = NOTEBOOKS[name].runs_once
    return Page(NOTEBOOKS[name], freshness.store.params("all-markets" if once else "gulf"), freshness)


def test_writing_what_is_not_declared_names_notebook_path_and_remedy(freshness: Freshness):
    page = page_of(EXPLORE, freshness)
    with pytest.raises(NotebookError) as caught:
        page.write_json({}, "summary.json")
    assert str(caught.value) == (
        "05_explore.ipynb: it writes summary.json, which its declaration does not name. "
        "Add it to `writes` of 05_explore in leadsmart/report/notebooks.py, or leave it."
    )
    assert page.written == set() and not page.folder.exists()


@pytest.mark.parametrize(
    ("name", "read", "what"),
    [
        (
            INSIGHTS,
            lambda p: p.read_json(CLASSIFICATION, "model/card.json"),
            "03_classification: model/card.json",
        ),
        (INSIGHTS, lambda p: p.read_json(CLEANING, "ledger.csv"), "01_cleaning: ledger.csv"),
        (INSIGHTS, lambda p: p.read_tables("red-sea"), "01_cleaning: clean/campaigns.parquet (red-sea)"),
        (INSIGHTS, lambda p: p.read_json("09_nothing", "x.json"), "09_nothing: x.json"),
        (INSIGHTS, lambda p: p.markets(CLEANING), "01_cleaning of all markets"),
        (INSIGHTS, lambda p: p.failures(), "the failures"),
        (SUMMARY, lambda p: p.slices, "the rows of the market"),
        (POOLED, lambda p: p.inputs_table(), "the files of the export"),
        (POOLED, lambda p: p.notes_table(), "the files of the export"),
        (OVERVIEW, lambda p: p.read_tables("gulf"), "01_cleaning: clean/campaigns.parquet (gulf)"),
    ],
)
def test_reading_what_is_not_declared_names_it(freshness: Freshness, name: str, read, what: str):
    page = page_of(name, freshness)
    with pytest.raises(NotebookError) as caught:
        read(page)
    assert f"{name}.ipynb: it reads {what}" in str(caught.value)
    assert f"`reads` of {name}" in caught.value.remedy
    assert page.reads == {}


def test_what_is_declared_is_looked_for(freshness: Freshness):
    with pytest.raises(Exception, match="01_cleaning has no result for gulf"):
        page_of(INSIGHTS, freshness).read_tables()


def test_a_notebook_that_is_not_declared_says_where_to(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("LEADSMART_CONTACT_KEY", KEY)
    with pytest.raises(
        NotebookError, match=r"06_calls\.ipynb: it is not declared\. Declare it in leadsmart/rep"
    ):
        open_page("06_calls", {})


def test_inputs_that_no_notebook_writes_are_declared_like_files():
    assert [n.name for n in NOTEBOOKS.values() if RunInput.MARKET_ROWS in n.reads] == [CLEANING]
    assert [n.name for n in NOTEBOOKS.values() if n.runs_last] == [OVERVIEW]
    assert {s.of for s in NOTEBOOKS[OVERVIEW].sources} == {Of.PUBLISHED, Of.UNASSIGNED}
