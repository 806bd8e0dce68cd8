"""Numbers, dates, ids and texts as people and spreadsheets write them."""

import math

import pandas as pd
import pytest

from leadsmart.cleaning.values.dates import parse_moments
from leadsmart.cleaning.values.numbers import parse_number, parse_numbers
from leadsmart.cleaning.values.texts import clean_id, clean_text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1200", 1200.0), ("1,200", 1200.0), ("1.200,50", 1200.5), ("1,200.50", 1200.5), ("EGP 1,200", 1200.0),
        ("1200 EGP", 1200.0), ("ج.م 1200", 1200.0), ("$1,200", 1200.0), ("١٢٣٫٥", 123.5), ("۱۲۳", 123.0),
        ("1 200", 1200.0), ("1\u00a0200,5", 1200.5), ("1'200", 1200.0), ("-3.5", -3.5), ("−3.5", -3.5), ("(3.5)", -3.5),
        ("1,5", 1.5), ("0,005", 0.005), ("1.234.567", 1234567.0), ("1e3", 1000.0), ("'12", 12.0), (".5", 0.5),
        ("", None), ("-", None), ("N/A", None), ("NULL", None), ("  ", None),
        ("12 %", math.nan), ("abc", math.nan), ("1,2,3", math.nan), ("12-13", math.nan), ("1e400", math.nan), ("(5", math.nan),
        ("2024-06-01", math.nan), ("1.2.3,4", math.nan), ("inf", math.nan), ("1.5K", math.nan), ("12,34,567.5", 1234567.5), ("1 23", math.nan), ("0x12", math.nan), ("01009876543", math.nan), ("201009876543", math.nan), ("+1009876543", math.nan), ("007", 7.0),
    ],
)  # fmt: skip
def test_numbers(text, expected):
    found = parse_number(text)
    assert found == expected or (expected is not None and math.isnan(expected) and math.isnan(found))


@pytest.mark.parametrize(
    ("text", "expected"), [("1,200", 1.2), ("1.200", 1200.0), ("1,5", 1.5), ("164.62", 164.62)]
)
def test_numbers_with_a_decimal_comma(text, expected):
    assert parse_number(text, decimal_comma=True) == expected
    assert parse_numbers(pd.Series([text]), decimal_comma=True)["value"].tolist() == [expected]


def test_a_column_of_numbers_says_what_was_done():
    column = parse_numbers(pd.Series(["1", "1,000", "x", None, "-"], index=[3, 1, 4, 5, 9], dtype="str"))
    assert column.index.tolist() == [3, 1, 4, 5, 9]
    assert column["value"].fillna(-9).tolist() == [1, 1000, -9, -9, -9]
    assert column["reformatted"].tolist() == [False, True, False, False, False]


def read(values: list[str | None], order: str = "auto", zone: str = "Africa/Cairo") -> list[str | None]:
    moments = parse_moments(pd.Series(values, dtype="str"), order, zone)["value"]
    return [None if pd.isna(moment) else moment.isoformat() for moment in moments]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-06-01", "2024-06-01T00:00:00+03:00"),
        ("2024-06-01 07:08:09", "2024-06-01T07:08:09+03:00"),
        ("2024-12-01T07:08", "2024-12-01T07:08:00+02:00"),
        ("2024-06-01T07:08:09Z", "2024-06-01T10:08:09+03:00"),
        ("2024-06-01 07:08:09 UTC", "2024-06-01T10:08:09+03:00"),
        ("2024-06-01T07:08:09+0100", "2024-06-01T09:08:09+03:00"),
        ("2024-06-01 07:08:09-05:30", "2024-06-01T15:38:09+03:00"),
        ("2024/6/1 7:08", "2024-06-01T07:08:00+03:00"),
        ("20240601", "2024-06-01T00:00:00+03:00"),
        ("٢٠٢٤-٠٦-٠١", "2024-06-01T00:00:00+03:00"),
        ("25/12/2024 3:05 PM", "2024-12-25T15:05:00+02:00"),
        ("12/25/2024 12:05 am", "2024-12-25T00:05:00+02:00"),
        ("25 Dec 2024", "2024-12-25T00:00:00+02:00"),
        ("December 25, 2024", "2024-12-25T00:00:00+02:00"),
        ("Wed, 25 Dec 2024 10:00:00 GMT", "2024-12-25T12:00:00+02:00"),
        ("2 أكتوبر 2024", "2024-10-02T00:00:00+03:00"),
        ("1 يونيو 2024", "2024-06-01T00:00:00+03:00"),
        ("02-Jun-24", "2024-06-02T00:00:00+03:00"),
        ("Jun 3, 2024 9:40pm", "2024-06-03T21:40:00+03:00"),
        ("Mon Jun 03 2024 21:40:18 GMT+0300 (Eastern European Summer Time)", "2024-06-03T21:40:18+03:00"),
        ("Mon, 03 Jun 2024 18:40:18 +0000", "2024-06-03T21:40:18+03:00"),
        ("Mon Jun  3 21:40:18 2024", "2024-06-03T21:40:18+03:00"),
        ("٣ يونيو، ٢٠٢٤، ٠٩:٤٠ م", "2024-06-03T21:40:00+03:00"),
        ("1 آب 2024", "2024-08-01T00:00:00+03:00"),
        ("2024-06-03T18:40:18.000Z", "2024-06-03T21:40:18+03:00"),
        ("06/03/2024 21:40 EST", None), ("1 juin 2024", None),
        ("45444.5", "2024-06-01T12:00:00+03:00"),
        ("1717200000", "2024-06-01T03:00:00+03:00"),
        ("1717200000000", "2024-06-01T03:00:00+03:00"),
        ("1717200000.0", "2024-06-01T03:00:00+03:00"),
        # daylight saving: 26 April 2024 has no hour from 0 to 1, 31 October two from 23 to 24
        ("2024-04-26 00:30:00", "2024-04-26T01:00:00+03:00"),
        ("2024-10-31 23:30:00", "2024-10-31T23:30:00+03:00"),
        ("2024-02-30", None), ("2024-13-01", None), ("soon", None), ("", None), ("0000-00-00 00:00:00", None),
        ("9999-12-31", None), ("1.72E+12", None), ("12345", None), ("01001234567", None), ("2024-06-01 25:00", None),
        ("31/31/2024", None), ("13:00", None), ("2024-06-01 13:00 PM", None),
    ],
)  # fmt: skip
def test_dates(text, expected):
    assert read([text]) == [expected]


def test_order_of_ambiguous_dates():
    assert read(["03/04/2024"], "dmy") == ["2024-04-03T00:00:00+02:00"]
    assert read(["03/04/2024"], "mdy") == ["2024-03-04T00:00:00+02:00"]
    # nothing says which it is
    assert read(["03/04/2024"], "auto") == [None]
    # the column proves it
    assert read(["03/04/2024", "25/12/2024"], "auto")[0] == "2024-04-03T00:00:00+02:00"
    assert read(["05/05/2024"], "auto") == ["2024-05-05T00:00:00+03:00"]


@pytest.mark.parametrize("order", ["auto", "ymd", "dmy", "mdy"])
def test_a_column_that_mixes_both_orders_is_refused_for_the_ambiguous_rows_only(order):
    values = ["03/04/2024", "25/12/2024", "12/26/2024", "2024-06-01"]
    moments = parse_moments(pd.Series(values, dtype="str"), order, "UTC")
    assert moments["ambiguous"].tolist() == [True, False, False, False]
    assert moments["value"].dt.strftime("%m-%d").fillna("").tolist() == ["", "12-25", "12-26", "06-01"]


def test_short_years_need_an_order():
    assert read(["01/02/24"], "dmy") == ["2024-02-01T00:00:00+02:00"]
    assert read(["24/02/01"], "ymd") == ["2024-02-01T00:00:00+02:00"]
    assert read(["01/02/24"], "auto") == [None]


@pytest.mark.parametrize(
    ("text", "expected"),
    [("123", "123"), ("123.0", "123"), (" 123\u200b", "123"), ("1,234", "1234"), ("'77", "77"), ("٧٧", "77"), ("ab_1", "ab_1"),
     ("null", None), ("", None), ("1.5", None), ("1.23E+05", None), ("a b", None), ("a@b.com", None)],
)  # fmt: skip
def test_ids(text, expected):
    assert clean_id(text) == expected


def test_texts():
    assert clean_text("\ufeff Plage\u200f \t ") == "Plage"
    assert clean_text("ﻣﺪﻳﻨﺔ") == "مدينة"
    assert clean_text("#N/A") is None
    assert clean_text("a\x00b\x07c") == "a b c"
