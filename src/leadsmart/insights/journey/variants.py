"""Form variants: how complete, how good, how evenly assigned, and how many leads the next test needs."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats
from statsmodels.stats.power import NormalIndPower
from statsmodels.stats.proportion import proportion_effectsize

from leadsmart.formats import format_count, format_interval, format_percent, format_points
from leadsmart.insights.kpi.measures import lead_frame
from leadsmart.insights.methods.intervals import user_intervals
from leadsmart.insights.methods.statistics import heterogeneity_p, stratified_difference
from leadsmart.market import Market
from leadsmart.params import Params
from leadsmart.suppression import SUPPRESSED, hide_few
from leadsmart.vocabulary import UNIT_SHARE

#: A share of the variants this unlikely under an even assignment means that the assignment is broken.
BALANCE_LEVEL = 0.001
POWER, SIGNIFICANCE = 0.8, 0.05
#: Rate -> how its range's columns begin, numerator, denominator.
RATES = {
    "completion_rate": ("completion", "complete", "leads"),
    "verdict_coverage": ("verdict", "verdicts", "leads"),
    "qualified_rate": ("qualified_rate", "qualified", "verdicts"),
}
#: Rates that are compared within business users as well.
COMPARED = {"completion": ("complete", "leads"), "qualified": ("qualified", "verdicts")}
_ENDS = ("_low", "_high", "_range")
MEASURES = (
    "leads", "complete", "verdicts", "qualified",
    *(column for rate, (ends, *_) in RATES.items() for column in (rate, *(ends + end for end in _ENDS))),
    *(f"{name}_difference{end}" for name in COMPARED for end in ("", *_ENDS)),
)  # fmt: skip


@dataclass(frozen=True)
class FormVariants:
    """Form variants side by side.

    Attributes
    ----------
    table : DataFrame
        One row per variant: ``form_variant, leads, complete`` (leads with every form field), ``verdicts, qualified``;
        ``completion_rate`` (NaN without form fields), ``verdict_coverage, qualified_rate`` with ``completion, verdict,
        qualified_rate`` + ``_low, _high, _range`` (over business users, as leads of one are not independent);
        ``completion_difference, qualified_difference`` (share less that of the other variants' leads, compared within
        business users) with the same ends. All missing where ``suppressed`` says why they are hidden.
    balance_p : float
        P-value of an even assignment (chi-square); NaN with fewer than two variants.
    by_user_p : float
        P-value of an assignment that does not differ between business users (permutation of the most frequent variant);
        NaN with fewer than two variants or users.
    leads_needed : float
        Leads per variant to see a difference in completion of the practical margin (two-sided 5 %, power 80 %).
    statement : str
    """

    table: pd.DataFrame
    balance_p: float
    by_user_p: float
    leads_needed: float
    statement: str


def compare_variants(market: Market) -> FormVariants:
    """Compare form variants, where the export has them: side by side, and within business users.

    Variants may have been shown by different users, whose forms are filled in differently anyway; the difference
    within users (Greenland & Robins) is free of that.
    """
    leads = lead_frame(market)
    if "form_variant" not in leads or leads["form_variant"].isna().all():
        text = "The export has no form variants, so forms can't be compared."
        return FormVariants(_empty(), np.nan, np.nan, np.nan, text)
    fields = [c for c in leads.columns if c.startswith("form_") and c != "form_variant"]
    leads = leads.assign(is_complete=leads[fields].notna().all(axis=1) if fields else False)
    per_user = leads.groupby(["form_variant", "user_id"]).agg(
        leads=("lead_id", "size"),
        complete=("is_complete", "sum"),
        verdicts=("is_verdict", "sum"),
        qualified=("is_qualified", "sum"),
    )
    table = per_user.groupby("form_variant").sum()
    for rate, (ends, over, under) in RATES.items():
        table[rate] = table[over] / table[under].where(table[under] > 0)
        bounds = user_intervals(
            per_user[over], per_user[under], ["form_variant"], market.params.minimum_users, "logit"
        )
        table = table.join(bounds.add_prefix(f"{ends}_"))
    table = table.reset_index()
    balance = float(stats.chisquare(table["leads"]).pvalue) if len(table) > 1 else np.nan
    share = table["complete"].sum() / table["leads"].sum()
    needed = sample_size(share, market.params.practical_margin) if fields else np.nan
    table = hide_few(table, "leads", ["complete"], market.params.minimum_people)
    shown = table.loc[table["leads"].notna(), "form_variant"]
    table = table.merge(_compare_within(per_user, shown, market.params), on="form_variant", how="left")
    if not fields:
        table[[c for c in table if c.startswith("completion")]] = np.nan
    hidden = table["leads"].isna()
    for column in MEASURES:
        table[column] = table[column].mask(hidden)
    by_user = _assignment_p(per_user["leads"], market.params.seed)
    table = table[list(_empty().columns)]
    return FormVariants(
        table, balance, by_user, needed, _statement(table, balance, by_user, needed, market.params)
    )


def _compare_within(per_user: pd.DataFrame, variants: pd.Series, params: Params) -> pd.DataFrame:
    """Each variant against the others' leads of the same business users."""
    cells = per_user[per_user.index.isin(variants, level="form_variant")].reset_index()
    rows = []
    for variant in variants:
        row: dict[str, object] = {"form_variant": variant}
        for name, (over, under) in COMPARED.items():
            sides = pd.DataFrame(
                {
                    "user_id": cells["user_id"],
                    "stratum": cells["user_id"],
                    "is_exposed": cells["form_variant"] == variant,
                    "events": cells[over],
                    "trials": cells[under],
                }
            )
            found = stratified_difference(sides, minimum_clusters=params.minimum_users)
            ends = (found.estimate, found.low, found.high, found.label)
            row |= {f"{name}_difference{end}": value for end, value in zip(("", *_ENDS), ends, strict=True)}
        rows.append(row)
    return pd.DataFrame(rows, columns=["form_variant", *(c for c in MEASURES if "_difference" in c)])


def _assignment_p(leads: pd.Series, seed: int) -> float:
    """Does the share of the most frequent variant differ between business users by more than chance?"""
    table = leads.unstack("form_variant", fill_value=0)
    if table.shape[1] < 2 or len(table) < 2:
        return float("nan")
    return heterogeneity_p(table[table.sum().idxmax()], table.sum(axis=1), np.zeros(len(table)), seed=seed)


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


def _statement(table: pd.DataFrame, balance: float, by_user: float, needed: float, params: Params) -> str:
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
            format_interval(
                row["completion_rate"],
                row["completion_low"],
                row["completion_high"],
                UNIT_SHARE,
                label=row["completion_range"],
            )
            for row in (first, last)
        ]
        text = f"Variant {first['form_variant']} is complete in {shown[0]}, {last['form_variant']} in {shown[1]}."
        text += _within_statement(first)
    if balance < BALANCE_LEVEL:
        text += (
            " The variants were not assigned evenly: check the assignment before reading anything into this."
        )
    if by_user < BALANCE_LEVEL:
        text += (
            " Which variant a lead gets differs between business users, so compare them within users only."
        )
    if np.isfinite(needed):
        text += (
            f" To see a change of {format_percent(params.practical_margin)}, the next test needs"
            f" {format_count(needed)} leads per variant."
        )
    return text


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
