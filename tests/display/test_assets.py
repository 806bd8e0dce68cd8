"""The site's own style and script: small, and silent towards other hosts."""

import re
from pathlib import Path

import pytest
import yaml

from leadsmart.display.palette import ACCENT, BAD, CONTEXT, GOOD, NEUTRAL, PAPER, TEXT

ROOT = Path(__file__).parents[2]
ASSETS = ROOT / "assets"
PAGES = sorted((ROOT / "docs").glob("*.qmd"))


@pytest.mark.parametrize("name", ["report.css", "report.js", "explore.js"])
def test_assets_name_no_other_host_and_stay_small(name):
    text = (ASSETS / name).read_text(encoding="utf-8")

    assert not re.search(r"https?:|//[a-z]|@import|url\(", text.replace("// ", ""))
    assert len(text.encode()) < 25_000


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def colours(block: str) -> dict[str, str]:
    return dict(re.findall(r"--ls-([a-z-]+): (#[0-9a-f]{6});", block))


@pytest.mark.parametrize("theme", [0, 1])
@pytest.mark.parametrize("ink", ["text", "muted", "accent", "accent-strong", "good", "bad", "open"])
@pytest.mark.parametrize("paper", ["paper", "raised", "warn-paper", "note-paper", "bad-paper"])
def test_text_has_contrast_on_every_paper_of_both_themes(theme, ink, paper):
    blocks = re.findall(
        r"\{([^{}]*--ls-paper: #[^{}]*)\}", (ASSETS / "report.css").read_text(encoding="utf-8")
    )
    palette = colours(blocks[theme])

    assert contrast(palette[ink], palette[paper]) >= 4.5


@pytest.mark.parametrize(
    ("colour", "least"), [(TEXT, 7), (NEUTRAL, 4.5), (ACCENT, 4.5), (GOOD, 4.5), (BAD, 4.5), (CONTEXT, 3)]
)
def test_colours_of_pictures_have_contrast_on_paper(colour, least):
    assert contrast(colour, PAPER) >= least


def test_parameters_named_as_changeable_exist():
    known = set(yaml.safe_load((ROOT / "params/_defaults.yml").read_text(encoding="utf-8")))
    text = (ROOT / "docs/open-questions.qmd").read_text(encoding="utf-8")
    named = {
        name
        for line in re.findall(r"\*\*To change it:\*\*(.*?)\n\n", text, re.DOTALL)
        for name in re.findall(r"`([a-z_]+)`", line)
    }

    assert len(named) > 20
    assert named - {"qualified_within_horizon"} <= known


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_hand_written_pages_have_a_title_and_no_outside_link(page):
    text = page.read_text(encoding="utf-8")

    assert text.startswith("---\ntitle: ")
    assert "http" not in text
