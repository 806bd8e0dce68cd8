"""Deterministic sample export with planted, written-down effects.

The same arguments give the same bytes. Every component draws from its own stream, so that switching one effect
off leaves everything that it does not touch as it was: such a sample is the null generator of a finding.

Nulls that need more than one switch, because another effect also makes the null false: campaigns of one user do not
differ in quality only without ``campaign_quality`` and ``cheap_channel``; users do not differ at any stage of the
funnel only without ``follow_up_bottleneck``, ``user_quality``, ``campaign_quality``, ``cheap_channel`` and
``labelling_habits``.
"""

from pathlib import Path

from leadsmart.market_tables import MarketTables
from leadsmart.sample.defects import add_defects
from leadsmart.sample.draw import DEFAULT_LEADS, DEFAULT_SEED, draw_sample
from leadsmart.sample.effects import PlantedEffects
from leadsmart.sample.export import SampleTables, check_directory, export_tables, is_sample, write_tables
from leadsmart.sample.markets import market_tables
from leadsmart.sample.truth import SampleTruth, derive_truth

__all__ = [
    "DEFAULT_LEADS",
    "DEFAULT_SEED",
    "PlantedEffects",
    "SampleTables",
    "SampleTruth",
    "is_sample",
    "make_sample",
    "sample_market",
    "sample_market_tables",
    "write_sample",
]

_ALL_EFFECTS = PlantedEffects()


def make_sample(
    *,
    leads: int = DEFAULT_LEADS,
    seed: int = DEFAULT_SEED,
    effects: PlantedEffects = _ALL_EFFECTS,
    defects: bool = True,
) -> tuple[SampleTables, SampleTruth]:
    """Make a sample export in memory.

    Parameters
    ----------
    leads : int
        Rows of ``campaign_leads``; everything else scales with it.
    seed : int
    effects : PlantedEffects
        What is planted.
    defects : bool
        False gives an export that cleaning leaves as it is (leads without events and invalid e-mails remain:
        those are facts, not defects).

    Returns
    -------
    SampleTables
        The five tables, all columns as text.
    SampleTruth
        What is true of them.
    """
    draw = draw_sample(leads, seed, effects)
    tables, contacts = export_tables(draw)
    counts: dict[str, int] = {}
    if defects:
        tables, counts = add_defects(tables, seed)
    return tables, derive_truth(draw, {"messages_with_contact": contacts, **counts})


def write_sample(
    directory: Path,
    *,
    leads: int = DEFAULT_LEADS,
    seed: int = DEFAULT_SEED,
    effects: PlantedEffects = _ALL_EFFECTS,
    overwrite: bool = False,
) -> SampleTruth:
    """Write a sample export with defects, and ``sample.json`` that marks the folder as a sample.

    Parameters
    ----------
    directory : Path
        Made where it does not exist.
    leads, seed, effects
        See `make_sample`.
    overwrite : bool
        Whether a former sample may be replaced.

    Returns
    -------
    SampleTruth

    Raises
    ------
    InputError
        If `directory` is a file, holds something else than a sample (whatever `overwrite` says), or holds a
        sample and `overwrite` is False.
    """
    directory = Path(directory)
    check_directory(directory, overwrite=overwrite)
    tables, truth = make_sample(leads=leads, seed=seed, effects=effects)
    description = {"sample": True, "seed": seed, "leads": leads, "effects": effects.as_dict()}
    write_tables(tables, directory, description, overwrite=overwrite)
    return truth


def sample_market(
    market: str | None,
    *,
    leads: int = DEFAULT_LEADS,
    seed: int = DEFAULT_SEED,
    effects: PlantedEffects = _ALL_EFFECTS,
    timezone: str = "Africa/Cairo",
) -> tuple[MarketTables, SampleTruth]:
    """Make the clean tables of one market, and the truth of the whole sample.

    Parameters
    ----------
    market : str or None
        None gives all markets together.
    leads : int
        Leads of the whole sample, of which the market has its share.
    seed, effects
        See `make_sample`.
    timezone : str
        IANA name: the zone of the moments.

    Returns
    -------
    MarketTables
    SampleTruth
    """
    draw = draw_sample(leads, seed, effects)
    return market_tables(draw, market, timezone), derive_truth(draw, {})


def sample_market_tables(
    market: str | None,
    *,
    leads: int = DEFAULT_LEADS,
    seed: int = DEFAULT_SEED,
    effects: PlantedEffects = _ALL_EFFECTS,
    timezone: str = "Africa/Cairo",
) -> MarketTables:
    """Make the clean tables of one market from a defect-free sample; see `sample_market`.

    Parameters
    ----------
    market, leads, seed, effects, timezone
        See `sample_market`.

    Returns
    -------
    MarketTables
    """
    return market_tables(draw_sample(leads, seed, effects), market, timezone)
