"""What is said of an export's statuses, history and credits before rows are cleaned."""

from copy import deepcopy

import pytest
from cleaning.builders_cleaning import MARKETS, clean_rows, make_tables, params_of, split, write_export

from leadsmart.cleaning.reading.split import split_export


def notes(tables, folder, **params) -> dict[str, str]:
    export = write_export(folder / "export", deepcopy(tables))
    found = split_export(export, folder / "cache", params_of(MARKETS)).notes
    return {note["kind"]: note["text"] for note in found}


def test_nothing_is_noted_of_an_export_without_a_fault(tmp_path):
    assert notes(make_tables(), tmp_path) == {}


@pytest.mark.parametrize("content", [None, "", "\n", "lead_id,status,created_at\n"])
def test_a_history_may_be_missing_or_empty(tmp_path, content):
    tables = make_tables()
    del tables["status_events"]
    folder = write_export(tmp_path / "export", tables)
    if content is not None:
        (folder / "lead_status_changes.csv").write_text(content)
    slices = split(folder, tmp_path / "cache")
    [line] = slices.note_lines
    assert line.startswith(
        "lead_status_changes.csv as lead_status_changes: there is no status history, so nobody can tell"
    )
    assert slices.raw_totals.set_index("table")["rows"].to_dict() == {
        "campaigns": 4, "ad_performance": 5, "leads": 5, "status_events": 0,
    }  # fmt: skip


def test_statuses_of_another_system_are_named_with_the_remedy(tmp_path):
    tables = make_tables()
    for lead, status in zip(
        tables["leads"], ["WON", "WON", "Lost", "NEW_LEAD", "mona@gmail.com"], strict=True
    ):
        lead["lead_status"] = status
    text = notes(tables, tmp_path)["unknown statuses"]
    assert text.startswith(
        "4 of 5 leads (80 %) have a status that no parameter explains: WON (2), LOST (1); "
    )
    assert "status_aliases" in text


def test_most_statuses_unknown_makes_a_market_not_reliable(tmp_path):
    tables = make_tables()
    for lead in tables["leads"][:2]:
        lead["lead_status"] = "SQL"
    tables["status_events"] = [event for event in tables["status_events"] if event["lead_id"] > "2000"]
    cleaned = clean_rows(tables, tmp_path)
    assert cleaned.verdict == "not reliable"
    assert "67 % of the leads have a status that no parameter explains" in cleaned.verdict_reason
    known = clean_rows(tables, tmp_path / "known", status_aliases={"SQL": "QUALIFIED"})
    assert known.verdict != "not reliable"


def test_own_statuses_that_nobody_keeps_are_said(tmp_path):
    tables = make_tables()
    tables["leads"] += [tables["leads"][0] | {"id": f"110{i}"} for i in range(4)]
    for lead in (tables["leads"][0], *tables["leads"][5:]):
        lead["lead_status"] = "Created"
        tables["status_events"].append(tables["status_events"][1] | {"lead_id": lead["id"]})
    text = notes(tables, tmp_path)["older statuses"]
    assert text.startswith(
        "5 of 5 leads that were worked on by their history still have the status in which they came"
    )


def test_credits_are_said_with_their_money(tmp_path):
    tables = make_tables()
    tables["ad_performance"][0]["spend"] = "-10.50"
    tables["ad_performance"][1]["spend"] = "(4.00)"
    text = notes(tables, tmp_path)["refunds"]
    assert text.startswith("2 rows have negative spend, -14.50 in all: taken out")


def test_what_is_no_delivery_and_no_lead_leaves_the_market_reliable(tmp_path):
    tables = make_tables()
    blank = {"spend": "", "reach": "", "impressions": "", "clicks": ""}
    tables["ad_performance"] += [
        tables["ad_performance"][0] | blank | {"created_at": f"2024-06-0{i}"} for i in (3, 4)
    ]
    tables["leads"] += [tables["leads"][0] | {"id": f"900{i}", "email": "test@fb.com"} for i in (1, 2)]
    cleaned = clean_rows(tables, tmp_path, max_quarantine_share=0.01)
    assert cleaned.verdict != "not reliable"
    excluded = cleaned.ledger[cleaned.ledger["action"] == "excluded"].set_index("rule")["rows"]
    assert excluded.to_dict() == {"no_delivery": 2, "test_lead": 2}
    assert not any(len(rows) for rows in cleaned.quarantine.values())
