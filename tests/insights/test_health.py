import pandas as pd
import pytest
from builders_market import market_of
from insights.builders_insights import AS_OF, leads_of, make_params, make_tables

from leadsmart.insights.health.health import check_health
from leadsmart.insights.health.monitoring import watch_series
from leadsmart.sample import PlantedEffects, sample_market, sample_market_tables


def alerts(tables, rule, as_of=AS_OF):
    table = check_health(market_of(tables, make_params(), as_of)).table
    return table[table["rule"] == rule].reset_index(drop=True)


def days(first, n):
    return [str(day.date()) for day in pd.date_range(first, periods=n)]


def test_spend_without_leads_needs_three_expected():
    tables = make_tables(
        campaigns=[{"campaign_id": c} for c in ("earns", "dry", "small")],
        delivery=[
            {"campaign_id": "earns", "spend": 600},
            {"campaign_id": "dry", "spend": 300},
            {"campaign_id": "small", "spend": 50},
        ],
        leads=leads_of("earns", "NEW_LEAD", 10),
    )
    # 950 for 10 leads: 285 are three leads' worth
    found = alerts(tables, "spend_without_leads")
    assert found["series"].tolist() == ["campaign dry, Lotus × user u1"]
    assert found["money_at_risk"].tolist() == [300]
    assert found["detail"].iloc[0] == "no lead, 3 expected at the market's CPL"


def test_a_run_of_days_with_clicks_and_no_lead_is_broken_tracking():
    calendar = days("2024-11-01", 30)
    dry = set(calendar[10:14])
    tables = make_tables(
        delivery=[{"delivery_date": d, "spend": 200, "clicks": 100} for d in calendar],
        leads=[
            lead
            for d in calendar
            if d not in dry
            for lead in leads_of("c1", f"CALL_AGAIN{d}", 4, arrived_at=f"{d} 12:00")
        ],
    )
    found = alerts(tables, "clicks_without_leads")
    assert len(found) == 1
    assert found.loc[0, "n"] == 4
    assert found.loc[0, "money_at_risk"] == 800
    assert [str(found.loc[0, c].date()) for c in ("first_day", "last_day")] == [calendar[10], calendar[13]]


def test_a_short_run_without_leads_is_no_alert():
    calendar = days("2024-11-01", 30)
    tables = make_tables(
        delivery=[{"delivery_date": d, "clicks": 100} for d in calendar],
        leads=[{"arrived_at": f"{d} 12:00"} for d in calendar if d != calendar[5]],
    )
    assert alerts(tables, "clicks_without_leads").empty


def test_silent_days_lie_between_two_deliveries():
    tables = make_tables(delivery=[{"delivery_date": d, "spend": 70} for d in ("2024-12-01", "2024-12-05")])
    found = alerts(tables, "silent_days")
    assert found[["n", "money_at_risk"]].values.tolist() == [[3, 210]]
    assert str(found.loc[0, "first_day"].date()) == "2024-12-02"


def test_a_long_pause_was_meant():
    tables = make_tables(delivery=[{"delivery_date": d} for d in ("2024-11-01", "2024-12-05")])
    assert alerts(tables, "silent_days").empty


def test_a_spend_spike_after_a_month_is_found_with_its_excess():
    calendar = days("2024-11-01", 40)
    spend = [100.0 + i % 5 for i in range(40)]
    spend[35] = 800.0
    tables = make_tables(
        delivery=[{"delivery_date": d, "spend": s} for d, s in zip(calendar, spend, strict=True)]
    )
    found = alerts(tables, "spend_spikes")
    assert found["first_day"].dt.date.astype(str).tolist() == [calendar[35]]
    assert found.loc[0, "money_at_risk"] == pytest.approx(698, abs=8)
    assert found.loc[0, "n"] == 1


def test_untouched_leads_cost_their_users_cpl_and_need_a_week():
    tables = make_tables(
        delivery=[{"spend": 1000}],
        leads=[
            *leads_of("c1", "NEW_LEAD", 6),
            {"lead_id": "young", "arrived_at": "2024-12-30 10:00"},
            *leads_of("c1", "SPAM", 3),
        ],
    )
    found = alerts(tables, "never_touched")
    assert found[["series", "n", "money_at_risk"]].values.tolist() == [["user u1", 6, 600]]


def test_leads_of_unknown_status_are_not_said_to_be_untouched():
    tables = make_tables(
        delivery=[{"spend": 1000}], leads=leads_of("c1", "UNKNOWN", 8) + leads_of("c1", "NEW_LEAD", 2)
    )
    assert alerts(tables, "never_touched").empty
    found = alerts(tables, "unknown_status")
    assert found[["n", "money_at_risk", "detail"]].values.tolist() == [
        [8, 800, "8 of 10 leads of unknown status"]
    ]


@pytest.mark.parametrize(
    ("arrived", "status", "step"), [("2024-10-15", "open", "newest"), ("2024-08-15", "past", "what became")]
)
def test_nobody_is_sent_to_call_leads_that_are_months_old(arrived, status, step):
    leads = leads_of("c1", "NEW_LEAD", 6, arrived_at=f"{arrived} 10:00")
    tables = make_tables(leads=leads, events=[{"lead_id": leads[0]["lead_id"]}])
    found = alerts(tables, "never_touched")
    assert found["status"].tolist() == [status]
    assert step in found.loc[0, "next_step"]


def test_what_is_over_comes_after_what_is_open_and_asks_for_nothing_now():
    tables = make_tables(
        campaigns=[{"campaign_id": "dark"}, {"campaign_id": "runs"}],
        delivery=[
            {"campaign_id": c, "ad_set_id": c, "delivery_date": d, "spend": s}
            for c, d, s in (("dark", "2024-03-01", 900), ("dark", "2024-03-05", 900),
                            ("runs", "2024-12-20", 10), ("runs", "2024-12-25", 10))
        ],
    )  # fmt: skip
    health = check_health(market_of(tables, make_params(), AS_OF))
    assert health.table["status"].tolist() == ["open", "past"]
    assert health.table["money_at_risk"].tolist() == [40, 2700]
    assert "rejected ad" in health.table.loc[0, "next_step"]
    assert "rejected ad" not in health.table.loc[1, "next_step"]
    assert "2 alerts, 1 of them still open" in health.statement


def test_money_that_overlaps_is_never_added_up():
    tables = make_tables(
        campaigns=[{"campaign_id": c, "user_id": c} for c in ("u1", "u2")],
        delivery=[
            {"campaign_id": "u1", "spend": 600},
            {"campaign_id": "u2", "ad_set_id": "a2", "spend": 1000},
        ],
        leads=leads_of("u1", "NEW_LEAD", 6) + leads_of("u2", "NEW_LEAD", 5),
        events=[{"lead_id": "u1-NEW_LEAD-0"}],
    )
    rules = check_health(market_of(tables, make_params(), AS_OF)).rules.set_index("rule")
    assert rules.loc["never_touched", ["alerts", "open", "money_at_risk"]].tolist() == [2, 2, 1000]


def test_frozen_statuses_count_from_the_last_change():
    old = leads_of("c1", "CALL_AGAIN", 6, arrived_at="2024-10-01 10:00")
    moved = {"lead_id": old[0]["lead_id"], "status": "CALL_AGAIN", "changed_at": "2024-12-20 10:00"}
    tables = make_tables(leads=old, events=[moved])
    assert alerts(tables, "frozen_status")["n"].tolist() == [5]


def test_frequency_is_judged_per_delivery_row():
    tables = make_tables(
        delivery=[
            {"impressions": 3000, "reach": 1000, "spend": 40},
            {"ad_set_id": "a2", "impressions": 900, "reach": 100},  # too few to judge
            {"ad_set_id": "a3", "impressions": 3000, "reach": 2500},
        ]
    )
    found = alerts(tables, "high_frequency")
    assert found[["n", "money_at_risk"]].values.tolist() == [[1, 40]]
    assert "3.0 times" in found.loc[0, "detail"]


def test_batches_are_said_without_money():
    leads = leads_of("c1", "QUALIFIED", 12)
    events = [
        {"lead_id": x["lead_id"], "status": "QUALIFIED", "is_batch": i < 8} for i, x in enumerate(leads)
    ]
    found = alerts(make_tables(leads=leads, events=events), "batch_verdicts")
    assert found[["n", "money_at_risk"]].values.tolist() == [[8, 0]]


def test_a_fall_of_ctr_on_a_monitored_series_is_one_alert_per_series():
    calendar = days("2024-10-01", 60)
    clicks = [1000.0 + 13 * (i % 7) for i in range(60)]
    clicks[50] = clicks[51] = 400.0
    tables = make_tables(
        delivery=[
            {"delivery_date": d, "clicks": c, "impressions": 40_000, "reach": 39_000}
            for d, c in zip(calendar, clicks, strict=True)
        ]
    )
    found = alerts(tables, "ctr_drop")
    assert found["series"].tolist() == ["Lotus × user u1"]
    assert found["n"].tolist() == [2]


def test_short_series_are_said_to_be_too_short():
    health = check_health(market_of(make_tables(delivery=[{}]), make_params(), AS_OF))
    status = health.rules.set_index("rule")["status"]
    assert status["ctr_drop"] == status["cpl_jump"] == "too short to monitor"
    assert "No series is long" in health.statement


def test_an_empty_market_raises_nothing():
    health = check_health(market_of(make_tables(), make_params(), AS_OF))
    assert health.table.empty
    assert health.statement.startswith("No health check raises an alert.")


def test_most_money_comes_first_and_every_alert_has_a_next_step():
    tables = make_tables(
        delivery=[{"spend": 1000}, {"delivery_date": "2024-12-09", "spend": 1000}],
        leads=leads_of("c1", "NEW_LEAD", 6) + leads_of("c1", "CALL_AGAIN", 6, arrived_at="2024-10-05 10:00"),
    )
    table = check_health(market_of(tables, make_params(), AS_OF)).table
    assert table["money_at_risk"].is_monotonic_decreasing
    assert (table["next_step"].str.len() > 10).all()
    assert not table.duplicated(["rule", "series"]).any()


def test_planted_broken_days_are_found_in_the_sample():
    tables, truth = sample_market("new-cairo", seed=3)
    broken = truth.broken_days[truth.broken_days["market"] == "new-cairo"]
    expected = broken.groupby(["project_name", "user_id"])["expected_leads"].sum()
    found = set(alerts(tables, "clicks_without_leads")["series"])
    clear = [f"{project} × user {user}" for project, user in expected[expected >= 12].index]
    assert clear
    assert set(clear) <= found


def test_a_sample_of_seven_months_without_broken_days_has_hardly_any_such_alert():
    tables, _ = sample_market("new-cairo", seed=3, effects=PlantedEffects().without("broken_tracking"))
    assert len(alerts(tables, "clicks_without_leads")) <= 2


def test_faults_on_one_day_of_a_channel_are_found_on_it():
    tables = sample_market_tables(
        "new-cairo", leads=20_000, seed=1, effects=PlantedEffects().without("broken_tracking")
    )
    delivery, day = tables.ad_performance, pd.Timestamp("2024-10-15")
    channel = delivery["campaign_id"].map(tables.campaigns.set_index("campaign_id")["channel"])
    here = (channel == "facebook") & (delivery["delivery_date"] == day)
    params = make_params()

    def found(clicks, spend):
        changed = tables._replace(ad_performance=delivery.assign(clicks=clicks, spend=spend))
        days = watch_series(market_of(changed, params)).days
        days = days[days["is_alarm"]]
        return days.loc[(days["series"] == "channel facebook") & (days["day"] == day), "rule"].tolist()

    clicks, spend = delivery["clicks"], delivery["spend"]
    assert found(clicks, spend) == []
    assert found(clicks.mask(here, clicks * 0.4), spend) == ["ctr_drop"]
    assert found(clicks, spend.mask(here, spend * 4)) == ["spend_spikes"]


def test_without_a_history_nothing_is_said_to_be_frozen_or_untouched():
    silent = make_tables(leads=leads_of("c1", "NEW_LEAD", 6))
    worked = make_tables(leads=leads_of("c1", "FOLLOW_UP", 6))
    told = {"silent": silent, "worked": worked}
    status = {
        name: check_health(market_of(tables, make_params(), AS_OF)).rules.set_index("rule")["status"]
        for name, tables in told.items()
    }
    unseen = "not observed: no status history"
    assert status["worked"][["frozen_status", "batch_verdicts", "never_touched"]].tolist() == [
        unseen,
        unseen,
        "fine",
    ]
    assert status["silent"]["never_touched"] == unseen
