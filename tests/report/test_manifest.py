"""Rows and spend of all ledgers add up to the raw files, or nothing is published."""

import datetime as dt
from pathlib import Path

import pandas as pd
import pytest

from leadsmart.cleaning.reading.slices import Slices
from leadsmart.errors import LedgerError
from leadsmart.report.provenance.manifest import reconcile, site_page


def make_slices(rows: int = 10, spend: float = 100.0) -> Slices:
    raw = {"campaigns": (3, 0.0), "ad_performance": (rows, spend)}
    return Slices(
        folder=Path(),
        markets={},
        last_day=dt.date(2024, 12, 31),
        inputs={},
        is_sample=False,
        digests={},
        columns={},
        totals=[{"market": "gulf", "table": t, "rows": n, "spend": s} for t, (n, s) in raw.items()],
        total_spend=spend,
        structure=[],
        formats={},
        notes=[],
        joins=[],
        lead_columns=[],
        form_fields=[],
        safe_form_fields=[],
    )


def make_ledger(kept: int, spend: float, campaigns: int = 0) -> pd.DataFrame:
    return pd.DataFrame(
        [
            ("campaigns", "-", "kept", campaigns, 0.0),
            ("ad_performance", "-", "kept", kept, spend),
            ("ad_performance", "exact_duplicate", "duplicate", 1, 5.0),
            ("ad_performance", "negative", "quarantined", 1, 1.5),
            ("ad_performance", "number_reformatted", "repaired", 4, 40.0),
            ("ad_performance", "clicks_above_impressions", "flagged", 2, 20.0),
        ],
        columns=["table", "rule", "action", "rows", "spend"],
    )


def test_exits_of_all_ledgers_add_up_and_repairs_and_flags_stand_beside():
    # rows 3+2 and 3+2, spend 40+6.5 and 47+6.5
    ledgers = {"gulf": make_ledger(3, 40.0, 1), "unassigned": make_ledger(3, 47.0, 2)}
    totals = reconcile(ledgers, make_slices()).set_index("table")
    assert totals.loc["ad_performance"].to_dict() == {
        "raw_rows": 10,
        "raw_spend": 100.0,
        "exit_rows": 10,
        "exit_spend": 100.0,
    }
    assert totals.loc["campaigns", "exit_rows"] == 3


def test_a_missing_row_names_the_table_and_both_counts():
    ledgers = {"gulf": make_ledger(3, 40.0, 1), "unassigned": make_ledger(2, 47.0, 2)}
    with pytest.raises(LedgerError, match="ad_performance: 10 raw rows but 9 in the ledgers"):
        reconcile(ledgers, make_slices())


def test_a_missing_cent_names_the_table_and_both_amounts():
    ledgers = {"gulf": make_ledger(3, 40.0, 1), "unassigned": make_ledger(3, 46.99, 2)}
    with pytest.raises(LedgerError, match=r"ad_performance.*spend 100\.00 but 99\.99"):
        reconcile(ledgers, make_slices())


def test_less_than_a_cent_is_rounding():
    ledgers = {"gulf": make_ledger(3, 40.0, 1), "unassigned": make_ledger(3, 46.996, 2)}
    assert len(reconcile(ledgers, make_slices())) == 2


def test_a_table_that_no_ledger_speaks_of_is_missed():
    ledger = make_ledger(8, 93.5).query("table != 'campaigns'")
    with pytest.raises(LedgerError, match="campaigns: 3 raw rows but 0 in the ledgers"):
        reconcile({"gulf": ledger}, make_slices())


def test_a_page_has_the_address_of_its_notebook():
    outputs = Path("project") / "outputs"
    assert site_page(outputs / "gulf" / "04_summary.ipynb", outputs) == "outputs/gulf/04_summary.html"
    assert site_page(outputs / "overview.ipynb", outputs) == "outputs/overview.html"
