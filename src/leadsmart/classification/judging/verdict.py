"""Whether to act on a score: Ready, OK or Not ready, by stated rules."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from leadsmart.classification.estimation.model import RULES, Model
from leadsmart.formats import format_count, format_interval, format_percent, format_value
from leadsmart.params import Params
from leadsmart.vocabulary import (
    MODEL_NOT_READY,
    MODEL_OK,
    MODEL_READY,
    UNIT_AUC,
    UNIT_SHARE,
    USE_ORDER,
    USE_PROBABILITY,
    USE_RULES,
)

#: Labels of each kind that the test needs.
TEST_LABELS: Final = 50
#: The AUC's interval must lie above this for Ready: better than chance by a margin worth acting on.
READY_AUC: Final = 0.55
CHANCE_AUC: Final = 0.5
#: Calibration error that Ready allows; up to `NOISY_ECE` if chance alone would explain it.
READY_ECE: Final = 0.05
NOISY_ECE: Final = 0.10
#: Which verdicts need a rule to be met.
OK_AND_READY: Final = "OK and Ready"
READY: Final = "Ready"
#: Rules without which a probability, or a grade made of it, would claim what newer leads did not show.
BEATS_RATE: Final = "Probabilities beat the market's rate"
IS_CALIBRATED: Final = "Probabilities mean what they say"


@dataclass(frozen=True)
class Verdict:
    """The answer, its sentence and the rules behind it.

    Attributes
    ----------
    verdict : str
        Ready, OK or Not ready.
    use : str
        What a call list takes from the score: ``probability`` (and grades), ``order`` (nothing else) or ``rules``.
    sentence : str
    list_sentence : str
        What the call list shows, and why no more.
    rules : DataFrame
        One row per rule: ``rule``, ``found``, ``needed`` (words), ``is_met`` (bool), ``decides``
        (``OK and Ready`` or ``Ready``).
    """

    verdict: str
    use: str
    sentence: str
    list_sentence: str
    rules: pd.DataFrame


def judge(
    figures: pd.DataFrame,
    label: np.ndarray,
    noise_ece: float,
    suspects: tuple[str, ...],
    model: Model,
    params: Params,
    interval_basis: str,
) -> Verdict:
    """Decide from the figures of an evaluation.

    OK: at least 50 of each kind in the test and the AUC's interval above 0.5. Ready: beyond that, the
    interval above 0.55, a Brier skill whose interval is above 0, a calibration error of at most 5 % (10 %
    where chance explains it) and no feature that looks like a leak. Else Not ready. Probabilities and grades are
    shown only where the rules on Brier skill and calibration error are met, too.

    Parameters
    ----------
    figures : DataFrame
        As in `evaluation.Evaluation`; empty when there is no model.
    label : array
        Labels of the test.
    noise_ece : float
        Calibration error that chance explains (`metrics.noise_calibration_error`).
    suspects : tuple of str
    model : Model
    params : Params
    interval_basis : str

    Returns
    -------
    Verdict
    """
    good = int(np.nansum(label))
    fewest = min(good, len(label) - good)
    estimates = figures.set_index("measure").rename(columns={"value": "estimate"})[
        ["estimate", "low", "high"]
    ]
    found: dict[Any, Any] = estimates.to_dict("index")
    nothing = dict.fromkeys(("estimate", "low", "high"), np.nan)
    area, skill, ece = (found.get(m, nothing) for m in ("roc_auc", "brier_skill", "ece"))
    allowed = READY_ECE if np.isnan(noise_ece) else min(max(READY_ECE, noise_ece), NOISY_ECE)
    shown_auc = f"AUC {format_interval(**area, unit=UNIT_AUC)}"
    rows = [
        ("A model, not rules", "rules" if model.origin == RULES else f"{model.origin} model", "a model",
         model.origin != RULES, OK_AND_READY),
        ("Enough newest leads to judge", f"{format_count(good)} qualified, {format_count(len(label) - good)} not",
         f"{TEST_LABELS} of each", fewest >= TEST_LABELS, OK_AND_READY),
        ("Orders leads better than chance", shown_auc, f"interval above {CHANCE_AUC}",
         area["low"] > CHANCE_AUC, OK_AND_READY),
        ("… by a margin worth acting on", shown_auc, f"interval above {READY_AUC}",
         area["low"] > READY_AUC, READY),
        (BEATS_RATE, f"Brier skill {format_interval(**skill, unit=UNIT_SHARE)}", "interval above 0",
         skill["low"] > 0, READY),
        (IS_CALIBRATED, f"ECE {format_percent(ece['estimate'])}", f"at most {format_percent(allowed)}",
         ece["estimate"] <= allowed, READY),
        ("No feature looks like a leak", ", ".join(suspects) or "none", "none", not suspects, READY),
    ]  # fmt: skip
    rules = pd.DataFrame(rows, columns=["rule", "found", "needed", "is_met", "decides"]).astype(
        {"is_met": bool}
    )
    is_ok = bool(rules.loc[rules["decides"] == OK_AND_READY, "is_met"].all())
    verdict = MODEL_READY if rules["is_met"].all() else MODEL_OK if is_ok else MODEL_NOT_READY
    missed = rules[~rules["is_met"]]
    unproven = missed[missed["rule"].isin([BEATS_RATE, IS_CALIBRATED])]
    use = USE_RULES if verdict == MODEL_NOT_READY else USE_PROBABILITY if unproven.empty else USE_ORDER
    if verdict == MODEL_NOT_READY:
        sentence = _refusal(missed, model, params, interval_basis)
    else:
        sentence = _approval(verdict, missed, unproven, found, len(label), params)
    return Verdict(verdict, use, sentence, _list_sentence(use, unproven), rules)


def _list_sentence(use: str, unproven: pd.DataFrame) -> str:
    if use == USE_RULES:
        return "Rules order the leads, as the score is Not ready: there is no probability and no grade."
    if use == USE_PROBABILITY:
        return (
            "The score orders the leads. Grades are bounds on its probabilities, which held on newer leads."
        )
    reasons = "; ".join(f"{row.found}, needed: {row.needed}" for row in unproven.itertuples())
    return (
        "The score orders the leads and gives its reasons, but no probability and no grade: "
        f"on newer leads its probabilities did not hold ({reasons})."
    )


def _refusal(missed: pd.DataFrame, model: Model, params: Params, basis: str) -> str:
    if model.origin == RULES:
        return f"Not ready. {model.choice} Open leads are listed in the rules' order, without a probability."
    if not basis:
        return (
            f"Not ready: fewer than {format_count(params.minimum_users)} businesses or campaigns in the test, "
            "so no interval can be given. Open leads are listed in the rules' order."
        )
    first = missed[missed["decides"] == OK_AND_READY].iloc[0]
    return (
        f"Not ready: the rule “{_lower(first['rule'])}” needs {first['needed']}; found: {first['found']}. "
        "Open leads are listed in the rules' order, without a probability."
    )


def _approval(
    verdict: str,
    missed: pd.DataFrame,
    unproven: pd.DataFrame,
    found: dict[Any, Any],
    n: int,
    params: Params,
) -> str:
    text = (
        f"{verdict}: on the newest {format_count(n)} leads with a verdict in {params.title} the score's AUC is "
        f"{format_interval(**found['roc_auc'], unit=UNIT_AUC)}, {format_value(CHANCE_AUC, UNIT_AUC)} being chance. "
        f"The best-scored 20 % hold {format_interval(**found['gain_at_20'], unit=UNIT_SHARE)} of the qualified leads."
    )
    if verdict == MODEL_READY:
        return f"{text} Its probabilities can be used as they stand."
    first = (missed if unproven.empty else unproven).iloc[0]
    unmet = f"the rule “{_lower(first['rule'])}” is not met ({first['found']})."
    if unproven.empty:
        return f"{text} Its probabilities held, but it is not Ready: {unmet}"
    return f"{text} Use its order only: {unmet}"


def _lower(text: str) -> str:
    text = text.removeprefix("… ")
    return text[0].lower() + text[1:]
