import math

import pytest
from builders_market import market_of
from insights.builders_insights import AS_OF, leads_of, make_params, make_tables

from leadsmart.catalogue.kpis import Place, kpis_in
from leadsmart.insights.kpi.arrivals import arrivals_by_hour
from leadsmart.insights.kpi.sensitivity import definition_sensitivity
from leadsmart.insights.kpi.weekly import weekly_kpis
from leadsmart.insights.pages.cards import headline, kpi_cards


def card(tables, key, **changes):
    return kpi_cards(market_of(tables, make_params(**changes), AS_OF)).set_index("key").loc[key]


def delivery(day, spend, **fields):
    return {"delivery_date": day, "spend": spend, "ad_set_id": f"a{day}", **fields}


def test_delivery_compares_the_last_28_days_with_the_28_before():
    tables = make_tables(
        delivery=[
            delivery("2024-12-31", 150),  # the last day, in
            delivery("2024-12-04", 50),  # 28th day back, in
            delivery("2024-12-03", 100),  # before
            delivery("2024-11-06", 60),  # 56th day back, before
            delivery("2024-11-05", 999),  # out
        ]
    )
    spend = card(tables, "spend")
    assert spend["value"] == 1359
    assert spend["delta"] == pytest.approx(200 / 160 - 1)
    assert spend["delta_basis"] == "the 28 days before"


def test_outcomes_compare_leads_at_equal_age():
    leads, events = [], []

    def add(name, arrived, verdict_at, status):
        leads.append({"lead_id": name, "arrived_at": arrived, "lead_status": status})
        events.append({"lead_id": name, "status": status, "changed_at": verdict_at})

    # cohort now: 20 November to 17 December; before: 23 October to 19 November
    add("now1", "2024-12-01 10:00", "2024-12-05 10:00", "QUALIFIED")
    add("now2", "2024-12-02 10:00", "2024-12-05 10:00", "NOT_QUALIFIED")
    add("then1", "2024-11-10 10:00", "2024-11-12 10:00", "QUALIFIED")
    add("then2", "2024-11-10 10:00", "2024-12-20 10:00", "NOT_QUALIFIED")  # too late to count
    rate = card(make_tables(leads=leads, events=events), "qualified_rate")
    assert rate["value"] == 0.5
    assert rate["delta"] == pytest.approx(0.5 / 1.0 - 1)
    assert "within 14 days" in rate["delta_basis"]


def test_without_old_leads_outcomes_are_not_yet_mature():
    tables = make_tables(leads=leads_of("c1", "QUALIFIED", 3, arrived_at="2024-12-30 10:00"))
    rate = card(tables, "qualified_rate")
    assert rate["note"] == "change not yet mature"
    assert math.isnan(rate["delta"])


@pytest.mark.parametrize(("target", "verdict"), [(40.0, "above"), (50.0, "on"), (60.0, "below")])
def test_targets(target, verdict):
    tables = make_tables(delivery=[{"spend": 100}], leads=[{}, {}])
    assert card(tables, "cpl", target_cpl=target)["target_verdict"] == verdict
    assert card(tables, "spend", target_cpl=target)["target_verdict"] == "–"


@pytest.mark.parametrize(
    ("priority", "first"),
    [("volume", "leads"), ("quality", "qualified_rate"), ("cost", "cpql"), ("speed", "contacted_within_day")],
)
def test_the_priority_leads_the_page_and_every_card_is_there(priority, first):
    cards = kpi_cards(market_of(make_tables(), make_params(kpi_priority=priority), AS_OF))
    assert cards["key"].iloc[0] == first
    assert len(cards) == cards["key"].nunique() == len(kpis_in(Place.CARDS))


def test_speed_counts_the_share_contacted_within_a_day():
    tables = make_tables(
        leads=[{"lead_id": "fast"}, {"lead_id": "slow"}, {"lead_id": "bare"}],
        events=[
            {"lead_id": "fast", "status": "CALL_AGAIN", "changed_at": "2024-12-01 20:00"},
            {"lead_id": "slow", "status": "CALL_AGAIN", "changed_at": "2024-12-09 20:00"},
        ],
    )
    row = card(tables, "contacted_within_day")
    assert row["value"] == pytest.approx(0.5)
    assert row["n"] == 2


def test_ranges_need_the_minimum_of_users():
    def market(users, of_the_first=0):
        names = [f"u{i}" for i in range(users)]
        return make_tables(
            campaigns=[{"campaign_id": n, "user_id": n} for n in names],
            delivery=[
                {"campaign_id": n, "spend": 100 + 10 * i + of_the_first * (i == 0)}
                for i, n in enumerate(names)
            ],
            leads=[lead for i, n in enumerate(names) for lead in leads_of(n, "NEW_LEAD", 2 + i % 2)],
        )

    assert math.isnan(card(market(4), "cpl")["low"])
    full = card(market(6), "cpl")
    assert full["low"] < full["value"] < full["high"]
    assert full["range_label"] == "95 % range"
    assert card(market(6, of_the_first=300), "cpl")["range_label"] == "indicative range"


def test_weeks_without_anything_are_in_the_trend():
    tables = make_tables(
        delivery=[delivery("2024-12-02", 10), delivery("2024-12-08", 5), delivery("2024-12-16", 20)]
    )
    weekly = weekly_kpis(market_of(tables, make_params()))
    assert weekly["week"].dt.strftime("%d.%m.").tolist() == ["02.12.", "09.12.", "16.12."]
    assert weekly["spend"].tolist() == [15, 0, 20]
    assert weekly["cpl"].isna().all()


def test_the_headline_says_its_numbers():
    tables = make_tables(
        delivery=[delivery("2024-12-01", 4000), delivery("2024-12-31", 6000)],
        leads=leads_of("c1", "QUALIFIED", 6)
        + leads_of("c1", "NOT_QUALIFIED", 4)
        + leads_of("c1", "NEW_LEAD", 10),
    )
    assert headline(market_of(tables, make_params(), AS_OF)) == (
        "Between 1 Dec 2024 and 31 Dec 2024 New Cairo spent EGP 10 k and brought 20 leads, EGP 500 each. Sales"
        " have given a verdict on 50 % of them. Of those, 60 % (indicative range 7.7–96) are qualified; were all known,"
        " it would lie between 30 % and 80 %."
    )


def test_the_headline_of_little_data_admits_it():
    assert "neither delivery nor leads" in headline(market_of(make_tables(), make_params(), AS_OF))
    only_leads = make_tables(delivery=[{"spend": 100}], leads=[{}])
    assert "no verdict yet" in headline(market_of(only_leads, make_params(), AS_OF))


def test_a_wider_definition_moves_its_statuses_and_nothing_else():
    tables = make_tables(
        leads=leads_of("c1", "QUALIFIED", 1)
        + leads_of("c1", "NOT_QUALIFIED", 1)
        + leads_of("c1", "DONE_DEAL", 2)
        + leads_of("c1", "LOW_BUDGET", 4)
    )
    answer = definition_sensitivity(market_of(tables, make_params()))
    table = answer.table.set_index("definition")
    assert table.loc["this market's", ["qualified", "verdicts"]].tolist() == [1, 2]
    assert table.loc["done deal counted as qualified", ["qualified", "verdicts"]].tolist() == [3, 4]
    assert table.loc["low budget counted as disqualified", ["qualified", "verdicts"]].tolist() == [1, 6]
    assert table.loc["all of these", ["qualified", "verdicts"]].tolist() == [3, 8]
    assert table.loc["all of these", "qualified_change"] == 2
    assert "from 1 to 3" in answer.statement


def test_arrivals_are_counted_by_local_weekday_and_hour():
    tables = make_tables(
        leads=[
            {"lead_id": "l1", "arrived_at": "2024-06-03 20:10"},  # a Monday
            {"lead_id": "l2", "arrived_at": "2024-06-03 20:50"},
            {"lead_id": "l3", "arrived_at": "2024-06-05 09:00"},  # a Wednesday
        ]
    )
    found = arrivals_by_hour(market_of(tables, make_params(minimum_people=1)))
    assert found.table.values.tolist() == [["Monday", 20, 2, ""], ["Wednesday", 9, 1, ""]]
    assert found.statement == "Most leads arrive on Monday (67 %), and in the hour from 20:00 (67 %)."


def test_an_hour_of_few_leads_is_hidden_with_another_of_its_day_and_hour():
    monday, tuesday = "2024-06-03", "2024-06-04"
    hours = {
        (monday, 8): 2,
        (monday, 9): 8,
        (monday, 10): 30,
        (tuesday, 8): 9,
        (tuesday, 9): 10,
        (tuesday, 10): 30,
    }
    leads = [
        {"lead_id": f"{day} {hour} {i}", "arrived_at": f"{day} {hour:02d}:10"}
        for (day, hour), count in hours.items()
        for i in range(count)
    ]
    found = arrivals_by_hour(market_of(make_tables(leads=leads), make_params())).table
    hidden = ["fewer than 5", "not shown", "", "not shown", "not shown", ""]
    assert found["suppressed"].tolist() == hidden
    assert found["leads"].isna().tolist() == [bool(reason) for reason in hidden]
    few = arrivals_by_hour(market_of(make_tables(leads=leads[:2]), make_params()))
    assert few.statement == "There are too few leads to say when they arrive."


def test_a_range_that_says_nothing_is_not_shown():
    spend = [1, 10_000, 1, 10_000, 1]
    users = [f"u{i}" for i in range(5)]
    tables = make_tables(
        campaigns=[{"campaign_id": f"c{u}", "user_id": u} for u in users],
        delivery=[
            delivery("2024-12-31", s, campaign_id=f"c{u}", ad_set_id=u)
            for s, u in zip(spend, users, strict=True)
        ],
        leads=[
            lead for i, u in enumerate(users) for lead in leads_of(f"c{u}", "QUALIFIED", 1 + 50 * (i == 0))
        ],
    )
    cpql = card(tables, "cpql")
    assert cpql["note"].startswith("range too wide to show")
    assert math.isnan(cpql["low"]) and math.isnan(cpql["high"])
