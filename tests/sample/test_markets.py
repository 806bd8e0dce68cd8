"""A defect-free sample as clean tables: the contract of MarketTables, and the same facts as the export."""

import pandas as pd
import pytest

from leadsmart.errors import InputError
from leadsmart.sample import make_sample, sample_market, sample_market_tables

COLUMNS = {
    "campaigns": "campaign_id user_id project_name market channel daily_budget started_at stopped_at",
    "ad_performance": "ad_set_id campaign_id delivery_date reach impressions clicks spend",
    "leads": "lead_id campaign_id lead_status arrived_at person_hash name_hash email_hash phone_hash is_email_valid "
    "email_domain_class is_phone_valid phone_region phone_type has_name is_repeat message form_variant form_budget "
    "form_unit_type message_intent",
    "status_events": "lead_id status changed_at is_batch",
}


@pytest.fixture(scope="module")
def everything():
    return sample_market_tables(None, leads=4_000, seed=9)


@pytest.fixture(scope="module")
def export():
    return make_sample(leads=4_000, seed=9, defects=False)


def test_tables_have_the_columns_of_the_contract(everything):
    assert {name: " ".join(table.columns) for name, table in everything._asdict().items()} == COLUMNS
    for table in everything:
        for column in table.columns:
            if column.endswith("_id"):
                assert table[column].dtype == "str"
            if column.endswith("_at"):
                assert str(table[column].dtype) == "datetime64[us, Africa/Cairo]"
    assert everything.ad_performance["delivery_date"].dt.tz is None
    assert (everything.ad_performance[["reach", "impressions", "clicks", "spend"]].dtypes == "float64").all()


def test_they_say_the_same_as_the_export(everything, export):
    tables = export[0]
    assert everything.leads["lead_id"].tolist() == tables.campaign_leads["id"].tolist()
    assert everything.leads["lead_status"].tolist() == tables.campaign_leads["lead_status"].tolist()
    form = tables.campaign_leads["budget"].where(tables.campaign_leads["budget"] != "")
    pd.testing.assert_series_equal(everything.leads["form_budget"], form, check_names=False)
    assert everything.leads["phone_hash"].isna().tolist() == (tables.campaign_leads["phone"] == "").tolist()
    local = everything.leads["arrived_at"].dt.strftime("%Y-%m-%d %H:%M:%S")
    assert local.tolist() == tables.campaign_leads["added_date"].tolist()
    assert everything.ad_performance["spend"].tolist() == tables.insights["spend"].astype(float).tolist()
    assert everything.status_events["status"].tolist() == tables.lead_status_changes["status"].tolist()
    assert everything.campaigns["campaign_id"].tolist() == tables.campaigns["id"].tolist()


def test_a_market_has_its_own_rows_only(everything):
    tables, truth = sample_market("north-coast", leads=4_000, seed=9)
    own = everything.campaigns[everything.campaigns["market"] == "north-coast"].reset_index(drop=True)
    pd.testing.assert_frame_equal(tables.campaigns, own)
    for name in ("ad_performance", "leads"):
        rows = getattr(everything, name)
        rows = rows[rows["campaign_id"].isin(own["campaign_id"])].reset_index(drop=True)
        pd.testing.assert_frame_equal(getattr(tables, name), rows)
    assert set(tables.status_events["lead_id"]) <= set(tables.leads["lead_id"])
    assert set(tables.leads["lead_id"]) == set(truth.leads.index[truth.leads["market"] == "north-coast"])


def test_messages_hold_no_contact(everything, export):
    texts = everything.leads["message"]
    assert texts.isna().tolist() == (export[0].campaign_leads["message"] == "").tolist()
    assert not texts.str.contains(r"@|https?:|\+\d", regex=True).any()


def test_batches_are_verdicts_of_one_user_in_one_minute(everything):
    events = everything.status_events
    batch = events[events["is_batch"]]
    assert set(batch["status"]) == {"QUALIFIED", "NOT_QUALIFIED"}
    users = everything.leads.set_index("lead_id")["campaign_id"].map(
        everything.campaigns.set_index("campaign_id")["user_id"]
    )
    sizes = batch.groupby(
        [users.loc[batch["lead_id"]].to_numpy(), batch["changed_at"].dt.floor("min").to_numpy()]
    ).size()
    assert sizes.min() >= 2


def test_another_zone_moves_no_wall_clock(everything):
    gulf = sample_market_tables("gulf", leads=4_000, seed=9, timezone="Asia/Dubai")
    assert str(gulf.leads["arrived_at"].dt.tz) == "Asia/Dubai"
    same = everything.leads.set_index("lead_id")["arrived_at"].loc[gulf.leads["lead_id"]].dt.tz_localize(None)
    assert same.tolist() == gulf.leads["arrived_at"].dt.tz_localize(None).tolist()


def test_an_unknown_market_names_the_known_ones():
    with pytest.raises(InputError, match="new-cairo, north-coast"):
        sample_market_tables("newcairo", leads=4_000)
