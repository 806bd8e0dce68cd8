"""What is known of one hypothesis before the findings of a market are judged together."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from leadsmart.formats import format_percent
from leadsmart.insights.methods.statistics import Interval
from leadsmart.market import Market
from leadsmart.vocabulary import NOT_ENOUGH_DATA, NOT_SUPPORTED, SUPPORTED, UNIT_SHARE

NAN = float("nan")


@dataclass(frozen=True)
class Hypothesis:
    """A question to the data of a market, and how it is tested.

    Attributes
    ----------
    key, title, question : str
    method : str
        Test, range, what n counts, and the null hypothesis.
    table : str
        Name of the main evidence table.
    """

    key: str
    title: str
    question: str
    method: str
    table: str


@dataclass(frozen=True)
class Evidence:
    """What the data of a market say about one hypothesis.

    Attributes
    ----------
    hypothesis : Hypothesis
    statement : str
        What the data show, without a verdict; why there is no test where there is none.
    sentences : mapping of verdict to str
        What to say under each verdict that can come out.
    n : int
        What the estimate rests on; the method says what it counts.
    estimate, low, high : float
        In `unit`; NaN where there is none.
    range_label : str
        "95 % range", "indicative range", or "" without one.
    unit : str
        A unit of the vocabulary.
    p_value : float
        NaN where nothing was tested.
    is_material : bool
        Whether the estimate goes beyond the practical margin in the stated direction.
    is_excluded : bool
        Whether the range leaves no room for an effect beyond the practical margin: only then is a hypothesis that the
        data do not support "not supported", and not merely undecided.
    money_at_stake : float
        In the market's currency.
    tables : dict of str to DataFrame
        Evidence tables by name; empty in evidence that was read back.
    """

    hypothesis: Hypothesis
    statement: str
    sentences: Mapping[str, str]
    n: int
    estimate: float = NAN
    low: float = NAN
    high: float = NAN
    range_label: str = ""
    unit: str = UNIT_SHARE
    p_value: float = NAN
    is_material: bool = False
    is_excluded: bool = False
    money_at_stake: float = NAN
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)

    def to_record(self) -> dict[str, Any]:
        """Everything but the tables, as values for JSON; NaN stands for numbers that do not exist."""
        values = {name: value for name, value in vars(self).items() if name != "tables"}
        return {**values, "hypothesis": vars(self.hypothesis)}


def read_evidence(records: Iterable[Mapping[str, Any]]) -> list[Evidence]:
    """Read evidence back from its records; without tables.

    Parameters
    ----------
    records : iterable of mapping
        Of `Evidence.to_record`, null standing for numbers that do not exist.

    Returns
    -------
    list of Evidence
    """
    read = []
    for record in records:
        values: dict[str, Any] = {name: NAN if value is None else value for name, value in record.items()}
        read.append(Evidence(**{**values, "hypothesis": Hypothesis(**values["hypothesis"])}))
    return read


def not_enough(hypothesis: Hypothesis, reason: str, n: int, tables: dict[str, pd.DataFrame]) -> Evidence:
    """Evidence that allows no test.

    Parameters
    ----------
    hypothesis : Hypothesis
    reason : str
        The sentence that says what is missing.
    n : int
    tables : dict of str to DataFrame

    Returns
    -------
    Evidence
    """
    return Evidence(hypothesis, reason, {NOT_ENOUGH_DATA: reason}, n, tables=tables)


def outcomes(supported: str, not_supported: str, undecided: str) -> dict[str, str]:
    """The three sentences of a hypothesis that was tested."""
    return {SUPPORTED: supported, NOT_SUPPORTED: not_supported, NOT_ENOUGH_DATA: undecided}


def read_data_gaps(record: Mapping[str, Any]) -> Evidence:
    """Finding 5, which comes with the lead score, as evidence for the family.

    It has a verdict of its own; judged with the other findings it can only lose it.

    Parameters
    ----------
    record : mapping
        Fields of a finding, as ``data_gaps.json`` has them.

    Returns
    -------
    Evidence
    """
    verdict, statement = record["verdict"], record["statement"]
    chance = f"{statement} Among all findings of the market this may be chance: more leads would tell."
    names = ("estimate", "low", "high", "p_value", "money_at_stake")
    numbers: dict[str, Any] = {name: NAN if record[name] is None else float(record[name]) for name in names}
    question = "Does the lead score lose accuracy without a field of the form?"
    return Evidence(
        hypothesis=Hypothesis(record["key"], record["title"], question, record["method"], record["table"]),
        statement=statement,
        sentences={NOT_ENOUGH_DATA: chance, verdict: statement},
        n=record["n"],
        unit=record["unit"],
        is_material=verdict == SUPPORTED,
        is_excluded=verdict == NOT_SUPPORTED,
        **numbers,
    )


def ratio_evidence(
    hypothesis: Hypothesis,
    statement: str,
    sentences: Mapping[str, str],
    n: int,
    tables: dict[str, pd.DataFrame],
    ratio: Interval,
    *,
    p_value: float,
    is_material: bool,
    is_excluded: bool,
    money_at_stake: float,
) -> Evidence:
    """Evidence on a ratio of two rates; its estimate is their relative difference (−0.4: 40 % lower)."""
    return Evidence(
        hypothesis,
        statement,
        sentences,
        n,
        estimate=ratio.estimate - 1,
        low=ratio.low - 1,
        high=ratio.high - 1,
        range_label=ratio.label,
        p_value=p_value,
        is_material=is_material,
        is_excluded=is_excluded,
        money_at_stake=money_at_stake,
        tables=tables,
    )


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
        return NAN
    gap = max(abs(np.log(ratio.estimate / (1 - margin))), 0.05)
    return float(np.ceil(ratio.clusters * max(np.log(ratio.high / ratio.estimate) / gap, 1.0) ** 2 - 1e-9))


def too_few_leads(market: Market) -> str:
    """The sentence for a market below ``minimum_leads``, or ""."""
    leads, minimum = len(market.tables.leads), market.params.minimum_leads
    return (
        "" if leads >= minimum else f"Only {leads:,} leads: at least {minimum:,} are needed to test anything."
    )
