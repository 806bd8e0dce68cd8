"""Few people are hidden, and so is what would give them away."""

import itertools

import pandas as pd
import pytest

from leadsmart.suppression import hide_few


def hide(*counts: int, minimum: int = 5) -> list[str]:
    return hide_few(pd.DataFrame({"leads": counts}), "leads", [], minimum)["suppressed"].tolist()


def test_few_people_are_hidden_with_all_that_is_said_of_them():
    table = pd.DataFrame({"group": ["a", "b", "c"], "leads": [40, 3, 4], "rate": [0.5, 1 / 3, 0.25]})
    before = table.copy()
    shown = hide_few(table, "leads", ["rate"], 5)

    assert shown["suppressed"].tolist() == ["", "fewer than 5", "fewer than 5"]
    assert shown[["leads", "rate"]].isna().any(axis=1).tolist() == [False, True, True]
    assert shown["group"].tolist() == ["a", "b", "c"]
    pd.testing.assert_frame_equal(table, before)


def test_a_lone_hidden_cell_takes_the_smallest_other_with_it():
    assert hide(100, 7, 3, 12) == ["", "not shown", "fewer than 5", ""]


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        # two that are as small, or as large, as hidden ones can be are known from their sum
        ((50, 9, 1, 1), ["", "not shown", "fewer than 5", "fewer than 5"]),
        ((50, 9, 4, 4), ["", "not shown", "fewer than 5", "fewer than 5"]),
        ((50, 9, 1, 4), ["", "", "fewer than 5", "fewer than 5"]),
        # one person and five others: the sum of six has no other reading
        ((50, 20, 5, 1), ["", "not shown", "not shown", "fewer than 5"]),
        # nothing else to hide
        ((3,), ["fewer than 5"]),
        ((0, 0, 50), ["", "", ""]),
        ((0, 3, 50), ["", "fewer than 5", "not shown"]),
    ],
)
def test_what_a_known_total_would_give_away_is_hidden_too(counts, expected):
    assert hide(*counts) == expected


def test_no_hidden_number_can_be_worked_out():
    """Every reading of the hidden cells that fits the total and the labels: no cell has the same number in all."""
    for counts in itertools.combinations_with_replacement(range(0, 9), 4):
        reasons = hide(*counts, 30, 40)
        hidden = [(count, reason) for count, reason in zip((*counts, 30, 40), reasons, strict=True) if reason]
        if not hidden:
            continue
        total = sum(count for count, _ in hidden)
        ways = [range(1, 5) if reason.startswith("fewer") else range(5, total + 1) for _, reason in hidden]
        readings = [reading for reading in itertools.product(*ways) if sum(reading) == total]
        for place, (_, reason) in enumerate(hidden):
            assert len({reading[place] for reading in readings}) > 1 or not reason.startswith("fewer"), counts


def test_totals_of_every_kind_are_minded():
    grid = pd.DataFrame(
        {"day": ["mo", "mo", "mo", "tu", "tu", "tu"], "hour": [8, 9, 10] * 2, "leads": [2, 9, 30, 40, 50, 60]}
    )
    shown = hide_few(grid, "leads", [], 5, within=((), ("day",), ("hour",)))
    hidden = shown[shown["suppressed"] != ""]

    assert (hidden.groupby("day").size() > 1).all() and (hidden.groupby("hour").size() > 1).all()
    assert shown["suppressed"].tolist()[0] == "fewer than 5"
    assert (hidden["suppressed"] == "fewer than 5").sum() == 1


def test_a_minimum_of_one_hides_nothing():
    assert hide(1, 2, 3, minimum=1) == ["", "", ""]
    assert hide_few(pd.DataFrame({"leads": pd.Series(dtype=int)}), "leads", [], 5).empty
