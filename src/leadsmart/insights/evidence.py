"""What is known of one hypothesis before the findings of a market are judged together."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

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
    """

    key: str
    question: str
    sentences: Mapping[str, str]
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    is_enough: bool = True
    is_material: bool = False
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


def outcomes(supported: str, not_supported: str) -> dict[str, str]:
    """The two sentences of a hypothesis that was tested."""
    return {SUPPORTED: supported, NOT_SUPPORTED: not_supported}


def too_few_leads(leads: int, params: Params) -> str | None:
    """The sentence for a market below ``minimum_leads``, or None."""
    if leads >= params.minimum_leads:
        return None
    return f"Only {leads:,} leads: at least {params.minimum_leads:,} are needed to test anything."
