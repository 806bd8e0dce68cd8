"""All that is wrong with an export folder, said in a second or two before anything runs."""

from pathlib import Path

from leadsmart.cleaning.mapping.files import mapping_path, own_sources
from leadsmart.cleaning.mapping.model import ExportMapping, load_mapping
from leadsmart.cleaning.mapping.opening import open_mapped
from leadsmart.cleaning.reading.raw_rows import ReadableFile, open_table_file
from leadsmart.cleaning.reading.sources import has_lookup, table_file
from leadsmart.errors import InputError, InputProblems, LeadSmartError
from leadsmart.vocabulary import CAMPAIGNS, EXPORT_FILES, MARKET_LOOKUP, TABLES


def check_export(folder: Path, mapping: Path | None = None) -> list[LeadSmartError]:
    """Look at folder, files, headers and first rows; nothing is read to its end.

    Parameters
    ----------
    folder : Path
        The export.
    mapping : Path, optional
        How files of other systems become tables; by default ``mapping.yml`` in the folder, where it is.

    Returns
    -------
    list of LeadSmartError
        One per problem, in the order of the tables; empty where all is well.
    """
    return open_export(folder, mapping)[1]


def open_export(
    folder: Path, mapping: Path | None = None
) -> tuple[dict[str, list[ReadableFile]], list[LeadSmartError]]:
    """Files per table whose headers are understood, and all problems met on the way.

    Parameters
    ----------
    folder, mapping
        See `check_export`.

    Returns
    -------
    (dict, list of LeadSmartError)
        Table -> files; the look-up from project to market is one of them where it is there.
    """
    if not folder.exists():
        return {}, [InputError("the folder does not exist", remedy="Check the path", file=str(folder))]
    if not folder.is_dir():
        return {}, [
            InputError(
                "is a file, not a folder", remedy="Name the folder that holds the export", file=str(folder)
            )
        ]
    files: dict[str, list[ReadableFile]] = {}
    problems: list[LeadSmartError] = []
    try:
        path = mapping_path(folder, mapping)
        mapped = load_mapping(path) if path else ExportMapping()
    except InputProblems as error:
        return {}, error.problems
    except InputError as error:
        return {}, [error]
    for table in (*TABLES, MARKET_LOOKUP):
        opened, found = _open_table(folder, table, mapped)
        problems += found
        if opened:
            files[table] = opened
    if CAMPAIGNS in files and not any("market" in file.columns for file in files[CAMPAIGNS]):
        try:
            looked_up = MARKET_LOOKUP in files or has_lookup(folder)
        except InputError:
            looked_up = True
        if not looked_up:
            problems.append(
                InputError(
                    "nothing says which market a campaign belongs to",
                    remedy=f"Add a column market, or a file {MARKET_LOOKUP}.csv with project_name and market",
                    file=table_file(CAMPAIGNS),
                )
            )
    return files, problems


def _open_table(
    folder: Path, table: str, mapping: ExportMapping
) -> tuple[list[ReadableFile], list[LeadSmartError]]:
    mapped, wrong = open_mapped(folder, mapping, table)
    try:
        sources = own_sources(folder, table, mapping.tables)
    except (InputError, OSError) as error:
        if isinstance(error, InputError):
            return [], [error]
        return [], [
            InputError(
                f"can't be read: {error.strerror}", remedy="Check the folder's rights", file=str(folder)
            )
        ]
    if not sources:
        if table == MARKET_LOOKUP or mapped or wrong:
            return mapped, wrong
        stem = EXPORT_FILES[table]
        remedy = f"Export it, or name it {stem}.csv, {stem}.csv.gz, {stem}.zip, {stem}.parquet or {stem}_2024-06.csv"
        return [], [InputError("the file does not exist", remedy=remedy, file=table_file(table))]
    opened: list[ReadableFile] = []
    problems: list[LeadSmartError] = []
    for source in sources:
        try:
            opened.append(open_table_file(source, table))
        except InputError as error:
            problems.append(error)
    return [*opened, *mapped], [*problems, *wrong]
