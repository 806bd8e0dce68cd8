"""Finding 4: at which stage do leads engage and then stop, against the best quarter of business users?"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from leadsmart.formats import format_count, format_interval, format_money, format_percent
from leadsmart.insights.findings.evidence import (
    Evidence,
    Hypothesis,
    not_enough,
    open_question,
    outcomes,
    ratio_evidence,
    too_few_leads,
    users_needed,
)
from leadsmart.insights.journey.funnel import follow_up_steps, stage_names, stage_reached
from leadsmart.insights.methods.shrinkage import shrink_to_market
from leadsmart.insights.methods.statistics import Interval, jackknife_interval
from leadsmart.market import Market
from leadsmart.params import Params
from leadsmart.vocabulary import UNIT_RATIO, UNIT_SHARE

HYPOTHESIS = Hypothesis(
    key="conversion_bottlenecks",
    title="Conversion bottlenecks",
    question=(
        "At which follow-up step do leads stop, beyond the practical margin against the best quarter of users?"
    ),
    method=(
        "step rate of the other business users over that of the best quarter, chosen on one half of each user's leads"
        " and measured on the other half; range by leaving out one business user at a time; one-sided t-test against"
        " the practical margin, times the number of steps; n is leads at the step; steps that need a verdict are left"
        " to finding 1; null: the others lie below the best quarter by no more than the practical margin"
    ),
    table="finding_conversion_bottlenecks",
)
MINIMUM_USER_LEADS = 10
MINIMUM_COMPARED_USERS = 8
BEST_SHARE = 0.25
STEP_COLUMNS = [
    "stage", "next_stage", "leads", "users", "silent_users", "best_rate", "rest_rate", "relative_difference",
    "relative_low", "relative_high", "lost_leads", "money_at_stake", "p_value",
]  # fmt: skip


@dataclass(frozen=True)
class _Step:
    """One follow-up step, measured."""

    start: str
    end: str
    leads: int
    users: int
    rest_leads: int
    best_rate: float
    rest_rate: float
    ratio: Interval
    p_value: float
    silent: int

    @property
    def lost(self) -> float:
        """Leads more that would go on if the other users reached the best quarter's rate."""
        return self.rest_leads * max(self.best_rate - self.rest_rate, 0.0)


def assess_bottlenecks(market: Market) -> Evidence:
    """Assess finding 4.

    The estimate is the relative difference of the step rate at the step that loses most (−0.4: 40 % lower).
    Money at stake is what the leads lost at that step cost: lost leads × spend / leads at the step.

    Tables: ``finding_conversion_bottlenecks``, one row per follow-up step: ``stage, next_stage, leads, users``
    (compared), ``silent_users`` (that carried on no lead), ``best_rate, rest_rate, relative_difference, relative_low,
    relative_high, lost_leads, money_at_stake, p_value``; ``bottleneck_users``, one row per user and step: ``stage,
    user_id, leads, went_on, step_rate, shrunk_rate, shrunk_low, shrunk_high``, slowest first.
    """
    reached, params = stage_reached(market), market.params
    names = stage_names(params)
    spend = float(market.tables.ad_performance["spend"].sum())
    steps, users = [], []
    for place in follow_up_steps(params):
        here = reached[reached["stage"] >= place]
        here = here.assign(went_on=here["stage"] > place)
        users.append(_user_table(here, names[place]))
        steps.append(_measure(here, names[place], names[place + 1], params))
    compared = [step for step in steps if step is not None]
    tables = {
        HYPOTHESIS.table: _step_table(compared, len(steps), spend),
        "bottleneck_users": pd.concat(users, ignore_index=True) if users else pd.DataFrame(),
    }
    tested = [step for step in compared if np.isfinite(step.p_value)]
    reason = too_few_leads(market)
    if not reason and not tested:
        reason = (
            f"No follow-up step has {MINIMUM_COMPARED_USERS} business users with {MINIMUM_USER_LEADS} leads each:"
            " so many are needed to compare them."
        )
    if reason:
        return not_enough(HYPOTHESIS, reason, len(reached), tables)
    worst = max(tested, key=lambda step: (_is_material(step, params), step.lost))
    money = worst.lost * spend / worst.leads
    statement, sentences = _sentences(worst, reached, names, money, params)
    return ratio_evidence(
        HYPOTHESIS,
        statement,
        sentences,
        worst.leads,
        tables,
        worst.ratio,
        p_value=min(worst.p_value * len(tested), 1.0),
        is_material=_is_material(worst, params),
        is_excluded=all(step.ratio.low > 1 - params.practical_margin for step in tested),
        money_at_stake=money,
    )


def _is_material(step: _Step, params: Params) -> bool:
    return bool(step.ratio.estimate <= 1 - params.practical_margin and step.ratio.high < 1)


def _user_table(here: pd.DataFrame, stage: str) -> pd.DataFrame:
    sums = here.groupby("user_id")["went_on"].agg(verdicts="size", qualified="sum").reset_index()
    table = shrink_to_market(sums).rename(columns={"verdicts": "leads", "qualified": "went_on"})
    table = table.assign(stage=stage, step_rate=table["went_on"] / table["leads"])
    columns = [
        "stage",
        "user_id",
        "leads",
        "went_on",
        "step_rate",
        "shrunk_rate",
        "shrunk_low",
        "shrunk_high",
    ]
    return table.sort_values(["shrunk_high", "user_id"], ignore_index=True)[columns]


def _measure(here: pd.DataFrame, start: str, end: str, params: Params) -> _Step | None:
    size = here.groupby("user_id")["lead_id"].transform("size")
    here = here[size >= MINIMUM_USER_LEADS].sort_values(["user_id", "arrived_at", "lead_id"], kind="stable")
    if here["user_id"].nunique() < max(MINIMUM_COMPARED_USERS, params.minimum_users):
        return None
    half = here.groupby("user_id").cumcount() % 2
    counts = here.groupby(["user_id", half])["went_on"].agg(k="sum", n="size").unstack()
    parts = _fold(counts, 0, 1) + _fold(counts, 1, 0)
    ratio = jackknife_interval(
        parts,
        lambda t: (t["rest_k"] / t["rest_n"]) / (t["best_k"] / t["best_n"]),
        weight="n",
        minimum_clusters=params.minimum_users,
        scale="log",
    )
    sums = here.groupby("user_id")["went_on"].agg(["sum", "size"])
    total = parts.sum()
    return _Step(
        start=start,
        end=end,
        leads=len(here),
        users=len(sums),
        rest_leads=int(total["rest_n"]),
        best_rate=float(total["best_k"] / total["best_n"]),
        rest_rate=float(total["rest_k"] / total["rest_n"]),
        ratio=ratio,
        p_value=ratio.p_below(1 - params.practical_margin),
        silent=int((sums["sum"] == 0).sum()),
    )


def _fold(counts: pd.DataFrame, chosen: int, measured: int) -> pd.DataFrame:
    """Choose the best quarter on one half of the leads, count the other half: no user is best by luck."""
    seen = pd.DataFrame({"qualified": counts["k", chosen], "verdicts": counts["n", chosen]})
    order = shrink_to_market(seen)["shrunk_rate"].sort_values(ascending=False, kind="stable").index
    is_best = counts.index.isin(order[: int(np.ceil(BEST_SHARE * len(order)))])
    sums = {"k": counts["k", measured], "n": counts["n", measured]}
    best = {f"best_{name}": value.where(is_best, 0) for name, value in sums.items()}
    rest = {f"rest_{name}": value.mask(is_best, 0) for name, value in sums.items()}
    return pd.DataFrame({**best, **rest, "n": sums["n"]}).astype(float)


def _step_table(steps: list[_Step], tested: int, spend: float) -> pd.DataFrame:
    rows = [
        {
            "stage": s.start,
            "next_stage": s.end,
            "leads": s.leads,
            "users": s.users,
            "silent_users": s.silent,
            "best_rate": s.best_rate,
            "rest_rate": s.rest_rate,
            "relative_difference": s.ratio.estimate - 1,
            "relative_low": s.ratio.low - 1,
            "relative_high": s.ratio.high - 1,
            "lost_leads": s.lost,
            "money_at_stake": s.lost * spend / s.leads,
            "p_value": min(s.p_value * tested, 1.0),
        }
        for s in steps
    ]
    return pd.DataFrame(rows, columns=STEP_COLUMNS)


def _sentences(
    step: _Step, reached: pd.DataFrame, names: list[str], money: float, params: Params
) -> tuple[str, dict[str, str]]:
    """The statement without a verdict, and the sentence of each verdict."""
    ratio = step.ratio
    lower = format_interval(1 - ratio.estimate, 1 - ratio.high, 1 - ratio.low, UNIT_SHARE, label=ratio.label)
    times = format_interval(ratio.estimate, ratio.low, ratio.high, UNIT_RATIO, label=ratio.label)
    best, rest = format_percent(step.best_rate), format_percent(step.rest_rate)
    margin = format_percent(params.practical_margin)
    gap = f"from {step.start} to {step.end}, {rest} against {best}"
    widest = f"The widest gap to the best quarter of business users is {gap}: {times} their rate"
    supported = (
        f"From {step.start} to {step.end} the best quarter of business users carry on {best} of their leads, the"
        f" others {rest}: {lower} lower.{_scenario(step, reached, names)} The leads lost there cost"
        f" {format_money(money, params.currency)}."
    )
    if step.silent:
        supported += (
            f" {format_count(step.silent)} of the {format_count(step.users)} users carried on none at all: their"
            " records may be missing rather than their work."
        )
    return f"{widest}.", outcomes(
        supported,
        f"At no follow-up step do leads stop {margin} more often than with the best quarter of business users; the"
        f" widest gap is {gap}.",
        f"{widest}, a difference {open_question(ratio, params.practical_margin)}. About"
        f" {format_count(users_needed(ratio, params.practical_margin))} business users with {MINIMUM_USER_LEADS} leads"
        f" at the step would tell; there are {format_count(ratio.clusters)}.",
    )


def _scenario(step: _Step, reached: pd.DataFrame, names: list[str]) -> str:
    at_end = reached[reached["stage"] >= names.index(step.end)]
    qualified = step.lost * (at_end["outcome"] == "qualified").mean() if len(at_end) else 0.0
    text = (
        f" Scenario: if the others reached the best quarter's rate with the leads they have, {format_count(step.lost)} more"
        f" would be {step.end}"
    )
    if qualified >= 1:
        text += f", and about {format_count(qualified)} of them qualified if they then fared as the others that got there"
    return f"{text}."
