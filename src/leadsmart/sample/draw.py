"""One sample in numbers, from which the export, the clean tables and the truth are told."""

from dataclasses import dataclass

from leadsmart.errors import InputError
from leadsmart.sample.delivery import Delivery, draw_delivery
from leadsmart.sample.effects import Effects
from leadsmart.sample.history import History, draw_history
from leadsmart.sample.leads import LeadDraw, draw_leads
from leadsmart.sample.world import World, draw_world

DEFAULT_LEADS = 12_000
DEFAULT_SEED = 20240601
MINIMUM_LEADS = 100


@dataclass(frozen=True)
class Draw:
    """Everything that was drawn for one sample."""

    world: World
    delivery: Delivery
    arrivals: LeadDraw
    history: History


def draw_sample(leads: int, seed: int, effects: Effects) -> Draw:
    """Draw a sample of `leads` leads."""
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
    return Draw(world, delivery, arrivals, draw_history(arrivals.leads, world, seed, effects))
