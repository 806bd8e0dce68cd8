"""Whole results move into place; a failure is said on the market's first page, beside earlier results."""

import contextlib
import shutil
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_markdown_cell, new_notebook, new_raw_cell
from report.faults import Faults, every_fault

from leadsmart.errors import NotebookError
from leadsmart.report.site.publish import (
    publish_failure,
    publish_folder,
    record_failure,
    recover_if_idle,
    start_stage,
)


def fail(stage: Path, text: str = "cell 3: ValueError", market: str = "gulf") -> None:
    error = NotebookError("it says <secret>", public_problem=text, remedy="Look there")
    record_failure(stage, market, "Gulf", "02_insights", error)


def first_page(folder: Path) -> nbformat.NotebookNode:
    return nbformat.read(folder / "04_summary.ipynb", as_version=4)


def write_page(folder: Path, text: str = "Figures of November") -> None:
    folder.mkdir(parents=True)
    cells = [new_raw_cell("---\ntitle: Gulf\n---", id="front"), new_markdown_cell(text, id="body")]
    nbformat.write(new_notebook(cells=cells), folder / "04_summary.ipynb")


@pytest.fixture
def outputs(tmp_path: Path) -> Path:
    return tmp_path / "outputs"


def test_a_stage_begins_empty(outputs: Path):
    left = start_stage(outputs) / "gulf" / "half.csv"
    left.parent.mkdir()
    left.touch()
    stage = start_stage(outputs)
    assert list(stage.iterdir()) == []


def test_half_written_files_of_a_failed_market_are_dropped(outputs: Path):
    stage = start_stage(outputs)
    (stage / "gulf" / "tables").mkdir(parents=True)
    (stage / "gulf" / "tables" / "half.csv").touch()
    fail(stage)
    assert [p.name for p in (stage / "gulf").rglob("*")] == ["failure.json"]


def test_a_market_without_earlier_results_gets_a_page_that_says_so(outputs: Path):
    stage = start_stage(outputs)
    fail(stage)
    publish_failure(stage / "gulf", outputs / "gulf")
    front, box = first_page(outputs / "gulf").cells
    assert 'title: "Gulf"' in front.source
    assert "The last run of Gulf failed" in box.source
    assert "Insights: cell 3: ValueError. Look there." in box.source
    assert "the run before" not in box.source


def test_the_page_does_not_say_what_only_the_terminal_may(outputs: Path):
    stage = start_stage(outputs)
    fail(stage)
    publish_failure(stage / "gulf", outputs / "gulf")
    for path in (outputs / "gulf").iterdir():
        assert "secret" not in path.read_text(encoding="utf-8")


def test_earlier_results_stay_and_are_called_that(outputs: Path):
    write_page(outputs / "gulf")
    (outputs / "gulf" / "scored_leads.csv").write_text("lead_id\n1\n", encoding="utf-8")
    stage = start_stage(outputs)
    fail(stage)
    publish_failure(stage / "gulf", outputs / "gulf")
    front, box, body = first_page(outputs / "gulf").cells
    assert front.cell_type == "raw" and body.source == "Figures of November"
    assert "What follows is from the run before." in box.source
    assert (outputs / "gulf" / "scored_leads.csv").read_text(encoding="utf-8") == "lead_id\n1\n"


def test_a_second_failure_replaces_the_first_instead_of_stacking(outputs: Path):
    write_page(outputs / "gulf")
    for text in ("cell 3: ValueError", "cell 9: KeyError"):
        stage = start_stage(outputs)
        fail(stage, text)
        publish_failure(stage / "gulf", outputs / "gulf")
    boxes = [cell.source for cell in first_page(outputs / "gulf").cells if cell.id == "failure"]
    assert len(boxes) == 1
    assert "cell 9: KeyError" in boxes[0] and "cell 3" not in boxes[0]


def test_a_page_that_only_ever_failed_never_promises_earlier_results(outputs: Path):
    for _ in range(2):
        stage = start_stage(outputs)
        fail(stage)
        publish_failure(stage / "gulf", outputs / "gulf")
    assert "the run before" not in first_page(outputs / "gulf").cells[1].source


def test_a_message_with_markup_is_text_on_the_page(outputs: Path):
    stage = start_stage(outputs)
    fail(stage, "cell 1: no market <script>alert(1)</script>")
    publish_failure(stage / "gulf", outputs / "gulf")
    assert "<script>" not in first_page(outputs / "gulf").cells[1].source


def test_a_complete_folder_takes_the_place_of_the_old_one_whole(outputs: Path):
    write_page(outputs / "gulf", "old")
    (outputs / "gulf" / "failure.json").touch()
    stage = start_stage(outputs)
    write_page(stage / "gulf", "new")
    publish_folder(stage / "gulf", outputs / "gulf")
    assert [p.name for p in (outputs / "gulf").iterdir()] == ["04_summary.ipynb"]
    assert first_page(outputs / "gulf").cells[1].source == "new"
    assert list(stage.iterdir()) == []


def contents(folder: Path) -> dict[str, str]:
    return {p.relative_to(folder).as_posix(): p.read_text() for p in folder.rglob("*") if p.is_file()}


@pytest.mark.parametrize("after", [False, True])
def test_killed_at_any_step_the_next_command_finds_a_whole_folder(tmp_path: Path, after: bool):
    steps = 0
    for steps, faults in enumerate(every_fault(after=after)):
        outputs = tmp_path / f"{steps}"
        write_page(outputs / "gulf", "old")
        (outputs / "gulf" / "tables").mkdir()
        (outputs / "gulf" / "tables" / "kpis.csv").write_text("old")
        stage = start_stage(outputs)
        write_page(stage / "gulf", "new")
        old, new = contents(outputs / "gulf"), contents(stage / "gulf")
        with faults.active():
            publish_folder(stage / "gulf", outputs / "gulf")
        recover_if_idle(outputs)
        assert contents(outputs / "gulf") in (old, new)
        assert not list((outputs / ".staging").glob("*.previous"))
        # and whoever publishes next need not know
        shutil.rmtree(outputs / ".staging" / "gulf", ignore_errors=True)
        write_page(outputs / ".staging" / "gulf", "newer")
        publish_folder(outputs / ".staging" / "gulf", outputs / "gulf")
        assert first_page(outputs / "gulf").cells[1].source == "newer"
    assert steps > 4


def test_killed_twice_in_a_row(tmp_path: Path):
    """What the first kill left is settled by a publication that is killed, too."""
    for n in range(40):
        for m, second in enumerate(every_fault()):
            outputs = tmp_path / f"{n}-{m}"
            write_page(outputs / "gulf", "one")
            stage = start_stage(outputs)
            write_page(stage / "gulf", "two")
            first = Faults(n)
            with first.active():
                publish_folder(stage / "gulf", outputs / "gulf")
            if not (stage / "gulf").exists():
                write_page(stage / "gulf", "three")
            with second.active():
                publish_folder(stage / "gulf", outputs / "gulf")
            recover_if_idle(outputs)
            assert first_page(outputs / "gulf").cells[1].source in ("one", "two", "three")
        if not first.fired:
            break
    assert n > 2


def test_a_full_disk_leaves_the_old_folder(tmp_path: Path):
    for n, faults in enumerate(every_fault(full=True)):
        outputs = tmp_path / str(n)
        write_page(outputs / "gulf", "old")
        stage = start_stage(outputs)
        write_page(stage / "gulf", "new")
        with contextlib.suppress(OSError), faults.active():
            publish_folder(stage / "gulf", outputs / "gulf")
        recover_if_idle(outputs)
        assert first_page(outputs / "gulf").cells[1].source in ("old", "new")
