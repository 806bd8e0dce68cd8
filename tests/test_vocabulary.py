"""The words fit together: tables, statuses, outcomes, and units."""

import re

from leadsmart import vocabulary as v
from leadsmart.market_tables import MarketTables
from leadsmart.parameter_types import MARKET_NAME


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
    words = [*v.FINDING_VERDICTS, v.MODEL_READY, v.MODEL_OK, v.MODEL_NOT_READY, *v.DATA_VERDICTS]
    assert len(set(words)) == len(words)


def test_ledger_exits_come_first_among_the_actions():
    assert v.LEDGER_EXITS == ("kept", "excluded", "duplicate", "merged", "quarantined")
    assert v.LEDGER_ACTIONS[: len(v.LEDGER_EXITS)] == v.LEDGER_EXITS
    assert v.LEDGER_COLUMNS == ("table", "rule", "action", "rows", "spend")


def test_reserved_names_could_otherwise_be_markets():
    assert v.UNASSIGNED in v.RESERVED_MARKETS
    assert all(MARKET_NAME.fullmatch(name) for name in v.RESERVED_MARKETS)
