"""A market that fails does not stop the others, and nothing half-written is published."""

import contextlib
import io
import json
import shutil
from pathlib import Path
from typing import NamedTuple

import nbformat
import pytest
from cleaning.builders_cleaning import make_tables, write_export
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_raw_cell
from report.builders_report import KEY, make_project

from leadsmart.cli import main

#: The stubs write no ledgers; for some users only there is nothing to hold against the raw files.
USERS = ("--param", "user_ids=[10, 11, 12]")


class Said(NamedTuple):
    code: int
    stdout: str
    stderr: str


WRITE = """\
import json, os, pathlib
folder = pathlib.Path(os.environ["LEADSMART_STAGE"], market or "all-markets", "tables")
folder.mkdir(parents=True, exist_ok=True)
(folder / "{step}.csv").write_text("figures\\nof {run}\\n")
from leadsmart.report.project.files import sha256_of
from leadsmart.report.provenance.records import Record, write_record
outputs = {{"tables/{step}.csv": sha256_of(folder / "{step}.csv")}}
write_record(folder.parent, "{step}", Record(outputs=outputs))
"""
SUMMARY = (
    'dict(leads=3, cpql=None, currency="EGP", findings_supported=0, findings=5, model_verdict="Not ready")'
)
FAIL = 'if market == "new-cairo":\n    raise ValueError("it was " + "nebuchadnezzar".title())'


def write_notebooks(root: Path, run: str, *, failing: bool) -> None:
    """Notebooks of two cells that write a file each; with `failing`, 02 fails for new-cairo."""
    for path in (root / "notebooks").glob("*.ipynb"):
        step = path.stem
        market = "None" if step in ("pooled_model", "overview") else '"new-cairo"'
        codes = [WRITE.format(step=step, run=run)]
        if step == "04_summary":
            codes.append(f'(folder.parent / "summary.json").write_text(json.dumps({SUMMARY}))')
        if failing and step == "02_insights":
            codes.append(FAIL)
        cells = [
            new_raw_cell(f"---\ntitle: {step}\n---"),
            new_code_cell(f"market = {market}", metadata={"tags": ["parameters"]}),
            new_markdown_cell(f"## Where do we stand?\n\nText of {run}"),
            *map(new_code_cell, codes),
        ]
        kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
        nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": kernel}), path)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = make_project(tmp_path_factory.mktemp("failing") / "project")
    write_export(root / "export", make_tables())
    return root


def run_here(root: Path, *arguments: str) -> Said:
    """The command in this process: starting it anew would cost more than these notebooks do."""
    out, err, code = io.StringIO(), io.StringIO(), 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LEADSMART_ROOT", str(root))
        patch.setenv("LEADSMART_CONTACT_KEY", KEY)
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                main(["run", "--renderer", "embedded", *USERS, *arguments])
            except SystemExit as end:
                code = int(end.code or 0)
    return Said(code, out.getvalue(), err.getvalue())


@pytest.fixture(scope="module")
def runs(project: Path) -> tuple[Said, Said, Said]:
    """A run in which new-cairo fails, a good one, and one in which it fails again."""
    write_notebooks(project, "October", failing=True)
    first = run_here(project, "--data", str(project / "export"))
    shutil.copytree(project / "outputs" / "site", project / "first-site")
    write_notebooks(project, "November", failing=False)
    good = run_here(project)
    write_notebooks(project, "December", failing=True)
    return first, good, run_here(project)


def page(project: Path, market: str) -> str:
    return (project / "outputs" / "site" / "outputs" / market / "04_summary.html").read_text(encoding="utf-8")


def test_the_exit_code_says_whether_a_market_failed(runs):
    assert [said.code for said in runs] == [1, 0, 1], runs


def test_the_terminal_names_market_notebook_cell_message_and_remedy(runs):
    *_, last = runs
    (line,) = [line for line in last.stdout.splitlines() if "FAILED in" in line]
    assert line.startswith("new-cairo: FAILED in 02_insights.ipynb: cell 6 (Where do we stand?): ValueError")
    assert "it was Nebuchadnezzar" in line and "Open notebooks/02_insights.ipynb in Jupyter" in line
    assert "Traceback" not in last.stdout + last.stderr


def test_the_other_market_is_run_and_published(project: Path, runs):
    assert "Text of December" in page(project, "gulf")
    assert "The last run of" not in page(project, "gulf")
    assert (
        project / "outputs" / "gulf" / "tables" / "02_insights.csv"
    ).read_text() == "figures\nof December\n"


def test_a_market_that_never_ran_has_a_page_that_says_it_failed(project: Path, runs):
    text = (project / "first-site/outputs/new-cairo/04_summary.html").read_text(encoding="utf-8")
    assert "The last run of New Cairo failed" in text
    assert "the run before" not in text


def test_earlier_results_stay_and_the_page_says_that_they_are(project: Path, runs):
    text = page(project, "new-cairo")
    assert "The last run of New Cairo failed" in text and "cell 6" in text
    assert "What follows is from the run before." in text
    assert "Text of November" in text and "Text of December" not in text


def test_half_written_files_are_not_published(project: Path, runs):
    tables = project / "outputs" / "new-cairo" / "tables"
    assert {path.read_text() for path in tables.glob("*.csv")} == {"figures\nof November\n"}


def test_the_text_of_the_error_is_on_no_page_and_in_no_file(project: Path, runs):
    for path in (project / "outputs").rglob("*"):
        if path.is_file():
            assert b"Nebuchadnezzar" not in path.read_bytes(), path


def test_the_run_records_who_failed(project: Path, runs):
    facts = json.loads((project / "outputs" / "run.json").read_text(encoding="utf-8"))
    assert facts["markets"] == {"gulf": "ok", "new-cairo": "failed"}
    for expected in facts["expected_pages"]:
        assert (project / "outputs" / "site" / expected).is_file()


def test_a_market_that_works_again_loses_its_failure(runs):
    _, good, _ = runs
    assert "FAILED" not in good.stdout
