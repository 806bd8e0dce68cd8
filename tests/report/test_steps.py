"""A step's fingerprint changes with all that its result depends on, and with nothing else."""

import datetime as dt
from pathlib import Path

import pytest
from report.builders_report import ROOT

from leadsmart.params import load_params
from leadsmart.report import steps
from leadsmart.report.steps import CLEANING, INSIGHTS, MARKET_STEPS, NEEDS, is_done, mark_done

INPUTS = {"campaigns.csv": "aa", "insights.csv": "bb"}


def make_params(**overrides: object):
    return load_params("new-cairo", ROOT / "params", overrides)


@pytest.fixture
def notebook(tmp_path: Path) -> Path:
    path = tmp_path / "step.ipynb"
    path.write_text("{}", encoding="utf-8")
    return path


def fingerprint(notebook: Path, step: str = INSIGHTS, inputs=None, **overrides: object) -> str:
    return steps.fingerprint(step, notebook, [make_params(**overrides)], inputs or INPUTS)


def test_a_fingerprint_is_the_same_for_the_same_facts_in_any_order(notebook: Path):
    turned = dict(reversed(INPUTS.items()))
    assert fingerprint(notebook) == fingerprint(notebook, inputs=turned)


def test_a_fingerprint_changes_with_the_notebook(notebook: Path):
    before = fingerprint(notebook)
    notebook.write_text("{ }", encoding="utf-8")
    assert fingerprint(notebook) != before


def test_a_fingerprint_changes_with_the_library(notebook: Path, monkeypatch: pytest.MonkeyPatch):
    before = fingerprint(notebook)
    monkeypatch.setattr(steps, "library_digest", lambda: "another library")
    assert fingerprint(notebook) != before


@pytest.mark.parametrize(
    "inputs", [INPUTS | {"insights.csv": "cc"}, INPUTS | {"more.csv": "dd"}, {"campaigns.csv": "aa"}]
)
def test_a_fingerprint_changes_with_the_inputs(notebook: Path, inputs: dict[str, str]):
    assert fingerprint(notebook, inputs=inputs) != fingerprint(notebook)


def test_steps_have_different_fingerprints(notebook: Path):
    assert len({fingerprint(notebook, step=step) for step in MARKET_STEPS}) == len(MARKET_STEPS)


@pytest.mark.parametrize(
    "change",
    [
        {"period_start": dt.date(2024, 10, 1)},
        {"as_of": dt.date(2024, 12, 1)},
        {"seed": 1},
        {"title": "Cairo"},
    ],
)
def test_cleaning_does_not_depend_on_period_seed_or_title_but_insights_do(notebook: Path, change: dict):
    assert fingerprint(notebook, step=CLEANING, **change) == fingerprint(notebook, step=CLEANING)
    assert fingerprint(notebook, step=INSIGHTS, **change) != fingerprint(notebook, step=INSIGHTS)


@pytest.mark.parametrize(
    "change",
    [
        {"user_ids": ["203"]},
        {"timezone": "Asia/Riyadh"},
        {"date_order": "dmy"},
        {"decimal_comma": True},
        {"phone_region": "SA"},
        {"default_channel": "tiktok"},
        {"currency": "SAR"},
        {"platform_start": dt.date(2024, 1, 1)},
        {"status_aliases": {"QUALIFED": "QUALIFIED"}},
        {"max_quarantine_share": 0.5},
        {"qualified_statuses": ["QUALIFIED", "HIGH_VALUE"]},
        {"disqualified_statuses": ["NOT_QUALIFIED", "TOO_POOR"]},
    ],
)
def test_cleaning_depends_on_how_the_export_is_written(notebook: Path, change: dict):
    assert fingerprint(notebook, step=CLEANING, **change) != fingerprint(notebook, step=CLEANING)


def test_an_export_read_for_other_users_is_another_export():
    digests = [
        steps.export_digest(INPUTS, None),
        steps.export_digest(INPUTS, ["203"]),
        steps.export_digest(INPUTS, ["204"]),
        steps.export_digest(INPUTS | {"insights.csv": "cc"}, None),
    ]
    assert len(set(digests)) == 4


def test_the_library_digest_covers_the_librarys_code():
    assert steps.library_digest() == steps.library_digest()
    assert len(steps.library_digest()) == 64


def test_a_mark_holds_for_its_fingerprint_and_export_only(tmp_path: Path):
    assert not is_done(tmp_path, INSIGHTS)
    mark_done(tmp_path, INSIGHTS, "f1", "e1")
    assert is_done(tmp_path, INSIGHTS)
    assert is_done(tmp_path, INSIGHTS, value="f1", export="e1")
    assert not is_done(tmp_path, INSIGHTS, value="f2")
    assert not is_done(tmp_path, INSIGHTS, export="e2")
    assert not is_done(tmp_path, CLEANING)


def test_steps_need_only_what_runs_before_them():
    for position, step in enumerate(MARKET_STEPS):
        assert set(NEEDS[step]) & set(MARKET_STEPS) <= set(MARKET_STEPS[:position])
