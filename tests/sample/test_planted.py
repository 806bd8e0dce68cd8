"""Every planted effect shows in the export with its stated size, and is gone when switched off."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import logit

from leadsmart.sample import PlantedEffects, SampleTruth, make_sample
from leadsmart.sample.effects import NEUTRAL_VALUES
from leadsmart.sample.export import SampleTables

LEADS = 24_000
SEED = 7
ENGAGED = {"CALL_AGAIN", "FOLLOW_UP", "WHATSAPP"}
JUNK = {"SPAM", "WRONG_NUMBER"}

#: Columns that switching an effect off may change, per table; all others stay byte for byte.
MAY_CHANGE = {
    "campaign_quality": {"campaign_leads": {"lead_status"}},
    "user_quality": {"campaign_leads": {"lead_status"}},
    "labelling_habits": {"campaign_leads": {"lead_status"}},
    "cheap_channel": {"insights": {"reach", "impressions"}, "campaign_leads": {"lead_status"}},
    "engagement_trap": {
        "insights": {"clicks", "reach", "impressions"},
        "campaign_leads": {"campaign_id", "lead_status", "added_date"},
    },
    "follow_up_bottleneck": {"campaign_leads": {"lead_status"}},
    "data_gaps": {"campaign_leads": {"lead_status"}},
    "broken_tracking": {"campaign_leads": {"campaign_id", "lead_status", "added_date"}},
    "form_variant": {"campaign_leads": {"budget", "unit_type", "lead_status"}},
    "message_intent": {"campaign_leads": {"lead_status"}},
}


@pytest.fixture(scope="module")
def planted() -> tuple[SampleTables, SampleTruth]:
    return make_sample(leads=LEADS, seed=SEED, defects=False)


@pytest.fixture(scope="module")
def without() -> dict[str, tuple[SampleTables, SampleTruth]]:
    return {
        name: make_sample(leads=LEADS, seed=SEED, effects=PlantedEffects().without(name), defects=False)
        for name in NEUTRAL_VALUES
    }


def difference(left: SampleTruth, right: SampleTruth) -> pd.Series:
    """Difference in true quality (logit) of the leads that came by the same campaign in both."""
    same = left.leads["campaign_id"] == right.leads["campaign_id"]
    return (logit(left.leads["p_qualified"]) - logit(right.leads["p_qualified"]))[same]


@pytest.mark.parametrize("name", NEUTRAL_VALUES)
def test_switching_off_leaves_everything_else_as_it_was(planted, without, name):
    for table in SampleTables._fields:
        if table == "lead_status_changes":
            continue
        on, off = getattr(planted[0], table), getattr(without[name][0], table)
        changed = {column for column in on.columns if not on[column].equals(off[column])}
        assert changed <= MAY_CHANGE[name].get(table, set()), table


@pytest.mark.parametrize("name", NEUTRAL_VALUES)
def test_switching_off_changes_something(planted, without, name):
    # of two equal samples one could not be the other's null
    assert not planted[0].campaign_leads["lead_status"].equals(without[name][0].campaign_leads["lead_status"])


def test_campaign_quality_has_its_standard_deviation_within_users(planted, without):
    off = without["campaign_quality"][1]
    lead = difference(planted[1], off)
    quality = planted[1].campaigns["quality"]
    np.testing.assert_allclose(lead, quality[planted[1].leads.loc[lead.index, "campaign_id"]], atol=1e-9)
    # 3,100 campaigns: the standard error of their deviation is 0.7 / √6,200 = 0.009
    assert quality.std() == pytest.approx(0.7, abs=0.03)
    assert (off.campaigns["quality"] == 0).all()


def test_campaigns_of_a_user_differ_more_than_chance_only_with_the_effect(planted, without):
    flat = PlantedEffects().without("campaign_quality", "cheap_channel")
    null = make_sample(leads=LEADS, seed=SEED, effects=flat, defects=False)[1]
    assert _dispersion(null) == pytest.approx(1, abs=0.15)
    assert _dispersion(without["cheap_channel"][1]) > 1.4


def _dispersion(truth: SampleTruth) -> float:
    """Squared deviation of campaigns' good leads from what their leads' other properties let expect, over its mean."""
    table = truth.leads.join(truth.campaigns["quality"], on="campaign_id")
    table["p"] = 1 / (1 + np.exp(-(logit(table["p_qualified"]) - table["quality"])))
    table["variance"] = table["p"] * (1 - table["p"])
    sums = table.groupby("campaign_id")[["is_good", "p", "variance"]].sum()
    return float(((sums["is_good"] - sums["p"]) ** 2).sum() / sums["variance"].sum())


def test_users_differ_by_their_stated_standard_deviation(planted, without):
    assert planted[1].users["quality"].std() == pytest.approx(0.6, abs=0.03)
    lead = difference(planted[1], without["user_quality"][1])
    users = planted[1].leads.loc[lead.index, "user_id"]
    np.testing.assert_allclose(lead, planted[1].users["quality"][users], atol=1e-9)


def test_labelling_habits_show_in_the_verdicts(planted, without):
    table = planted[1].leads.assign(status=planted[0].campaign_leads["lead_status"].to_numpy())
    table = table.join(planted[1].users["habit"], on="user_id")
    verdicts = table[table["status"].isin(["QUALIFIED", "NOT_QUALIFIED"])]
    assert verdicts.groupby("habit")["status"].unique().map(sorted).to_dict() == {
        "both": ["NOT_QUALIFIED", "QUALIFIED"],
        "only_disqualified": ["NOT_QUALIFIED"],
        "only_qualified": ["QUALIFIED"],
    }
    assert set(planted[1].users["habit"]) == {"never", "only_disqualified", "only_qualified", "both"}
    assert set(without["labelling_habits"][1].users["habit"]) == {"both"}


def test_the_cheap_channel_costs_less_per_impression_and_brings_worse_leads(planted, without):
    on, off = planted[1], without["cheap_channel"][1]
    assert on.channels.loc["tiktok", "cpm"] / off.channels.loc["tiktok", "cpm"] == pytest.approx(
        0.4, rel=0.01
    )
    others = ["facebook", "instagram", "google_search"]
    pd.testing.assert_series_equal(on.channels.loc[others, "cpm"], off.channels.loc[others, "cpm"])
    lead = difference(on, off)
    cheap = on.leads.loc[lead.index, "channel"] == "tiktok"
    np.testing.assert_allclose(lead, np.where(cheap, -1.4, 0.0), atol=1e-9)
    rate = on.channels["qualified_rate"]
    assert rate["tiktok"] < rate[others].min() - 0.15
    assert (
        abs(off.channels.loc["tiktok", "qualified_rate"] - off.channels.loc[others, "qualified_rate"].mean())
        < 0.06
    )
    low, high = (
        truth.channels.loc["facebook", "cpm"] / truth.channels.loc["tiktok", "cpm"] for truth in (off, on)
    )
    assert low == pytest.approx(1, abs=0.15)
    assert high == pytest.approx(2.5, abs=0.4)


def test_trap_campaigns_have_many_clicks_and_few_leads(planted, without):
    traps = planted[1].campaigns.index[planted[1].campaigns["is_trap"]]
    big = planted[1].campaigns["expected_leads"] >= 2
    assert 0.05 < len(traps) / big.sum() < 0.12
    clicks, leads = {}, {}
    for key, (tables, _) in {"on": planted, "off": without["engagement_trap"]}.items():
        rows = tables.insights[tables.insights["campaign_id"].isin(traps)]
        clicks[key] = rows["clicks"].astype(int).sum()
        leads[key] = tables.campaign_leads["campaign_id"].isin(traps).sum()
    assert clicks["on"] / clicks["off"] == pytest.approx(2.2, rel=0.03)
    # about 2,000 leads without, 1,300 with the effect: a standard error of some 3 %
    assert (leads["on"] / clicks["on"]) / (leads["off"] / clicks["off"]) == pytest.approx(0.3, rel=0.1)
    assert not without["engagement_trap"][1].campaigns["is_trap"].any()


def test_a_trap_moves_no_lead_but_its_own(planted, without):
    on = planted[0].campaign_leads.set_index("id")["campaign_id"]
    off = without["engagement_trap"][0].campaign_leads.set_index("id")["campaign_id"]
    traps = planted[1].campaigns.index[planted[1].campaigns["is_trap"]]
    assert 0 < (on != off).mean() < 0.06
    assert off[on != off].isin(traps).all()


@pytest.mark.parametrize("name", [None, "follow_up_bottleneck"])
def test_leads_stop_at_the_first_contact_of_bottleneck_users_only(planted, without, name):
    tables, truth = planted if name is None else without[name]
    statuses = tables.lead_status_changes.groupby("lead_id")["status"].agg(set)
    contacted = statuses[statuses.map(lambda seen: seen != {"NEW_LEAD"} and not seen & JUNK)]
    users = truth.leads.loc[contacted.index, "user_id"].map(planted[1].users["has_bottleneck"])
    rate = contacted.map(lambda seen: bool(seen & ENGAGED)).groupby(users).mean()
    assert rate[False] == pytest.approx(0.8, abs=0.03)
    assert rate[True] == pytest.approx(0.28 if name is None else 0.8, abs=0.03)
    assert planted[1].users["has_bottleneck"].mean() == pytest.approx(0.4, abs=0.02)


def test_missing_fields_lower_quality_by_their_sizes(planted, without):
    lead = difference(planted[1], without["data_gaps"][1])
    form = planted[0].campaign_leads.set_index("id").loc[lead.index]
    bands = {"": -0.7, "under 3M": -0.6, "3M-5M": -0.2, "5M-8M": 0.2, "over 8M": 0.6}
    expected = form["budget"].map(bands) + np.where(form["phone"] == "", -1.2, 0.0)
    np.testing.assert_allclose(lead, expected, atol=1e-9)
    good = planted[1].leads["is_good"].loc[lead.index]
    assert good[form["phone"] == ""].mean() < good[form["phone"] != ""].mean() - 0.1
    assert good[form["budget"] == ""].mean() < good[form["budget"] != ""].mean() - 0.07


def test_no_lead_comes_through_on_broken_days(planted, without):
    broken = planted[1].broken_days
    keys = ["user_id", "project_name", "date"]
    arrived = {}
    for key, (tables, truth) in {"on": planted, "off": without["broken_tracking"]}.items():
        leads = truth.leads.join(truth.campaigns["project_name"], on="campaign_id")
        leads["date"] = pd.to_datetime(tables.campaign_leads["added_date"].str[:10].to_numpy()).as_unit("s")
        arrived[key] = len(leads.merge(broken[keys], on=keys))
    expected = broken["expected_leads"].sum()
    assert arrived["on"] == 0
    assert (broken["clicks"] > 0).all() and (broken["spend"] > 0).all()
    assert arrived["off"] == pytest.approx(expected, abs=4 * expected**0.5)
    assert expected > 100
    # four consecutive days each
    assert (broken.groupby(["user_id", "project_name"])["date"].agg(np.ptp) == pd.Timedelta(days=3)).all()
    assert without["broken_tracking"][1].broken_days.empty


@pytest.mark.parametrize("name, gain", [(None, 0.15), ("form_variant", 0.0)])
def test_variant_b_is_completed_more_often(planted, without, name, gain):
    tables, truth = planted if name is None else without[name]
    leads = tables.campaign_leads
    complete = (leads["budget"] != "") & (leads["unit_type"] != "")
    rate = complete.groupby(leads["form_variant"]).mean()
    # 12,000 leads each: a standard error of 0.005
    assert rate["A"] == pytest.approx(0.5, abs=0.02)
    assert rate["B"] - rate["A"] == pytest.approx(gain, abs=0.025)
    assert truth.variants["completion_rate"].to_dict() == {"A": 0.5, "B": 0.5 + gain}
    assert (leads["form_variant"] == "B").mean() == pytest.approx(0.5, abs=0.02)


def test_messages_tell_of_quality(planted, without):
    lead = difference(planted[1], without["message_intent"][1])
    intents = planted[1].leads.loc[lead.index, "intent"]
    sizes = lead.groupby(intents).agg(["min", "max"])
    expected = pd.Series(
        {
            "buy": 0.7,
            "price": 0.0,
            "visit": 1.0,
            "financing": 0.3,
            "resale": -1.0,
            "job_agent": -2.0,
            "other": -0.4,
        }
    )
    np.testing.assert_allclose(sizes["min"], expected[sizes.index], atol=1e-9)
    np.testing.assert_allclose(sizes["max"], expected[sizes.index], atol=1e-9)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_verdicts_follow_the_true_probabilities(seed):
    """Recorded verdicts say QUALIFIED as often as the truth has it, in every tenth of the probability."""
    tables, truth = make_sample(leads=LEADS, seed=seed, defects=False)
    leads = truth.leads.assign(status=tables.campaign_leads["lead_status"].to_numpy())
    leads = leads[leads["has_verdict"]]
    p, hit = leads["p_qualified_given_verdict"], leads["status"] == "QUALIFIED"
    assert hit[p == 1].all() and not hit[p == 0].any()
    between = (p > 0) & (p < 1)
    tenth = pd.qcut(p[between], 10, labels=False)
    excess = (hit[between] - p[between]).groupby(tenth).sum()
    sd = (p * (1 - p))[between].groupby(tenth).sum() ** 0.5
    assert (excess / sd).abs().max() < 4
