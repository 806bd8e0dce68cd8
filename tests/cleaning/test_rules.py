"""One case per rule: the value changed, the ledger's row, the neighbours untouched, the input not mutated."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import pandas as pd
import pytest
from cleaning.builders_cleaning import (
    KEY,
    MARKET,
    ROOT,
    Export,
    assert_same,
    ledger_rows,
    make_campaign,
    make_delivery,
    make_event,
    make_lead,
    make_params,
    make_tables,
    split,
    write_export,
)

from leadsmart.cleaning.clean import clean_raw
from leadsmart.cleaning.quality.ledger import build_ledger
from leadsmart.cleaning.reading.corrections import Correction
from leadsmart.cleaning.reading.slice_rows import read_rows
from leadsmart.cleaning.tables import rules
from leadsmart.errors import LedgerError
from leadsmart.vocabulary import EXPORT_FILES, LEDGER_ACTIONS, LEDGER_EXITS, TABLES

KEYS = {
    "campaigns": ["campaign_id"],
    "ad_performance": ["ad_set_id", "delivery_date"],
    "leads": ["lead_id"],
    "status_events": ["lead_id", "status", "changed_at"],
}
#: Marks that a case may leave on leads that it does not mean to touch.
SIDE_EFFECTS = ["is_repeat", "is_batch"]


@dataclass(frozen=True)
class Case:
    """A slip in the tiny export and what becomes of it."""

    table: str
    rule: str
    edit: Callable[[Export], object]
    #: Values of the clean row that the slip is in, by its key; None where the row is gone.
    row: tuple[str, ...] = ()
    expected: dict[str, object] | None = field(default_factory=dict)
    rows: int = 1
    params: dict[str, object] = field(default_factory=dict)
    corrections: tuple[Correction, ...] = ()
    market: str = MARKET


def change(table: str, index: int, **values: str) -> Callable[[Export], object]:
    return lambda tables: tables[table][index].update(values)


def add(table: str, *rows: dict[str, str]) -> Callable[[Export], object]:
    return lambda tables: tables[table].extend(rows)


def cairo(text: str) -> pd.Timestamp:
    return pd.Timestamp(text, tz="Africa/Cairo")


FIX_SPEND = Correction(
    table="ad_performance",
    match={"ad_set_id": "200"},
    change={"spend": "3"},
    reason="booked tenfold, says the agency",
    expected=1,
)
FIX_BUDGET = Correction(
    table="campaigns",
    match={"id": "1"},
    change={"daily_budget": "900"},
    reason="typed wrong, says user 10",
    expected=1,
)
FIX_STATUS = Correction(
    table="leads",
    match={"id": "2001"},
    change={"lead_status": "SPAM"},
    reason="known test lead of ours",
    expected=1,
)
FIX_EVENT = Correction(
    table="status_events",
    match={"file": "lead_status_changes.csv", "line": "5"},
    change={"status": "SPAM"},
    reason="known test lead of ours",
    expected=1,
)

CASES = [
    # --- exits of every table ---
    Case("campaigns", "missing_id", add("campaigns", make_campaign("N/A")), market="unassigned"),
    Case("ad_performance", "missing_id", change("ad_performance", 1, ad_set_id="-"), ("100", "2024-06-02"), None),
    Case("leads", "missing_id", change("leads", 2, id="who?"), ("2001",), None),
    Case("status_events", "missing_id", change("status_events", 3, lead_id=" "), market="unassigned"),
    Case("campaigns", "exact_duplicate", add("campaigns", make_campaign("1"))),
    Case("ad_performance", "exact_duplicate", add("ad_performance", make_delivery("100", "1", spend="10.5"))),
    Case("leads", "exact_duplicate", add("leads", make_lead("2001", "2", added_date="2024-06-03 12:00"))),
    Case("status_events", "exact_duplicate", add("status_events", make_event("1001", status="new lead"))),
    Case(
        "campaigns",
        "superseded",
        add("campaigns", make_campaign("1", daily_budget="900")),
        ("1",),
        {"daily_budget": 900.0},
    ),
    Case(
        "leads",
        "superseded",
        add("leads", make_lead("2001", "2", lead_status="SPAM")),
        ("2001",),
        {"lead_status": "SPAM"},
    ),
    # --- what is no lead and no delivery ---
    Case("leads", "test_lead", add("leads", make_lead("2002", "999", email="test@meta.com", name="<test lead: dummy data for full_name>")), market="unassigned"),
    Case("status_events", "test_lead", lambda t: (t["leads"].append(make_lead("2002", "2", is_test="TRUE")), t["status_events"].append(make_event("2002")))),
    Case("ad_performance", "no_delivery", add("ad_performance", make_delivery("200", "2", spend="", reach="-", clicks="0", impressions=""))),
    # --- exits of delivery rows ---
    Case("ad_performance", "unreadable_date", change("ad_performance", 1, created_at="soon"), ("100", "2024-06-02"), None),
    Case(
        "ad_performance",
        "ambiguous_date",
        change("ad_performance", 1, created_at="02/06/2024"),
        ("100", "2024-06-02"),
        None,
    ),
    Case(
        "ad_performance",
        "date_before_platform",
        change("ad_performance", 1, created_at="1970-01-01"),
        ("100", "2024-06-02"),
        None,
    ),
    Case("ad_performance", "future_date", change("ad_performance", 1, created_at="2031-06-02"), ("100", "2024-06-02"), None),
    Case("ad_performance", "unreadable_spend", change("ad_performance", 1, spend="lots"), ("100", "2024-06-02"), None),
    Case("ad_performance", "negative_amount", change("ad_performance", 1, clicks="-1"), ("100", "2024-06-02"), None),
    Case(
        "ad_performance",
        "same_day",
        add("ad_performance", make_delivery("100", "1", reach="7", spend="1.20", clicks="2", impressions="9")),
        ("100", "2024-06-01"),
        {"spend": 11.70, "clicks": 7.0, "impressions": 109.0, "reach": 80.0},
    ),
    # --- exits of leads and events ---
    Case("leads", "unreadable_date", change("leads", 2, added_date="2024-02-30"), ("2001",), None),
    Case("leads", "ambiguous_date", change("leads", 2, added_date="03/06/2024 12:00"), ("2001",), None),
    Case("leads", "date_before_platform", change("leads", 2, added_date="2014-12-31"), ("2001",), None),
    Case("leads", "future_date", change("leads", 2, added_date="2032-01-01"), ("2001",), None),
    Case("status_events", "missing_status", change("status_events", 3, status="null"), ("2001", "NEW_LEAD"), None),
    Case("status_events", "contact_in_text", change("status_events", 3, status="a@b.com"), ("2001", "NEW_LEAD"), None),
    Case("status_events", "unreadable_date", change("status_events", 3, created_at="?"), ("2001", "NEW_LEAD"), None),
    Case("status_events", "ambiguous_date", change("status_events", 3, created_at="3.6.2024"), ("2001", "NEW_LEAD"), None),
    Case(
        "status_events",
        "date_before_platform",
        change("status_events", 3, created_at="2001-01-01"),
        ("2001", "NEW_LEAD"),
        None,
    ),
    Case("status_events", "future_date", change("status_events", 3, created_at="2099-01-01"), ("2001", "NEW_LEAD"), None),
    # --- repaired ---
    Case("campaigns", "correction", lambda t: None, ("1",), {"daily_budget": 900.0}, corrections=(FIX_BUDGET,)),
    Case(
        "ad_performance",
        "correction",
        lambda t: None,
        ("200", "2024-06-02"),
        {"spend": 3.0},
        corrections=(FIX_SPEND,),
    ),
    Case("leads", "correction", lambda t: None, ("2001",), {"lead_status": "SPAM"}, corrections=(FIX_STATUS,)),
    Case("status_events", "correction", lambda t: None, ("2001", "NEW_LEAD"), None, corrections=(FIX_EVENT,)),
    Case("campaigns", "id_reformatted", change("campaigns", 1, id="2.0")),
    Case("ad_performance", "id_reformatted", change("ad_performance", 2, campaign_id="2.00", ad_set_id="٢٠٠")),
    Case("leads", "id_reformatted", change("leads", 2, id="2,001")),
    Case("status_events", "id_reformatted", change("status_events", 3, lead_id=" 2001\u200f")),
    Case("campaigns", "number_reformatted", change("campaigns", 1, daily_budget="EGP 1,200")),
    Case("ad_performance", "number_reformatted", change("ad_performance", 2, spend="٣٠٫٠")),
    Case("campaigns", "date_reformatted", change("campaigns", 1, start_time="1 Jun 2024 8:00 AM")),
    Case("ad_performance", "date_reformatted", change("ad_performance", 2, created_at="45445")),
    Case("leads", "date_reformatted", change("leads", 2, added_date="1717405200")),
    Case("status_events", "date_reformatted", change("status_events", 3, created_at="2024-06-03T09:00:00Z")),
    Case(
        "campaigns",
        "skipped_hour",
        change("campaigns", 1, start_time="2024-04-26 00:30:00"),
        ("2",),
        {"started_at": cairo("2024-04-26 01:00")},
    ),
    Case(
        "ad_performance",
        "skipped_hour",
        change("ad_performance", 1, created_at="2024-04-26 00:00:00"),
        ("100", "2024-04-26"),
        {"spend": 20.25},
    ),
    Case(
        "leads",
        "skipped_hour",
        change("leads", 2, added_date="2024-04-26 00:59:59"),
        ("2001",),
        {"arrived_at": cairo("2024-04-26 01:00")},
    ),
    Case(
        "status_events",
        "skipped_hour",
        change("status_events", 3, created_at="2024-04-26 00:00:00"),
        ("2001", "NEW_LEAD", "2024-04-26 01:00:00+03:00"),
        {"is_batch": False},
    ),
    Case("campaigns", "invisible_characters", change("campaigns", 1, project_name=" Be\u200bta\u00a0")),
    Case(
        "campaigns", "stop_before_start", change("campaigns", 1, stop_time="2024-05-01"), ("2",), {"stopped_at": pd.NaT}
    ),
    Case(
        "campaigns",
        "contact_in_text",
        lambda t: (
            t["campaigns"][1].update(project_name="Beta 01001234567"),
            t["project_markets"].append({"project_name": "Beta 01001234567", "market": MARKET}),
        ),
        ("2",),
        {"project_name": "Beta [phone]"},
    ),
    Case("leads", "contact_in_text", change("leads", 2, lead_status="call 0100 123 4567"), ("2001",), {"lead_status": "UNKNOWN"}),
    Case("leads", "missing_status", change("leads", 2, lead_status="N/A"), ("2001",), {"lead_status": "UNKNOWN"}),
    Case(
        "leads",
        "status_alias",
        change("leads", 2, lead_status="qualifed"),
        ("2001",),
        {"lead_status": "QUALIFIED"},
        params={"status_aliases": {"QUALIFED": "QUALIFIED"}},
    ),
    Case(
        "status_events",
        "status_alias",
        change("status_events", 3, status="new"),
        params={"status_aliases": {"new": "NEW_LEAD"}},
    ),
    Case(
        "leads",
        "text_scrubbed",
        lambda t: [row.update(message="مهتم") for row in t["leads"]] and t["leads"][2].update(message="I am mona, 01001234567"),
        ("2001",),
        {"message": "I am [name], [phone]"},
    ),
    Case("leads", "older_status", change("leads", 0, lead_status="new lead"), ("1001",), {"lead_status": "QUALIFIED"}),
    Case(
        "leads",
        "unobserved_status",
        lambda t: (
            t["status_events"].pop(3),
            t["leads"].extend(make_lead(str(lead), "1") for lead in range(1101, 1106)),
            t["status_events"].extend(make_event(str(lead), status="SPAM") for lead in range(1101, 1106)),
        ),
        ("2001",),
        {"lead_status": "UNKNOWN"},
    ),
    Case("leads", "placeholder_contact", change("leads", 2, phone="+20 000-0000000"), ("2001",), {"phone_type": "missing", "phone_hash": None}),
    # --- flagged ---
    Case("campaigns", "unusable_date", change("campaigns", 1, stop_time="whenever"), ("2",), {"stopped_at": pd.NaT}),
    Case("campaigns", "unreadable_budget", change("campaigns", 1, daily_budget="-5"), ("2",), {"daily_budget": float("nan")}),
    Case("campaigns", "missing_user", change("campaigns", 1, user_id=""), ("2",), {"user_id": "unknown"}),
    Case(
        "campaigns",
        "missing_project",
        lambda t: ([r.update(market=MARKET) for r in t["campaigns"][:2]], t["campaigns"][1].update(project_name="-")),
        ("2",),
        {"project_name": "unknown project"},
    ),
    Case("campaigns", "repeated_hour", change("campaigns", 1, stop_time="2024-10-31 23:30:00"), ("2",), {"stopped_at": cairo("2024-10-31 23:30:00+03:00")}),
    Case("ad_performance", "repeated_hour", change("ad_performance", 1, created_at="2023-10-26 23:30:00"), ("100", "2023-10-26")),
    Case("leads", "repeated_hour", change("leads", 2, added_date="2023-10-26 23:30:00"), ("2001",), {"arrived_at": cairo("2023-10-26 23:30:00+03:00")}),
    Case("status_events", "repeated_hour", change("status_events", 3, created_at="2023-10-26 23:30:00"), ("2001", "NEW_LEAD", "2023-10-26 23:30:00+03:00")),
    Case("ad_performance", "unreadable_count", change("ad_performance", 2, reach="many"), ("200", "2024-06-02"), {"reach": float("nan")}),
    Case("ad_performance", "clicks_above_impressions", change("ad_performance", 2, clicks="101"), ("200", "2024-06-02"), {"clicks": 101.0}),
    Case("ad_performance", "reach_above_impressions", change("ad_performance", 2, reach="101"), ("200", "2024-06-02"), {"reach": 101.0}),
    Case("ad_performance", "day_outside_campaign", change("campaigns", 1, stop_time="2024-06-01 23:59:59")),
    Case("leads", "lost_phone", change("leads", 2, phone="2.01001E+12"), ("2001",), {"phone_type": "lost", "phone_hash": None}),
    Case("leads", "invalid_phone", change("leads", 2, phone="12345"), ("2001",), {"phone_type": "invalid", "is_phone_valid": False}),
    Case("leads", "invalid_email", change("leads", 2, email="mona at home"), ("2001",), {"email_domain_class": "invalid"}),
    Case("leads", "lead_before_campaign", change("leads", 2, added_date="2024-05-31 23:00:00"), ("2001",), {}),
    Case("leads", "repeat_person", change("leads", 1, email="MONA1001@gmail.com"), ("1002",), {"is_repeat": True}),
    Case("leads", "no_history", lambda t: t["status_events"].pop(3)),
    Case("leads", "status_differs", change("leads", 1, lead_status="SPAM"), ("1002",), {"lead_status": "SPAM"}),
    Case("leads", "unknown_status", change("leads", 2, lead_status="to the moon"), ("2001",), {"lead_status": "TO_THE_MOON"}),
    Case("status_events", "unknown_status", add("status_events", make_event("2001", status="mars")), ("2001", "MARS"), {}),
    Case("status_events", "event_before_lead", change("status_events", 3, created_at="2024-06-03 11:59:00"), ("2001", "NEW_LEAD"), {}),
    Case(
        "status_events",
        "batch_entry",
        lambda t: (
            t["leads"].append(make_lead("1003", "1")),
            t["status_events"].extend(
                make_event(lead, status="SPAM", created_at=f"2024-06-09 10:00:{second}")
                for lead, second in (("1001", "01"), ("1002", "30"), ("1003", "59"))
            ),
        ),
        rows=3,
    ),
]  # fmt: skip

#: Rules whose case needs more than one file, a broken line or another slice, tested below; or the grain of the file, which
#: test_grain.py tests.
ELSEWHERE = {
    ("ad_performance", "finer_row"),
    ("ad_performance", "spread_over_days"),
    ("ad_performance", "total_line"),
    ("ad_performance", "restated"),
    ("ad_performance", "unknown_campaign"),
    ("leads", "unknown_campaign"),
    ("status_events", "unknown_lead"),
    *((table, "unparsable_line") for table in TABLES),
}


def run(tables: Export, folder: Path, case: Case | None = None):
    case = case or Case("", "", lambda t: None)
    slices = split(write_export(folder / "export", tables), folder / "cache")
    raw = {table: read_rows(slices, table, case.market) for table in TABLES}
    before = {table: rows.copy() for table, rows in raw.items()}
    cleaned = clean_raw(raw, case.market, make_params(**case.params), KEY, slices.last_day, case.corrections)
    for table, rows in raw.items():
        pd.testing.assert_frame_equal(rows, before[table])
    return cleaned


def keyed(rows: pd.DataFrame, table: str) -> pd.DataFrame:
    texts = {column: rows[column].astype("str") for column in KEYS[table]}
    return rows.assign(**texts).set_index(KEYS[table], drop=False).drop(columns=SIDE_EFFECTS, errors="ignore")


@pytest.fixture(scope="module")
def untouched(tmp_path_factory):
    return run(make_tables(), tmp_path_factory.mktemp("untouched"))


@pytest.fixture(scope="module")
def untouched_rest(tmp_path_factory):
    case = Case("", "", lambda t: None, market="unassigned")
    return run(make_tables(), tmp_path_factory.mktemp("untouched-rest"), case)


def test_the_tiny_export_has_nothing_to_report(untouched):
    assert set(untouched.ledger["rule"]) == {"kept"}
    assert untouched.ledger["rows"].tolist() == [2, 3, 3, 4]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.table}-{case.rule}")
def test_rule(case, tmp_path, untouched, untouched_rest):
    tables = make_tables()
    case.edit(tables)
    cleaned = run(tables, tmp_path, case)
    assert ledger_rows(cleaned, case.table, case.rule) == case.rows
    if case.rows:
        lines = cleaned.ledger[
            (cleaned.ledger["table"] == case.table) & (cleaned.ledger["rule"] == case.rule)
        ]
        assert lines["action"].tolist() == [rules.find_rule(case.table, case.rule).action]
    now, base = (
        keyed(getattr(result.tables, case.table), case.table)
        for result in (cleaned, untouched if case.market == MARKET else untouched_rest)
    )
    mine = pd.Series(True, index=now.index)
    other = pd.Series(True, index=base.index)
    for level, value in enumerate(case.row):
        mine &= now.index.get_level_values(level).astype(str) == value
        other &= base.index.get_level_values(level).astype(str) == value
    if not case.row:
        # nothing of the table but its flags may differ, whatever was added
        shared = base.index.intersection(now.index)
        assert_same(now.loc[shared], base.loc[shared])
        return
    assert_neighbours(now[~mine], base[~other])
    if case.expected is None:
        assert not mine.any()
        return
    assert mine.sum() == 1
    row = getattr(cleaned.tables, case.table)[mine.to_numpy()].iloc[0]
    for column, value in case.expected.items():
        if pd.isna(value):
            assert pd.isna(row[column])
        else:
            assert row[column] == value


def assert_neighbours(now: pd.DataFrame, base: pd.DataFrame) -> None:
    shared = base.index.intersection(now.index)
    assert len(shared) >= len(base) - 1
    columns = [column for column in base if column in now]
    assert_same(now.loc[shared, columns], base.loc[shared, columns])


def test_rows_of_unknown_campaigns_and_leads_are_quarantined_as_unassigned(tmp_path):
    tables = make_tables()
    tables["ad_performance"].append(make_delivery("900", "999", spend="44.10"))
    tables["leads"].append(make_lead("9001", "999"))
    tables["status_events"].append(make_event("7777"))
    slices = split(write_export(tmp_path / "export", tables), tmp_path / "cache")
    raw = {table: read_rows(slices, table, "unassigned") for table in TABLES}
    cleaned = clean_raw(raw, "unassigned", make_params(), KEY, slices.last_day)
    assert ledger_rows(cleaned, "ad_performance", "unknown_campaign") == 1
    assert ledger_rows(cleaned, "leads", "unknown_campaign") == 1
    assert ledger_rows(cleaned, "status_events", "unknown_lead") == 1
    spend = cleaned.ledger.set_index("rule").loc["unknown_campaign", "spend"]
    assert spend.tolist() == [44.10, 0.0]
    assert cleaned.tables.campaigns["campaign_id"].tolist() == ["4"]


@pytest.mark.parametrize("table", TABLES)
def test_unparsable_lines_keep_no_text_and_cost_no_other_row(table, tmp_path, untouched):
    folder = write_export(tmp_path / "export", make_tables())
    stem = {"ad_performance": "insights", "leads": "campaign_leads", "status_events": "lead_status_changes"}
    path = folder / f"{stem.get(table, table)}.csv"
    lines = path.read_text().splitlines()
    lines.insert(2, "Mona Hassan,mona@gmail.com,01001234567,1,2,3,4,5,6,7,8,9")
    lines.insert(4, '"Mona Hassan')
    path.write_text("\n".join(lines))
    slices = split(folder, tmp_path / "cache")
    raw = {name: read_rows(slices, name, "unassigned") for name in TABLES}
    cleaned = clean_raw(raw, "unassigned", make_params(), KEY, slices.last_day)
    assert ledger_rows(cleaned, table, "unparsable_line") == 2
    assert raw[table].loc[raw[table]["_is_unparsable"], "_line"].tolist() == [3, 5]
    assert "Mona" not in raw[table][raw[table]["_is_unparsable"]].to_csv()
    raw = {name: read_rows(slices, name, MARKET) for name in TABLES}
    cleaned = clean_raw(raw, MARKET, make_params(), KEY, slices.last_day)
    for name in TABLES:
        assert_same(getattr(cleaned.tables, name), getattr(untouched.tables, name))


def test_a_later_file_restates_a_day(tmp_path):
    tables = make_tables()
    folder = write_export(tmp_path / "export", tables)
    (folder / "insights.csv").rename(folder / "insights_2024-06.csv")
    newer = make_delivery("100", "1", created_at="2024-06-07 00:00:00", spend="0")
    later = {"ad_performance": [make_delivery("100", "1", spend="12", clicks="6"), newer]}
    write_export(tmp_path / "later", later)
    (tmp_path / "later" / "insights.csv").rename(folder / "insights_2024-07.csv")
    slices = split(folder, tmp_path / "cache")
    raw = {table: read_rows(slices, table, MARKET) for table in TABLES}
    cleaned = clean_raw(raw, MARKET, make_params(), KEY, slices.last_day)
    assert ledger_rows(cleaned, "ad_performance", "restated") == 1
    row = keyed(cleaned.tables.ad_performance, "ad_performance").loc[("100", "2024-06-01")]
    assert (row["spend"], row["clicks"]) == (12.0, 6.0)
    ledger = cleaned.ledger.set_index("rule")
    assert ledger.loc["restated", "spend"] == 10.50


def test_each_rule_has_a_case():
    named = {(case.table, case.rule) for case in CASES if case.rows} | ELSEWHERE
    assert named == {(rule.table, rule.name) for rule in rules.CLEANING_RULES}


def test_the_rules_agree_with_the_code(untouched):
    names = [(rule.table, rule.name) for rule in rules.CLEANING_RULES]
    assert len(set(names)) == len(names)
    assert {rule.action for rule in rules.CLEANING_RULES} <= set(LEDGER_ACTIONS) - {"kept"}
    assert all(re.fullmatch(r"[A-Z].*\.", rule.description) for rule in rules.CLEANING_RULES)
    for name, cleaned in untouched.results.items():
        beside = {r.name for r in rules.rules_of(name) if r.action not in LEDGER_EXITS}
        assert set(cleaned.matches) == beside


def test_an_outcome_without_a_rule_is_refused(untouched):
    cleaned = untouched.results["leads"]
    stray = replace(cleaned, outcomes=cleaned.outcomes.mask(cleaned.outcomes.index == 0, "because"))
    with pytest.raises(LedgerError, match="because"):
        build_ledger([stray])


def test_the_definitions_page_shows_the_rules():
    page = (ROOT / "docs" / "definitions.qmd").read_text(encoding="utf-8")
    shown = re.findall(r"^\| `(\w+)` \| (\w+) \| (.*?) \| (.*?) \|$", page, re.MULTILINE)
    listed = [(stem, rule, action, text) for rule, action, text, stems in shown for stem in stems.split(", ")]
    code = {(EXPORT_FILES[r.table], r.name, r.action, r.description) for r in rules.CLEANING_RULES}
    assert len(listed) == len(code)
    assert set(listed) == code
