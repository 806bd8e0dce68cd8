"""The site as a reader sees it, in Chromium: from files without a network, and served by `leadsmart preview`."""

import json
import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pandas as pd
import pytest
from playwright.sync_api import Page
from report.builders_report import (
    FORMULA,
    HOSTILE_PROJECTS,
    MARKETS,
    MIXED,
    SCRIPT,
    TITLES,
    Built,
    Seen,
)

pytestmark = pytest.mark.browser

STEPS = ("04_summary", "01_cleaning", "02_insights", "05_explore", "03_classification")
ABOUT = (
    "method",
    "definitions",
    "monthly-run",
    "bring-your-own-export",
    "production-design",
    "open-questions",
)
LINKS = "(all) => all.map(a => a.href)"
MARKUP = re.compile(r":::|\{=html\}|```|\{\{<|Traceback|&lt;|&amp;|^#\|", re.MULTILINE)


def market_pages() -> list[str]:
    return [f"outputs/{market}/{step}.html" for market in MARKETS for step in STEPS]


def every_page() -> list[str]:
    across = ["outputs/overview.html", "outputs/pooled_model.html", "outputs/unassigned/01_cleaning.html"]
    return [*across, *market_pages(), *(f"docs/{name}.html" for name in ABOUT)]


def navigation_of(page: Page, base: str) -> set[str]:
    """Pages that the navbar and the sidebar link to, as seen from the site's root."""
    links = page.locator("#quarto-header a[href], #quarto-sidebar a[href]").evaluate_all(LINKS)
    inside = [link.partition("#")[0] for link in links if link.startswith(base)]
    return {link.removeprefix(base) for link in inside} - {""}


def body_text(page: Page) -> str:
    """The text of the page's own content, code and hidden tabs included, navigation aside."""
    text = page.locator("main").evaluate("(main) => main.textContent")
    return re.sub(r"[ \u00a0\u202f]+", " ", text)


def test_every_page_of_the_navigation_loads_and_asks_no_other_host(report: Built, page: Page, seen: Seen):
    base = f"{report.site.as_uri()}/"
    walk_the_navigation(page, base)
    assert hosts_of(seen) == {""}
    assert seen.dialogs == []


def test_every_page_of_the_navigation_loads_from_the_preview(address: str, page: Page, seen: Seen):
    walk_the_navigation(page, address)
    assert hosts_of(seen) == {urlsplit(address).netloc}
    assert seen.dialogs == seen.errors == []


def walk_the_navigation(page: Page, base: str) -> None:
    page.goto(f"{base}outputs/overview.html")
    linked = navigation_of(page, base)
    assert linked - {"index.html"} == set(every_page())
    for name in sorted(linked - {"index.html"}):
        answer = page.goto(base + name, wait_until="load")
        assert answer is None or answer.status in (0, 200), name
        assert page.locator("main h1").first.inner_text().strip(), name
        assert navigation_of(page, base) >= set(every_page()), f"{name} leads nowhere else"


def hosts_of(seen: Seen) -> set[str]:
    return {urlsplit(url).netloc for url in seen.requests if not url.startswith(("data:", "blob:"))}


def test_the_front_door_leads_to_all_markets(built: Built, page: Page):
    page.goto(f"{built.site.as_uri()}/index.html")
    page.wait_for_url("**/outputs/overview.html")


@pytest.mark.parametrize("name", every_page())
def test_a_page_is_whole(report: Built, page: Page, seen: Seen, name: str):
    """Pictures have alternative text, nothing raw or broken is shown, every link leads somewhere."""
    page.goto(f"{report.site.as_uri()}/{name}")
    pictures = page.locator("img").evaluate_all("(all) => all.map(i => [i.alt.trim(), i.naturalWidth])")
    for alternative, width in pictures:
        assert len(alternative) > 10 and width > 0, (name, alternative, width)
    if name.endswith("02_insights.html"):
        assert len(pictures) >= 3
    found = MARKUP.findall(page.locator("body").inner_text())
    # the hostile project names hold some of it on purpose
    assert [mark for mark in found if mark != "{{<"] == []
    for link in page.locator("a[href]").evaluate_all(LINKS):
        if link.startswith("file:"):
            target = Path(unquote(urlsplit(link).path))
            assert target.is_file() and target.is_relative_to(report.site), f"{name} links to {link}"
            fragment = unquote(urlsplit(link).fragment)
            # on Explore an address with = is a choice, not a place
            if (
                fragment
                and not (name.endswith("05_explore.html") and "=" in fragment)
                and target == report.site / name
            ):
                assert page.locator(f'[id="{fragment}"]').count(), f"{name} links to #{fragment}"
        else:
            assert urlsplit(link).scheme in ("https", ""), f"{name} links to {link}"
    assert seen.dialogs == []


def figures_of(built: Built, market: str) -> tuple[int, float]:
    """Leads and spend of a market from its clean tables."""
    clean = built.outputs / market / "clean"
    leads = pd.read_parquet(clean / "leads.parquet")
    return len(leads), float(pd.read_parquet(clean / "ad_performance.parquet")["spend"].sum())


@pytest.mark.parametrize("market", MARKETS)
def test_pages_say_the_sentences_of_the_files(report: Built, page: Page, market: str):
    def statements(name: str) -> list[str]:
        entries = json.loads((report.outputs / market / name).read_text(encoding="utf-8"))
        # data gaps are judged by the classifier's page
        return [one_line(entry["statement"]) for entry in entries if entry["key"] != "data_gaps"]

    findings, recommendations = statements("findings.json"), statements("recommendations.json")
    assert len(findings) == 4 and recommendations
    page.goto(f"{report.site.as_uri()}/outputs/{market}/04_summary.html")
    text = one_line(body_text(page))
    for sentence in [*findings, *recommendations]:
        assert sentence in text, f"the summary of {market} does not say: {sentence}"


def one_line(text: str) -> str:
    return re.sub(r"\s+", " ", text)


@pytest.mark.parametrize("market", MARKETS)
def test_a_market_shows_its_own_numbers_and_no_others(built: Built, page: Page, market: str):
    (other,) = set(MARKETS) - {market}
    leads, spend = figures_of(built, market)
    other_leads, other_spend = figures_of(built, other)
    others_projects = {name for name, of in HOSTILE_PROJECTS.items() if of != market}
    assert (leads, round(spend)) != (other_leads, round(other_spend))
    for step in STEPS:
        page.goto(f"{built.site.as_uri()}/outputs/{market}/{step}.html")
        text = body_text(page)
        assert TITLES[market] in page.title() and TITLES[other] not in page.title()
        assert TITLES[market] in text
        assert not re.search(rf"\b{TITLES[other]}\b", text), f"{step} of {market} speaks of {TITLES[other]}"
        for name in others_projects:
            assert name not in text, f"{step} of {market} shows the project {name} of another"
        if step == "04_summary":
            assert f"brought {leads:,} leads" in text
            assert f"spent EGP {spend / 1000:.0f} k" in text, spend
            assert (
                f"brought {other_leads:,} leads" not in text and f"EGP {other_spend / 1000:.0f} k" not in text
            )


def test_the_overview_shows_every_market_with_its_own_leads(built: Built, page: Page):
    page.goto(f"{built.site.as_uri()}/outputs/overview.html")
    rows = page.locator("main table").first.locator("tbody tr").all_inner_texts()
    for market in MARKETS:
        leads, _ = figures_of(built, market)
        (row,) = [row for row in rows if TITLES[market] in row]
        assert f"{leads:,}" in row.split("\t")[1:][0] or f"{leads:,}" in row


def test_hostile_projects_are_text(built: Built, page: Page, seen: Seen):
    shown = set()
    for market in MARKETS:
        page.goto(f"{built.site.as_uri()}/outputs/{market}/02_insights.html")
        text = body_text(page)
        shown |= {name for name, of in HOSTILE_PROJECTS.items() if of == market and name in text}
        scripts = page.locator("script").evaluate_all("(all) => all.map(s => s.textContent)")
        assert not [script for script in scripts if "alert(" in script]
        assert page.locator("img[onerror], a[href^='javascript']").count() == 0
        assert page.locator("main b:text-is('Sons')").count() == 0
    assert {SCRIPT, FORMULA, MIXED, "🏠 Home 🌴", "-Minus Mall", "@At Avenue"} <= shown
    assert "<img src=x onerror=alert(2)>" in shown
    page.goto(f"{built.site.as_uri()}/outputs/overview.html")
    assert "<script>alert(4)</script> of nobody" in body_text(page)
    assert seen.dialogs == []


def test_search_finds_a_project_over_http(address: str, page: Page, seen: Seen):
    page.goto(f"{address}outputs/overview.html")
    box = page.get_by_role("searchbox").first
    box.click()
    box.press_sequentially("Palm Tower", delay=20)
    hit = page.locator(".smalldocs-search-results a").first
    hit.wait_for(timeout=10_000)
    links = page.locator(".smalldocs-search-results a").evaluate_all(LINKS)
    assert any("outputs/new-cairo/02_insights.html" in link for link in links), links
    assert seen.errors == [] and seen.dialogs == []


def test_the_server_is_reached_from_this_machine_only(address: str):
    assert urlsplit(address).hostname == "127.0.0.1"


def test_downloads_equal_the_tables(report: Built, page: Page):
    """Every CSV of the site is the table's file, byte for byte, and the links of a page lead to them."""
    tables = sorted(report.site.glob("outputs/**/*.csv"))
    assert len(tables) > 50
    for path in tables:
        table = report.outputs / path.relative_to(report.site / "outputs")
        assert path.read_bytes() == table.read_bytes(), path
    page.goto(f"{report.site.as_uri()}/outputs/new-cairo/02_insights.html")
    links = page.locator("main a[href$='.csv']").evaluate_all(LINKS)
    assert len(links) > 5
    assert {Path(unquote(urlsplit(link).path)) for link in links} <= set(tables)


def test_the_preview_hands_out_the_tables(built: Built, address: str, page: Page):
    page.goto(f"{address}outputs/new-cairo/02_insights.html")
    links = page.locator("main a[href$='.csv']").evaluate_all(LINKS)
    assert len(links) > 5
    for link in links:
        answer = page.request.get(link)
        relative = Path(urlsplit(link).path).relative_to("/outputs")
        assert answer.status == 200 and answer.body() == (built.outputs / relative).read_bytes(), link
