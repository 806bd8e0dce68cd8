"""Numbers as readers see them, at the edges where rounding changes their form."""

import datetime as dt
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadsmart import vocabulary
from leadsmart.formats import (
    NOTHING,
    format_change,
    format_compact,
    format_count,
    format_date,
    format_interval,
    format_money,
    format_percent,
    format_value,
)

MISSING = [None, float("nan"), math.inf, -math.inf, pd.NA, pd.NaT, np.float64("nan")]


@pytest.mark.parametrize("value", MISSING, ids=str)
def test_nothing_to_show_is_a_dash(value):
    shown = {
        format_count(value),
        format_compact(value),
        format_money(value, "EGP"),
        format_percent(value),
        format_change(value),
        format_interval(value, 0.1, 0.2, "share"),
    }
    assert shown == {NOTHING}


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0, "0"),
        (0.0, "0"),
        (0.0995, "0.10"),
        (0.4, "0.40"),
        (1, "1"),
        (7.0, "7"),
        (7.25, "7.2"),
        (9.97, "10"),
        (42.4, "42"),
        (99.6, "100"),
        (485.3, "485"),
        (6_800, "6,800"),
        (9_999, "9,999"),
        (9_999.4, "9,999"),
        (9_999.5, "10 k"),
        (10_000, "10 k"),
        (12_345, "12 k"),
        (99_400, "99 k"),
        (99_950, "100 k"),
        (485_000, "485 k"),
        (999_499, "999 k"),
        (999_500, "1.0 M"),
        (999_950, "1.0 M"),
        (7_377_225, "7.4 M"),
        (9_960_000, "10 M"),
        (999_950_000, "1.0 B"),
        (2.4e12, "2,400 B"),
        (-1_234_567, "−1.2 M"),
        (-6_800, "−6,800"),
        (-0.0, "0"),
    ],
)
def test_compact(value, shown):
    assert format_compact(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [(56_965, "56,965"), (0, "0"), (0.4, "0"), (-0.4, "0"), (-12_000, "−12,000"), (np.int64(3), "3")],
)
def test_count(value, shown):
    assert format_count(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0, "0 %"),
        (0.0001, "<0.1 %"),
        (0.0004999, "<0.1 %"),
        (0.0005, "0.1 %"),
        (0.0081, "0.8 %"),
        (0.0994, "9.9 %"),
        (0.0995, "10 %"),
        (0.1234, "12 %"),
        (0.9949, "99 %"),
        (0.996, "99.6 %"),
        (0.9994, "99.9 %"),
        (0.9996, ">99.9 %"),
        (1, "100 %"),
        (1.002, "100 %"),
        (2.5, "250 %"),
        (-0.0995, "−10 %"),
        (-0.03, "−3.0 %"),
        (-0.0001, "0 %"),
    ],
)
def test_percent(value, shown):
    assert format_percent(value) == shown


def test_money_carries_its_currency():
    assert format_money(9_999.5, "AED") == "AED 10 k"
    assert format_money(-310_000, "EGP") == "EGP −310 k"
    with pytest.raises(ValueError, match="never shown without its currency"):
        format_money(485, "")
    with pytest.raises(ValueError, match="never shown without its currency"):
        format_value(485, vocabulary.UNIT_MONEY)


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (3, "ratio", "3.0×"),
        (0.996, "ratio", "1.0×"),
        (12.4, "ratio", "12×"),
        (1, "days", "1 day"),
        (0, "days", "0 days"),
        (2, "days", "2 days"),
        (1.04, "days", "1.0 days"),
        (90.4, "days", "90 days"),
        (0.7, "auc", "0.70"),
        (-0.04, "auc", "−0.04"),
        (7, "count", "7"),
    ],
)
def test_units(value, unit, shown):
    assert format_value(value, unit) == shown


@pytest.mark.parametrize("value", [0.5, None])
def test_unknown_unit_is_refused_with_the_known_ones(value):
    with pytest.raises(ValueError, match="unknown unit 'percent'; known units: auc, count"):
        format_value(value, "percent")


def test_every_unit_of_the_vocabulary_has_a_form():
    units = {value for name, value in vars(vocabulary).items() if name.startswith("UNIT_")}
    assert {unit: format_value(0.5, unit, "EGP") for unit in units} == {
        "share": "50 %",
        "money": "EGP 0.50",
        "count": "0.50",
        "ratio": "0.50×",
        "days": "0.50 days",
        "auc": "0.50",
        "points": "50 points",
    }


@pytest.mark.parametrize(
    ("numbers", "unit", "shown"),
    [
        ((0.59, 0.52, 0.66), "share", "59 % (52–66)"),
        ((0.12, 0.08, 0.17), "share", "12 % (8.0–17)"),
        ((0.59, 0.59, 0.59), "share", "59 % (59–59)"),
        ((0.0, 0.0, 0.0001), "share", "0 % (0–<0.1)"),
        ((485, 430, 12_000), "money", "EGP 485 (430–12 k)"),
        ((-310, -400, -20), "money", "EGP −310 (−400 to −20)"),
        ((1.4, 1, 2), "days", "1.4 days (1–2)"),
        ((1.3, 0.8, 2.1), "ratio", "1.3× (0.80–2.1)"),
        ((0.59, None, 0.66), "share", "59 %"),
        ((0.59, 0.52, math.nan), "share", "59 %"),
        ((None, 0.52, 0.66), "share", "–"),
    ],
)
def test_interval(numbers, unit, shown):
    assert format_interval(*numbers, unit, currency="EGP") == shown


@pytest.mark.parametrize(
    ("relative", "shown"),
    [
        (0.08, "+8 %"),
        (-0.031, "−3 %"),
        (0.004, "±0 %"),
        (-0.004, "±0 %"),
        (12, "+1,200 %"),
    ],
)
def test_delta(relative, shown):
    assert format_change(relative) == shown


def test_date():
    assert format_date(dt.date(2024, 6, 1)) == "1 Jun 2024"
    assert format_date(pd.Timestamp("2024-12-31", tz="Africa/Cairo")) == "31 Dec 2024"
    assert format_date(pd.NaT) == NOTHING


@given(st.floats(min_value=1e-6, max_value=1e11))
def test_compact_is_within_half_of_its_last_digit(value):
    number, _, suffix = format_compact(value).partition(" ")
    read = float(number.replace(",", "")) * {"": 1, "k": 1e3, "M": 1e6, "B": 1e9}[suffix]
    assert read == pytest.approx(value, rel=0.051)
    assert "e" not in number


@given(st.floats(min_value=1e-3, max_value=1e12))
def test_sign_changes_nothing_but_the_sign(value):
    assert format_compact(-value) == f"−{format_compact(value)}"
