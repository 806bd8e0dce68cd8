"""Decimal marks and orders of dates are proved by the column of a file; what stays open is refused."""

import pandas as pd
import pytest
from cleaning.builders_cleaning import (
    MARKETS,
    clean_rows,
    make_delivery,
    make_lead,
    make_tables,
    split,
    write_export,
)

from leadsmart.cleaning.parsing.file_formats import FileFormats, formats_from
from leadsmart.cleaning.reading.split import split_export
from leadsmart.errors import InputProblems

from cleaning.builders_cleaning import make_params  # isort: skip


def delivery(*spends: str, impressions: str = "100") -> list[dict[str, str]]:
    return [
        make_delivery(
            "100", "1", spend=spend, impressions=impressions, created_at=f"2024-06-{day:02} 00:00:00"
        )
        for day, spend in enumerate(spends, start=1)
    ]


def with_delivery(rows) -> dict[str, list[dict[str, str]]]:
    return make_tables() | {"ad_performance": rows}


def with_leads(*dates: str) -> dict[str, list[dict[str, str]]]:
    leads = [make_lead(str(1001 + i), "1", added_date=date) for i, date in enumerate(dates)]
    return make_tables() | {"leads": leads, "status_events": make_tables()["status_events"][:1]}


def refusals(tables, tmp_path, **values) -> list[str]:
    folder = write_export(tmp_path / "export", tables)
    with pytest.raises(InputProblems) as caught:
        split_export(folder, tmp_path / "cache", {m: make_params(market=m, **values) for m in MARKETS})
    return [problem.message for problem in caught.value.problems]


def test_counts_are_whole_numbers_whatever_mark_groups_them(tmp_path):
    """A European spreadsheet: 1.472 impressions beside a spend of 1.117,50."""
    cleaned = clean_rows(with_delivery(delivery("1.117,50", "263,60", impressions="1.472")), tmp_path)
    rows = cleaned.tables.ad_performance
    assert rows["impressions"].tolist() == [1472, 1472]
    assert rows["spend"].tolist() == [1117.5, 263.6]
    notes = split(tmp_path / "export", tmp_path / "cache").note_lines
    assert notes == [
        "insights.csv as insights: 2 numbers of impressions such as 1.472 are read as 1472: counts are whole numbers"
    ]


@pytest.mark.parametrize(
    ("spends", "expected"),
    [
        (("1.472", "12.5"), [1.472, 12.5]),
        (("1.472", "12,5"), [1472, 12.5]),
        (("1,472", "12.5"), [1472, 12.5]),
        (("1,472", "1 200,5"), [1.472, 1200.5]),
        (("1,23,456", "1,472"), [123456, 1472]),
    ],
)
def test_the_column_proves_the_decimal_mark(tmp_path, spends, expected):
    assert (
        clean_rows(with_delivery(delivery(*spends)), tmp_path).tables.ad_performance["spend"].tolist()
        == expected
    )


def test_the_size_of_other_numbers_decides_and_is_said(tmp_path):
    tables = make_tables()
    tables["campaigns"][0]["daily_budget"] = "1,300"
    cleaned = clean_rows(tables, tmp_path)
    assert cleaned.tables.campaigns["daily_budget"].tolist() == [1300, 1200]
    [note] = split(tmp_path / "export", tmp_path / "cache").note_lines
    assert "read as 1300: other files of the export have a decimal point" in note or "size" in note


def test_open_numbers_are_refused_with_the_remedy(tmp_path):
    tables = with_delivery(delivery("1.472", "2.300"))
    [message] = refusals(tables, tmp_path)
    assert "two ways" in message and "column spend); 2 affected" in message and "decimal_comma" in message


def test_a_column_that_contradicts_the_parameter_is_refused(tmp_path):
    [message] = refusals(with_delivery(delivery("12,5", "1.472")), tmp_path, decimal_comma=False)
    assert "insights.csv: decimal_comma is false" in message and "1 affected; for example '12,5'" in message
    [message] = refusals(with_leads("25/12/2024", "03/04/2024"), tmp_path, date_order="mdy")
    assert "campaign_leads.csv: date_order is mdy" in message and "'25/12/2024'" in message


def test_a_stated_order_wins_over_the_period(tmp_path):
    folder = write_export(tmp_path / "export", with_leads("03/06/2024", "04/06/2024"))
    slices = split_export(
        folder, tmp_path / "cache", {m: make_params(market=m, date_order="mdy") for m in MARKETS}
    )
    assert slices.note_lines == []


def test_the_period_of_the_export_decides_an_order(tmp_path):
    """All days up to 12: June is when ads ran, the 6th of twelve months is not."""
    tables = with_leads(*(f"{day:02}/06/2024 10:00" for day in range(1, 13)))
    cleaned = clean_rows(tables, tmp_path)
    assert cleaned.tables.leads["arrived_at"].dt.month.unique().tolist() == [6]
    [note] = split(tmp_path / "export", tmp_path / "cache").note_lines
    assert (
        "12 dates of added_date such as 01/06/2024 10:00 are read as 2024-06-01: so they lie in the period"
        in note
    )


def test_open_dates_are_refused(tmp_path):
    [message] = refusals(with_leads("05/06/2024", "06/05/2024"), tmp_path)
    assert "several orders" in message and "column added_date); 2 affected" in message


def test_dates_that_prove_both_orders_are_refused(tmp_path):
    [message] = refusals(with_leads("13/06/2024", "06/14/2024", "05/06/2024"), tmp_path)
    assert "prove different orders" in message


@pytest.mark.parametrize("order", ["%d/%m/%y", "%m/%d/%y", "%y/%m/%d"])
def test_short_years_stand_where_few_numbers_do(tmp_path, order):
    days = pd.date_range("2024-06-01", periods=20)
    cleaned = clean_rows(with_leads(*days.strftime(order)), tmp_path)
    assert (
        cleaned.tables.leads["arrived_at"].dt.strftime("%Y-%m-%d").tolist()
        == days.strftime("%Y-%m-%d").tolist()
    )


def test_a_column_that_cannot_be_read_is_refused_without_names(tmp_path):
    [message] = refusals(with_leads(*(["Mona Hassan"] * 5), "2024-06-01"), tmp_path)
    assert "5 of 6 values are no dates" in message and "Mona" not in message


def test_a_cell_that_cannot_be_read_is_said(tmp_path):
    cleaned = clean_rows(with_leads("soon", *["2024-06-01"] * 9), tmp_path)
    assert len(cleaned.tables.leads) == 9
    note, lost = split(tmp_path / "export", tmp_path / "cache").note_lines
    assert "1 of 10 rows (10 %) in no market's figures" in lost
    assert "1 of 10 values are no dates in added_date" in note and "quarantined" in note


@pytest.mark.parametrize("zone", ["America/Los_Angeles", "Africa/Cairo", "Asia/Tokyo"])
@pytest.mark.parametrize(
    "written", ["2024-06-02T00:00:00+0000", "2024-06-02T00:00:00.000Z", "2024-06-02T00:00:00-08:00"]
)
def test_a_day_written_as_midnight_of_some_zone_stays_the_day(tmp_path, zone, written):
    tables = with_delivery([make_delivery("100", "1", created_at=written)])
    rows = clean_rows(tables, tmp_path, timezone=zone).tables.ad_performance
    assert rows["delivery_date"].dt.strftime("%Y-%m-%d").tolist() == ["2024-06-02"]


def test_files_of_a_table_are_read_each_as_it_is_written(tmp_path):
    folder = write_export(tmp_path / "export", with_delivery(delivery("1.472", "12.5")))
    write_export(tmp_path / "more", {"ad_performance": delivery("1.472", "12,5")}, delimiter=";")
    (tmp_path / "more" / "insights.csv").rename(folder / "insights_2.csv")
    slices = split(folder, tmp_path / "cache")
    assert slices.total_spend == pytest.approx(1.472 + 12.5 + 1472 + 12.5)
    formats: FileFormats = formats_from(slices.formats)
    assert {c.file: c.decimal_comma for c in formats.columns} == {
        "insights.csv": False,
        "insights_2.csv": True,
    }
