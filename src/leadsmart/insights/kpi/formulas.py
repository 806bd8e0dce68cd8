"""KPIs with their formulas, read from the docstrings of the functions that compute them."""

import inspect
import re
from collections.abc import Callable
from typing import NamedTuple

from leadsmart.insights.kpi.measures import add_rates, sum_measures
from leadsmart.vocabulary import LABELS

_ENTRY = re.compile(r"^(\w+) = (.+)\n    (.+)$", re.MULTILINE)


class Formula(NamedTuple):
    """One KPI: its column, how it is computed, and how to read it."""

    name: str
    formula: str
    reading: str


def read_formulas(function: Callable[..., object]) -> list[Formula]:
    """The section "Formulas" of a docstring.

    >>> read_formulas(add_rates)[1]
    Formula(name='ctr', formula='clicks / impressions', reading='How many of those who see the ad click it')
    """
    _, _, rest = (inspect.getdoc(function) or "").partition("Formulas\n--------\n")
    section = re.split(r"\n\w+\n-{3,}\n", rest)[0]
    return [Formula(*found) for found in _ENTRY.findall(section)]


def format_formulas() -> str:
    """All KPIs as the table of the definitions page, in Markdown."""
    rows = [
        f"| {LABELS[f.name][0]} (`{f.name}`) | {f.formula} | {f.reading} |"
        if f.name in LABELS
        else f"| `{f.name}` | {f.formula} | {f.reading} |"
        for f in (*read_formulas(sum_measures), *read_formulas(add_rates))
    ]
    head = ["| Name | Formula | Read it as |", "|:-----|:--------|:-----------|"]
    lines = [*head, *(row.replace(" * ", " · ") for row in rows)]
    return "\n".join(lines) + '\n\n: KPIs and their formulas {tbl-colwidths="[26,38,36]"}'
