import pandas as pd
import pytest
from builders_market import market_of
from insights.builders_insights import AS_OF, make_params, make_tables

from leadsmart.insights.journey.hand_overs import slow_hand_overs


def history(name, *steps, user="c1"):
    """A lead of the first of October with (status, day of October or later as month-day)."""
    lead = {"lead_id": name, "campaign_id": user, "lead_status": steps[-1][0] if steps else "NEW_LEAD",
            "arrived_at": "2024-10-01 00:00"}  # fmt: skip
    events = [{"lead_id": name, "status": s, "changed_at": f"2024-{day} 00:00"} for s, day in steps]
    return lead, events


def table_of(histories, **campaigns):
    leads, events = zip(*histories, strict=True)
    return make_tables(
        campaigns=[{"campaign_id": c, "user_id": u} for c, u in ({"c1": "u1"} | campaigns).items()],
        leads=list(leads),
        events=[event for own in events for event in own],
    )


def test_stays_by_hand():
    moved = [history(f"m{i}", ("NO_ANSWER", "10-03"), ("NOT_QUALIFIED", "10-08")) for i in range(4)]
    stuck = [history(f"s{i}", ("NO_ANSWER", "10-03"), user="c2") for i in range(5)]
    late = [history(f"l{i}", ("NO_ANSWER", "10-11"), ("SPAM", "12-20")) for i in range(3)]
    answer = slow_hand_overs(market_of(table_of(moved + stuck + late, c2="u2"), make_params(), AS_OF))
    rows = answer.table.set_index("status")
    # verdicts and junk are final: nobody waits for them to move on
    assert set(rows.index) == {"NO_ANSWER", "NEW_LEAD"}
    row = rows.loc["NO_ANSWER"]
    assert row[["leads", "still_there", "stuck", "user_id", "stuck_at_user"]].tolist() == [12, 5, 5, "u2", 5]
    assert row["moved_within_7_days"] == row["moved_within_30_days"] == pytest.approx(4 / 12)
    assert row["median_days"] == 5
    assert rows.loc["NEW_LEAD", ["stuck", "moved_within_7_days"]].tolist() == [0, pytest.approx(9 / 12)]
    assert answer.statement == (
        "Most leads are stuck as no answer: 5 of 12 for over 30 days, 5 of them at user u2. Slowest to move on is no"
        " answer: 33 % within 30 days."
    )


def test_a_lead_that_only_just_entered_a_status_is_not_stuck():
    fresh = [history(f"f{i}", ("CALL_AGAIN", "12-20")) for i in range(10)]
    row = (
        slow_hand_overs(market_of(table_of(fresh), make_params(), AS_OF))
        .table.set_index("status")
        .loc["CALL_AGAIN"]
    )
    assert row[["still_there", "stuck"]].tolist() == [10, 0]
    assert pd.isna(row["stuck_at_user"])


def test_few_leads_and_no_history_say_so():
    for tables in (make_tables(), make_tables(leads=[{}]), table_of([history("a", ("CALL_AGAIN", "10-02"))])):
        assert "can't be timed" in slow_hand_overs(market_of(tables, make_params(), AS_OF)).statement
