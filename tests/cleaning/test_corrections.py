"""Known errors of a source: corrected by the reviewed file, which must keep matching."""

from pathlib import Path

import pytest
from cleaning.builders_cleaning import ROOT, clean, make_tables, split, write_export

from leadsmart.cleaning.reading.corrections import find_unexpected, read_corrections
from leadsmart.cleaning.reading.slice_rows import read_rows
from leadsmart.errors import ParameterError

GOOD = """
- table: ad_performance
  match: {ad_set_id: "200", created_at: "2024-06-02 00:00:00"}
  change: {spend: 3.5, reach: null}
  reason: booked tenfold, says the agency
  expected: 1
"""


def write(folder: Path, text: str) -> Path:
    (folder / "_corrections.yml").write_text(text)
    return folder


def test_the_file_in_the_repository_is_empty_and_valid():
    assert read_corrections(ROOT / "params") == ()


def test_no_file_means_no_corrections(tmp_path):
    assert read_corrections(tmp_path) == ()


def test_a_correction_changes_the_row_and_the_ledger_keeps_the_raw_spend(tmp_path):
    folder = write_export(tmp_path / "export", make_tables())
    cleaned = clean(folder, tmp_path / "cache", corrections=read_corrections(write(tmp_path, GOOD)))
    row = cleaned.tables.ad_performance.set_index("ad_set_id").loc["200"]
    assert row["spend"] == 3.5
    assert row["reach"] != row["reach"]
    ledger = cleaned.ledger.set_index(["table", "rule"])
    assert ledger.loc[("ad_performance", "kept"), "spend"] == 60.75
    assert ledger.loc[("ad_performance", "correction"), ["rows", "spend"]].tolist() == [1, 30.0]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"200"', '"999"', "the source was fixed"),
        ("expected: 1", "expected: 2", "expects 2 rows and matches 1"),
    ],
)
def test_a_correction_that_no_longer_matches_is_told(tmp_path, old, new, message):
    slices = split(write_export(tmp_path / "export", make_tables()), tmp_path / "cache")
    good, changed = (read_corrections(write(tmp_path, text)) for text in (GOOD, GOOD.replace(old, new)))
    (found,) = find_unexpected(slices, (*good, *changed))
    assert message in str(found)
    assert "booked tenfold" in str(found)


def test_rows_of_all_markets_are_counted(tmp_path):
    slices = split(write_export(tmp_path / "export", make_tables()), tmp_path / "cache")
    everywhere = GOOD.replace('ad_set_id: "200", created_at: "2024-06-02 00:00:00"', "file: insights.csv")
    (found,) = find_unexpected(slices, read_corrections(write(tmp_path, everywhere)))
    rows = sum(len(read_rows(slices, "ad_performance", market)) for market in slices.markets)
    assert rows > 1
    assert f"expects 1 rows and matches {rows}" in str(found)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1", "expected a list"),
        ("- [", "not valid YAML"),
        (GOOD.replace("reason", "because"), "reason"),
        (GOOD.replace("ad_set_id", "adset"), "no such column"),
        (GOOD.replace("reach: null", "campaign_id: 7"), "decides where a row belongs"),
        (GOOD.replace("ad_performance", "leads").replace("ad_set_id", "email"), "must not hold contacts"),
    ],
)
def test_bad_entries(tmp_path, text, message):
    with pytest.raises(ParameterError, match=message):
        read_corrections(write(tmp_path, text))


@pytest.mark.parametrize("value", ["2024-09-31", "2024-13-01", "yesterday", "31 Sept"])
def test_a_new_date_has_to_be_in_the_calendar(tmp_path, value):
    text = GOOD.replace("spend: 3.5, reach: null", f"created_at: {value}")
    with pytest.raises(ParameterError, match=r"no date .column created_at.*2024-10-01"):
        read_corrections(write(tmp_path, text))
    assert read_corrections(write(tmp_path, text.replace(value, "2024-09-30 08:00:00")))
