"""No CSV that is published does anything when a spreadsheet opens it, and every project's name is in it."""

import csv
import re
from pathlib import Path

from report.builders_report import HOSTILE_PROJECTS, SCRIPT, Built

STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.IGNORECASE)


def dangerous_cells(path: Path) -> list[str]:
    with path.open(encoding="utf-8", newline="") as file:
        cells = [cell for row in csv.reader(file) for cell in row]
    return [cell for cell in cells if cell.lstrip(" ").startswith(STARTS) and not NUMBER.fullmatch(cell)]


def tables(built: Built) -> list[Path]:
    return sorted(built.outputs.rglob("*.csv"))


def test_no_cell_starts_a_formula(built: Built):
    assert len(tables(built)) > 100
    assert {str(path): cells for path in tables(built) if (cells := dangerous_cells(path))} == {}


def test_every_row_of_a_table_has_the_columns_of_its_header(built: Built):
    for path in tables(built):
        with path.open(encoding="utf-8", newline="") as file:
            widths = {len(row) for row in csv.reader(file)}
        assert len(widths) == 1, path


def test_hostile_names_are_in_the_tables_as_they_are_or_behind_an_apostrophe(built: Built):
    text = (built.outputs / "new-cairo" / "tables" / "projects.csv").read_text(encoding="utf-8")
    assert SCRIPT in text
    for name in ("=HYPERLINK", "+Plus Park"):
        assert f"'{name}" in text
    gulf = (built.outputs / "gulf" / "tables" / "projects.csv").read_text(encoding="utf-8")
    assert "'-Minus Mall" in gulf and "'@At Avenue" in gulf
    nobodys = (built.outputs / "all-markets" / "tables" / "unassigned_projects.csv").read_text(
        encoding="utf-8"
    )
    for name in (name for name, market in HOSTILE_PROJECTS.items() if market is None):
        assert name.partition('"')[0] in nobodys


def test_the_check_sees_a_formula(tmp_path: Path):
    path = tmp_path / "a.csv"
    path.write_text('a,b\n"=1+1",-0.5\n-Mall,+2e-3\n', encoding="utf-8")
    assert dangerous_cells(path) == ["=1+1", "-Mall"]
