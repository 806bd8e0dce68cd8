"""Rows that join nothing are counted with their money, refused where they are many, and shown where they are few."""

import pandas as pd
import pytest
from cleaning.builders_cleaning import (
    KEY,
    make_delivery,
    make_event,
    make_lead,
    make_params,
    make_tables,
    split,
    write_export,
    write_rows,
)

from leadsmart.cleaning.clean import clean_slice
from leadsmart.cleaning.reading.joined_table import read_joined
from leadsmart.vocabulary import UNASSIGNED


def measure(tables, tmp_path):
    slices = split(write_export(tmp_path / "export", tables), tmp_path / "cache")
    return slices, {table.table: table for table in read_joined(slices.joins)}


def test_a_whole_export_joins(tmp_path):
    slices, tables = measure(make_tables(), tmp_path)
    assert {t.table: (t.rows, t.readable, t.joined) for t in tables.values()} == {
        "campaigns": (4, 4, 4),
        "ad_performance": (5, 5, 5),
        "leads": (5, 5, 5),
        "status_events": (6, 6, 6),
    }
    assert slices.note_lines == []
    spend = {e["market"]: e["joined_spend"] for e in slices.totals if e["table"] == "ad_performance"}
    assert spend == {"new-cairo": 60.75, "gulf": 5.0, "unassigned": 7.0}


def test_each_reason_is_counted_once(tmp_path):
    tables = make_tables()
    tables["ad_performance"] += [
        make_delivery("1", "99", spend="40"),
        make_delivery("1", "", spend="2"),
        make_delivery("1", "1", created_at="whenever", spend="3"),
        make_delivery("", "99", spend="4"),
        make_delivery("1", "1", spend="a lot"),
    ]
    tables["leads"] += [make_lead("7001", ""), make_lead("7002", "99")]
    tables["status_events"] += [make_event("7002"), make_event("404")]
    slices, found = measure(tables, tmp_path)
    delivery = found["ad_performance"]
    assert delivery.lost == {
        "no id": 1, "no key": 1, "unknown key": 1, "unreadable date": 1, "unreadable spend": 1,
    }  # fmt: skip
    assert (delivery.rows, delivery.readable, delivery.joined, delivery.lost_spend) == (10, 7, 5, 49.0)
    assert found["leads"].lost == {"no key": 1, "unknown key": 1}
    assert found["status_events"].lost == {"unknown key": 2}
    lost = [note["text"] for note in slices.notes if note["kind"] == "lost rows"]
    assert len(lost) == 3
    assert "5 of 10 rows (50 %) with a spend of 49.00 in no market's figures" in lost[0]


def test_blank_spend_is_no_lost_row(tmp_path):
    tables = make_tables()
    tables["ad_performance"].append(make_delivery("100", "1", created_at="2024-06-04", spend=""))
    assert measure(tables, tmp_path)[1]["ad_performance"].lost == {}


def test_a_table_that_joins_nothing_names_both_columns_and_ids_of_both(tmp_path):
    tables = make_tables()
    for lead in tables["leads"]:
        lead["campaign_id"] = f"cmp-{lead['campaign_id']}"
    problem = measure(tables, tmp_path)[1]["leads"].problem(0.2)
    assert problem is not None
    said = str(problem)
    assert said.startswith("campaign_leads.csv: 5 of 5 rows (100 %) in no market's figures")
    assert "(column campaign_id)" in said
    assert "'cmp-1'" in said
    assert "campaigns.csv has '1' and '2' in its column id" in said
    assert measure(make_tables(), tmp_path / "whole")[1]["leads"].problem(0.2) is None


def test_a_table_may_lose_as_much_as_the_parameter_says(tmp_path):
    tables = make_tables()
    tables["leads"][4]["campaign_id"] = "99"
    table = measure(tables, tmp_path)[1]["leads"]
    assert table.lost_share == 0.2
    assert table.problem(0.2) is None
    assert table.problem(0.19) is not None


def test_campaigns_that_the_export_lacks_are_told_with_leads_and_money(tmp_path):
    tables = make_tables()
    tables["campaigns"] = tables["campaigns"][1:]
    tables["leads"] += [
        make_lead("7001", "", lead_status="QUALIFIED"),
        make_lead("1001", "1", lead_status="QUALIFIED"),
    ]
    slices, _ = measure(tables, tmp_path)
    cleaned = clean_slice(
        slices, UNASSIGNED, make_params(market="new-cairo").model_copy(update={"market": UNASSIGNED}), KEY
    )
    # the lead that comes twice counts once
    assert cleaned.orphans.to_dict("records") == [
        {"campaign_id": "1", "leads": 2, "qualified": 1, "spend": 30.75},
        {"campaign_id": "no-campaign", "leads": 1, "qualified": 1, "spend": 0.0},
    ]
    assert clean_slice(slices, "gulf", make_params(market="gulf"), KEY).orphans is None


@pytest.mark.parametrize(("share", "verdict"), [(0.9, "usable"), (0.2, "not reliable")])
def test_a_market_that_the_lost_rows_may_change_is_not_reliable(tmp_path, share, verdict):
    tables = make_tables()
    tables["leads"] += [make_lead("7001", "99"), make_lead("7002", "99")]
    slices, _ = measure(tables, tmp_path)
    cleaned = clean_slice(slices, "gulf", make_params(market="gulf", max_unjoined_share=share), KEY)
    assert (cleaned.verdict == "not reliable") == (verdict == "not reliable"), cleaned.verdict_reason
    if share == 0.2:
        assert "up to 67 % of this market's may be among them" in cleaned.verdict_reason


def test_each_file_of_a_table_is_read_as_it_is_written(tmp_path):
    tables = make_tables()
    parts = {"%d/%m/%Y": tables["ad_performance"], "%m/%d/%Y": []}
    days = pd.date_range("2024-06-10", "2024-06-20")
    for number, (form, rows) in enumerate(parts.items()):
        rows[:] = [make_delivery(f"10{number}", created_at=day.strftime(form)) for day in days]
    folder = write_export(tmp_path / "export", tables)
    write_rows(folder / "insights_2.csv", parts["%m/%d/%Y"])
    found = read_joined(split(folder, tmp_path / "cache").joins)[1]
    assert (found.rows, found.lost) == (22, {})


def test_projects_are_found_however_they_are_capitalised(tmp_path):
    tables = make_tables()
    for row in tables["project_markets"]:
        row["project_name"] = f" {row['project_name'].upper()}"
    slices, _ = measure(tables, tmp_path)
    assert slices.markets == {"new-cairo": 2, "gulf": 1, "unassigned": 1}


def test_campaigns_of_several_markets_are_said(tmp_path):
    tables = make_tables()
    tables["campaigns"].append(tables["campaigns"][0] | {"project_name": "Gamma"})
    slices, _ = measure(tables, tmp_path)
    assert "1 campaign is listed with several markets" in " ".join(slices.note_lines)
