"""The production page's figures are those that the sample and the benchmark give."""

import runpy
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_the_page_shows_what_was_computed():
    script = runpy.run_path(str(ROOT / "benchmarks" / "production.py"))
    page = (ROOT / "docs" / "production-design.qmd").read_text(encoding="utf-8")
    assert page == script["insert"](page), "run python benchmarks/production.py and look at what changed"


def test_marks_are_there_once_each():
    page = (ROOT / "docs" / "production-design.qmd").read_text(encoding="utf-8")
    for name in ("examples", "budgets"):
        assert page.count(f"<!-- {name}: begin -->") == page.count(f"<!-- {name}: end -->") == 1
