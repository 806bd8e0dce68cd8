"""A tiny export of three campaigns, and ways to write and clean it."""

import csv
import functools
from copy import deepcopy
from pathlib import Path

import pandas as pd

from leadsmart.cleaning.clean import CleanedMarket, clean_slice
from leadsmart.cleaning.reading.slices import Slices
from leadsmart.cleaning.reading.split import split_export
from leadsmart.params import Params, load_params

ROOT = Path(__file__).parents[2]
KEY = b"a key for tests"
MARKET = "new-cairo"
MARKETS = [MARKET, "gulf"]
STEMS = {
    "campaigns": "campaigns",
    "ad_performance": "insights",
    "leads": "campaign_leads",
    "status_events": "lead_status_changes",
    "project_markets": "project_markets",
}

Export = dict[str, list[dict[str, str]]]


def make_campaign(campaign_id: str = "1", **values: str) -> dict[str, str]:
    row = {
        "id": campaign_id,
        "daily_budget": "1200",
        "start_time": "2024-06-01 08:00:00",
        "stop_time": "2024-06-05 23:59:59",
        "user_id": "10",
        "project_name": "Alpha",
    }
    return row | values


def make_delivery(ad_set_id: str = "100", campaign_id: str = "1", **values: str) -> dict[str, str]:
    row = {
        "ad_set_id": ad_set_id,
        "campaign_id": campaign_id,
        "reach": "80",
        "spend": "10.50",
        "clicks": "5",
        "impressions": "100",
        "created_at": "2024-06-01 00:00:00",
    }
    return row | values


def make_lead(lead_id: str = "1001", campaign_id: str = "1", **values: str) -> dict[str, str]:
    number = int(lead_id) if lead_id.isdigit() else 0
    row = {
        "id": lead_id,
        "campaign_id": campaign_id,
        "name": f"Mona Hassan {'abcdefghij'[number % 10] * 4}",
        "email": f"mona{number}@gmail.com",
        "phone": f"+2010012{number:05}",
        "lead_status": "NEW_LEAD",
        "added_date": "2024-06-02 10:00:00",
    }
    return row | values


def make_event(lead_id: str = "1001", **values: str) -> dict[str, str]:
    return {"lead_id": lead_id, "status": "NEW_LEAD", "created_at": "2024-06-02 10:00:00"} | values


def make_tables() -> Export:
    """Two campaigns of new-cairo, one of gulf, one of a project without a market; nothing wrong in it."""
    return {
        "campaigns": [
            make_campaign("1"),
            make_campaign("2", user_id="11", project_name="Beta"),
            make_campaign("3", user_id="12", project_name="Gamma"),
            make_campaign("4", user_id="10", project_name="Delta"),
        ],
        "ad_performance": [
            make_delivery("100", "1"),
            make_delivery("100", "1", created_at="2024-06-02 00:00:00", spend="20.25"),
            make_delivery("200", "2", created_at="2024-06-02 00:00:00", spend="30"),
            make_delivery("300", "3", spend="5"),
            make_delivery("400", "4", spend="7"),
        ],
        "leads": [
            make_lead("1001", "1", lead_status="QUALIFIED"),
            make_lead("1002", "1", added_date="2024-06-03 11:00:00"),
            make_lead("2001", "2", added_date="2024-06-03 12:00:00"),
            make_lead("3001", "3"),
            make_lead("4001", "4"),
        ],
        "status_events": [
            make_event("1001"),
            make_event("1001", status="QUALIFIED", created_at="2024-06-08 09:30:00"),
            make_event("1002", created_at="2024-06-03 11:00:00"),
            make_event("2001", created_at="2024-06-03 12:00:00"),
            make_event("3001"),
            make_event("4001"),
        ],
        "project_markets": [
            {"project_name": "Alpha", "market": MARKET},
            {"project_name": "Beta", "market": MARKET},
            {"project_name": "Gamma", "market": "gulf"},
        ],
    }


def write_rows(
    path: Path, rows: list[dict[str, str]], *, encoding: str = "utf-8", delimiter: str = ","
) -> None:
    columns = list(dict.fromkeys(column for row in rows for column in row))
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.DictWriter(file, columns, delimiter=delimiter, lineterminator="\n", restval="")
        writer.writeheader()
        writer.writerows(rows)


def write_export(folder: Path, tables: Export, **options: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for table, rows in tables.items():
        write_rows(folder / f"{STEMS[table]}.csv", rows, **options)
    return folder


@functools.cache
def _defaults() -> Params:
    return load_params(MARKET, ROOT / "params", {"max_quarantine_share": 0.5})


def make_params(**values: object) -> Params:
    return Params(**(_defaults().model_dump() | values))


def split(folder: Path, cache: Path) -> Slices:
    return split_export(folder, cache, params_of(MARKETS))


def params_of(markets) -> dict[str, Params]:
    return {market: make_params(market=market) for market in markets}


def clean(folder: Path, cache: Path, market: str = MARKET, corrections=(), **values: object) -> CleanedMarket:
    return clean_slice(split(folder, cache), market, make_params(**values), KEY, corrections)


def clean_rows(tables: Export, tmp_path: Path, market: str = MARKET, **values: object) -> CleanedMarket:
    """Write and clean an export in one go."""
    folder = write_export(tmp_path / "export", deepcopy(tables))
    return clean(folder, tmp_path / "cache", market, **values)


def ledger_rows(cleaned: CleanedMarket, table: str, rule: str) -> int:
    ledger = cleaned.ledger
    return int(ledger.loc[(ledger["table"] == table) & (ledger["rule"] == rule), "rows"].sum())


def assert_same(one: pd.DataFrame, other: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(one.reset_index(drop=True), other.reset_index(drop=True))
