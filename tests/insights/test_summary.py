"""All markets side by side, also when there is none."""

import pandas as pd

from leadsmart.display.tables.layouts import MARKETS
from leadsmart.insights.pages.overview import compare_markets


def summary(market: str, currency: str, leads: float, spend: float, money: float, key: str = "k") -> dict:
    return {
        "market": market, "title": market.title(), "currency": currency, "leads": leads, "spend": spend, "cpl": 10.0,
        "cpql": 100.0, "qualified_rate": 0.5, "qualified_rate_low": 0.4, "qualified_rate_high": 0.6,
        "findings": 5, "findings_supported": 2, "data_verdict": "good", "model_verdict": "OK", "leads_by_week": [1.0],
        "recommendations": [{"key": key, "statement": "Do it.", "money_concerned": money}],
    }  # fmt: skip


def test_markets_are_listed_by_leads_and_money_is_summed_within_a_currency_only():
    rows = [
        summary("gulf", "SAR", 5, 70, 9),
        summary("a", "EGP", 20, 100, 3, key="other"),
        summary("b", "EGP", 10, 200, 4),
        summary("c", "EGP", 5, 50, 2),
    ]
    found = compare_markets(pd.DataFrame(rows))
    assert found.table["market"].tolist() == ["a", "b", "c", "gulf"]
    assert found.statement == "4 markets spent EGP 350 and SAR 70 and brought 40 leads."
    assert found.recommendations["statement"].tolist() == ["B: Do it.", "A: Do it.", "Gulf: Do it."]
    assert found.recommendations["folder"].tolist() == ["b/tables", "a/tables", "gulf/tables"]


def test_results_of_an_older_version_do_not_stop_the_overview():
    old = summary("a", "EGP", 20, 100, 3) | {
        "recommendations": [{"key": "k", "statement": "Old.", "effect": 9}]
    }
    found = compare_markets(pd.DataFrame([old, summary("b", "EGP", 10, 200, 4)]))
    assert found.recommendations["statement"].tolist() == ["B: Do it."]


def test_without_any_market_the_table_is_empty_but_can_be_shown():
    found = compare_markets(pd.DataFrame())
    assert found.statement == "No market has a result."
    assert found.table.empty and {column.name for column in MARKETS} <= set(found.table.columns)
