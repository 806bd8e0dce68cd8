import pytest
from builders_market import market_of
from insights.builders_insights import leads_of, make_params, make_tables

from leadsmart.insights.kpi.sensitivity import leave_one_user_out


def market(*users):
    """Users as (qualified, disqualified); each spends 100."""
    return make_tables(
        campaigns=[{"campaign_id": f"u{i}", "user_id": f"u{i}"} for i in range(len(users))],
        delivery=[{"campaign_id": f"u{i}", "ad_set_id": f"a{i}"} for i in range(len(users))],
        leads=[
            lead
            for i, (good, bad) in enumerate(users)
            for lead in leads_of(f"u{i}", "QUALIFIED", good) + leads_of(f"u{i}", "NOT_QUALIFIED", bad)
        ],
    )


def test_the_user_who_moves_a_figure_most_is_named():
    # 24 of 40 qualified; without u0, who says yes 19 times in 20, 5 of 20
    answer = leave_one_user_out(market_of(market((19, 1), (2, 8), (3, 7)), make_params()))
    row = answer.table.set_index("figure").loc["qualified_rate"]
    assert (row["user_id"], row["value"], row["without"], row["share"]) == ("u0", 0.6, 0.25, 0.5)
    assert "without user u0 the qualified rate is 25 %, not 60 %" in answer.statement
    assert "the CPQL is EGP 40, not EGP 12" in answer.statement


def test_where_no_user_matters_it_is_said():
    answer = leave_one_user_out(market_of(market(*[(5, 5)] * 20), make_params()))
    assert answer.table["change"].abs().max() == pytest.approx(0, abs=0.01)
    assert answer.statement == "No single business user moves one of these figures by 20 % or more."


def test_a_market_of_one_user_or_none_says_that_it_cannot_be_told():
    for tables in (market((3, 1)), make_tables()):
        answer = leave_one_user_out(market_of(tables, make_params()))
        assert answer.table.empty
        assert "too few" in answer.statement
