"""Days that stand out: what a day must show at a stated number of false alarms, and which series can show it."""

import numpy as np
import pandas as pd
import pytest
from builders_market import market_of
from insights.builders_insights import AS_OF, make_params, make_tables
from scipy import stats

from leadsmart.insights.health.alarms import (
    LEAST_EVIDENCE,
    dry_evidence,
    dry_limit,
    false_runs,
    shift_limits,
    shift_power,
)
from leadsmart.insights.health.expectations import expected_days
from leadsmart.insights.health.health import check_health
from leadsmart.insights.health.monitoring import FALSE_ALARMS, watch_series
from leadsmart.insights.kpi.measures import delivery_frame, lead_frame
from leadsmart.market_tables import local_day
from leadsmart.sample import PlantedEffects, sample_market_tables


def calendar(n, first="2024-10-01"):
    return [str(day.date()) for day in pd.date_range(first, periods=n)]


def steady(n, leads, clicks=400, *, without=(), first="2024-10-01"):
    """One campaign that brings so many leads on each of `n` days but those of `without`."""
    days = calendar(n, first)
    return make_tables(
        delivery=[{"delivery_date": d, "clicks": clicks, "impressions": 40 * clicks} for d in days],
        leads=[
            {"arrived_at": f"{d} 12:00", "lead_id": f"{d}-{i}"}
            for number, d in enumerate(days)
            if number not in without
            for i in range(leads)
        ],
    )


def alarm_days(tables, rule):
    days = watch_series(market_of(tables, make_params())).days
    return days[(days["rule"] == rule) & days["is_alarm"]]


def test_limits_spend_exactly_the_false_alarms_that_are_allowed():
    noise = np.array([0.2, 0.3, 0.4])
    limits = shift_limits(noise, shift=1.0, allowed=0.05)
    assert stats.norm.sf(limits / noise).sum() == pytest.approx(0.05)
    # the same likelihood ratio on each: (2 limit - shift) shift / (2 s²)
    assert np.ptp((limits - 0.5) / noise**2) == pytest.approx(0)
    assert shift_power([0.2], 1.0, [1.0]).tolist() == [0.5]


def test_a_day_nearer_to_nothing_than_to_the_fault_is_no_fault_however_many_alarms_are_allowed():
    assert shift_limits([0.2], shift=1.0, allowed=100).tolist() == [0.5]
    assert dry_limit(pd.Series([1.0, 1.0], index=["a", "a"]), allowed=100) == LEAST_EVIDENCE


def test_false_runs_count_each_way_into_an_empty_run_by_hand():
    # three days of evidence 2: a run reaches 3 only over two days; it starts on day 1, or on day 2 after a day with leads
    evidence = pd.Series([2.0, 2.0, 2.0], index=["a"] * 3)
    assert false_runs(evidence, 3.0) == pytest.approx(np.exp(-4) + (1 - np.exp(-2)) * np.exp(-4))
    assert false_runs(evidence, 7.0) == 0.0


def test_chance_alone_gives_as_many_empty_runs_as_are_allowed():
    rng = np.random.default_rng(3)
    expected = rng.gamma(2.0, 1.5, 200)
    evidence = pd.Series(dry_evidence(expected, np.zeros(200)), index=["s"] * 200)
    limit = dry_limit(evidence, allowed=2.0)
    runs = 0
    for leads in rng.poisson(expected, (1000, 200)):
        run = np.cumsum(leads > 0)
        reached = np.bincount(run, weights=np.where(leads == 0, evidence, 0.0))
        runs += (reached >= limit).sum()
    assert runs / 1000 == pytest.approx(2.0, abs=0.2)


def test_uncertain_expectations_make_an_empty_day_less_telling():
    # (1 + 0.5 · 6) to the power of −1 / 0.5: one day in sixteen
    assert dry_evidence([6.0], [0.5]).tolist() == pytest.approx([np.log(16)])


def test_false_alarms_of_all_rules_stay_below_one_a_month():
    assert sum(FALSE_ALARMS.values()) < 1


def test_one_empty_day_of_a_big_series_is_an_alarm_and_of_a_small_one_is_none():
    assert alarm_days(steady(60, 10, without={40}), "clicks_without_leads")["day"].dt.strftime(
        "%F"
    ).tolist() == [calendar(60)[40]]
    assert alarm_days(steady(60, 2, without={40}), "clicks_without_leads").empty


def test_a_lead_on_a_day_without_delivery_ends_the_run():
    tables = steady(60, 2, without={40, 41, 42})
    paused = tables.ad_performance["delivery_date"] != calendar(60)[41]
    tables = tables._replace(ad_performance=tables.ad_performance[paused].reset_index(drop=True))
    assert len(alarm_days(tables, "clicks_without_leads")) == 2
    noon = pd.Timestamp(f"{calendar(60)[41]} 12:00", tz="Africa/Cairo")
    late = tables.leads.tail(1).assign(arrived_at=noon)
    tables = tables._replace(leads=pd.concat([tables.leads, late], ignore_index=True))
    assert alarm_days(tables, "clicks_without_leads").empty


def test_an_old_outage_does_not_hide_a_running_one():
    # the longer run lies in October, the shorter one ends on the last day
    tables = steady(60, 10, without={10, 11, 12, 58, 59}, first="2024-11-02")
    table = check_health(market_of(tables, make_params(), AS_OF)).table
    found = table[table["rule"] == "clicks_without_leads"].iloc[0]
    assert (found["n"], found["status"]) == (5, "open")
    assert found["detail"].startswith("no lead on 5 days")


def test_a_new_campaign_is_expected_to_click_like_its_channel():
    rows = [
        ("f1", "facebook", "u1"),
        ("f2", "facebook", "u1"),
        ("t1", "tiktok", "u2"),
        ("t2", "tiktok", "u1"),
    ]
    clicks = {"facebook": 200, "tiktok": 50}
    tables = make_tables(
        campaigns=[{"campaign_id": c, "channel": ch, "user_id": u} for c, ch, u in rows],
        delivery=[
            {
                "campaign_id": c,
                "ad_set_id": c,
                "delivery_date": d,
                "impressions": 10_000,
                "clicks": clicks[ch],
            }
            for c, ch, _ in rows
            for d in calendar(1 if c == "t2" else 30)
        ],
    )
    days = expected_days(delivery_frame(market_of(tables)), lead_frame(market_of(tables, make_params())))
    new = days[days["campaign_id"] == "t2"].iloc[0]
    assert new["usual_clicks"] == pytest.approx(50, rel=0.02)
    # nobody knows it from other days of its own: half a day of prior, so three times a known campaign's variance
    assert new["doubt_clicks"] == pytest.approx(1 + 1 / 0.5)
    assert days.loc[days["campaign_id"] == "f1", "doubt_clicks"].iloc[0] == pytest.approx(1 + 1 / 29.5)


def test_usual_spend_is_hardly_moved_by_a_spike_on_another_day():
    tables = make_tables(
        delivery=[
            {"delivery_date": d, "spend": 4000 if number == 5 else 100}
            for number, d in enumerate(calendar(29))
        ]
    )
    days = expected_days(delivery_frame(market_of(tables)), lead_frame(market_of(tables, make_params())))
    # the 28 others in the geometric mean: 40 to the power of 1 / 28
    assert days["usual_spend"].iloc[0] == pytest.approx(100 * 40 ** (1 / 28), rel=0.01)
    assert days["usual_spend"].iloc[5] == pytest.approx(100, rel=0.01)


def test_the_page_says_of_each_series_what_it_is_watched_for():
    health = check_health(market_of(steady(60, 3), make_params(), AS_OF))
    row = health.watched.iloc[0]
    assert row[["series", "days", "clicks_a_day", "leads_a_day"]].tolist()[:3] == ["Lotus × user u1", 60, 400]
    assert row["ctr_drop_told"] == row["spend_spikes_told"] == "watched"
    assert row["clicks_without_leads_told"] == "not watched: sees 0 %"
    rules = health.rules.set_index("rule")
    assert rules.loc["clicks_without_leads", ["status", "watched"]].tolist() == [
        "too small or uneven to watch",
        "0 of 1 series",
    ]
    assert rules.loc["ctr_drop", ["status", "watched"]].tolist() == ["fine", "1 of 1 series"]
    assert rules.loc["never_touched", "watched"] == ""
    assert "a day without leads in 0, a CTR drop of 60 % in 1" in health.statement
    assert "no alert doesn't mean no fault" in health.statement


@pytest.mark.parametrize("rule", ["clicks_without_leads", "ctr_drop", "spend_spikes"])
def test_faults_on_watched_series_of_the_sample_are_found(rule):
    tables = sample_market_tables(
        "new-cairo", leads=40_000, seed=2, effects=PlantedEffects().without("broken_tracking")
    )
    watch, params, rng = (
        watch_series(market_of(tables, make_params())),
        make_params(),
        np.random.default_rng(1),
    )
    watched = watch.series.loc[watch.series[f"is_{rule}"], "series"]
    days = watch.days[watch.days["series"].isin(watched) & (watch.days["rule"] == rule)]
    campaigns, delivery, leads = tables.campaigns, tables.ad_performance, tables.leads
    name = campaigns["project_name"] + " × user " + campaigns["user_id"]
    found = []
    for row in days.iloc[rng.choice(len(days), 12, replace=False)].itertuples():
        own = campaigns.loc[
            (name == row.series) | ("channel " + campaigns["channel"] == row.series), "campaign_id"
        ]
        here = delivery["campaign_id"].isin(own) & (delivery["delivery_date"] == row.day)
        gone = leads["campaign_id"].isin(own) & (local_day(leads["arrived_at"]) == row.day)
        changed = {
            "clicks_without_leads": {"leads": leads[~gone].reset_index(drop=True)},
            "ctr_drop": {"ad_performance": delivery.assign(clicks=delivery["clicks"].mask(here, delivery["clicks"] * 0.4))},
            "spend_spikes": {"ad_performance": delivery.assign(spend=delivery["spend"].mask(here, delivery["spend"] * 4))},
        }[rule]  # fmt: skip
        again = watch_series(market_of(tables._replace(**changed), params)).days
        again = again[(again["rule"] == rule) & (again["series"] == row.series) & (again["day"] == row.day)]
        found.append(bool(again["is_alarm"].any()))
    assert np.mean(found) >= 0.9
