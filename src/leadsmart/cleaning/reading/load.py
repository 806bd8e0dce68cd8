"""All that is wrong with an export folder, said in a second or two before anything runs."""

from pathlib import Path

from leadsmart.cleaning.reading.raw_rows import ReadableFile, open_table_file
from leadsmart.cleaning.reading.sources import find_sources, has_lookup, table_file
from leadsmart.errors import InputError
from leadsmart.vocabulary import CAMPAIGNS, EXPORT_FILES, MARKET_LOOKUP, TABLES


def check_export(folder: Path) -> list[InputError]:
    """Look at folder, files, headers and first rows; nothing is read to its end.

    Parameters
    ----------
    folder : Path
        The export.

    Returns
    -------
    list of InputError
        One per problem, in the order of the tables; empty where all is well.
    """
    return open_export(folder)[1]


def open_export(folder: Path) -> tuple[dict[str, list[ReadableFile]], list[InputError]]:
    """Files per table whose headers are understood, and all problems met on the way.

    Returns
    -------
    (dict, list of InputError)
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
    problems: list[InputError] = []
    for table in (*TABLES, MARKET_LOOKUP):
        opened, found = _open_table(folder, table)
        problems += found
        if opened:
            files[table] = opened
    if CAMPAIGNS in files and not any("market" in file.columns for file in files[CAMPAIGNS]):
        try:
            looked_up = has_lookup(folder)
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


def _open_table(folder: Path, table: str) -> tuple[list[ReadableFile], list[InputError]]:
    try:
        sources = find_sources(folder, table)
    except (InputError, OSError) as error:
        if isinstance(error, InputError):
            return [], [error]
        return [], [
            InputError(
                f"can't be read: {error.strerror}", remedy="Check the folder's rights", file=str(folder)
            )
        ]
    if not sources:
        if table == MARKET_LOOKUP:
            return [], []
        stem = EXPORT_FILES[table]
        remedy = f"Export it, or name it {stem}.csv, {stem}.csv.gz, {stem}.zip, {stem}.parquet or {stem}_2024-06.csv"
        return [], [InputError("the file does not exist", remedy=remedy, file=table_file(table))]
    opened: list[ReadableFile] = []
    problems: list[InputError] = []
    for source in sources:
        try:
            opened.append(open_table_file(source, table))
        except InputError as error:
            problems.append(error)
    return opened, problems
