"""Pages for everybody: axe finds nothing, keys reach everything, pictures and pages work without being seen or run."""

import functools
import http.server
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page
from report.builders_report import MARKETS, Built, Seen

pytestmark = pytest.mark.browser

MEGABYTE = 1_000_000
PHONE = {"width": 360, "height": 740}
#: Rules that a theme can change; all others see the same page in both.
COLOUR = {"runOnly": {"type": "tag", "values": ["cat.color"]}}
#: Saying where each of thousands of sound elements stands would take most of the time.
BRIEF = {"resultTypes": ["violations"]}
IS_DARK = "() => document.querySelector('html.quarto-dark, body.quarto-dark') !== null"
#: What has the focus, in few words.
FOCUSED = """() => {
  const e = document.activeElement;
  if (e === document.body) return "page";
  if (e.closest("th")) return "head of a column";
  if (e.matches("summary")) return "folded code";
  if (e.matches(".quarto-color-scheme-toggle")) return "theme";
  if (e.matches("#quarto-search input, #quarto-search button")) return "search";
  if (e.matches(".ls-tools input")) return "search in a table";
  if (e.matches("a[download]")) return "download";
  if (e.closest("#quarto-sidebar")) return "pages";
  return e.tagName.toLowerCase();
}"""
#: Whether the element with the focus is drawn differently for having it.
HAS_OUTLINE = "() => getComputedStyle(document.activeElement).outlineStyle !== 'none'"


def pages_of(report: Built) -> list[Path]:
    """Every page but the front door, which only leads on."""
    return [path for path in report.pages() if path.relative_to(report.site).as_posix() != "index.html"]


def violations(page: Page, rules: dict | None = None) -> list[str]:
    found = Axe().run(page, options={**BRIEF, **(rules or {})}).response
    assert found["passes"], "axe looked at nothing"
    return [
        f"{urlsplit(page.url).path.rpartition('/site/')[2]}: {problem['id']}: {problem['nodes'][0]['html'][:120]}"
        for problem in found["violations"]
    ]


def test_axe_finds_no_violation_in_either_theme(report: Built, page: Page):
    problems = []
    # or the colours of the theme just left would still be fading
    page.emulate_media(reduced_motion="reduce")
    for path in pages_of(report):
        page.goto(path.as_uri())
        assert not page.evaluate(IS_DARK)
        problems += violations(page)
        page.locator(".quarto-color-scheme-toggle").first.click()
        page.wait_for_function(IS_DARK)
        problems += violations(page, COLOUR)
        page.evaluate("() => localStorage.clear()")
    assert problems == []


def test_axe_sees_what_is_wrong(page: Page):
    page.set_content(
        '<main><h1>x</h1><p style="color:#ccc;background:#fff">pale</p><img src="data:,"></main>'
    )
    problems = "\n".join(violations(page))
    assert "color-contrast" in problems and "image-alt" in problems
    assert "color-contrast" in "\n".join(violations(page, COLOUR))


def test_keys_reach_everything(built: Built, page: Page):
    """Tab from the top of a page to its end, and what the keys do on the way."""
    page.goto((built.site / "outputs/new-cairo/02_insights.html").as_uri())
    wanted = {"theme", "search", "pages", "search in a table", "head of a column", "folded code", "download"}
    seen: set[str] = set()
    for _ in range(600):
        page.keyboard.press("Tab")
        focused = page.evaluate(FOCUSED)
        if focused == "page":
            break
        if focused not in seen:
            assert page.evaluate(HAS_OUTLINE), f"{focused} hides its focus"
        seen.add(focused)
    assert wanted <= seen


def test_keys_do_what_the_mouse_does(built: Built, page: Page):
    page.goto((built.site / "outputs/new-cairo/02_insights.html").as_uri())
    theme = page.locator(".quarto-color-scheme-toggle").first
    theme.press("Enter")
    page.wait_for_function(IS_DARK)
    theme.press("Enter")
    page.wait_for_function(f"() => !({IS_DARK})()")
    code = page.locator("details.code-fold").first
    code.locator("summary").press("Enter")
    assert code.evaluate("(details) => details.open")
    head = page.locator("table.ls-sortable th").nth(1)
    for key, direction in (("Enter", "descending"), (" ", "ascending")):
        head.locator("button").press(key)
        assert head.get_attribute("aria-sort") == direction
    section = page.locator('#quarto-sidebar a[role="button"][aria-expanded]').first
    before = section.get_attribute("aria-expanded")
    section.press("Enter")
    assert section.get_attribute("aria-expanded") != before


def test_what_stands_for_a_picture_is_its_message(report: Built, page: Page):
    found = 0
    for path in pages_of(report):
        page.goto(path.as_uri())
        pairs = page.locator("figure.ls-figure").evaluate_all(
            "(all) => all.map(f => [f.querySelector('.ls-figure-title').textContent, f.querySelector('img').alt])"
        )
        found += len(pairs)
        for title, alternative in pairs:
            assert alternative.strip() and (title in alternative or len(alternative) > len(title)), path
            assert not re.search(r"\.png|^(figure|image|picture|plot|chart)\b", alternative, re.IGNORECASE), (
                path
            )
    assert found >= 10


def test_a_page_is_light_and_what_pages_share_is_a_file(report: Built):
    for path in pages_of(report):
        text = path.read_text(encoding="utf-8")
        name = path.relative_to(report.site)
        assert path.stat().st_size <= MEGABYTE, f"{name} weighs {path.stat().st_size / MEGABYTE:.2f} MB"
        inline = re.findall(r"<(script|style)\b(?![^>]*\bsrc=)(?![^>]*json)[^>]*>(.*?)</\1>", text, re.DOTALL)
        assert sum(len(body) for _, body in inline) < 3_000, f"{name} carries scripts or styles of its own"
        assert '<script src="' in text and "report.css" in text
    for name in ("report.js", "report.css"):
        assert [p.relative_to(report.site).as_posix() for p in report.site.rglob(name)] == [f"assets/{name}"]


def test_pages_are_read_without_script(report: Built, browser: Browser):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    for path in pages_of(report):
        page.goto(path.as_uri())
        assert page.locator("main h1").first.is_visible(), path
        assert len(page.locator("main").inner_text()) > 100, path
        rows = page.locator("main table.ls-sortable tbody tr")
        if rows.count():
            assert rows.last.is_visible(), f"{path.name} hides rows without script"
    page.goto((report.site / "index.html").as_uri())
    page.wait_for_url("**/outputs/overview.html")
    context.close()


def test_a_phone_scrolls_no_page_sideways(report: Built, browser: Browser):
    page = browser.new_page(viewport=PHONE)
    wide = []
    for path in pages_of(report):
        page.goto(path.as_uri())
        width = page.evaluate("() => document.documentElement.scrollWidth")
        wide += [f"{path.relative_to(report.site)}: {width} px"] if width > PHONE["width"] else []
    page.close()
    assert wide == []


def test_the_summary_prints_on_two_pages(report: Built, page: Page):
    for market in MARKETS:
        page.goto((report.site / f"outputs/{market}/04_summary.html").as_uri())
        printed = page.pdf(prefer_css_page_size=True)
        assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 2, market


class _QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Print nothing for each request."""


@pytest.fixture
def below(report: Built, tmp_path: Path) -> Iterator[str]:
    """Address of the site below a path of a web server, as an intranet would have it."""
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "y").symlink_to(report.site, target_is_directory=True)
    handler = functools.partial(_QuietHandler, directory=str(tmp_path))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/x/y/"
        server.shutdown()
        thread.join()


def test_the_site_works_below_a_path_of_a_server(report: Built, below: str, page: Page, seen: Seen):
    answers: list[tuple[int, str]] = []
    page.on("response", lambda answer: answers.append((answer.status, answer.url)))
    page.goto(below)
    page.wait_for_url(f"{below}outputs/overview.html")
    for path in pages_of(report):
        page.goto(below + path.relative_to(report.site).as_posix())
    page.get_by_role("searchbox").first.press_sequentially("verdict", delay=20)
    hit = page.locator(".smalldocs-search-results a").first
    hit.wait_for(timeout=10_000)
    assert hit.evaluate("(link) => link.href").startswith(below)
    assert [url for url in seen.requests if not url.startswith((below, "data:", "blob:"))] == []
    assert [answer for answer in answers if answer[0] >= 400] == []
    assert seen.errors == [] and seen.dialogs == []
