"""What a cleaned market says: ledger, verdict, assumptions, feedback, spellings, some users only."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from cleaning.builders_cleaning import (
    KEY,
    ROOT,
    clean_rows,
    make_campaign,
    make_delivery,
    make_event,
    make_lead,
    make_params,
    make_tables,
    split,
    write_export,
)

from leadsmart.cleaning.clean import clean_raw, clean_slice
from leadsmart.cleaning.quality.ledger import build_ledger, check_ledger, quarantine_shares
from leadsmart.cleaning.quality.profile import group_feedback
from leadsmart.cleaning.quality.spellings import find_likely_duplicates
from leadsmart.cleaning.reading.slice_rows import read_rows
from leadsmart.cleaning.tables.schemas import validate_tables
from leadsmart.errors import InputError, LedgerError
from leadsmart.params import unassigned_params
from leadsmart.vocabulary import LEDGER_COLUMNS, TABLES, UNASSIGNED


@pytest.fixture
def raw(tmp_path):
    slices = split(write_export(tmp_path / "export", make_tables()), tmp_path / "cache")
    return {table: read_rows(slices, table, "new-cairo") for table in TABLES}, slices.last_day


def test_ledger_of_a_few_slips(tmp_path):
    tables = make_tables()
    tables["ad_performance"] += [
        make_delivery("100", "1"),
        make_delivery("200", "2", created_at="2024-06-02", spend="1.1"),
        make_delivery("200", "2", spend="2.2", created_at="never"),
    ]
    cleaned = clean_rows(tables, tmp_path)
    ledger = cleaned.ledger[cleaned.ledger["table"] == "ad_performance"]
    assert list(ledger) == list(LEDGER_COLUMNS)
    assert ledger[["rule", "action", "rows", "spend"]].values.tolist() == [
        ["kept", "kept", 3, 61.85],
        ["unreadable_date", "quarantined", 1, 2.2],
        ["exact_duplicate", "duplicate", 1, 10.5],
        ["same_day", "merged", 1, 0.0],
    ]
    assert sorted(cleaned.tables.ad_performance["spend"]) == [10.5, 20.25, 31.1]


def test_a_lost_row_or_lost_spend_stops_the_run(raw):
    rows, last_day = raw
    cleaned = clean_raw(rows, "new-cairo", make_params(), KEY, last_day)
    tables = list(cleaned.results.values())
    counts = {table: len(frame) for table, frame in rows.items()}
    check_ledger(cleaned.ledger, tables, counts, 60.75)
    with pytest.raises(LedgerError, match=r"5 raw rows, but the exits hold 4: -1"):
        check_ledger(cleaned.ledger, tables, counts | {"status_events": 5}, 60.75)
    with pytest.raises(LedgerError, match=r"60\.80 raw spend, but the exits hold 60\.75: -0\.05"):
        check_ledger(cleaned.ledger, tables, counts, 60.80)
    short = replace(cleaned.results["leads"], rows=cleaned.tables.leads.iloc[1:])
    with pytest.raises(LedgerError, match="3 rows are kept, but the clean table has 2"):
        check_ledger(build_ledger([short]), [short], counts, 60.75)


def test_schemas_refuse_a_table_that_breaks_the_contract(raw):
    rows, last_day = raw
    tables = clean_raw(rows, "new-cairo", make_params(), KEY, last_day).tables
    validate_tables(tables, "Africa/Cairo")
    wrong = tables._replace(ad_performance=tables.ad_performance.assign(spend=-1.0))
    with pytest.raises(InputError, match=r"ad_performance.*column spend.*3 affected"):
        validate_tables(wrong, "Africa/Cairo")
    with pytest.raises(InputError, match="email"):
        validate_tables(tables._replace(leads=tables.leads.assign(email="a@b.com")), "Africa/Cairo")


def test_verdicts(tmp_path):
    good = clean_rows(make_tables(), tmp_path / "good")
    assert (good.verdict, good.verdict_reason) == (
        "good",
        "Every row is accounted for, and no row had to be taken out.",
    )
    tables = make_tables()
    tables["ad_performance"][0]["spend"] = "?!"
    bad = clean_rows(tables, tmp_path / "bad", max_quarantine_share=0.3)
    assert bad.verdict == "not reliable"
    assert bad.verdict_reason == (
        "The rule unreadable_spend (the spend is empty or is no number) took 1 row (33 %) out of insights; "
        "more than 30 % makes the rest unreliable."
    )
    assert quarantine_shares(bad.ledger)["share"].tolist() == [pytest.approx(1 / 3)]
    tables = make_tables()
    own = {1001: "QUALIFIED"}
    tables["leads"] = [make_lead(str(n), "1", lead_status=own.get(n, "NEW_LEAD")) for n in range(1000, 1003)]
    usable = clean_rows(tables, tmp_path / "usable")
    assert usable.verdict == "usable"
    assert usable.verdict_reason.startswith(
        "33 % of the rows of campaign_leads carry a flag (the lead has no status event)"
    )


def test_what_belongs_to_nothing_makes_the_unassigned_unreliable_and_says_why(tmp_path):
    tables = make_tables()
    tables["status_events"] += [make_event("7777"), make_event("8888")]
    params = unassigned_params(ROOT / "params")
    slices = split(write_export(tmp_path / "export", tables), tmp_path / "cache")
    cleaned = clean_slice(slices, UNASSIGNED, params, KEY)
    assert cleaned.verdict == "not reliable"
    assert cleaned.verdict_reason == (
        "The rule unknown_lead (the event's lead is not in the leads table) took 2 rows (67 %) out of "
        "lead_status_changes; more than 2.0 % makes the rest unreliable. Rows of unknown campaigns and leads of the "
        "whole export are gathered here."
    )


def test_one_rule_beyond_its_share_decides_however_good_the_rest_is(tmp_path):
    tables = make_tables()
    tables["leads"] = [make_lead(str(n), "1") for n in range(1000, 1100)]
    tables["status_events"] = [make_event(str(n)) for n in range(1000, 1100)]
    tables["leads"][0]["added_date"] = tables["leads"][1]["added_date"] = "soon"
    within = clean_rows(tables, tmp_path / "within", max_quarantine_share=0.02)
    assert within.verdict == "usable"
    tables["leads"][2]["added_date"] = "soon"
    beyond = clean_rows(tables, tmp_path / "beyond", max_quarantine_share=0.02)
    assert beyond.verdict == "not reliable"
    assert (
        "(the date is empty or can't be read) took 3 rows (3.0 %) out of campaign_leads"
        in beyond.verdict_reason
    )


def test_a_row_lost_between_split_and_cleaning_stops_the_run(tmp_path):
    slices = split(write_export(tmp_path / "export", make_tables()), tmp_path / "cache")
    shorter = replace(slices, totals=[{**total, "rows": total["rows"] + 1} for total in slices.totals])
    with pytest.raises(LedgerError, match=r"campaigns.*3 went to the slice, 2 came back: -1"):
        clean_slice(shorter, "new-cairo", make_params(), KEY)


def test_nothing_left_is_not_reliable(tmp_path):
    cleaned = clean_rows(make_tables() | {"leads": [make_lead("9", "4")]}, tmp_path)
    assert cleaned.verdict == "not reliable"
    assert len(cleaned.tables.leads) == 0
    assert cleaned.assumptions["verdict"].tolist()[0] == "not enough data"


def test_quarantine_says_where_and_why(tmp_path):
    tables = make_tables()
    tables["leads"][1]["added_date"] = "soon"
    taken = clean_rows(tables, tmp_path).quarantine["leads"]
    assert taken.to_dict("records") == [
        {
            "file": "campaign_leads.csv",
            "line": 3,
            "rule": "unreadable_date",
            "reason": "The date is empty or can't be read.",
            "id": "1002",
            "campaign_id": "1",
            "lead_status": "NEW_LEAD",
            "added_date": "[other]",
        }
    ]


def test_only_some_users_rows_exist_at_all(tmp_path):
    tables = make_tables()
    tables["campaigns"] += [
        make_campaign("5", user_id="11", project_name="Alpha"),
        make_campaign("2", user_id="11.0", project_name="Beta"),
    ]
    tables["ad_performance"] += [make_delivery("500", "5", spend="?"), make_delivery("", "1")]
    cleaned = clean_rows(tables, tmp_path, user_ids=["10"])
    assert cleaned.tables.campaigns["user_id"].tolist() == ["10"]
    assert cleaned.feedback["user_id"].tolist() == ["10"]
    assert cleaned.tables.leads["lead_id"].tolist() == ["1001", "1002"]
    exits = cleaned.ledger[cleaned.ledger["action"].isin(["kept", "quarantined"])]
    assert exits[["table", "rule", "rows"]].values.tolist() == [
        ["campaigns", "kept", 1],
        ["ad_performance", "kept", 2],
        ["ad_performance", "missing_id", 1],
        ["leads", "kept", 2],
        ["status_events", "kept", 3],
    ]
    structure = cleaned.assumptions.set_index("assumption").loc["Campaigns are built alike across markets"]
    assert structure["verdict"] == "not enough data"


def test_feedback_by_user(tmp_path):
    tables = make_tables()
    tables["leads"][1]["lead_status"] = "Not Qualified"
    feedback = clean_rows(tables, tmp_path).feedback
    assert feedback.values.tolist() == [["10", 2, 2, 1, 1, 1.0, ""], ["11", 1, 0, 0, 0, 0.0, "none"]]
    tables["leads"][1]["lead_status"] = "QUALIFIED"
    assert clean_rows(tables, tmp_path / "b").feedback["only_one_kind"].tolist() == ["qualified", "none"]


def test_feedback_by_kind():
    feedback = pd.DataFrame(
        {
            "user_id": ["1", "2", "3", "4"],
            "leads": [60, 20, 15, 5],
            "only_one_kind": ["", "none", "disqualified", "none"],
        }
    )
    found = group_feedback(feedback)
    assert found.kinds.values.tolist() == [
        ["both kinds of verdict", 1, 60, 0.6],
        ["only ever qualified", 0, 0, 0.0],
        ["only ever disqualified", 1, 15, 0.15],
        ["no verdict", 2, 25, 0.25],
    ]
    assert found.statement == (
        "2 of 4 business users with leads give no verdict, 1 only ever one kind. 60 % of the leads belong to users who "
        "say both; only those tell campaigns apart."
    )
    assert found.message == (
        "60 % of the leads can tell campaigns apart: their business users record both kinds of verdict"
    )
    nobody = group_feedback(feedback.head(0))
    assert nobody.statement == nobody.message == "No business user has a lead."


def test_unknown_statuses_are_listed(tmp_path):
    tables = make_tables()
    tables["leads"][2]["lead_status"] = "to-the moon"
    tables["status_events"].append(make_event("2001", status="To The Moon"))
    listed = clean_rows(tables, tmp_path).unknown_statuses
    assert listed.values.tolist() == [["leads", "TO_THE_MOON", 1], ["status_events", "TO_THE_MOON", 1]]


def test_assumptions_with_their_evidence(tmp_path):
    tables = make_tables()
    tables["leads"][0]["message"] = "mail a@b.com"
    tables["leads"][1]["message"] = "hello"
    tables["leads"].append(make_lead("1003", "1"))
    tables["ad_performance"].append(make_delivery("100", "1", created_at="2024-06-05"))
    cleaned = clean_rows(tables, tmp_path)
    table = cleaned.assumptions
    assert table["verdict"].tolist() == ["not supported", "supported", "supported", "not supported"]
    assert table["n"].tolist() == [4, 8, 2, 2]
    assert (
        "1 of 4 leads (25 %) have no status event. 2 of 6 days inside running campaigns (33 %)"
        in table["evidence"][0]
    )
    assert "1 of 2 leads with text (50 %)" in table["evidence"][3]


def test_spend_without_a_campaign_is_evidence_against_a_full_data_set(tmp_path):
    tables = make_tables()
    tables["ad_performance"].append(make_delivery("900", "999", spend="44"))
    row = clean_rows(tables, tmp_path, market=UNASSIGNED).assumptions.iloc[0]
    assert row["verdict"] == "not supported"
    assert "EGP 44 of spend names no known campaign." in row["evidence"]


def test_campaigns_built_otherwise_are_noticed(tmp_path):
    tables = make_tables()
    tables["campaigns"][2]["daily_budget"] = "9000"
    table = clean_rows(tables, tmp_path).assumptions.set_index("assumption")
    row = table.loc["Campaigns are built alike across markets"]
    assert row["verdict"] == "not supported"
    assert "daily budget 1,200 here, 9,000 in the typical other market" in row["evidence"]


def test_likely_duplicates():
    names = [
        "Mountain View",
        "mountain-view",
        "View Mountain",
        "Bloomfields",
        "Bloomfeilds",
        "Phase 1",
        "Phase 2",
        "Zed",
    ]
    counts = [3, 1, 1, 5, 1, 1, 1, 1]
    campaigns = pd.DataFrame({"project_name": np.repeat(names, counts)}).astype("str")
    found = find_likely_duplicates(campaigns)
    assert found[["project_name", "campaigns", "similar_to", "similar_campaigns"]].values.tolist() == [
        ["Bloomfeilds", 1, "Bloomfields", 5],
        ["View Mountain", 1, "Mountain View", 3],
        ["mountain-view", 1, "Mountain View", 3],
        ["View Mountain", 1, "mountain-view", 1],
    ]


def test_unassigned_is_cleaned_with_any_markets_parameters(tmp_path):
    cleaned = clean_rows(make_tables(), tmp_path, market=UNASSIGNED)
    assert cleaned.tables.campaigns[["project_name", "market"]].values.tolist() == [["Delta", "unassigned"]]


def test_not_qualified_is_never_qualified(tmp_path):
    tables = make_tables()
    for lead, status in zip(tables["leads"], ["not qualified", "NOT-QUALIFIED ", " qualified"], strict=False):
        lead["lead_status"] = status
    statuses = clean_rows(tables, tmp_path).tables.leads["lead_status"]
    assert statuses.tolist() == ["NOT_QUALIFIED", "NOT_QUALIFIED", "QUALIFIED"]


def test_the_label_of_a_message_is_spelled_one_way_and_holds_no_contact(tmp_path):
    tables = make_tables()
    labels = ["Job_or-Agent ", "N/A", "Sara 0100 123 4567"]
    for row, label in zip(tables["leads"], labels, strict=False):
        row |= {"name": "Sara", "message_intent": label}
    cleaned = clean_rows(tables, tmp_path)
    assert cleaned.tables.leads["message_intent"].iloc[:3].fillna("none").tolist() == [
        "job or agent",
        "none",
        "[name] [phone]",
    ]
    assert not [c for c in cleaned.tables.leads if c.startswith("form_")]
