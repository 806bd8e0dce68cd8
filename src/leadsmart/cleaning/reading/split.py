"""An export cut into one private slice per market, read once through DuckDB."""

import hashlib
import json
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import duckdb
import pandas as pd

from leadsmart.cleaning.inspection.inspect import inspect_slices, inspect_tables
from leadsmart.cleaning.mapping.files import mapping_path
from leadsmart.cleaning.mapping.model import ExportMapping, load_mapping
from leadsmart.cleaning.mapping.staging import stage_export
from leadsmart.cleaning.mapping.unclaimed import UnclaimedFile, find_unclaimed
from leadsmart.cleaning.parsing.file_formats import FileFormats, list_formats
from leadsmart.cleaning.parsing.headers import form_column
from leadsmart.cleaning.parsing.limits import require_space
from leadsmart.cleaning.parsing.notes import Note, add_note, list_notes
from leadsmart.cleaning.parsing.raw_rows import FILE, MARKET_COLUMN, ORIGIN_TYPES, ReadableFile, sliced
from leadsmart.cleaning.parsing.sql import fetch_rows, open_database, quote_name, quote_text
from leadsmart.cleaning.parsing.stamps import check_unchanged, stamp_folder
from leadsmart.cleaning.reading.assignment import IS_JOINED, assign_markets
from leadsmart.cleaning.reading.file_order import order_files
from leadsmart.cleaning.reading.form_fields import mapped_form_fields
from leadsmart.cleaning.reading.joined_table import JoinedTable
from leadsmart.cleaning.reading.joins import measure_joins
from leadsmart.cleaning.reading.lead_columns import list_lead_columns
from leadsmart.cleaning.reading.load import open_export
from leadsmart.cleaning.reading.slices import MANIFEST, SAMPLE_MARK, Slices, read_slices
from leadsmart.cleaning.reading.slices_cache import hash_inputs, remove_old_slices, slices_folder
from leadsmart.cleaning.reading.survey import find_last_day, sum_spend, summarise_structure
from leadsmart.errors import LedgerError, raise_problems
from leadsmart.params import Params
from leadsmart.private_folders import make_private, private_folder
from leadsmart.vocabulary import AD_PERFORMANCE, LEADS, MARKET_LOOKUP, TABLES, UNASSIGNED

#: Holds contacts while a split is under way, and is removed behind it.
_WORK: Final = "work"


def split_export(
    folder: Path,
    cache: Path,
    params: Mapping[str, Params],
    *,
    mapping: Path | None = None,
) -> Slices:
    """Read an export once and write one slice per market and one for what is unassigned.

    Slices of the same files, markets and library code are reused. They hold contacts, so the cache is
    readable by its owner only and has to lie outside ``outputs/``.

    Parameters
    ----------
    folder : Path
        The export.
    cache : Path
        Where slices are kept; made where it does not exist.
    params : mapping
        Market -> its parameters: what they say of formats and units is held against the files.
    mapping : Path, optional
        How files of other systems become tables; by default ``mapping.yml`` in the folder, where it is.

    Returns
    -------
    Slices

    Raises
    ------
    InputProblems
        With all that `check_export` and `inspect_tables` find.
    InputError
        If a file changes while it is read, or the disk has no room for the slices.
    """
    if not folder.is_dir():
        raise_problems(open_export(folder, mapping)[1])
    path = mapping_path(folder, mapping)
    before = stamp_folder(folder, path)
    files, problems = open_export(folder, mapping)
    raise_problems(problems)
    sources = [file.source for opened in files.values() for file in opened]
    read = [source.path for source in sources] + ([path] if path else [])
    declared = load_mapping(path) if path else ExportMapping()
    unclaimed = find_unclaimed(folder, declared if path else None)
    inputs = hash_inputs(folder, sources, path)
    make_private(cache)
    target = slices_folder(cache, inputs, params, unclaimed)
    while True:
        try:
            slices = read_slices(target)
            check_unchanged(before, read)
            break
        except FileNotFoundError:
            # not there yet, or swept at this moment
            require_space(cache, sum(before[file].size for file in set(read)))
            with private_folder("split", cache) as aside:
                try:
                    _write_slices(files, aside, params, inputs, declared, unclaimed)
                finally:
                    # whatever is found in a file that changed says nothing
                    check_unchanged(before, read)
                _move_into_place(aside, target)
    os.utime(target)
    remove_old_slices(cache)
    return slices


def _write_slices(
    files: Mapping[str, Sequence[ReadableFile]],
    target: Path,
    params: Mapping[str, Params],
    inputs: dict[str, dict[str, object]],
    mapping: ExportMapping,
    unclaimed: Sequence[UnclaimedFile],
) -> None:
    """Write the rows of every market and, last, the manifest from which `Slices` is read."""
    work = target / _WORK
    work.mkdir()
    markets = list(params)
    with open_database(work) as connection:
        columns = stage_export(connection, files, work)
        for file in unclaimed:
            add_note(connection, Note(file.name, "", "unclaimed", 0, file.text))
        for table in columns:
            for name, rows in fetch_rows(connection, f"SELECT {FILE}, count(*) FROM {table} GROUP BY 1"):
                inputs[name]["rows"] = rows
        order_files(connection)
        raise_problems(inspect_tables(connection, params))
        form = {
            "lead_columns": [
                asdict(column) for column in list_lead_columns(connection, files[LEADS], params)
            ],
            "form_fields": mapped_form_fields(mapping),
            "safe_form_fields": [form_column(name) for name in mapping.safe_form_fields],
        }
        assign_markets(connection, markets, MARKET_LOOKUP in files)
        raise_problems(inspect_slices(connection, params))
        everywhere = (*markets, UNASSIGNED)
        formats = list_formats(connection)
        spend = sum_spend(connection, params, formats)
        joins, joined, left_out = measure_joins(connection, params, formats)
        counts = {table: _write_table(connection, table, target) for table in TABLES}
        campaigns = dict(fetch_rows(connection, "SELECT market, count(*) FROM campaign_markets GROUP BY 1"))
        structure = summarise_structure(connection, params, formats)
        manifest = {
            "markets": {market: campaigns.get(market, 0) for market in everywhere},
            "last_day": find_last_day(connection, formats).isoformat(),
            "inputs": inputs,
            "is_sample": SAMPLE_MARK in inputs,
            "digests": _digest_markets(connection, columns, structure, formats, joins, everywhere, form),
            "columns": {table: columns[table] for table in TABLES},
            "totals": [
                {
                    "market": market,
                    "table": table,
                    "rows": counts[table].get(market, 0),
                    "joined": joined.get((table, market), 0),
                    "spend": float(spend.get(market, 0)) if table == AD_PERFORMANCE else 0.0,
                    "joined_spend": float(spend.get(market, 0) - left_out.get(market, 0))
                    if table == AD_PERFORMANCE
                    else 0.0,
                }
                for table in TABLES
                for market in everywhere
            ],
            "total_spend": float(sum(spend.values())),
            "structure": structure.to_dict("records"),
            "formats": asdict(formats),
            "notes": [asdict(note) for note in list_notes(connection)],
            "joins": [asdict(table) for table in joins],
            **form,
        }
    shutil.rmtree(work)
    (target / MANIFEST).write_text(json.dumps(manifest, ensure_ascii=False), encoding="utf-8")


def _write_table(connection: duckdb.DuckDBPyConnection, table: str, target: Path) -> dict[str, int]:
    """Write one table's rows by market; the rows of each."""
    connection.execute(
        f"COPY (SELECT * EXCLUDE ({IS_JOINED}) FROM {sliced(table)}) TO {quote_text(target / table)} "
        f"(FORMAT parquet, PARTITION_BY ({MARKET_COLUMN}), WRITE_PARTITION_COLUMNS false)"
    )
    counts = dict(fetch_rows(connection, f"SELECT {MARKET_COLUMN}, count(*) FROM {sliced(table)} GROUP BY 1"))
    raw_rows = fetch_rows(connection, f"SELECT count(*) FROM {table}")[0][0]
    if raw_rows != sum(counts.values()):
        raise LedgerError(
            f"{raw_rows:,} rows were read and {sum(counts.values()):,} went to slices",
            remedy="Report this with the export's header lines",
            file=table,
        )
    return counts


def _digest_markets(
    connection: duckdb.DuckDBPyConnection,
    columns: Mapping[str, Sequence[str]],
    structure: pd.DataFrame,
    formats: FileFormats,
    joins: Sequence[JoinedTable],
    markets: Sequence[str],
    form: Mapping[str, Any],
) -> dict[str, dict[str, str]]:
    """Per market what its cleaning depends on: its rows per table, how their files are written, the others' structure,
    and rows that no market can be told for.

    A row's hash includes its file and line, so that hashes can be added up in any order. What is declared as answers of
    the form decides which columns of leads are read.
    """
    found: dict[str, dict[str, str]] = {market: {} for market in markets}
    for table in TABLES:
        names = [*ORIGIN_TYPES, *columns[table]]
        quoted = [quote_name(name) for name in names]
        cells = ", ".join(f"coalesce(length({name}::varchar), -1), {name}" for name in quoted)
        rows = fetch_rows(
            connection,
            f"SELECT {MARKET_COLUMN}, count(*), bit_xor(md5_number(concat_ws('|', {cells}))) "
            f"FROM {sliced(table)} GROUP BY 1",
        )
        by_market = {market: (count, mixed) for market, count, mixed in rows}
        for market in markets:
            declared = form if table == LEADS else {}
            found[market][table] = _digest([names, declared, *by_market.get(market, (0, 0))])
    strays = [table.stray_rows for table in joins]
    files = _files_by_market(connection)
    for market in markets:
        others = structure[~structure["market"].isin([market, UNASSIGNED])]
        typical = others[["daily_budget", "days", "ad_sets"]].median()
        found[market]["formats"] = _digest(asdict(formats.restrict(files.get(market, set()))))
        found[market]["other markets"] = _digest([len(others) > 0, typical.to_dict(), strays])
    return found


def _files_by_market(connection: duckdb.DuckDBPyConnection) -> dict[str, set[tuple[str, str]]]:
    """Market -> table and file of its rows."""
    queries = (f"SELECT DISTINCT {MARKET_COLUMN}, '{table}', {FILE} FROM {sliced(table)}" for table in TABLES)
    found: dict[str, set[tuple[str, str]]] = {}
    for market, table, file in fetch_rows(connection, " UNION ALL ".join(queries)):
        found.setdefault(market, set()).add((table, file))
    return found


def _digest(facts: Any) -> str:
    return hashlib.sha256(json.dumps(facts, default=str).encode()).hexdigest()


def _move_into_place(aside: Path, target: Path) -> None:
    try:
        aside.rename(target)
    except OSError:
        # another run was faster, or an unfinished folder is in the way
        if not (target / MANIFEST).is_file():
            shutil.rmtree(target, ignore_errors=True)
            aside.rename(target)
