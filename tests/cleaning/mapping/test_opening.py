"""Files are opened as the mapping says, and what is elsewhere than it says is named."""

import duckdb
import pytest
import xlsxwriter
from cleaning.mapping.builders_mapping import DELIVERY, DELIVERY_ENTRY, stage, write, write_mapping

from leadsmart.cleaning.mapping.files import list_data_files
from leadsmart.errors import InputProblems


def problem(folder) -> str:
    with pytest.raises(InputProblems) as error:
        stage(folder, "ad_performance")
    [found] = error.value.problems
    return str(found)


def test_rows_keep_file_and_line_of_the_foreign_file(tmp_path):
    write(tmp_path, "report.csv", DELIVERY)
    write_mapping(tmp_path, DELIVERY_ENTRY)
    rows = stage(tmp_path, "ad_performance")
    assert rows["_file"].unique().tolist() == ["report.csv"]
    assert rows["_line"].tolist() == [5, 6, 7]
    assert rows["spend"].tolist() == ["1,000.50", "20.25", "30"]
    assert rows["reach"].isna().all()


@pytest.mark.parametrize(("encoding", "delimiter"), [("utf-16", "\t"), ("utf-8-sig", ";"), ("cp1256", ",")])
def test_encoding_and_delimiter_are_found(tmp_path, encoding, delimiter):
    text = "اليوم,المعرف,المجموعة,الإنفاق\n2024-06-01,9001,1,10\n".replace(",", delimiter)
    write(tmp_path, "report.csv", text, encoding)
    columns = "{created_at: اليوم, campaign_id: المعرف, ad_set_id: المجموعة, spend: الإنفاق}"
    write_mapping(tmp_path, f"\n  - {{file: report.csv, table: insights, columns: {columns}}}")
    assert stage(tmp_path, "ad_performance")[["campaign_id", "spend"]].to_numpy().tolist() == [["9001", "10"]]


def test_a_stated_encoding_wins(tmp_path):
    write(tmp_path, "report.csv", "Día,Id,Set,Gasto\n2024-06-01,9001,1,10\n", "cp850")
    columns = "{created_at: Día, campaign_id: Id, ad_set_id: Set, spend: Gasto}"
    entry = f"\n  - {{file: report.csv, table: insights, encoding: cp850, columns: {columns}}}"
    write_mapping(tmp_path, entry)
    assert len(stage(tmp_path, "ad_performance")) == 1
    write_mapping(tmp_path, entry.replace("encoding: cp850", "encoding: klingon"))
    assert "no encoding is called 'klingon'" in problem(tmp_path)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("title_lines: 3", "title_lines: 0", "header on line 4, not on line 1. Write `title_lines: 3`"),
        (
            "Set ID",
            "Ad set ID",
            "lacks a header that mapping.yml names (column Ad set ID). Did you mean 'Set ID'?",
        ),
        ("report.csv", "other.csv", "mapping.yml: no file is called 'other.csv'"),
    ],
)
def test_what_is_not_where_the_mapping_says(tmp_path, old, new, message):
    write(tmp_path, "report.csv", DELIVERY)
    write_mapping(tmp_path, DELIVERY_ENTRY.replace(old, new))
    assert message in problem(tmp_path)


def test_a_header_that_stands_twice_is_no_column(tmp_path):
    write(tmp_path, "report.csv", DELIVERY.replace("Impr.", "Cost"))
    write_mapping(tmp_path, DELIVERY_ENTRY.replace("      impressions: Impr.\n", ""))
    assert "has a header twice that mapping.yml names (column Cost)" in problem(tmp_path)


def test_a_report_without_rows(tmp_path):
    write(tmp_path, "report.csv", "\n".join(DELIVERY.splitlines()[:4]) + "\n")
    write_mapping(tmp_path, DELIVERY_ENTRY)
    assert "has a header and no row" in problem(tmp_path)


def test_a_sheet_of_a_workbook(tmp_path):
    book = xlsxwriter.Workbook(tmp_path / "report.xlsx", {"default_date_format": "yyyy-mm-dd"})
    book.add_worksheet("Notes").write("A1", "nothing here")
    sheet = book.add_worksheet("June")
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    for n, line in enumerate(DELIVERY.splitlines()[:4]):
        sheet.write_row(n, 0, line.split(","))
    sheet.write_number(4, 0, 45444, day)
    sheet.write_row(4, 1, ["Alpha\nLeads", 120210000000006501, 1, 10.5, 100, 5])
    book.close()
    write_mapping(tmp_path, DELIVERY_ENTRY.replace("report.csv", "report.xlsx\n    sheet: June"))
    [row] = stage(tmp_path, "ad_performance").to_dict("records")
    assert (row["_file"], row["_line"]) == ("report.xlsx", 5)
    assert row["created_at"].startswith("2024-06-01")
    assert (row["campaign_id"], row["spend"]) == ("120210000000006496", "10.5")
    write_mapping(tmp_path, DELIVERY_ENTRY.replace("report.csv", "report.xlsx\n    sheet: May"))
    assert "Its sheets are Notes, June" in problem(tmp_path)


def test_a_parquet_file(tmp_path):
    connection = duckdb.connect()
    connection.execute(
        "COPY (SELECT DATE '2024-06-01' AS Day, 'Alpha' AS Campaign, 9001 AS \"Campaign ID\", 1 AS \"Set ID\", 10.5 AS Cost, "
        f"100 AS \"Impr.\", 5 AS Clicks) TO '{tmp_path / 'report.parquet'}' (FORMAT parquet)"
    )
    connection.close()
    write_mapping(
        tmp_path,
        DELIVERY_ENTRY.replace("report.csv", "report.parquet").replace("title_lines: 3", "title_lines: 0"),
    )
    [row] = stage(tmp_path, "ad_performance").to_dict("records")
    assert (row["created_at"], row["campaign_id"], row["spend"]) == ("2024-06-01", "9001", "10.5")


def test_files_come_in_the_order_of_their_numbers(tmp_path):
    for name in ("report_10.csv", "report_9.csv", "_hidden.csv", "~$report.csv", "report.doc"):
        write(tmp_path, name, DELIVERY)
    write(tmp_path / "more", "report.tsv", DELIVERY)
    assert [source.name for source in list_data_files(tmp_path)] == [
        "report_9.csv",
        "report_10.csv",
        "more/report.tsv",
    ]
