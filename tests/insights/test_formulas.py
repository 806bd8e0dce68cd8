"""The formulas that docstrings and the definitions page state are those that the code computes."""

import pandas as pd
import pytest

from leadsmart.insights.kpi.formulas import read_formulas
from leadsmart.insights.kpi.measures import DELIVERY_MEASURES, add_rates, sum_measures
from leadsmart.vocabulary import LABELS

#: No two alike, so that no formula can pass for another.
SUMS = pd.DataFrame(
    {
        "spend": [700.0],
        "impressions": [11_000.0],
        "reach": [5_000.0],
        "clicks": [130.0],
        "leads": [17.0],
        "verdicts": [7.0],
        "qualified": [3.0],
        "no_verdict": [10.0],
    }
)


@pytest.mark.parametrize("formula", read_formulas(add_rates), ids=lambda f: f.name)
def test_a_stated_formula_gives_what_the_code_computes(formula):
    assert SUMS.eval(formula.formula).tolist() == pytest.approx(add_rates(SUMS)[formula.name].tolist())


def test_every_rate_and_measure_is_stated():
    stated = {f.name for function in (sum_measures, add_rates) for f in read_formulas(function)}
    assert set(add_rates(SUMS).columns) - {"no_verdict"} <= stated
    assert set(LABELS) - {"step_rate"} <= stated and set(DELIVERY_MEASURES) <= stated
