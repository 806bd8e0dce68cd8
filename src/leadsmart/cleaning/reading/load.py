"""All that is wrong with an export folder, said in a second or two before anything runs."""

from pathlib import Path

from leadsmart.cleaning.parsing.raw_rows import ReadableFile, open_table_file
from leadsmart.cleaning.parsing.sources import find_sources, table_file
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

    Parameters
    ----------
    folder : Path
        The export.

    Returns
    -------
    (dict, list of InputError)
        Table -> files; the look-up from project to market is one of them where it is there.
    """
    if not folder.is_dir():
        problem, remedy = "the folder does not exist", "Check the path"
        if folder.exists():
            problem, remedy = "is a file, not a folder", "Name the folder that holds the export"
        return {}, [InputError(problem, remedy=remedy, file=str(folder))]
    opened = {table: _open_table(folder, table) for table in (*TABLES, MARKET_LOOKUP)}
    files = {table: readable for table, (readable, _) in opened.items() if readable}
    problems = [problem for _, found in opened.values() for problem in found]
    names_market = any("market" in file.columns for file in files.get(CAMPAIGNS, []))
    if CAMPAIGNS in files and not names_market and opened[MARKET_LOOKUP] == ([], []):
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
    except InputError as error:
        return [], [error]
    except OSError as error:
        problem = f"can't be read: {error.strerror}"
        return [], [InputError(problem, remedy="Check the folder's rights", file=str(folder))]
    if not sources and table != MARKET_LOOKUP:
        stem = EXPORT_FILES[table]
        remedy = f"Export it, or name it {stem}.csv, {stem}.csv.gz, {stem}.zip, {stem}.parquet or {stem}_2024-06.csv"
        return [], [InputError("the file does not exist", remedy=remedy, file=table_file(table))]
    readable: list[ReadableFile] = []
    problems: list[InputError] = []
    for source in sources:
        try:
            readable.append(open_table_file(source, table))
        except InputError as error:
            problems.append(error)
    return readable, problems
