"""Others appear only together: at least five of them, each counting once, nobody's own figure among the three."""

import numpy as np
import pandas as pd
import pytest
from builders_market import market_of
from insights.builders_insights import (
    AS_OF,
    make_campaigns,
    make_delivery,
    make_events,
    make_leads,
    make_params,
)

from leadsmart.insights.pages.benchmarks import NOT_ENOUGH, compare_with_others, summarise_others
from leadsmart.market_tables import MarketTables

PARAMS = make_params(audience="client", user_ids=["me"])


def make_market(*users: str, leads: int = 6, scale: float = 1.0) -> MarketTables:
    """One campaign per user; the i-th spends 100 · (i + 1)."""
    return MarketTables(
        make_campaigns(*({"campaign_id": f"c{u}", "user_id": u} for u in users)),
        make_delivery(
            *({"campaign_id": f"c{u}", "spend": scale * 100.0 * (i + 1)} for i, u in enumerate(users))
        ),
        make_leads(
            *({"campaign_id": f"c{u}", "lead_status": "QUALIFIED"} for u in users for _ in range(leads))
        ),
        make_events(),
    )


def compare(others: MarketTables | None) -> pd.DataFrame:
    return pd.DataFrame(
        compare_with_others(market_of(make_market("me"), PARAMS, AS_OF), others).records
    ).set_index("kpi")


def test_an_internal_report_compares_with_nobody():
    compared = compare_with_others(market_of(make_market("me"), make_params(), AS_OF), None)
    assert (compared.records, compared.tables) == ([], {})


def test_own_figures_stand_beside_the_median_of_the_others():
    table = compare(make_market(*"abcde"))
    assert table.loc["cpc", "own"] == pytest.approx(5.0)
    # users pay 5, 10, 15, 20 and 25 per click; the mean of logarithms is below the middle one
    assert table.loc["cpc", ["users", "median"]].tolist() == [5, 14]
    assert np.isnan(table.loc["cpc", "low"]), "quartiles only from ten others"
    assert table.loc["cpc", "others_shown"] == "EGP 14, 5 others"


def test_four_others_are_not_enough():
    table = compare(make_market(*"abcd"))
    assert table["others_shown"].eq(NOT_ENOUGH).all()
    assert table[["users", "low", "median", "high"]].isna().all(axis=None)


def test_a_user_counts_with_leads_enough_only():
    table = compare(make_market(*"abcde", leads=4))
    assert table.loc["cpl", "others_shown"] == NOT_ENOUGH, "four leads each, and five are needed"
    assert table.loc["ctr", "users"] == 5


def test_each_user_counts_once_however_large():
    users = make_market(*"abcdefghijk")
    spend = users.ad_performance["spend"].where(users.ad_performance["campaign_id"] != "ck", 1e9)
    huge = users._replace(ad_performance=users.ad_performance.assign(spend=spend))
    assert compare(huge).loc["cpc", "median"] == pytest.approx(compare(users).loc["cpc", "median"], rel=0.1)


def test_no_figure_is_a_users_own():
    rng = np.random.default_rng(7)
    for size in range(5, 25):
        values = pd.Series(rng.lognormal(0, 1, size))
        shown = [x for x in summarise_others(values, is_money=True) if np.isfinite(x)]
        assert len(shown) == (3 if size >= 10 else 1)
        assert not {f"{x:.6g}" for x in shown} & {f"{x:.6g}" for x in values}


def test_others_outside_the_period_do_not_count():
    params = PARAMS.model_copy(update={"period_start": pd.Timestamp("2025-06-01").date()})
    compared = compare_with_others(market_of(make_market("me"), params, AS_OF), make_market(*"abcde"))
    assert {record["others_shown"] for record in compared.records} == {NOT_ENOUGH}
