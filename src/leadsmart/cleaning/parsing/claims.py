"""Which table the header of a file fits, where its name alone does not say. Asked often: without pandas and DuckDB."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from leadsmart.cleaning.parsing.columns import REQUIRED_COLUMNS
from leadsmart.cleaning.parsing.encodings import decode_head, read_head
from leadsmart.cleaning.parsing.headers import DELIMITERS, match_columns, snake_case, split_line
from leadsmart.cleaning.parsing.sources import SourceFile, is_named, named_like, open_sources, split_suffixes
from leadsmart.errors import InputError

#: A file with such a word in its name is seldom meant to count.
_ASIDE = re.compile(r"(?<![a-z])(copy|backup|bak|old|draft|template|archive)(?![a-z])", re.IGNORECASE)
#: Share of a table's columns that a file has at least, to be most likely one of its.
LIKELY: Final = 0.5
#: Lines above which a header is not looked for.
_TITLE_LINES: Final = 5


def find_sources_by_header(folder: Path, table: str) -> list[SourceFile]:
    """Files whose names begin with a table's and go on as they like, such as ``insights_october.csv``, and that fit it.

    Parameters
    ----------
    folder : Path
        The export.
    table : str
        A table of the vocabulary, or ``project_markets``.

    Returns
    -------
    list of SourceFile
        Those aside that `find_sources` finds by their whole name.
    """
    found: list[SourceFile] = []
    for path in folder.iterdir():
        bare, suffixes = split_suffixes(path.name)
        if not named_like(bare, table) or is_named(bare, table) or _ASIDE.search(bare):
            continue
        if suffixes and path.is_file():
            found += [source for source in open_sources(path, path.name) if fits(read_fields(source), table)]
    return found


def read_fields(source: SourceFile) -> list[list[str]]:
    """The fields of the first lines of a file, each split by every delimiter; none where it holds no table."""
    if source.is_parquet:
        return [_parquet_fields(source)] if source.member is None else []
    try:
        lines = decode_head(read_head(source)).split("\n")
    except InputError:
        return []
    filled = [line for line in lines[: _TITLE_LINES * 2] if line.strip()][:_TITLE_LINES]
    return [split_line(line, mark) for line in filled for mark in DELIMITERS]


def fits(headers: Sequence[Sequence[str]], table: str) -> bool:
    """Whether one of the first lines names all columns that a table must have, under any of their names."""
    return any(set(REQUIRED_COLUMNS[table]) <= set(match_columns(fields, table)) for fields in headers)


def names_all(headers: Sequence[Sequence[str]], table: str) -> bool:
    """Whether one of the first lines names all columns that a table must have as the platform does."""
    return any(set(REQUIRED_COLUMNS[table]) <= set(map(snake_case, fields)) for fields in headers)


def likeliest_table(headers: Sequence[Sequence[str]]) -> str | None:
    """The table of whose columns a file has most, None where it has few of any."""
    shares = {
        table: max(
            (len(set(columns) & set(match_columns(fields, table))) / len(columns) for fields in headers),
            default=0.0,
        )
        for table, columns in REQUIRED_COLUMNS.items()
    }
    # of equal ones the larger, as few columns are easily found
    best = max(shares, key=lambda table: (shares[table], len(REQUIRED_COLUMNS[table])))
    return best if shares[best] >= LIKELY else None


def _parquet_fields(source: SourceFile) -> list[str]:
    from pyarrow import ArrowException
    from pyarrow.parquet import read_schema

    try:
        return list(read_schema(source.path).names)
    except (ArrowException, OSError):
        return []
