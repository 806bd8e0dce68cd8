"""Text of an export file as UTF-8, whatever it was written in."""

import codecs
import gzip
import hashlib
import io
import re
import zipfile
import zlib
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from leadsmart.cleaning.reading.sources import Source
from leadsmart.errors import InputError

CHUNK: Final = 1 << 20
HEAD: Final = 1 << 18

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


def open_bytes(source: Source) -> IO[bytes]:
    """The unpacked bytes of a source."""
    if source.member is not None:
        with closing(zipfile.ZipFile(source.path)) as archive:
            return archive.open(source.member)
    if source.path.name.lower().endswith(".gz"):
        return gzip.open(source.path)
    return source.path.open("rb")


def read_head(source: Source, size: int = HEAD) -> bytes:
    """The first unpacked bytes.

    Raises
    ------
    InputError
        If the file cannot be read, or is not a table in text form.
    """
    try:
        with open_bytes(source) as file:
            head = file.read(size)
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile, RuntimeError, NotImplementedError) as error:
        raise InputError(
            f"can't be read: {_reason(error)}", remedy="Export it again", file=source.name
        ) from error
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            raise InputError(f"is {kind}, not CSV", remedy="Save it as CSV UTF-8", file=source.name)
    if _HTML.match(head.removeprefix(codecs.BOM_UTF8)):
        raise InputError(
            "is a web page saved as CSV",
            remedy="Log in to the platform and export it again",
            file=source.name,
        )
    if detect_encoding(head) != "utf-16" and not _looks_utf16(head):
        controls = len(_CONTROL.findall(head))
        if controls > max(8, len(head) // 100) or head.count(b"\0") > max(64, len(head) // 10):
            raise InputError("is binary, not CSV", remedy="Save it as CSV UTF-8", file=source.name)
    return head


def detect_encoding(sample: bytes) -> str:
    """The encoding of a sample: UTF-8, UTF-16, Windows-1256 (Arabic) or Windows-1252.

    >>> detect_encoding("café, Zayed".encode("cp1252")), detect_encoding("مدينة نصر".encode("cp1256"))
    ('cp1252', 'cp1256')
    """
    for bom, name in _BOMS:
        if sample.startswith(bom):
            return name
    if (guess := _looks_utf16(sample)) is not None:
        return guess
    text = sample.decode("utf-8", errors="replace")
    damaged = text.count("\ufffd")
    if damaged == 0:
        return "utf-8"
    whole = sum(1 for c in text if ord(c) > 127) - damaged
    if whole > damaged:
        # a few broken bytes in a file that is otherwise UTF-8, such as a line cut in the middle
        return "utf-8"
    in_runs = sum(len(run) for run in _ARABIC_RUN.findall(sample))
    # Arabic words are runs of high bytes, accents stand alone among plain letters
    return "cp1256" if in_runs > len(_HIGH.findall(sample)) / 2 else "cp1252"


def as_utf8(source: Source, staging: Path) -> Utf8Text:
    """The source as UTF-8 without BOM, NUL bytes and carriage returns; read in chunks.

    Parameters
    ----------
    source : Source
    staging : Path
        Folder for a converted copy, where one is needed.
    """
    try:
        lines = _count_lines_if_plain(source)
        if lines is not None:
            return Utf8Text(source.path, lines)
        encoding, has_newlines = _survey(source)
        digest = hashlib.sha256(source.name.encode()).hexdigest()[:16]
        target = staging / f"{digest}.csv"
        lines = 0
        with open_bytes(source) as raw, target.open("w", encoding="utf-8", newline="") as out:
            text = io.TextIOWrapper(raw, encoding=encoding, errors="replace", newline="")
            lone = " " if has_newlines else "\n"
            pending, last = "", ""
            while chunk := text.read(CHUNK):
                chunk = pending + chunk
                # a carriage return at the end of a chunk may belong to a line feed in the next
                pending = "\r" if chunk.endswith("\r") else ""
                chunk = chunk[: len(chunk) - len(pending)].replace("\r\n", "\n").replace("\r", lone)
                chunk = chunk.replace("\0", "").replace("\ufeff", "")
                lines += chunk.count("\n")
                out.write(chunk)
                last = chunk[-1:] or last
            if pending:
                out.write("\n")
                lines, last = lines + 1, "\n"
        return Utf8Text(target, lines + (last not in ("", "\n")))
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile, RuntimeError) as error:
        raise InputError(
            f"can't be read to its end: {_reason(error)}", remedy="Export it again", file=source.name
        ) from error


def _count_lines_if_plain(source: Source) -> int | None:
    """Physical lines, or None where the file has to be converted."""
    if source.member is not None or source.path.name.lower().endswith(".gz"):
        return None
    decoder = codecs.getincrementaldecoder("utf-8")()
    lines, last = 0, b""
    with source.path.open("rb") as file:
        while chunk := file.read(CHUNK):
            if b"\0" in chunk or b"\xef\xbb\xbf" in chunk or (b"\r" in chunk and _has_lone_return(chunk)):
                return None
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError:
                return None
            lines += chunk.count(b"\n")
            last = chunk[-1:]
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return None
    return lines + (last not in (b"", b"\n"))


def _has_lone_return(chunk: bytes) -> bool:
    # one at the very end may be half of a line end: converting is always right, only slower
    return chunk.count(b"\r") != chunk.count(b"\r\n")


def _survey(source: Source) -> tuple[str, bool]:
    """Encoding of the whole file and whether lines end with a line feed."""
    samples: list[bytes] = []
    kept = 0
    with open_bytes(source) as file:
        head = file.read(CHUNK)
        samples.append(head)
        # of the rest only what is not plain ASCII says anything about the encoding
        while kept < CHUNK and (chunk := file.read(CHUNK)):
            odd = b" ".join(line for line in chunk.splitlines() if not line.isascii())
            samples.append(odd)
            kept += len(odd)
    encoding = detect_encoding(head)
    if encoding == "utf-8":
        encoding = detect_encoding(b"".join(samples))
    return encoding, b"\n" in head


def _looks_utf16(sample: bytes) -> str | None:
    """UTF-16 without a byte order mark: every second byte of the first characters is zero."""
    start = sample[:200]
    if len(start) < 4:
        return None
    even, odd = start[0::2].count(0) / len(start[0::2]), start[1::2].count(0) / len(start[1::2])
    if odd > 0.6 and even < 0.2:
        return "utf-16-le"
    if even > 0.6 and odd < 0.2:
        return "utf-16-be"
    return None


def _reason(error: Exception) -> str:
    return (getattr(error, "strerror", None) or type(error).__name__).lower()
