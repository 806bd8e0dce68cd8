"""The planted effects: what is true of the sample, with its size, written down in this one place."""

from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from leadsmart.errors import ParameterError

#: What each switch sets, and to which value, when its effect is switched off.
NEUTRAL_VALUES: Final[dict[str, dict[str, Any]]] = {
    "campaign_quality": {"campaign_quality_sd": 0.0},
    "user_quality": {"user_quality_sd": 0.0},
    "labelling_habits": {"labelling_habits": False},
    "cheap_channel": {"cheap_channel_cpm_ratio": 1.0, "cheap_channel_logit": 0.0},
    "engagement_trap": {"trap_share": 0.0, "trap_ctr_ratio": 1.0, "trap_lead_rate_ratio": 1.0},
    "follow_up_bottleneck": {"bottleneck_user_share": 0.0, "bottleneck_ratio": 1.0},
    "data_gaps": {"missing_phone_logit": 0.0, "missing_budget_logit": 0.0, "budget_band_logit": 0.0},
    "broken_tracking": {"broken_days": 0},
    "form_variant": {"variant_gain": 0.0},
    "message_intent": {"message_intent_scale": 0.0},
}


@dataclass(frozen=True)
class PlantedEffects:
    """True sizes of everything planted in the sample.

    Every lead has a probability of being qualified; its logit is the sum of its market's level and of the
    ``_logit`` and ``_sd`` parts below, with no further noise. Whether sales record a verdict depends on the
    business user and the lead's age, never on that probability (but for users who only record one kind).

    Attributes
    ----------
    campaign_quality_sd : float
        Standard deviation (logit) of quality between campaigns of the same business user.
    user_quality_sd : float
        Standard deviation (logit) between business users: how strictly they label.
    labelling_habits : bool
        Some users never record a verdict, some only one kind, the others more or less often. Off: all alike.
    cheap_channel_cpm_ratio : float
        CPM of `CHEAP_CHANNEL` over what it would be; spend, clicks and leads are untouched.
    cheap_channel_logit : float
        What `CHEAP_CHANNEL` adds to a lead's quality.
    trap_share : float
        Share of the campaigns expecting at least 2 leads that get many clicks and few leads.
    trap_ctr_ratio, trap_lead_rate_ratio : float
        CTR, and leads per click, of such a campaign over what they would be. Spend is untouched.
    bottleneck_user_share : float
        Share of the business users whose leads are contacted once and then dropped.
    bottleneck_ratio : float
        Their rate of contacted leads that become engaged over that of the other users (`ENGAGED_RATE`).
    missing_phone_logit, missing_budget_logit : float
        What a missing phone, and a missing budget, adds to a lead's quality.
    budget_band_logit : float
        What each step up the four budget bands adds (centred), where a budget is given.
    broken_days : int
        Consecutive days of an outage, on which a big user × project delivers clicks and no lead arrives.
    variant_gain : float
        Share of complete forms of variant B minus that of variant A (`COMPLETION_RATE`).
    message_intent_scale : float
        Factor on the effects of the message's intent on quality (`messages.INTENT_LOGITS`).

    Examples
    --------
    >>> PlantedEffects().without("cheap_channel").cheap_channel_logit
    0.0
    >>> PlantedEffects.none().active
    ()
    """

    campaign_quality_sd: float = 0.7
    user_quality_sd: float = 0.6
    labelling_habits: bool = True
    cheap_channel_cpm_ratio: float = 0.4
    cheap_channel_logit: float = -1.4
    trap_share: float = 1 / 12
    trap_ctr_ratio: float = 2.2
    trap_lead_rate_ratio: float = 0.3
    bottleneck_user_share: float = 0.4
    bottleneck_ratio: float = 0.35
    missing_phone_logit: float = -1.2
    missing_budget_logit: float = -0.7
    budget_band_logit: float = 0.4
    broken_days: int = 4
    variant_gain: float = 0.15
    message_intent_scale: float = 1.0

    def __post_init__(self) -> None:
        for name in ("trap_share", "bottleneck_user_share", "variant_gain"):
            _require(0 <= getattr(self, name) <= 0.5, name, "lie between 0 and 0.5")
        for name in ("campaign_quality_sd", "user_quality_sd", "broken_days"):
            _require(getattr(self, name) >= 0, name, "not be negative")
        for name in ("cheap_channel_cpm_ratio", "trap_ctr_ratio", "trap_lead_rate_ratio"):
            _require(getattr(self, name) > 0, name, "be above 0")
        _require(0 <= self.bottleneck_ratio <= 1, "bottleneck_ratio", "lie between 0 and 1")
        # a trap loses leads that come elsewhere; gaining some would move leads of all other campaigns
        _require(
            self.trap_ctr_ratio * self.trap_lead_rate_ratio <= 1,
            "trap_lead_rate_ratio",
            "be at most 1 / trap_ctr_ratio",
        )

    @classmethod
    def none(cls) -> "PlantedEffects":
        """Nothing planted: quality differs by market only."""
        return cls().without(*NEUTRAL_VALUES)

    def without(self, *names: str) -> "PlantedEffects":
        """Switch the named effects off and leave all others as they are.

        Parameters
        ----------
        *names : str
            See `NEUTRAL_VALUES`.

        Returns
        -------
        PlantedEffects

        Raises
        ------
        ParameterError
            If there is no such effect.
        """
        unknown = [name for name in names if name not in NEUTRAL_VALUES]
        if unknown:
            raise ParameterError(
                "no such planted effect",
                remedy=f"Known effects: {', '.join(NEUTRAL_VALUES)}",
                examples=unknown,
            )
        neutral = {key: value for name in names for key, value in NEUTRAL_VALUES[name].items()}
        return replace(self, **neutral)

    @property
    def active(self) -> tuple[str, ...]:
        """Names of the effects that are not switched off."""
        return tuple(
            name
            for name, neutral in NEUTRAL_VALUES.items()
            if any(getattr(self, key) != value for key, value in neutral.items())
        )

    def as_dict(self) -> dict[str, float | bool]:
        """Name and size of every part, in the order of the class."""
        return asdict(self)


def _require(holds: bool, name: str, rule: str) -> None:
    if not holds:
        raise ParameterError(f"effect {name!r} must {rule}", remedy="Choose another size")
