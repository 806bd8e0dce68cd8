import pandas as pd
import pytest
from classification.builders_classification import make_dataset, make_market, make_params, moment

from leadsmart.classification.estimation.dataset import known_at, split_forward
from leadsmart.classification.judging.splits import COMPARED_COLUMNS, compare_splits
from leadsmart.errors import ModelError


def _leads(arrived, labelled):
    return pd.DataFrame({"arrived_at": [moment(a) for a in arrived],
                         "labelled_at": [pd.NaT if x is None else moment(x) for x in labelled]})  # fmt: skip


def test_the_test_is_newer_than_all_training_and_training_knows_no_later_verdict():
    leads = _leads(
        ["2024-07-01", "2024-07-02", "2024-07-03", "2024-07-04", "2024-07-10"],
        ["2024-07-02", "2024-07-20", None, "2024-07-05", "2024-07-12"],
    )
    split = split_forward(leads)
    assert split.cutoff == moment("2024-07-10")
    assert split.train["arrived_at"].tolist() == [moment("2024-07-01"), moment("2024-07-04")]
    assert split.test["arrived_at"].tolist() == [moment("2024-07-10")]


def test_leads_of_the_same_moment_stay_together():
    split = split_forward(_leads(["2024-07-01"] * 3 + ["2024-07-02"] * 2, ["2024-07-01"] * 5))
    assert len(split.test) == 2
    together = split_forward(_leads(["2024-07-01"] * 5, ["2024-07-01"] * 5))
    assert (len(together.train), len(together.test)) == (0, 5)


def test_on_a_whole_market_time_goes_forward():
    tables, params = make_market(300), make_params()
    leads = make_dataset(tables, params).labelled
    split = split_forward(leads)
    assert split.train["arrived_at"].max() < split.cutoff == split.test["arrived_at"].min()
    assert (split.train["labelled_at"] <= split.cutoff).all()
    assert len(split.test) == 60


def test_undated_verdicts_are_known_at_the_end_only():
    leads = _leads(["2024-07-01", "2024-07-01"], [None, "2025-02-01"])
    assert len(known_at(leads, moment("2024-12-31"))) == 0
    assert len(known_at(leads, moment("2024-12-31"), is_final=True)) == 1  # the other one's date is later


def test_no_label_at_all_is_an_error_that_says_what_to_do():
    with pytest.raises(ModelError, match="Wait for verdicts"):
        split_forward(_leads([], []))


def test_the_optimistic_splits_are_all_shown():
    tables, params = make_market(300), make_params()
    dataset = make_dataset(tables, params)
    rows = compare_splits(dataset.labelled, dataset.features.specs, "logistic regression", params)
    table = pd.DataFrame(rows, columns=list(COMPARED_COLUMNS))
    assert table["split"].tolist() == [
        "later leads, verdicts of any date", "other business users", "other campaigns", "random",
    ]  # fmt: skip
    assert table["n_test"].tolist() == [60, 300, 300, 300]
    assert table["auc"].between(0.6, 0.95).all()
