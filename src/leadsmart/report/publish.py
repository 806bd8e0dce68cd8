"""From the stage to the published folders: whole results move into place, failures are said on a page."""

import json
import shutil
from pathlib import Path

import nbformat
from nbformat.v4 import new_markdown_cell, new_notebook, new_raw_cell

from leadsmart.display.cards import callout
from leadsmart.errors import NotebookError
from leadsmart.report.steps import PAGE_TITLES, SUMMARY
from leadsmart.report.workspace import STAGE

FAILURE_FILE = "failure.json"


def start_stage(outputs: Path) -> Path:
    """An empty stage in `outputs`; what an interrupted run left there is removed."""
    stage = outputs / STAGE
    if stage.exists():
        shutil.rmtree(stage)
    stage.mkdir(parents=True)
    return stage


def note_failure(stage: Path, market: str, title: str, step: str, error: NotebookError) -> None:
    """Write down that a market failed, for its page and for the overview, and drop its half-written files."""
    folder = stage / market
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    facts = {
        "market": market,
        "title": title,
        "notebook": step,
        "problem": error.public_problem,
        "remedy": error.remedy,
    }
    (folder / FAILURE_FILE).write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")


def publish_folder(staged: Path, published: Path) -> None:
    """Put a complete staged folder in the place of the published one."""
    previous = staged.with_name(f"{staged.name}.previous")
    if published.exists():
        published.rename(previous)
    published.parent.mkdir(parents=True, exist_ok=True)
    staged.rename(published)
    if previous.exists():
        shutil.rmtree(previous)


def publish_failure(staged: Path, published: Path, page: Path | None = None) -> None:
    """Say on a market's first page (or on `page`) that its run failed. Results of an earlier run stay, and are
    called that.
    """
    facts = json.loads((staged / FAILURE_FILE).read_text(encoding="utf-8"))
    published.mkdir(parents=True, exist_ok=True)
    page = page or published / f"{SUMMARY}.ipynb"
    text = f"{PAGE_TITLES[facts['notebook']]}: {facts['problem']}. {facts['remedy']}."
    if page.exists():
        notebook = nbformat.read(page, as_version=4)
        notebook.cells = [cell for cell in notebook.cells if cell.id != "failure"]
        # the page of a market that only ever failed holds nothing but its title
        if len(notebook.cells) > 1:
            text += " What follows is from the run before."
    else:
        front = new_raw_cell(f"---\ntitle: {json.dumps(facts['title'])}\n---", id="front")
        notebook = new_notebook(cells=[front])
    box = callout("important", f"The last run of {facts['title']} failed", text)
    notebook.cells.insert(1, new_markdown_cell(f"```{{=html}}\n{box._repr_html_()}\n```", id="failure"))
    nbformat.write(notebook, page)
    shutil.copyfile(staged / FAILURE_FILE, published / FAILURE_FILE)
