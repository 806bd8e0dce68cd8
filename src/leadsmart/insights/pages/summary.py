"""A market in a few figures, for the table of all markets."""

from collections.abc import Mapping, Sequence
from typing import Any

from leadsmart.catalogue.kpis import Place, kpis_in
from leadsmart.insights.findings.findings import Finding
from leadsmart.insights.findings.recommendations import Recommendation
from leadsmart.insights.findings.schemas import RECOMMENDATIONS_SCHEMA, to_records
from leadsmart.params import Params
from leadsmart.vocabulary import SUPPORTED

FIRST_FIGURES = ("spend", "leads", "cpl", "cpql", "qualified_rate")


def summarise_market(
    cards: Sequence[Mapping[str, Any]],
    findings: Sequence[Finding],
    recommendations: Sequence[Recommendation],
    params: Params,
    *,
    data_verdict: str,
    model_verdict: str,
) -> dict[str, Any]:
    """Gather what the overview and the table at the end of a run show of a market.

    Parameters
    ----------
    cards : sequence of mappings
        Rows of `cards.kpi_cards`; None where there is no number.
    findings, recommendations : sequences
        Of the market, corrected together.
    params : Params
    data_verdict, model_verdict : str

    Returns
    -------
    dict
        ``market, title, currency, spend, leads, cpl, cpql, qualified_rate`` (with ``_low, _high, _range``),
        ``verdict_coverage, spend_delta, leads_delta, leads_by_week, findings, findings_supported,
        recommendations, data_verdict, model_verdict``.
    """
    by_key = {card["key"]: card for card in cards}
    rate = by_key["qualified_rate"]
    return {
        "market": params.market,
        "title": params.title,
        "currency": params.currency,
        **{kpi.name: by_key[kpi.name]["value"] for kpi in kpis_in(Place.MARKETS, FIRST_FIGURES)},
        "qualified_rate_low": rate["low"],
        "qualified_rate_high": rate["high"],
        "qualified_rate_range": rate["range_label"],
        "spend_delta": by_key["spend"]["delta"],
        "leads_delta": by_key["leads"]["delta"],
        "leads_by_week": by_key["leads"]["sparkline"],
        "findings": len(findings),
        "findings_supported": sum(finding.verdict == SUPPORTED for finding in findings),
        "recommendations": to_records(recommendations, RECOMMENDATIONS_SCHEMA),
        "data_verdict": data_verdict,
        "model_verdict": model_verdict,
    }
