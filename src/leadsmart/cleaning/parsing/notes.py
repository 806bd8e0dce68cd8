"""What a reader should know of an export's files: what was passed over, decided or doubted before rows were cleaned."""

from collections.abc import Callable
from dataclasses import astuple, dataclass, replace
from typing import Final

import duckdb

from leadsmart.cleaning.parsing.sql import fetch_rows
from leadsmart.vocabulary import EXPORT_FILES

#: The notes of all files, while they are staged.
NOTES: Final = "notes"

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
        Of a mapping: ``title``, ``total``, ``footer``, ``other``, ``stated total``, ``joined by name`` or ``no
        campaign``. Of an inspection: its function's name for what it found.
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


def create_notes(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the table of notes."""
    connection.execute(
        f"CREATE TABLE {NOTES} (file VARCHAR, tab VARCHAR, kind VARCHAR, n BIGINT, said VARCHAR)"
    )


def add_note(connection: duckdb.DuckDBPyConnection, note: Note) -> None:
    """Add a note to those of the export; its table is called as its file is."""
    named = replace(note, table=EXPORT_FILES.get(note.table, note.table))
    connection.execute(f"INSERT INTO {NOTES} VALUES (?, ?, ?, ?, ?)", list(astuple(named)))


def list_notes(connection: duckdb.DuckDBPyConnection) -> list[Note]:
    """The notes in the order in which they were made."""
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
