"""What the lead score learns from: a label per lead, and the moment it became known."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import pandas as pd

from leadsmart.formats import format_count, format_percent
from leadsmart.market import Market
from leadsmart.market_tables import look_up
from leadsmart.params import Params
from leadsmart.vocabulary import (
    OUTCOME_DISQUALIFIED,
    OUTCOME_QUALIFIED,
    OUTCOME_UNDECIDED,
    UNTOUCHED_STATUSES,
)

TARGET_TITLES: Final[dict[str, str]] = {
    "qualified_given_verdict": "Chance of being qualified, given that sales decide",
    "qualified_within_horizon": "Chance of being qualified within the horizon, given that sales make contact",
}
LABEL_COLUMNS: Final = ("lead_id", "arrived_at", "user_id", "campaign_id", "label", "labelled_at")


@dataclass(frozen=True)
class LabelSummary:
    """How many leads teach, how many do not, and why.

    Attributes
    ----------
    table : DataFrame
        One row per kind of lead: ``kind``, ``leads`` (count), ``share`` (of all leads).
    sentence : str
        The same in words, with the rule for verdicts without a date.
    """

    table: pd.DataFrame
    sentence: str


def end_of_day(day: dt.date, zone: str) -> pd.Timestamp:
    """Return the moment at which `day` is over in time zone `zone`.

    >>> end_of_day(dt.date(2024, 12, 31), "Africa/Cairo").isoformat()
    '2025-01-01T00:00:00+02:00'
    """
    return pd.Timestamp(day + dt.timedelta(days=1)).tz_localize(
        zone, ambiguous=True, nonexistent="shift_forward"
    )


def status_as_of(market: Market) -> pd.DataFrame:
    """Say which status each lead had at the end of day `as_of`.

    A lead with events after `as_of` has the status of its last event before; any other lead has the
    status of the export, whose date may be unknown.

    Parameters
    ----------
    market : Market

    Returns
    -------
    DataFrame
        One row per lead, in the order of ``tables.leads``: ``lead_id``, ``campaign_id``, ``user_id``,
        ``arrived_at``, ``status``, ``outcome`` (of the vocabulary; undecided for a status in no list).
    """
    cut = end_of_day(market.as_of, market.params.timezone)
    users = market.tables.campaigns.drop_duplicates("campaign_id").set_index("campaign_id")["user_id"]
    leads = market.tables.leads.loc[
        market.tables.leads["arrived_at"] < cut, ["lead_id", "campaign_id", "arrived_at", "lead_status"]
    ]
    events = market.tables.status_events
    later = set(events.loc[events["changed_at"] >= cut, "lead_id"])
    earlier = events[(events["changed_at"] < cut) & events["lead_id"].isin(later)]
    last = earlier.sort_values("changed_at", kind="stable").groupby("lead_id")["status"].last()
    rewound = leads["lead_id"].isin(later)
    status = leads["lead_status"].mask(rewound, look_up(leads["lead_id"], last).fillna("NEW_LEAD"))
    outcome_of = _outcome_of(market.params)
    return pd.DataFrame(
        {
            "lead_id": leads["lead_id"],
            "campaign_id": leads["campaign_id"],
            "user_id": leads["campaign_id"].map(users),
            "arrived_at": leads["arrived_at"],
            "status": status,
            "outcome": status.map(outcome_of).fillna(OUTCOME_UNDECIDED),
        }
    ).reset_index(drop=True)


def label_leads(market: Market) -> pd.DataFrame:
    """Label each lead under the market's target (``params.target``).

    ``qualified_given_verdict``: 1 if the lead's status means qualified, 0 if disqualified, else missing.
    The verdict became known at the first event of that kind after which it was never reversed; it has no
    moment (NaT) if the export dates none. **Rule for such verdicts**: they count as known on the last day
    only, so they never train a model that is judged on later leads, and do train the final one.

    ``qualified_within_horizon``: leads that sales touched, by a dated event, within ``horizon_days`` of
    arrival: 1 if an event meaning qualified came within them, else 0. Known when the horizon is over, for
    both classes, or early positives would outnumber early negatives; younger leads are missing.

    Undecided and untouched leads are never negatives.

    Parameters
    ----------
    market : Market

    Returns
    -------
    DataFrame
        One row per lead that arrived up to `as_of`: ``lead_id``, ``arrived_at``, ``user_id``,
        ``campaign_id``, ``label`` (1.0, 0.0 or NaN), ``labelled_at`` (moment, NaT when undated).
    """
    current = status_as_of(market)
    cut = end_of_day(market.as_of, market.params.timezone)
    events = market.tables.status_events[market.tables.status_events["changed_at"] < cut]
    if market.params.target == "qualified_given_verdict":
        label, labelled_at = _given_verdict(current, events, market.params)
    else:
        label, labelled_at = _within_horizon(current, events, market.params, cut)
    labelled = current.assign(label=label, labelled_at=labelled_at)
    return labelled[list(LABEL_COLUMNS)]


def _outcome_of(params: Params) -> dict[str, str]:
    return {status: outcome for outcome, statuses in params.outcome_statuses.items() for status in statuses}


def _given_verdict(
    current: pd.DataFrame, events: pd.DataFrame, params: Params
) -> tuple[pd.Series, pd.Series]:
    label = current["outcome"].map({OUTCOME_QUALIFIED: 1.0, OUTCOME_DISQUALIFIED: 0.0}).astype(float)
    verdicts = events.assign(outcome=events["status"].map(_outcome_of(params)))
    verdicts = verdicts[verdicts["outcome"].isin([OUTCOME_QUALIFIED, OUTCOME_DISQUALIFIED])]
    standing = verdicts.merge(current[["lead_id", "outcome"]], on="lead_id", suffixes=("", "_now"))
    agrees = standing["outcome"] == standing["outcome_now"]
    reversed_at = standing[~agrees].groupby("lead_id")["changed_at"].max()
    standing = standing[agrees]
    after = look_up(standing["lead_id"], reversed_at)
    since = standing[after.isna() | (standing["changed_at"] >= after)].groupby("lead_id")["changed_at"].min()
    return label, look_up(current["lead_id"], since)


def _within_horizon(
    current: pd.DataFrame, events: pd.DataFrame, params: Params, cut: pd.Timestamp
) -> tuple[pd.Series, pd.Series]:
    due = current["arrived_at"] + pd.Timedelta(days=params.horizon_days)
    dated = events.merge(pd.DataFrame({"lead_id": current["lead_id"], "due": due}), on="lead_id")
    dated = dated[dated["changed_at"] <= dated["due"]]
    touched = set(dated.loc[~dated["status"].isin(UNTOUCHED_STATUSES), "lead_id"])
    qualified = set(dated.loc[dated["status"].isin(params.qualified_statuses), "lead_id"])
    label = current["lead_id"].isin(qualified).astype(float)
    counts = current["lead_id"].isin(touched) & (due <= cut)
    return label.where(counts), due.where(counts)


def intent_of_status(statuses: Iterable[str], params: Params) -> list[str | None]:
    """Say what each status tells about the person's intent, by ``params.intent_statuses``.

    Parameters
    ----------
    statuses : iterable of str
    params : Params

    Returns
    -------
    list of str
        ``high``, ``medium``, ``low`` or ``junk``; None where the status says nothing.
    """
    level_of = {status: level for level, listed in params.intent_statuses.items() for status in listed}
    return [level_of.get(status) for status in statuses]


def summarise_labels(labels: pd.DataFrame) -> LabelSummary:
    """Count what the score can learn from.

    Parameters
    ----------
    labels : DataFrame
        As `label_leads` returns it.

    Returns
    -------
    LabelSummary
    """
    leads, known = len(labels), labels["label"].notna()
    counts = {
        "qualified": int((labels["label"] == 1).sum()),
        "not qualified": int((labels["label"] == 0).sum()),
        "no verdict yet: teaches nothing": int((~known).sum()),
        "of the labelled, undated": int((known & labels["labelled_at"].isna()).sum()),
    }
    table = pd.DataFrame({"kind": list(counts), "leads": list(counts.values())})
    table["share"] = table["leads"] / leads if leads else float("nan")
    undated = counts["of the labelled, undated"]
    sentence = (
        f"{format_count(known.sum())} of {format_count(leads)} leads ({format_percent(known.mean())}) have a label: "
        f"{format_count(counts['qualified'])} qualified, {format_count(counts['not qualified'])} not. "
        "The others are in neither class."
    )
    if undated:
        sentence += (
            f" Verdicts without a date: {format_count(undated)}. They never train a model that is judged on later "
            "leads, as nobody can tell when they became known."
        )
    return LabelSummary(table=table, sentence=sentence)


def count_labels_by_market(extracts: pd.DataFrame, titles: dict[str, str]) -> pd.DataFrame:
    """Count the labelled leads of each market.

    Parameters
    ----------
    extracts : DataFrame
        What `dataset.training_extract` returned for each market, one below the other.
    titles : dict
        Market -> its title.

    Returns
    -------
    DataFrame
        One row per market, most leads first: ``market`` (title), ``leads, qualified`` (counts).
    """
    counts = extracts.groupby("market")["label"].agg(leads="size", qualified="sum").reset_index()
    counts["market"] = counts["market"].map(titles)
    return counts.sort_values(["leads", "market"], ascending=[False, True], ignore_index=True)
