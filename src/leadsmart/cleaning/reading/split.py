"""An export cut into one private slice per market, read once through DuckDB."""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import duckdb
import pandas as pd

from leadsmart.cleaning.inspection.inspect import inspect_slices, inspect_tables
from leadsmart.cleaning.mapping.files import mapping_path
from leadsmart.cleaning.mapping.staging import stage_files
from leadsmart.cleaning.parsing.file_formats import FileFormats, create_formats, list_formats
from leadsmart.cleaning.parsing.notes import create_notes, list_notes
from leadsmart.cleaning.parsing.raw_rows import FILE, MARKET_COLUMN, ORIGIN_TYPES, ReadableFile, sliced
from leadsmart.cleaning.parsing.sql import fetch_rows, open_database, quote_name, quote_text
from leadsmart.cleaning.reading.assignment import assign_markets
from leadsmart.cleaning.reading.load import open_export
from leadsmart.cleaning.reading.slices import MANIFEST, SAMPLE_MARK, Slices, read_slices
from leadsmart.cleaning.reading.slices_cache import hash_inputs, slices_folder
from leadsmart.cleaning.reading.survey import find_last_day, sum_spend, summarise_structure
from leadsmart.errors import LedgerError, raise_problems
from leadsmart.params import Params
from leadsmart.vocabulary import AD_PERFORMANCE, MARKET_LOOKUP, TABLES, UNASSIGNED

#: Slices of this many exports are kept in a cache; older ones are removed, as they hold contacts.
KEPT_SLICES: Final = 3
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
    """
    files, problems = open_export(folder, mapping)
    raise_problems(problems)
    sources = (file.source for opened in files.values() for file in opened)
    inputs = hash_inputs(folder, sources, mapping_path(folder, mapping))
    cache.mkdir(mode=0o700, parents=True, exist_ok=True)
    cache.chmod(0o700)
    target = slices_folder(cache, inputs, params)
    if not (target / MANIFEST).is_file():
        aside = Path(tempfile.mkdtemp(prefix="partial-", dir=cache))
        try:
            _write_slices(files, aside, params, inputs)
            _move_into_place(aside, target)
        finally:
            shutil.rmtree(aside, ignore_errors=True)
    os.utime(target)
    _remove_old(cache)
    return read_slices(target)


def _write_slices(
    files: Mapping[str, Sequence[ReadableFile]],
    target: Path,
    params: Mapping[str, Params],
    inputs: dict[str, dict[str, object]],
) -> None:
    """Write the rows of every market and, last, the manifest from which `Slices` is read."""
    work = target / _WORK
    work.mkdir()
    markets = list(params)
    with open_database(work) as connection:
        create_notes(connection)
        create_formats(connection)
        columns = {table: stage_files(connection, table, opened, work) for table, opened in files.items()}
        for table in files:
            for name, rows in fetch_rows(connection, f"SELECT {FILE}, count(*) FROM {table} GROUP BY 1"):
                inputs[name]["rows"] = rows
        raise_problems(inspect_tables(connection, params))
        assign_markets(connection, markets, MARKET_LOOKUP in files)
        raise_problems(inspect_slices(connection, params))
        everywhere = (*markets, UNASSIGNED)
        formats = list_formats(connection)
        spend = sum_spend(connection, params, formats)
        counts = {table: _write_table(connection, table, target) for table in TABLES}
        campaigns = dict(fetch_rows(connection, "SELECT market, count(*) FROM campaign_markets GROUP BY 1"))
        structure = summarise_structure(connection, params, formats)
        manifest = {
            "markets": {market: campaigns.get(market, 0) for market in everywhere},
            "last_day": find_last_day(connection, formats).isoformat(),
            "inputs": inputs,
            "is_sample": SAMPLE_MARK in inputs,
            "digests": _digest_markets(connection, columns, structure, formats, everywhere),
            "columns": {table: columns[table] for table in TABLES},
            "totals": [
                {
                    "market": market,
                    "table": table,
                    "rows": counts[table].get(market, 0),
                    "spend": float(spend.get(market, 0)) if table == AD_PERFORMANCE else 0.0,
                }
                for table in TABLES
                for market in everywhere
            ],
            "total_spend": float(sum(spend.values())),
            "structure": structure.to_dict("records"),
            "formats": asdict(formats),
            "notes": [asdict(note) for note in list_notes(connection)],
        }
    shutil.rmtree(work)
    (target / MANIFEST).write_text(json.dumps(manifest, ensure_ascii=False), encoding="utf-8")


def _write_table(connection: duckdb.DuckDBPyConnection, table: str, target: Path) -> dict[str, int]:
    """Write one table's rows by market; the rows of each."""
    connection.execute(
        f"COPY {sliced(table)} TO {quote_text(target / table)} "
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
    markets: Sequence[str],
) -> dict[str, dict[str, str]]:
    """Per market what its cleaning depends on: its rows per table, how their files are written, the others' structure.

    A row's hash includes its file and line, so that hashes can be added up in any order.
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
            found[market][table] = _digest([names, *by_market.get(market, (0, 0))])
    files = _files_by_market(connection)
    for market in markets:
        others = structure[~structure["market"].isin([market, UNASSIGNED])]
        typical = others[["daily_budget", "days", "ad_sets"]].median()
        found[market]["formats"] = _digest(asdict(formats.restrict(files.get(market, set()))))
        found[market]["other markets"] = _digest([len(others) > 0, typical.to_dict()])
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
            shutil.rmtree(target)
            aside.rename(target)


def _remove_old(cache: Path) -> None:
    slices = sorted(cache.glob("slices-*"), key=lambda path: path.stat().st_mtime_ns, reverse=True)
    for old in slices[KEPT_SLICES:]:
        shutil.rmtree(old, ignore_errors=True)
