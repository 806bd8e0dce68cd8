"""Small files of other systems, and ways to stage them."""

import tempfile
from pathlib import Path

import duckdb
import pandas as pd

from leadsmart.cleaning.mapping.model import MAPPING_FILE, read_mapping
from leadsmart.cleaning.mapping.opening import open_mapped
from leadsmart.cleaning.mapping.proposing.propose import propose_mapping
from leadsmart.cleaning.mapping.staging import stage_files
from leadsmart.cleaning.parsing.file_formats import create_formats
from leadsmart.cleaning.parsing.notes import Note, create_notes, list_notes
from leadsmart.errors import InputProblems
from leadsmart.vocabulary import MARKET_LOOKUP, TABLES

DELIVERY = """\
Campaign Performance
June 2024

Day,Campaign,Campaign ID,Set ID,Cost,Impr.,Clicks
2024-06-01,Alpha | Leads,9001,1,"1,000.50",100,5
2024-06-02,Alpha | Leads,9001,1,20.25,200,6
2024-06-02,Beta | Leads,9002,2,30,300,7
Total: Account,--,--,--,"1,060.75",600,18
"""
DELIVERY_ENTRY = """
  - file: report.csv
    table: insights
    title_lines: 3
    total_lines: {starts_with: ["Total:"]}
    columns:
      ad_set_id: Set ID
      campaign_id: Campaign ID
      spend: Cost
      impressions: Impr.
      clicks: Clicks
      created_at: Day
"""


def write(folder: Path, name: str, text: str, encoding: str = "utf-8") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(text, encoding=encoding, newline="")
    return path


def write_mapping(folder: Path, entries: str, more: str = "") -> Path:
    return write(folder, MAPPING_FILE, f"tables:{entries}\n{more}\n")


def stage_all(folder: Path) -> tuple[dict[str, pd.DataFrame], list[Note]]:
    """Rows of all tables that the folder's mapping names, as the export's columns, and the notes."""
    mapping = read_mapping(folder / MAPPING_FILE)
    staged: dict[str, pd.DataFrame] = {}
    with duckdb.connect() as connection, tempfile.TemporaryDirectory() as name:
        create_notes(connection)
        create_formats(connection)
        for table in (*TABLES, MARKET_LOOKUP):
            files, problems = open_mapped(folder, mapping, table)
            if problems:
                raise InputProblems(problems)
            if files:
                stage_files(connection, table, files, Path(name))
                staged[table] = connection.execute(f"SELECT * FROM {table} ORDER BY _order, _line").df()
        notes = list_notes(connection)
    return staged, notes


def stage(folder: Path, table: str) -> pd.DataFrame:
    return stage_all(folder)[0][table]


def accept_proposal(folder: Path, markets: tuple[str, ...] = ()) -> None:
    """Write the proposed mapping with every line under ``confirm`` deleted."""
    lines = propose_mapping(folder, markets).text.splitlines()
    kept = [line for line in lines if line != "confirm:" and not line.startswith('  - "')]
    write(folder, MAPPING_FILE, "\n".join(kept))
