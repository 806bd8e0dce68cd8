"""Chromium, the sites it opens, and a server of one: shared by the tests that look at pages as readers do."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from report.builders_report import ROOT, Built, Seen, clean_environment, make_project, run_leadsmart

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-sync",
    "--no-first-run",
]
REQUIRED = "LEADSMART_REQUIRE_BROWSER"
REAL_EXPORT = ROOT.parent / "shared" / "data" / "leadsmart"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium")
    if chromium is None:
        if os.environ.get(REQUIRED):
            pytest.fail(f"chromium is not on the PATH, and {REQUIRED} is set")
        pytest.skip("chromium is not on the PATH: no browser to open the site in")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def address(built: Built) -> Iterator[str]:
    """Address of `leadsmart preview`, as it prints it."""
    command = [str(Path(sys.executable).with_name("leadsmart")), "preview", "--port", "0"]
    process = subprocess.Popen(
        command,
        cwd=built.root,
        env=clean_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        line = process.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:\d+/", line)
        assert found, f"no address in {line!r}: {process.stderr.read() if process.poll() is not None else ''}"
        yield found[0]
    finally:
        process.terminate()
        process.communicate(timeout=20)


@pytest.fixture
def seen() -> Seen:
    return Seen()


@pytest.fixture
def page(browser: Browser, seen: Seen) -> Iterator[Page]:
    page = browser.new_page()
    page.on("request", lambda request: seen.requests.append(request.url))
    page.on("pageerror", lambda error: seen.errors.append(f"{page.url}: {error}"))
    page.on(
        "console",
        lambda said: seen.errors.append(f"{page.url}: {said.text}") if said.type == "error" else None,
    )
    page.on("dialog", lambda dialog: (seen.dialogs.append(dialog.message), dialog.dismiss()))
    yield page
    page.close()


@pytest.fixture(scope="session")
def real(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The report of two markets of the real export; to be read, not changed."""
    if not REAL_EXPORT.is_dir():
        pytest.skip("no real export beside the project: there is no ../shared/data/leadsmart")
    root = make_project(tmp_path_factory.mktemp("real") / "project")
    done = run_leadsmart(["run", "--data", str(REAL_EXPORT), "--renderer", "embedded", "--jobs", "2"], root)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return Built(root, done.returncode, done.stdout, done.stderr)


@pytest.fixture(params=["sample", pytest.param("real", marks=pytest.mark.slow)])
def report(request: pytest.FixtureRequest) -> Built:
    """The hostile sample's report, and among the long tests the real export's too."""
    return request.getfixturevalue("built" if request.param == "sample" else "real")
