import pandas as pd
import pytest
from builders_market import market_of
from classification.builders_classification import AS_OF, make_lead, make_params, make_tables, moment

from leadsmart.classification.features.labels import (
    count_labels_by_market,
    intent_of_status,
    label_leads,
    status_as_of,
    summarise_labels,
)


def test_only_verdicts_are_labels_and_everything_else_is_in_neither_class():
    statuses = [
        "QUALIFIED",
        "NOT_QUALIFIED",
        "NEW_LEAD",
        "UNKNOWN",
        "NO_ANSWER",
        "SPAM",
        "FOLLOW_UP",
        "NEVER_SEEN",
    ]
    tables = make_tables([make_lead(s, "2024-07-01", s) for s in statuses])
    labels = label_leads(market_of(tables, make_params(), AS_OF)).set_index("lead_id")["label"]
    assert labels["QUALIFIED"] == 1.0
    assert labels["NOT_QUALIFIED"] == 0.0
    assert labels.drop(["QUALIFIED", "NOT_QUALIFIED"]).isna().all()


def test_a_verdict_is_known_from_the_event_after_which_it_was_never_reversed():
    tables = make_tables(
        [make_lead("1", "2024-07-01", "QUALIFIED"), make_lead("2", "2024-07-01", "QUALIFIED")],
        [
            ("1", "QUALIFIED", "2024-07-02"), ("1", "NOT_QUALIFIED", "2024-07-05"), ("1", "QUALIFIED", "2024-07-09"),
            ("1", "FOLLOW_UP", "2024-07-10"), ("1", "QUALIFIED", "2024-07-11"),
        ],
    )  # fmt: skip
    labels = label_leads(market_of(tables, make_params(), AS_OF)).set_index("lead_id")
    assert labels.loc["1", "labelled_at"] == moment("2024-07-09")
    assert labels.loc["2", "label"] == 1.0
    assert pd.isna(labels.loc["2", "labelled_at"])


def test_what_happens_after_as_of_is_not_known():
    tables = make_tables(
        [make_lead("1", "2024-07-01", "QUALIFIED"), make_lead("2", "2024-08-01", "NEW_LEAD")],
        [("1", "FOLLOW_UP", "2024-07-05"), ("1", "QUALIFIED", "2024-07-20")],
    )
    as_of = pd.Timestamp("2024-07-10").date()
    labels = label_leads(market_of(tables, make_params(), as_of))
    assert labels["lead_id"].tolist() == ["1"]
    assert labels["label"].isna().all()
    assert status_as_of(market_of(tables, make_params(), as_of))["status"].tolist() == ["FOLLOW_UP"]


def test_within_horizon_needs_contact_by_a_dated_event_and_a_horizon_that_is_over():
    tables = make_tables(
        [
            make_lead("in time", "2024-07-01", "QUALIFIED"),
            make_lead("too late", "2024-07-01", "QUALIFIED"),
            make_lead("contacted only", "2024-07-01", "FOLLOW_UP"),
            make_lead("untouched", "2024-07-01", "NEW_LEAD"),
            make_lead("undated", "2024-07-01", "NOT_QUALIFIED"),
            make_lead("touched late", "2024-07-01", "NOT_QUALIFIED"),
            make_lead("young", "2024-12-20", "QUALIFIED"),
        ],
        [
            ("in time", "QUALIFIED", "2024-07-20"),
            ("too late", "NO_ANSWER", "2024-07-02"), ("too late", "QUALIFIED", "2024-09-20"),
            ("contacted only", "FOLLOW_UP", "2024-07-03"),
            ("untouched", "NEW_LEAD", "2024-07-01"),
            ("touched late", "NOT_QUALIFIED", "2024-12-01"),
            ("young", "QUALIFIED", "2024-12-21"),
        ],
    )  # fmt: skip
    params = make_params(target="qualified_within_horizon", horizon_days=60)
    labels = label_leads(market_of(tables, params, AS_OF)).set_index("lead_id")
    assert labels["label"].dropna().to_dict() == {"in time": 1.0, "too late": 0.0, "contacted only": 0.0}
    assert labels.loc["in time", "labelled_at"] == moment("2024-07-01") + pd.Timedelta(days=60)


def test_intent_follows_the_market_s_mapping_and_is_missing_otherwise():
    found = intent_of_status(
        pd.Series(["QUALIFIED", "FOLLOW_UP", "NOT_QUALIFIED", "SPAM", "NEW_LEAD"]), make_params()
    )
    assert found == ["high", "medium", "low", "junk", None]


def test_the_summary_counts_labels_and_names_undated_verdicts():
    tables = make_tables(
        [make_lead("1", "2024-07-01", "QUALIFIED"), make_lead("2", "2024-07-01", "NOT_QUALIFIED"),
         make_lead("3", "2024-07-01"), make_lead("4", "2024-07-01")],
        [("1", "QUALIFIED", "2024-07-02")],
    )  # fmt: skip
    summary = summarise_labels(label_leads(market_of(tables, make_params(), AS_OF)))
    assert summary.table["leads"].tolist() == [1, 1, 2, 1]
    assert summary.sentence.startswith("2 of 4 leads (50 %) have a label: 1 qualified, 1 not.")
    assert "Verdicts without a date: 1." in summary.sentence


def test_inputs_are_not_changed():
    tables = make_tables([make_lead("1", "2024-07-01", "QUALIFIED")], [("1", "QUALIFIED", "2024-07-02")])
    before = [t.copy(deep=True) for t in tables]
    label_leads(market_of(tables, make_params(), AS_OF))
    for table, copy in zip(tables, before, strict=True):
        pd.testing.assert_frame_equal(table, copy)


def test_a_status_that_only_contains_the_word_qualified_is_no_qualified_lead():
    tables = make_tables([make_lead("1", "2024-07-01", "QUALIFIED_MAYBE")])
    assert label_leads(market_of(tables, make_params(), AS_OF))["label"].isna().all()


@pytest.mark.parametrize("target", ["qualified_given_verdict", "qualified_within_horizon"])
def test_a_market_without_events_has_labels_of_the_right_types(target):
    tables = make_tables([make_lead("1", "2024-07-01", "QUALIFIED")])
    labels = label_leads(market_of(tables, make_params(target=target), AS_OF))
    assert labels["label"].dtype == float
    assert labels["labelled_at"].isna().all()


def test_labels_are_counted_by_market_under_its_title():
    extracts = pd.DataFrame({"market": ["gulf", "gulf", "red-sea"], "label": [1.0, 0.0, 0.0]})
    table = count_labels_by_market(extracts, {"gulf": "Gulf", "red-sea": "Red Sea"})
    assert table.to_dict("list") == {"market": ["Gulf", "Red Sea"], "leads": [2, 1], "qualified": [1, 0]}
