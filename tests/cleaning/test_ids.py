"""Ids of one thing are one id however they are written, and ids that a spreadsheet destroyed are refused."""

import random

import pytest
from cleaning.builders_cleaning import (
    make_campaign,
    make_delivery,
    make_event,
    make_lead,
    split,
    write_export,
)

from leadsmart.cleaning.reading.joined_table import read_joined
from leadsmart.cleaning.values.texts import clean_id
from leadsmart.errors import InputProblems


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("c:1202", "1202"), ("AS: 17", "17"), ("l:98", "98"), ("ag:5", "5"), ('="1202"', "1202"), ("'1202'", "1202"),
        ('="c:12"', "12"), ("1202.0", "1202"), ("1202,00", "1202"), ("120 210 000", "120210000"), ("1,000", "1000"),
        ("1.234.567", "1234567"), ("001D000000IRFmaIAH", "001D000000IRFma"), ("001D000000IRFma", "001D000000IRFma"),
        ("{3F2504E0-4F89-41D3-9A0C-0305E82C3301}", "3f2504e0-4f89-41d3-9a0c-0305e82c3301"),
        # no checksum of the first fifteen, a prefix of something else, a date
        ("001D000000IRFmaXXX", "001D000000IRFmaXXX"), ("zcrm_12", "zcrm_12"), ("2024-06", "2024-06"),
        ("120210000000006501", "120210000000006501"), ("1.2E+17", None), ("c:", "c:"),
    ],
)  # fmt: skip
def test_one_id_however_it_is_written(text, expected):
    assert clean_id(text) == expected


def test_salesforce_ids_that_differ_in_case_alone_stay_apart():
    assert clean_id("7015g00000aaaaa") != clean_id("7015g00000aaaaA")


def make_export(change=lambda table, column, value: value, ids=range(6501, 6521)):
    """Campaigns with ids of 18 digits, two rows of delivery and two leads each."""
    campaigns = [f"1202100000{i:08}" for i in ids]
    tables = {
        "campaigns": [
            make_campaign(x, start_time=f"2024-06-{i % 28 + 1:02}") for i, x in enumerate(campaigns)
        ],
        "ad_performance": [
            make_delivery(f"1202200000{i:08}", x, created_at=f"2024-06-{day:02}")
            for i, x in zip(ids, campaigns, strict=True)
            for day in (1, 2)
        ],
        "leads": [make_lead(str(10 * n + k), x) for n, x in enumerate(campaigns, start=1) for k in (1, 2)],
        "status_events": [make_event(str(10 * n + 1)) for n in range(1, len(campaigns) + 1)],
        "project_markets": [{"project_name": "Alpha", "market": "new-cairo"}],
    }
    return {
        table: [{column: change(table, column, value) for column, value in row.items()} for row in rows]
        for table, rows in tables.items()
    }


def check(tables, tmp_path) -> list[str]:
    """The first words of what is wrong."""
    try:
        split(write_export(tmp_path / "export", tables), tmp_path / "cache")
    except InputProblems as error:
        return [f"{p.file} {p.column}: {p.problem.partition(' by ')[0]}" for p in error.problems]
    return []


def cut(digits: int, *places: tuple[str, str]):
    def change(table: str, column: str, value: str) -> str:
        return value[:digits].ljust(len(value), "0") if (table, column) in places else value

    return change


CAMPAIGN_IDS = [("campaigns", "id"), ("ad_performance", "campaign_id"), ("leads", "campaign_id")]
FILES = {"campaigns": "campaigns.csv", "ad_performance": "insights.csv", "leads": "campaign_leads.csv"}


@pytest.mark.parametrize("place", CAMPAIGN_IDS)
def test_ids_rounded_in_one_table_are_refused(tmp_path, place):
    found = check(make_export(cut(15, place)), tmp_path)
    assert found == [f"{FILES[place[0]]} {place[1]}: ids were rounded"]


def test_ids_rounded_everywhere_are_refused_in_each_file(tmp_path):
    found = check(make_export(cut(15, *CAMPAIGN_IDS)), tmp_path)
    assert sorted(found) == sorted(f"{FILES[t]} {c}: ids were rounded" for t, c in CAMPAIGN_IDS)


def test_ids_that_were_floating_point_numbers_are_refused(tmp_path):
    change = lambda t, c, v: f"{float(v):.0f}" if (t, c) == ("leads", "campaign_id") else v  # noqa: E731
    assert check(make_export(change), tmp_path) == ["campaign_leads.csv campaign_id: ids were rounded"]


def test_ad_sets_that_became_one_are_refused(tmp_path):
    found = check(make_export(cut(12, ("ad_performance", "ad_set_id"))), tmp_path)
    assert found == ["insights.csv ad_set_id: ids were rounded"]


@pytest.mark.parametrize("form", ["1.2021E+17", "1,2E+17", '="1.2E+17"'])
def test_ids_in_scientific_notation_are_refused(tmp_path, form):
    change = lambda t, c, v: form if (t, c) == ("ad_performance", "ad_set_id") else v  # noqa: E731
    assert check(make_export(change), tmp_path) == ["insights.csv ad_set_id: ids are in scientific notation: a spreadsheet took them for numbers, and their last digits are lost"]  # fmt: skip


def test_single_cells_in_scientific_notation_are_noted(tmp_path):
    tables = make_export(ids=range(6501, 6541))
    tables["leads"][0]["campaign_id"] = "1.2E+17"
    slices = split(write_export(tmp_path / "export", tables), tmp_path / "cache")
    assert (
        "1 of 80 cells of campaign_id are in scientific notation, such as '1.2E+17'" in slices.note_lines[0]
    )
    assert read_joined(slices.joins)[2].lost == {"unknown key": 1}


@pytest.mark.parametrize(
    "ids",
    [
        range(6501, 6521),
        # ids of the platform's own that end in zeros, of few digits and of many
        range(1000, 21_000, 1000),
        range(10_000, 210_000, 10_000),
    ],
)
def test_whole_ids_are_left_alone(tmp_path, ids):
    assert check(make_export(ids=ids), tmp_path) == []


@pytest.mark.parametrize("seed", range(4))
def test_random_ids_are_left_alone(tmp_path, seed):
    draw = random.Random(seed)
    long: dict[str, str] = {}

    def change(table: str, column: str, value: str) -> str:
        if (
            column in ("daily_budget", "spend", "reach", "clicks", "impressions", "phone")
            or not value.isdigit()
        ):
            return value
        return long.setdefault(value, str(draw.randrange(10**16, 10**17)))

    assert check(make_export(change), tmp_path) == []


def test_lead_ids_that_were_counted_anew_in_each_campaign_are_refused(tmp_path):
    tables = make_export()
    for i, lead in enumerate(tables["leads"]):
        lead["id"] = str(i % 2 + 1)
    tables["status_events"] = [make_event("1")]
    with pytest.raises(InputProblems) as caught:
        split(write_export(tmp_path / "export", tables), tmp_path / "cache")
    [problem] = caught.value.problems
    assert (problem.file, problem.column, problem.count) == ("campaign_leads.csv", "id", 40)
    assert "counted anew in each campaign" in problem.problem


def test_one_person_in_two_campaigns_under_one_id_is_no_slip(tmp_path):
    tables = make_export()
    tables["leads"] += [
        lead | {"campaign_id": tables["leads"][-1]["campaign_id"]} for lead in tables["leads"][:10]
    ]
    assert split(write_export(tmp_path / "export", tables), tmp_path / "cache").markets["new-cairo"] == 20
