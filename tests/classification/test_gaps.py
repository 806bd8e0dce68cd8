import numpy as np
import pandas as pd
from classification.builders_classification import make_dataset, make_market, make_params

from leadsmart.classification.judging.gaps import GAP_COLUMNS, _finding, data_gaps


def _gaps(tables):
    params = make_params()
    return data_gaps(make_dataset(tables, params))


def _table(*rows):
    """Rows of (label, cost, low, high, p-value)."""
    table = pd.DataFrame(rows, columns=["label", "cost", "cost_low", "cost_high", "p_value"])
    return table.assign(share_missing=0.1, n_test=300).reindex(columns=list(GAP_COLUMNS))


def test_a_field_that_never_varies_cannot_be_judged_and_comes_last():
    gaps = _gaps(make_market(600))
    last = gaps.table.iloc[-1]
    assert (last["field"], last["share_missing"]) == ("name", 0.0)
    assert np.isnan(last["cost"])
    assert gaps.finding["statement"].endswith("The same for all leads, so nothing can be said of it: name.")


def test_where_no_field_varies_nothing_can_be_said():
    finding = _finding(_table(("name", np.nan, np.nan, np.nan, np.nan)), "business users")
    assert (finding["verdict"], finding["estimate"]) == ("not enough data", None)


def test_a_range_that_holds_nothing_and_a_large_cost_is_not_enough_data():
    finding = _finding(_table(("phone", 0.01, -0.01, 0.03, 0.6)), "business users")
    assert finding["verdict"] == "not enough data"
    assert "0.01 (−0.01 to 0.03) AUC, which leaves room for nothing" in finding["statement"]


def test_a_range_below_a_large_cost_is_not_supported():
    finding = _finding(_table(("phone", 0.005, -0.005, 0.015, 0.6)), "business users")
    assert finding["verdict"] == "not supported"


def test_an_unclear_field_keeps_a_clear_one_from_speaking_for_all():
    finding = _finding(
        _table(("phone", 0.01, -0.01, 0.015, 0.6), ("budget", 0.0, -0.04, 0.04, 1.0)), "campaigns"
    )
    assert finding["verdict"] == "not enough data"
    assert "“budget”" in finding["statement"]


def test_a_shown_cost_is_supported_even_if_a_costlier_field_is_unclear():
    finding = _finding(
        _table(("email", 0.06, -0.01, 0.12, 0.2), ("phone", 0.04, 0.02, 0.06, 0.01)), "business users"
    )
    assert finding["verdict"] == "supported"
    assert "“phone”" in finding["statement"]
    assert finding["estimate"] == 0.04
