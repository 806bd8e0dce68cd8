"""The in-process database in which an export is read: how it is opened, and how names and texts stand in its SQL."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import duckdb
import pandas as pd

#: What DuckDB may use; the whole process stays below 2 GB with an export of twenty million rows.
_SETTINGS: Final = (
    "memory_limit = '1000MB'",
    "threads = 2",
    "partitioned_write_flush_threshold = 50000",
    "autoinstall_known_extensions = false",
    "autoload_known_extensions = false",
)


@contextmanager
def open_database(folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database in a file below `folder`, not in memory: an export may be larger than that.

    Parameters
    ----------
    folder : Path
        Exists; private, as raw rows hold contacts.

    Yields
    ------
    DuckDBPyConnection

    Raises
    ------
    OSError
        If the disk is full.
    """
    try:
        with _open(folder) as connection:
            yield connection
    except duckdb.Error as error:
        if os.strerror(errno.ENOSPC) in str(error):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder)) from error
        raise


@contextmanager
def _open(folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(folder / "staging.duckdb")) as connection:
        for setting in (*_SETTINGS, f"temp_directory = {quote_text(folder / 'spill')}"):
            connection.execute(f"SET {setting}")
        # In Jupyter the bar is off, and naming it there needs a package of widgets.
        if fetch_rows(connection, "SELECT current_setting('enable_progress_bar')")[0][0]:
            connection.execute("SET enable_progress_bar = false")
        yield connection


def fetch_rows(connection: duckdb.DuckDBPyConnection, query: str) -> list[tuple[Any, ...]]:
    """All rows of a small result.

    Parameters
    ----------
    connection : DuckDBPyConnection
    query : str

    Returns
    -------
    list of tuple
    """
    return connection.execute(query).fetchall()


def fetch_texts(connection: duckdb.DuckDBPyConnection, query: str) -> pd.DataFrame:
    """A result all of whose columns are text, as ``str`` even where there is no row.

    Parameters
    ----------
    connection : DuckDBPyConnection
    query : str

    Returns
    -------
    DataFrame
    """
    return connection.execute(query).df().astype("str")


def create_table(connection: duckdb.DuckDBPyConnection, name: str, frame: pd.DataFrame) -> None:
    """Make a table of text columns from a frame.

    Parameters
    ----------
    connection : DuckDBPyConnection
    name : str
        Of the table.
    frame : DataFrame
    """
    connection.register("frame", frame)
    connection.execute(f"CREATE TABLE {name} AS SELECT COLUMNS(*)::VARCHAR FROM frame")
    connection.unregister("frame")


def quote_name(column: str) -> str:
    """A column's name as SQL spells it."""
    return '"' + column.replace('"', '""') + '"'


def quote_text(text: str | Path) -> str:
    """A text as SQL spells it."""
    return "'" + str(text).replace("'", "''") + "'"
