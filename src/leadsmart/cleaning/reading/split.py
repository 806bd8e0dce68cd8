"""An export cut into one private slice per market, read once through DuckDB."""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import duckdb
import pandas as pd

from leadsmart.cleaning.mapping.files import mapping_path
from leadsmart.cleaning.mapping.skipping import write_notes
from leadsmart.cleaning.mapping.staging import stage_files
from leadsmart.cleaning.reading.assignment import MARKET, assign_markets
from leadsmart.cleaning.reading.load import open_export
from leadsmart.cleaning.reading.raw_rows import LINE, ORDER, ORIGIN_COLUMNS, ReadableFile
from leadsmart.cleaning.reading.slices import (
    MANIFEST,
    SAMPLE_MARK,
    SliceFacts,
    hash_inputs,
    read_facts,
    slices_folder,
)
from leadsmart.cleaning.reading.survey import find_last_day, sum_spend, summarise_structure
from leadsmart.cleaning.values.texts import clean_id, map_distinct
from leadsmart.errors import InputProblems, LedgerError
from leadsmart.vocabulary import AD_PERFORMANCE, CAMPAIGNS, MARKET_LOOKUP, TABLES, UNASSIGNED

#: Holds contacts while a split is under way, and is removed behind it.
WORK: Final = "work"
#: Slices of this many exports are kept in a cache; older ones are removed, as they hold contacts.
KEPT_SLICES: Final = 3
#: What DuckDB may use; the whole process stays below 2 GB with an export of twenty million rows.
SETTINGS: Final = (
    "memory_limit = '1000MB'",
    "threads = 2",
    "partitioned_write_flush_threshold = 50000",
    "autoinstall_known_extensions = false",
    "autoload_known_extensions = false",
)


@dataclass(frozen=True)
class Slices(SliceFacts):
    """An export cut by market.

    Attributes
    ----------
    raw_totals : DataFrame
        One row per table: ``table, rows, spend`` (0 where the table has none).
    slice_totals : DataFrame
        One row per market and table: ``market, table, rows, spend``.
    structure : DataFrame
        One row per market: how its campaigns are built, see `summarise_structure`.
    columns : dict
        Table -> export columns that the files have.
    """

    raw_totals: pd.DataFrame
    slice_totals: pd.DataFrame
    structure: pd.DataFrame
    columns: dict[str, list[str]]

    def read(self, table: str, market: str) -> pd.DataFrame:
        """Raw rows of one table and market: strings, in the order of the files.

        Returns
        -------
        DataFrame
            One row per raw row: the export's columns (str) and ``_file, _line, _order, _is_unparsable``.
        """
        columns = [*ORIGIN_COLUMNS, *self.columns[table]]
        parts = sorted((self.folder / table / f"{MARKET}={market}").glob("*.parquet"))
        if not parts:
            empty = pd.DataFrame({name: pd.Series(dtype="str") for name in columns})
            return empty.astype({LINE: "int64", ORDER: "int32", "_is_unparsable": "bool"})
        rows = pd.concat([pd.read_parquet(part, columns=columns, partitioning=None) for part in parts])
        return rows.sort_values([ORDER, LINE], kind="stable", ignore_index=True)

    def count_campaigns(self, market: str, user_ids: Collection[str] | None) -> int:
        """Number of campaigns of a market, of all business users (None) or of some."""
        if user_ids is None:
            return self.markets.get(market, 0)
        users = map_distinct(self.read(CAMPAIGNS, market)["user_id"], clean_id)
        return int(users.isin(list(user_ids)).sum())


def split_export(
    folder: Path,
    cache: Path,
    markets: Sequence[str],
    *,
    decimal_comma: Collection[str] = (),
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
    markets : sequence of str
        Markets that have parameters.
    decimal_comma : collection of str
        Markets whose amounts are written 1.200,50; only the totals of spend depend on it.
    mapping : Path, optional
        How files of other systems become tables; by default ``mapping.yml`` in the folder, where it is.

    Returns
    -------
    Slices

    Raises
    ------
    InputProblems
        With all that `check_export` finds.
    """
    files, problems = open_export(folder, mapping)
    if problems:
        raise InputProblems(problems)
    sources = (file.source for opened in files.values() for file in opened)
    inputs = hash_inputs(folder, sources, mapping_path(folder, mapping))
    cache.mkdir(mode=0o700, parents=True, exist_ok=True)
    cache.chmod(0o700)
    target = slices_folder(cache, inputs, markets, decimal_comma)
    if not (target / MANIFEST).is_file():
        aside = Path(tempfile.mkdtemp(prefix="partial-", dir=cache))
        try:
            _write_slices(files, aside, markets, decimal_comma, inputs, (folder / SAMPLE_MARK).is_file())
            _move_into_place(aside, target)
        finally:
            shutil.rmtree(aside, ignore_errors=True)
    os.utime(target)
    _remove_old(cache)
    return read_slices(target)


def _write_slices(
    files: dict[str, list[ReadableFile]],
    target: Path,
    markets: Sequence[str],
    decimal_comma: Collection[str],
    inputs: dict[str, dict[str, object]],
    is_sample: bool,
) -> None:
    work = target / WORK
    work.mkdir()
    # a file, not memory: an export may be larger than that
    connection = duckdb.connect(str(work / "staging.duckdb"))
    try:
        for setting in (*SETTINGS, f"temp_directory = {_quoted(work / 'spill')}"):
            connection.execute(f"SET {setting}")
        # In Jupyter the bar is off, and naming it there needs a package of widgets.
        if connection.execute("SELECT current_setting('enable_progress_bar')").fetchone()[0]:
            connection.execute("SET enable_progress_bar = false")
        columns = {table: stage_files(connection, table, files[table], work) for table in files}
        queries = assign_markets(connection, markets, MARKET_LOOKUP in files)
        totals = []
        for table in TABLES:
            connection.execute(f"CREATE TABLE {table}_sliced AS {queries[table]}")
            connection.execute(
                f"COPY {table}_sliced TO {_quoted(target / table)} "
                f"(FORMAT parquet, PARTITION_BY ({MARKET}), WRITE_PARTITION_COLUMNS false)"
            )
            rows = connection.execute(f"SELECT {MARKET}, count(*) FROM {table}_sliced GROUP BY 1").fetchall()
            spend = sum_spend(connection, decimal_comma) if table == AD_PERFORMANCE else {}
            raw_rows = connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            if raw_rows != sum(count for _, count in rows):
                raise LedgerError(
                    f"{raw_rows:,} rows were read and {sum(n for _, n in rows):,} went to slices",
                    remedy="Report this with the export's header lines",
                    file=table,
                )
            by_market = dict(rows)
            totals += [
                {"market": m, "table": table, "rows": by_market.get(m, 0), "spend": spend.get(m, 0.0)}
                for m in (*markets, UNASSIGNED)
            ]
        for table in files:
            for name, count in connection.execute(
                f"SELECT _file, count(*) FROM {table} GROUP BY 1"
            ).fetchall():
                inputs[name]["rows"] = count
        write_notes(connection, target)
        structure = summarise_structure(connection, markets)
        counted = connection.execute("SELECT market, count(*) FROM campaign_markets GROUP BY 1").fetchall()
        manifest = {
            "markets": {m: dict(counted).get(m, 0) for m in (*markets, UNASSIGNED)},
            "last_day": find_last_day(connection).isoformat(),
            "inputs": inputs,
            "is_sample": is_sample,
            "totals": totals,
            "total_spend": sum_spend(connection, decimal_comma, by_market=False),
            "structure": structure.to_dict("records"),
            "columns": {table: columns[table] for table in TABLES},
            "digests": _digests(connection, columns, structure, (*markets, UNASSIGNED)),
        }
    finally:
        connection.close()
    shutil.rmtree(work)
    (target / MANIFEST).write_text(json.dumps(manifest, ensure_ascii=False), encoding="utf-8")


def _digests(
    connection: duckdb.DuckDBPyConnection,
    columns: Mapping[str, Sequence[str]],
    structure: pd.DataFrame,
    markets: Sequence[str],
) -> dict[str, dict[str, str]]:
    """Per market what its cleaning depends on: a digest of its rows per table, one of the other markets' structure.

    Rows are told apart by file and line, so that their hashes can be added up in any order.
    """
    found: dict[str, dict[str, str]] = {market: {} for market in markets}
    for table in TABLES:
        names = [*ORIGIN_COLUMNS, *columns[table]]
        cells = ", ".join(f"coalesce(length({_name(n)}::varchar), -1), {_name(n)}" for n in names)
        rows = connection.execute(
            f"SELECT {MARKET}, count(*), bit_xor(md5_number(concat_ws('|', {cells}))) "
            f"FROM {table}_sliced GROUP BY 1"
        ).fetchall()
        by_market = {market: (count, mixed) for market, count, mixed in rows}
        for market in markets:
            found[market][table] = _digest([names, *by_market.get(market, (0, 0))])
    for market in markets:
        others = structure[~structure["market"].isin([market, UNASSIGNED])]
        typical = others[["daily_budget", "days", "ad_sets"]].median()
        found[market]["other markets"] = _digest([len(others) > 0, typical.to_dict()])
    return found


def _digest(facts: object) -> str:
    return hashlib.sha256(json.dumps(facts, default=str).encode()).hexdigest()


def _name(column: str) -> str:
    return '"' + column.replace('"', '""') + '"'


def _quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"


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


def read_slices(target: Path) -> Slices:
    """The slices in a folder that `split_export` wrote."""
    facts = read_facts(target)
    manifest = json.loads((target / MANIFEST).read_text(encoding="utf-8"))
    totals = pd.DataFrame(manifest["totals"], columns=["market", "table", "rows", "spend"])
    totals = totals.astype({"market": "str", "table": "str", "rows": "int64", "spend": "float64"})
    raw = totals.groupby("table", sort=False)["rows"].sum().reset_index()
    spend = [manifest["total_spend"] if table == AD_PERFORMANCE else 0.0 for table in raw["table"]]
    return Slices(
        **vars(facts),
        raw_totals=raw.assign(spend=spend),
        slice_totals=totals,
        structure=pd.DataFrame(manifest["structure"]),
        columns=manifest["columns"],
    )
