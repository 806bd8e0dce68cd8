"""The embedded renderer as a program of its own, whose memory, some MB per market, is given back when it ends.

Called with the folder of the site's project; it prints, as JSON, why it ``failed`` (null if it did not) and what it has
``left_out``.

The renderer indexes the source of notebook cells and not what they show, so that a search would find code and no
project. Quarto's own index is made from the pages; so is this one, afterwards.
"""

import json
import re
import sys
from html.parser import HTMLParser
from pathlib import Path

from smalldocs.config import BuildError, ConfigError
from smalldocs.site import build


def render(project: Path) -> dict[str, object]:
    """Render a site's project into its ``outputs/site``."""
    try:
        site = build(project, quiet=True)
    except (BuildError, ConfigError) as error:
        return {"failed": str(error), "left_out": []}
    if not site.warnings:
        index_shown_text(project / "outputs" / "site")
    return {"failed": None, "left_out": [str(warning) for warning in site.warnings]}


INDEX = "search.json"

_SKIPPED_TAGS = frozenset({"script", "style", "nav", "pre", "svg", "button", "h1", "h2", "h3"})
_SKIPPED_CLASSES = frozenset({"code-fold", "sourceCode"})
_VOID_TAGS = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
)


def index_shown_text(site: Path) -> None:
    """Replace the texts of ``search.json`` by what its pages show: tables and sentences, without code.

    Parameters
    ----------
    site : Path
        A built site. Its index keeps pages, sections and titles as they are.
    """
    path = site / INDEX
    if not path.is_file():
        return
    entries = json.loads(path.read_text(encoding="utf-8"))
    shown: dict[str, dict[str, str]] = {}
    for entry in entries:
        page, _, section = entry["href"].partition("#")
        if page not in shown:
            shown[page] = section_texts((site / page).read_text(encoding="utf-8"))
        entry["text"] = shown[page].get(section, "")
    path.write_text(json.dumps(entries, ensure_ascii=False), encoding="utf-8")


def section_texts(page: str) -> dict[str, str]:
    """Text that a page shows, per id of the innermost section; "" is what stands above the first.

    >>> section_texts('<main>a<section id="s"><h2>S</h2><p>b<br>c</p></section></main>d')
    {'': 'a', 's': 'b c'}
    """
    parser = _SectionParser()
    parser.feed(page)
    return {section: re.sub(r"\s+", " ", "".join(parts)).strip() for section, parts in parser.texts.items()}


class _SectionParser(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.texts: dict[str, list[str]] = {"": []}
        # per open element inside <main>: the section it is in, None where its text is left out
        self._open: list[tuple[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _VOID_TAGS:
            self._add(" ")
            return
        if not (self._open or tag == "main"):
            return
        section = self._open[-1][1] if self._open else ""
        values = dict(attrs)
        classes = set((values.get("class") or "").split())
        if tag in _SKIPPED_TAGS or classes & _SKIPPED_CLASSES:
            section = None
        elif tag == "section" and section is not None:
            section = values.get("id") or section
        self._open.append((tag, section))

    def handle_endtag(self, tag: str) -> None:
        # an element that was left open ends with the one around it
        if tag in (name for name, _ in self._open):
            while self._open.pop()[0] != tag:
                pass
            self._add(" ")

    def handle_data(self, data: str) -> None:
        self._add(data)

    def _add(self, text: str) -> None:
        if self._open and self._open[-1][1] is not None:
            self.texts.setdefault(self._open[-1][1], []).append(text)


if __name__ == "__main__":
    sys.stdout.write(json.dumps(render(Path(sys.argv[1]))))
