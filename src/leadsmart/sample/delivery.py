"""What the ad platform delivers: rows per ad set and day, and the days on which tracking breaks."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from leadsmart.sample.effects import PlantedEffects
from leadsmart.sample.streams import stochastic_round, stream
from leadsmart.sample.world import CHANNELS, CHEAP_CHANNEL, DAYS, FIRST_DAY, World

#: Spend by weekday over the mean, Monday first: less on Friday and Saturday.
WEEKDAY_FACTORS: Final = np.array([1.08, 1.08, 1.05, 1.02, 0.80, 0.90, 1.07])


@dataclass(frozen=True)
class Delivery:
    """Delivery of a sample.

    Attributes
    ----------
    cells : DataFrame
        One row per campaign and day: ``campaign`` (position), ``day`` (number), ``base_leads`` (expected
        without effects), ``is_broken``.
    rows : DataFrame
        One row per ad set and day: ``ad_set_id, campaign`` (position), ``day, reach, impressions, clicks, cents``.
    """

    cells: pd.DataFrame
    rows: pd.DataFrame


def draw_delivery(world: World, seed: int, effects: PlantedEffects) -> Delivery:
    """Draw delivery rows of all campaigns, and the outages among them.

    Parameters
    ----------
    world : World
    seed : int
    effects : PlantedEffects

    Returns
    -------
    Delivery
    """
    cells = _draw_cells(world.campaigns, seed)
    return Delivery(
        cells.assign(is_broken=_broken(cells, world, seed, effects)), _draw_rows(cells, world, seed, effects)
    )


def _draw_cells(campaigns: pd.DataFrame, seed: int) -> pd.DataFrame:
    days = campaigns["days"].to_numpy()
    campaign = np.repeat(np.arange(len(campaigns)), days)
    first = np.cumsum(days) - days
    day = campaigns["start_day"].to_numpy()[campaign] + np.arange(len(campaign)) - first[campaign]
    weekday = (FIRST_DAY.astype(int) + 3 + day) % 7
    share = WEEKDAY_FACTORS[weekday] * np.exp(0.2 * stream(seed, "days").standard_normal(len(day)))
    total = np.bincount(campaign, weights=share)
    base = campaigns["base_leads"].to_numpy()[campaign] * share / total[campaign]
    return pd.DataFrame({"campaign": campaign, "day": day, "base_leads": base})


def _broken(cells: pd.DataFrame, world: World, seed: int, effects: PlantedEffects) -> np.ndarray:
    """Days of the biggest series on which no lead comes through, at a time when leads were to be expected."""
    series = world.campaigns["series"].to_numpy()[cells["campaign"].to_numpy()]
    day, base = cells["day"].to_numpy(), cells["base_leads"].to_numpy()
    n_series = int(series.max()) + 1
    expected = np.bincount(series * DAYS + day, weights=base, minlength=n_series * DAYS).reshape(
        n_series, DAYS
    )
    chosen = np.argsort(-expected.sum(axis=1), kind="stable")[: max(4, round(0.1 * n_series))]
    pick = stream(seed, "outages").random(len(chosen))
    broken = np.zeros((n_series, DAYS), dtype=bool)
    length = min(effects.broken_days, DAYS)
    if length:
        windows = np.lib.stride_tricks.sliding_window_view(expected[chosen], length, axis=1)
        order = np.argsort(-windows.min(axis=2), axis=1, kind="stable")
        start = order[np.arange(len(chosen)), (pick * order.shape[1] / 4).astype(int)]
        for number, begin in zip(chosen.tolist(), start.tolist(), strict=True):
            broken[number, begin : begin + length] = True
    return broken[series, day]


def _draw_rows(cells: pd.DataFrame, world: World, seed: int, effects: PlantedEffects) -> pd.DataFrame:
    plan = world.campaigns
    cell = np.repeat(np.arange(len(cells)), plan["ad_sets"].to_numpy()[cells["campaign"].to_numpy()])
    campaign = cells["campaign"].to_numpy()[cell]
    first = np.searchsorted(cell, cell)
    number = np.arange(len(cell)) - first
    n = len(cell)
    rng = stream(seed, "delivery")

    ad_sets = plan["ad_sets"].to_numpy()
    share = np.exp(0.4 * rng.standard_normal(n))
    share /= np.bincount(cell, weights=share)[cell]
    clicks_expected = cells["base_leads"].to_numpy()[cell] * share / plan["lead_rate"].to_numpy()[campaign]
    shown = clicks_expected / plan["ctr"].to_numpy()[campaign]
    noise = np.exp(0.12 * rng.standard_normal(n) - 0.0072)
    cents = np.maximum(1, np.round(shown * plan["cpm"].to_numpy()[campaign] / 10 * noise)).astype(np.int64)

    cheap = plan["channel"].to_numpy()[campaign] == CHANNELS.index(CHEAP_CHANNEL)
    shown = shown / np.where(cheap, effects.cheap_channel_cpm_ratio, 1.0)
    clicks_expected = clicks_expected * np.where(
        plan["is_trap"].to_numpy()[campaign], effects.trap_ctr_ratio, 1.0
    )
    spread = np.sqrt(0.03 + 1 / (clicks_expected + 1))
    clicks_expected = clicks_expected * np.exp(spread * rng.standard_normal(n) - spread**2 / 2)
    clicks = stochastic_round(clicks_expected, rng.random(n))
    impressions = np.maximum(np.maximum(1, clicks), stochastic_round(shown, rng.random(n)))
    reach = np.maximum(1, np.floor(impressions / (1.02 + 0.35 * rng.random(n)))).astype(np.int64)

    ad_set_id = 16_588 + (np.cumsum(ad_sets) - ad_sets)[campaign] + number
    day = cells["day"].to_numpy()[cell]
    order = np.lexsort((day, ad_set_id))
    columns = {
        "ad_set_id": ad_set_id, "campaign": campaign, "day": day,
        "reach": reach, "impressions": impressions, "clicks": clicks, "cents": cents,
    }  # fmt: skip
    return pd.DataFrame({name: values[order] for name, values in columns.items()})
