"""What is true of a sample: the figures that findings and the lead score should recover."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from leadsmart.sample.draw import Draw
from leadsmart.sample.effects import Effects
from leadsmart.sample.history import VERDICTS
from leadsmart.sample.leads import COMPLETION_RATE, VARIANTS, probability_given_verdict
from leadsmart.sample.messages import INTENTS
from leadsmart.sample.world import CHANNELS, CHEAP_CHANNEL, FIRST_DAY, HABITS, MARKET_NAMES


@dataclass(frozen=True)
class SampleTruth:
    """The truth behind a sample. Ids are text, as everywhere; logits are quality, probabilities fractions.

    Attributes
    ----------
    seed : int
    effects : Effects
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
    effects: Effects
    leads: pd.DataFrame
    campaigns: pd.DataFrame
    users: pd.DataFrame
    channels: pd.DataFrame
    variants: pd.DataFrame
    broken_days: pd.DataFrame
    defects: dict[str, int]


def tell_truth(draw: Draw, seed: int, effects: Effects, defects: dict[str, int]) -> SampleTruth:
    """Tell the truth of a drawn sample."""
    leads, campaigns, users = _leads(draw), _campaigns(draw, effects), _users(draw)
    rates = [COMPLETION_RATE, COMPLETION_RATE + effects.variant_gain]
    variants = pd.DataFrame(
        {"completion_rate": rates}, index=pd.Index(VARIANTS, name="form_variant", dtype="str")
    )
    natural = {
        "campaigns_without_leads": int((~campaigns.index.isin(leads["campaign_id"])).sum()),
        "leads_without_events": int((~draw.history.has_history).sum()),
    }
    counts = dict(sorted({**natural, **defects}.items()))
    return SampleTruth(
        seed, effects, leads, campaigns, users, _channels(draw, leads), variants, _broken_days(draw), counts
    )


def _leads(draw: Draw) -> pd.DataFrame:
    leads, plan = draw.arrivals.leads, draw.world.campaigns
    campaign = leads["campaign"].to_numpy()
    table = pd.DataFrame(index=pd.Index(leads["lead_id"].astype("str"), name="lead_id"))
    table["campaign_id"] = plan["campaign_id"].astype("str").array[campaign]
    table["user_id"] = draw.world.users["user_id"].astype("str").array[leads["user"].to_numpy()]
    table["market"] = _words(MARKET_NAMES, leads["market"].to_numpy())
    table["channel"] = _words(CHANNELS, plan["channel"].to_numpy()[campaign])
    table["p_qualified"] = leads["p_qualified"].to_numpy()
    table["p_qualified_given_verdict"] = probability_given_verdict(leads, draw.world)
    table["is_good"] = leads["is_good"].to_numpy()
    table["has_verdict"] = np.isin(draw.history.status, VERDICTS)
    table["has_history"] = draw.history.has_history
    table["intent"] = _words(INTENTS, leads["intent"].to_numpy())
    return table


def _campaigns(draw: Draw, effects: Effects) -> pd.DataFrame:
    plan = draw.world.campaigns
    table = pd.DataFrame(index=pd.Index(plan["campaign_id"].astype("str"), name="campaign_id"))
    table["market"] = _words(MARKET_NAMES, plan["market"].to_numpy())
    table["user_id"] = draw.world.users["user_id"].astype("str").array[plan["user"].to_numpy()]
    table["project_name"] = pd.array(plan["project_name"].tolist(), dtype="str")
    table["channel"] = _words(CHANNELS, plan["channel"].to_numpy())
    table["quality"] = plan["quality"].to_numpy()
    table["expected_leads"] = draw.arrivals.expected
    trap, cheap = plan["is_trap"].to_numpy(), (table["channel"] == CHEAP_CHANNEL).to_numpy()
    table["ctr"] = (
        plan["ctr"].to_numpy()
        * np.where(trap, effects.trap_ctr_ratio, 1.0)
        * np.where(cheap, effects.cheap_channel_cpm_ratio, 1.0)
    )
    table["lead_rate"] = plan["lead_rate"].to_numpy() * np.where(trap, effects.trap_lead_rate_ratio, 1.0)
    table["is_trap"], table["is_running"] = trap, plan["is_running"].to_numpy()
    return table


def _users(draw: Draw) -> pd.DataFrame:
    users = draw.world.users
    table = users[["quality", "has_bottleneck", "engaged_rate"]].copy()
    table.insert(0, "habit", _words(HABITS, users["habit"].to_numpy()))
    table.index = pd.Index(users["user_id"].astype("str"), name="user_id")
    return table


def _channels(draw: Draw, leads: pd.DataFrame) -> pd.DataFrame:
    rows = draw.delivery.rows
    channel = draw.world.campaigns["channel"].to_numpy()[rows["campaign"].to_numpy()]
    sums = rows.groupby(channel)[["cents", "impressions"]].sum().reindex(range(len(CHANNELS)), fill_value=0)
    table = pd.DataFrame(index=pd.Index(CHANNELS, name="channel", dtype="str"))
    table["leads"] = leads.groupby("channel").size().reindex(table.index, fill_value=0)
    table["spend"] = sums["cents"].to_numpy() / 100
    table["impressions"] = sums["impressions"].to_numpy()
    table["cpm"] = 1000 * table["spend"] / table["impressions"]
    table["qualified_rate"] = leads.groupby("channel")["p_qualified"].mean()
    decided = leads[leads["has_verdict"]].groupby("channel")["p_qualified_given_verdict"]
    table["verdicts"] = decided.size().reindex(table.index, fill_value=0)
    table["qualified_rate_given_verdict"] = decided.mean()
    return table


def _broken_days(draw: Draw) -> pd.DataFrame:
    plan, users = draw.world.campaigns, draw.world.users
    cells = draw.delivery.cells[draw.delivery.cells["is_broken"]]
    keys = ["campaign", "day"]
    delivered = draw.delivery.rows.groupby(keys)[["cents", "clicks"]].sum()
    cells = cells.join(delivered, on=keys)
    campaign = cells["campaign"].to_numpy()
    table = pd.DataFrame(
        {
            "market": _words(MARKET_NAMES, plan["market"].to_numpy()[campaign]),
            "user_id": users["user_id"].astype("str").array[plan["user"].to_numpy()[campaign]],
            "project_name": pd.array(plan["project_name"].to_numpy()[campaign].tolist(), dtype="str"),
            "date": pd.DatetimeIndex((FIRST_DAY + cells["day"].to_numpy()).astype("datetime64[s]")),
            "spend": cells["cents"].to_numpy() / 100,
            "clicks": cells["clicks"].to_numpy(),
            "expected_leads": cells["base_leads"].to_numpy(),
        }
    )
    return table.groupby(["market", "user_id", "project_name", "date"], as_index=False).sum()


def _words(words: tuple[str, ...], position: np.ndarray) -> pd.api.extensions.ExtensionArray:
    return pd.array(list(words), dtype="str").take(position)
