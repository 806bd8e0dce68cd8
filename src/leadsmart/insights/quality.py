"""Finding 1: does the qualified rate differ between campaigns of the same business user?"""

import math

import numpy as np
import pandas as pd

from leadsmart.display.formats import format_count, format_interval, format_money, format_percent
from leadsmart.insights.evidence import Evidence, not_enough, outcomes, too_few_leads
from leadsmart.insights.measures import FEEDBACK_BOTH, aggregate_kpis, lead_frame, user_feedback
from leadsmart.insights.shrinkage import VarianceComponents, shrink_rates, variance_components
from leadsmart.insights.statistics import Interval, heterogeneity_p, jackknife_interval
from leadsmart.params import Params
from leadsmart.vocabulary import UNIT_SHARE, MarketTables

KEY = "lead_quality_variation"
QUESTION = (
    "Does the qualified rate differ between campaigns of the same business user and channel more than chance"
    " explains?"
)
METHOD = (
    "permutation of verdicts within business user and channel; spread by pairs of verdicts, range by leaving out"
    " one business user at a time; n is verdicts of users who record both kinds; null: all campaigns of a"
    " business user on a channel have the same rate"
)
WORST_SHARE = 0.2


def weigh_quality(tables: MarketTables, params: Params) -> Evidence:
    """Weigh finding 1.

    The estimate is the standard deviation of the true qualified rate between campaigns of one business user
    and channel. Money at stake is the spend of the worst fifth of the campaigns after shrinkage.

    Tables: ``finding_lead_quality_variation``, one row per campaign of a user with both kinds of verdict, worst
    first: ``campaign_id, user_id, project_name, channel, spend, leads, verdicts, qualified, qualified_rate,
    user_rate, shrunk_rate, shrunk_low, shrunk_high, is_worst_fifth``; ``quality_variance``: ``level`` (business
    users, campaigns of one user, chance), ``variance, standard_deviation, share``.
    """
    feedback = user_feedback(lead_frame(tables, params))
    campaigns = aggregate_kpis(tables, params, ["campaign_id", "user_id", "project_name", "channel"])
    told = campaigns[(campaigns["user_id"].map(feedback) == FEEDBACK_BOTH) & (campaigns["verdicts"] > 0)]
    parts = variance_components(told, ("user_id", "channel"))
    spread = _spread(parts, params)
    evidence = {f"finding_{KEY}": _campaign_table(told), "quality_variance": _variance_table(told, parts)}
    verdicts, users = int(told["verdicts"].sum()), len(parts.campaigns_per_user)
    reason = too_few_leads(len(tables.leads), params) or _too_few(verdicts, users, params)
    if reason:
        return not_enough(KEY, QUESTION, reason, evidence, METHOD, verdicts)
    p_value = heterogeneity_p(
        told["qualified"], told["verdicts"], told["user_id"] + " " + told["channel"], seed=params.seed
    )
    if not np.isfinite(p_value):
        return not_enough(KEY, QUESTION, _too_few(0, 0, params) or "", evidence, METHOD, verdicts)
    worst = evidence[f"finding_{KEY}"].query("is_worst_fifth")["spend"].sum()
    return Evidence(
        key=KEY,
        question=QUESTION,
        sentences=_sentences(told, parts, spread, worst, params),
        tables=evidence,
        is_material=bool(spread.estimate > 0),
        estimate=spread.estimate,
        low=spread.low,
        high=spread.high,
        range_label=spread.label,
        unit=UNIT_SHARE,
        n=verdicts,
        method=METHOD,
        p_value=p_value,
        money_at_stake=float(worst),
    )


def _too_few(verdicts: int, users: int, params: Params) -> str | None:
    if verdicts < params.minimum_verdicts:
        return (
            f"{format_count(verdicts)} verdicts come from business users who record both kinds:"
            f" {format_count(params.minimum_verdicts)} are needed to compare campaigns."
        )
    if users < params.minimum_users:
        return (
            f"{format_count(users)} business users have verdicts of both kinds in two or more campaigns of a"
            f" channel: {format_count(params.minimum_users)} are needed to compare campaigns."
        )
    return None


def _spread(parts: VarianceComponents, params: Params) -> Interval:
    variance = jackknife_interval(
        parts.campaigns_per_user,
        lambda t: np.asarray(t["excess"]) / np.asarray(t["weight"]),
        weight="weight",
        minimum_clusters=params.minimum_users,
    )
    root = [
        math.sqrt(max(v, 0.0)) if np.isfinite(v) else v
        for v in (variance.estimate, variance.low, variance.high)
    ]
    return Interval(*root, variance.clusters, variance.method)


def _campaign_table(told: pd.DataFrame) -> pd.DataFrame:
    table = shrink_rates(told).sort_values(["shrunk_high", "campaign_id"], ignore_index=True)
    table["is_worst_fifth"] = np.arange(len(table)) < math.ceil(WORST_SHARE * len(table))
    columns = ["campaign_id", "user_id", "project_name", "channel", "spend", "leads", "verdicts", "qualified"]
    shrunk = ["qualified_rate", "user_rate", "shrunk_rate", "shrunk_low", "shrunk_high", "is_worst_fifth"]
    return table[[*columns, *shrunk]]


def _variance_table(told: pd.DataFrame, parts: VarianceComponents) -> pd.DataFrame:
    total = told[["qualified", "verdicts"]].sum()
    rate = total["qualified"] / total["verdicts"] if total["verdicts"] else np.nan
    users, campaigns = (max(v, 0.0) for v in (parts.between_users, parts.between_campaigns))
    levels = {
        "business users": users,
        "campaigns of one business user": campaigns,
        "chance within a campaign": max(rate * (1 - rate) - users - campaigns, 0.0),
    }
    table = pd.DataFrame({"level": list(levels), "variance": list(levels.values())})
    table["standard_deviation"] = np.sqrt(table["variance"])
    table["share"] = table["variance"] / table["variance"].sum()
    return table


def _sentences(
    told: pd.DataFrame, parts: VarianceComponents, spread: Interval, worst: float, params: Params
) -> dict[str, str]:
    by_campaign = format_interval(spread.estimate, spread.low, spread.high, UNIT_SHARE)
    by_user = format_percent(math.sqrt(max(parts.between_users, 0.0)))
    more = "more" if parts.between_users > max(parts.between_campaigns, 0) else "less"
    return outcomes(
        f"Campaigns of the same business user differ by a standard deviation of {by_campaign} in their qualified"
        f" rate, beyond chance; business users differ {more}, by {by_user}."
        f" The worst fifth of the campaigns took {format_money(worst, params.currency)}.",
        f"Over {format_count(told['verdicts'].sum())} verdicts, campaigns of the same business user differ no more in"
        f" their qualified rate than chance explains; business users differ by a standard deviation of {by_user}.",
    )
