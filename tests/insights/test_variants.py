import math

import numpy as np
import pandas as pd
import pytest
from builders_market import market_of
from insights.builders_insights import make_campaigns, make_leads, make_params, make_tables

from leadsmart.insights.journey.variants import compare_variants, sample_size
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
    result = compare_variants(market_of(make_tables()._replace(leads=leads), make_params(minimum_people=1)))
    table = result.table.set_index("form_variant")
    assert table["completion_rate"].to_dict() == {"A": 0.5, "B": 1.0}
    assert table["verdict_coverage"].to_dict() == {"A": 0.5, "B": 0.5}
    assert table["qualified_rate"].to_dict() == {"A": 1.0, "B": 0.0}
    assert "not assigned evenly" not in result.statement


def test_a_variant_of_few_leads_is_neither_in_the_table_nor_in_the_sentence():
    variants = ["A"] * 40 + ["B"] * 9 + ["rare"] * 4
    leads = make_leads(*({} for _ in variants)).assign(form_variant=variants, form_budget="1 M")
    result = compare_variants(market_of(make_tables()._replace(leads=leads), make_params()))
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
        in compare_variants(market_of(make_tables()._replace(leads=leads), make_params())).statement
    )


def test_without_variants_it_says_so():
    result = compare_variants(market_of(make_tables(leads=[{}]), make_params()))
    assert result.table.empty
    assert "no form variants" in result.statement


def test_the_planted_variant_is_the_more_complete_one():
    tables, truth = sample_market(None, seed=1)
    table = compare_variants(market_of(tables, make_params())).table.set_index("form_variant")
    for variant, rate in truth.variants["completion_rate"].items():
        assert table.loc[variant, "completion_low"] < rate < table.loc[variant, "completion_high"]


def drawn(rng, users, gain, confounded):
    """Leads of users who differ in size, in how full their forms are and, if `confounded`, in which variant they show.

    The share of complete forms of A is 0.4 on average over leads, whoever shows it, and `gain` higher for B.
    """
    size = np.ceil(rng.lognormal(3, 0.7, users)).astype(int)
    level = rng.uniform(0.1, 0.7, users)
    chance_of_b = level + 0.1 if confounded else np.full(users, 0.5)
    user = np.repeat(np.arange(users), size)
    is_b = rng.random(len(user)) < chance_of_b[user]
    complete = rng.random(len(user)) < level[user] + gain * is_b
    campaigns = make_campaigns(*({"campaign_id": f"c{u}", "user_id": f"u{u}"} for u in range(users)))
    leads = make_leads({}).iloc[np.zeros(len(user), dtype=int)].reset_index(drop=True)
    leads = leads.assign(
        lead_id=[f"l{i}" for i in range(len(user))],
        campaign_id=campaigns["campaign_id"].array[user],
        form_variant=np.where(is_b, "B", "A"),
        form_budget=pd.Series("1 M", index=leads.index).where(complete),
    )
    return make_tables()._replace(campaigns=campaigns, leads=leads)


@pytest.mark.parametrize("samples", [20, pytest.param(300, marks=pytest.mark.slow)])
def test_ranges_hold_the_truth_although_leads_of_a_user_are_alike(samples):
    rng, holds = np.random.default_rng(5), []
    for _ in range(samples):
        table = compare_variants(market_of(drawn(rng, 25, 0.15, confounded=False), make_params())).table
        rows = table.set_index("form_variant")
        for variant, rate in (("A", 0.4), ("B", 0.55)):
            holds.append(rows.loc[variant, "completion_low"] <= rate <= rows.loc[variant, "completion_high"])
    assert np.mean(holds) >= 0.92


@pytest.mark.parametrize("samples", [20, pytest.param(300, marks=pytest.mark.slow)])
def test_the_difference_within_users_is_free_of_who_shows_which_variant(samples):
    rng, holds, pooled, said = np.random.default_rng(8), [], [], []
    for _ in range(samples):
        found = compare_variants(market_of(drawn(rng, 25, 0.1, confounded=True), make_params()))
        row = found.table.set_index("form_variant").loc["B"]
        holds.append(row["completion_difference_low"] <= 0.1 <= row["completion_difference_high"])
        pooled.append(found.table["completion_rate"].diff().iloc[-1])
        said.append("compare them within users only" in found.statement)
    assert np.mean(holds) >= 0.92
    # side by side B looks better by what its users are better by, too
    assert np.mean(pooled) > 0.2
    assert np.mean(said) >= 0.9


def test_a_difference_that_chance_may_explain_is_said_to_be_one():
    found = compare_variants(
        market_of(drawn(np.random.default_rng(7), 25, 0.0, confounded=True), make_params())
    )
    assert "which chance alone may explain" in found.statement


def test_users_of_one_variant_each_tell_nothing_within_users():
    leads = make_leads(*({"campaign_id": c} for c in ["c1"] * 20 + ["c2"] * 20))
    leads = leads.assign(form_variant=["A"] * 20 + ["B"] * 20, form_budget="1 M")
    campaigns = make_campaigns({"campaign_id": "c1", "user_id": "u1"}, {"campaign_id": "c2", "user_id": "u2"})
    found = compare_variants(
        market_of(make_tables()._replace(campaigns=campaigns, leads=leads), make_params())
    )
    assert found.table["completion_difference"].isna().all()
    assert "No business user has leads of both kinds" in found.statement
    assert found.table["completion_range"].tolist() == ["indicative range"] * 2


def test_hidden_variants_are_in_no_comparison():
    leads = make_leads(*({} for _ in range(63)))
    leads = leads.assign(
        form_variant=["A"] * 30 + ["B"] * 30 + ["r"] * 3, form_budget=[None] * 60 + ["1 M"] * 3
    )
    with_rare = compare_variants(
        market_of(make_tables()._replace(leads=leads), make_params(minimum_people=3))
    ).table
    without = compare_variants(
        market_of(make_tables()._replace(leads=leads[:60]), make_params(minimum_people=3))
    ).table
    assert with_rare["completion_difference"].iloc[0] < 0 == without["completion_difference"].iloc[0]
    hidden = compare_variants(
        market_of(make_tables()._replace(leads=leads), make_params(minimum_people=5))
    ).table
    shown = hidden[hidden["suppressed"] == ""]
    assert shown["completion_difference"].dropna().eq(0).all()


def test_sample_size_against_the_textbook():
    # Cohen: h = 0.2014 for 0.5 against 0.6, n = 2 (1.96 + 0.8416)² / h²
    h = 2 * math.asin(math.sqrt(0.6)) - 2 * math.asin(math.sqrt(0.5))
    assert sample_size(0.5, 0.2) == pytest.approx(2 * (1.95996 + 0.84162) ** 2 / h**2, abs=1)
    assert math.isnan(sample_size(0.0, 0.2))
