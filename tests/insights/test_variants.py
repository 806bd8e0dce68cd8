import math

import pytest
from insights.builders_insights import make_leads, make_params, make_tables

from leadsmart.insights.variants import compare_variants, sample_size
from leadsmart.sample import sample_market


def test_completeness_and_verdicts_per_variant_by_hand():
    rows = [
        ("A", "1 M", "QUALIFIED"),
        ("A", None, "NEW_LEAD"),
        ("B", "2 M", "NOT_QUALIFIED"),
        ("B", "1 M", "SPAM"),
    ]
    leads = make_leads(*({"lead_status": status} for *_, status in rows))
    leads = leads.assign(form_variant=[v for v, *_ in rows], form_budget=[b for _, b, _ in rows])
    result = compare_variants(make_tables()._replace(leads=leads), make_params(minimum_people=1))
    table = result.table.set_index("form_variant")
    assert table["completion_rate"].to_dict() == {"A": 0.5, "B": 1.0}
    assert table["verdict_coverage"].to_dict() == {"A": 0.5, "B": 0.5}
    assert table["qualified_rate"].to_dict() == {"A": 1.0, "B": 0.0}
    assert result.balance_p == 1.0


def test_a_variant_of_few_leads_is_neither_in_the_table_nor_in_the_sentence():
    variants = ["A"] * 40 + ["B"] * 9 + ["rare"] * 4
    leads = make_leads(*({} for _ in variants)).assign(form_variant=variants, form_budget="1 M")
    result = compare_variants(make_tables()._replace(leads=leads), make_params())
    table = result.table.set_index("form_variant")
    assert table["suppressed"].to_dict() == {"A": "", "B": "not shown", "rare": "fewer than 5"}
    assert table.loc[["B", "rare"]].drop(columns="suppressed").isna().all(axis=None)
    assert result.statement == "Too few leads came through the other form variants to compare them."


def test_an_uneven_assignment_is_said():
    leads = make_leads(*({} for _ in range(100))).assign(
        form_variant=["A"] * 80 + ["B"] * 20, form_budget="1 M"
    )
    assert (
        "not assigned evenly"
        in compare_variants(make_tables()._replace(leads=leads), make_params()).statement
    )


def test_without_variants_it_says_so():
    result = compare_variants(make_tables(leads=[{}]), make_params())
    assert result.table.empty
    assert "no form variants" in result.statement


def test_the_planted_variant_is_the_more_complete_one():
    tables, truth = sample_market(None, seed=1)
    table = compare_variants(tables, make_params()).table.set_index("form_variant")
    for variant, rate in truth.variants["completion_rate"].items():
        assert table.loc[variant, "completion_low"] < rate < table.loc[variant, "completion_high"]


def test_sample_size_against_the_textbook():
    # Cohen: h = 0.2014 for 0.5 against 0.6, n = 2 (1.96 + 0.8416)² / h²
    h = 2 * math.asin(math.sqrt(0.6)) - 2 * math.asin(math.sqrt(0.5))
    assert sample_size(0.5, 0.2) == pytest.approx(2 * (1.95996 + 0.84162) ** 2 / h**2, abs=1)
    assert math.isnan(sample_size(0.0, 0.2))
