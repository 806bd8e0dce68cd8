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
    """Files of one table, in the order in which later rows replace earlier ones.

    Parameters
    ----------
    folder : Path
        The export.
    table : str
        A table of the vocabulary, or ``project_markets``.

    Returns
    -------
    list of SourceFile
        Sorted by name, numbers by value; empty where the export has no file of the table.

    Raises
    ------
    InputError
        If the file is a directory, a zip cannot be opened, or one file is there in two formats.
    """
    stem = EXPORT_FILES.get(table, table)
    pattern = re.compile(re.escape(stem).replace("_", r"[\s_\-]") + _DROP, re.IGNORECASE)
    found: list[SourceFile] = []
    for path in sorted(folder.iterdir(), key=_natural_key):
        bare, suffixes = _split_suffixes(path.name)
        if not pattern.fullmatch(bare):
            continue
        if path.is_dir():
            if suffixes:
                raise InputError(
                    "is a directory, not a file",
                    remedy=f"Put the exported file {path.name} there",
                    file=path.name,
                )
            inner = sorted((p for p in path.iterdir() if _is_data(p.name)), key=_natural_key)
            for each in inner:
                found += _open_zip(each, f"{path.name}/{each.name}")
        elif suffixes:
            found += _open_zip(path, path.name)
    bare_names = [_split_suffixes(f"{s.name}/{s.member or ''}".rstrip("/"))[0].lower() for s in found]
    for source, bare in zip(found, bare_names, strict=True):
        if bare_names.count(bare) > 1:
            raise InputError(
                "the same file is there in two formats",
                remedy="Keep one of them",
                file=source.name,
                examples=[bare],
            )
    return found


def table_file(table: str) -> str:
    """The name a table's file usually has, for messages."""
    return f"{EXPORT_FILES.get(table, table)}.csv"


def _open_zip(path: Path, name: str) -> list[SourceFile]:
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
    return [SourceFile(path, f"{name}/{member}", member) for member in sorted(members, key=_natural_key)]


def _is_data(name: str) -> bool:
    parts = name.split("/")
    hidden = any(part.startswith((".", "_")) for part in parts)
    return not hidden and bool(_split_suffixes(parts[-1])[1])


def _split_suffixes(name: str) -> tuple[str, list[str]]:
    suffixes: list[str] = []
    while (suffix := Path(name).suffix.lower()) in SUFFIXES:
        suffixes.append(suffix)
        name = name[: -len(suffix)]
    return name, suffixes


def _natural_key(path: Path | str) -> list[tuple[int, int, str]]:
    name = (path.name if isinstance(path, Path) else path).lower()
    pieces = re.findall(r"\d+|\D+", name)
    return [(0, int(piece), "") if piece.isdigit() else (1, 0, piece) for piece in pieces]
