"""The words fit together: tables, statuses, outcomes, units and labels."""

import re

from leadsmart import vocabulary as v
from leadsmart.market import MarketTables
from leadsmart.params import MARKET_NAME


def test_every_table_has_its_file_and_columns():
    assert MarketTables._fields == v.TABLES == ("campaigns", "ad_performance", "leads", "status_events")
    assert tuple(v.REQUIRED_EXPORT_COLUMNS) == tuple(v.OPTIONAL_EXPORT_COLUMNS) == v.TABLES
    assert sorted(v.EXPORT_FILES.values()) == [
        "campaign_leads",
        "campaigns",
        "insights",
        "lead_status_changes",
    ]
    for table in v.TABLES:
        columns = (*v.REQUIRED_EXPORT_COLUMNS[table], *v.OPTIONAL_EXPORT_COLUMNS[table])
        assert len(set(columns)) == len(columns), table


def test_contract_of_the_clean_tables_documents_each():
    for table in v.TABLES:
        assert f"{table} : DataFrame" in MarketTables.__doc__


def test_statuses_are_spelled_canonically():
    assert all(re.fullmatch(r"[A-Z]+(_[A-Z]+)*", status) for status in v.KNOWN_STATUSES)
    assert v.UNTOUCHED_STATUSES < v.KNOWN_STATUSES
    assert {"QUALIFIED", "NOT_QUALIFIED"} < v.KNOWN_STATUSES


def test_outcomes_and_verdicts_are_distinct_words():
    assert len(set(v.OUTCOMES)) == 5
    for verdicts in (v.FINDING_VERDICTS, v.MODEL_VERDICTS, v.DATA_VERDICTS):
        assert len(set(verdicts)) == 3
    words = [*v.FINDING_VERDICTS, *v.MODEL_VERDICTS, *v.DATA_VERDICTS]
    assert len(set(words)) == len(words)


def test_ledger_exits_come_first_among_the_actions():
    assert v.LEDGER_EXITS == ("kept", "duplicate", "merged", "quarantined")
    assert v.LEDGER_ACTIONS[: len(v.LEDGER_EXITS)] == v.LEDGER_EXITS
    assert v.LEDGER_COLUMNS == ("table", "rule", "action", "rows", "spend")


def test_reserved_names_could_otherwise_be_markets():
    assert v.UNASSIGNED in v.RESERVED_MARKETS
    assert all(MARKET_NAME.fullmatch(name) for name in v.RESERVED_MARKETS)


def test_labels_have_a_known_unit_and_read_apart():
    units = {value for name, value in vars(v).items() if name.startswith("UNIT_")}
    assert {unit for _, unit in v.LABELS.values()} <= units
    labels = [label for label, _ in v.LABELS.values()]
    assert len(set(labels)) == len(labels)


def test_every_measure_of_the_report_has_a_label():
    measures = (
        "ctr cpc cpm frequency lead_rate cpl verdict_coverage qualified_rate qualified_share cpql step_rate"
    )
    assert set(measures.split()) <= set(v.LABELS)
    rates = [name for name in v.LABELS if name.endswith(("_rate", "_share", "_coverage")) or name == "ctr"]
    assert {v.LABELS[name][1] for name in rates} == {v.UNIT_SHARE}
