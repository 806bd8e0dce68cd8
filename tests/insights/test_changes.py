import datetime as dt

import pytest
from builders_market import market_of
from insights.builders_insights import AS_OF, leads_of, make_params, make_tables

from leadsmart.insights.kpi.changes import comparison_note
from leadsmart.insights.pages.cards import kpi_cards


def note(tables, key):
    return kpi_cards(market_of(tables, make_params(), AS_OF)).set_index("key").loc[key, "note"]


def delivery(day, spend=100.0):
    return {"delivery_date": day, "spend": spend, "ad_set_id": f"a{day}"}


def test_a_change_says_what_both_sides_rest_on():
    tables = make_tables(
        delivery=[delivery("2024-12-31", 150), delivery("2024-11-20", 50)],
        leads=leads_of("c1", "NEW_LEAD", 3, arrived_at="2024-12-20 10:00")
        + leads_of("c1", "SPAM", 2, arrived_at="2024-11-20 10:00"),
    )
    assert note(tables, "spend") == "EGP 150 now, EGP 50 before"
    assert note(tables, "leads") == "3 now, 2 before"
    assert note(tables, "cpl") == "n 3 now, 2 before"


def test_a_market_that_went_dark_says_since_when():
    tables = make_tables(
        delivery=[delivery("2024-08-02")],
        leads=leads_of("c1", "QUALIFIED", 2, arrived_at="2024-08-05 10:00"),
    )
    assert note(tables, "spend") == note(tables, "ctr") == "no delivery since 2 Aug 2024"
    assert note(tables, "leads") == note(tables, "qualified_rate") == "no lead since 5 Aug 2024"


@pytest.mark.parametrize(
    ("last", "asked_for"),
    [("2024-12-31", None), ("2024-12-04", None), ("2024-12-02", "2 Dec 2024"), ("2024-08-02", "2 Aug 2024")],
)
def test_the_day_to_speak_from_is_named_once_delivery_has_ended(last, asked_for):
    text = comparison_note(
        market_of(make_tables(delivery=[delivery("2024-07-01"), delivery(last)]), as_of=AS_OF)
    )
    assert (f"ask for a report as of {asked_for}." in text) is (asked_for is not None)
    # the page is for readers who have no command line
    assert "--" not in text


def test_a_trickle_after_the_end_does_not_count_as_delivery():
    tables = make_tables(delivery=[delivery("2024-08-02", 1000), delivery("2024-12-31", 1)])
    text = comparison_note(market_of(tables, as_of=AS_OF))
    assert "95 % of the spend lies before 3 Aug 2024" in text
    assert "95 %" not in comparison_note(market_of(tables, as_of=dt.date(2024, 8, 20)))
