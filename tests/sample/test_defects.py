"""Every defect is in the export as often as the truth counts it, and spares its neighbours."""

import pandas as pd
import pytest

from leadsmart.sample import make_sample
from leadsmart.sample.defects import EMPTY_WORDS, UNKNOWN_CAMPAIGN, UNKNOWN_STATUS
from leadsmart.vocabulary import KNOWN_STATUSES

LEADS = 20_000


@pytest.fixture(scope="module")
def dirty():
    return make_sample(leads=LEADS, seed=3)


@pytest.fixture(scope="module")
def clean():
    return make_sample(leads=LEADS, seed=3, defects=False)


def counted(tables) -> dict[str, int]:
    """Count every defect in the tables alone, without the truth."""
    campaigns, insights, leads, events, markets = tables
    trimmed = campaigns["project_name"].str.replace("\u2060", "").str.strip()
    campaign_of_lead = leads["campaign_id"].str.removesuffix(".0")
    campaign_of_row = insights["campaign_id"].str.removesuffix(".0")
    number = {c: pd.to_numeric(insights[c], errors="coerce") for c in ("clicks", "impressions", "spend")}
    distinct = insights.drop_duplicates()
    stop = campaigns.set_index("id")["stop_time"].reindex(campaign_of_row).to_numpy()
    last = events.drop_duplicates("lead_id", keep="last").set_index("lead_id")["status"]
    with_history = leads[leads["id"].isin(last.index)]
    differs = (
        with_history["lead_status"].map(canonical) != last.loc[with_history["id"]].map(canonical).to_numpy()
    )
    known = leads["lead_status"].isin(KNOWN_STATUSES)
    given = leads.replace(list(EMPTY_WORDS), "")
    given = given[given["phone"] != ""]
    return {
        "campaigns_empty_budget": campaigns["daily_budget"].isin(EMPTY_WORDS).sum(),
        "campaigns_project_with_arabic": campaigns["project_name"].str.contains("سعادة").sum(),
        "campaigns_project_with_invisible_character": campaigns["project_name"].str.contains("\u2060").sum(),
        "campaigns_project_with_trailing_blank": campaigns["project_name"].str.endswith(" ").sum(),
        "campaigns_with_leads_without_delivery": len(
            set(campaign_of_lead) - set(campaign_of_row) - {UNKNOWN_CAMPAIGN}
        ),
        "campaigns_without_leads": (~campaigns["id"].isin(campaign_of_lead)).sum(),
        "campaigns_without_market": (~trimmed.isin(markets["project_name"])).sum(),
        "delivery_clicks_above_impressions": (number["clicks"] > number["impressions"]).sum(),
        "delivery_conflicting_pairs": distinct.duplicated(["ad_set_id", "created_at"]).sum(),
        "delivery_duplicates": insights.duplicated().sum(),
        "delivery_empty_reach": insights["reach"].isin(EMPTY_WORDS).sum(),
        "delivery_ids_with_point": insights["campaign_id"].str.endswith(".0").sum(),
        "delivery_negative_spend": (number["spend"] < 0).sum(),
        "delivery_outside_campaign": (insights["created_at"] > stop).sum(),
        "events_duplicates": events.duplicated().sum(),
        "events_odd_status_spelling": (~events["status"].isin(KNOWN_STATUSES)).sum(),
        "events_of_unknown_lead": (~events["lead_id"].isin(leads["id"])).sum(),
        "leads_empty_spelt_out": leads[["email", "phone", "budget"]].isin(EMPTY_WORDS).sum().sum(),
        "leads_ids_with_point": leads["campaign_id"].str.endswith(".0").sum(),
        "leads_odd_status_spelling": (
            ~known & leads["lead_status"].map(canonical).isin(KNOWN_STATUSES)
        ).sum(),
        "leads_of_unknown_campaign": (leads["campaign_id"] == UNKNOWN_CAMPAIGN).sum(),
        "leads_phone_in_scientific_notation": leads["phone"].str.contains("E+", regex=False).sum(),
        "leads_repeated": given.duplicated(["campaign_id", "name", "email", "phone"]).sum(),
        "leads_status_differs_from_last_event": differs.sum(),
        "leads_unknown_status": (leads["lead_status"] == UNKNOWN_STATUS).sum(),
        "leads_without_events": (~leads["id"].isin(last.index)).sum(),
    }


def canonical(status: str) -> str:
    return status.strip().upper().replace(" ", "_").replace("-", "_")


def test_every_defect_is_there_as_often_as_the_truth_counts_it(dirty):
    tables, truth = dirty
    stated = dict(truth.defects)
    left_out = set(tables.campaigns["project_name"].str.replace("\u2060", "").str.strip())
    assert (
        len(left_out - set(tables.project_markets["project_name"]))
        == stated.pop("projects_without_market")
        >= 2
    )
    stated.pop("messages_with_contact")
    assert counted(tables) == stated
    assert min(stated.values()) >= 2


def test_a_clean_sample_has_only_facts(clean):
    tables, truth = clean
    facts = {"campaigns_project_with_arabic", "campaigns_without_leads", "leads_without_events"}
    counts = counted(tables)
    assert {name for name, count in counts.items() if count} == facts
    assert set(truth.defects) == {"campaigns_without_leads", "leads_without_events", "messages_with_contact"}


def test_spend_differs_only_by_the_counted_rows(dirty, clean):
    merged = clean[0].insights.merge(
        dirty[0].insights.drop_duplicates(["ad_set_id", "created_at"]),
        on=["ad_set_id", "created_at"],
        how="left",
        suffixes=("", "_dirty"),
        indicator=True,
    )
    lost = merged["_merge"] == "left_only"
    changed = ~lost & (merged["spend"] != merged["spend_dirty"])
    assert changed.sum() == dirty[1].defects["delivery_negative_spend"]
    moved = dirty[1].defects["delivery_outside_campaign"]
    without = merged.loc[lost, "campaign_id"].nunique()
    assert dirty[1].defects["campaigns_with_leads_without_delivery"] <= without
    assert without <= dirty[1].defects["campaigns_with_leads_without_delivery"] + moved


def test_phones_lose_their_digits_as_in_a_spreadsheet(dirty):
    phones = dirty[0].campaign_leads["phone"]
    lost = phones[phones.str.contains("E+", regex=False)]
    assert lost.str.fullmatch(r"\d\.\d{5}E\+(09|1[0-3])").all()
    assert len(lost) == 0.03 * LEADS


def test_defects_change_no_truth(dirty, clean):
    pd.testing.assert_frame_equal(dirty[1].leads, clean[1].leads)
    pd.testing.assert_frame_equal(dirty[1].channels, clean[1].channels)


@pytest.mark.parametrize("seed", range(4))
def test_counts_hold_for_other_seeds_and_sizes(seed):
    tables, truth = make_sample(leads=2_500 * (seed + 1), seed=seed)
    skipped = {"projects_without_market", "messages_with_contact"}
    assert counted(tables) == {name: count for name, count in truth.defects.items() if name not in skipped}
