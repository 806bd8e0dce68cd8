"""One notebook: how it is executed, how it fails, and what is left of it on the page."""

import re
from pathlib import Path

import nbformat
import pytest
import yaml
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_raw_cell
from report.builders_report import make_project

from leadsmart.errors import NotebookError
from leadsmart.report.execution.execute import execute_notebook
from leadsmart.report.notebooks import NOTEBOOKS
from leadsmart.report.project.workspace import Workspace, open_workspace
from leadsmart.vocabulary import ALL_MARKETS

STEP = "02_insights"


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    root = make_project(tmp_path / "project")
    (root / "export").mkdir()
    return open_workspace(root=root, data=root / "export", environment={})


DONE = """
import os, pathlib
from leadsmart.report.provenance.records import Record, write_record
write_record(pathlib.Path(os.environ["LEADSMART_STAGE"]) / {folder}, "{step}", Record())
"""


def write_notebook(workspace: Workspace, *codes: str, step: str = STEP, is_finished: bool = True) -> None:
    folder = repr(ALL_MARKETS) if NOTEBOOKS[step].runs_once else "market"
    if is_finished:
        codes = (*codes, DONE.format(folder=folder, step=step))
    cells = [
        new_raw_cell("---\ntitle: Insights\ntoc: true\n---"),
        new_code_cell('market = "new-cairo"', metadata={"tags": ["parameters"]}),
        new_markdown_cell("## How far do leads get?\n\nText"),
        *(new_code_cell(code) for code in codes),
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = new_notebook(cells=cells, metadata={"kernelspec": kernel, "authors": ["somebody"]})
    nbformat.write(notebook, workspace.notebooks / f"{step}.ipynb")


def execute(workspace: Workspace, step: str = STEP, market: str = "gulf", **overrides: object) -> list[str]:
    return execute_notebook(step, market, workspace, overrides)


def read_published(workspace: Workspace, name: str = f"gulf/{STEP}") -> nbformat.NotebookNode:
    return nbformat.read(workspace.stage / f"{name}.ipynb", as_version=4)


def failure_of(workspace: Workspace, *codes: str, **overrides: object) -> NotebookError:
    write_notebook(workspace, *codes)
    with pytest.raises(NotebookError) as caught:
        execute(workspace, **overrides)
    assert not list(workspace.stage.rglob("*.ipynb")), "a half-executed notebook was left in the stage"
    return caught.value


def front_matter(notebook: nbformat.NotebookNode) -> dict:
    return yaml.safe_load(notebook.cells[0].source.strip().strip("-"))


def test_a_notebook_gets_its_market_and_is_fit_to_publish(workspace: Workspace):
    write_notebook(workspace, "import sys\nprint(market, seed)\nprint('careful', file=sys.stderr)")
    path = workspace.notebooks / f"{STEP}.ipynb"
    before, told = path.read_bytes(), []
    said = execute_notebook(
        STEP, "gulf", workspace, {"seed": 7}, lambda cell, cells, heading: told.append((cell, cells, heading))
    )
    first = (workspace.stage / "gulf" / f"{STEP}.ipynb").read_bytes()
    notebook = read_published(workspace)

    assert said == ["careful\n"], "what goes to the error stream is told, not published"
    assert [(o.name, o.text) for o in notebook.cells[-2].outputs] == [("stdout", "gulf 7\n")]
    assert told[-1] == (6, 6, "How far do leads get?")
    assert path.read_bytes() == before, "the notebook of the project is never written"

    assert front_matter(notebook) == {"title": "Gulf: insights", "toc": True}
    assert set(notebook.metadata) <= {"kernelspec", "language_info"}
    for cell in notebook.cells:
        assert set(cell.metadata) <= {"tags"}
    text = first.decode()
    assert "papermill" not in text and str(workspace.root) not in text
    assert not re.search(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}", text)

    execute(workspace, seed=7)
    assert (workspace.stage / "gulf" / f"{STEP}.ipynb").read_bytes() == first, "random ids or times are left"


def test_a_sample_is_named_in_the_title_and_a_page_for_all_has_its_own(workspace: Workspace):
    (workspace.data / "sample.json").write_text("{}", encoding="utf-8")
    write_notebook(workspace, "1")
    execute(workspace)
    assert front_matter(read_published(workspace))["title"] == "Gulf (sample data): insights"
    write_notebook(workspace, "market", step="overview")
    execute(workspace, "overview", ALL_MARKETS)
    assert front_matter(read_published(workspace, "overview"))["title"].startswith("All markets")


def test_a_foreign_error_is_shown_in_full_on_the_terminal_only(workspace: Workspace):
    error = failure_of(workspace, "a = 1", 'raise ValueError("lead Zebediah 0100 123 4567")')
    # front, parameters, injected parameters, heading, first code, this one
    assert "cell 6 (How far do leads get?)" in str(error)
    assert "ValueError: lead Zebediah 0100 123 4567" in str(error)
    assert str(error).startswith(f"{STEP}.ipynb: ")
    assert error.remedy.startswith(f"Open notebooks/{STEP}.ipynb in Jupyter")
    assert "ValueError" in error.public_problem and "cell 6" in error.public_problem
    assert "Zebediah" not in error.public_problem and "0100" not in error.public_problem


def test_an_error_of_ours_may_be_read_on_the_page(workspace: Workspace):
    error = failure_of(
        workspace,
        "from leadsmart.errors import InputError\nraise InputError('no leads', remedy='Add some', file='x.csv')",
    )
    assert "x.csv: no leads. Add some" in error.public_problem
    assert "Traceback" not in str(error)


def test_a_hanging_cell_ends_with_what_to_change(workspace: Workspace):
    error = failure_of(workspace, "import time\ntime.sleep(60)", cell_timeout=1)
    assert "longer than cell_timeout" in str(error) and "Raise cell_timeout" in error.remedy
    assert "cell 5 (How far do leads get?)" in str(error)


def test_a_kernel_that_dies_is_a_failed_notebook(workspace: Workspace):
    error = failure_of(workspace, "import os\nos._exit(3)")
    assert "kernel died" in str(error) and "kernel died" in error.public_problem
    assert "--jobs 1" in error.remedy


def test_a_notebook_that_does_not_say_that_it_is_done_has_failed(workspace: Workspace):
    write_notebook(workspace, "1 + 1", is_finished=False)
    with pytest.raises(NotebookError, match=r"Let its last cell call page\.finish\(\)"):
        execute(workspace)


@pytest.mark.parametrize(
    "text", ["", "{", '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}']
)
def test_a_file_that_is_no_notebook_of_ours_is_a_failed_notebook(workspace: Workspace, text: str):
    (workspace.notebooks / f"{STEP}.ipynb").write_text(text, encoding="utf-8")
    with pytest.raises(NotebookError, match="leadsmart init"):
        execute(workspace)
