"""The hypotheses that a market's data are tested for, but the one on data gaps, which needs the lead score."""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from leadsmart.insights.findings.bottlenecks import assess_bottlenecks
from leadsmart.insights.findings.channels import assess_channels
from leadsmart.insights.findings.engagement import assess_engagement
from leadsmart.insights.findings.evidence import Evidence
from leadsmart.insights.findings.quality import assess_quality
from leadsmart.market import Market

ASSESSMENTS = (assess_quality, assess_engagement, assess_channels, assess_bottlenecks)


@dataclass(frozen=True)
class MarketEvidence:
    """The evidence of one market.

    Attributes
    ----------
    by_key : dict of str to Evidence
        In the order of the page.
    tables : dict of str to DataFrame
        Evidence tables by name.
    table : DataFrame
        One row per hypothesis: ``key, title, question, method, table, n``.
    records : list of dict
        The evidence as plain values, which `evidence.read_evidence` reads.
    """

    by_key: dict[str, Evidence]
    tables: dict[str, pd.DataFrame]
    table: pd.DataFrame
    records: list[dict[str, Any]]


def gather_evidence(market: Market) -> MarketEvidence:
    """Assess every hypothesis on the data of a market; none is judged yet.

    Parameters
    ----------
    market : Market
        Already cut to the period (`Market.within_period`).

    Returns
    -------
    MarketEvidence
    """
    gathered = [assess(market) for assess in ASSESSMENTS]
    return MarketEvidence(
        by_key={evidence.hypothesis.key: evidence for evidence in gathered},
        tables={name: table for evidence in gathered for name, table in evidence.tables.items()},
        table=pd.DataFrame([{**vars(evidence.hypothesis), "n": evidence.n} for evidence in gathered]),
        records=[evidence.to_record() for evidence in gathered],
    )
