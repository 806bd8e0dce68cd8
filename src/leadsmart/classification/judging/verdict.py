"""Whether to act on a score: Ready, OK or Not ready, by stated rules."""

from dataclasses import dataclass
from typing import Final

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
    found = {} if figures.empty else figures.set_index("measure")[["value", "low", "high"]].to_dict("index")
    nothing = {"value": np.nan, "low": np.nan, "high": np.nan}
    area, skill, ece = (found.get(m, nothing) for m in ("roc_auc", "brier_skill", "ece"))
    allowed = READY_ECE if np.isnan(noise_ece) else min(max(READY_ECE, noise_ece), NOISY_ECE)
    shown_auc = format_interval(area["value"], area["low"], area["high"], UNIT_AUC)
    both, ready = "OK and Ready", "Ready"
    rows = [
        ("A model, not rules", "rules" if model.origin == RULES else f"{model.origin} model", "a model",
         model.origin != RULES, both),
        ("Enough newest leads to judge", f"{format_count(good)} qualified, {format_count(len(label) - good)} not",
         f"{TEST_LABELS} of each", fewest >= TEST_LABELS, both),
        ("Orders leads better than chance", f"AUC {shown_auc}", f"interval above {CHANCE_AUC}",
         area["low"] > CHANCE_AUC, both),
        ("… by a margin worth acting on", f"AUC {shown_auc}", f"interval above {READY_AUC}",
         area["low"] > READY_AUC, ready),
        (BEATS_RATE,
         f"Brier skill {format_interval(skill['value'], skill['low'], skill['high'], UNIT_SHARE)}",
         "interval above 0", skill["low"] > 0, ready),
        (IS_CALIBRATED, f"ECE {format_percent(ece['value'])}",
         f"at most {format_percent(allowed)}", ece["value"] <= allowed, ready),
        ("No feature looks like a leak", ", ".join(suspects) or "none", "none", not suspects, ready),
    ]  # fmt: skip
    rules = pd.DataFrame(rows, columns=["rule", "found", "needed", "is_met", "decides"]).astype(
        {"is_met": bool}
    )
    is_ok = bool(rules.loc[rules["decides"] == both, "is_met"].all())
    verdict = MODEL_READY if rules["is_met"].all() else MODEL_OK if is_ok else MODEL_NOT_READY
    missed = rules[~rules["is_met"]]
    unproven = missed[missed["rule"].isin([BEATS_RATE, IS_CALIBRATED])]
    use = USE_RULES if verdict == MODEL_NOT_READY else USE_PROBABILITY if unproven.empty else USE_ORDER
    return Verdict(
        verdict=verdict,
        use=use,
        sentence=_sentence(verdict, missed, unproven, figures, len(label), model, params, interval_basis),
        list_sentence=_list_sentence(use, unproven),
        rules=rules,
    )


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


def _sentence(
    verdict: str,
    missed: pd.DataFrame,
    unproven: pd.DataFrame,
    figures: pd.DataFrame,
    n: int,
    model: Model,
    params: Params,
    basis: str,
) -> str:
    if verdict == MODEL_NOT_READY:
        first = missed[missed["decides"] != "Ready"].iloc[0]
        if model.origin == RULES:
            return (
                f"Not ready. {model.choice} Open leads are listed in the rules' order, without a probability."
            )
        if not basis:
            return (
                f"Not ready: fewer than {format_count(params.minimum_users)} businesses or campaigns in the test, "
                "so no interval can be given. Open leads are listed in the rules' order."
            )
        return (
            f"Not ready: the rule “{_lower(first['rule'])}” needs {first['needed']}; found: {first['found']}. "
            "Open leads are listed in the rules' order, without a probability."
        )
    found = figures.set_index("measure")
    area, gain = found.loc["roc_auc"], found.loc["gain_at_20"]
    text = (
        f"{verdict}: on the newest {format_count(n)} leads with a verdict in {params.title} the score's AUC is "
        f"{format_interval(area['value'], area['low'], area['high'], UNIT_AUC)}, "
        f"{format_value(CHANCE_AUC, UNIT_AUC)} being chance. "
        f"The best-scored 20 % hold {format_interval(gain['value'], gain['low'], gain['high'], UNIT_SHARE)} "
        "of the qualified leads."
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
