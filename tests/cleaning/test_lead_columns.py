"""Columns of leads that nobody declared are read by nothing, and declared ones never hold people."""

import pytest
from cleaning.builders_cleaning import (
    MARKET,
    clean,
    make_event,
    make_lead,
    make_params,
    make_tables,
    split,
    write_export,
)

from leadsmart.cleaning.parsing.headers import is_value
from leadsmart.cleaning.reading.form_fields import (
    declared_columns,
    describe_form_fields,
    find_personal_fields,
    undeclared_columns,
)
from leadsmart.errors import InputProblems

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
        "campaign_leads.csv as campaign_leads: 1 column is read by nothing: Lost Reason. Declare answers of the form as form_fields "
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


def test_a_field_about_people_is_refused_and_nobody_is_named(tmp_path):
    slices = split(with_answers(tmp_path, STAFF), tmp_path / "cache")
    (problem,) = find_personal_fields(slices, make_params(form_fields=["Answer"]))
    assert str(problem) == (
        "campaign_leads.csv: a form field holds names of people (rule personal_data, column Answer); 40 affected. Take it "
        "out of form_fields; if it is about no person, name it in safe_form_fields, too."
    )
    assert find_personal_fields(slices, make_params()) == []


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
