"""What a reader should know of how a mapping was applied."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import duckdb

from leadsmart.cleaning.parsing.sql import fetch_rows

#: The notes of all files, while they are staged.
NOTES: Final = "mapping_notes"

#: Keeps a note: kind, number of lines or rows, sentence.
Keep = Callable[[str, int, str], None]


@dataclass(frozen=True)
class Note:
    """Something that a reader of the data should know.

    Attributes
    ----------
    file, table : str
        As exported, and the table that it feeds.
    kind : str
        ``title``, ``total``, ``footer``, ``other``, ``stated total``, ``joined by name`` or ``no campaign``.
    rows : int
        How many lines or rows.
    text : str
        A sentence.
    """

    file: str
    table: str
    kind: str
    rows: int
    text: str


def list_notes(connection: duckdb.DuckDBPyConnection) -> list[Note]:
    """What was passed over or decided while files were staged; empty where no mapping was applied."""
    if not table_exists(connection, NOTES):
        return []
    return [Note(*row) for row in fetch_rows(connection, f"SELECT * FROM {NOTES}")]


def table_exists(connection: duckdb.DuckDBPyConnection, table: str) -> bool:
    """Whether a table was made in this connection.

    Parameters
    ----------
    connection : DuckDBPyConnection
    table : str

    Returns
    -------
    bool
    """
    return (table,) in fetch_rows(connection, "SELECT table_name FROM information_schema.tables")
