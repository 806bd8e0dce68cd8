"""The page to send by mail, as its reader sees it."""

from pathlib import Path

import pytest
from playwright.sync_api import Page
from report.builders_report import Built

from leadsmart.report.exports.export import export_market
from leadsmart.report.project.workspace import open_workspace

pytestmark = pytest.mark.browser


def test_the_exported_page_shows_what_it_holds(built: Built, page: Page, tmp_path: Path):
    workspace = open_workspace(root=built.root, environment={})
    page.goto(export_market(workspace, "new-cairo", "html", tmp_path / "page.html").as_uri())
    text = page.locator("main").inner_text()
    assert "brought" in text and "Which campaigns, projects, channels and business users?" in text
    for part in (".ls-headline", ".ls-kpi", ".ls-finding", "table", "svg"):
        assert page.locator(part).locator("visible=true").count() > 0, part
