"""Cards, lists and boxes: everything escaped, verdicts by mark and word, numbers as agreed."""

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from leadsmart.display import cards

EVIL = "<script>alert(1)</script>"


@dataclass(frozen=True)
class Found:
    key: str
    title: str
    verdict: str
    statement: str
    money_at_stake: float | None
    table: str


def test_kpi_cards_show_value_interval_change_target_and_note():
    table = pd.DataFrame(
        {
            "key": ["leads", "qualified_rate", "cpql", "deals"],
            "label": ["Leads", "Qualified rate", "CPQL", "Deals"],
            "value": [15215, 0.59, 6800, np.nan],
            "unit": ["count", "share", "money", "count"],
            "low": [np.nan, 0.52, np.nan, np.nan],
            "high": [np.nan, 0.66, np.nan, np.nan],
            "n": [np.nan, 1826, np.nan, np.nan],
            "delta": [-0.03, np.nan, 0.11, np.nan],
            "delta_basis": ["the 28 days before", None, None, None],
            "target": [np.nan, np.nan, 5000, np.nan],
            "target_verdict": [None, None, "above", None],
            "note": [None, "not yet mature", None, EVIL],
        }
    )
    page = cards.kpi_cards(table, "EGP", {"leads": [1, 2, 3]})._repr_html_()

    assert '<dt>Leads</dt><dd class="ls-kpi-value">15,215</dd>' in page
    assert '59 % <span class="ls-interval">(52–66)</span>' in page
    assert "n 1,826" in page
    assert "−3 % vs. the 28 days before" in page
    assert "+11 % " in page
    assert "target EGP 5,000: above" in page
    assert '<dd class="ls-kpi-value">–</dd>' in page
    assert page.count("<svg") == 1
    assert "<script" not in page


def test_kpi_cards_work_without_the_optional_columns():
    table = pd.DataFrame({"key": ["spend"], "label": ["Spend"], "value": [7_377_225.0], "unit": ["money"]})

    assert "EGP 7.4 M" in cards.kpi_cards(table, "EGP")


@pytest.mark.parametrize(
    ("verdict", "shown"),
    [
        ("supported", "✓</span> supported"),
        ("not supported", "✕</span> not supported"),
        ("not enough data", "○</span> not enough data"),
    ],
)
def test_findings_have_mark_and_word(verdict, shown):
    page = cards.finding_cards([Found("k", EVIL, verdict, EVIL, 1.2e6, "campaign_quality")], "EGP")

    assert shown in page
    assert "EGP 1.2 M at stake" in page
    assert 'href="tables/campaign_quality.csv"' in page
    assert "<script" not in page


def test_finding_without_money_and_table_shows_neither():
    row = {
        "key": "k",
        "title": "T",
        "verdict": "not supported",
        "statement": "S",
        "money_at_stake": None,
        "table": "",
    }
    page = cards.finding_cards([row], "EGP")

    assert "at stake" not in page
    assert "href" not in page


@pytest.mark.parametrize(("unit", "reference"), [("share", 0.0), ("ratio", 1.0)])
def test_a_finding_is_drawn_beside_what_would_be_no_difference(unit, reference):
    row = {"key": "k", "title": "T", "verdict": "supported", "statement": "S", "table": "", "unit": unit}
    page = cards.finding_cards([row | {"estimate": 2.0, "low": reference, "high": 3.0}], "EGP")

    # the interval starts at the dashed line
    (zero,) = re.findall(r'ls-strip-reference" x1="([\d.]+)"', page)
    (start,) = re.findall(r'ls-strip-range" x1="([\d.]+)"', page)
    assert zero == start == "8.0"
    assert "the dashed line is no difference" in page


def test_a_finding_without_an_interval_is_not_drawn():
    row = {
        "key": "k",
        "title": "T",
        "verdict": "not enough data",
        "statement": "S",
        "table": "",
        "unit": "share",
    }
    assert "<svg" not in cards.finding_cards([row | {"estimate": 0.2, "low": None, "high": 0.3}], "EGP")


def test_recommendations_keep_their_order_and_show_the_range():
    rows = pd.DataFrame(
        {
            "statement": ["Second by name", EVIL],
            "evidence": ["E1", "E2"],
            "measure": ["of the leads have no verdict", "AUC lost"],
            "effect": [0.88, 0.04],
            "low": [0.8, np.nan],
            "high": [0.92, np.nan],
            "unit": ["share", "auc"],
            "range_label": ["indicative range", ""],
            "money_concerned": [310e3, np.nan],
            "effort": ["low", "high"],
            "owner": ["Marketing", "Sales"],
            "next_step": ["Pause", "Call"],
        }
    )
    page = cards.recommendation_list(rows, "EGP")

    assert "<dd>88 % (indicative range 80–92) of the leads have no verdict</dd>" in page
    assert "<dt>How much (range)</dt><dd>0.04 AUC lost</dd>" in page
    assert "<dt>Money concerned</dt><dd>EGP 310 k</dd>" in page
    assert "<dt>Money concerned</dt><dd>–</dd>" in page
    assert page.index("Second by name") < page.index("&lt;script&gt;")
    assert page.startswith('<ol class="ls-list')


def test_nothing_to_show_is_a_sentence():
    assert "No findings." in cards.finding_cards([], "EGP")
    assert "No recommendation holds" in cards.recommendation_list([], "EGP")


@pytest.mark.parametrize(
    "shown",
    [
        cards.callout("warning", EVIL, EVIL),
        cards.sentence(EVIL),
        cards.headline(EVIL),
        cards.banner(EVIL),
        cards.facts_line([(EVIL, EVIL), ("data quality", "good")]),
        cards.page_nav(EVIL, [("a.html", EVIL), ("javascript:alert(1)", "x")], "a.html"),
    ],
)
def test_boxes_escape_and_link_nowhere_else(shown):
    page = shown._repr_html_()

    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "javascript:" not in page


def test_callout_of_an_unknown_kind_is_refused():
    with pytest.raises(KeyError):
        cards.callout("danger", "T", "x")


def test_page_nav_marks_the_current_page():
    page = cards.page_nav("New Cairo", [("a.html", "Summary"), ("b.html", "Insights")], "b.html")

    assert '<a href="b.html" aria-current="page">Insights</a>' in page
    assert '<a href="a.html">Summary</a>' in page
    assert 'aria-label="Pages of New Cairo"' in page
