"""New leads from a file of their own, cleaned like those of an export, against campaigns that are known already."""

from dataclasses import replace
from pathlib import Path

import pandas as pd

from leadsmart.cleaning.inspection.date_formats import inspect_dates
from leadsmart.cleaning.parsing.file_formats import FileFormats, create_formats, list_formats, read_moments
from leadsmart.cleaning.parsing.headers import is_form_column
from leadsmart.cleaning.parsing.notes import create_notes
from leadsmart.cleaning.parsing.raw_rows import (
    LINE,
    MARKET_COLUMN,
    ORIGIN_TYPES,
    open_table_file,
    sliced,
    stage_table,
)
from leadsmart.cleaning.parsing.sources import SourceFile
from leadsmart.cleaning.parsing.sql import open_database
from leadsmart.cleaning.reading.survey import last_plausible_day
from leadsmart.cleaning.tables.cleaned_table import CleanedTable
from leadsmart.cleaning.tables.leads import clean_leads, find_repeats
from leadsmart.errors import InputError, raise_problems
from leadsmart.market_tables import MarketTables, local_day
from leadsmart.params import Params
from leadsmart.private_folders import private_folder
from leadsmart.vocabulary import LEADS


def clean_new_leads(path: Path, tables: MarketTables, params: Params, key: bytes) -> CleanedTable:
    """Clean a file of leads.

    Parameters
    ----------
    path : Path
        CSV or Parquet with the columns of the export's ``campaign_leads.csv``.
    tables : MarketTables
        What is known: campaigns, and leads that tell whether somebody asked before.
    params : Params
    key : bytes
        Of the contact hashes, that of `tables`.

    Returns
    -------
    CleanedTable
        ``rows`` as `MarketTables` says, ``outcomes`` per row of the file.

    Raises
    ------
    InputError
        If the file is missing, unreadable or lacks a column, or no row of it is kept.
    InputProblems
        If its dates can't be read, or in several ways.
    """
    raw, formats = _read(path, params)
    # a form field that the market's tables lack was not declared when they were made
    raw = raw.drop(columns=[c for c in raw.columns if is_form_column(c) and c not in tables.leads])
    moments = read_moments(raw, LEADS, "added_date", params, formats, params.timezone)["value"]
    days = local_day(moments).dropna()
    last_day = last_plausible_day(days.value_counts().sort_index()) if len(days) else params.platform_start
    cleaned = clean_leads(raw, tables.campaigns, params, key, last_day, formats)
    if cleaned.rows.empty:
        raise InputError(
            "no lead in it can be scored",
            remedy="See the rules on the Definitions page; leads need a campaign of this market's last run",
            file=path.name,
            rule=str(cleaned.removed.index[0]),
            count=len(raw),
        )
    before = tables.leads[~tables.leads["lead_id"].isin(cleaned.rows["lead_id"])]
    together = pd.concat([before, cleaned.rows], ignore_index=True)
    repeats = find_repeats(together).to_numpy()[len(before) :]
    return replace(cleaned, rows=cleaned.rows.assign(is_repeat=repeats))


def _read(path: Path, params: Params) -> tuple[pd.DataFrame, FileFormats]:
    if not path.is_file():
        raise InputError("the file does not exist", remedy="Check the path", file=str(path))
    file = open_table_file(SourceFile(path, path.name), LEADS)
    with private_folder("intake") as folder, open_database(folder) as connection:
        create_notes(connection)
        create_formats(connection)
        columns = stage_table(connection, LEADS, [file], folder)
        connection.execute(
            f"CREATE VIEW {sliced(LEADS)} AS SELECT *, '{params.market}' AS {MARKET_COLUMN} FROM {LEADS}"
        )
        raise_problems(inspect_dates(connection, {params.market: params}))
        rows = connection.execute(f"SELECT * FROM {LEADS} ORDER BY {LINE}").df()
        formats = list_formats(connection)
    return rows.astype({**dict.fromkeys(columns, "str"), **ORIGIN_TYPES}), formats
