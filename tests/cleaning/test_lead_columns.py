"""Columns of leads that nobody declared are read by nothing, and declared ones never hold people."""

import pytest

from leadsmart.cleaning.reading.form_fields import (
    declared_columns,
    describe_form_fields,
    find_personal_fields,
    undeclared_columns,
)
from leadsmart.cleaning.reading.lead_columns import is_value
from leadsmart.errors import InputProblems
from tests.cleaning.builders_cleaning import (
    MARKET,
    clean,
    make_event,
    make_lead,
    make_params,
    make_tables,
    split,
    write_export,
)

STAFF = ("Mona Sabry", "Omar Nasr", "Heba Adel", "Karim Zaki")
LEADS = 40


def with_answers(tmp_path, values, header="Answer", mapping=None):
    """An export of forty leads that answer `values` in turn."""
    tables = make_tables()
    tables["leads"] = [
        make_lead(str(1001 + i), "1", **{header: values[i % len(values)]}) for i in range(LEADS)
    ]
    tables["status_events"] = [make_event("1001")]
    folder = write_export(tmp_path / "export", tables)
    if mapping:
        (folder / "mapping.yml").write_text(mapping, encoding="utf-8")
    return folder


def found_people(folder, tmp_path, header="Answer"):
    slices = split(folder, tmp_path / "cache")
    return find_personal_fields(slices, make_params(form_fields=[header]))


def test_what_nobody_declared_is_read_by_nothing_and_named(tmp_path):
    folder = with_answers(tmp_path, ["too expensive", ""], "Lost Reason")
    cleaned = clean(folder, tmp_path / "cache")
    assert not [column for column in cleaned.tables.leads if column.startswith("form_")]
    assert not any(
        "too expensive" in frame.to_csv() for frame in (*cleaned.tables, *cleaned.quarantine.values())
    )
    assert cleaned.unread_columns.to_dict("records") == [
        {"file": "campaign_leads.csv", "header": "Lost Reason", "filled": 20, "distinct": 1, "people": ""}
    ]
    slices = split(folder, tmp_path / "cache")
    assert describe_form_fields(slices, [make_params()]) == [
        "campaign_leads.csv as leads: 1 column is read by nothing: Lost Reason. Declare answers of the form as form_fields "
        "in mapping.yml or in the parameters."
    ]


@pytest.mark.parametrize("place", ["parameters", "mapping"])
def test_a_field_declared_in_either_place_is_read(tmp_path, place):
    mapping = "form_fields: [Unit Type]\n" if place == "mapping" else None
    declared = {} if mapping else {"form_fields": ["unit type"]}
    folder = with_answers(tmp_path, ["villa", "flat"], "Unit Type", mapping)
    cleaned = clean(folder, tmp_path / "cache", **declared)
    assert cleaned.tables.leads["form_unit_type"].value_counts().to_dict() == {"villa": 20, "flat": 20}
    assert cleaned.unread_columns.empty


def test_declaring_a_field_later_changes_what_cleaning_depends_on(tmp_path):
    folder = with_answers(tmp_path, ["villa"])
    before = split(folder, tmp_path / "cache").digests[MARKET]
    (folder / "mapping.yml").write_text("form_fields: [Answer]\n", encoding="utf-8")
    after = split(folder, tmp_path / "cache").digests[MARKET]
    assert before["leads"] != after["leads"]
    assert before["campaigns"] == after["campaigns"]


def test_a_declared_field_that_no_file_has_is_said(tmp_path):
    slices = split(with_answers(tmp_path, ["villa"]), tmp_path / "cache")
    lines = describe_form_fields(slices, [make_params(form_fields=["Answer", "Budgett"])])
    assert lines == ["form_fields declares what no file of leads has: budgett."]


@pytest.mark.parametrize(
    "header", ["01001234567", "mona@mail.com", "Mona Sabry", "https://x.com/a", "120210000000"]
)
def test_a_header_that_looks_like_a_value_is_numbered(tmp_path, header):
    slices = split(with_answers(tmp_path, ["x"], header), tmp_path / "cache")
    (column,) = undeclared_columns(slices, make_params())
    assert column["header"] == "column 8"
    assert header not in " ".join(describe_form_fields(slices, [make_params()]))


@pytest.mark.parametrize(
    "header", ["Unit Type", "Budget 2", "ما هي ميزانيتك؟", "When do you want to move?", "Lead Owner"]
)
def test_questions_are_no_values(header):
    assert not is_value(header)


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
def test_a_field_about_people_is_refused_by_its_values(tmp_path, values, kind):
    (problem,) = found_people(with_answers(tmp_path, values), tmp_path)
    text = str(problem)
    assert kind in text
    assert "campaign_leads.csv" in text
    assert "column Answer" in text
    assert f"{LEADS} affected" in text
    assert "safe_form_fields" in text
    assert not any(value in text for value in values)


def test_the_lead_s_own_name_is_refused(tmp_path):
    tables = make_tables()
    tables["leads"] = [make_lead(str(1001 + i), "1") for i in range(LEADS)]
    tables["leads"] = [{**lead, "Answer": lead["name"].upper()} for lead in tables["leads"]]
    (problem,) = found_people(write_export(tmp_path / "export", tables), tmp_path)
    assert "own name" in str(problem)


def test_unknown_names_under_a_header_of_staff_are_refused(tmp_path):
    staff = ("Siobhan Duffy", "Wolfgang Huber", "Kaito Mori")
    assert found_people(with_answers(tmp_path / "one", staff, "Lead Owner"), tmp_path / "one", "Lead Owner")
    assert not found_people(with_answers(tmp_path / "two", staff), tmp_path / "two")


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
def test_answers_are_no_people(tmp_path, values):
    assert not found_people(with_answers(tmp_path, values), tmp_path)


def test_cleaning_refuses_people_unless_they_are_declared_safe(tmp_path):
    folder = with_answers(tmp_path, STAFF)
    with pytest.raises(InputProblems):
        clean(folder, tmp_path / "cache", form_fields=["Answer"])
    cleaned = clean(folder, tmp_path / "cache", form_fields=["Answer"], safe_form_fields=["Answer"])
    assert cleaned.tables.leads["form_answer"].nunique() == len(STAFF)
    (folder / "mapping.yml").write_text(
        "form_fields: [Answer]\nsafe_form_fields: [Answer]\n", encoding="utf-8"
    )
    assert "form_answer" in clean(folder, tmp_path / "cache").tables.leads


def test_a_mapping_may_declare_nothing_but_form_fields(tmp_path):
    folder = with_answers(tmp_path, ["villa"], mapping="form_fields: Answer\n")
    slices = split(folder, tmp_path / "cache")
    assert declared_columns(slices, make_params()) == {"form_answer"}


def test_an_answer_that_differs_between_two_files_is_marked(tmp_path):
    folder = with_answers(tmp_path, ["villa"])
    later = make_tables()["leads"][:0] + [
        make_lead(str(1001 + i), "1", Answer="villa" if i else "flat", lead_status="QUALIFIED")
        for i in range(3)
    ]
    write_export(tmp_path / "later", {"leads": later})
    (tmp_path / "later" / "campaign_leads.csv").rename(folder / "campaign_leads_2024-07.csv")
    leads = clean(folder, tmp_path / "cache", form_fields=["Answer"]).tables.leads.set_index("lead_id")
    assert leads["changed_answers"].dropna().to_dict() == {"1001": "form_answer", "1002": "", "1003": ""}
    assert "changed_answers" not in clean(folder, tmp_path / "cache").tables.leads


def test_a_client_does_not_learn_of_columns(tmp_path):
    folder = with_answers(tmp_path, ["villa"])
    cleaned = clean(folder, tmp_path / "cache", audience="client", user_ids=["10"])
    assert cleaned.unread_columns.empty
