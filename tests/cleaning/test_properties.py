"""Whatever is done to an export: no crash, every row accounted for, no row pays for another's slip."""

import gzip
import math
import tempfile
from copy import deepcopy
from pathlib import Path

import pandas as pd
import pytest
from cleaning.builders_cleaning import (
    KEY,
    MARKET,
    STEMS,
    make_delivery,
    make_lead,
    make_params,
    make_tables,
    split,
    write_export,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leadsmart.cleaning.clean import clean_raw
from leadsmart.cleaning.reading.slice_rows import read_rows
from leadsmart.cleaning.tables.schemas import validate_tables
from leadsmart.cleaning.values.numbers import parse_numbers
from leadsmart.cleaning.values.texts import clean_id, map_distinct
from leadsmart.errors import LeadSmartError
from leadsmart.market_tables import MarketTables
from leadsmart.vocabulary import LEDGER_EXITS, TABLES

#: 500 cases in all on every run, ten times as many in the slow ones.
SINGLE, COMBINED, FILES = 260, 130, 110
FAST = {
    "deadline": None,
    "derandomize": True,
    "database": None,
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large],
}
KEY_COLUMNS = {"id", "campaign_id", "lead_id", "ad_set_id"}
#: Speak of other rows too: the first of two is no repeat, three make a batch.
RELATIVE_COLUMNS = ["is_repeat", "is_batch"]
CONTACT_COLUMNS = [
    "person_hash", "name_hash", "email_hash", "is_email_valid", "email_domain_class", "phone_hash", "is_phone_valid",
    "phone_region", "phone_type", "has_name",
]  # fmt: skip
WRITTEN_AS = {
    "campaigns": {"campaign_id": "id", "started_at": "start_time", "stopped_at": "stop_time"},
    "ad_performance": {"delivery_date": "created_at"},
    "leads": {"lead_id": "id", "arrived_at": "added_date"},
    "status_events": {"changed_at": "created_at"},
}

VALUES = st.one_of(
    st.sampled_from(
        [
            None, "", " ", "NULL", "N/A", "-", "0", "-1", "1,200", "1.200,50", "EGP 1,200", "١٬٢٠٠", "1e3", "1e999", "nan",
            "inf", "123.0", "2.01001E+12", "01001234567", "+20 100 123 4567", "a@b.com", "mona@gmail.com", "QUALIFIED",
            "not qualified", "Not-A-Status", "2024-06-03", "03/06/2024", "25/12/2024", "12/25/2024", "2024-06-03T10:00:00Z",
            "2024-06-03 10:00:00+05:00", "45445.5", "1717405200", "1717405200000", "2031-01-01", "1999-01-01", "9999-12-31",
            "0001-01-01", "2024-04-26 00:30:00", "2024-10-31 23:30:00", "2024-02-30", "\u200b", "\x00", "\ud7ff", "=1+1",
            '<script>alert("x")</script>', 'a "quoted", value', "two\nlines", "عميل مهتم", "🏠", "99999999999999999999",
        ]
    ),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
    st.integers(-(10**12), 10**12).map(str),
    st.floats(width=32).map(str),
    st.datetimes().map(str),
)  # fmt: skip

WRAPPERS = st.sampled_from(
    [
        lambda v: f" {v} ", lambda v: f"{v}\u200f", lambda v: f"{v}.0", lambda v: f"'{v}", lambda v: f"EGP {v}",
        lambda v: str(v).translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")), lambda v: str(v).lower(),
        lambda v: str(v).replace("-", "/"), lambda v: f"{v}Z", lambda v: str(v)[:-1],
    ]
)  # fmt: skip
CHANGES = st.one_of(VALUES.map(lambda value: lambda _: value), WRAPPERS)


def base_tables():
    tables = make_tables()
    for row in tables["leads"]:
        row["message"] = "مهتم"
    tables["ad_performance"].append(make_delivery("101", "1", created_at="2024-06-03"))
    tables["leads"].append(make_lead("1003", "2", message="hello"))
    return tables


@pytest.fixture(scope="module")
def raw(tmp_path_factory):
    folder = tmp_path_factory.mktemp("base")
    slices = split(write_export(folder / "export", base_tables()), folder / "cache")
    return {table: read_rows(slices, table, MARKET) for table in TABLES}, slices.last_day


@pytest.fixture(scope="module")
def base(raw):
    rows, last_day = raw
    return clean_raw(rows, MARKET, make_params(), KEY, last_day)


@st.composite
def places(draw):
    """A cell of the raw tables, by table, position of the row and of the column."""
    return draw(st.sampled_from(TABLES)), draw(st.integers(0, 30)), draw(st.integers(0, 30))


def mutate(rows: dict[str, pd.DataFrame], place, change) -> tuple[dict[str, pd.DataFrame], int, str]:
    table, row, column = place
    frame = rows[table]
    columns = [name for name in frame if not name.startswith("_")]
    row, name = row % len(frame), columns[column % len(columns)]
    old = frame[name].iloc[row]
    value = change("" if pd.isna(old) else old)
    values = frame[name].astype(object).tolist()
    values[row] = value
    return rows | {table: frame.assign(**{name: pd.Series(values, dtype="str")})}, row, name


def assert_accounted(rows: dict[str, pd.DataFrame], cleaned) -> None:
    exits = cleaned.ledger[cleaned.ledger["action"].isin(LEDGER_EXITS)]
    by_table = exits.groupby("table")["rows"].sum()
    assert {table: int(by_table[table]) for table in TABLES} == {table: len(rows[table]) for table in TABLES}
    spend = math.fsum(parse_numbers(rows["ad_performance"]["spend"])["value"].dropna())
    assert math.isclose(math.fsum(exits["spend"]), spend, rel_tol=1e-9, abs_tol=0.005)
    kept = exits[exits["action"] == "kept"].set_index("table")["rows"]
    assert {table: int(kept[table]) for table in TABLES} == {
        t: len(getattr(cleaned.tables, t)) for t in TABLES
    }


def check_single(raw, base, place, change) -> None:
    rows, last_day = raw
    changed, row, name = mutate(rows, place, change)
    cleaned = clean_raw(changed, MARKET, make_params(), KEY, last_day)
    assert_accounted(changed, cleaned)
    table = place[0]
    now, before = cleaned.results[table].rows, base.results[table].rows
    now, before = (frame.drop(columns=RELATIVE_COLUMNS, errors="ignore") for frame in (now, before))
    if name in KEY_COLUMNS and map_distinct(changed[table][name], clean_id).duplicated().any():
        # the slip may have made the row another one, or made another row look like it
        assert set(before.index) - set(now.index) <= set(rows[table].index)
        return
    pd.testing.assert_frame_equal(now.drop(index=row, errors="ignore"), before.drop(index=row))
    if name not in KEY_COLUMNS:
        others = [other for other in TABLES if other != table]
        for other in others:
            mine = owned_rows(rows, other, table, row)
            after, was = (result.results[other].rows for result in (cleaned, base))
            after, was = (f.drop(columns=RELATIVE_COLUMNS, errors="ignore") for f in (after, was))
            pd.testing.assert_frame_equal(
                after.drop(index=mine, errors="ignore"), was.drop(index=mine, errors="ignore")
            )


def owned_rows(rows: dict[str, pd.DataFrame], other: str, table: str, row: int) -> list[int]:
    """Rows of another table that belong to the lead that was changed: they share its exit, or settle its status."""
    if (table, other) == ("status_events", "leads"):
        lead = rows["status_events"]["lead_id"].iloc[row]
        return rows["leads"].index[rows["leads"]["id"] == lead].tolist()
    if (table, other) != ("leads", "status_events"):
        return []
    events = rows["status_events"]
    return events.index[events["lead_id"] == rows["leads"]["id"].iloc[row]].tolist()


def as_export(tables: MarketTables) -> dict[str, pd.DataFrame]:
    """Clean tables as raw rows of an export, as far as they hold what an export holds."""
    raw_tables = {}
    for table in TABLES:
        frame = getattr(tables, table).drop(columns=[*CONTACT_COLUMNS, *RELATIVE_COLUMNS], errors="ignore")
        texts = {}
        for column in frame:
            name = WRITTEN_AS[table].get(column, column)
            written = [None if pd.isna(value) else str(value) for value in frame[column]]
            texts[name] = pd.Series(written, dtype="str", index=frame.index)
        if table == "leads":
            texts |= {
                name: pd.Series(None, dtype="str", index=frame.index) for name in ("name", "email", "phone")
            }
        origin = {
            "_file": "again.csv",
            "_line": range(2, len(frame) + 2),
            "_order": 0,
            "_is_unparsable": False,
        }
        raw_tables[table] = pd.DataFrame(texts | origin, index=frame.index).astype({"_is_unparsable": bool})
    return raw_tables


def check_combined(raw, mutations, doubled) -> None:
    rows, last_day = raw
    for place, change in mutations:
        rows, _, _ = mutate(rows, place, change)
    for table, position in doubled:
        frame = rows[table]
        rows = rows | {table: pd.concat([frame, frame.iloc[[position % len(frame)]]], ignore_index=True)}
    cleaned = clean_raw(rows, MARKET, make_params(), KEY, last_day)
    assert_accounted(rows, cleaned)
    validate_tables(cleaned.tables, "Africa/Cairo")
    again = clean_raw(as_export(cleaned.tables), MARKET, make_params(), KEY, last_day)
    assert set(again.ledger.loc[again.ledger["action"].isin(LEDGER_EXITS), "rule"]) == {"kept"}
    for table in TABLES:
        frames = [
            getattr(result.tables, table).drop(columns=[*CONTACT_COLUMNS, "is_repeat"], errors="ignore")
            for result in (cleaned, again)
        ]
        pd.testing.assert_frame_equal(*frames)


def check_files(tables, style) -> None:
    delimiter, encoding, newline, packed, damage, position = style
    with tempfile.TemporaryDirectory() as directory:
        folder = write_export(Path(directory) / "export", tables, delimiter=delimiter)
        for number, stem in enumerate(STEMS.values()):
            path = folder / f"{stem}.csv"
            text = path.read_bytes().decode("utf-8")
            if damage is not None and number == position % len(STEMS):
                text = damage(text, position)
            content = text.replace("\n", newline).encode(encoding, errors="replace")
            if packed:
                path.unlink()
                path, content = path.with_name(f"{path.name}.gz"), gzip.compress(content, mtime=0)
            path.write_bytes(content)
        try:
            slices = split(folder, Path(directory) / "cache")
        except LeadSmartError as error:
            assert error.message
            return
        market = [*slices.markets][position % 3]
        rows = {table: read_rows(slices, table, market) for table in TABLES}
        totals = slices.slice_totals.groupby("table")["rows"].sum()
        assert totals.to_dict() == slices.raw_totals.set_index("table")["rows"].to_dict()
        own = slices.slice_totals.set_index(["market", "table"])
        assert all(len(rows[table]) == own.loc[(market, table), "rows"] for table in TABLES)
        cleaned = clean_raw(rows, market, make_params(), KEY, slices.last_day)
        assert_accounted(rows, cleaned)
        validate_tables(cleaned.tables, "Africa/Cairo")


def _cut(text: str, position: int) -> str:
    return text[: max(len(text) - position % 40, 1)]


def _insert(mark: str):
    def insert(text: str, position: int) -> str:
        place = position * 7919 % (len(text) + 1)
        return text[:place] + mark + text[place:]

    return insert


DAMAGES = st.sampled_from(
    [
        None,
        _cut,
        *(_insert(mark) for mark in ('"', "\n", "\0", ",", ",,,,", "\r", '""', "\ufeff", "\t;|", "\u2028")),
    ]
)
STYLES = st.tuples(
    st.sampled_from(",;\t|"),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1256", "cp1252"]),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.booleans(),
    DAMAGES,
    st.integers(0, 10_000),
)


@st.composite
def exports(draw):
    """The tiny export with a few cells changed."""
    tables = deepcopy(base_tables())
    for _ in range(draw(st.integers(0, 4))):
        rows = tables[draw(st.sampled_from([*STEMS]))]
        row = rows[draw(st.integers(0, len(rows) - 1))]
        column = draw(st.sampled_from(sorted(row)))
        row[column] = draw(CHANGES)(row[column]) or ""
    return tables


MUTATIONS = st.lists(st.tuples(places(), CHANGES), min_size=2, max_size=8)
DOUBLED = st.lists(st.tuples(st.sampled_from(TABLES), st.integers(0, 30)), max_size=3)


@settings(max_examples=SINGLE, **FAST)
@given(place=places(), change=CHANGES)
def test_one_slip_changes_no_other_row(raw, base, place, change):
    check_single(raw, base, place, change)


@settings(max_examples=COMBINED, **FAST)
@given(mutations=MUTATIONS, doubled=DOUBLED)
def test_many_slips_are_accounted_for_and_cleaning_again_changes_nothing(raw, mutations, doubled):
    check_combined(raw, mutations, doubled)


@settings(max_examples=FILES, **FAST)
@given(tables=exports(), style=STYLES)
def test_files_of_any_style_and_damage(tables, style):
    check_files(tables, style)


@pytest.mark.slow
@settings(max_examples=10 * SINGLE, **FAST)
@given(place=places(), change=CHANGES)
def test_one_slip_changes_no_other_row_at_length(raw, base, place, change):
    check_single(raw, base, place, change)


@pytest.mark.slow
@settings(max_examples=10 * COMBINED, **FAST)
@given(mutations=MUTATIONS, doubled=DOUBLED)
def test_many_slips_at_length(raw, mutations, doubled):
    check_combined(raw, mutations, doubled)


@pytest.mark.slow
@settings(max_examples=10 * FILES, **FAST)
@given(tables=exports(), style=STYLES)
def test_files_at_length(tables, style):
    check_files(tables, style)
