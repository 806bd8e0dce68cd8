"""A sample as the platform exports it: every column as text, and the files."""

import json
import tempfile
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import pandas as pd

from leadsmart.errors import InputError
from leadsmart.sample.draw import Draw
from leadsmart.sample.history import STATUSES
from leadsmart.sample.leads import BUDGETS, UNIT_TYPES, VARIANTS
from leadsmart.sample.messages import INTENTS, add_contacts, draw_labels, draw_messages
from leadsmart.sample.people import draw_people
from leadsmart.sample.streams import stream
from leadsmart.sample.world import CHANNELS, FIRST_DAY, MARKET_NAMES

MARKER: Final = "sample.json"


class SampleTables(NamedTuple):
    """The files of a sample export, all columns as text, empty where nothing was given.

    Attributes
    ----------
    campaigns : DataFrame
        One row per campaign: ``id, daily_budget, start_time, stop_time, user_id, project_name, channel``.
    insights : DataFrame
        One row per ad set and day: ``ad_set_id, campaign_id, reach, spend, clicks, impressions, created_at``.
    campaign_leads : DataFrame
        One row per lead: ``id, campaign_id, name, email, phone, lead_status, added_date, message, form_variant, budget,
        unit_type, message_intent``.
    lead_status_changes : DataFrame
        One row per change: ``lead_id, status, created_at``.
    project_markets : DataFrame
        One row per project: ``project_name, market``.
    """

    campaigns: pd.DataFrame
    insights: pd.DataFrame
    campaign_leads: pd.DataFrame
    lead_status_changes: pd.DataFrame
    project_markets: pd.DataFrame


def export_tables(draw: Draw, seed: int) -> tuple[SampleTables, int]:
    """The export without defects, and how many messages hold a contact."""
    leads, messages_with_contacts = _leads(draw, seed)
    tables = SampleTables(_campaigns(draw), _insights(draw), leads, _events(draw), _markets(draw))
    return tables, messages_with_contacts


def _campaigns(draw: Draw) -> pd.DataFrame:
    plan = draw.world.campaigns
    return pd.DataFrame(
        {
            "id": plan["campaign_id"].astype("str"),
            "daily_budget": plan["daily_budget"].astype("str"),
            "start_time": _moments(plan["started_at"].to_numpy()),
            "stop_time": _moments(plan["stopped_at"].to_numpy()),
            "user_id": draw.world.users["user_id"].astype("str").array[plan["user"].to_numpy()],
            "project_name": pd.array(plan["project_name"].tolist(), dtype="str"),
            "channel": _words(CHANNELS, plan["channel"].to_numpy()),
        }
    )


def _insights(draw: Draw) -> pd.DataFrame:
    rows = draw.delivery.rows
    days = (FIRST_DAY + np.arange(rows["day"].max() + 1)).astype("datetime64[s]")
    return pd.DataFrame(
        {
            "ad_set_id": rows["ad_set_id"].astype("str"),
            "campaign_id": draw.world.campaigns["campaign_id"]
            .astype("str")
            .array[rows["campaign"].to_numpy()],
            "reach": rows["reach"].astype("str"),
            "spend": (rows["cents"] / 100).astype("str"),
            "clicks": rows["clicks"].astype("str"),
            "impressions": rows["impressions"].astype("str"),
            "created_at": _moments(days).take(rows["day"].to_numpy()),
        }
    )


def _leads(draw: Draw, seed: int) -> tuple[pd.DataFrame, int]:
    leads = draw.arrivals.leads
    people = draw_people(len(leads), seed, leads["has_phone"].to_numpy())
    message, _ = draw_messages(stream(seed, "messages"), leads["intent"].to_numpy())
    label = draw_labels(stream(seed, "message labels"), leads["intent"].to_numpy(), message)
    message, contacts = add_contacts(
        stream(seed, "contacts in messages"), message, people.name, people.email, people.phone
    )
    table = pd.DataFrame(
        {
            "id": leads["lead_id"].astype("str"),
            "campaign_id": draw.world.campaigns["campaign_id"]
            .astype("str")
            .array[leads["campaign"].to_numpy()],
            "name": pd.array(people.name, dtype="str"),
            "email": pd.array(people.email, dtype="str"),
            "phone": pd.array(people.phone, dtype="str"),
            "lead_status": _words(STATUSES, draw.history.status),
            "added_date": _moments(leads["arrived_at"].to_numpy().astype("datetime64[s]")),
            "message": pd.array(message, dtype="str"),
            "form_variant": _words(VARIANTS, leads["variant"].to_numpy()),
            "budget": _words((*BUDGETS, ""), leads["budget"].to_numpy()),
            "unit_type": _words((*UNIT_TYPES, ""), leads["unit_type"].to_numpy()),
            "message_intent": _words((*INTENTS, ""), label),
        }
    )
    return table, contacts


def _events(draw: Draw) -> pd.DataFrame:
    events = draw.history.events
    return pd.DataFrame(
        {
            "lead_id": draw.arrivals.leads["lead_id"].astype("str").array[events["lead"].to_numpy()],
            "status": _words(STATUSES, events["status"].to_numpy()),
            "created_at": _moments(events["at"].to_numpy().astype("datetime64[s]")),
        }
    )


def _markets(draw: Draw) -> pd.DataFrame:
    plan = (
        draw.world.campaigns[["project_name", "market"]]
        .drop_duplicates()
        .sort_values("project_name", kind="stable")
    )
    return pd.DataFrame(
        {
            "project_name": pd.array(plan["project_name"].tolist(), dtype="str"),
            "market": _words(MARKET_NAMES, plan["market"].to_numpy()),
        }
    )


def _words(words: tuple[str, ...], position: np.ndarray) -> pd.api.extensions.ExtensionArray:
    # position −1 is the last word: nothing given
    return pd.array(list(words), dtype="str").take(position % len(words))


def _moments(values: np.ndarray) -> pd.api.extensions.ExtensionArray:
    """Text such as ``2024-06-06 04:49:55``."""
    if not len(values):
        return pd.array([], dtype="str")
    text = np.char.replace(np.datetime_as_string(values.astype("datetime64[s]"), unit="s"), "T", " ")
    return pd.array(text.astype(object), dtype="str")


def write_tables(tables: SampleTables, directory: Path, description: dict, *, overwrite: bool) -> None:
    """Write the five files and the marker; nothing of a former sample is lost if writing fails.

    Raises
    ------
    InputError
        If `directory` is a file, holds something else than a sample, or a sample and `overwrite` is False.
    """
    check_directory(directory, overwrite=overwrite)
    directory.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=directory, prefix=".sample-") as scratch:
        for name, table in tables._asdict().items():
            table.to_csv(Path(scratch) / f"{name}.csv", index=False, lineterminator="\n", encoding="utf-8")
        text = json.dumps(description, indent=2) + "\n"
        (Path(scratch) / MARKER).write_text(text, encoding="utf-8", newline="\n")
        # the marker comes last: a folder with it is complete
        for name in [*(f"{name}.csv" for name in tables._fields), MARKER]:
            (Path(scratch) / name).replace(directory / name)


def check_directory(directory: Path, *, overwrite: bool) -> None:
    """Refuse a folder that a sample must not be written into (see `write_tables`)."""
    if directory.exists() and not directory.is_dir():
        raise InputError(
            "a sample needs a folder, this is a file", remedy="Name a folder", file=str(directory)
        )
    if not directory.is_dir() or not any(directory.iterdir()):
        return
    if not is_sample(directory):
        raise InputError(
            "the folder is not empty and not a sample, so nothing is written into it",
            remedy="Name a new or empty folder",
            file=str(directory),
        )
    if not overwrite:
        raise InputError(
            "the folder holds a sample already",
            remedy="Name another folder, or allow overwriting",
            file=str(directory),
        )


def is_sample(directory: Path) -> bool:
    """Whether `directory` holds a sample that `write_sample` wrote, by its marker ``sample.json``."""
    try:
        marker = json.loads((directory / MARKER).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(marker, dict) and marker.get("sample") is True
