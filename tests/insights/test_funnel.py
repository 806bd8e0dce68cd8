import numpy as np
import pandas as pd
import pytest
from builders_market import market_of
from insights.builders_insights import AS_OF, leads_of, make_events, make_leads, make_params, make_tables

from leadsmart.insights.journey.durations import (
    contact_curve,
    time_to_contact,
    time_to_qualification,
    time_to_qualification_by,
)
from leadsmart.insights.journey.funnel import aggregate_funnel, follow_up_steps, status_transitions
from leadsmart.insights.journey.verdicts import batch_verdicts


def test_stages_count_present_and_past_statuses_and_everything_before():
    tables = make_tables(
        leads=[
            {"lead_id": "new"},
            {"lead_id": "called", "lead_status": "NO_ANSWER"},
            {"lead_id": "was_engaged", "lead_status": "NOT_QUALIFIED"},
            {"lead_id": "deal", "lead_status": "DONE_DEAL"},
        ],
        events=[
            {"lead_id": "new"},
            {"lead_id": "was_engaged", "status": "FOLLOW_UP"},
            {"lead_id": "was_engaged", "status": "NOT_QUALIFIED", "changed_at": "2024-12-02 10:00"},
        ],
    )
    table = aggregate_funnel(market_of(tables, make_params())).table.set_index("stage")
    assert table["leads"].to_dict() == {
        "arrived": 4, "contacted": 3, "engaged": 2, "qualified": 1, "meeting": 1, "deal": 1
    }  # fmt: skip
    assert table.loc["arrived", "without_history"] == 2
    assert table["stopped"].tolist() == [1, 1, 1, 0, 0, 1]
    assert table.loc["arrived", "step_rate"] == pytest.approx(0.75)
    assert table.loc["contacted", "step_rate"] == pytest.approx(2 / 3)
    assert np.isnan(table.loc["deal", "step_rate"])


def test_a_stage_can_only_lose_leads():
    tables = make_tables(leads=leads_of("c1", "MEETING_DONE", 3) + leads_of("c1", "SPAM", 2))
    leads = aggregate_funnel(market_of(tables, make_params())).table["leads"].tolist()
    assert leads == sorted(leads, reverse=True)


def test_an_empty_funnel_says_so():
    assert "no leads" in aggregate_funnel(market_of(make_tables(), make_params())).statement


def test_follow_up_ends_where_a_verdict_is_needed():
    assert follow_up_steps(make_params()) == [0, 1]
    stages = {"qualified": ["QUALIFIED"], "deal": ["DONE_DEAL"]}
    assert follow_up_steps(make_params(funnel_stages=stages)) == []


def test_transitions_follow_one_lead_in_time():
    tables = make_tables(
        leads=[{"lead_id": "l1"}, {"lead_id": "l2"}],
        events=[
            {"lead_id": "l1", "status": "QUALIFIED", "changed_at": "2024-12-05 10:00"},
            {"lead_id": "l1", "status": "CALL_AGAIN", "changed_at": "2024-12-03 10:00"},
            {"lead_id": "l1", "changed_at": "2024-12-01 10:00"},
            {"lead_id": "l2", "status": "SPAM", "changed_at": "2024-12-04 10:00"},
        ],
    )
    table = status_transitions(market_of(tables)).table
    assert table[["from_status", "to_status", "changes", "median_days"]].values.tolist() == [
        ["CALL_AGAIN", "QUALIFIED", 1, 2.0],
        ["NEW_LEAD", "CALL_AGAIN", 1, 2.0],
    ]


def test_batches_are_counted_among_verdicts_only():
    tables = make_tables(
        leads=[{"lead_id": "l1"}, {"lead_id": "l2"}],
        events=[
            {"lead_id": "l1", "status": "QUALIFIED", "is_batch": True},
            {"lead_id": "l2", "status": "NOT_QUALIFIED"},
            {"lead_id": "l2", "status": "CALL_AGAIN", "is_batch": True},
        ],
    )
    answer = batch_verdicts(market_of(tables, make_params()))
    assert answer.table.iloc[0].tolist() == ["u1", 2, 1, 0.5]
    assert answer.statement == "50 % of 2 dated verdicts were entered in batches."


def contact_market(copies=3):
    """Four kinds of leads of the first of December: touched after 0.5 and 2 days, two wait; the data end on day 10."""
    leads, events = [], []
    for i in range(copies):
        leads += [{"lead_id": f"l{kind}-{i}", "arrived_at": "2024-12-01 00:00"} for kind in range(5)]
        events += [
            *({"lead_id": f"l{kind}-{i}", "changed_at": "2024-12-01 00:00"} for kind in range(4)),
            {"lead_id": f"l0-{i}", "status": "CALL_AGAIN", "changed_at": "2024-12-01 12:00"},
            {"lead_id": f"l1-{i}", "status": "NO_ANSWER", "changed_at": "2024-12-03 00:00"},
            {"lead_id": f"l3-{i}", "changed_at": "2024-12-11 00:00"},
        ]
    return make_tables(leads=leads, events=events)


def test_time_to_contact_by_hand_and_leads_without_history_left_out():
    answer = time_to_contact(market_of(contact_market(), make_params()), "channel")
    row = answer.table.iloc[0]
    assert (row["channel"], row["leads"], row["contacted"]) == ("facebook", 12, 6)
    assert row["within_1_days"] == 0.25
    assert row["within_3_days"] == pytest.approx(0.5)
    assert row["median_days"] == 2.0
    assert "3 leads have no history" in answer.statement
    assert time_to_contact(market_of(contact_market(copies=2), make_params()), "channel").table.empty


def test_leads_that_still_wait_are_not_counted_as_never_contacted():
    # a lead that arrived on the last moment has not waited yet: it must not lower the share of the first day
    tables, late = contact_market(), {"lead_id": "late", "arrived_at": "2024-12-11 00:00"}
    tables = tables._replace(
        leads=pd.concat([tables.leads, make_leads(late)], ignore_index=True),
        status_events=pd.concat(
            [tables.status_events, make_events({"lead_id": "late", "changed_at": "2024-12-11 00:00"})],
            ignore_index=True,
        ),
    )
    row = time_to_contact(market_of(tables, make_params()), "channel").table.iloc[0]
    assert (row["leads"], row["within_1_days"]) == (13, 0.25)


def test_competing_exits_do_not_count_as_waiting():
    tables = make_tables(
        leads=[{"lead_id": f"l{i}", "arrived_at": "2024-12-01 00:00"} for i in range(4)],
        events=[
            {"lead_id": "l0", "status": "NOT_QUALIFIED", "changed_at": "2024-12-02 00:00"},
            {"lead_id": "l1", "status": "NOT_QUALIFIED", "changed_at": "2024-12-02 00:00"},
            {"lead_id": "l2", "status": "QUALIFIED", "changed_at": "2024-12-03 00:00"},
            {"lead_id": "l3", "changed_at": "2024-12-20 00:00"},
        ],
    )
    table = time_to_qualification(market_of(tables, make_params(), AS_OF)).table.set_index("age_days")
    # Kaplan–Meier with exits as censored would say 1/2 on day 2; the cumulative incidence is 1/4
    assert table.loc[2, "qualified"] == pytest.approx(0.25)
    assert table.loc[1, "disqualified"] == pytest.approx(0.5)
    assert table.loc[5, ["qualified", "disqualified", "junk"]].sum() == pytest.approx(0.75)


def test_no_history_at_all():
    tables = make_tables(leads=[{}])
    assert "can't be measured" in time_to_contact(market_of(tables, make_params()), "user_id").statement
    assert "can't be measured" in time_to_qualification(market_of(tables, make_params(), AS_OF)).statement


def test_stages_without_a_history_are_those_of_present_statuses():
    tables = make_tables(
        leads=[{"lead_id": "a", "lead_status": "QUALIFIED"}, {"lead_id": "b", "lead_status": "NEW_LEAD"}]
    )
    market = market_of(tables, make_params())
    assert "stages are those that present statuses show" in aggregate_funnel(market).statement
    assert (
        status_transitions(market).statement
        == "No lead has a status history, so changes of status can't be seen."
    )


def test_statuses_that_say_nothing_make_no_funnel():
    found = aggregate_funnel(market_of(make_tables(leads=[{"lead_status": "NEW_LEAD"}]), make_params()))
    assert found.table.empty
    assert found.statement == "No status says what became of any lead, so how far leads get can't be told."


def test_time_to_qualification_by_user_and_the_curve_of_contacts_by_channel():
    leads, events = [], []
    for user, status, day in (("u1", "QUALIFIED", "12-05"), ("u2", "NOT_QUALIFIED", "12-20")):
        for i in range(10):
            leads.append({"lead_id": f"{user}{i}", "campaign_id": user, "arrived_at": "2024-12-01 00:00"})
            # half of them end, the others wait until the data end
            last = (status, day) if i < 5 else ("NEW_LEAD", "12-31")
            events.append({"lead_id": f"{user}{i}", "status": last[0], "changed_at": f"2024-{last[1]} 00:00"})
    tables = make_tables(
        campaigns=[{"campaign_id": u, "user_id": u} for u in ("u1", "u2")], leads=leads, events=events
    )
    table = time_to_qualification_by(market_of(tables, make_params()), "user_id").table.set_index("user_id")
    assert table.loc["u1", ["qualified_within_7_days", "disqualified_within_60_days"]].tolist() == [0.5, 0]
    assert table.loc["u2", ["qualified_within_60_days", "disqualified_within_60_days"]].tolist() == [0, 0.5]
    curve = contact_curve(market_of(tables, make_params())).set_index("age_days")["contacted"]
    ended = tables._replace(status_events=tables.status_events[tables.status_events["status"] != "NEW_LEAD"])
    ended = time_to_qualification_by(market_of(ended, make_params()), "channel").table
    assert ended["qualified_within_60_days"].tolist() == [0.5]  # nobody is left to wait
    # 5 of 20 on day 4 and 5 of the 20 on day 19
    assert curve.loc[[3, 4, 18, 19]].tolist() == pytest.approx([0, 0.25, 0.25, 0.5])
