"""From executed notebooks to a static site, with Quarto or with the embedded renderer."""

import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

import yaml
from smalldocs.config import BuildError, ConfigError
from smalldocs.site import build

from leadsmart.errors import RenderError
from leadsmart.report.manifest import read_expected_pages
from leadsmart.report.search import index_shown_text
from leadsmart.report.steps import CLEANING, MARKET_STEPS, OVERVIEW, PAGE_TITLES, POOLED, SUMMARY
from leadsmart.report.workspace import SITE_CONFIG, Workspace
from leadsmart.vocabulary import ALL_MARKETS, UNASSIGNED

NAVIGATION = "_navigation.yml"
#: What the drill-down page chooses from; a script, as a page opened from a file can't load anything else.
EXPLORE_DATA = "explore.js"
RENDERERS = ("auto", "quarto", "embedded")
_SOURCES = (SITE_CONFIG, "index.qmd", "docs", "assets")
_DOCUMENTS = (
    "method.qmd",
    "definitions.qmd",
    "monthly-run.qmd",
    "production-design.qmd",
    "open-questions.qmd",
)


def write_navigation(outputs: Path, titles: Mapping[str, str]) -> None:
    """Write the sidebar: one section per market, so that it stays short with many markets.

    Parameters
    ----------
    outputs : Path
    titles : mapping
        Market -> title, in the order to show.
    """
    contents: list[dict] = [{"text": PAGE_TITLES[OVERVIEW], "href": f"outputs/{OVERVIEW}.ipynb"}]
    for market, title in titles.items():
        steps = [s for s in (SUMMARY, *MARKET_STEPS[:-1]) if (outputs / market / f"{s}.ipynb").exists()]
        pages = [{"text": PAGE_TITLES[s], "href": f"outputs/{market}/{s}.ipynb"} for s in steps]
        contents.append({"section": title, "contents": pages})
    everywhere = [(f"{UNASSIGNED}/{CLEANING}", "Unassigned campaigns"), (POOLED, PAGE_TITLES[POOLED])]
    pages = [
        {"text": t, "href": f"outputs/{p}.ipynb"} for p, t in everywhere if (outputs / f"{p}.ipynb").exists()
    ]
    contents.append({"section": "Across markets", "contents": pages})
    contents.append({"section": "About", "contents": [f"docs/{name}" for name in _DOCUMENTS]})
    sidebar = {"style": "docked", "collapse-level": 1, "contents": contents}
    text = yaml.safe_dump({"website": {"sidebar": sidebar}}, allow_unicode=True, sort_keys=False)
    (outputs / NAVIGATION).write_text(text, encoding="utf-8")


def render_site(workspace: Workspace, renderer: str = "auto") -> Path:
    """Render the published notebooks; the site is moved into place when it is complete.

    Parameters
    ----------
    workspace : Workspace
    renderer : {"auto", "quarto", "embedded"}
        ``auto`` takes Quarto where it is installed.

    Returns
    -------
    Path
        ``outputs/site/index.html``.

    Raises
    ------
    RenderError
        If there is nothing to render, the renderer fails, or a page that ``run.json`` expects is missing.
    """
    outputs = workspace.outputs
    if not (outputs / "run.json").is_file():
        raise RenderError("there is no run to render", file=outputs.name, remedy="Start with `leadsmart run`")
    pages = read_expected_pages(outputs)
    with tempfile.TemporaryDirectory(prefix="leadsmart-site-") as scratch:
        project = Path(scratch)
        _gather(workspace, project, pages)
        if _chosen(renderer) == "quarto":
            _render_with_quarto(project)
        else:
            _render_embedded(project)
        built = project / "outputs" / "site"
        missing = [page for page in pages if not (built / page).is_file()]
        if missing:
            raise RenderError(
                "pages are missing from the site",
                remedy="Render again with the other renderer (--renderer) and report this",
                count=len(missing),
                examples=missing,
            )
        return _put_in_place(built, outputs / "site") / "index.html"


def _chosen(renderer: str) -> str:
    found = shutil.which("quarto")
    if renderer == "quarto" and not found:
        raise RenderError(
            "quarto is not on the PATH",
            remedy="Install it (environment.yml brings it) or use --renderer embedded",
        )
    return "quarto" if found and renderer != "embedded" else "embedded"


def _gather(workspace: Workspace, project: Path, pages: list[str]) -> None:
    """Copy what the site is made of into a project of its own, so that no renderer touches the real one."""
    for name in _SOURCES:
        source = workspace.root / name
        if source.is_dir():
            shutil.copytree(source, project / name)
        elif source.is_file():
            shutil.copyfile(source, project / name)
    outputs = project / "outputs"
    outputs.mkdir()
    shutil.copyfile(workspace.outputs / NAVIGATION, outputs / NAVIGATION)
    notebooks = [
        Path(page).relative_to("outputs").with_suffix(".ipynb")
        for page in pages
        if page.startswith("outputs/")
    ]
    for notebook in notebooks:
        target = outputs / notebook
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(workspace.outputs / notebook, target)
    for folder in {Path(ALL_MARKETS), *(notebook.parent for notebook in notebooks)}:
        source = workspace.outputs / folder
        beside = [*source.glob("*.csv"), *source.glob("tables/*.csv"), *source.glob(EXPLORE_DATA)]
        for path in beside:
            target = outputs / path.relative_to(workspace.outputs)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)


def _render_embedded(project: Path) -> None:
    try:
        site = build(project, quiet=True)
    except (BuildError, ConfigError) as error:
        raise RenderError(
            f"the embedded renderer failed: {error}", remedy="Mend the page it names"
        ) from error
    if site.warnings:
        raise RenderError(
            "the embedded renderer leaves something out",
            remedy="Keep to what both renderers understand",
            count=len(site.warnings),
            examples=site.warnings,
        )
    index_shown_text(project / "outputs" / "site")


def _render_with_quarto(project: Path) -> None:
    done = subprocess.run(
        ["quarto", "render", str(project), "--no-execute"], capture_output=True, text=True, check=False
    )
    if done.returncode:
        tail = " ".join(done.stderr.split()[-60:]).replace(str(project), ".")
        raise RenderError(
            f"quarto failed: {tail}", remedy="Mend the page it names, or use --renderer embedded"
        )


def _put_in_place(built: Path, site: Path) -> Path:
    staged, previous = site.with_name(".site.new"), site.with_name(".site.previous")
    for folder in (staged, previous):
        if folder.exists():
            shutil.rmtree(folder)
    shutil.copytree(built, staged)
    if site.exists():
        site.rename(previous)
    staged.rename(site)
    if previous.exists():
        shutil.rmtree(previous)
    return site
