"""A look into any file with a table: its header, its rows, and what the values of a column look like."""

import functools
import io
import itertools
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import duckdb
import pandas as pd

from leadsmart.cleaning.mapping.files import is_workbook
from leadsmart.cleaning.mapping.model import DATE_COLUMNS, ID_COLUMNS, NUMBER_COLUMNS, STATUS_COLUMNS
from leadsmart.cleaning.mapping.opening import (
    list_sheets,
    parquet_fields,
    read_lines,
    read_sheet,
)
from leadsmart.cleaning.mapping.proposing.systems import known_headers, normal_header, other_systems
from leadsmart.cleaning.parsing.encodings import detect_encoding, open_bytes, read_head
from leadsmart.cleaning.parsing.headers import DELIMITERS, Header, split_line
from leadsmart.cleaning.parsing.records import iterate_records
from leadsmart.cleaning.parsing.sources import SourceFile
from leadsmart.cleaning.values.dates import parse_moments
from leadsmart.cleaning.values.numbers import parse_number
from leadsmart.cleaning.values.texts import clean_id, clean_text
from leadsmart.errors import InputError

#: Rows that are looked at.
MOST_ROWS: Final = 200_000
#: Lines among which a header is looked for.
HEADER_LINES: Final = 30
#: Distinct values that tell what a column holds, and the share of them that has to look so.
MOST_VALUES: Final = 500
ENOUGH: Final = 0.9
#: More distinct values than this are no statuses.
MOST_STATUSES: Final = 100

_PREFIX = re.compile(r"^\s*[a-z]{1,2}:(?=[\w+]|$)")
_ZONE = re.compile(r"\s*\((?:UTC|GMT)\s*[+-]\d\d:?\d\d\)$")
_DECIMALS = re.compile(r"\d([.,])(?:\d|\d\d|\d{4,})(?:\D*)$")
_GROUPED = re.compile(r"\d([.,])\d{3}\1\d{3}")
_YEAR_LAST = re.compile(r"\s*(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{4}|\d\d)\b")


@dataclass(frozen=True)
class Preview:
    """A file, or a sheet of a workbook, as it presents itself.

    Attributes
    ----------
    source : SourceFile
    sheet : str or None
        Where the workbook has several.
    form : str
        Encoding and delimiter for readers.
    title_lines : int
        Lines above the header.
    fields : tuple of str
        The header.
    rows : tuple of (int, tuple of str)
        Line number and cells.
    footer : int
        Lines at the end that are no rows.
    """

    source: SourceFile
    sheet: str | None
    form: str
    title_lines: int
    fields: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]
    footer: int = 0

    @functools.cached_property
    def filled(self) -> list[list[str]]:
        """Filled cells of each field; lines that look like totals say nothing of a column's values."""
        rows = [cells for _, cells in self.rows if total_word(cells) is None]
        columns = zip(*rows, strict=True) if rows else [()] * len(self.fields)
        return [[text for cell in column if (text := clean_text(cell)) is not None] for column in columns]

    def values(self, position: int) -> list[str]:
        """Filled cells of a field."""
        return self.filled[position]


def total_word(cells: Sequence[str], words: Sequence[str] = ()) -> str | None:
    """What a line of totals begins with, as one of some words or of those usual anywhere; None for a row.

    >>> total_word(["", "Total: Account", "12"]), total_word(["Totally new", "12"])
    ('Total', None)
    """
    first = next((text for text in map(str.strip, cells) if text), "")
    for word in (*words, *other_systems().total_words):
        rest = first[len(word) :]
        if first.casefold().startswith(word.casefold()) and not rest[:1].isalnum():
            return first[: len(word)]
    return None


def preview_files(sources: list[SourceFile]) -> tuple[list[Preview], list[InputError]]:
    """Look into files.

    Parameters
    ----------
    sources : list of SourceFile

    Returns
    -------
    (list of Preview, list of InputError)
        One preview per file or sheet with a header and rows, and why others can't be read.
    """
    previews: list[Preview] = []
    problems: list[InputError] = []
    for source in sources:
        try:
            sheets = list_sheets(source) if is_workbook(source) else [None]
            for sheet in sheets:
                preview = _preview(source, sheet, len(sheets) > 1)
                if preview is not None:
                    previews.append(preview)
        except (InputError, OSError) as error:
            if not isinstance(error, InputError):
                error = InputError("can't be read", remedy="Export it again", file=source.name)
            problems.append(error)
    return previews, problems


def _preview(source: SourceFile, sheet: str | None, is_one_of_several: bool) -> Preview | None:
    if source.is_parquet and source.member is None:
        return _preview_parquet(source)
    lines = [line.rstrip("\r") for line in read_lines(source, sheet)]
    header = _find_header(lines, "," if is_workbook(source) else DELIMITERS)
    if header is None:
        return None
    fields = split_line(lines[header.lines - 1], header.delimiter)
    records = list(itertools.islice(_records(source, sheet, header), MOST_ROWS))
    footer = len(list(itertools.takewhile(lambda record: record[1] is None, reversed(records))))
    rows = tuple((line, tuple(cells)) for line, cells in records if cells is not None)
    if not rows:
        return None
    form = "workbook" if is_workbook(source) else _form(source, header.delimiter)
    return Preview(
        source, sheet if is_one_of_several else None, form, header.lines - 1, tuple(fields), rows, footer
    )


def _records(source: SourceFile, sheet: str | None, header: Header) -> Iterator[tuple[int, list[str] | None]]:
    if is_workbook(source):
        rows = enumerate(read_sheet(source, sheet), start=1)
        yield from ((n, row) for n, row in rows if n > header.lines and any(cell.strip() for cell in row))
        return
    with open_bytes(source) as raw:
        text = io.TextIOWrapper(raw, encoding=detect_encoding(read_head(source)), errors="replace")
        yield from iterate_records(iter(text), header)


def _preview_parquet(source: SourceFile) -> Preview | None:
    fields = parquet_fields(source)
    connection = duckdb.connect()
    try:
        rows = connection.execute(
            f"SELECT CAST(COLUMNS(*) AS VARCHAR) FROM read_parquet(?) LIMIT {MOST_ROWS}", [str(source.path)]
        ).fetchall()
    finally:
        connection.close()
    cells = tuple((n, tuple(cell or "" for cell in row)) for n, row in enumerate(rows, start=1))
    return Preview(source, None, "Parquet", 0, fields, cells) if cells else None


def _find_header(lines: list[str], delimiters: str) -> Header | None:
    """The line that has most of the headers we know; else the first that looks like one."""
    known = known_headers()
    best: tuple[int, int, Header] | None = None
    for i, line in enumerate(lines[:HEADER_LINES]):
        for delimiter in delimiters:
            fields = split_line(line, delimiter)
            names = [field for field in fields if field.strip()]
            if len(names) < 2 or any(_is_value(name) for name in names):
                continue
            hits = sum(normal_header(name) in known for name in names)
            if best is None or (hits, len(names) if hits else -i) > best[:2]:
                columns = tuple(f"f{n}" for n in range(len(fields)))
                best = (hits, len(names) if hits else -i, Header(delimiter, i + 1, columns))
    return best[2] if best else None


def _is_value(text: str) -> bool:
    return bool(re.fullmatch(r"[\d.,:/+\- ]+", text.strip())) or "@" in text


def _form(source: SourceFile, delimiter: str) -> str:
    encoding = {"utf-8-sig": "UTF-8", "utf-8": "UTF-8"}.get(
        found := detect_encoding(read_head(source)), found.upper()
    )
    names = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
    return f"{encoding}, {names[delimiter]}"


def strip_prefix(value: str) -> str:
    """An id or phone without what an ad platform puts before it.

    >>> strip_prefix("c:120210"), strip_prefix("p:+2010"), strip_prefix("zcrm_1")
    ('120210', '+2010', 'zcrm_1')
    """
    return _PREFIX.sub("", value)


def find_prefixes(values: list[str]) -> set[str]:
    """What stands before ids and phones, such as ``l:``."""
    return {found[0].strip() for value in values[:MOST_VALUES] if (found := _PREFIX.match(value))}


def fits(column: str, values: list[str]) -> bool:
    """Whether values can be those of a column of ours; nothing speaks against a column without values."""
    sample = tuple(itertools.islice(dict.fromkeys(values), MOST_VALUES))
    return not sample or _share_that_fits(_kind(column), sample) >= ENOUGH


@functools.lru_cache(maxsize=1024)
def _share_that_fits(kind: str, values: tuple[str, ...]) -> float:
    test = _TESTS.get(kind)
    return test(list(values)) if test else 1.0


def describe_values(column: str) -> str:
    """What the values of a column look like, for readers."""
    return {"id": "ids", "date": "dates", "number": "numbers", "email": "e-mails", "phone": "phones"}.get(
        _kind(column), "texts"
    )


def proven_order(values: list[str]) -> set[str]:
    """Orders of day and month that dates prove; empty where their year comes first or nothing is proved."""
    found: Counter[str] = Counter()
    for value in dict.fromkeys(values):
        if match := _YEAR_LAST.match(value):
            found["dmy"] += int(match[1]) > 12
            found["mdy"] += int(match[2]) > 12
    return {order for order, count in found.items() if count}


def proven_marks(values: list[str]) -> set[str]:
    """Decimal marks that amounts prove.

    >>> proven_marks(["1.117,50", "1.472"]), proven_marks(["1,117.50", "1,472"]), proven_marks(["1,472", "7"])
    ({','}, {'.'}, set())
    """
    found = {match[1] for value in values if (match := _DECIMALS.search(value))}
    # a mark that comes twice groups digits
    return found - {match[1] for value in values if (match := _GROUPED.search(value))}


def has_year_last(values: list[str]) -> bool:
    """Whether dates need to be told which of their numbers is the day."""
    return any(_YEAR_LAST.match(value) for value in values[:MOST_VALUES])


def _kind(column: str) -> str:
    kinds = {"id": ID_COLUMNS, "date": DATE_COLUMNS, "number": NUMBER_COLUMNS, "status": STATUS_COLUMNS}
    return next((kind for kind, columns in kinds.items() if column in columns), column)


def _share(test: Callable[[str], bool]) -> Callable[[list[str]], float]:
    return lambda values: sum(map(test, values)) / len(values)


def _is_phone(value: str) -> bool:
    return bool(re.fullmatch(r"(p:)?[+(]?[\d\s().\-+/]{6,24}|p:", value.strip()))


def are_dates(values: Sequence[str]) -> list[bool]:
    """Which values can be read as a date, day first or month first.

    >>> are_dates(["31/12/2024", "2024-06-03 21:40 (UTC+00:00)", "Total", "1472"])
    [True, True, False, False]
    """
    texts = pd.Series([_ZONE.sub("", value) for value in values], dtype="str")
    # a bare number may be a day of a spreadsheet, but is more often an id or money
    is_date = ~texts.str.fullmatch(r"\d+(\.\d+)?")
    readable = [parse_moments(texts, order, "UTC")["value"].notna() for order in ("dmy", "mdy")]
    return (is_date & (readable[0] | readable[1])).tolist()


def _dates(values: list[str]) -> float:
    return sum(are_dates(values)) / len(values)


_words = _share(lambda v: not re.fullmatch(r"[\d.,:/+\- ]+", v) and len(v) < 60)

_TESTS: Final[dict[str, Callable[[list[str]], float]]] = {
    "id": _share(
        lambda v: (found := clean_id(strip_prefix(v))) is not None and any(c.isdigit() for c in found)
    ),
    "date": _dates,
    "number": _share(lambda v: (number := parse_number(v)) is not None and number == number),
    "email": _share(lambda v: "@" in v),
    "phone": _share(_is_phone),
    "name": _share(lambda v: "@" not in v and not re.search(r"\d{4}", v)),
    "status": lambda values: _words(values) if len(values) <= MOST_STATUSES else 0.0,
}
