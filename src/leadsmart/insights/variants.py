"""Form variants: how complete, how good, how evenly assigned, and how many leads the next test needs."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats
from statsmodels.stats.power import NormalIndPower
from statsmodels.stats.proportion import proportion_effectsize

from leadsmart.display.formats import format_count, format_interval, format_percent
from leadsmart.insights.measures import lead_frame
from leadsmart.insights.statistics import wilson_interval
from leadsmart.params import Params
from leadsmart.suppression import SUPPRESSED, hide_few
from leadsmart.vocabulary import UNIT_SHARE, MarketTables

#: A share of the variants this unlikely under an even assignment means that the assignment is broken.
BALANCE_LEVEL = 0.001
POWER, SIGNIFICANCE = 0.8, 0.05
MEASURES = (
    "leads", "complete", "completion_rate", "completion_low", "completion_high", "verdicts", "verdict_coverage",
    "verdict_low", "verdict_high", "qualified", "qualified_rate", "qualified_rate_low", "qualified_rate_high",
)  # fmt: skip


@dataclass(frozen=True)
class FormVariants:
    """Form variants side by side.

    Attributes
    ----------
    table : DataFrame
        One row per variant: ``form_variant, leads, complete`` (leads with every form field), ``completion_rate,
        completion_low, completion_high`` (Wilson; NaN without form fields), ``verdicts, verdict_coverage,
        verdict_low, verdict_high, qualified, qualified_rate, qualified_rate_low, qualified_rate_high``, all
        missing where ``suppressed`` says why they are hidden.
    balance_p : float
        P-value of an even assignment (chi-square); NaN with fewer than two variants.
    leads_needed : float
        Leads per variant to see a difference in completion of the practical margin (two-sided 5 %, power 80 %).
    statement : str
    """

    table: pd.DataFrame
    balance_p: float
    leads_needed: float
    statement: str


def compare_variants(tables: MarketTables, params: Params) -> FormVariants:
    """Compare form variants, where the export has them."""
    leads = lead_frame(tables, params)
    if "form_variant" not in leads or leads["form_variant"].isna().all():
        text = "The export has no form variants, so forms can't be compared."
        return FormVariants(_empty(), np.nan, np.nan, text)
    fields = [c for c in leads.columns if c.startswith("form_") and c != "form_variant"]
    leads = leads.assign(is_complete=leads[fields].notna().all(axis=1) if fields else False)
    table = leads.groupby("form_variant").agg(
        leads=("lead_id", "size"),
        complete=("is_complete", "sum"),
        verdicts=("is_verdict", "sum"),
        qualified=("is_qualified", "sum"),
    )
    for rate, ends, over, under in (
        ("completion_rate", "completion", "complete", "leads"),
        ("verdict_coverage", "verdict", "verdicts", "leads"),
        ("qualified_rate", "qualified_rate", "qualified", "verdicts"),
    ):
        table[rate] = table[over] / table[under].where(table[under] > 0)
        table[f"{ends}_low"], table[f"{ends}_high"] = wilson_interval(table[over], table[under])
    if not fields:
        table[["completion_rate", "completion_low", "completion_high"]] = np.nan
    table = table.reset_index()
    balance = float(stats.chisquare(table["leads"]).pvalue) if len(table) > 1 else np.nan
    needed = (
        sample_size(table["complete"].sum() / table["leads"].sum(), params.practical_margin)
        if fields
        else np.nan
    )
    table = hide_few(table, "leads", MEASURES[1:], params.minimum_people)[list(_empty().columns)]
    return FormVariants(table, balance, needed, _statement(table, balance, needed, params))


def sample_size(rate: float, relative_change: float) -> float:
    """Leads per variant to see `rate` change by `relative_change` (two-sided 5 %, power 80 %).

    >>> round(sample_size(0.5, 0.2))
    388
    """
    other = min(rate * (1 + relative_change), 1.0)
    if not 0 < rate < other:
        return float("nan")
    size = proportion_effectsize(other, rate)
    needed = NormalIndPower().solve_power(effect_size=size, alpha=SIGNIFICANCE, power=POWER)
    return float(np.ceil(needed))


def _empty() -> pd.DataFrame:
    return pd.DataFrame(columns=["form_variant", *MEASURES, SUPPRESSED])


def _statement(table: pd.DataFrame, balance: float, needed: float, params: Params) -> str:
    if len(table) < 2:
        return f"There is only one form variant, {table['form_variant'].iloc[0]}."
    table = table[table["leads"].notna()]
    if len(table) < 2:
        return "Too few leads came through the other form variants to compare them."
    if table["completion_rate"].isna().all():
        text = "The export has no form fields, so how complete the variants are can't be said."
    else:
        ordered = table.sort_values("completion_rate", kind="stable")
        last, first = ordered.iloc[0], ordered.iloc[-1]
        shown = [
            format_interval(row["completion_rate"], row["completion_low"], row["completion_high"], UNIT_SHARE)
            for row in (first, last)
        ]
        text = f"Variant {first['form_variant']} is complete in {shown[0]}, {last['form_variant']} in {shown[1]}."
    if balance < BALANCE_LEVEL:
        text += (
            " The variants were not assigned evenly: check the assignment before reading anything into this."
        )
    if np.isfinite(needed):
        text += (
            f" To see a change of {format_percent(params.practical_margin)}, the next test needs"
            f" {format_count(needed)} leads per variant."
        )
    return text
