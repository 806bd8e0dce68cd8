"""From the stage to the published folders: whole results move into place, failures are said on a page.

Killed between any two lines, a run leaves published folders that are whole, or set aside in the stage, where the
next command finds them.
"""

import contextlib
import json
import shutil
from collections.abc import Sequence
from pathlib import Path

from leadsmart.errors import NotebookError, RunningError
from leadsmart.report.notebooks import NOTEBOOKS, SUMMARY
from leadsmart.report.project.files import read_json, remove_partial, sha256_of, write_atomically
from leadsmart.report.project.lock import locked
from leadsmart.report.project.workspace import RUN_FILE, STAGE
from leadsmart.report.provenance.result_store import FAILURE_FILE

#: What a folder is called while the new one takes its place.
_PREVIOUS = ".previous"
#: What the folder of a failed market is called in the stage, with its earlier results.
_FAILED = ".failed"


def recover(outputs: Path) -> None:
    """Finish or take back what a command was killed at while it put a folder into place.

    Parameters
    ----------
    outputs : Path
        Nobody else may be at work there, see `locked`.
    """
    remove_partial(outputs)
    for previous in sorted((outputs / STAGE).glob(f"*{_PREVIOUS}")):
        _settle(previous, outputs / previous.name.removesuffix(_PREVIOUS))


def recover_if_idle(outputs: Path) -> None:
    """Do what `recover` does unless another command is at work, so that readers too find whole folders."""
    if any((outputs / STAGE).glob(f"*{_PREVIOUS}")):
        with contextlib.suppress(RunningError), locked(outputs):
            recover(outputs)


def _settle(previous: Path, published: Path) -> None:
    """What was set aside comes back, or goes where something whole has taken its place."""
    if published.exists():
        shutil.rmtree(previous, ignore_errors=True)
    elif previous.exists():
        previous.rename(published)


def is_interrupted(outputs: Path) -> bool:
    """Whether a run ended here before everything was published."""
    return (outputs / STAGE).is_dir()


def start_stage(outputs: Path) -> Path:
    """An empty stage in `outputs`; what an interrupted run left there is put back or removed."""
    recover(outputs)
    stage = outputs / STAGE
    if stage.exists():
        shutil.rmtree(stage)
    stage.mkdir(parents=True)
    return stage


def remove_stage(outputs: Path) -> None:
    """Remove the stage: everything is published, nothing was interrupted."""
    shutil.rmtree(outputs / STAGE, ignore_errors=True)


def prepare_folder(staged: Path, published: Path, beside: Sequence[str] = ()) -> None:
    """Begin a folder in the stage with what is published, so that what is up to date need not be made again.

    Parameters
    ----------
    staged, published : Path
    beside : sequence of str
        Files that lie beside the published folder and belong to it.
    """
    if staged.exists():
        return
    if published.exists():
        # aside first: a notebook for all markets, at work meanwhile, reads a whole folder, this one or the published one
        aside = staged.with_name(f".{staged.name}")
        shutil.copytree(published, aside, ignore=shutil.ignore_patterns(FAILURE_FILE))
        aside.rename(staged)
    else:
        staged.mkdir(parents=True)
    for name in beside:
        if (published.parent / name).is_file():
            shutil.copyfile(published.parent / name, staged.parent / name)


def record_failure(stage: Path, market: str, title: str, notebook: str, error: NotebookError) -> None:
    """Write down that a market failed, for its page and for the overview, and drop its half-written files."""
    folder = stage / market
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    facts = {
        "market": market,
        "title": title,
        "notebook": notebook,
        "problem": error.public_problem,
        "remedy": error.remedy,
    }
    (folder / FAILURE_FILE).write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")


def publish_folder(staged: Path, published: Path) -> None:
    """Put a complete staged folder in the place of the published one."""
    previous = published.parent / STAGE / f"{published.name}{_PREVIOUS}"
    previous.parent.mkdir(parents=True, exist_ok=True)
    _settle(previous, published)
    if published.exists():
        published.rename(previous)
    staged.rename(published)
    if previous.exists():
        shutil.rmtree(previous)


def publish_failure(staged: Path, published: Path, page: Path | None = None) -> None:
    """Say on a market's first page (or on `page`, outside its folder) that its run failed.

    Results of an earlier run stay, and are called that.
    """
    from leadsmart.display.cards import callout
    from leadsmart.report.project.notebook_format import (
        nbformat,
        new_markdown_cell,
        new_notebook,
        new_raw_cell,
    )

    facts = read_json(staged / FAILURE_FILE)
    # a copy takes the place of what is published, as a whole
    whole = staged.with_name(f"{staged.name}{_FAILED}")
    prepare_folder(whole, published)
    is_inside = page is None
    page = page or whole / f"{SUMMARY}.ipynb"
    text = f"{NOTEBOOKS[facts['notebook']].title}: {facts['problem']}. {facts['remedy']}."
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
    write_atomically(page, nbformat.writes(notebook) + "\n")
    shutil.copyfile(staged / FAILURE_FILE, whole / FAILURE_FILE)
    if is_inside:
        _restate(whole, (page.name, FAILURE_FILE))
    publish_folder(whole, published)


def _restate(folder: Path, names: Sequence[str]) -> None:
    """State digests of files that are new in a market's record; what it says of the earlier run stays."""
    record = folder / RUN_FILE
    if record.is_file():
        facts = read_json(record)
        facts["outputs"] |= {name: sha256_of(folder / name) for name in names}
        write_atomically(record, json.dumps(facts, indent=1, ensure_ascii=False) + "\n")
