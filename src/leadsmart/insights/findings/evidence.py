"""What is known of one hypothesis before the findings of a market are judged together."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from leadsmart.formats import format_percent
from leadsmart.insights.methods.statistics import Interval
from leadsmart.params import Params
from leadsmart.vocabulary import NOT_ENOUGH_DATA, NOT_SUPPORTED, SUPPORTED, UNIT_SHARE

NAN = float("nan")


@dataclass(frozen=True)
class Evidence:
    """One tested hypothesis.

    Attributes
    ----------
    key, question : str
    sentences : mapping of verdict to str
        What to say under each verdict that can come out.
    tables : dict of str to DataFrame
        Evidence; ``finding_<key>`` is the main table.
    is_enough : bool
        Whether there is enough data to test.
    is_material : bool
        Whether the estimate goes beyond the practical margin in the stated direction.
    is_excluded : bool
        Whether the range leaves no room for an effect beyond the practical margin: only then is a hypothesis that the
        data do not support "not supported", and not merely undecided.
    """

    key: str
    question: str
    sentences: Mapping[str, str]
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    is_enough: bool = True
    is_material: bool = False
    is_excluded: bool = False
    estimate: float = NAN
    low: float = NAN
    high: float = NAN
    range_label: str = ""
    unit: str = UNIT_SHARE
    n: int = 0
    method: str = ""
    p_value: float = NAN
    money_at_stake: float = NAN


def not_enough(
    key: str, question: str, sentence: str, tables: dict[str, pd.DataFrame], method: str, n: int
) -> Evidence:
    """Evidence that allows no test, with the sentence that says what would."""
    return Evidence(
        key, question, {NOT_ENOUGH_DATA: sentence}, tables, is_enough=False, method=method, n=int(n)
    )


def outcomes(supported: str, not_supported: str, undecided: str) -> dict[str, str]:
    """The three sentences of a hypothesis that was tested."""
    return {SUPPORTED: supported, NOT_SUPPORTED: not_supported, NOT_ENOUGH_DATA: undecided}


def open_question(ratio: Interval, margin: float) -> str:
    """What a range that neither shows nor excludes an effect beyond the margin leaves open.

    >>> open_question(Interval(0.7, 0.4, 1.2, 10), 0.2)
    'that may be none, or the 20 % that would matter'
    >>> open_question(Interval(0.7, 0.5, 0.95, 10), 0.2)
    'that may be less than the 20 % that would matter'
    """
    beyond = f"the {format_percent(margin)} that would matter"
    return f"that may be none, or {beyond}" if ratio.high >= 1 else f"that may be less than {beyond}"


def users_needed(ratio: Interval, margin: float) -> float:
    """Business users after whom a range around the same estimate would end before the practical margin.

    A range shrinks with the root of the number of users. An estimate at the margin itself would never tell, so the
    gap between the two counts as 5 % at least.

    >>> users_needed(Interval(1.0, 0.64, 1.5625, 10), 0.2)
    40.0
    """
    if not 0 < ratio.estimate < ratio.high:
        return float("nan")
    gap = max(abs(np.log(ratio.estimate / (1 - margin))), 0.05)
    return float(np.ceil(ratio.clusters * max(np.log(ratio.high / ratio.estimate) / gap, 1.0) ** 2 - 1e-9))


def too_few_leads(leads: int, params: Params) -> str | None:
    """The sentence for a market below ``minimum_leads``, or None."""
    if leads >= params.minimum_leads:
        return None
    return f"Only {leads:,} leads: at least {params.minimum_leads:,} are needed to test anything."
