"""Which status of a lead counts: its own, or that of its last event."""

import pandas as pd
import pytest
from cleaning.builders_cleaning import make_params

from leadsmart.cleaning.tables.present_statuses import settle_statuses


def settle(own: dict[str, str], *events: tuple[str, str, str]):
    leads = pd.DataFrame({"lead_id": list(own), "lead_status": list(own.values())}, dtype="str")
    history = pd.DataFrame(events, columns=["lead_id", "status", "changed_at"])
    history = (
        history.astype({"changed_at": "datetime64[us]"})
        if len(history)
        else history.assign(changed_at=pd.Series(dtype="datetime64[us]"))
    )
    statuses, matches = settle_statuses(
        leads, history.astype({"lead_id": "str", "status": "str"}), make_params()
    )
    counted = {rule: leads.loc[mask, "lead_id"].tolist() for rule, mask in matches.items()}
    return dict(zip(leads["lead_id"], statuses, strict=True)), counted


def test_a_status_that_says_nothing_is_older_than_the_last_event():
    own = {"a": "NEW_LEAD", "b": "UNKNOWN", "c": "MARKETING_LEAD", "d": "NEW_LEAD"}
    events = [(lead, "NEW_LEAD", "2024-06-01") for lead in own]
    events += [(lead, "QUALIFIED", "2024-06-02") for lead in "abc"]
    statuses, counted = settle(own, *events)
    assert statuses == {"a": "QUALIFIED", "b": "QUALIFIED", "c": "QUALIFIED", "d": "NEW_LEAD"}
    assert counted == {
        "no_history": [],
        "older_status": ["a", "b", "c"],
        "unobserved_status": [],
        "status_differs": [],
    }


def test_a_status_that_the_history_has_before_is_older():
    statuses, counted = settle(
        {"a": "FOLLOW_UP"}, ("a", "FOLLOW_UP", "2024-06-01"), ("a", "QUALIFIED", "2024-06-05")
    )
    assert statuses == {"a": "QUALIFIED"}
    assert counted["older_status"] == ["a"]


def test_a_status_that_the_history_does_not_have_is_newer():
    statuses, counted = settle(
        {"a": "QUALIFIED"}, ("a", "NEW_LEAD", "2024-06-01"), ("a", "NO_ANSWER", "2024-06-05")
    )
    assert statuses == {"a": "QUALIFIED"}
    assert counted == {"no_history": [], "older_status": [], "unobserved_status": [], "status_differs": ["a"]}


def test_where_the_history_ends_early_a_return_counts_as_newer():
    own = {"a": "NO_ANSWER", "b": "QUALIFIED", "c": "SPAM"}
    events = [("a", "NO_ANSWER", "2024-06-01"), *((lead, "CALL_AGAIN", "2024-06-02") for lead in own)]
    statuses, counted = settle(own, *events)
    assert statuses == own
    assert counted["status_differs"] == ["a", "b", "c"]


def test_a_lead_without_events_keeps_its_status():
    statuses, counted = settle({"a": "SPAM"})
    assert statuses == {"a": "SPAM"}
    assert counted == {"no_history": ["a"], "older_status": [], "unobserved_status": [], "status_differs": []}


@pytest.mark.parametrize("order", [1, -1])
def test_of_events_on_one_day_any_may_be_the_last(order):
    events = [("a", "NEW_LEAD", "2024-06-01"), ("a", "QUALIFIED", "2024-06-01")][::order]
    assert settle({"a": "NEW_LEAD"}, *events)[1]["older_status"] == []
    assert settle({"a": "UNKNOWN"}, *events)[0] == {"a": "QUALIFIED"}


def test_in_a_column_that_nobody_keeps_a_lead_without_events_is_not_known_to_be_new():
    own = dict.fromkeys("abcdefg", "NEW_LEAD")
    worked = [(lead, "SPAM", "2024-06-01") for lead in "abcde"]
    statuses, counted = settle(own, *worked, ("f", "NEW_LEAD", "2024-06-02"))
    assert statuses == dict.fromkeys("abcde", "SPAM") | {"f": "NEW_LEAD", "g": "UNKNOWN"}
    assert counted["unobserved_status"] == ["g"]


@pytest.mark.parametrize("kept", [3, 5])
def test_in_a_column_that_is_kept_a_new_lead_is_new(kept):
    own = dict.fromkeys("abcde", "NEW_LEAD") | dict.fromkeys("abcde"[:kept], "SPAM") | {"g": "NEW_LEAD"}
    statuses, counted = settle(own, *[(lead, "SPAM", "2024-06-01") for lead in "abcde"])
    assert statuses == dict.fromkeys("abcde", "SPAM") | {"g": "NEW_LEAD"}
    assert counted["unobserved_status"] == []


def test_a_last_event_without_a_meaning_settles_nothing():
    own = {"a": "NEW_LEAD", "b": "FOLLOW_UP"}
    events = [("a", "0", "2024-06-02"), ("b", "FOLLOW_UP", "2024-06-01"), ("b", "MARS", "2024-06-02")]
    statuses, counted = settle(own, *events)
    assert statuses == own
    assert counted["status_differs"] == ["a", "b"]
