from dataclasses import replace

import pandas as pd
import pytest
from builders_market import market_of
from classification.builders_classification import (
    AS_OF,
    make_dataset,
    make_lead,
    make_market,
    make_params,
    make_tables,
)

from leadsmart.classification.features.feature_catalogue import FeatureSpec
from leadsmart.classification.features.features import build_features, find_suspects
from leadsmart.errors import ModelError


def _row(tables, lead_id):
    return build_features(market_of(tables, make_params(), AS_OF)).frame.set_index("lead_id").loc[lead_id]


def test_history_stops_the_day_before_the_lead_arrived():
    tables = make_tables(
        [make_lead("old", "2024-07-01", "QUALIFIED"), make_lead("older", "2024-07-01", "NOT_QUALIFIED"),
         make_lead("new", "2024-07-10T18:00"), make_lead("next day", "2024-07-11T00:10")],
        [("old", "QUALIFIED", "2024-07-09T23:50"), ("older", "NOT_QUALIFIED", "2024-07-10T00:10")],
        delivery=[("c1", "2024-07-09", 70.0), ("c1", "2024-07-10", 30.0)],
    )  # fmt: skip
    new, following = _row(tables, "new"), _row(tables, "next day")
    assert new["campaign_verdicts_before"] == 1
    assert following["campaign_verdicts_before"] == 2
    assert new["campaign_spend_before"] == 70.0
    assert following["campaign_spend_before"] == 100.0
    assert new["campaign_leads_before"] == 2
    assert new["campaign_ctr_before"] == 0.01
    # market: (1 + 2.5) / (1 + 5); user: (1 + 1 · market) / (1 + 1); campaign: (1 + 5 · user) / (1 + 5)
    user = (1 + 3.5 / 6) / 2
    assert new["user_qualified_rate_before"] == pytest.approx(user)
    assert new["project_qualified_rate_before"] == pytest.approx((1 + 5 * 3.5 / 6) / 6)
    assert new["campaign_qualified_rate_before"] == pytest.approx((1 + 5 * user) / 6)


def test_an_undated_verdict_is_in_nobody_s_history():
    tables = make_tables([make_lead("old", "2024-07-01", "QUALIFIED"), make_lead("new", "2024-07-10")])
    assert _row(tables, "new")["campaign_verdicts_before"] == 0
    assert _row(tables, "new")["campaign_qualified_rate_before"] == 0.5


def test_history_of_another_campaign_of_the_same_user_counts_for_the_user_only():
    tables = make_tables(
        [make_lead("old", "2024-07-01", "QUALIFIED", campaign_id="c2"), make_lead("new", "2024-07-10")],
        [("old", "QUALIFIED", "2024-07-02")],
        [("c1", "u1"), ("c2", "u1")],
    )
    new = _row(tables, "new")
    assert (new["campaign_verdicts_before"], new["user_verdicts_before"]) == (0, 1)


def test_contacts_and_the_form_s_completeness():
    tables = make_tables(
        [make_lead("1", "2024-07-01", is_phone_valid=False, has_name=True, is_email_valid=True, form_budget=None),
         make_lead("2", "2024-07-02", phone_region="SA", form_budget="5M")],
    )  # fmt: skip
    first, second = _row(tables, "1"), _row(tables, "2")
    assert first["filled_share"] == 0.5
    assert second["filled_share"] == 1.0
    assert (first["is_phone_foreign"], second["is_phone_foreign"]) == (0.0, 1.0)
    assert (first["form_budget"], second["form_budget"]) == ("missing", "5M")


def test_features_of_a_lead_do_not_change_when_later_things_happen():
    tables = make_market(120, undecided=20)
    features = build_features(market_of(tables, make_params(), AS_OF))
    cut = features.frame["arrived_at"].iloc[60]
    earlier = tables._replace(
        leads=tables.leads[tables.leads["arrived_at"] <= cut],
        status_events=tables.status_events[tables.status_events["changed_at"] <= cut],
    )
    before = build_features(market_of(earlier, make_params(), AS_OF)).frame
    pd.testing.assert_frame_equal(before, features.frame.iloc[: len(before)])


def test_every_feature_declares_when_it_is_known():
    specs = build_features(market_of(make_market(30), make_params(), AS_OF)).specs
    assert {s.known for s in specs} == {"arrival", "day before"}
    assert len({s.name for s in specs}) == len(specs)


def test_the_guard_refuses_a_feature_known_later():
    tables, params = make_market(200), make_params()
    dataset = make_dataset(tables, params)
    late = FeatureSpec("calls_made", "number", "later", "sales", "calls that sales made")
    features = dataset.features
    planted = replace(features, frame=features.frame.assign(calls_made=1.0), specs=(*features.specs, late))
    with pytest.raises(ModelError, match=r"known only after the lead's arrival.*calls_made"):
        find_suspects(planted, dataset.labels)


def test_the_guard_refuses_a_column_that_nobody_declared():
    tables, params = make_market(200), make_params()
    dataset = make_dataset(tables, params)
    with pytest.raises(ModelError, match=r"declared nowhere.*last_status"):
        find_suspects(
            replace(dataset.features, frame=dataset.features.frame.assign(last_status="X")), dataset.labels
        )


def test_the_guard_reports_a_feature_that_is_too_good_alone():
    tables, params = make_market(200), make_params()
    dataset = make_dataset(tables, params)
    features = dataset.features
    assert find_suspects(features, dataset.labels) == ()
    oracle = features.frame["lead_id"].map(dataset.labels.set_index("lead_id")["label"])
    spec = FeatureSpec("oracle", "number", "arrival", "oracle", "oracle")
    planted = replace(features, frame=features.frame.assign(oracle=oracle), specs=(*features.specs, spec))
    assert find_suspects(planted, dataset.labels) == ("oracle",)


def test_rare_levels_of_a_category_are_no_leak():
    tables, params = make_market(200), make_params()
    dataset = make_dataset(tables, params)
    spec = FeatureSpec("form_code", "category", "arrival", "form_code", "code")
    features = dataset.features
    unique = features.frame["lead_id"].astype("str")
    planted = replace(features, frame=features.frame.assign(form_code=unique), specs=(*features.specs, spec))
    assert find_suspects(planted, dataset.labels) == ()


def test_no_hash_and_no_id_is_a_feature():
    features = build_features(market_of(make_market(30), make_params(), AS_OF))
    names = {s.name for s in features.specs}
    assert not names & {"lead_id", "user_id", "campaign_id", "person_hash", "phone_hash"}
    assert not any("hash" in c for c in features.frame.columns)
