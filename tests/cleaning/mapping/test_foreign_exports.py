"""Exports of other systems, where they are at hand: each table maps to its own totals, whole ones to their true figures."""

import tarfile
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import pytest
from cleaning.builders_cleaning import KEY, ROOT
from cleaning.mapping.builders_mapping import accept_proposal, stage_all

from leadsmart.cleaning.clean import clean_slice
from leadsmart.cleaning.reading.split import split_export
from leadsmart.cleaning.values.numbers import parse_numbers
from leadsmart.params import list_markets, load_params

ARCHIVE = ROOT / ".." / "shared" / "data" / "foreign" / "foreign-exports.tar.xz"
MARKETS = tuple(list_markets(ROOT / "params"))

pytestmark = pytest.mark.skipif(not ARCHIVE.is_file(), reason="../shared, with foreign exports, is not here")


class Totals(NamedTuple):
    """What a case holds: rows of delivery, their spend, leads, qualified by the lead's own column, events."""

    delivery: int = 0
    spend: float = 0.0
    leads: int = 0
    qualified: int = 0
    events: int = 0


DELIVERY = {"delivery": 938, "spend": 246_435.10}
CASES = {
    "01-meta-leads": Totals(leads=518),
    "02-meta-ads-manager": Totals(**DELIVERY),
    "03-hubspot": Totals(leads=518, qualified=71, events=665),
    "04-google-ads": Totals(**DELIVERY),
    "05-linkedin": Totals(**DELIVERY),
    "06-tiktok": Totals(**DELIVERY, leads=518),
    "07-salesforce": Totals(leads=518, qualified=71, events=665),
    "08-bitrix24": Totals(leads=518, qualified=71),
    "09-zoho": Totals(leads=518, qualified=71),
    "10-meta-arabic": Totals(**DELIVERY, leads=518),
}


@pytest.fixture(scope="module")
def exports(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("foreign")
    with tarfile.open(ARCHIVE) as archive:
        archive.extractall(folder, filter="data")
    found = next(folder.rglob("01-meta-leads"))
    return found.parent


def rows_of(tables: dict[str, pd.DataFrame], table: str) -> pd.DataFrame:
    columns = ["spend", "lead_status"]
    return tables.get(table, pd.DataFrame({column: pd.Series(dtype="str") for column in columns}))


@pytest.mark.parametrize("case", CASES)
def test_each_table_maps_to_its_own_totals(exports, case):
    folder = exports / case
    accept_proposal(folder, MARKETS)
    tables, _ = stage_all(folder)
    delivery, leads = rows_of(tables, "ad_performance"), rows_of(tables, "leads")
    expected = CASES[case]
    assert len(delivery) == expected.delivery
    assert parse_numbers(delivery["spend"].astype("str"))["value"].sum() == pytest.approx(expected.spend)
    assert len(leads) == expected.leads
    # one more is written with a blank behind it, which cleaning takes away
    assert leads["lead_status"].str.upper().eq("QUALIFIED").sum() == expected.qualified
    assert len(tables.get("status_events", ())) == expected.events
    if expected.delivery and "campaigns" in tables:
        assert tables["campaigns"]["id"].nunique() == (73 if expected.leads or case.startswith("02") else 72)


def whole_report(folder: Path, cache: Path):
    accept_proposal(folder, MARKETS)
    params = {market: load_params(market, ROOT / "params") for market in MARKETS}
    slices = split_export(folder, cache, params)
    cleaned = clean_slice(slices, "new-cairo", params["new-cairo"], KEY)
    return slices, cleaned, slices.note_lines


@pytest.mark.parametrize(
    ("case", "spend", "qualified"),
    [
        ("11-plain-meta-hubspot", 246_435.10, 45),
        ("12-google-after-edits", 246_435.10, 72),
        ("13-salesforce-after-edits", 246_540.61, 71),
        ("14-tiktok-after-edits", 246_435.10, 45),
    ],
)
def test_an_export_becomes_a_report_with_its_true_figures(exports, tmp_path, case, spend, qualified):
    slices, cleaned, notes = whole_report(exports / case, tmp_path)
    totals = slices.raw_totals.set_index("table")
    assert slices.markets["new-cairo"] == len(cleaned.tables.campaigns) == 73
    assert slices.markets["unassigned"] == 0
    assert totals.loc["ad_performance", "spend"] == pytest.approx(spend)
    assert len(cleaned.tables.leads) == 518
    assert cleaned.tables.leads["lead_status"].eq("QUALIFIED").sum() == qualified
    events = cleaned.tables.status_events
    assert events.loc[events["status"].eq("QUALIFIED"), "lead_id"].nunique() == 46
    assert any("-177.32 in all" in note for note in notes) == (not case.startswith("13"))
    states_a_total = case.startswith(("12", "14"))
    assert any("246,612.42" in note for note in notes) == states_a_total


def test_delivery_of_one_system_and_leads_of_another_meet_by_name(exports, tmp_path):
    folder = tmp_path / "both"
    folder.mkdir()
    for case in ("02-meta-ads-manager", "03-hubspot"):
        for path in (exports / case).glob("*.csv"):
            (folder / path.name).write_bytes(path.read_bytes())
    slices, cleaned, notes = whole_report(folder, tmp_path / "cache")
    assert slices.markets["new-cairo"] == len(cleaned.tables.campaigns) == 73
    assert slices.raw_totals.set_index("table").loc["ad_performance", "spend"] == pytest.approx(246_435.10)
    assert len(cleaned.tables.leads) == 518
    assert cleaned.tables.leads["lead_status"].eq("QUALIFIED").sum() == 71
    assert any("518 of 518 rows name a campaign whose name several share" in note for note in notes)
