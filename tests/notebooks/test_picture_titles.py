"""Every picture's title is made from the numbers it shows: no notebook types one."""

import ast
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def calls_of_pictures(source: str) -> Iterator[ast.Call]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2].startswith("plot_"):
            yield node


def typed_titles(source: str) -> list[str]:
    """Titles without anything computed in them, or the picture's function where it is given no title."""
    found = []
    for call in calls_of_pictures(source):
        title = next((k.value for k in call.keywords if k.arg == "title"), None)
        is_computed = title is not None and any(isinstance(n, ast.Name | ast.Call) for n in ast.walk(title))
        found += [] if is_computed else [ast.unparse(title or call.func)]
    return found


def read_cells(path: Path) -> list[str]:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_no_title_is_typed(path):
    assert [title for cell in read_cells(path) for title in typed_titles(cell)] == []


def test_pictures_are_found_at_all():
    assert sum(1 for path in NOTEBOOKS for cell in read_cells(path) for _ in calls_of_pictures(cell)) >= 15


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('figures.plot_bars(t, "a", title=message(t))', []),
        ('figures.plot_bars(t, "a", title=f"{n} leads")', []),
        ('figures.plot_bars(t, "a", title="Leads per week")', ["'Leads per week'"]),
        ('figures.plot_bars(t, "a")', ["figures.plot_bars"]),
        ('format_table(t, c, title="Leads per week")', []),
    ],
)
def test_typed_titles_are_seen(source, found):
    assert typed_titles(source) == found
