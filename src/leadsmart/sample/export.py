"""A sample as the platform exports it: every column as text, and the files."""

import json
import tempfile
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import pandas as pd

from leadsmart.errors import InputError
from leadsmart.sample.draw import Draw, words_at
from leadsmart.sample.history import STATUSES
from leadsmart.sample.leads import BUDGETS, UNIT_TYPES, VARIANTS
from leadsmart.sample.messages import INTENTS, add_contacts, draw_messages
from leadsmart.sample.people import draw_people
from leadsmart.sample.streams import stream
from leadsmart.sample.world import FIRST_DAY

SAMPLE_MARKER: Final = "sample.json"
#: What lies beside the files, as anybody's export would say it.
MAPPING_FILE: Final = "mapping.yml"
MAPPING: Final = "# Columns of campaign_leads.csv that are answers of the form; others are read by nothing.\nform_fields: [budget, unit_type]\n"


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


def export_tables(draw: Draw) -> tuple[SampleTables, int]:
    """The export without defects, and how many messages hold a contact."""
    leads, messages_with_contacts = _leads(draw)
    tables = SampleTables(_campaigns(draw), _insights(draw), leads, _events(draw), _markets(draw))
    return tables, messages_with_contacts


def _campaigns(draw: Draw) -> pd.DataFrame:
    plan, names = draw.world.campaigns, draw.campaign_names
    return pd.DataFrame(
        {
            "id": names["campaign_id"],
            "daily_budget": plan["daily_budget"].astype("str"),
            "start_time": _moments(plan["started_at"].to_numpy()),
            "stop_time": _moments(plan["stopped_at"].to_numpy()),
            **names[["user_id", "project_name", "channel"]],
        }
    )


def _insights(draw: Draw) -> pd.DataFrame:
    rows = draw.delivery.rows
    days = (FIRST_DAY + np.arange(rows["day"].max() + 1)).astype("datetime64[s]")
    return pd.DataFrame(
        {
            "ad_set_id": rows["ad_set_id"].astype("str"),
            "campaign_id": draw.campaign_names["campaign_id"].array[rows["campaign"].to_numpy()],
            "reach": rows["reach"].astype("str"),
            "spend": (rows["cents"] / 100).astype("str"),
            "clicks": rows["clicks"].astype("str"),
            "impressions": rows["impressions"].astype("str"),
            "created_at": _moments(days).take(rows["day"].to_numpy()),
        }
    )


def _leads(draw: Draw) -> tuple[pd.DataFrame, int]:
    leads = draw.arrivals.leads
    people = draw_people(len(leads), draw.seed, leads["has_phone"].to_numpy())
    message, label = draw_messages(draw.seed, leads["intent"].to_numpy())
    message, contacts = add_contacts(stream(draw.seed, "contacts in messages"), message, people)
    table = pd.DataFrame(
        {
            "id": draw.lead_ids,
            "campaign_id": draw.campaign_names["campaign_id"].array[leads["campaign"].to_numpy()],
            "name": people.name,
            "email": people.email,
            "phone": people.phone,
            "lead_status": words_at(STATUSES, draw.history.status),
            "added_date": _moments(leads["arrived_at"].to_numpy().astype("datetime64[s]")),
            "message": message,
            "form_variant": words_at(VARIANTS, leads["variant"]),
            "budget": words_at(BUDGETS, leads["budget"]),
            "unit_type": words_at(UNIT_TYPES, leads["unit_type"]),
            "message_intent": words_at(INTENTS, label),
        }
    )
    return table.astype("str").fillna(""), contacts


def _events(draw: Draw) -> pd.DataFrame:
    events = draw.history.events
    return pd.DataFrame(
        {
            "lead_id": draw.lead_ids.array[events["lead"].to_numpy()],
            "status": words_at(STATUSES, events["status"]),
            "created_at": _moments(events["at"].to_numpy().astype("datetime64[s]")),
        }
    )


def _markets(draw: Draw) -> pd.DataFrame:
    projects = draw.campaign_names[["project_name", "market"]].drop_duplicates()
    return projects.sort_values("project_name", kind="stable", ignore_index=True)


def _moments(values: np.ndarray) -> pd.api.extensions.ExtensionArray:
    """Text such as ``2024-06-06 04:49:55``."""
    text = np.datetime_as_string(values.astype("datetime64[s]"), unit="s")
    return pd.Series(text, dtype="str").str.replace("T", " ").array


def write_tables(
    tables: SampleTables, directory: Path, description: dict[str, Any], *, overwrite: bool
) -> None:
    """Write the five files, the mapping and the marker; nothing of a former sample is lost if writing fails.

    Parameters
    ----------
    tables : SampleTables
    directory : Path
        Made where it does not exist.
    description : dict
        What the marker says.
    overwrite : bool
        Whether a former sample may be replaced.

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
        (Path(scratch) / SAMPLE_MARKER).write_text(text, encoding="utf-8", newline="\n")
        (Path(scratch) / MAPPING_FILE).write_text(MAPPING, encoding="utf-8", newline="\n")
        # the marker comes last: a folder with it is complete
        for name in [*(f"{name}.csv" for name in tables._fields), MAPPING_FILE, SAMPLE_MARKER]:
            (Path(scratch) / name).replace(directory / name)


def check_directory(directory: Path, *, overwrite: bool) -> None:
    """Refuse a folder that a sample must not be written into (see `write_tables`).

    Parameters
    ----------
    directory : Path
    overwrite : bool

    Raises
    ------
    InputError
        If `directory` is a file, holds something else than a sample, or a sample and `overwrite` is False.
    """
    problem = None
    if directory.exists() and not directory.is_dir():
        problem, remedy = "a sample needs a folder, this is a file", "Name a folder"
    elif directory.is_dir() and any(directory.iterdir()):
        if not is_sample(directory):
            problem = "the folder is not empty and not a sample, so nothing is written into it"
            remedy = "Name a new or empty folder"
        elif not overwrite:
            problem, remedy = "the folder holds a sample already", "Name another folder, or allow overwriting"
    if problem:
        raise InputError(problem, remedy=remedy, file=str(directory))


def is_sample(directory: Path) -> bool:
    """Whether `directory` holds a sample that `write_sample` wrote, by its marker ``sample.json``."""
    try:
        marker = json.loads((directory / SAMPLE_MARKER).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(marker, dict) and marker.get("sample") is True
