"""Exports as other systems and people hand them over, where they are at hand: right, refused with a remedy, or told."""

import shutil
import tarfile
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from cleaning.border.damage import REFUSED, RIGHT, SAID, TOLD
from cleaning.border.export import MARKET, Figures
from cleaning.border.outcomes import find_fault, judge, project
from cleaning.builders_cleaning import ROOT

from leadsmart.params import load_params

ARCHIVE = ROOT / ".." / "shared" / "data" / "foreign" / "foreign-exports.tar.xz"
#: Single tables and exports of other systems: each maps to its own totals, see the tests of mappings.
MAPPED = tuple(f"{number:02}" for number in range(1, 15))

pytestmark = pytest.mark.skipif(not ARCHIVE.is_file(), reason="../shared, with foreign exports, is not here")

BASE = Figures(
    campaigns=73,
    spend=246_540.61,
    impressions=2_152_511,
    clicks=50_881,
    leads=518,
    qualified=72,
    repeats=2,
    events=664,
    ad_sets=136,
    days=14_254_118,
)
#: Where a lead's own column says "created", its last event counts: 45 of those with a history are qualified.
BY_HISTORY = replace(BASE, qualified=45)


@dataclass(frozen=True)
class Expected:
    """What may come of a case, its true figures, and what a message or a line has to match."""

    allowed: tuple[str, ...] = (RIGHT,)
    true: Figures = BASE
    says: str = ""
    params: dict[str, str] = field(default_factory=dict)


READ = Expected()
EXPECTED = {
    "15-meta-leads-prefixed": Expected((SAID,), BY_HISTORY, "status"),
    "15b-meta-leads-stripped": Expected((SAID,), BY_HISTORY, "status"),
    "20-base": READ,
    "21-ids-exact": READ,
    "21b-ids-rounded-everywhere": Expected((REFUSED,), says="as text"),
    "21c-ids-rounded-in-leads": Expected((REFUSED,), says="campaign_id.*as text"),
    "21d-ids-scientific-in-leads": Expected((REFUSED,), says="campaign_id.*as text"),
    "21e-adset-scientific": Expected((REFUSED,), says="ad_set_id.*as text"),
    "22-excel-formula-text": READ,
    "23-meta-test-leads": Expected((SAID, RIGHT)),
    "24-weekly-rows": Expected((REFUSED,), says="day"),
    "24b-whole-period-rows": Expected((REFUSED,), says="day"),
    "25-age-breakdown-equal-halves": Expected(
        true=replace(BASE, spend=246_540.42, impressions=2_152_062, clicks=50_422)
    ),
    "25b-hourly-equal": Expected(
        true=replace(BASE, spend=10_800.0, impressions=144_000, clicks=7_200, ad_sets=71, days=3_870_913)
    ),
    "25c-age-gender-placement": Expected(true=replace(BASE, spend=246_540.64, impressions=None, clicks=None)),
    "26-browser-names": READ,
    "26b-month-year-names": READ,
    "26c-unmatched-names": Expected((RIGHT, REFUSED)),
    "27-restated-same-file": Expected((REFUSED,), says="insights"),
    "28-currency-column": Expected((REFUSED,), says="USD"),
    "29-european-excel": READ,
    "30-excel-dd-mmm-yy": READ,
    "30b-named-month-am-pm": READ,
    "30c-js-date": READ,
    "30d-google-sheets-us": READ,
    "30e-arabic-dates": READ,
    "31-day-in-account-zone-la": READ,
    "31b-day-utc": Expected(params={"timezone": "America/Los_Angeles"}),
    "32-arabic-statuses": Expected((TOLD, REFUSED, RIGHT, SAID), says="status"),
    "34-gdpr-emptied": READ,
    "34b-gdpr-placeholder": Expected((RIGHT, SAID)),
    "35-organic": Expected((TOLD,), says="80"),
    "36-totals-row": Expected((SAID,), says="246,789.74"),
    "37-no-history": Expected((SAID,), replace(BASE, events=0), "lead_status_changes"),
    "37b-history-header-only": Expected((SAID,), replace(BASE, events=0), "lead_status_changes"),
    "38-deleted-campaign": Expected((TOLD,), says="25,382"),
    "40-phones": Expected(true=replace(BASE, leads=18, qualified=3, events=None, repeats=None)),
    "41-dst": Expected(true=replace(BASE, leads=4, qualified=1, events=None, repeats=0)),
    "43-same-lead-two-campaigns": Expected((RIGHT, SAID)),
    "46-cp1256-semicolon": READ,
    "47-rtl-marks": READ,
    "49-multi-select-status": Expected((TOLD, REFUSED, RIGHT, SAID), says="status"),
    "50-events-utc-no-zone": Expected((SAID,), says=r"\b3\b"),
    "51-status-only-in-history": Expected((SAID,), BY_HISTORY, "status"),
    "53-cost-micros": Expected((REFUSED, TOLD), says="1,000,000|micros"),
    "53b-minor-units": Expected((REFUSED, TOLD), says="minor"),
    "54-blank-no-delivery-days": Expected(
        true=replace(
            BASE, spend=221_117.49, impressions=1_935_831, clicks=45_343, ad_sets=None, days=13_895_577
        ),
    ),
    "56-newlines-in-message": READ,
    "57-whole-line-quoted": Expected((RIGHT, REFUSED), says="campaign_leads.csv"),
    "58-concatenated-headers": Expected((RIGHT, SAID)),
    "61-nbsp-thousands-egp": READ,
    "62-float-ids": READ,
    "63-ongoing-no-budget": READ,
    "64-campaign-renamed": READ,
    "65-xlsx": Expected((REFUSED,), says="insights.*leadsmart map|insights.*CSV"),
    "66-droppings": Expected((SAID,), says="Copy of insights.csv"),
    "67-upper": READ,
}
#: Have tests of their own: columns of a CRM beside many leads, and a parameter that YAML takes for a number.
CRM_COLUMNS, OCTAL = APART = ("44-crm-outcome-columns", "45-octal-user-ids")


#: Run always; the others among the long tests.
QUICK = {
    "21c-ids-rounded-in-leads",
    "24-weekly-rows",
    "27-restated-same-file",
    "28-currency-column",
    "29-european-excel",
    "37-no-history",
    "38-deleted-campaign",
    "51-status-only-in-history",
    "53b-minor-units",
    "65-xlsx",
}


@pytest.fixture(scope="module")
def exports(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("foreign")
    with tarfile.open(ARCHIVE) as archive:
        archive.extractall(folder, filter="data")
    return next(folder.rglob("20-base")).parent


def judge_case(exports: Path, root: Path, case: str) -> None:
    expected = EXPECTED[case]
    with project(root, [MARKET]) as made:
        outcome = judge(exports / case, made, expected.params)
    assert find_fault(outcome, {MARKET: expected.true}, expected.allowed, expected.says) == ""


def test_every_case_is_judged(exports):
    names = {path.name for path in exports.iterdir() if not path.name.startswith(MAPPED)}
    assert names == {*EXPECTED, *APART}


@pytest.mark.parametrize("case", sorted(QUICK))
def test_a_foreign_export_is_right_refused_or_told(exports, tmp_path, case):
    judge_case(exports, tmp_path / "project", case)


@pytest.mark.slow
@pytest.mark.parametrize("case", [case for case in EXPECTED if case not in QUICK])
def test_more_foreign_exports_are_right_refused_or_told(exports, tmp_path, case):
    judge_case(exports, tmp_path / "project", case)


@pytest.mark.slow
def test_columns_of_a_crm_are_named_and_read_by_nothing(exports, tmp_path):
    with project(tmp_path / "project", [MARKET]) as root:
        outcome = judge(exports / CRM_COLUMNS, root)
    columns = {column.casefold() for column in outcome.cleaned[MARKET].tables.leads}
    for name in ("Lost Reason", "Lifecycle Stage", "Lead Owner"):
        assert any(name in line for line in outcome.said)
        assert not [column for column in columns if name.split()[1].casefold() in column.split("_")]
    assert "Mona Sabry" not in outcome.cleaned[MARKET].tables.leads.to_csv()


def test_a_business_user_is_who_was_written(exports, tmp_path):
    with project(tmp_path / "project", [MARKET]) as root:
        shutil.copy(exports / OCTAL / "params" / f"{MARKET}.yml", root / "params")
        assert load_params(MARKET, root / "params").user_ids == ("0102",)
