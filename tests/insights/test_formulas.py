"""The formulas that docstrings and the definitions page state are those that the code computes."""

from pathlib import Path

import pandas as pd
import pytest

from leadsmart.insights.kpi.formulas import PASSAGE, format_formulas, read_formulas
from leadsmart.insights.kpi.measures import DELIVERY_MEASURES, add_rates, sum_measures
from leadsmart.passages import replace_passage
from leadsmart.vocabulary import LABELS

ROOT = Path(__file__).parents[2]
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


def test_the_definitions_page_states_the_formulas_of_the_code():
    page = (ROOT / "docs" / "definitions.qmd").read_text(encoding="utf-8")
    # to write the page anew: python -m leadsmart.insights.kpi.formulas docs/definitions.qmd
    assert "| CPQL (`cpql`) | spend / qualified |" in page
    assert replace_passage(page, PASSAGE, format_formulas()) == page
    tampered = page.replace("spend / leads", "spend / clicks")
    assert tampered != page and replace_passage(tampered, PASSAGE, format_formulas()) == page
