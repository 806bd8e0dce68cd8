"""Entries of the catalogue fit together, and the formulas they state are those that the code computes."""

from pathlib import Path

import pandas as pd
import pytest

from leadsmart.catalogue.kpis import KPIS, LEADING_CARDS, Kpi, Place, kpis_in, ratios, sums
from leadsmart.insights.kpi.measures import add_ratios
from leadsmart.params import Params
from leadsmart.vocabulary import UNIT_MONEY, UNIT_SHARE

ROOT = Path(__file__).parents[2]
#: No two alike, so that no formula can pass for another.
PRIMES = (701, 11_003, 5_003, 131, 17, 7, 3, 19, 23, 2, 29, 31, 37, 41, 43)
SUMS = pd.DataFrame({kpi.name: [float(prime)] for kpi, prime in zip(sums(), PRIMES, strict=False)})


def test_there_is_a_number_for_each_sum():
    assert len(SUMS.columns) == len(sums())


@pytest.mark.parametrize("kpi", ratios(), ids=lambda kpi: kpi.name)
def test_a_stated_formula_gives_what_the_code_computes(kpi: Kpi):
    assert SUMS.eval(kpi.formula).tolist() == pytest.approx(add_ratios(SUMS)[kpi.name].tolist())


@pytest.mark.parametrize("kpi", ratios(), ids=lambda kpi: kpi.name)
def test_a_ratio_is_made_of_sums_and_so_is_its_unit(kpi: Kpi):
    known = {part.name: part for part in sums()}
    over, under = known[kpi.numerator[0]], known[kpi.denominator]
    assert set(kpi.numerator) <= set(known)
    assert (kpi.unit == UNIT_MONEY) == (over.unit == UNIT_MONEY and under.unit != UNIT_MONEY)
    if any(known[name].matures for name in (*kpi.numerator, kpi.denominator)) and kpi.shown:
        assert kpi.matures, "its numerator or denominator needs time"


def test_what_is_shown_has_a_label_of_its_own_and_a_range_has_a_scale():
    labels = [kpi.label for kpi in KPIS.values() if kpi.label]
    assert len(set(labels)) == len(labels)
    assert all(kpi.label for kpi in KPIS.values() if kpi.shown)
    assert all(kpi.scale for kpi in kpis_in(Place.RANGES))
    rates = [k for k in KPIS.values() if k.name.endswith(("_rate", "_share", "_coverage")) or k.name == "ctr"]
    assert len(rates) == 6 and {kpi.unit for kpi in rates} == {UNIT_SHARE}


def test_what_the_drill_down_adds_up_is_one_sum_over_another():
    ratios_there = [kpi for kpi in kpis_in(Place.DRILL_DOWN) if kpi.denominator]
    assert all(len(kpi.numerator) == 1 and kpi.factor == 1 for kpi in ratios_there)


def test_leading_cards_are_cards_and_there_are_some_for_every_priority():
    cards = {kpi.name for kpi in kpis_in(Place.CARDS)}
    assert set(LEADING_CARDS) == set(Params.model_fields["kpi_priority"].annotation.__args__)
    assert all(set(leading) <= cards for leading in LEADING_CARDS.values())
