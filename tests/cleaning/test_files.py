"""Files as spreadsheets, CRMs and ad platforms write them: all read to the same rows."""

import gzip
import zipfile
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from cleaning.builders_cleaning import (
    STEMS,
    assert_same,
    clean,
    make_campaign,
    make_delivery,
    make_lead,
    make_tables,
    split,
    write_export,
    write_rows,
)

from leadsmart.cleaning.parsing import raw_rows
from leadsmart.cleaning.parsing.encodings import Utf8Text, detect_encoding
from leadsmart.cleaning.parsing.headers import Header
from leadsmart.cleaning.parsing.records import iterate_records
from leadsmart.cleaning.reading.load import open_export
from leadsmart.cleaning.reading.slice_rows import read_rows
from leadsmart.vocabulary import TABLES


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    folder = tmp_path_factory.mktemp("plain")
    return clean(write_export(folder / "export", make_tables()), folder / "cache").tables


def assert_tables(folder: Path, cache: Path, plain) -> None:
    tables = clean(folder, cache).tables
    for table in TABLES:
        assert_same(getattr(tables, table), getattr(plain, table))


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
def test_delimiters_and_encodings(tmp_path, plain, delimiter, encoding):
    folder = write_export(tmp_path / "export", make_tables(), encoding=encoding, delimiter=delimiter)
    assert_tables(folder, tmp_path / "cache", plain)


def test_arabic_and_accents_survive_their_code_pages(tmp_path):
    for encoding, project in (
        ("cp1256", "مدينة نصر الجديدة"),
        ("cp1252", "Café Résidence à Zayed"),
        ("utf-8", "نصر é"),
    ):
        tables = make_tables()
        tables["campaigns"] = [make_campaign("1", project_name=project)]
        tables["project_markets"] = [{"project_name": project, "market": "new-cairo"}]
        folder = write_export(tmp_path / encoding, tables, encoding=encoding)
        cleaned = clean(folder, tmp_path / "cache")
        assert cleaned.tables.campaigns["project_name"].tolist() == [project]


def test_a_few_broken_bytes_do_not_change_the_encoding():
    assert detect_encoding("مدينة نصر".encode() + b"\xd9") == "utf-8"


@pytest.mark.parametrize(
    "form", ["gz", "zip", "parquet", "crlf", "cr", "nul", "sep", "blank", "trailing", "quoted"]
)
def test_forms_of_a_file(tmp_path, plain, form):
    folder = write_export(tmp_path / "export", make_tables())
    for stem in STEMS.values():
        path = folder / f"{stem}.csv"
        text = path.read_text()
        if form == "gz":
            (folder / f"{stem}.csv.gz").write_bytes(gzip.compress(text.encode(), mtime=0))
            path.unlink()
        elif form == "zip":
            with zipfile.ZipFile(folder / f"{stem}.zip", "w") as archive:
                archive.writestr(f"{stem}.csv", text)
                archive.writestr(f"__MACOSX/{stem}.csv", "x")
            path.unlink()
        elif form == "parquet":
            frame = pd.read_csv(
                path,
                parse_dates=[c for c in ("created_at", "added_date") if c in text.split("\n")[0].split(",")],
            )
            frame.to_parquet(folder / f"{stem}.parquet")
            path.unlink()
        else:
            changed = {
                "crlf": text.replace("\n", "\r\n"),
                "cr": text.replace("\n", "\r"),
                "nul": text.replace(",", ",\0", 3),
                "sep": "sep=,\n" + text,
                "blank": text.replace("\n", "\n\n") + ",,,,,,\n  \n",
                "trailing": text.replace("\n", ",,\n"),
                "quoted": "\n".join(
                    ",".join(f'"{cell}"' for cell in line.split(",")) for line in text.splitlines()
                ),
            }[form]
            path.write_bytes(changed.encode())
    assert_tables(folder, tmp_path / "cache", plain)


def test_headers_in_any_case_with_aliases_and_further_columns(tmp_path, plain):
    tables = make_tables()
    names = {
        "id": "Campaign ID",
        "project_name": " PROJECT ",
        "start_time": "Start-Date",
        "user_id": "userId",
    }
    tables["campaigns"] = [
        {names.get(k, k): v for k, v in row.items()} | {"remark": "x"} for row in tables["campaigns"]
    ]
    names = {"spend": "Amount Spent", "created_at": "Day"}
    tables["ad_performance"] = [
        {names.get(k, k): v for k, v in row.items()} for row in tables["ad_performance"]
    ]
    assert_tables(write_export(tmp_path / "export", tables), tmp_path / "cache", plain)


@pytest.mark.parametrize("place", ["beside", "folder"])
def test_monthly_drops_in_the_order_of_their_numbers(tmp_path, plain, place):
    tables = make_tables()
    rows = tables.pop("ad_performance")
    folder = write_export(tmp_path / "export", tables)
    if place == "folder":
        (folder / "insights").mkdir()
    for number, part in ((9, rows[:2]), (10, rows[2:])):
        name = f"insights_2024-{number}.csv" if place == "beside" else f"insights/{number}.csv"
        write_rows(folder / name, [dict(reversed(row.items())) for row in part])
    slices = split(folder, tmp_path / "cache")
    raw = pd.concat(read_rows(slices, "ad_performance", market) for market in slices.markets)
    assert len(raw) == 5
    assert list(dict.fromkeys(raw.sort_values("_order")["_file"].str.extract(r"(\d+)\.csv")[0])) == [
        "9",
        "10",
    ]
    assert_tables(folder, tmp_path / "cache", plain)


def test_quotes_newlines_and_delimiters_inside_fields(tmp_path):
    tables = make_tables()
    for row, message in zip(
        tables["leads"], ['first\nsecond, "third"', '5" pipe; call', "a,b", "", "x"], strict=True
    ):
        row["message"] = message
    cleaned = clean(write_export(tmp_path / "export", tables), tmp_path / "cache")
    assert cleaned.tables.leads["message"].tolist() == ['first second, "third"', '5" pipe; call', "a,b"]
    assert cleaned.ledger["rule"].isin(["unparsable_line"]).sum() == 0


def test_line_numbers_are_those_of_an_editor(tmp_path):
    tables = make_tables()
    tables["leads"][0]["message"] = "one\ntwo\nthree"
    slices = split(write_export(tmp_path / "export", tables), tmp_path / "cache")
    # the first record starts in line 2 and runs to line 4
    assert read_rows(slices, "leads", "new-cairo")["_line"].tolist() == [2, 5, 6]


def test_a_truncated_last_line_is_quarantined_alone(tmp_path, plain):
    folder = write_export(tmp_path / "export", make_tables())
    path = folder / "lead_status_changes.csv"
    path.write_text(path.read_text() + "2001,QUALI")
    cleaned = clean(folder, tmp_path / "cache", "unassigned")
    taken = cleaned.quarantine["status_events"]
    assert taken[["file", "line", "rule"]].values.tolist() == [
        ["lead_status_changes.csv", 8, "unparsable_line"]
    ]
    assert taken[["lead_id", "status", "created_at"]].isna().all(axis=None)
    assert_tables(folder, tmp_path / "cache", plain)


def test_a_quote_that_never_closes_costs_one_row(tmp_path, plain):
    folder = write_export(tmp_path / "export", make_tables())
    path = folder / "campaign_leads.csv"
    path.write_text(path.read_text().replace("3001,3,", '3001,"3,'))
    cleaned = clean(folder, tmp_path / "cache", "unassigned")
    assert cleaned.quarantine["leads"]["line"].tolist() == [5]
    assert_tables(folder, tmp_path / "cache", plain)


HEADER = Header(",", 1, ("a", "b", "c"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1,2,3\n4,5,6\n", [(2, ["1", "2", "3"]), (3, ["4", "5", "6"])]),
        ("1,2\n4,5,6", [(2, None), (3, ["4", "5", "6"])]),
        ('1,"x\ny",3\n4,5,6\n', [(2, ["1", "x\ny", "3"]), (4, ["4", "5", "6"])]),
        ('1,"x,3\n4,5,6\n', [(2, None), (3, ["4", "5", "6"])]),
        ('1,x "y" z,3\n', [(2, ["1", 'x "y" z', "3"])]),
        ('1,"x" y,3\n4,5,6\n', [(2, ["1", "x y", "3"]), (3, ["4", "5", "6"])]),
        ("1,2,3,,\n\n , ,\n", [(2, ["1", "2", "3"])]),
    ],
)
def test_records(text, expected):
    assert list(iterate_records(iter(("h\n" + text).splitlines(keepends=True)), HEADER)) == expected


def test_both_ways_of_reading_agree_and_keep_the_order(tmp_path):
    deliveries = [make_delivery(str(i), "1", spend=f"{i}.5") for i in range(30_000)]
    folder = write_export(tmp_path / "export", make_tables() | {"ad_performance": deliveries})
    files, problems = open_export(folder)
    file = files["ad_performance"][0]
    assert not problems
    found = []
    for way in ("fast", "careful"):
        with duckdb.connect() as connection:
            if way == "fast":
                raw_rows.stage_table(connection, "t", [file], tmp_path)
            else:
                columns = ", ".join(f"{name} VARCHAR" for name in file.columns)
                connection.execute(
                    f"CREATE TABLE t (_file VARCHAR, _line BIGINT, _order INT, _is_unparsable BOOL, {columns})"
                )
                text = Utf8Text(file.source.path, 30_001)
                raw_rows._stage_carefully(connection, "t", file.header, text, ["insights.csv", 0])
            found.append(
                connection.execute("SELECT ad_set_id, spend, _line FROM t ORDER BY _line").fetchall()
            )
    assert found[0] == found[1]
    assert found[0][12_345] == ("12345", "12345.5", 12_347)


def test_declared_form_columns_are_kept_and_others_are_not_read(tmp_path):
    tables = make_tables()
    tables["leads"] = [
        make_lead(
            "1001", "1", **{"Budget Range": "3M-5M", "second phone": "01001234567", "form_unit": "Villa"}
        )
    ]
    tables["status_events"] = tables["status_events"][:1]
    folder = write_export(tmp_path / "export", tables)
    leads = clean(folder, tmp_path / "cache", form_fields=["Budget Range", "unit"]).tables.leads
    assert [c for c in leads if c.startswith("form_")] == ["form_budget_range", "form_unit"]
    assert leads[["form_budget_range", "form_unit"]].values.tolist() == [["3M-5M", "Villa"]]
