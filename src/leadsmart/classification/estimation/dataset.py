"""What a market's models learn from and are judged on: features and labels of its leads, and when each was known."""

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import pandas as pd

from leadsmart.classification.estimation.leaks import Leak, find_leaks
from leadsmart.classification.features.features import META_COLUMNS, Features, build_features
from leadsmart.classification.features.labels import label_leads
from leadsmart.errors import ModelError
from leadsmart.formats import format_count
from leadsmart.market import Market

TEST_SHARE: Final = 0.2
#: Column of an extract: the market's form fields that are leaks, comma-separated.
LEAKS: Final = "leaks"


@dataclass(frozen=True)
class TimeSplit:
    """The newest labelled leads held back, and what was known when the first of them arrived.

    Attributes
    ----------
    train : DataFrame
        Arrived before `cutoff`, label known by then.
    test : DataFrame
        The newest share of the labelled leads.
    cutoff : Timestamp
        Arrival of the first test lead.
    """

    train: pd.DataFrame
    test: pd.DataFrame
    cutoff: pd.Timestamp


@dataclass(frozen=True)
class Dataset:
    """Features and labels of a market's leads.

    Attributes
    ----------
    market : Market
    features : Features
    labels : DataFrame
        As `labels.label_leads` returns it.
    leaks : tuple of Leak
        Form fields that were written after the lead arrived; neither the market's leads nor `features` have them.
    """

    market: Market
    features: Features
    labels: pd.DataFrame
    leaks: tuple[Leak, ...] = ()

    @cached_property
    def labelled(self) -> pd.DataFrame:
        """The feature frame of the leads with a label, with ``label`` (1.0, 0.0) and ``labelled_at``, by arrival."""
        known = self.labels.loc[self.labels["label"].notna(), ["lead_id", "label", "labelled_at"]]
        return self.features.frame.merge(known, on="lead_id", how="inner").sort_values(
            ["arrived_at", "lead_id"], kind="stable", ignore_index=True
        )

    @cached_property
    def split(self) -> TimeSplit:
        """`split_forward` of the labelled leads."""
        return split_forward(self.labelled)


def build_dataset(market: Market) -> Dataset:
    """Build the features and labels of a market's leads as known at `as_of`, without form fields that are leaks."""
    features, labels = build_features(market), label_leads(market)
    leaks = find_leaks(market, features, labels)
    if leaks:
        # the form's completeness counts fields, so that leaving out a column of the frame would not do
        leads = market.tables.leads.drop(columns=[leak.column for leak in leaks])
        market = Market(market.tables._replace(leads=leads), market.params)
        features = build_features(market)
    return Dataset(market, features, labels, leaks)


def known_at(leads: pd.DataFrame, cutoff: pd.Timestamp, is_final: bool = False) -> pd.DataFrame:
    """Keep leads that arrived before `cutoff` and whose label was known by then.

    Parameters
    ----------
    leads : DataFrame
        As `Dataset.labelled`.
    cutoff : Timestamp
    is_final : bool
        `cutoff` is the end of the data, by which undated verdicts were known too.

    Returns
    -------
    DataFrame
    """
    known = leads["labelled_at"] <= cutoff
    if is_final:
        known |= leads["labelled_at"].isna()
    return leads[(leads["arrived_at"] < cutoff) & known]


def split_forward(leads: pd.DataFrame) -> TimeSplit:
    """Hold back the newest fifth of labelled leads.

    Parameters
    ----------
    leads : DataFrame
        Labelled leads ordered by arrival, with ``arrived_at`` and ``labelled_at``.

    Returns
    -------
    TimeSplit
        Leads that arrived at the same moment are on the same side.

    Raises
    ------
    ModelError
        If there is no labelled lead.
    """
    if leads.empty:
        raise ModelError("no lead has a label", remedy="Wait for verdicts, or widen the lead definition")
    first = min(int(np.floor((1 - TEST_SHARE) * len(leads))), len(leads) - 1)
    cutoff = leads["arrived_at"].iloc[first]
    train = known_at(leads, cutoff).reset_index(drop=True)
    test = leads[leads["arrived_at"] >= cutoff].reset_index(drop=True)
    return TimeSplit(train=train, test=test, cutoff=cutoff)


def count_labels(leads: pd.DataFrame) -> tuple[int, int]:
    """Count the labelled leads that are qualified, and those that are not."""
    good = int((leads["label"] == 1).sum())
    return good, len(leads) - good


def describe_labels(leads: pd.DataFrame) -> str:
    """Say how many labelled leads there are of each kind."""
    good, bad = count_labels(leads)
    return f"{format_count(good)} qualified and {format_count(bad)} not qualified leads"


def training_extract(market: Market) -> pd.DataFrame:
    """Make a market's contribution to the pooled model: labelled leads without ids or contacts.

    Parameters
    ----------
    market : Market

    Returns
    -------
    DataFrame
        One row per labelled lead, ordered by arrival: ``market`` (str), ``target`` (str), ``arrived_at``
        and ``labelled_at`` (moments in UTC; NaT when undated), ``label`` (1.0, 0.0),
        ``is_first_message`` (bool), ``leaks`` (str) and one column per feature.
    """
    dataset = build_dataset(market)
    leads = dataset.labelled
    moments = {c: leads[c].dt.tz_convert("UTC") for c in ("arrived_at", "labelled_at")}
    named = [s.name for s in dataset.features.specs if s.name not in META_COLUMNS]
    extract = leads[["market", "arrived_at", "labelled_at", "label", "is_first_message", *named]]
    leaks = ",".join(leak.column for leak in dataset.leaks)
    return extract.assign(**moments, **{"target": market.params.target, LEAKS: leaks})
