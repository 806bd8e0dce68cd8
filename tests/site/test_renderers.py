"""Both renderers make the same site: the same pages, headings and pictures, and nothing unresolved or raw."""

import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

import pytest
from report.builders_report import Built, copy_project

from leadsmart.report.project.workspace import open_workspace
from leadsmart.report.site.site import render_site

HEADINGS = ("h1", "h2", "h3", "h4")
#: Tags whose text is no prose: code may show what prose must not.
NOT_PROSE = ("pre", "code", "script", "style", "table")
VOID = ("img", "br", "hr", "input", "meta", "link", "source", "col", "wbr")
RAW = re.compile(r":::|\{=html\}|```|\{\{<|\?@[\w-]+|@(?:fig|tbl|sec)-\w+|^#\| ", re.MULTILINE)


@dataclass
class Facts:
    """What a reader would miss if it differed: headings and pictures in order, and markup that shows."""

    headings: list[tuple[str, str]] = field(default_factory=list)
    pictures: list[str] = field(default_factory=list)
    raw: list[str] = field(default_factory=list)


class _Reader(HTMLParser):
    """Reads what stands in a page's <main>."""

    def __init__(self) -> None:
        super().__init__()
        self.facts, self.open, self.words, self.prose = Facts(), [], [], []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if not self.open and tag != "main":
            return
        values = dict(attrs)
        if tag == "img" or (tag == "svg" and values.get("role") == "img"):
            self.facts.pictures.append(values.get("alt") or values.get("aria-label") or "")
        if tag in HEADINGS:
            self.words = []
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self.open:
            while self.open.pop() != tag:
                pass
            if tag in HEADINGS:
                self.facts.headings.append((tag, " ".join("".join(self.words).split())))

    def handle_data(self, data: str) -> None:
        if self.open:
            self.words.append(data)
            if not set(NOT_PROSE) & set(self.open):
                self.prose.append(data)


def read_page(page: Path) -> Facts:
    reader = _Reader()
    reader.feed(page.read_text(encoding="utf-8"))
    reader.facts.raw = RAW.findall("\n".join(reader.prose))
    return reader.facts


def differences(first: Path, second: Path) -> list[str]:
    """What a reader finds in one site and not in the other, and what is raw in either; one line each."""
    pages = [{p.relative_to(site).as_posix() for p in site.rglob("*.html")} for site in (first, second)]
    found = [f"{name}: only in one site" for name in sorted(pages[0] ^ pages[1])]
    for name in sorted(pages[0] & pages[1] - {"index.html"}):
        one, other = read_page(first / name), read_page(second / name)
        unlike = [what for what in ("headings", "pictures") if getattr(one, what) != getattr(other, what)]
        found += [f"{name}: {what} differ" for what in unlike]
        found += [f"{name}: {mark} is shown" for mark in (*one.raw, *other.raw)]
    return found


def replace(name: str, pattern: str, new: str) -> Callable[[Path], None]:
    def tamper(site: Path) -> None:
        page = site / name
        text, times = re.subn(pattern, new, page.read_text(encoding="utf-8"), count=1)
        assert times == 1
        page.write_text(text, encoding="utf-8")

    return tamper


PAGE = "outputs/gulf/02_insights.html"


@pytest.mark.parametrize(
    ("tamper", "expected"),
    [
        (lambda site: None, []),
        (lambda site: (site / PAGE).unlink(), [f"{PAGE}: only in one site"]),
        (replace(PAGE, r"(?s)(<main.*?<h2[^>]*>)", r"\1More: "), [f"{PAGE}: headings differ"]),
        (replace(PAGE, r"<img [^>]*>", ""), [f"{PAGE}: pictures differ"]),
        (replace(PAGE, r"</main>", "<p>see ?@fig-trend</p></main>"), [f"{PAGE}: ?@fig-trend is shown"]),
        (replace(PAGE, r"</main>", "<p>::: {.note}</p></main>"), [f"{PAGE}: ::: is shown"]),
    ],
)
def test_what_differs_is_seen(
    built: Built, tmp_path: Path, tamper: Callable[[Path], None], expected: list[str]
):
    other = tmp_path / "site"
    shutil.copytree(built.site, other, ignore=shutil.ignore_patterns("*.csv"))
    # hostile project names hold some markup on purpose, but only in tables and lists of the sample's own pages
    before = differences(built.site, built.site)
    tamper(other)
    assert [line for line in differences(built.site, other) if line not in before] == expected


def test_quarto_and_the_embedded_renderer_make_the_same_site(built: Built, tmp_path: Path):
    if shutil.which("quarto") is None:
        pytest.skip("quarto is not on the PATH: there is no second renderer to compare the embedded one with")
    root = copy_project(built, tmp_path / "project")
    workspace = open_workspace(root=root, data=root / "data" / "export", environment={})
    site = render_site(workspace, "quarto").parent
    before = differences(built.site, built.site)
    assert [line for line in differences(built.site, site) if line not in before] == []
