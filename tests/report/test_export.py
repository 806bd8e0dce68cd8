"""Reports handed on as one file: everything in it, nothing that runs or calculates, and nothing asked of another host."""

import html
import re
import shutil
import zipfile
from io import StringIO
from pathlib import Path
from xml.etree import ElementTree

import pandas as pd
import pytest
from report.builders_report import FORMULA, HOSTILE_PROJECTS, MARKETS, MIXED, SCRIPT, Built, make_project

from leadsmart.display.csv_text import to_safe_csv
from leadsmart.errors import InputError, ParameterError, RenderError
from leadsmart.report.exports import export as module
from leadsmart.report.exports.export import FORMATS, export_market
from leadsmart.report.exports.workbook import read_definitions, sheet_names, write_workbook
from leadsmart.report.project.workspace import Workspace, open_workspace

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
LONG = ("Long Tower " * 40)[:299] + "X"
#: Cleaning takes links out of names, so this one reads otherwise everywhere.
SCRUBBED = '=HYPERLINK("http://x","y")'
NAMES = [SCRIPT, FORMULA, "=cmd()", "  @SUM(A1)", MIXED, "🏠 Home 🌴", 'O\'Neil "Tower" & <b>Sons</b>', LONG]


def workspace_of(root: Path) -> Workspace:
    return open_workspace(root=root, data=root, environment={})


def read_sheets(path: Path) -> dict[str, ElementTree.Element]:
    """Sheet name -> its XML, in order."""
    with zipfile.ZipFile(path) as book:
        names = [
            s.get("name") for s in ElementTree.fromstring(book.read("xl/workbook.xml")).iter(f"{MAIN}sheet")
        ]
        parts = [book.read(f"xl/worksheets/sheet{i}.xml") for i in range(1, len(names) + 1)]
    return dict(zip(names, map(ElementTree.fromstring, parts), strict=True))


def read_texts(path: Path) -> list[str]:
    with zipfile.ZipFile(path) as book:
        root = ElementTree.fromstring(book.read("xl/sharedStrings.xml"))
    return ["".join(part.text or "" for part in item.iter(f"{MAIN}t")) for item in root.iter(f"{MAIN}si")]


def read_cells(sheet: ElementTree.Element, texts: list[str]) -> list[list[str | float]]:
    return [
        [
            texts[int(c.find(f"{MAIN}v").text)] if c.get("t") == "s" else float(c.find(f"{MAIN}v").text)
            for c in row
        ]
        for row in sheet.iter(f"{MAIN}row")
    ]


def count_pages(pdf: Path) -> int:
    return len(re.findall(rb"/Type\s*/Page\b", pdf.read_bytes()))


def as_text(table: pd.DataFrame) -> pd.DataFrame:
    """A table as its CSV file has it, read as the export reads it."""
    return pd.read_csv(StringIO(to_safe_csv(table)), dtype="str", keep_default_na=False)


# --- the workbook ---------------------------------------------------------------------------------------


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A workbook of one table with a hostile name per row."""
    n = len(NAMES)
    table = pd.DataFrame(
        {
            "campaign_id": ["0012"] * n,
            "project_name": NAMES,
            "spend": [1234.5] * n,
            "ctr": [0.0123] * n,
            "leads": [7] * n,
        }
    )
    definitions = pd.DataFrame({"term": ["CPL"], "meaning": ["=spend / leads"]}, dtype="str")
    path = tmp_path / "small.xlsx"
    write_workbook({"campaigns": as_text(table)}, definitions, "EGP", path)
    return path


def test_hostile_names_are_text_in_excel_just_as_they_are(small: Path):
    sheet = read_sheets(small)["campaigns"]
    rows = read_cells(sheet, read_texts(small))
    assert [row[1] for row in rows[1:]] == NAMES
    assert not list(sheet.iter(f"{MAIN}f"))


def test_numbers_are_numbers_and_ids_are_not(small: Path):
    rows = read_cells(read_sheets(small)["campaigns"], read_texts(small))
    assert rows[0] == ["campaign_id", "project_name", "spend", "ctr", "leads"]
    assert rows[1][:1] + rows[1][2:] == ["0012", 1234.5, 0.0123, 7.0]
    with zipfile.ZipFile(small) as book:
        styles = html.unescape(book.read("xl/styles.xml").decode())
    assert '"EGP" #,##0.00' in styles and "0.0%" in styles and '"#,##0"' in styles
    assert 'quotePrefix="1"' in styles


def test_heads_are_frozen_and_filtered(small: Path):
    sheet = read_sheets(small)["campaigns"]
    assert next(sheet.iter(f"{MAIN}pane")).get("state") == "frozen"
    assert next(sheet.iter(f"{MAIN}autoFilter")).get("ref") == f"A1:E{len(NAMES) + 1}"
    assert len(list(sheet.iter(f"{MAIN}col"))) > 1


@pytest.mark.parametrize(
    ("stems", "names"),
    [
        (["a" * 40, "a" * 41], ["a" * 31, "a" * 28 + "~2"]),
        (["Weekly", "weekly"], ["Weekly", "weekly~2"]),
        (["a/b:c"], ["a_b_c"]),
    ],
)
def test_sheet_names_are_short_and_unique(stems: list[str], names: list[str]):
    assert sheet_names(stems) == names


def test_definitions_are_those_of_the_page():
    page = Path(__file__).parents[2] / "docs" / "definitions.qmd"
    table = read_definitions(page).set_index("term")
    assert table.loc["CPL (cpl)", "meaning"] == "spend / leads"
    assert not set(table.index) & {"Name", "Rule", "Outcome", ""}


def test_a_workbook_has_every_table_with_every_row(built: Built, tmp_path: Path):
    made = export_market(workspace_of(built.root), "new-cairo", "xlsx", tmp_path / "book.xlsx")
    folder = built.outputs / "new-cairo"
    files = [*sorted(folder.glob("*.csv")), *sorted(folder.glob("tables/*.csv"))]
    sheets = read_sheets(made)
    assert len(files) > 30 and list(sheets) == sheet_names(
        ["Contents", *(f.stem for f in files), "Definitions"]
    )
    texts = read_texts(made)
    for name, path in zip(list(sheets)[1:-1], files, strict=True):
        rows = read_cells(sheets[name], texts)
        table = pd.read_csv(path, dtype="str", keep_default_na=False)
        assert rows[0] == list(table.columns) and len(rows) - 1 == len(table), name
        assert not list(sheets[name].iter(f"{MAIN}f")), name
    mine = {name for name, market in HOSTILE_PROJECTS.items() if market == "new-cairo"}
    assert mine - {SCRUBBED} <= set(texts)


def test_the_same_results_make_the_same_bytes(built: Built, tmp_path: Path):
    workspace = workspace_of(built.root)
    for form in ("xlsx", "html"):
        first, second = (export_market(workspace, "gulf", form, tmp_path / f"{n}.{form}") for n in "ab")
        assert first.read_bytes() == second.read_bytes(), form


# --- one page to send by mail ---------------------------------------------------------------------------


def test_the_page_is_whole_and_asks_nothing_of_anybody(built: Built, tmp_path: Path):
    text = export_market(workspace_of(built.root), "new-cairo", "html", tmp_path / "page.html").read_text(
        "utf-8"
    )
    addresses = re.findall(r'\b(?:src|href)="([^"]*)"', text)
    ids = set(re.findall(r'\bid="([^"]*)"', text))
    assert addresses and all(a.startswith("data:image/") or a.removeprefix("#") in ids for a in addresses)
    assert not re.search(r"@import|url\((?!['\"]?data:)|<link\b|<iframe\b", text)
    assert "leadsmart.insights" not in text and "#| echo" not in text and ":::" not in text
    assert text.count('src="data:image/png') >= 8
    assert text.count("<h2>Data quality</h2>") == 1


def test_hostile_names_are_text_on_the_page(built: Built, tmp_path: Path):
    text = export_market(workspace_of(built.root), "new-cairo", "html", tmp_path / "page.html").read_text(
        "utf-8"
    )
    shown = html.unescape(text)
    for name, market in HOSTILE_PROJECTS.items():
        if name == SCRUBBED:
            continue
        assert (name in shown) is (market == "new-cairo"), name
    assert SCRIPT not in text and "<img src=x" not in text and "<b>Sons" not in text


# --- the printed summary --------------------------------------------------------------------------------


@pytest.mark.browser
@pytest.mark.parametrize("market", MARKETS)
def test_the_summary_prints_on_two_pages(built: Built, tmp_path: Path, market: str):
    if shutil.which("chromium") is None:
        pytest.skip("chromium is not on the PATH: nothing prints")
    made = export_market(workspace_of(built.root), market, "pdf", tmp_path / "summary.pdf")
    assert count_pages(made) == 2


def test_without_a_browser_the_error_says_what_to_do(
    built: Built, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(module.shutil, "which", lambda name: None)
    with pytest.raises(RenderError, match=r"no Chromium is on the PATH.*Install one of chromium"):
        export_market(workspace_of(built.root), "gulf", "pdf", tmp_path / "summary.pdf")
    assert not (tmp_path / "summary.pdf").exists()


# --- what is refused ------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", sorted(FORMATS))
def test_a_market_without_results_is_refused(tmp_path: Path, form: str):
    root = make_project(tmp_path / "project")
    with pytest.raises(InputError, match=r"gulf has no results to export.*leadsmart run gulf"):
        export_market(workspace_of(root), "gulf", form)
    assert not (root / "exports").exists()


def test_unknown_markets_and_formats_are_refused(tmp_path: Path):
    workspace = workspace_of(make_project(tmp_path / "project"))
    with pytest.raises(ParameterError, match=r"no market '\.\./x'.*gulf, new-cairo"):
        export_market(workspace, "../x", "pdf")
    with pytest.raises(ParameterError, match=r"unknown format 'docx'.*pdf, xlsx, html"):
        export_market(workspace, "gulf", "docx")
