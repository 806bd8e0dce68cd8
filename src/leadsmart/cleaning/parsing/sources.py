"""Which files of an export folder hold which table."""

import re
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from leadsmart.errors import InputError
from leadsmart.vocabulary import EXPORT_FILES

TEXT_SUFFIXES: Final = (".csv", ".tsv", ".txt")
SUFFIXES: Final = (*TEXT_SUFFIXES, ".parquet", ".zip", ".gz")

#: Behind the stem a monthly drop has a date or a number: insights_2024-06, insights-7, insights (1).
_DROP = r"(?:[\s_.\-]*\(?\d[\d\s_.\-]*\)?)?"

_YEAR = re.compile(r"(?<!\d)20\d\d(?!\d)")
_ISO_MONTH = re.compile(
    r"(?<!\d)(?P<year>20\d\d)[\s_.\-]?(?P<month>0[1-9]|1[0-2])(?:[\s_.\-]?(?P<day>[0-3]\d))?(?!\d)"
)
_MONTH_YEAR = re.compile(
    r"(?<!\d)(?:(?P<day>[0-3]?\d)[\s_.\-])?(?P<month>0?[1-9]|1[0-2])[\s_.\-](?P<year>20\d\d)(?!\d)"
)
#: The group that matches is the month.
_MONTH_WORD = re.compile(
    r"(?<![a-z])(?:(jan)(?:uary)?|(feb)(?:ruary)?|(mar)(?:ch)?|(apr)(?:il)?|(may)|(jun)e?|(jul)y?|(aug)(?:ust)?"
    r"|(sep)(?:t(?:ember)?)?|(oct)(?:ober)?|(nov)(?:ember)?|(dec)(?:ember)?)(?![a-z])"
)


@dataclass(frozen=True)
class SourceFile:
    """One file of a table, or one member of a zip.

    Attributes
    ----------
    path : Path
    name : str
        As shown to the user and kept with every row: relative to the export folder.
    member : str or None
        Name inside the zip.
    """

    path: Path
    name: str
    member: str | None = None

    @property
    def is_parquet(self) -> bool:
        """Whether the file is Parquet; everything else is text."""
        return (self.member or self.path.name).lower().endswith(".parquet")

    @property
    def is_gzip(self) -> bool:
        """Whether the file is compressed as a whole."""
        return self.member is None and self.path.name.lower().endswith(".gz")


def find_sources(folder: Path, table: str) -> list[SourceFile]:
    """Files of one table, in the order of their names.

    Parameters
    ----------
    folder : Path
        The export.
    table : str
        A table of the vocabulary, or ``project_markets``.

    Returns
    -------
    list of SourceFile
        Sorted by `name_order`; empty where the export has no file of the table.

    Raises
    ------
    InputError
        If the file is a directory, a zip cannot be opened, or one file is there in two formats.
    """
    found: list[SourceFile] = []
    for path in sorted(folder.iterdir(), key=name_order):
        bare, suffixes = split_suffixes(path.name)
        if not is_named(bare, table):
            continue
        if path.is_dir():
            if suffixes:
                raise InputError(
                    "is a directory, not a file",
                    remedy=f"Put the exported file {path.name} there",
                    file=path.name,
                )
            inner = sorted((p for p in path.iterdir() if _is_data(p.name)), key=name_order)
            for each in inner:
                found += open_sources(each, f"{path.name}/{each.name}")
        elif suffixes:
            found += open_sources(path, path.name)
    bare_names = [split_suffixes(f"{s.name}/{s.member or ''}".rstrip("/"))[0].lower() for s in found]
    for source, bare in zip(found, bare_names, strict=True):
        if bare_names.count(bare) > 1:
            raise InputError(
                "the same file is there in two formats",
                remedy="Keep one of them",
                file=source.name,
                examples=[bare],
            )
    return found


def table_pattern(table: str) -> str:
    """Pattern of the name a table's files begin with."""
    return re.escape(EXPORT_FILES.get(table, table)).replace("_", r"[\s_\-]")


def is_named(bare: str, table: str) -> bool:
    """Whether a name without suffixes is that of a table's file, or of a drop of it."""
    return re.fullmatch(table_pattern(table) + _DROP, bare, re.IGNORECASE) is not None


def named_like(name: str, table: str) -> bool:
    """Whether a file's name begins with that of a table's files."""
    return re.match(table_pattern(table) + r"(?![a-z0-9])", name, re.IGNORECASE) is not None


def table_file(table: str) -> str:
    """The name a table's file usually has, for messages."""
    return f"{EXPORT_FILES.get(table, table)}.csv"


def open_sources(path: Path, name: str) -> list[SourceFile]:
    """A file as a source, or the members of a zip as several.

    Parameters
    ----------
    path : Path
    name : str
        Relative to the export folder.

    Returns
    -------
    list of SourceFile

    Raises
    ------
    InputError
        If the path is a directory, or a zip can't be opened or holds no data.
    """
    if path.is_dir():
        raise InputError("is a directory, not a file", remedy="Move its files up", file=name)
    if path.suffix.lower() != ".zip":
        return [SourceFile(path, name)]
    try:
        with zipfile.ZipFile(path) as archive:
            members = [m.filename for m in archive.infolist() if not m.is_dir() and _is_data(m.filename)]
    except (zipfile.BadZipFile, OSError) as error:
        raise InputError("not a zip file", remedy="Export it again", file=name) from error
    if not members:
        raise InputError("the zip holds no CSV or Parquet file", remedy="Export it again", file=name)
    return [SourceFile(path, f"{name}/{member}", member) for member in sorted(members, key=name_order)]


def _is_data(name: str) -> bool:
    parts = name.split("/")
    hidden = any(part.startswith((".", "_")) for part in parts)
    return not hidden and bool(split_suffixes(parts[-1])[1])


def split_suffixes(name: str) -> tuple[str, list[str]]:
    """A file's name without the suffixes of a table's file, and these."""
    suffixes: list[str] = []
    while (suffix := Path(name).suffix.lower()) in SUFFIXES:
        suffixes.append(suffix)
        name = name[: -len(suffix)]
    return name, suffixes


def name_order(path: Path | str) -> tuple[tuple[int, int, int], list[tuple[int, int, str]]]:
    """What a name says about which of several files is later: the month in it, then its numbers by value.

    >>> sorted(["insights (1).csv", "insights.csv", "insights_1-2025.csv", "insights_dec_2024.csv"], key=name_order)
    ['insights.csv', 'insights (1).csv', 'insights_dec_2024.csv', 'insights_1-2025.csv']
    """
    bare = split_suffixes((path.name if isinstance(path, Path) else path).lower())[0]
    pieces = re.findall(r"\d+|\D+", bare)
    natural = [(0, int(piece), "") if piece.isdecimal() else (1, 0, piece) for piece in pieces]
    return _month_of(bare), natural


def _month_of(name: str) -> tuple[int, int, int]:
    """Year, month and day that a name states, 0 for what it doesn't."""
    if match := _ISO_MONTH.search(name):
        return int(match["year"]), int(match["month"]), int(match["day"] or 0)
    if match := _MONTH_YEAR.search(name):
        return int(match["year"]), int(match["month"]), int(match["day"] or 0)
    year = int(match[0]) if (match := _YEAR.search(name)) else 0
    month = _MONTH_WORD.search(name)
    return year, (month.lastindex or 0) if month else 0, 0
