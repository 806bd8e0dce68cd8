"""A market's report as one file to hand on: a printed summary, a workbook of its tables, or a page to send by mail."""

import html
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from leadsmart.errors import InputError, ParameterError, RenderError
from leadsmart.params import list_markets
from leadsmart.private_folders import private_folder
from leadsmart.report.exports.workbook import read_definitions, write_workbook
from leadsmart.report.notebooks import MARKET_NOTEBOOKS, SUMMARY, SUMMARY_FILE
from leadsmart.report.project.files import copy_atomically, read_json
from leadsmart.report.project.notebook_format import nbformat
from leadsmart.report.project.workspace import Workspace

FOLDER = "exports"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_BROWSER_SECONDS = 120
#: What leads to files that a single file does not have.
_LINKS_TO_FILES = re.compile(
    r'<nav [^>]*class="ls-pagenav".*?</nav>|<a [^>]*class="ls-download"[^>]*>.*?</a>', re.DOTALL
)
_LINK = re.compile(r'<a [^>]*href="(?P<to>[^"#]*)[^"]*"[^>]*>(?P<text>.*?)</a>', re.DOTALL)
_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
{style}
a {{ color: var(--ls-accent); }}
body {{ margin: 0 auto; max-width: 64rem; padding: 1.5rem 1rem; }}
</style>
<script>if (matchMedia("(prefers-color-scheme: dark)").matches) document.documentElement.dataset.scheme = "alternate";</script>
</head><body><main class="content"><h1>{title}</h1>
<nav class="ls-pagenav" aria-label="Contents"><ul>{contents}</ul></nav>
{parts}
</main>
<script>
{script}
</script>
</body></html>
"""


def export_market(workspace: Workspace, market: str, form: str, target: Path | None = None) -> Path:
    """Write what the last run found for a market into one file.

    Parameters
    ----------
    workspace : Workspace
    market : str
    form : {"pdf", "xlsx", "html"}
        The summary as printed, all tables as a workbook, or all pages as one file without code.
    target : Path, optional
        By default ``exports/<market>.<form>`` in the project.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    ParameterError
        If there is no such format or market.
    InputError
        If the market was not run.
    """
    if form not in FORMATS:
        raise ParameterError(f"unknown format {form!r}", remedy=f"Use one of {', '.join(FORMATS)}")
    known = list_markets(workspace.params_dir)
    if market not in known:
        raise ParameterError(f"there is no market {market!r}", remedy=f"Use one of {', '.join(known)}")
    target = target or workspace.root / FOLDER / f"{market}.{form}"
    missing = [
        name
        for name in (f"{SUMMARY}.ipynb", SUMMARY_FILE)
        if not (workspace.outputs / market / name).is_file()
    ]
    if missing:
        raise InputError(
            f"{market} has no results to export",
            file=f"{workspace.outputs.name}/{market}/{missing[0]}",
            remedy=f"Start with `leadsmart run {market}`",
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    # what is there already stays until the new file is whole
    with private_folder("export") as scratch:
        made = scratch / f"export.{form}"
        FORMATS[form](workspace, market, made)
        copy_atomically(made, target)
    return target


def _write_workbook(workspace: Workspace, market: str, target: Path) -> None:
    folder = workspace.outputs / market
    files = [*sorted(folder.glob("*.csv")), *sorted(folder.glob("tables/*.csv"))]
    # every cell as text: an id like 0012 stays one
    tables = {path.stem: pd.read_csv(path, dtype="str", keep_default_na=False) for path in files}
    definitions = read_definitions(workspace.root / "docs" / "definitions.qmd")
    write_workbook(tables, definitions, _summary(workspace, market)["currency"], target)


def _write_page(workspace: Workspace, market: str, target: Path) -> None:
    # nbconvert takes a second to import, which other commands need not wait for
    from nbconvert import HTMLExporter

    exporter = HTMLExporter(
        template_name="basic",
        exclude_input=True,
        exclude_input_prompt=True,
        exclude_output_prompt=True,
        exclude_raw=True,
        exclude_anchor_links=True,
    )
    folder, parts, contents = workspace.outputs / market, [], []
    # a page that works only with a script of its own is left out
    found = [n for n in MARKET_NOTEBOOKS if not n.needs_script and (folder / n.copy).is_file()]
    for notebook in found:
        name, title = notebook.name, notebook.title
        body, _ = exporter.from_notebook_node(nbformat.read(folder / notebook.copy, as_version=4))
        contents.append(f'<li><a href="#{name}">{title}</a></li>')
        head = f"<h2>{title}</h2>" if name != SUMMARY else ""
        parts.append(f'<section id="{name}">{head}{_without_files(body, [n.name for n in found])}</section>')
    assets = workspace.root / "assets"
    page = _PAGE.format(
        title=html.escape(_summary(workspace, market)["title"]),
        style=(assets / "report.css").read_text(encoding="utf-8"),
        script=(assets / "report.js").read_text(encoding="utf-8"),
        contents="".join(contents),
        parts="\n".join(parts),
    )
    target.write_text(page, encoding="utf-8", newline="\n")


def _without_files(body: str, pages: list[str]) -> str:
    """A page's markup with links to the file's own parts, and to nothing outside it.

    >>> _without_files('<a href="02_insights.html">See</a> <a href="tables/x.csv">x</a>', ["02_insights"])
    '<a href="#02_insights">See</a> x'
    """

    def replace_link(found: re.Match[str]) -> str:
        page = found["to"].removesuffix(".html")
        return f'<a href="#{page}">{found["text"]}</a>' if page in pages else found["text"]

    # ids that nbconvert makes from headings are the same in several pages
    body = re.sub(r'(<h[1-6]) id="[^"]*"', r"\1", body)
    return _LINK.sub(replace_link, _LINKS_TO_FILES.sub("", body))


def _write_pdf(workspace: Workspace, market: str, target: Path) -> None:
    page = workspace.outputs / "site" / "outputs" / market / f"{SUMMARY}.html"
    if not page.is_file():
        raise InputError(
            f"the site has no summary of {market}",
            file=f"site/{page.name}",
            remedy="Start with `leadsmart render`",
        )
    browser = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if browser is None:
        raise RenderError(
            "no Chromium is on the PATH, and only it prints the summary",
            remedy=f"Install one of {', '.join(BROWSERS)}, or print the page {page.name} from any browser",
        )
    print_page(browser, page, target)


def print_page(browser: str, page: Path, target: Path) -> None:
    """Print a page of the site as PDF, as Chromium's own print dialogue would."""
    flags = [
        "--headless",
        "--disable-gpu",
        "--disable-background-networking",
        "--disable-sync",
        "--no-first-run",
    ]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        # Chromium's sandbox refuses to work for root
        flags.append("--no-sandbox")
    with private_folder("browser") as profile:
        command = [browser, *flags, f"--user-data-dir={profile}", "--no-pdf-header-footer"]
        command += [f"--print-to-pdf={target}", page.resolve().as_uri()]
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, check=False, timeout=_BROWSER_SECONDS
            )
        except subprocess.TimeoutExpired as error:
            raise RenderError(
                f"{Path(browser).name} did not print within {_BROWSER_SECONDS} s", remedy="Try again"
            ) from error
    if done.returncode or not target.is_file():
        raise RenderError(
            f"{Path(browser).name} could not print: {' '.join(done.stderr.split()[-30:])}",
            remedy="Print the page from a browser's window instead",
        )
    # the moment of printing is the only thing that differs between two prints of one page
    target.write_bytes(re.sub(rb"\(D:\d{14}", b"(D:20000101000000", target.read_bytes()))


def _summary(workspace: Workspace, market: str) -> dict[str, str]:
    return read_json(workspace.outputs / market / SUMMARY_FILE)


#: How each format is written.
FORMATS: dict[str, Callable[[Workspace, str, Path], None]] = {
    "pdf": _write_pdf,
    "xlsx": _write_workbook,
    "html": _write_page,
}
