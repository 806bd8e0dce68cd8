import numpy as np
import pandas as pd
import pytest
from builders_market import market_of
from insights.builders_insights import leads_of, make_params, make_tables

from leadsmart.catalogue.kpis import Place, kpis_in
from leadsmart.insights.kpi.measures import aggregate_kpis
from leadsmart.insights.methods.intervals import chance_interval, user_intervals
from leadsmart.insights.methods.statistics import rate_interval, ratio_interval
from leadsmart.vocabulary import RANGE_95, RANGE_INDICATIVE


def parts(groups=3, users=8):
    rng = np.random.default_rng(5)
    keys = pd.MultiIndex.from_product([range(groups), range(users)], names=["week", "user_id"])
    under = pd.Series(rng.integers(0, 40, len(keys)).astype(float), keys)
    return np.floor(under * rng.random(len(keys))), under


@pytest.mark.parametrize("users", [3, 8, 30])
@pytest.mark.parametrize(("scale", "one_at_a_time"), [("log", ratio_interval), ("logit", rate_interval)])
def test_many_groups_at_once_equal_one_group_at_a_time(scale, one_at_a_time, users):
    over, under = parts(users=users)
    over[1] = under[1]  # a rate of one has no spread
    table = user_intervals(over, under, ["week"], 5, scale)
    for week, row in table.iterrows():
        one = one_at_a_time(over.loc[week], under.loc[week], minimum_clusters=5)
        assert row[["low", "high"]].tolist() == pytest.approx([one.low, one.high], nan_ok=True)
        if one.has_bounds:
            assert row["range"] == one.label


def test_cost_per_lead_of_one_user_is_as_wide_as_chance_makes_it():
    # Garwood for 4 events: 1.090 to 10.242; money 400
    low, high = chance_interval(pd.Series([400.0]), pd.Series([4.0]), "log")
    assert [low[0], high[0]] == pytest.approx([400 / 10.2416, 400 / 1.0899], rel=1e-4)


def test_each_rate_of_a_group_stands_with_its_interval():
    names = [f"u{i}" for i in range(6)]
    tables = make_tables(
        campaigns=[{"campaign_id": n, "user_id": n} for n in names],
        delivery=[{"campaign_id": n, "spend": 100 + 10 * i, "clicks": 20 + i} for i, n in enumerate(names)],
        leads=[lead for i, n in enumerate(names) for s in ("QUALIFIED", "NOT_QUALIFIED", "NEW_LEAD")
               for lead in leads_of(n, s, 2 + (i + len(s)) % 3)],
    )  # fmt: skip
    market = aggregate_kpis(market_of(tables, make_params())).iloc[0]
    campaign = aggregate_kpis(market_of(tables, make_params()), ["campaign_id"]).iloc[0]
    for rate in (kpi.name for kpi in kpis_in(Place.RANGES)):
        for row in (market, campaign):
            assert row[f"{rate}_low"] < row[rate] < row[f"{rate}_high"]
            assert row[f"{rate}_range"] in (RANGE_95, RANGE_INDICATIVE)


def test_cost_that_few_users_carry_has_no_range():
    tables = make_tables(delivery=[{}], leads=leads_of("c1", "QUALIFIED", 3))
    row = aggregate_kpis(market_of(tables, make_params()), ["project_name"]).iloc[0]
    assert row[["cpl_range", "qualified_rate_range"]].tolist() == ["", RANGE_INDICATIVE]
    assert np.isnan(row["cpl_low"])


def test_more_clicks_than_impressions_have_no_range():
    tables = make_tables(delivery=[{"clicks": 1200, "impressions": 1000}])
    for by in (["campaign_id"], ["project_name"]):
        assert np.isnan(aggregate_kpis(market_of(tables, make_params()), by).iloc[0]["ctr_low"])
