"""How large an input may become while it is read, so that none fills the disk, the memory or the afternoon."""

import io
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final, TextIO

from leadsmart.cleaning.parsing.columns import DELIMITERS
from leadsmart.cleaning.parsing.sources import SourceFile
from leadsmart.errors import InputError

#: Packed tables shrink ten- to fiftyfold; what unpacks to more than this many times its size is no export.
MAX_EXPANSION: Final = 200
#: Up to this size a file may unpack however small it is packed.
FREE_EXPANSION_BYTES: Final = 64 << 20
#: Of a disk, what is left alone.
RESERVED_BYTES: Final = 500 << 20
#: The longest line of text; what Python's csv module takes for a field, too.
MAX_LINE_CHARACTERS: Final = 131_072
#: Most columns of a table.
MAX_COLUMNS: Final = 5_000

_EXPORT_AGAIN: Final = "Export it again"


class _UnpackedBytes(io.RawIOBase):
    """The unpacked bytes of a source, refused where they are more than its packed ones can hold of a table."""

    def __init__(self, file: IO[bytes] | io.BufferedIOBase, packed_bytes: int, name: str) -> None:
        self._file, self._name, self._count = file, name, 0
        self._limit = max(FREE_EXPANSION_BYTES, MAX_EXPANSION * packed_bytes)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]  # typeshed takes more
        chunk = self._file.read(len(buffer))
        buffer[: len(chunk)] = chunk
        self._count += len(chunk)
        if self._count > self._limit:
            raise _too_large(self._name)
        return len(chunk)


def limit_unpacked(file: IO[bytes] | io.BufferedIOBase, packed_bytes: int, name: str) -> IO[bytes]:
    """Unpacked bytes with an end: reading more than `MAX_EXPANSION` times the packed ones raises an `InputError`.

    Parameters
    ----------
    file : IO of bytes or BufferedIOBase
    packed_bytes : int
    name : str
        For messages.

    Returns
    -------
    IO of bytes
    """
    return io.BufferedReader(_UnpackedBytes(file, packed_bytes, name))


def check_expansion(source: SourceFile, unpacked_bytes: int) -> None:
    """Raise an `InputError` where a source says that it unpacks to more than a table can."""
    if unpacked_bytes > max(FREE_EXPANSION_BYTES, MAX_EXPANSION * source.path.stat().st_size):
        raise _too_large(source.name)


def _too_large(name: str) -> InputError:
    return InputError(
        f"unpacks to more than {MAX_EXPANSION} times its size, which no table does",
        remedy=f"{_EXPORT_AGAIN}, or unpack it yourself and look at it",
        file=name,
    )


def require_space(folder: Path, needed_bytes: int = 0, *, file: str | None = None) -> None:
    """Raise an `InputError` where a disk has no room for so many bytes beside `RESERVED_BYTES`.

    Parameters
    ----------
    folder : Path
        On that disk.
    needed_bytes : int
    file : str, optional
        For the message; by default the folder.

    Raises
    ------
    InputError
        If there is too little.
    """
    free = shutil.disk_usage(folder).free
    if free < needed_bytes + RESERVED_BYTES:
        raise InputError(
            f"needs {(needed_bytes + RESERVED_BYTES) / 1e9:,.1f} GB of free disk, and there are {free / 1e9:,.1f} GB",
            remedy="Free some space, or keep the project on a larger disk",
            file=file or folder.name,
        )


def check_lines(text: str, name: str) -> None:
    """Raise an `InputError` where a line of the beginning of a file is too long, or has too many columns."""
    for number, line in enumerate(text.split("\n"), start=1):
        if len(line) > MAX_LINE_CHARACTERS:
            raise _too_long(number, name)
        check_width(1 + max(map(line.count, DELIMITERS)), name)


def check_width(columns: int, name: str) -> None:
    """Raise an `InputError` where a table has too many columns."""
    if columns > MAX_COLUMNS:
        raise InputError(
            f"has {columns:,} columns; {MAX_COLUMNS:,} are read at most",
            remedy="Export the columns that the report needs",
            file=name,
        )


def iterate_lines(text: TextIO, name: str) -> Iterator[str]:
    """Lines of a file with their ends, none of them without limit in memory.

    Parameters
    ----------
    text : TextIO
    name : str
        For messages.

    Yields
    ------
    str

    Raises
    ------
    InputError
        If a line is longer than `MAX_LINE_CHARACTERS`.
    """
    number = 0
    # with both of its end's characters
    while line := text.readline(MAX_LINE_CHARACTERS + 2):
        number += 1
        if len(line.rstrip("\r\n")) > MAX_LINE_CHARACTERS:
            raise _too_long(number, name)
        yield line


def _too_long(number: int, name: str) -> InputError:
    return InputError(
        f"line {number:,} has more than {MAX_LINE_CHARACTERS:,} characters",
        remedy="Look there for a quote that never closes or for missing line ends, or export it again",
        file=name,
    )
