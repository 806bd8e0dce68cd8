"""Which files of a folder a mapping names. Asked often, so that nothing here imports pandas or DuckDB."""

import fnmatch
import zipfile
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Final

from leadsmart.cleaning.mapping.model import MAPPING_FILE, ExportMapping, TableMapping, load_mapping
from leadsmart.cleaning.parsing.claims import find_sources_by_header
from leadsmart.cleaning.parsing.sources import SourceFile, find_sources, name_order
from leadsmart.errors import InputError
from leadsmart.yaml_text import find_yaml

WORKBOOK_SUFFIXES: Final = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")
SUFFIXES: Final = (".csv", ".tsv", ".txt", ".parquet", *WORKBOOK_SUFFIXES)


def mapping_path(folder: Path, stated: Path | None = None) -> Path | None:
    """The mapping of an export: the stated one, else the one beside the data, else None."""
    if stated is not None:
        return stated
    return find_yaml(folder, Path(MAPPING_FILE).stem, InputError)


def list_data_files(folder: Path) -> list[SourceFile]:
    """All files of a folder and of folders and zips in it that hold tables, in the order of their names."""
    found: list[SourceFile] = []
    for path in sorted(folder.rglob("*"), key=lambda path: (path.parent.as_posix(), name_order(path))):
        name = path.relative_to(folder).as_posix()
        hidden = any(part.startswith((".", "_", "~")) for part in name.split("/"))
        if hidden or not path.is_file() or len(name.split("/")) > 2:
            continue
        if path.suffix.lower() == ".zip":
            found += _members(path, name)
        elif _suffix(path.name) in SUFFIXES:
            found.append(SourceFile(path, name))
    return found


def is_workbook(source: SourceFile) -> bool:
    """Whether the source is a workbook of a spreadsheet."""
    return (source.member or source.path.name).lower().endswith(WORKBOOK_SUFFIXES)


def mapped_sources(folder: Path, entry: TableMapping) -> list[SourceFile]:
    """Files that an entry of a mapping names.

    Parameters
    ----------
    folder : Path
        The export.
    entry : TableMapping

    Returns
    -------
    list of SourceFile
        In the order of their names.

    Raises
    ------
    InputError
        If there is none.
    """
    pattern = entry.file.casefold()
    found = [s for s in list_data_files(folder) if fnmatch.fnmatchcase(s.name.casefold(), pattern)]
    if not found:
        raise InputError(
            f"no file is called {entry.file!r}",
            remedy="Put the file there, or mend or delete its entry",
            file=MAPPING_FILE,
        )
    return found


def own_sources(folder: Path, table: str, entries: Sequence[TableMapping]) -> list[SourceFile]:
    """Files of a table in the platform's own form: those that no entry of the mapping names.

    Parameters
    ----------
    folder : Path
        The export.
    table : str
    entries : sequence of TableMapping

    Returns
    -------
    list of SourceFile
        See `find_sources` and `find_sources_by_header`, in the order of their names.
    """
    patterns = [entry.file.casefold() for entry in entries]
    found = find_sources(folder, table) + find_sources_by_header(folder, table)
    return [
        source
        for source in sorted(found, key=lambda source: name_order(source.name))
        if not any(fnmatch.fnmatchcase(source.name.casefold(), pattern) for pattern in patterns)
    ]


def all_sources(folder: Path, tables: Sequence[str], mapping: ExportMapping | None) -> list[SourceFile]:
    """Every file of an export that is read, each once.

    Parameters
    ----------
    folder : Path
        The export.
    tables : sequence of str
    mapping : ExportMapping or None

    Returns
    -------
    list of SourceFile
    """
    entries = mapping.tables if mapping else ()
    sources: list[SourceFile] = []
    for table in tables:
        sources += own_sources(folder, table, entries)
        sources += [s for entry in entries if entry.target == table for s in mapped_sources(folder, entry)]
    return list(dict.fromkeys(sources))


def other_currencies(mapping: Path | None, currencies: Collection[str]) -> list[InputError]:
    """Files whose money is in none of the markets' currencies: one problem each.

    Parameters
    ----------
    mapping : Path or None
        See `mapping_path`; must be without mistakes.
    currencies : collection of str
        Of the markets that a report is about.

    Returns
    -------
    list of InputError
    """
    entries = load_mapping(mapping).tables if mapping else ()
    return [
        InputError(
            f"its money is in {entry.currency}, the markets' in {', '.join(sorted(currencies))}",
            remedy="Set the parameter currency, or export the file in the market's currency",
            file=entry.file,
        )
        for entry in entries
        if entry.currency and currencies and entry.currency not in currencies
    ]


def _suffix(name: str) -> str:
    return Path(name.lower().removesuffix(".gz")).suffix


def _members(path: Path, name: str) -> list[SourceFile]:
    try:
        with zipfile.ZipFile(path) as archive:
            members = sorted((m.filename for m in archive.infolist() if not m.is_dir()), key=name_order)
    except (zipfile.BadZipFile, OSError):
        return []
    # a workbook in a zip would have to be unpacked first
    readable = [m for m in members if _suffix(m) in SUFFIXES and not m.lower().endswith(WORKBOOK_SUFFIXES)]
    return [
        SourceFile(path, f"{name}/{member}", member)
        for member in readable
        if not member.startswith(("_", "."))
    ]
