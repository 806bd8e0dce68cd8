"""Which of several files counts follows from what they hold; files that no table claims are told or refused."""

import pytest
from cleaning.builders_cleaning import (
    MARKETS,
    make_delivery,
    make_lead,
    make_tables,
    params_of,
    split,
    write_export,
    write_rows,
)

from leadsmart.cleaning.parsing.sources import name_order
from leadsmart.cleaning.reading.joined_table import read_joined
from leadsmart.cleaning.reading.load import check_export
from leadsmart.cleaning.reading.slice_rows import read_rows
from leadsmart.cleaning.reading.slices_cache import find_slices


@pytest.fixture
def folder(tmp_path):
    return write_export(tmp_path / "export", make_tables())


def last_spend(folder, tmp_path) -> str:
    """The spend of new-cairo's first ad set and day in the file that counts."""
    rows = read_rows(split(folder, tmp_path / "cache"), "ad_performance", "new-cairo")
    same = rows[rows["ad_set_id"].eq("100") & rows["created_at"].str.startswith("2024-06-01")]
    return same.loc[same["_order"].idxmax(), "spend"]


def test_names_say_the_month_and_the_number():
    names = ["insights.csv", "insights (1).csv", "insights_9.csv", "insights_10.csv", "insights_2024-06.csv"]
    names += ["insights_12-2024.csv", "insights_Dec 2024 final.csv", "insights_1-2025.csv"]
    by_letter = sorted(names)
    assert sorted(by_letter, key=name_order) == names


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("insights.csv", "insights (1).csv"),
        ("insights_12-2024.csv", "insights_1-2025.csv"),
        ("insights_december.csv", "insights_january 2025.csv"),
        ("insights_9.csv", "insights_10.csv"),
    ],
)
def test_the_same_period_twice_is_told_apart_by_the_names(folder, tmp_path, older, newer):
    text = (folder / "insights.csv").read_text()
    (folder / "insights.csv").unlink()
    (folder / older).write_text(text.replace("10.50", "8.40"))
    (folder / newer).write_text(text)
    assert last_spend(folder, tmp_path) == "10.50"


def test_the_file_that_reaches_further_counts_whatever_it_is_called(folder, tmp_path):
    later = [
        make_delivery("100", "1", spend="12"),
        make_delivery("100", "1", created_at="2024-06-09", spend="1"),
    ]
    write_rows(folder / "insights_2023-01.csv", later)
    assert last_spend(folder, tmp_path) == "12"
    slices = split(folder, tmp_path / "cache")
    [note] = slices.note_lines
    assert note == (
        "insights.csv as insights: 1 of its 5 ad sets and days stand again in insights_2023-01.csv, which reaches to "
        "2024-06-09: its rows count"
    )
    table = read_joined(slices.joins)[1]
    assert (table.rows, table.replaced, table.joined, table.lost_rows) == (7, 1, 6, 0)


def test_a_slip_in_a_year_makes_no_file_the_newest(folder, tmp_path):
    rows = [make_delivery("100", "1", spend="8.40", created_at=f"2024-05-{day:02}") for day in range(1, 29)]
    rows += [make_delivery("100", "1", spend="8.40"), make_delivery("100", "1", created_at="2031-01-01")]
    write_rows(folder / "insights_2.csv", rows)
    assert last_spend(folder, tmp_path) == "10.50"


@pytest.mark.parametrize(
    "name", ["insights_october.csv", "insights_2024-12-final.csv", "Insights-Report-Jun-1.csv"]
)
def test_a_name_that_begins_with_a_table_and_a_header_that_fits_make_a_file_one_of_its(
    folder, tmp_path, name
):
    write_rows(folder / name, [make_delivery("500", "1", created_at="2024-06-03", spend="100")])
    slices = split(folder, tmp_path / "cache")
    assert slices.inputs[name]["rows"] == 1
    assert slices.total_spend == 172.75
    assert find_slices(folder, tmp_path / "cache", params_of(MARKETS)) is not None


@pytest.mark.parametrize(
    "name", ["leads_september.csv", "campaign_leads - Copy.csv", "campaign_leads_old.csv"]
)
def test_a_file_with_all_columns_of_a_table_and_another_name_is_refused(folder, name):
    write_rows(folder / name, [make_lead("9")])
    [problem] = check_export(folder)
    assert str(problem) == (
        f"{name}: its header has the 7 columns of campaign_leads.csv, but its name does not say that it counts. Name it "
        "campaign_leads_….csv to have it read, or move it out of the folder."
    )


def test_other_files_are_named_with_what_to_do(folder, tmp_path):
    (folder / "Copy of insights.csv").write_bytes((folder / "insights.csv").read_bytes())
    (folder / "report.csv").write_text("Ad set ID,Campaign ID,Reach,Amount,Clicks,Note\n1,1,1,1,1,x\n")
    (folder / "plan.csv").write_text("what,when\na,b\n")
    (folder / "tasks.xlsx").write_bytes(b"PK\3\4")
    (folder / "archive").mkdir()
    write_rows(folder / "archive" / "insights.csv", [make_delivery()])
    for name in (
        "README.txt",
        ".hidden.csv",
        "~$insights.csv",
        "insights.csv.bak",
        "insights.csv.crdownload",
    ):
        (folder / name).write_text("Exported monthly.\n")
    slices = split(folder, tmp_path / "cache")
    assert slices.note_lines == [
        "Copy of insights.csv: is a copy of insights.csv and was not read",
        "plan.csv: feeds no table and was not read",
        "report.csv: was not read; its columns are most like those of insights.csv. Name it insights_….csv, or run "
        "`leadsmart map`",
        "tasks.xlsx: is a workbook and was not read. To use it run `leadsmart map`",
        "archive/insights.csv: was not read; its columns are most like those of insights.csv. Name it insights_….csv, "
        "or run `leadsmart map`",
    ]
    # a file more changes what is said, though nothing that is read
    (folder / "plan.csv").unlink()
    assert find_slices(folder, tmp_path / "cache", params_of(MARKETS)) is None


def test_a_line_that_a_spreadsheet_took_for_one_cell(folder, tmp_path):
    tables = make_tables()
    tables["leads"][0]["message"] = 'Hello, "there"\nand here'
    plain = split(write_export(tmp_path / "plain", tables), tmp_path / "cache")
    for path in (tmp_path / "plain").iterdir():
        lines = path.read_text().replace('"there""\n', '"there""\x00').splitlines()
        quoted = "".join('"' + line.replace('"', '""') + '"\n' for line in lines)
        (folder / path.name).write_text(quoted.replace("\x00", "\n"))
    rows = [read_rows(s, "leads", "new-cairo") for s in (plain, split(folder, tmp_path / "quoted"))]
    columns = ["id", "campaign_id", "name", "added_date", "message"]
    assert rows[0][columns].equals(rows[1][columns])
