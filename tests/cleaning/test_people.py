"""People in a column are found by its values, and answers of a form are not taken for people."""

import duckdb
import pytest

from leadsmart.cleaning.inspection.people import People, find_people, list_given_names, sample_leads

LEADS = 40
STAFF = ("Mona Sabry", "Omar Nasr", "Heba Adel", "Karim Zaki")
NAMES = ("Zeyad Badr", "Shiekha Nasr", "Nasr Fouad", "Mona Hassan")


@pytest.fixture(scope="module")
def connection():
    with duckdb.connect() as opened:
        opened.execute("CREATE TABLE campaigns AS SELECT 'Palm Hills - New Cairo' AS project_name")
        yield opened


def look_at(connection, values, header="Answer", own=None):
    """What forty leads show of people who answer `values` in turn; `own` of them state their name."""
    leads = [
        (NAMES[i % 4], f"reader{i}@gmail.com", f"+2010{i:08d}", values[i % len(values)]) for i in range(LEADS)
    ]
    leads = [(*lead[:3], lead[0].upper()) if i < (own or 0) else lead for i, lead in enumerate(leads)]
    connection.execute(
        "CREATE OR REPLACE TABLE leads (_line INTEGER, name VARCHAR, email VARCHAR, phone VARCHAR, form_x VARCHAR)"
    )
    numbered = [(line, *lead) for line, lead in enumerate(leads, start=2)]
    connection.executemany("INSERT INTO leads VALUES (?, ?, ?, ?, ?)", numbered)
    connection.execute("DROP TABLE IF EXISTS sampled_leads")
    sample_leads(connection)
    return find_people(connection, "form_x", header, list_given_names(connection), ["EG", "SA"])


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (STAFF, "names of people"),
        (("منى صبري", "عمر نصر", "هبة عادل"), "names of people"),
        ([f"reader{i}@mail.com" for i in range(LEADS)], "e-mails"),
        ([f"010{i:08d}" for i in range(LEADS)], "phones"),
        ([f"+20 10 {i:04d} 5678" for i in range(LEADS)], "phones"),
        ([f"https://www.facebook.com/some.body.{i}" for i in range(LEADS)], "profiles or links of people"),
        ([f"{i} El Tahrir street, flat {i}" for i in range(LEADS)], "addresses"),
        ([f"شارع التحرير عمارة {i}" for i in range(LEADS)], "addresses"),
        (
            [f"Kokx{'abcdefghij'[i % 10]} Ez{'abcdefghij'[i // 10]}y" for i in range(LEADS)],
            "texts in the form of names",
        ),
    ],
)
def test_people_are_found_by_the_values(connection, values, kind):
    assert look_at(connection, values) == People(kind, LEADS)


def test_the_lead_s_own_name_is_found(connection):
    assert look_at(connection, ["villa"], own=4) == People("the lead's own name, e-mail or phone", 4)
    assert look_at(connection, ["villa"], own=2) is None


def test_given_names_are_those_that_several_leads_have(connection):
    assert look_at(connection, ["Zeyad Kamil", "Shiekha Rady", "Zeyad Amer"]) == People(
        "names of people", LEADS
    )


def test_unknown_names_count_under_a_header_of_staff(connection):
    staff = ("Siobhan Duffy", "Wolfgang Huber", "Kaito Mori")
    assert look_at(connection, staff, "Lead Owner") == People("texts in the form of names", LEADS)
    assert look_at(connection, staff) is None


@pytest.mark.parametrize(
    "values",
    [
        ("Ready to move", "End of year", "Within 3 months"),
        ("Ready To Move", "Under Construction", "Cash Payment"),
        ("1 bedroom", "2 bedrooms", "3 bedrooms"),
        ("New Cairo", "Nasr City", "Sheikh Zayed", "6th of October", "North Coast"),
        ("Palm Hills", "Mountain View", "Hyde Park", "Zed Towers"),
        ("3000000", "5000000", "12000000", "30,000,000"),
        ("under 3M", "3M-5M", "over 5M"),
        ("شقة", "فيلا", "تاون هاوس", "جاهز للسكن"),
        ("القاهرة الجديدة", "الشيخ زايد", "مدينة نصر"),
        ("نعم", "لا"),
        ("2025-03-01", "2025-06-01"),
        ("Sales Manager", "Civil Engineer", "Doctor", "Bank Teller"),
    ],
)
def test_answers_are_no_people(connection, values):
    assert look_at(connection, values) is None
