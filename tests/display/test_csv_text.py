"""CSV text: harmless in a spreadsheet, exact in a program."""

import csv
import io

import pandas as pd
import pytest

from leadsmart.display.csv_text import to_safe_csv


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", " ="])
def test_text_that_may_start_a_formula_gets_an_apostrophe(start):
    text = to_safe_csv(pd.DataFrame({"project_name": [f"{start}cmd()"], "n": [1]}))

    rows = list(csv.reader(io.StringIO(text, newline="")))
    assert rows == [["project_name", "n"], [f"'{start}cmd()".replace("\r", "\n"), "1"]]


def test_carriage_return_inside_text_starts_no_row_of_its_own():
    text = to_safe_csv(pd.DataFrame({"project_name": ["a\r=cmd()", "b\r\nc"]}))

    assert text == 'project_name\n"a\n=cmd()"\n"b\nc"\n'


def test_numbers_dates_and_ordinary_text_stay():
    table = pd.DataFrame(
        {
            "name": ["Palm - Hills", "سعادة"],
            "delta": [-0.1, 0.1 + 0.2],
            "spend": [24852291.59, None],
            "n": [-3, 4],
            "day": pd.to_datetime(["2024-12-31", "2024-06-01"]),
            "ok": [True, False],
        }
    )

    assert to_safe_csv(table) == (
        "name,delta,spend,n,day,ok\n"
        "Palm - Hills,-0.1,24852291.59,-3,2024-12-31,True\n"
        "سعادة,0.3,,4,2024-06-01,False\n"
    )


def test_heads_and_categories_are_neutral_too_and_the_input_stays():
    table = pd.DataFrame({"=a": pd.Categorical(["=b", "c"])})
    copy = table.copy()

    assert to_safe_csv(table) == "'=a\n'=b\nc\n"
    pd.testing.assert_frame_equal(table, copy)


def test_mixed_columns_keep_their_numbers():
    assert to_safe_csv(pd.DataFrame({"x": pd.Series([-1, "-1", None], dtype=object)})) == 'x\n-1\n\'-1\n""\n'


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("Alpha;=1+1", "Alpha;'=1+1"),
        ("Alpha; @SUM(A1)", "Alpha; '@SUM(A1)"),
        ("Alpha\t-1", "Alpha\t'-1"),
        ("=1;+2", "'=1;'+2"),
        ("Alpha; Beta = Gamma", "Alpha; Beta = Gamma"),
    ],
)
def test_no_formula_starts_where_semicolons_or_tabs_separate(text, written):
    assert to_safe_csv(pd.DataFrame({"a": [text]})) == f"a\n{written}\n"
