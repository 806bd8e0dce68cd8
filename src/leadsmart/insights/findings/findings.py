"""The findings of a market: hypotheses judged together, each with estimate, range, money and one sentence."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from leadsmart.insights.findings.evidence import Evidence
from leadsmart.insights.methods.significance import adjust_false_discovery
from leadsmart.params import Params
from leadsmart.vocabulary import NOT_ENOUGH_DATA, NOT_SUPPORTED, SUPPORTED


@dataclass(frozen=True)
class Finding:
    """One answered question.

    Attributes
    ----------
    key, title : str
    verdict : str
        supported, not supported or not enough data.
    statement : str
        The answer in one or two sentences.
    estimate, low, high : float
        In `unit`; NaN where there is none.
    unit : str
        A unit of the vocabulary.
    n : int
        What the estimate rests on (verdicts, campaigns or leads; the method says which).
    method : str
    p_value, q_value : float
        The latter corrected for all findings of the market; NaN where nothing was tested.
    money_at_stake : float
        In the market's currency.
    table : str
        Name of the evidence table.
    question : str
    range_label : str
        "95 % range", "indicative range", or "" without one.
    """

    key: str
    title: str
    verdict: str
    statement: str
    estimate: float
    low: float
    high: float
    unit: str
    n: int
    method: str
    p_value: float
    q_value: float
    money_at_stake: float
    table: str
    question: str
    range_label: str


def judge_findings(evidence: Sequence[Evidence], params: Params) -> tuple[Finding, ...]:
    """Judge the hypotheses of a market as one family (Benjamini–Hochberg at ``false_discovery_rate``).

    Supported: beyond chance in the family, beyond the practical margin, and a range without 0. Not supported: a range
    without any effect beyond the margin. Anything between is "not enough data", with what would be enough.

    Parameters
    ----------
    evidence : sequence of Evidence
        All of the market; those without a p-value do not count in the family.
    params : Params

    Returns
    -------
    tuple of Finding
        In the order of the evidence.
    """
    q_values = adjust_false_discovery({each.hypothesis.key: each.p_value for each in evidence})
    return tuple(_judge(each, q_values[each.hypothesis.key], params) for each in evidence)


def findings_table(findings: Iterable[Finding]) -> pd.DataFrame:
    """One row per finding, columns as the fields of `Finding`."""
    return pd.DataFrame([vars(f) for f in findings], columns=list(Finding.__dataclass_fields__))


def _judge(evidence: Evidence, q_value: float, params: Params) -> Finding:
    if q_value <= params.false_discovery_rate and evidence.is_material and evidence.low * evidence.high > 0:
        verdict = SUPPORTED
    else:
        verdict = NOT_SUPPORTED if evidence.is_excluded else NOT_ENOUGH_DATA
    return Finding(
        key=evidence.hypothesis.key,
        title=evidence.hypothesis.title,
        verdict=verdict,
        statement=evidence.sentences[verdict],
        estimate=evidence.estimate,
        low=evidence.low,
        high=evidence.high,
        unit=evidence.unit,
        n=evidence.n,
        method=evidence.hypothesis.method,
        p_value=evidence.p_value,
        q_value=q_value,
        money_at_stake=evidence.money_at_stake if verdict == SUPPORTED else np.nan,
        table=evidence.hypothesis.table,
        question=evidence.hypothesis.question,
        range_label=evidence.range_label,
    )
