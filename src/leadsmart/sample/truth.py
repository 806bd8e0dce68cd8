"""What is true of a sample: the figures that findings and the lead score should recover."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from leadsmart.sample.draw import Draw, words_at
from leadsmart.sample.effects import PlantedEffects
from leadsmart.sample.history import VERDICTS
from leadsmart.sample.leads import COMPLETION_RATE, VARIANTS, probability_given_verdict
from leadsmart.sample.messages import INTENTS
from leadsmart.sample.world import CHANNELS, CHEAP_CHANNEL, FIRST_DAY, HABITS


@dataclass(frozen=True)
class SampleTruth:
    """The truth behind a sample. Ids are text, as everywhere; logits are quality, probabilities fractions.

    Attributes
    ----------
    seed : int
    effects : PlantedEffects
        True sizes of what is planted.
    leads : DataFrame
        Indexed by ``lead_id``: ``campaign_id, user_id, market, channel, p_qualified`` (true probability that sales
        find the lead good), ``p_qualified_given_verdict`` (true probability that a recorded verdict says
        QUALIFIED; missing for users who never record one), ``is_good, has_verdict, has_history`` (bool), ``intent``.
    campaigns : DataFrame
        Indexed by ``campaign_id``: ``market, user_id, project_name, channel, quality`` (logit, deviation from its user),
        ``expected_leads, ctr, lead_rate`` (true, effects included), ``is_trap`` (high CTR, poor conversion),
        ``is_running``.
    users : DataFrame
        Indexed by ``user_id``: ``habit`` (never, only_disqualified, only_qualified, both), ``quality`` (logit),
        ``has_bottleneck, engaged_rate`` (true rate of contacted leads, junk apart, that become engaged).
    channels : DataFrame
        Indexed by ``channel``: ``leads, spend, impressions, cpm`` (ratio of sums in the defect-free sample),
        ``qualified_rate`` (mean true probability over all leads), ``verdicts``, ``qualified_rate_given_verdict``
        (mean true probability over leads with a verdict).
    variants : DataFrame
        Indexed by ``form_variant``: ``completion_rate`` (true share of forms with budget and unit type).
    broken_days : DataFrame
        One row per market, user, project and day without tracking that had delivery: ``market, user_id, project_name,
        date, spend, clicks, expected_leads`` (that would have come).
    defects : dict
        Name of a defect and how many rows or values have it, in sorted order.
    """

    seed: int
    effects: PlantedEffects
    leads: pd.DataFrame
    campaigns: pd.DataFrame
    users: pd.DataFrame
    channels: pd.DataFrame
    variants: pd.DataFrame
    broken_days: pd.DataFrame
    defects: dict[str, int]


def derive_truth(draw: Draw, defects: dict[str, int]) -> SampleTruth:
    """The truth of a drawn sample.

    Parameters
    ----------
    draw : Draw
    defects : dict
        Name of a defect -> how many rows or values have it.

    Returns
    -------
    SampleTruth
    """
    leads, campaigns = _leads(draw), _campaigns(draw)
    rates = [COMPLETION_RATE, COMPLETION_RATE + draw.effects.variant_gain]
    natural = {
        "campaigns_without_leads": int((~campaigns.index.isin(leads["campaign_id"])).sum()),
        "leads_without_events": int((~draw.history.has_history).sum()),
    }
    return SampleTruth(
        seed=draw.seed,
        effects=draw.effects,
        leads=leads,
        campaigns=campaigns,
        users=_users(draw),
        channels=_channels(draw, leads),
        variants=pd.DataFrame({"completion_rate": rates}, _index("form_variant", VARIANTS)),
        broken_days=_broken_days(draw),
        defects=dict(sorted({**natural, **defects}.items())),
    )


def _leads(draw: Draw) -> pd.DataFrame:
    leads = draw.arrivals.leads
    campaigns = draw.campaign_names[["campaign_id", "user_id", "market", "channel"]]
    table = campaigns.take(leads["campaign"].to_numpy()).set_axis(_index("lead_id", draw.lead_ids))
    return table.assign(
        p_qualified=leads["p_qualified"].to_numpy(),
        p_qualified_given_verdict=probability_given_verdict(leads, draw.world),
        is_good=leads["is_good"].to_numpy(),
        has_verdict=np.isin(draw.history.status, VERDICTS),
        has_history=draw.history.has_history,
        intent=words_at(INTENTS, leads["intent"]).array,
    )


def _campaigns(draw: Draw) -> pd.DataFrame:
    plan, effects = draw.world.campaigns, draw.effects
    is_cheap = draw.campaign_names["channel"] == CHEAP_CHANNEL
    ctr = plan["ctr"].mul(effects.trap_ctr_ratio).where(plan["is_trap"], plan["ctr"])
    lead_rate = plan["lead_rate"].mul(effects.trap_lead_rate_ratio).where(plan["is_trap"], plan["lead_rate"])
    table = draw.campaign_names[["campaign_id", "market", "user_id", "project_name", "channel"]].assign(
        quality=plan["quality"],
        expected_leads=draw.arrivals.expected,
        ctr=ctr.mul(effects.cheap_channel_cpm_ratio).where(is_cheap, ctr),
        lead_rate=lead_rate,
        is_trap=plan["is_trap"],
        is_running=plan["is_running"],
    )
    return table.set_index("campaign_id")


def _users(draw: Draw) -> pd.DataFrame:
    users = draw.world.users[["user_id", "habit", "quality", "has_bottleneck", "engaged_rate"]]
    return (
        users.assign(habit=words_at(HABITS, users["habit"])).astype({"user_id": "str"}).set_index("user_id")
    )


def _channels(draw: Draw, leads: pd.DataFrame) -> pd.DataFrame:
    rows = draw.delivery.rows
    channel = draw.campaign_names["channel"].array[rows["campaign"].to_numpy()]
    sums = rows.groupby(channel)[["cents", "impressions"]].sum().reindex(list(CHANNELS), fill_value=0)
    decided = leads[leads["has_verdict"]].groupby("channel")["p_qualified_given_verdict"]
    table = pd.DataFrame(
        {
            "leads": leads["channel"].value_counts(),
            "spend": sums["cents"] / 100,
            "impressions": sums["impressions"],
            "cpm": 1000 * (sums["cents"] / 100) / sums["impressions"],
            "qualified_rate": leads.groupby("channel")["p_qualified"].mean(),
            "verdicts": decided.size(),
            "qualified_rate_given_verdict": decided.mean(),
        },
        _index("channel", CHANNELS),
    )
    return table.fillna({"leads": 0, "verdicts": 0}).astype({"leads": int, "verdicts": int})


def _broken_days(draw: Draw) -> pd.DataFrame:
    cells = draw.delivery.cells[draw.delivery.cells["is_broken"]]
    delivered = draw.delivery.rows.groupby(["campaign", "day"])[["cents", "clicks"]].sum()
    cells = cells.join(delivered, on=["campaign", "day"]).reset_index(drop=True)
    names = draw.campaign_names[["market", "user_id", "project_name"]].take(cells["campaign"].to_numpy())
    table = names.reset_index(drop=True).assign(
        date=pd.DatetimeIndex((FIRST_DAY + cells["day"].to_numpy()).astype("datetime64[s]")),
        spend=cells["cents"] / 100,
        clicks=cells["clicks"],
        expected_leads=cells["base_leads"],
    )
    return table.groupby(["market", "user_id", "project_name", "date"], as_index=False).sum()


def _index(name: str, values: Iterable[str]) -> pd.Index:
    return pd.Index(list(values), name=name, dtype="str")
