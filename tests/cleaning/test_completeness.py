"""How complete fields are: worst first, by channel and form, never of a few people, and in one sentence."""

import pandas as pd
import pytest
from cleaning.builders_cleaning import clean_rows, make_lead, make_tables

from leadsmart.cleaning.quality.completeness import (
    contrast_groups,
    contrast_message,
    fields_message,
    name_fields,
)


def test_completeness_is_worst_first_and_by_channel_and_form(tmp_path):
    tables = make_tables()
    for campaign, channel in zip(tables["campaigns"], ["Facebook", "Google Search", "", ""], strict=True):
        campaign["channel"] = channel
    for lead, form in zip(tables["leads"], ["A", "", "A", "B", "B"], strict=True):
        lead["form_variant"] = form
    tables["leads"][0]["phone"] = "12"
    tables["leads"][2]["phone"] = ""
    table = clean_rows(tables, tmp_path, minimum_people=1).completeness
    assert (table["share_valid"].diff().dropna() >= 0).all()
    phone = table[(table["table"] == "leads") & (table["field"] == "phone")]
    found = {(row.by, row.group): (row.n, row.share_filled, row.share_valid) for row in phone.itertuples()}
    assert found == {
        ("all", "all"): (3, pytest.approx(2 / 3), pytest.approx(1 / 3)),
        ("channel", "facebook"): (2, 1.0, 0.5),
        ("channel", "google_search"): (1, 0.0, 0.0),
        ("form_variant", "A"): (2, 0.5, 0.0),
        ("form_variant", "none"): (1, 1.0, 1.0),
    }


def test_completeness_of_few_leads_is_hidden_by_channel_and_form(tmp_path):
    tables = make_tables()
    tables["leads"] += [make_lead(str(5000 + i), "1") for i in range(3)]
    for lead, form in zip(tables["leads"], ["A", "", "A", "B", "B", "B", "B", "B"], strict=True):
        lead["form_variant"] = form
    table = clean_rows(tables, tmp_path).completeness
    hidden = table["suppressed"] != ""
    assert set(table.loc[hidden, "table"]) == {"leads"} and "all" not in set(table.loc[hidden, "by"])
    assert table.loc[hidden, ["n", "share_filled", "share_valid"]].isna().all(axis=None)
    assert table.loc[~hidden, ["n", "share_filled", "share_valid"]].notna().all(axis=None)
    assert hidden.iloc[-hidden.sum() :].all(), "their place would tell their share"


def test_completeness_of_a_market_of_few_leads_is_hidden_whole(tmp_path):
    table = clean_rows(make_tables(), tmp_path).completeness
    people = table["table"] == "leads"
    assert (table.loc[people, "suppressed"] == "fewer than 5").all() and people.any()
    assert table.loc[people, ["n", "share_filled", "share_valid"]].isna().all(axis=None)
    assert (table.loc[~people, "suppressed"] == "").all()
    assert set(name_fields(table).dropna(subset="share_valid")["label"].str.split(":").str[0]) == {
        "Campaign",
        "Delivery",
    }


def test_fields_for_pictures():
    completeness = pd.DataFrame(
        [
            ("leads", "phone", "channel", "google", 2, 0.5, 0.5),
            ("leads", "phone", "all", "all", 5, 0.8, 0.6),
            ("leads", "phone", "form_variant", "A", 5, 0.8, 0.6),
            ("leads", "phone", "channel", "facebook", 3, 1.0, 0.7),
            ("campaigns", "daily_budget", "all", "all", 9, 0.9, 0.9),
        ],
        columns=["table", "field", "by", "group", "n", "share_filled", "share_valid"],
    )
    assert name_fields(completeness)[["label", "n", "share_valid"]].values.tolist() == [
        ["Lead: phone", 5, 0.6],
        ["Campaign: daily budget", 9, 0.9],
    ]
    assert fields_message(name_fields(completeness)) == (
        "Lead: phone is the least valid field, 60 % of 5 rows; 0 of 2 fields are valid in 95 % of rows or more"
    )
    contrast = contrast_groups(completeness)
    assert contrast[["label", "share_valid"]].values.tolist() == [
        ["all", 0.6],
        ["facebook", 0.7],
        ["google", 0.5],
        ["form A", 0.6],
    ]
    assert contrast_message(contrast) == (
        "Phone differs most: valid in 70 % of facebook (n 3), in 50 % of google (n 2)"
    )


def test_what_completeness_can_not_say_is_said():
    fields = pd.DataFrame({"label": ["Lead: phone", "Lead: name"], "n": [7, 7], "share_valid": [1.0, 1.0]})
    assert fields_message(fields) == "Every one of the 2 fields is valid in every row"
    assert fields_message(fields.head(0)) == "No row is left to look at"

    groups = pd.DataFrame(
        {
            "field": ["phone"] * 4,
            "by": ["all", "channel", "form_variant", "form_variant"],
            "label": ["all", "facebook", "form A", "form B"],
            "n": [9, 9, 4, 5],
            "share_valid": [0.5, 0.9, 0.5, 0.5],
        }
    )
    assert contrast_message(groups) == "Every field is equally valid in all channels and forms"
    assert contrast_message(groups.head(3)) == (
        "Fewer than two channels or forms have leads enough to be compared"
    )
    assert contrast_message(groups.head(0)) == (
        "Fewer than two channels or forms have leads enough to be compared"
    )


@pytest.mark.parametrize("hidden", [0.6, None], ids=["another group", "a group of few"])
def test_one_group_beside_all_leads_is_no_contrast(hidden):
    rows = [
        ("leads", "phone", "all", "all", 50, 0.5, 0.5),
        ("leads", "phone", "channel", "facebook", 46, 0.5, 0.5),
        ("leads", "phone", "channel", "google", 4, hidden, hidden),
    ]
    columns = ["table", "field", "by", "group", "n", "share_filled", "share_valid"]
    completeness = pd.DataFrame(rows, columns=columns)
    assert len(contrast_groups(completeness)) == (3 if hidden else 0)
    assert contrast_groups(completeness.head(2)).empty
