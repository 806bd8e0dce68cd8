"""Text of an export file as UTF-8, whatever it was written in."""

import codecs
import gzip
import hashlib
import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from leadsmart.cleaning.parsing.sources import SourceFile
from leadsmart.errors import InputError

_CHUNK_BYTES: Final = 1 << 20
HEAD_BYTES: Final = 1 << 18

_BOMS: Final = [
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
]
_MAGIC: Final = [
    (b"PK\x03\x04", "an Excel workbook or zip"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook"),
    (b"%PDF", "a PDF"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"\x1f\x8b", "a gzip file"),
    (b"PAR1", "a Parquet file"),
    (b"SQLite", "a database"),
]
_HTML = re.compile(rb"^\s*(<!doctype|<html|<head|<body|<table|<\?xml)", re.IGNORECASE)
_CONTROL = re.compile(rb"[\x01-\x08\x0e-\x1f]")
_ARABIC_RUN = re.compile(rb"[\x80-\xff]{2,}")
_HIGH = re.compile(rb"[\x80-\xff]")


@dataclass(frozen=True)
class Utf8Text:
    """A file as UTF-8 with plain line ends.

    Attributes
    ----------
    path : Path
        The file itself where it is already so, else a converted copy.
    lines : int
        Physical lines.
    """

    path: Path
    lines: int


@contextmanager
def open_bytes(source: SourceFile) -> Iterator[IO[bytes]]:
    """The unpacked bytes of a source.

    Parameters
    ----------
    source : SourceFile

    Yields
    ------
    IO of bytes

    Raises
    ------
    InputError
        If the file can't be opened, unpacked or read.
    """
    try:
        with ExitStack() as stack:
            if source.member is not None:
                archive = stack.enter_context(zipfile.ZipFile(source.path))
                yield stack.enter_context(archive.open(source.member))
            elif source.is_gzip:
                yield io.BufferedReader(stack.enter_context(gzip.open(source.path)))
            else:
                yield stack.enter_context(source.path.open("rb"))
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile, RuntimeError, NotImplementedError) as error:
        reason = (getattr(error, "strerror", None) or type(error).__name__).lower()
        raise InputError(f"can't be read: {reason}", remedy="Export it again", file=source.name) from error


def read_head(source: SourceFile) -> bytes:
    """The first unpacked bytes.

    Parameters
    ----------
    source : SourceFile

    Returns
    -------
    bytes

    Raises
    ------
    InputError
        If the file cannot be read, or is not a table in text form.
    """
    with open_bytes(source) as file:
        head = file.read(HEAD_BYTES)
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            remedy = "Save it as CSV UTF-8"
            if "workbook" in kind:
                remedy += ", or give it its own suffix, such as .xlsx, and run `leadsmart map`"
            raise InputError(f"is {kind}, not CSV", remedy=remedy, file=source.name)
    if _HTML.match(head.removeprefix(codecs.BOM_UTF8)):
        raise InputError(
            "is a web page saved as CSV",
            remedy="Log in to the platform and export it again",
            file=source.name,
        )
    if not detect_encoding(head).startswith("utf-16"):
        controls = len(_CONTROL.findall(head))
        if controls > max(8, len(head) // 100) or head.count(b"\0") > max(64, len(head) // 10):
            raise InputError("is binary, not CSV", remedy="Save it as CSV UTF-8", file=source.name)
    return head


def decode_head(head: bytes) -> str:
    """The beginning of a file as text with plain line ends."""
    text = head.decode(detect_encoding(head), errors="replace").replace("\0", "").removeprefix("\ufeff")
    # as `as_utf8` does with the whole file
    return text.replace("\r\n", "\n").replace("\r", " ") if "\n" in text else text.replace("\r", "\n")


def detect_encoding(sample: bytes) -> str:
    """The encoding of a sample: UTF-8, UTF-16, Windows-1256 (Arabic) or Windows-1252.

    >>> detect_encoding("café, Zayed".encode("cp1252")), detect_encoding("مدينة نصر".encode("cp1256"))
    ('cp1252', 'cp1256')
    """
    for bom, name in _BOMS:
        if sample.startswith(bom):
            return name
    if guess := _looks_utf16(sample):
        return guess
    text = sample.decode("utf-8", errors="replace")
    damaged = text.count("\ufffd")
    whole = sum(1 for c in text if ord(c) > 127) - damaged
    # a few broken bytes may be in a file that is otherwise UTF-8, such as a line cut in the middle
    if damaged == 0 or whole > damaged:
        return "utf-8"
    in_runs = sum(len(run) for run in _ARABIC_RUN.findall(sample))
    # Arabic words are runs of high bytes, accents stand alone among plain letters
    return "cp1256" if in_runs > len(_HIGH.findall(sample)) / 2 else "cp1252"


def as_utf8(source: SourceFile, staging: Path) -> Utf8Text:
    """The source as UTF-8 without BOM, NUL bytes and carriage returns; never whole in memory.

    Parameters
    ----------
    source : SourceFile
    staging : Path
        Folder for a converted copy, where one is needed.

    Returns
    -------
    Utf8Text

    Raises
    ------
    InputError
        If the file can't be read to its end.
    """
    lines = _count_lines_if_plain(source)
    if lines is not None:
        return Utf8Text(source.path, lines)
    encoding, has_newlines = _survey_text(source)
    target = staging / f"{hashlib.sha256(source.name.encode()).hexdigest()[:16]}.csv"
    # without a single line feed it is carriage returns that end lines
    newline = "\n" if has_newlines else None
    count = 0
    with (
        open_bytes(source) as raw,
        io.TextIOWrapper(raw, encoding=encoding, errors="replace", newline=newline) as text,
        target.open("w", encoding="utf-8", newline="") as out,
    ):
        for line in text:
            plain = line.removesuffix("\n").removesuffix("\r")
            out.write(plain.replace("\r", " ").replace("\0", "").replace("\ufeff", "") + "\n")
            count += 1
    return Utf8Text(target, count)


def _count_lines_if_plain(source: SourceFile) -> int | None:
    """Physical lines, or None where the file has to be converted."""
    if source.member is not None or source.is_gzip:
        return None
    lines, last = 0, ""
    try:
        with open_bytes(source) as raw, io.TextIOWrapper(raw, encoding="utf-8", newline="") as text:
            while chunk := text.read(_CHUNK_BYTES):
                # a return at the very end may be half of a line end: converting is right, only slower
                if "\0" in chunk or "\ufeff" in chunk or chunk.count("\r") != chunk.count("\r\n"):
                    return None
                lines, last = lines + chunk.count("\n"), chunk[-1]
    except UnicodeDecodeError:
        return None
    return lines + (last not in ("", "\n"))


def _survey_text(source: SourceFile) -> tuple[str, bool]:
    """Encoding of the whole file and whether lines end with a line feed."""
    with open_bytes(source) as file:
        head = file.read(_CHUNK_BYTES)
        encoding = detect_encoding(head)
        samples, size = [head], 0
        # of the rest only what is not plain ASCII says anything about the encoding
        while encoding == "utf-8" and size < _CHUNK_BYTES and (chunk := file.read(_CHUNK_BYTES)):
            odd = b" ".join(line for line in chunk.splitlines() if not line.isascii())
            samples.append(odd)
            size += len(odd)
    return detect_encoding(b"".join(samples)), b"\n" in head


def _looks_utf16(sample: bytes) -> str | None:
    """UTF-16 without a byte order mark: every second byte of the first characters is zero."""
    start = sample[:200]
    if len(start) < 4:
        return None
    even, odd = (half.count(0) / len(half) for half in (start[0::2], start[1::2]))
    if odd > 0.6 and even < 0.2:
        return "utf-16-le"
    return "utf-16-be" if even > 0.6 and odd < 0.2 else None
