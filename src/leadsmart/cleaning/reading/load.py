"""All that is wrong with an export folder, said in a second or two before anything runs."""

from pathlib import Path

from leadsmart.cleaning.mapping.files import is_workbook, list_data_files, mapping_path, own_sources
from leadsmart.cleaning.mapping.model import ExportMapping, load_mapping
from leadsmart.cleaning.mapping.opening import open_mapped
from leadsmart.cleaning.mapping.unclaimed import UnclaimedFile, find_unclaimed
from leadsmart.cleaning.parsing.raw_rows import ReadableFile, open_table_file
from leadsmart.cleaning.parsing.sources import named_like, table_file
from leadsmart.errors import InputError, InputProblems, LeadSmartError
from leadsmart.vocabulary import CAMPAIGNS, EXPORT_FILES, MARKET_LOOKUP, OPTIONAL_TABLES, TABLES


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
    if not folder.is_dir():
        problem, remedy = "the folder does not exist", "Check the path"
        if folder.exists():
            problem, remedy = "is a file, not a folder", "Name the folder that holds the export"
        return {}, [InputError(problem, remedy=remedy, file=str(folder))]
    try:
        path = mapping_path(folder, mapping)
        mapped = load_mapping(path) if path else ExportMapping()
    except InputProblems as error:
        return {}, error.problems
    except InputError as error:
        return {}, [error]
    opened = {table: _open_table(folder, table, mapped) for table in (*TABLES, MARKET_LOOKUP)}
    files = {table: readable for table, (readable, _) in opened.items() if readable}
    problems = [problem for _, found in opened.values() for problem in found]
    problems += [file.problem for file in _unclaimed(folder, mapped) if file.is_refused]
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


def _unclaimed(folder: Path, mapping: ExportMapping) -> list[UnclaimedFile]:
    try:
        return find_unclaimed(folder, mapping)
    except (InputError, OSError):
        # a file that can't be read or told from another, which is said of its table
        return []


def _open_table(
    folder: Path, table: str, mapping: ExportMapping
) -> tuple[list[ReadableFile], list[LeadSmartError]]:
    readable, problems = open_mapped(folder, mapping, table)
    try:
        sources = own_sources(folder, table, mapping.tables)
    except InputError as error:
        return [], [error]
    except OSError as error:
        problem = f"can't be read: {error.strerror}"
        return [], [InputError(problem, remedy="Check the folder's rights", file=str(folder))]
    if not (sources or readable or problems) and table not in (MARKET_LOOKUP, *OPTIONAL_TABLES):
        stem = EXPORT_FILES[table]
        workbooks = [s.name for s in list_data_files(folder) if is_workbook(s) and named_like(s.name, table)]
        if workbooks:
            remedy = f"Save {workbooks[0]}, which is a workbook, as CSV UTF-8, or run `leadsmart map`"
            return [], [InputError("the file does not exist", remedy=remedy, file=table_file(table))]
        remedy = f"Export it, or name it {stem}.csv, {stem}.csv.gz, {stem}.zip, {stem}.parquet or {stem}_2024-06.csv"
        return [], [InputError("the file does not exist", remedy=remedy, file=table_file(table))]
    own: list[ReadableFile] = []
    wrong: list[LeadSmartError] = []
    for source in sources:
        try:
            own.append(open_table_file(source, table))
        except InputError as error:
            wrong.append(error)
    return [*own, *readable], [*wrong, *problems]
