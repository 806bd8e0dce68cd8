"""Money in another currency or unit, and moments in another zone."""

import pandas as pd
import pytest
from cleaning.builders_cleaning import (
    MARKETS,
    make_delivery,
    make_event,
    make_lead,
    make_params,
    make_tables,
    write_export,
)

from leadsmart.cleaning.reading.split import split_export
from leadsmart.errors import InputProblems


def split_with(tables, tmp_path, **values):
    folder = write_export(tmp_path / "export", tables)
    return split_export(folder, tmp_path / "cache", {m: make_params(market=m, **values) for m in MARKETS})


def refusal(tables, tmp_path) -> str:
    with pytest.raises(InputProblems) as caught:
        split_with(tables, tmp_path)
    [problem] = caught.value.problems
    return problem.message


def delivery(count: int = 24, factor: float = 1, **values: str):
    dates = pd.date_range("2024-06-01", periods=count).strftime("%Y-%m-%d")
    rows = [
        make_delivery(created_at=date, spend=str(round(factor * (500 + i)))) for i, date in enumerate(dates)
    ]
    return make_tables() | {"ad_performance": [row | values for row in rows]}


def test_a_currency_column_is_held_against_the_parameter(tmp_path):
    tables = delivery(currency="EGP")
    for row in tables["ad_performance"][20:]:
        row["currency"] = "usd"
    message = refusal(tables, tmp_path)
    assert "(EGP): EGP in 20 rows, USD in 4 rows" in message and "4 affected" in message


@pytest.mark.parametrize("cell", ["$5", "€5", "5 AED", "5 د.إ", "US$ 5", "£5"])
def test_a_currency_in_cells_is_held_against_the_parameter(tmp_path, cell):
    tables = delivery()
    tables["ad_performance"][3]["spend"] = cell
    assert "another currency" in refusal(tables, tmp_path)


@pytest.mark.parametrize("cell", ["EGP 5", "5 ج.م", "E£5", "LE 5", "5"])
def test_the_market_s_currency_is_no_news(tmp_path, cell):
    tables = delivery(currency="egp")
    tables["ad_performance"][3]["spend"] = cell
    assert split_with(tables, tmp_path).note_lines == []


@pytest.mark.parametrize(("factor", "unit"), [(100, "minor unit"), (1_000_000, "micros")])
def test_spend_in_another_unit_than_budgets_is_refused(tmp_path, factor, unit):
    assert unit in refusal(delivery(factor=factor), tmp_path)


def test_events_in_another_zone_are_said_with_the_offset_until_the_zone_is_set(tmp_path):
    dates = pd.date_range("2024-06-01 12:00", periods=30, freq="D")
    leads = [make_lead(str(1001 + i), added_date=f"{date}") for i, date in enumerate(dates)]
    events = [
        make_event(str(1001 + i), created_at=f"{date - pd.Timedelta(hours=3)}")
        for i, date in enumerate(dates)
    ]
    tables = make_tables() | {"leads": leads, "status_events": events}
    [line] = split_with(tables, tmp_path).note_lines
    assert (
        line.startswith("lead_status_changes.csv as lead_status_changes: 30 of 30 leads")
        and "by 3 hours" in line
    )
    assert split_with(tables, tmp_path, event_timezone="UTC").note_lines == []
