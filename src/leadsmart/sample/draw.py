"""One sample in numbers, from which the export, the clean tables and the truth are derived."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from leadsmart.errors import InputError
from leadsmart.sample.delivery import Delivery, draw_delivery
from leadsmart.sample.effects import PlantedEffects
from leadsmart.sample.history import LeadHistory, draw_history
from leadsmart.sample.leads import LeadDraw, draw_leads
from leadsmart.sample.world import CHANNELS, MARKET_NAMES, World, draw_world

DEFAULT_LEADS = 12_000
DEFAULT_SEED = 20240601
MINIMUM_LEADS = 100


@dataclass(frozen=True)
class Draw:
    """Everything that was drawn for one sample, in positions and codes, and what they are called."""

    seed: int
    effects: PlantedEffects
    world: World
    delivery: Delivery
    arrivals: LeadDraw
    history: LeadHistory

    @cached_property
    def campaign_names(self) -> pd.DataFrame:
        """One row per campaign, all text: ``campaign_id, user_id, project_name, market, channel``."""
        plan, users = self.world.campaigns, self.world.users
        return pd.DataFrame(
            {
                "campaign_id": plan["campaign_id"].astype("str"),
                "user_id": users["user_id"].astype("str").array[plan["user"].to_numpy()],
                "project_name": plan["project_name"].astype("str"),
                "market": words_at(MARKET_NAMES, plan["market"]),
                "channel": words_at(CHANNELS, plan["channel"]),
            }
        )

    @cached_property
    def lead_ids(self) -> pd.Series:
        """Id of each lead, as text."""
        return self.arrivals.leads["lead_id"].astype("str")


def draw_sample(leads: int, seed: int, effects: PlantedEffects) -> Draw:
    """Draw a sample of `leads` leads.

    Parameters
    ----------
    leads : int
    seed : int
    effects : PlantedEffects

    Returns
    -------
    Draw

    Raises
    ------
    InputError
        If there are too few leads for eight markets, or the seed is negative.
    """
    if leads < MINIMUM_LEADS:
        raise InputError(
            f"a sample of {leads} leads can't hold eight markets",
            remedy=f"Ask for {MINIMUM_LEADS} leads or more",
        )
    if seed < 0:
        raise InputError(f"seed {seed} is negative", remedy="Choose a whole number from 0")
    world = draw_world(leads, seed, effects)
    delivery = draw_delivery(world, seed, effects)
    arrivals = draw_leads(leads, world, delivery, seed, effects)
    history = draw_history(arrivals.leads, world, seed, effects)
    return Draw(seed, effects, world, delivery, arrivals, history)


def words_at(words: Sequence[str], position: np.ndarray | pd.Series) -> pd.Series:
    """The word at each position, missing at −1; the index counts from 0.

    Parameters
    ----------
    words : sequence of str
    position : ndarray or Series of int

    Returns
    -------
    Series of str
    """
    codes = np.asarray(position)
    return pd.Series(pd.array(list(words), dtype="str").take(codes, allow_fill=True))
