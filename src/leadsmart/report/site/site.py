"""From executed notebooks to a static site, with Quarto or with the embedded renderer."""

import importlib.metadata
import json
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import yaml

from leadsmart.errors import RenderError
from leadsmart.private_folders import private_folder
from leadsmart.report.notebooks import MARKET_NOTEBOOKS, NOTEBOOKS, OVERVIEW, SHARED_NOTEBOOKS
from leadsmart.report.project.files import digest_of, sha256_of, write_atomically
from leadsmart.report.project.workspace import NAVIGATION, RUN_FILE, SITE_CONFIG, STAGE, Workspace
from leadsmart.report.provenance.manifest import read_expected_pages
from leadsmart.report.provenance.records import Record, read_record, remove_outputs, write_record
from leadsmart.report.site.publish import publish_folder
from leadsmart.vocabulary import ALL_MARKETS, UNASSIGNED

SITE = "site"
#: What pages link to or load; a script, as a page opened from a file can't load anything else.
_BESIDE_PAGES = (".csv", ".js")
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

    def links(pages: Mapping[str, str]) -> list[dict[str, str]]:
        found = {path: text for path, text in pages.items() if (outputs / path).exists()}
        return [{"text": text, "href": f"outputs/{path}"} for path, text in found.items()]

    contents: list[object] = [{"text": NOTEBOOKS[OVERVIEW].title, "href": f"outputs/{OVERVIEW}.ipynb"}]
    for market, title in titles.items():
        pages = {f"{market}/{notebook.name}.ipynb": notebook.title for notebook in MARKET_NOTEBOOKS}
        contents.append({"section": title, "contents": links(pages)})
    across = {f"{UNASSIGNED}/{n.name}.ipynb": "Unassigned campaigns" for n in MARKET_NOTEBOOKS}
    across |= {f"{n.name}.ipynb": n.title for n in SHARED_NOTEBOOKS if n.name != OVERVIEW}
    contents.append({"section": "Across markets", "contents": links(across)})
    contents.append({"section": "About", "contents": [f"docs/{name}" for name in _DOCUMENTS]})
    sidebar = {"style": "docked", "collapse-level": 1, "contents": contents}
    text = yaml.safe_dump({"website": {"sidebar": sidebar}}, allow_unicode=True, sort_keys=False)
    write_atomically(outputs / NAVIGATION, text)


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
    with private_folder("site") as project:
        _copy_sources(workspace, project, pages)
        if _resolve_renderer(renderer) == "quarto":
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
        site = _put_in_place(built, outputs / SITE)
        write_record(outputs, SITE, Record(facts))
        return site / "index.html"


def why_site_is_outdated(workspace: Workspace, renderer: str = "auto") -> list[str]:
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
    code = [sha256_of(Path(__file__).with_name(name)) for name in ("site.py", "embedded.py")]
    chosen = _resolve_renderer(renderer)
    return {
        **{target.as_posix(): sha256_of(source) for target, source in sources.items() if source.is_file()},
        "renderer": f"{chosen} {'' if chosen == 'quarto' else importlib.metadata.version('smalldocs')}".strip(),
        "how pages are put together": digest_of(code),
    }


def _resolve_renderer(renderer: str) -> str:
    found = shutil.which("quarto")
    if renderer == "quarto" and not found:
        raise RenderError(
            "quarto is not on the PATH",
            remedy="Install it (environment.yml brings it) or use --renderer embedded",
        )
    return "quarto" if found and renderer != "embedded" else "embedded"


def _copy_sources(workspace: Workspace, project: Path, pages: Sequence[str]) -> None:
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
    written = {p for n in NOTEBOOKS.values() for p in n.writes if p.endswith(_BESIDE_PAGES)}
    beside = [
        path.relative_to(workspace.outputs)
        for folder in folders
        for pattern in sorted(written)
        for path in sorted((workspace.outputs / folder).glob(pattern))
    ]
    return found | {outputs / p: workspace.outputs / p for p in (Path(NAVIGATION), *notebooks, *beside)}


def _render_embedded(project: Path) -> None:
    command = [sys.executable, "-P", "-m", "leadsmart.report.site.embedded", str(project)]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    if done.returncode:
        raise RenderError(
            f"the embedded renderer ended with exit code {done.returncode}: {_end_of_output(done.stderr, project)}",
            remedy="If it was for want of memory, render fewer markets; else report this",
        )
    result = json.loads(done.stdout)
    if result["failed"]:
        raise RenderError(
            f"the embedded renderer failed: {result['failed']}", remedy="Mend the page it names"
        )
    if result["left_out"]:
        raise RenderError(
            "the embedded renderer leaves something out",
            remedy="Keep to what both renderers understand",
            count=len(result["left_out"]),
            examples=result["left_out"],
        )


def _render_with_quarto(project: Path) -> None:
    done = subprocess.run(
        ["quarto", "render", str(project), "--no-execute"], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RenderError(
            f"quarto failed: {_end_of_output(done.stderr, project)}",
            remedy="Mend the page it names, or use --renderer embedded",
        )


def _end_of_output(text: str, project: Path) -> str:
    return " ".join(text.split()[-60:]).replace(str(project), ".")


def _put_in_place(built: Path, site: Path) -> Path:
    # aside first, as the built site may lie on another disk
    staged = site.parent / STAGE / SITE
    shutil.rmtree(staged, ignore_errors=True)
    shutil.copytree(built, staged)
    # Without a record the site is made again: a run that ends here leaves no record of another site.
    remove_outputs(site.parent, SITE)
    publish_folder(staged, site)
    return site
