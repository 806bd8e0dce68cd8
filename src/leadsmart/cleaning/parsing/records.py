"""Records of a text file that a fast parser refuses: quotes that never close, line ends inside fields, short lines."""

import csv
import io
from collections import deque
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Final

from leadsmart.cleaning.parsing.headers import Header

#: A quoted field that runs over more lines than this was never closed.
MAX_RECORD_LINES: Final = 200


def iterate_records(lines: Iterator[str], header: Header) -> Iterator[tuple[int, list[str] | None]]:
    """Records of a file below its header.

    A record may run over several lines inside quotes. Where the quotes never close, or where the next line
    is whole by itself, the first line alone is unparsable, so that a slip never costs the rows below it.

    Parameters
    ----------
    lines : iterator of str
        The file's lines, from the first.
    header : Header

    Yields
    ------
    (int, list of str or None)
        Line number and fields; None for a record that has too few or too many fields. Blank records are
        left out.
    """
    width, delimiter = len(header.columns), header.delimiter
    numbered = enumerate((line.rstrip("\r\n") for line in lines), start=1)
    ahead: deque[tuple[int, str]] = deque()

    def peek(position: int) -> str | None:
        ahead.extend(islice(numbered, max(0, position + 1 - len(ahead))))
        return ahead[position][1] if position < len(ahead) else None

    for _ in islice(numbered, header.lines):
        pass
    while (text := peek(0)) is not None:
        number, _ = ahead.popleft()
        fields = _split(text, delimiter)
        if fields is None:
            fields, used = _join(text, peek, width, delimiter)
            for _ in range(used):
                ahead.popleft()
        if not any(field.strip() for field in fields):
            continue
        if len(fields) > width and not any(field.strip() for field in fields[width:]):
            fields = fields[:width]
        yield number, fields if len(fields) == width else None


def _split(text: str, delimiter: str) -> list[str] | None:
    """Fields of a record, or None where a quote is still open or stands where it can't.

    A spreadsheet that took a record for one cell may have quoted it as a whole.
    """
    if '"' not in text:
        return text.split(delimiter)
    try:
        records = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error:
        return None
    if len(records) != 1:
        return None
    fields = records[0]
    is_one_cell = len(fields) == 1 and text.startswith('"') and delimiter in fields[0]
    return _split(fields[0], delimiter) if is_one_cell else fields


def _join(text: str, peek: Callable[[int], str | None], width: int, delimiter: str) -> tuple[list[str], int]:
    """Fields of a record that may run over the following lines, and how many of those it takes."""
    joined = text
    for position in range(MAX_RECORD_LINES):
        following = peek(position)
        if following is None:
            break
        alone = _split(following, delimiter)
        if alone is not None and len(alone) == width:
            break
        joined = f"{joined}\n{following}"
        if '"' not in following:
            continue
        fields = _split(joined, delimiter)
        if fields is not None:
            if len(fields) == width:
                return fields, position + 1
            break
    # quotes inside a field that is not quoted as a whole are text
    return next(csv.reader([text], delimiter=delimiter), []), 0
