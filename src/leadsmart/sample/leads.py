"""Who answers the ads, what the forms hold, and how likely each lead is to be qualified."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from scipy.special import expit

from leadsmart.sample.delivery import Delivery
from leadsmart.sample.effects import PlantedEffects
from leadsmart.sample.messages import INTENT_LOGITS, draw_intents
from leadsmart.sample.streams import stream
from leadsmart.sample.world import CHANNELS, CHEAP_CHANNEL, FIRST_DAY, HABITS, MARKETS, World

FIRST_LEAD_ID: Final = 78_536
VARIANTS: Final = ("A", "B")
#: Share of forms of variant A with both budget and unit type filled in.
COMPLETION_RATE: Final = 0.5
BUDGETS: Final = ("under 3M", "3M-5M", "5M-8M", "over 8M")
UNIT_TYPES: Final = ("apartment", "villa", "chalet", "townhouse")
PHONE_MISSING_SHARE: Final = 0.08

#: Share of an ordinary day's leads that came before the end of each hour: few at night, most in the evening.
_HOURS = np.array([2, 1, 1, 1, 1, 1, 2, 3, 4, 5, 5, 6, 6, 6, 5, 5, 5, 6, 7, 8, 8, 7, 5, 4], dtype=float)
_HOUR_SHARES = np.concatenate([[0.0], np.cumsum(_HOURS) / _HOURS.sum()])


@dataclass(frozen=True)
class LeadDraw:
    """Leads of a sample.

    Attributes
    ----------
    leads : DataFrame
        One row per lead, in order of id: ``lead_id, campaign, user, market`` (positions), ``arrived_at`` (seconds since
        1970, local), ``intent, variant, budget, unit_type`` (positions; −1: not given), ``has_phone``,
        ``p_qualified`` (true probability), ``is_good`` (what sales would find out).
    expected : ndarray
        Expected leads per campaign position, effects included.
    """

    leads: pd.DataFrame
    expected: np.ndarray


def draw_leads(n: int, world: World, delivery: Delivery, seed: int, effects: PlantedEffects) -> LeadDraw:
    """Draw `n` leads in proportion to what each campaign day is expected to bring.

    Parameters
    ----------
    n : int
    world : World
    delivery : Delivery
    seed : int
    effects : PlantedEffects

    Returns
    -------
    LeadDraw
    """
    cell, expected_cells = _draw_cells(n, world, delivery, seed, effects)
    cells = delivery.cells
    campaign = cells["campaign"].to_numpy()[cell]
    plan = world.campaigns
    day = cells["day"].to_numpy()[cell]
    leads = pd.DataFrame(
        {
            "lead_id": FIRST_LEAD_ID + 3 * np.arange(n),
            "campaign": campaign,
            "user": plan["user"].to_numpy()[campaign],
            "market": plan["market"].to_numpy()[campaign],
            "arrived_at": _arrival(n, day, plan, campaign, seed),
        }
    )
    leads["intent"] = draw_intents(stream(seed, "intents").random(n))
    leads = leads.assign(**_draw_forms(n, seed, effects))
    leads["p_qualified"] = _probability(leads, world, effects)
    leads["is_good"] = stream(seed, "quality").random(n) < leads["p_qualified"]
    expected = np.bincount(cells["campaign"].to_numpy(), weights=expected_cells, minlength=len(plan))
    return LeadDraw(leads, expected)


def _draw_cells(
    n: int, world: World, delivery: Delivery, seed: int, effects: PlantedEffects
) -> tuple[np.ndarray, np.ndarray]:
    """The campaign day of each lead, and how many each is expected to bring.

    A lead is drawn without effects, and drawn again as long as a trap or an outage loses it. So leads come in
    proportion to what effects leave, their number stays as asked, and an effect moves no lead but those it loses.
    """
    cells = delivery.cells
    base = cells["base_leads"].to_numpy()
    trap = world.campaigns["is_trap"].to_numpy()[cells["campaign"].to_numpy()]
    kept = np.where(trap, effects.trap_ctr_ratio * effects.trap_lead_rate_ratio, 1.0)
    kept = np.where(cells["is_broken"].to_numpy(), 0.0, kept)

    by_day = np.argsort(cells["day"].to_numpy(), kind="stable")
    total = np.cumsum(base[by_day])
    place, fate = stream(seed, "arrivals").random((2, n))
    # ids follow the first draw, so that they rise with time but for the few leads that are drawn again
    cell = by_day[_pick(total, np.sort(place))]
    waiting = np.flatnonzero(fate >= kept[cell])
    attempt = 1
    while len(waiting):
        place, fate = stream(seed, f"arrivals {attempt}").random((2, n))[:, waiting]
        cell[waiting] = by_day[_pick(total, place)]
        waiting = waiting[fate >= kept[cell[waiting]]]
        attempt += 1
    with_effects = base * kept
    return cell, n * with_effects / with_effects.sum()


def _pick(total: np.ndarray, uniform: np.ndarray) -> np.ndarray:
    return np.minimum(np.searchsorted(total, uniform * total[-1], side="right"), len(total) - 1)


def _arrival(n: int, day: np.ndarray, plan: pd.DataFrame, campaign: np.ndarray, seed: int) -> np.ndarray:
    uniform = stream(seed, "hours").random(n)
    second = np.interp(uniform, _HOUR_SHARES, np.arange(25) * 3_600.0)
    start = plan["start_second"].to_numpy()[campaign]
    first_day = day == plan["start_day"].to_numpy()[campaign]
    second = np.where(first_day, start + uniform * (86_399 - start), second)
    midnight = (FIRST_DAY.astype(np.int64) + day) * 86_400
    return midnight + np.minimum(np.floor(second), 86_399).astype(np.int64)


def _draw_forms(n: int, seed: int, effects: PlantedEffects) -> dict[str, np.ndarray]:
    rng = stream(seed, "forms")
    variant = (rng.random(n) < 0.5).astype(int)
    complete = rng.random(n) < COMPLETION_RATE + effects.variant_gain * variant
    gap = rng.random(n)
    no_budget, no_unit = ~complete & (gap < 0.75), ~complete & (gap >= 0.45)
    budget, unit = rng.integers(0, len(BUDGETS), n), rng.integers(0, len(UNIT_TYPES), n)
    return {
        "variant": variant,
        "budget": np.where(no_budget, -1, budget),
        "unit_type": np.where(no_unit, -1, unit),
        "has_phone": rng.random(n) >= PHONE_MISSING_SHARE,
    }


def _probability(leads: pd.DataFrame, world: World, effects: PlantedEffects) -> np.ndarray:
    campaign, budget = leads["campaign"].to_numpy(), leads["budget"].to_numpy()
    middle = (len(BUDGETS) - 1) / 2
    cheap = world.campaigns["channel"].to_numpy()[campaign] == CHANNELS.index(CHEAP_CHANNEL)
    logit = MARKETS["quality"].to_numpy()[leads["market"].to_numpy()]
    logit = logit + world.users["quality"].to_numpy()[leads["user"].to_numpy()]
    logit += world.campaigns["quality"].to_numpy()[campaign]
    logit += effects.cheap_channel_logit * cheap
    logit += effects.missing_phone_logit * ~leads["has_phone"].to_numpy()
    logit += np.where(budget < 0, effects.missing_budget_logit, effects.budget_band_logit * (budget - middle))
    logit += effects.message_intent_scale * np.array(INTENT_LOGITS)[leads["intent"].to_numpy()]
    return expit(logit)


def probability_given_verdict(leads: pd.DataFrame, world: World) -> np.ndarray:
    """True probability that a recorded verdict is QUALIFIED: 1 or 0 where the user records one kind only.

    Parameters
    ----------
    leads : DataFrame
        See `LeadDraw`.
    world : World

    Returns
    -------
    ndarray of float
        Missing where the user never records a verdict.
    """
    habit = world.users["habit"].to_numpy()[leads["user"].to_numpy()]
    p = leads["p_qualified"].to_numpy()
    p = np.where(habit == HABITS.index("only_qualified"), 1.0, p)
    p = np.where(habit == HABITS.index("only_disqualified"), 0.0, p)
    return np.where(habit == HABITS.index("never"), np.nan, p)
