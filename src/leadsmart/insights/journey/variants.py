"""Form variants: how complete, how good, how evenly assigned, and how many leads the next test needs."""

import numpy as np
import pandas as pd
from scipy import stats
from statsmodels.stats.power import NormalIndPower
from statsmodels.stats.proportion import proportion_effectsize

from leadsmart.formats import format_count, format_interval, format_percent, format_points
from leadsmart.insights.answers import Answer
from leadsmart.insights.kpi.measures import lead_frame
from leadsmart.insights.methods.intervals import user_intervals
from leadsmart.insights.methods.significance import heterogeneity_p
from leadsmart.insights.methods.statistics import stratified_difference
from leadsmart.market import Market
from leadsmart.params import Params
from leadsmart.suppression import SUPPRESSED, hide_few
from leadsmart.vocabulary import UNIT_SHARE

#: A share of the variants this unlikely under an even assignment means that the assignment is broken.
BALANCE_LEVEL = 0.001
POWER, SIGNIFICANCE = 0.8, 0.05
#: Rate -> how its range's columns begin, numerator, denominator.
VARIANT_RATES = {
    "completion_rate": ("completion", "complete", "leads"),
    "verdict_coverage": ("verdict", "verdicts", "leads"),
    "qualified_rate": ("qualified_rate", "qualified", "verdicts"),
}
#: Difference within business users -> numerator and denominator of the rate that differs.
DIFFERENCES = {
    "completion_difference": ("complete", "leads"),
    "qualified_difference": ("qualified", "verdicts"),
}
_ENDS = ("_low", "_high", "_range")
_DIFFERENCE_COLUMNS = [name + end for name in DIFFERENCES for end in ("", *_ENDS)]
VARIANT_MEASURES = [
    "leads", "complete", "verdicts", "qualified",
    *(column for rate, (ends, *_) in VARIANT_RATES.items() for column in (rate, *(ends + end for end in _ENDS))),
    *_DIFFERENCE_COLUMNS,
]  # fmt: skip


def compare_variants(market: Market) -> Answer:
    """Compare form variants, where the export has them: side by side, and within business users.

    Variants may have been shown by different users, whose forms are filled in differently anyway; the difference
    within users (Greenland & Robins) is free of that.

    Parameters
    ----------
    market : Market

    Returns
    -------
    Answer
        Table: one row per variant: ``form_variant, leads, complete`` (leads with every form field), ``verdicts,
        qualified``; ``completion_rate`` (NaN without form fields), ``verdict_coverage, qualified_rate`` with
        ``completion, verdict, qualified_rate`` + ``_low, _high, _range`` (over business users, as leads of one are not
        independent); ``completion_difference, qualified_difference`` (share less that of the other variants' leads,
        compared within business users) with the same ends. All missing where ``suppressed`` says why they are hidden.
    """
    leads, params = lead_frame(market), market.params
    columns = ["form_variant", *VARIANT_MEASURES, SUPPRESSED]
    if "form_variant" not in leads or leads["form_variant"].isna().all():
        text = "The export has no form variants, so forms can't be compared."
        return Answer(pd.DataFrame(columns=columns), text)
    fields = [name for name in leads.columns.drop("form_variant") if name.startswith("form_")]
    leads = leads.assign(is_complete=leads[fields].notna().all(axis=1) if fields else False)
    per_user = leads.groupby(["form_variant", "user_id"]).agg(
        leads=("lead_id", "size"),
        complete=("is_complete", "sum"),
        verdicts=("is_verdict", "sum"),
        qualified=("is_qualified", "sum"),
    )
    table = per_user.groupby("form_variant").sum()
    for rate, (ends, over, under) in VARIANT_RATES.items():
        table[rate] = table[over] / table[under].where(table[under] > 0)
        bounds = user_intervals(
            per_user[over], per_user[under], ["form_variant"], params.minimum_users, "logit"
        )
        table = table.join(bounds.add_prefix(f"{ends}_"))
    table = table.reset_index()
    design = _design_statement(table, per_user["leads"], bool(fields), params)
    table = hide_few(table, "leads", ["complete"], params.minimum_people)
    hidden = table["leads"].isna()
    differences = _compare_within(per_user, table.loc[~hidden, "form_variant"], params)
    table = table.merge(differences, on="form_variant", how="left")
    for column in VARIANT_MEASURES:
        is_unknown = column.startswith("completion") and not fields
        table[column] = table[column].mask(hidden | is_unknown)
    return Answer(table[columns], _statement(table, design))


def _compare_within(per_user: pd.DataFrame, variants: pd.Series, params: Params) -> pd.DataFrame:
    """Each variant against the others' leads of the same business users."""
    cells = per_user[per_user.index.isin(variants, level="form_variant")].reset_index()
    rows = []
    for variant in variants:
        row: dict[str, object] = {"form_variant": variant}
        for name, (over, under) in DIFFERENCES.items():
            sides = cells.assign(
                stratum=cells["user_id"],
                is_exposed=cells["form_variant"] == variant,
                events=cells[over],
                trials=cells[under],
            )
            found = stratified_difference(sides, minimum_clusters=params.minimum_users)
            row |= {name: found.estimate, f"{name}_low": found.low, f"{name}_high": found.high}
            row[f"{name}_range"] = found.label
        rows.append(row)
    return pd.DataFrame(rows, columns=["form_variant", *_DIFFERENCE_COLUMNS])


def _assignment_p(leads: pd.Series, seed: int) -> float:
    """Does the share of the most frequent variant differ between business users by more than chance?"""
    table = leads.unstack("form_variant", fill_value=0)
    if table.shape[1] < 2 or len(table) < 2:
        return float("nan")
    return heterogeneity_p(table[table.sum().idxmax()], table.sum(axis=1), np.zeros(len(table)), seed=seed)


def sample_size(rate: float, relative_change: float) -> float:
    """Leads per variant to see `rate` change by `relative_change` (two-sided 5 %, power 80 %).

    Parameters
    ----------
    rate, relative_change : float
        Shares.

    Returns
    -------
    float
        NaN where the rate can't rise so far.

    Examples
    --------
    >>> round(sample_size(0.5, 0.2))
    388
    """
    other = min(rate * (1 + relative_change), 1.0)
    if not 0 < rate < other:
        return float("nan")
    size = proportion_effectsize(other, rate)
    needed = NormalIndPower().solve_power(effect_size=size, alpha=SIGNIFICANCE, power=POWER)
    return float(np.ceil(needed))


def _design_statement(table: pd.DataFrame, per_user: pd.Series, has_fields: bool, params: Params) -> str:
    """What is to be said of how variants were assigned, and of the size of the next test."""
    text = ""
    if len(table) > 1 and stats.chisquare(table["leads"]).pvalue < BALANCE_LEVEL:
        text += (
            " The variants were not assigned evenly: check the assignment before reading anything into this."
        )
    if _assignment_p(per_user, params.seed) < BALANCE_LEVEL:
        text += (
            " Which variant a lead gets differs between business users, so compare them within users only."
        )
    needed = sample_size(table["complete"].sum() / table["leads"].sum(), params.practical_margin)
    if has_fields and np.isfinite(needed):
        text += (
            f" To see a change of {format_percent(params.practical_margin)}, the next test needs"
            f" {format_count(needed)} leads per variant."
        )
    return text


def _statement(table: pd.DataFrame, design: str) -> str:
    if len(table) < 2:
        return f"There is only one form variant, {table['form_variant'].iloc[0]}."
    table = table[table["leads"].notna()]
    if len(table) < 2:
        return "Too few leads came through the other form variants to compare them."
    if table["completion_rate"].isna().all():
        return f"The export has no form fields, so how complete the variants are can't be said.{design}"
    ordered = table.sort_values("completion_rate", kind="stable")
    first, last = ordered.iloc[-1], ordered.iloc[0]
    shown = [
        format_interval(
            row["completion_rate"],
            row["completion_low"],
            row["completion_high"],
            UNIT_SHARE,
            label=row["completion_range"],
        )
        for row in (first, last)
    ]
    return (
        f"Variant {first['form_variant']} is complete in {shown[0]}, {last['form_variant']} in {shown[1]}."
        f"{_within_statement(first)}{design}"
    )


def _within_statement(row: pd.Series) -> str:
    name = "completion_difference"
    if not np.isfinite(row[name]):
        return " No business user has leads of both kinds, so the two can't be compared within users."
    low, high, label = (row[name + end] for end in _ENDS)
    if not np.isfinite(low):
        return " Too few business users have both kinds to compare them within users."
    points = format_points(row[name], low, high, label)
    chance = ", which chance alone may explain" if low <= 0 <= high else ""
    return f" Within the same business users it differs from the others by {points}{chance}."
