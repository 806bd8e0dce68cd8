"""The grain of delivery: finer rows are summed, coarser ones refused or spread, totals left out."""

import pytest
from cleaning.builders_cleaning import (
    MARKETS,
    clean_rows,
    ledger_rows,
    make_campaign,
    make_delivery,
    make_params,
    make_tables,
    split,
    write_export,
)

from leadsmart.cleaning.reading.split import split_export
from leadsmart.errors import InputProblems


def with_delivery(rows):
    return make_tables() | {"ad_performance": rows}


def days(count: int, **values: str) -> list[dict[str, str]]:
    return [make_delivery(created_at=f"2024-06-{day:02}", **values) for day in range(1, count + 1)]


def refusals(tables, tmp_path, **values) -> list[str]:
    folder = write_export(tmp_path / "export", tables)
    with pytest.raises(InputProblems) as caught:
        split_export(folder, tmp_path / "cache", {m: make_params(market=m, **values) for m in MARKETS})
    return [problem.message for problem in caught.value.problems]


def notes(tmp_path) -> list[str]:
    return [note["kind"] for note in split(tmp_path / "export", tmp_path / "cache").notes]


def test_equal_parts_of_a_breakdown_are_summed(tmp_path):
    rows = [row | {"Age": age} for row in days(3) for age in ("25-34", "35-44")]
    cleaned = clean_rows(with_delivery(rows), tmp_path)
    assert cleaned.tables.ad_performance["spend"].tolist() == [21.0] * 3
    assert cleaned.tables.ad_performance["reach"].tolist() == [80] * 3
    assert ledger_rows(cleaned, "ad_performance", "finer_row") == 3
    assert notes(tmp_path) == ["finer grain"]


def test_hours_are_summed(tmp_path):
    rows = [make_delivery(created_at=f"2024-06-01 {hour:02}:00:00") for hour in range(24)]
    cleaned = clean_rows(with_delivery(rows), tmp_path)
    assert cleaned.tables.ad_performance["spend"].tolist() == [252.0]
    assert ledger_rows(cleaned, "ad_performance", "exact_duplicate") == 0


def test_the_whole_of_a_breakdown_is_a_total(tmp_path):
    rows = [row | {"Age": age} for row in days(3) for age in ("25-34", "35-44")]
    rows += [row | {"Age": "", "spend": "21"} for row in days(3)]
    cleaned = clean_rows(with_delivery(rows), tmp_path)
    assert cleaned.tables.ad_performance["spend"].sum() == pytest.approx(63)
    assert ledger_rows(cleaned, "ad_performance", "total_line") == 3


def test_a_breakdown_whose_column_is_missing_or_rows_pasted_twice_are_refused(tmp_path):
    [message] = refusals(with_delivery(days(20) * 2), tmp_path)
    assert "20 of 40 rows are there twice" in message and "ad set 100 on 2024-06-01" in message


def test_days_stated_again_in_the_same_file_are_refused(tmp_path):
    again = [row | {"spend": "99"} for row in days(5)]
    [message] = refusals(with_delivery(days(20) + again), tmp_path)
    assert "5 of 25 rows state the same ad set and day again" in message and "file of their own" in message


def test_a_few_slips_are_merged_as_before(tmp_path):
    cleaned = clean_rows(
        with_delivery([*days(20), make_delivery(created_at="2024-06-01", spend="1")]), tmp_path
    )
    assert ledger_rows(cleaned, "ad_performance", "same_day") == 1
    assert notes(tmp_path) == []


@pytest.mark.parametrize("word", ["Total", "GRAND TOTAL", "المجموع", "Gesamt"])
def test_a_total_line_is_left_out_and_held_against_its_rows(tmp_path, word):
    total = make_delivery(word, "", created_at="", spend="60")
    cleaned = clean_rows(with_delivery([*days(5), total]), tmp_path, market="unassigned")
    assert ledger_rows(cleaned, "ad_performance", "total_line") == 1
    [_, stated] = split(tmp_path / "export", tmp_path / "cache").note_lines
    assert "states a total of 60.00, its rows add up to 52.50 (difference +7.50)" in stated


def test_a_line_without_keys_is_a_total_where_it_adds_up(tmp_path):
    tables = with_delivery([make_delivery("", "", created_at="", spend="52.5"), *days(5)])
    assert ledger_rows(clean_rows(tables, tmp_path, market="unassigned"), "ad_performance", "total_line") == 1
    tables = with_delivery([make_delivery("", "", created_at="", spend="17"), *days(5)])
    cleaned = clean_rows(tables, tmp_path / "other", market="unassigned")
    assert ledger_rows(cleaned, "ad_performance", "missing_id") == 1


def weeks(end: bool, count: int = 12, spend: str = "10000") -> list[dict[str, str]]:
    rows = []
    for i in range(count):
        row = make_delivery(
            str(100 + i % 2), created_at=f"2024-0{6 + i // 8}-{1 + 7 * (i // 2 % 4):02}", spend=spend
        )
        rows.append(
            row | ({"Reporting ends": row["created_at"][:8] + f"{7 + 7 * (i // 2 % 4):02}"} if end else {})
        )
    return rows


def test_rows_for_several_days_are_refused(tmp_path):
    [message] = refusals(with_delivery(weeks(end=True)), tmp_path)
    assert "12 rows are for more than one day, for up to 7" in message and "breakdown by day" in message


def test_rows_for_several_days_are_spread_where_a_parameter_says_so(tmp_path):
    campaign = make_campaign(stop_time="2024-06-05 23:59:59")
    row = make_delivery(created_at="2024-06-01", spend="100", clicks="7", impressions="100") | {
        "date_stop": "2024-06-07"
    }
    tables = with_delivery([row]) | {"campaigns": [campaign, *make_tables()["campaigns"][1:]]}
    folder = write_export(tmp_path / "export", tables)
    params = {m: make_params(market=m, coarse_delivery="spread") for m in MARKETS}
    assert "spread evenly" in split_export(folder, tmp_path / "cache", params).note_lines[0]
    from leadsmart.cleaning.clean import clean_slice

    slices = split_export(folder, tmp_path / "cache", params)
    rows = clean_slice(slices, MARKETS[0], params[MARKETS[0]], b"key").tables.ad_performance
    # on the five days on which its campaign ran
    assert rows["delivery_date"].dt.day.tolist() == [1, 2, 3, 4, 5]
    assert rows["spend"].tolist() == [20.0] * 5
    assert rows["clicks"].sum() == 7 and (rows["clicks"] % 1 == 0).all()
    assert rows["reach"].isna().all()


def test_even_steps_are_coarse_only_where_a_row_spends_several_daily_budgets(tmp_path):
    tables = with_delivery(days(20)) | {"ad_performance": _steps("8000")}
    [message] = refusals(tables, tmp_path)
    assert "one per ad set and week" in message and "6.7 daily budgets" in message
    # ads that run on one day of the week
    split(write_export(tmp_path / "other", tables | {"ad_performance": _steps("1200")}), tmp_path / "cache")


def _steps(spend: str) -> list[dict[str, str]]:
    dates = [
        f"2024-{month:02}-{day:02}" for month, day in ((6, 3), (6, 10), (6, 17), (6, 24), (7, 1), (7, 8))
    ]
    return [
        make_delivery(ad_set, campaign, created_at=date, spend=spend)
        for ad_set, campaign in (("100", "1"), ("200", "2"), ("300", "3"))
        for date in dates
    ]


def test_a_period_of_one_day_is_a_day(tmp_path):
    rows = [row | {"Reporting ends": row["created_at"]} for row in days(5)]
    assert len(clean_rows(with_delivery(rows), tmp_path).tables.ad_performance) == 5
    assert notes(tmp_path) == []
