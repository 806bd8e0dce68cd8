"""Pictures of the report's main pages in both themes: ``make screenshots``, then look at each.

    python docs/screenshots.py [SITE] [FOLDER] [MARKET]

The README's pictures in docs/images/ are two of them, made from the sample.
"""

import io
import shutil
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

PAGES = {
    "home": "outputs/overview.html",
    "summary": "outputs/{market}/04_summary.html",
    "insights": "outputs/{market}/02_insights.html",
    "explore": "outputs/{market}/05_explore.html",
}
THEMES = ("light", "dark")
SIZE = {"width": 1280, "height": 900}
IS_DARK = "() => document.querySelector('html.quarto-dark, body.quarto-dark') !== null"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
COLOURS = 128


def save_screenshot(page: Page, path: Path) -> None:
    """Write what the page shows, with few colours: a third of the bytes and nothing to see of it."""
    with Image.open(io.BytesIO(page.screenshot())) as image:
        few = image.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    few.save(path, optimize=True)


def make_screenshots(site: Path, folder: Path, market: str) -> list[Path]:
    """Open each page in each theme, and write what a reader sees first."""
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        for theme in THEMES:
            page = browser.new_page(viewport=SIZE, color_scheme=theme)
            for name, address in PAGES.items():
                page.goto((site / address.format(market=market)).resolve().as_uri())
                page.wait_for_function(f"() => ({IS_DARK})() === {str(theme == 'dark').lower()}")
                made.append(folder / f"{name}-{theme}.png")
                save_screenshot(page, made[-1])
        browser.close()
    return made


if __name__ == "__main__":
    given = sys.argv[1:]
    site, folder, market = (*given, *("outputs/site", "outputs/screenshots", "new-cairo")[len(given) :])
    for path in make_screenshots(Path(site), Path(folder), market):
        sys.stdout.write(f"{path} ({path.stat().st_size / 1000:.0f} kB)\n")
