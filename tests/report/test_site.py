"""From published notebooks to the site: what is linked, what is refused, and that it is put in place whole."""

import json
from pathlib import Path

import nbformat
import pytest
import yaml
from nbformat.v4 import new_markdown_cell, new_notebook, new_raw_cell
from report.builders_report import make_project

from leadsmart.errors import RenderError
from leadsmart.report.project.workspace import Workspace, open_workspace
from leadsmart.report.site import site as module
from leadsmart.report.site.site import render_site, write_navigation

PAGES = ("gulf/04_summary", "gulf/02_insights", "new-cairo/04_summary", "unassigned/01_cleaning", "overview")
TITLES = {"gulf": "Gulf", "new-cairo": "New Cairo"}


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """A project whose last run published five pages."""
    root = make_project(tmp_path / "project")
    outputs = root / "outputs"
    for page in PAGES:
        path = outputs / f"{page}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        cells = [
            new_raw_cell(f"---\ntitle: {page}\n---", id="front"),
            new_markdown_cell(f"## Part\n\nText of {page}", id="body"),
        ]
        nbformat.write(new_notebook(cells=cells), path)
    (outputs / "gulf" / "tables").mkdir()
    (outputs / "gulf" / "tables" / "kpis.csv").write_text("key,value\nleads,3\n", encoding="utf-8")
    expected = ["index.html", *(f"outputs/{page}.html" for page in PAGES)]
    (outputs / "run.json").write_text(
        json.dumps({"data": "data", "expected_pages": expected}), encoding="utf-8"
    )
    write_navigation(outputs, TITLES)
    return open_workspace(root=root, data=root, environment={})


@pytest.fixture
def no_quarto(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module.shutil, "which", lambda name: None)


def test_the_sidebar_has_one_section_per_market_with_the_pages_that_exist(workspace: Workspace):
    text = (workspace.outputs / "_navigation.yml").read_text(encoding="utf-8")
    contents = yaml.safe_load(text)["website"]["sidebar"]["contents"]
    sections = {entry["section"]: entry["contents"] for entry in contents if "section" in entry}
    assert list(sections) == ["Gulf", "New Cairo", "Across markets", "About"]
    assert [page["href"] for page in sections["Gulf"]] == [
        "outputs/gulf/04_summary.ipynb",
        "outputs/gulf/02_insights.ipynb",
    ]
    assert [page["href"] for page in sections["New Cairo"]] == ["outputs/new-cairo/04_summary.ipynb"]
    assert [page["href"] for page in sections["Across markets"]] == ["outputs/unassigned/01_cleaning.ipynb"]
    assert contents[0]["href"] == "outputs/overview.ipynb"


def test_the_site_has_every_page_and_the_tables_for_download(workspace: Workspace):
    index = render_site(workspace, "embedded")
    assert index == workspace.outputs / "site" / "index.html"
    for page in PAGES:
        assert f"Text of {page}" in (index.parent / "outputs" / f"{page}.html").read_text(encoding="utf-8")
    table = index.parent / "outputs" / "gulf" / "tables" / "kpis.csv"
    assert table.read_bytes() == (workspace.outputs / "gulf" / "tables" / "kpis.csv").read_bytes()


def test_rendering_again_takes_away_what_is_no_longer_there(workspace: Workspace):
    render_site(workspace, "embedded")
    left = workspace.outputs / "site" / "old.html"
    left.touch()
    render_site(workspace, "embedded")
    assert not left.exists()
    assert not [p.name for p in workspace.outputs.iterdir() if p.name.startswith(".site")]


def test_only_pages_of_the_last_run_are_rendered(workspace: Workspace):
    stale = workspace.outputs / "red-sea"
    stale.mkdir()
    (stale / "04_summary.ipynb").write_bytes((workspace.outputs / "overview.ipynb").read_bytes())
    index = render_site(workspace, "embedded")
    assert not (index.parent / "outputs" / "red-sea").exists()


def test_a_missing_page_is_an_error_and_the_old_site_stays(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
):
    index = render_site(workspace, "embedded")
    before = index.read_bytes()
    whole = module._render_embedded

    def lose_a_page(project: Path) -> None:
        whole(project)
        (project / "outputs" / "site" / "outputs" / "gulf" / "02_insights.html").unlink()

    monkeypatch.setattr(module, "_render_embedded", lose_a_page)
    with pytest.raises(RenderError, match=r"missing.*1 affected.*outputs/gulf/02_insights\.html"):
        render_site(workspace, "embedded")
    assert index.read_bytes() == before
    assert (index.parent / "outputs" / "gulf" / "02_insights.html").is_file()


@pytest.mark.parametrize("page", [b"\xff\xfe no text", b"---\ntitle: [\n---\n"])
def test_a_page_that_the_embedded_renderer_can_not_read_is_one_clear_error(workspace: Workspace, page: bytes):
    index = render_site(workspace, "embedded")
    before = index.read_bytes()
    (workspace.root / "index.qmd").write_bytes(page)
    with pytest.raises(RenderError, match="embedded renderer"):
        render_site(workspace, "embedded")
    assert index.read_bytes() == before


def test_without_a_run_there_is_nothing_to_render(workspace: Workspace):
    (workspace.outputs / "run.json").unlink()
    with pytest.raises(RenderError, match=r"there is no run to render.*leadsmart run"):
        render_site(workspace, "embedded")


def test_quarto_that_is_asked_for_and_missing_is_one_clear_error(workspace: Workspace, no_quarto: None):
    with pytest.raises(RenderError, match=r"quarto is not on the PATH.*--renderer embedded"):
        render_site(workspace, "quarto")


def test_auto_renders_without_quarto(workspace: Workspace, no_quarto: None):
    assert render_site(workspace, "auto").is_file()


def test_a_failing_quarto_is_one_clear_error(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    stub = tmp_path / "bin" / "quarto"
    stub.parent.mkdir()
    stub.write_text("#!/bin/sh\necho 'ERROR: bad page' >&2\nexit 1\n", encoding="utf-8")
    stub.chmod(0o755)
    monkeypatch.setenv("PATH", str(stub.parent), prepend=":")
    with pytest.raises(RenderError, match="quarto failed: ERROR: bad page"):
        render_site(workspace, "quarto")


def test_rendering_leaves_nothing_in_the_project(workspace: Workspace):
    before = {p for p in workspace.root.rglob("*") if not p.is_relative_to(workspace.outputs)}
    render_site(workspace, "embedded")
    assert {p for p in workspace.root.rglob("*") if not p.is_relative_to(workspace.outputs)} == before
