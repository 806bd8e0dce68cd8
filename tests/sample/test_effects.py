"""The planted effects as parameters: names, switches, and what is refused."""

import dataclasses

import pytest

from leadsmart.errors import ParameterError
from leadsmart.sample import PlantedEffects
from leadsmart.sample.effects import NEUTRAL_VALUES


def test_every_part_belongs_to_exactly_one_switch():
    parts = [part for values in NEUTRAL_VALUES.values() for part in values]
    assert sorted(parts) == sorted(field.name for field in dataclasses.fields(PlantedEffects))


def test_all_effects_are_on_by_default_and_none_after_none():
    assert PlantedEffects().active == tuple(NEUTRAL_VALUES)
    assert PlantedEffects.none().active == ()


@pytest.mark.parametrize("name", NEUTRAL_VALUES)
def test_a_switch_turns_off_its_own_effect_only(name):
    assert PlantedEffects().without(name).active == tuple(other for other in NEUTRAL_VALUES if other != name)


def test_an_unknown_switch_names_the_known_ones():
    with pytest.raises(ParameterError, match="Known effects: campaign_quality, ") as caught:
        PlantedEffects().without("cheap_chanel")
    assert caught.value.examples == ["cheap_chanel"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"trap_share": 0.9},
        {"campaign_quality_sd": -1},
        {"cheap_channel_cpm_ratio": 0},
        {"bottleneck_ratio": 1.5},
        {"trap_ctr_ratio": 4, "trap_lead_rate_ratio": 0.5},
    ],
)
def test_impossible_sizes_are_refused(wrong):
    with pytest.raises(ParameterError, match=next(reversed(wrong))):
        PlantedEffects(**wrong)
