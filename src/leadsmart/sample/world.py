"""Who advertises what, where and when: markets, business users and their campaigns."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from scipy.special import ndtri

from leadsmart.sample.effects import PlantedEffects
from leadsmart.sample.streams import stratified, stream

FIRST_DAY: Final = np.datetime64("2024-06-01", "D")
LAST_DAY: Final = np.datetime64("2024-12-31", "D")
DAYS: Final = int((LAST_DAY - FIRST_DAY).astype(int)) + 1

CHANNELS: Final = ("facebook", "instagram", "google_search", "tiktok")
CHANNEL_SHARES: Final = (0.45, 0.22, 0.18, 0.15)
CHEAP_CHANNEL: Final = "tiktok"

HABITS: Final = ("never", "only_disqualified", "only_qualified", "both")
HABIT_SHARES: Final = (0.25, 0.125, 0.0625, 0.5625)

#: Share of touched leads of ordinary users that get beyond the first contact.
ENGAGED_RATE: Final = 0.8

#: One row per market: its share of the leads, its quality (logit), cost and share of leads touched over the others',
#: and the words in its projects' names.
MARKETS: Final = pd.DataFrame(
    [
        ("new-cairo", 0.30, 1.0, 1.10, 1.0, "New Cairo"),
        ("north-coast", 0.20, 1.4, 1.20, 1.0, "North Coast"),
        ("west-cairo", 0.16, 1.0, 1.00, 1.0, "Sheikh Zayed"),
        ("mostakbal-city", 0.11, 0.1, 0.90, 1.0, "Mostakbal City"),
        ("new-capital", 0.08, 0.3, 0.85, 1.0, "New Capital"),
        ("red-sea", 0.07, 1.3, 1.05, 1.0, "Red Sea"),
        ("east-cairo", 0.05, 0.8, 0.95, 1.0, "Shorouk"),
        ("gulf", 0.03, -0.9, 1.60, 0.4, "Dubai"),
    ],
    columns=["name", "share", "quality", "cost", "touch_ratio", "words"],
)
MARKET_NAMES: Final = tuple(MARKETS["name"])
_SUMMER_MARKET: Final = MARKET_NAMES.index("north-coast")

_PROJECT_WORDS = (
    "Lotus", "Azure", "Palm Court", "Jasmine", "Nile Gate", "Marina Bay", "Olive", "Sunstone", "Cedar", "Almaza Hills",
    "Rosewood", "Blue Lagoon", "Greenfield", "Sahara", "Pearl", "Amber", "Horizon", "Meadow", "Ivory", "Coral",
)  # fmt: skip
_PROJECT_NOUNS = (
    "Residence", "Park", "Gardens", "Heights", "Views", "Square", "Village", "Towers", "Bay - سعادة", "Hub",
)  # fmt: skip


@dataclass(frozen=True)
class World:
    """The actors of a sample, before anything is delivered.

    Attributes
    ----------
    users : DataFrame
        One row per business user: ``user_id, size`` (weight), ``habit, quality`` (logit), ``touch_rate, verdict_rate,
        contact_hours, has_bottleneck, engaged_rate, batch_phase`` (seconds).
    campaigns : DataFrame
        One row per campaign, in order of start: ``campaign_id, user, market, series`` (positions), ``project_name,
        channel, daily_budget, started_at, stopped_at, start_day, days, base_leads`` (expected without
        effects), ``quality`` (logit), ``is_trap, is_running, ad_sets, ctr, lead_rate, cpm``.
    """

    users: pd.DataFrame
    campaigns: pd.DataFrame


def draw_world(leads: int, seed: int, effects: PlantedEffects) -> World:
    """Draw business users and campaigns for about `leads` leads.

    Parameters
    ----------
    leads : int
    seed : int
    effects : PlantedEffects

    Returns
    -------
    World
    """
    users = _draw_users(max(25, round(48 * (leads / 12_000) ** 0.5)), seed, effects)
    campaigns = _draw_campaigns(_draw_series(users["size"].to_numpy(), leads, seed), seed)
    return World(users, _plan_campaigns(campaigns, seed, effects))


def _draw_users(n: int, seed: int, effects: PlantedEffects) -> pd.DataFrame:
    rng = stream(seed, "users")
    user_id = np.sort(rng.permutation(np.arange(11, 11 + 4 * n))[:n])
    size = np.exp(0.7 * ndtri((stream(seed, "user sizes").permutation(n) + 0.5) / n))
    # spread over users of all sizes, so that the same share of the leads is concerned in every sample
    by_size = np.argsort(-size, kind="stable")
    habit, bottleneck = np.empty(n, dtype=int), np.empty(n, dtype=bool)
    spread = stratified(stream(seed, "habits"), n, 4)
    habit[by_size] = np.searchsorted(np.cumsum(HABIT_SHARES), spread, side="right")
    bottleneck[by_size] = stratified(stream(seed, "bottleneck"), n, 5) < effects.bottleneck_user_share
    rates = stream(seed, "habit rates").random((2, n))
    if not effects.labelling_habits:
        habit, rates = np.full(n, HABITS.index("both")), np.full((2, n), 0.5)
    # quantiles of the normal in random order: every sample has the stated standard deviation
    z = ndtri((stream(seed, "user quality").permutation(n) + 0.5) / n)
    day, hour, minute, second = (rng.integers(0, top, n) for top in (10, 8, 60, 60))
    return pd.DataFrame(
        {
            "user_id": user_id,
            "size": size,
            "habit": np.minimum(habit, len(HABITS) - 1),
            "quality": effects.user_quality_sd * z,
            "touch_rate": 0.64 + 0.16 * rates[0],
            "verdict_rate": 0.7 + 0.25 * rates[1],
            "contact_hours": 3 * np.exp(0.8 * rng.standard_normal(n)),
            "has_bottleneck": bottleneck,
            "engaged_rate": ENGAGED_RATE * np.where(bottleneck, effects.bottleneck_ratio, 1.0),
            "batch_phase": day * 86_400 + (10 + hour) * 3_600 + minute * 60 + second,
        }
    )


def _draw_series(size: np.ndarray, leads: int, seed: int) -> pd.DataFrame:
    """A series is one business user's advertising for one project."""
    rng = stream(seed, "series")
    n_users = len(size)
    weights = MARKETS["share"].to_numpy() ** 0.6
    wanted = 2.2 * n_users * weights / weights.sum()
    parts = []
    for position, (share, words) in enumerate(zip(MARKETS["share"], MARKETS["words"], strict=True)):
        n = int(np.clip(round(wanted[position]), 6, n_users))
        user = rng.permutation(n_users)[:n]
        weight = size[user] * np.exp(0.35 * rng.standard_normal(n))
        names = _project_names(rng, max(3, round(0.7 * n)), words)
        parts.append(
            pd.DataFrame(
                {
                    "market": position,
                    "user": user,
                    "project_name": names[np.arange(n) % len(names)],
                    "base_leads": leads * share * weight / weight.sum(),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def _project_names(rng: np.random.Generator, n: int, words: str) -> np.ndarray:
    numbers = rng.permutation(len(_PROJECT_WORDS) * len(_PROJECT_NOUNS))
    phases = np.arange(n) // len(numbers)
    names = [
        f"{_PROJECT_WORDS[number // len(_PROJECT_NOUNS)]} {_PROJECT_NOUNS[number % len(_PROJECT_NOUNS)]}"
        f" - {words}{f' {phase + 1}' if phase else ''}"
        for number, phase in zip(np.resize(numbers, n).tolist(), phases.tolist(), strict=True)
    ]
    return np.array(names, dtype=object)


def _draw_campaigns(series: pd.DataFrame, seed: int) -> pd.DataFrame:
    rng = stream(seed, "campaigns")
    counts = np.maximum(3, np.round(0.13 * series["base_leads"].to_numpy())).astype(int)
    position = np.repeat(np.arange(len(series)), counts)
    n = len(position)
    tail = np.exp(2.0 * rng.standard_normal(n))
    of_series = series["base_leads"].to_numpy()[position]
    base = of_series * tail / np.bincount(position, weights=tail)[position]
    days = np.clip(np.ceil(1.3 * base**0.8 * np.exp(0.3 * rng.standard_normal(n))), 1, 180).astype(int)

    market = series["market"].to_numpy()[position]
    by_size = np.lexsort((-base, market))
    rank = np.empty(n, dtype=int)
    rank[by_size] = np.arange(n) - np.searchsorted(market[by_size], market[by_size])
    running = np.isin(rank, (0, 2, 4, 7, 11, 16))
    days[running] = np.maximum(days[running], 21)
    early = np.where(market == _SUMMER_MARKET, 2.2, 1.0)
    start = np.floor(rng.random(n) ** early * (DAYS - days + 1)).astype(int)
    start[running] = DAYS - days[running]

    table = pd.DataFrame({"series": position, "market": market, "user": series["user"].to_numpy()[position]})
    table["project_name"] = series["project_name"].to_numpy()[position]
    table["base_leads"], table["days"], table["start_day"] = base, days, start
    table["start_second"] = np.where(start == 0, 0, rng.integers(0, 64_800, n))
    table["is_running"] = running
    table["extra_days"] = np.where(running, rng.integers(3, 40, n), 0)
    order = np.lexsort((np.arange(n), table["start_second"], start))
    table = table.iloc[order].reset_index(drop=True)
    table.insert(0, "campaign_id", 6_493 + np.arange(n))
    return table


def _plan_campaigns(campaigns: pd.DataFrame, seed: int, effects: PlantedEffects) -> pd.DataFrame:
    """Channel, quality, prices and dates of every campaign."""
    n = len(campaigns)
    rng = stream(seed, "campaign plan")
    base, market = campaigns["base_leads"].to_numpy(), campaigns["market"].to_numpy()
    by_size = np.lexsort((-base, market))

    channel = np.empty(n, dtype=int)
    spread = stratified(stream(seed, "channels"), n, 20)
    channel[by_size] = np.searchsorted(np.cumsum(CHANNEL_SHARES)[:-1], spread, side="right")
    # traps are drawn among campaigns big enough to show: most others have too few clicks to tell
    eligible = by_size[base[by_size] >= 2]
    trap = np.zeros(n, dtype=bool)
    trap[eligible] = stratified(stream(seed, "traps"), len(eligible), 12) < effects.trap_share

    first = campaigns["start_day"].to_numpy()
    last = first + campaigns["days"].to_numpy() - 1 + campaigns["extra_days"].to_numpy()
    searching = channel == CHANNELS.index("google_search")
    cost = MARKETS["cost"].to_numpy()[market]
    plan = campaigns.drop(columns="extra_days")
    plan["channel"] = channel
    plan["started_at"] = (FIRST_DAY + first).astype("datetime64[s]") + campaigns["start_second"].to_numpy()
    plan["stopped_at"] = (FIRST_DAY + last).astype("datetime64[s]") + np.timedelta64(86_399, "s")
    plan["quality"] = effects.campaign_quality_sd * stream(seed, "campaign quality").standard_normal(n)
    plan["is_trap"] = trap
    plan["ad_sets"] = 1 + np.searchsorted([0.5, 0.8], rng.random(n), side="right")
    plan["ctr"] = 0.025 * np.where(searching, 2.0, 1.0) * np.exp(0.2 * rng.standard_normal(n))
    plan["lead_rate"] = 0.012 * np.exp(0.05 * rng.standard_normal(n))
    plan["cpm"] = 120 * cost * np.where(searching, 2.0, 1.0) * np.exp(0.15 * rng.standard_normal(n))
    daily = base / plan["lead_rate"] / plan["ctr"] * plan["cpm"] / 1000 / campaigns["days"]
    ladder = np.array([1_200, 1_500, 2_000, 3_000, 5_000, 8_000, 12_000, 20_000, 40_000])
    plan["daily_budget"] = ladder[np.minimum(np.searchsorted(ladder, daily), len(ladder) - 1)]
    return plan
