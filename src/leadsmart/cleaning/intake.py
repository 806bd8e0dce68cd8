"""New leads from a file of their own, cleaned like those of an export, against campaigns that are known already."""

import tempfile
from pathlib import Path

import duckdb
import pandas as pd

from leadsmart.cleaning.reading.raw_rows import FILE, IS_UNPARSABLE, LINE, ORDER, open_table_file, stage_table
from leadsmart.cleaning.reading.sources import Source
from leadsmart.cleaning.reading.survey import last_plausible_day
from leadsmart.cleaning.tables.leads import clean_leads, find_repeats
from leadsmart.cleaning.tables.outcome import Outcome, local_days
from leadsmart.cleaning.values.dates import parse_moments
from leadsmart.errors import InputError
from leadsmart.market_tables import MarketTables
from leadsmart.params import Params
from leadsmart.vocabulary import LEADS


def clean_new_leads(path: Path, tables: MarketTables, params: Params, key: bytes) -> Outcome:
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
    Outcome
        ``rows`` as `vocabulary.MarketTables` says, ``exits`` per row of the file.

    Raises
    ------
    InputError
        If the file is missing, unreadable or lacks a column, or no row of it is kept.
    """
    raw = _read(path)
    days = local_days(parse_moments(raw["added_date"], params.date_order, params.timezone)["value"]).dropna()
    last_day = last_plausible_day(days.value_counts().sort_index()) if len(days) else params.platform_start
    outcome = clean_leads(raw, tables.campaigns, params, key, last_day)
    if outcome.rows.empty:
        reasons = outcome.exits.value_counts()
        raise InputError(
            "no lead in it can be scored",
            remedy="See the rules on the Definitions page; leads need a campaign of this market's last run",
            file=path.name,
            rule=str(reasons.index[0]),
            count=len(raw),
        )
    before = tables.leads[~tables.leads["lead_id"].isin(outcome.rows["lead_id"])]
    together = pd.concat([before, outcome.rows], ignore_index=True)
    repeats = find_repeats(together).to_numpy()[len(before) :]
    return Outcome(
        outcome.table,
        outcome.rows.assign(is_repeat=repeats),
        raw,
        outcome.exits,
        outcome.marks,
        outcome.spend,
    )


def _read(path: Path) -> pd.DataFrame:
    if not path.is_file():
        raise InputError("the file does not exist", remedy="Check the path", file=str(path))
    file = open_table_file(Source(path, path.name), LEADS)
    connection = duckdb.connect()
    try:
        connection.execute("SET enable_progress_bar = false")
        with tempfile.TemporaryDirectory() as folder:
            columns = stage_table(connection, LEADS, [file], Path(folder))
        rows = connection.execute(f"SELECT * FROM {LEADS} ORDER BY {LINE}").df()
    finally:
        connection.close()
    names = [FILE, *columns]
    return rows.astype({**dict.fromkeys(names, "str"), LINE: "int64", ORDER: "int32", IS_UNPARSABLE: "bool"})
