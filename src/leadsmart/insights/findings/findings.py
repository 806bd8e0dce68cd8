"""The findings of a market: hypotheses tested together, each with estimate, range, money and one sentence."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from leadsmart.insights.findings.bottlenecks import weigh_bottlenecks
from leadsmart.insights.findings.channels import weigh_channels
from leadsmart.insights.findings.engagement import weigh_engagement
from leadsmart.insights.findings.evidence import Evidence
from leadsmart.insights.findings.quality import weigh_quality
from leadsmart.insights.methods.statistics import adjust_false_discovery
from leadsmart.market import Market
from leadsmart.params import Params
from leadsmart.vocabulary import NOT_ENOUGH_DATA, NOT_SUPPORTED, SUPPORTED

#: Key and title of the five findings, in the order of the page.
TITLES = {
    "lead_quality_variation": "Lead quality variation",
    "high_cost_per_engagement": "High cost per engagement",
    "channel_differences": "Channel differences",
    "conversion_bottlenecks": "Conversion bottlenecks",
    "data_gaps": "Data gaps",
}


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


@dataclass(frozen=True)
class FindingsResult:
    """The findings of one market, in the order of the page.

    Attributes
    ----------
    findings : tuple of Finding
    tables : dict of str to DataFrame
        Evidence by name; ``finding.table`` names the main one of each.
    table : DataFrame
        One row per finding with the fields of `Finding`, plus ``question`` and ``range_label``.
    """

    findings: tuple[Finding, ...]
    tables: dict[str, pd.DataFrame]
    table: pd.DataFrame

    def get(self, key: str) -> Finding | None:
        """The finding with this key, if it is among them."""
        return next((finding for finding in self.findings if finding.key == key), None)

    @property
    def costliest(self) -> Finding | None:
        """The supported finding with the most money at stake."""
        sized = [f for f in self.findings if f.verdict == SUPPORTED and f.money_at_stake > 0]
        return max(sized, key=lambda f: f.money_at_stake, default=None)


def evaluate_findings(market: Market, data_gaps: Finding | None = None) -> FindingsResult:
    """Test the findings of a market as one family (Benjamini–Hochberg at ``false_discovery_rate``).

    Supported: beyond chance in the family, beyond the practical margin, and a range without 0. Not supported: a range
    without any effect beyond the margin. Anything between is "not enough data", with what would be enough.

    Parameters
    ----------
    market : Market
        Already cut to the period (`Market.within_period`).
    data_gaps : Finding, optional
        The fifth finding, computed with the classifier; joins the family where it has a p-value.
    """
    gathered = [
        weigh_quality(market),
        weigh_engagement(market),
        weigh_channels(market),
        weigh_bottlenecks(market),
    ]
    p_values = {e.key: e.p_value if e.is_enough else np.nan for e in gathered}
    if data_gaps is not None:
        p_values[data_gaps.key] = data_gaps.p_value
    q_values = adjust_false_discovery(p_values)
    findings = [_conclude(e, q_values[e.key], market.params) for e in gathered]
    if data_gaps is not None:
        findings.append(_join_family(data_gaps, q_values[data_gaps.key], market.params))
    evidence = {name: table for e in gathered for name, table in e.tables.items()}
    table = findings_table(findings)
    notes = {e.key: (e.question, e.range_label) for e in gathered}
    table["question"] = table["key"].map(lambda key: notes.get(key, ("", ""))[0])
    table["range_label"] = table["key"].map(lambda key: notes.get(key, ("", ""))[1])
    return FindingsResult(tuple(findings), evidence, table)


def findings_table(findings: Sequence[Finding]) -> pd.DataFrame:
    """One row per finding, columns as the fields of `Finding`."""
    return pd.DataFrame([vars(f) for f in findings], columns=list(Finding.__dataclass_fields__))


def _conclude(evidence: Evidence, q_value: float, params: Params) -> Finding:
    if not evidence.is_enough:
        verdict = NOT_ENOUGH_DATA
    elif q_value <= params.false_discovery_rate and evidence.is_material and evidence.low * evidence.high > 0:
        verdict = SUPPORTED
    else:
        verdict = NOT_SUPPORTED if evidence.is_excluded else NOT_ENOUGH_DATA
    return Finding(
        key=evidence.key,
        title=TITLES[evidence.key],
        verdict=verdict,
        statement=evidence.sentences[verdict],
        estimate=evidence.estimate,
        low=evidence.low,
        high=evidence.high,
        unit=evidence.unit,
        n=evidence.n,
        method=evidence.method,
        p_value=evidence.p_value if evidence.is_enough else np.nan,
        q_value=q_value,
        money_at_stake=evidence.money_at_stake if verdict == SUPPORTED else np.nan,
        table=f"finding_{evidence.key}",
    )


def _join_family(finding: Finding, q_value: float, params: Params) -> Finding:
    if finding.verdict == SUPPORTED and q_value > params.false_discovery_rate:
        return replace(
            finding,
            verdict=NOT_ENOUGH_DATA,
            q_value=q_value,
            money_at_stake=np.nan,
            statement=f"{finding.statement} Among all findings of the market this may be chance: more leads would tell.",
        )
    return replace(finding, q_value=q_value)
