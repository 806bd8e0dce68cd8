"""The private copy of the export is gone before a run has read all of it: one clear error, and nothing is published."""

import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cleaning.builders_cleaning import make_tables, write_export
from report.builders_report import KEY, make_project
from rich.console import Console

from leadsmart.errors import InputError
from leadsmart.report import pipeline
from leadsmart.report.check import check_inputs
from leadsmart.report.execution.progress import PlainListener
from leadsmart.report.project.workspace import open_workspace

LOSSES: dict[str, Callable[[Path], object]] = {
    "all": shutil.rmtree,
    "half of a file": lambda folder: next(folder.rglob("*.parquet")).write_bytes(b"PAR1"),
}


@pytest.mark.parametrize("loss", LOSSES)
def test_what_is_published_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, loss: str):
    monkeypatch.setenv("LEADSMART_CONTACT_KEY", KEY)
    root = make_project(tmp_path / "project")
    write_export(root / "export", make_tables())
    workspace = open_workspace(root=root, data=root / "export", environment={})
    slices, markets = check_inputs(workspace, [], {})
    page = workspace.outputs / "gulf" / "04_summary.ipynb"
    page.parent.mkdir(parents=True)
    page.write_text("what was published", encoding="utf-8")
    monkeypatch.setattr(pipeline, "run_all", lambda *_: LOSSES[loss](slices.folder))
    with pytest.raises(InputError, match=r"export: the private copy .* was removed or changed.*Run again"):
        pipeline.run_markets(
            workspace,
            slices,
            markets,
            {},
            PlainListener(Console(quiet=True)),
            executor=ThreadPoolExecutor(max_workers=1),
        )
    kept = [p for p in workspace.outputs.rglob("*") if p.is_file()]
    assert kept == [page] and page.read_text(encoding="utf-8") == "what was published"
