"""From executed notebooks to a static site, with Quarto or with the embedded renderer."""

import importlib.metadata
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import yaml

from leadsmart.errors import RenderError
from leadsmart.report.notebooks import CLEANING, MARKET_STEPS, OVERVIEW, PAGE_TITLES, POOLED, SUMMARY
from leadsmart.report.project.workspace import NAVIGATION, RUN_FILE, SITE_CONFIG, STAGE, Workspace
from leadsmart.report.provenance.manifest import read_expected_pages
from leadsmart.report.provenance.records import (
    RECORDS,
    Record,
    digest_of,
    read_record,
    sha256_of,
    write_record,
    write_whole,
)
from leadsmart.report.site.publish import publish_folder
from leadsmart.vocabulary import ALL_MARKETS, UNASSIGNED

SITE = "site"
#: What the drill-down page chooses from; a script, as a page opened from a file can't load anything else.
EXPLORE_DATA = "explore.js"
_SOURCES = (SITE_CONFIG, "index.qmd", "docs", "assets")
_DOCUMENTS = (
    "method.qmd",
    "definitions.qmd",
    "monthly-run.qmd",
    "bring-your-own-export.qmd",
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
    write_whole(outputs / NAVIGATION, text)


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
    if not (outputs / RUN_FILE).is_file():
        raise RenderError("there is no run to render", file=outputs.name, remedy="Start with `leadsmart run`")
    pages = read_expected_pages(outputs)
    facts = site_facts(workspace, renderer)
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
        # Without a record the site is made again: a run that ends here leaves no record of another site.
        record_of(outputs).unlink(missing_ok=True)
        site = _put_in_place(built, outputs / SITE)
        write_record(outputs, SITE, Record(facts))
        return site / "index.html"


def why_site_is_stale(workspace: Workspace, renderer: str = "auto") -> list[str]:
    """Why the site must be rendered again; empty where it shows what is published."""
    outputs = workspace.outputs
    record = read_record(outputs, SITE)
    if record is None or not (outputs / RUN_FILE).is_file():
        return ["never rendered"]
    now = site_facts(workspace, renderer)
    changed = [
        f"{name} changed" for name in sorted({*now, *record.facts}) if now.get(name) != record.facts.get(name)
    ]
    missing = [page for page in read_expected_pages(outputs) if not (outputs / SITE / page).is_file()]
    return changed + [f"{page} is missing" for page in missing]


def site_facts(workspace: Workspace, renderer: str) -> dict[str, str]:
    """All that the site is made from: file of the site's project -> sha256, and what renders it."""
    sources = _sources(workspace, read_expected_pages(workspace.outputs))
    code = [sha256_of(Path(__file__).with_name(name)) for name in ("site.py", "embedded.py", "search.py")]
    chosen = _chosen(renderer)
    return {
        **{target.as_posix(): sha256_of(source) for target, source in sources.items() if source.is_file()},
        "renderer": f"{chosen} {'' if chosen == 'quarto' else importlib.metadata.version('smalldocs')}".strip(),
        "how pages are put together": digest_of(code),
    }


def record_of(outputs: Path) -> Path:
    """Where it is written down what the site was made from."""
    return outputs / RECORDS / f"{SITE}.json"


def _chosen(renderer: str) -> str:
    found = shutil.which("quarto")
    if renderer == "quarto" and not found:
        raise RenderError(
            "quarto is not on the PATH",
            remedy="Install it (environment.yml brings it) or use --renderer embedded",
        )
    return "quarto" if found and renderer != "embedded" else "embedded"


def _gather(workspace: Workspace, project: Path, pages: Sequence[str]) -> None:
    """Copy what the site is made of into a project of its own, so that no renderer touches the real one."""
    for target, source in _sources(workspace, pages).items():
        path = project / target
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, path)


def _sources(workspace: Workspace, pages: Sequence[str]) -> dict[Path, Path]:
    """File of the site's project -> where it is."""
    found: dict[Path, Path] = {}
    for name in _SOURCES:
        source = workspace.root / name
        files = sorted(p for p in source.rglob("*") if p.is_file()) if source.is_dir() else [source]
        found |= {path.relative_to(workspace.root): path for path in files if path.is_file()}
    outputs = Path("outputs")
    notebooks = [
        Path(page).relative_to(outputs).with_suffix(".ipynb") for page in pages if page.startswith("outputs/")
    ]
    folders = dict.fromkeys((Path(ALL_MARKETS), *(notebook.parent for notebook in notebooks)))
    beside = [
        path.relative_to(workspace.outputs)
        for folder in folders
        for pattern in ("*.csv", "tables/*.csv", EXPLORE_DATA)
        for path in sorted((workspace.outputs / folder).glob(pattern))
    ]
    return found | {outputs / p: workspace.outputs / p for p in (Path(NAVIGATION), *notebooks, *beside)}


def _render_embedded(project: Path) -> None:
    command = [sys.executable, "-P", "-m", "leadsmart.report.site.embedded", str(project)]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    if done.returncode:
        raise RenderError(
            f"the embedded renderer ended with exit code {done.returncode}: {_last_words(done.stderr, project)}",
            remedy="If it was for want of memory, render fewer markets; else report this",
        )
    told = json.loads(done.stdout)
    if told["failed"]:
        raise RenderError(f"the embedded renderer failed: {told['failed']}", remedy="Mend the page it names")
    if told["left_out"]:
        raise RenderError(
            "the embedded renderer leaves something out",
            remedy="Keep to what both renderers understand",
            count=len(told["left_out"]),
            examples=told["left_out"],
        )


def _render_with_quarto(project: Path) -> None:
    done = subprocess.run(
        ["quarto", "render", str(project), "--no-execute"], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RenderError(
            f"quarto failed: {_last_words(done.stderr, project)}",
            remedy="Mend the page it names, or use --renderer embedded",
        )


def _last_words(said: str, project: Path) -> str:
    return " ".join(said.split()[-60:]).replace(str(project), ".")


def _put_in_place(built: Path, site: Path) -> Path:
    # aside first, as the built site may lie on another disk
    staged = site.parent / STAGE / SITE
    shutil.rmtree(staged, ignore_errors=True)
    shutil.copytree(built, staged)
    publish_folder(staged, site)
    return site
