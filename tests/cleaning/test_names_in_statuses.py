"""A person's name that slipped into the status is taken out; a status stays."""

from pathlib import Path

from cleaning.builders_cleaning import clean_rows, make_event, make_tables


def test_a_persons_name_in_the_status_is_taken_out(tmp_path: Path):
    tables = make_tables()
    tables["leads"][0] |= {"name": "Zeb  Quack", "lead_status": "zeb quack"}
    tables["leads"][1] |= {"name": "not qualified", "lead_status": "NOT_QUALIFIED"}
    tables["leads"][2] |= {"name": "Sunny", "lead_status": "SUNNY"}
    tables["status_events"] += [
        make_event("1002", status="Zeb Quack", created_at="2024-06-09 10:00:00"),
        make_event("1002", status="NOT_QUALIFIED", created_at="2024-06-10 10:00:00"),
    ]
    cleaned = clean_rows(tables, tmp_path)
    leads = cleaned.tables.leads.set_index("lead_id")["lead_status"]
    # what is left says nothing, so that the history counts; one word alone is no name: it could be any status of a sales team
    assert leads.to_dict() == {"1001": "QUALIFIED", "1002": "NOT_QUALIFIED", "2001": "SUNNY"}
    events = cleaned.tables.status_events
    assert "NOT_QUALIFIED" in set(events["status"]) and "ZEB_QUACK" not in set(events["status"])
    assert cleaned.quarantine["status_events"]["rule"].tolist() == ["contact_in_text"]


def test_a_status_that_the_parameters_name_is_no_name_of_a_person(tmp_path: Path):
    tables = make_tables()
    tables["leads"][0] |= {"name": "Hot Lead", "lead_status": "HOT_LEAD"}
    cleaned = clean_rows(tables, tmp_path, qualified_statuses=["QUALIFIED", "HOT_LEAD"])
    assert cleaned.tables.leads["lead_status"].iloc[0] == "HOT_LEAD"
