"""Files of an export's folder that no table claims: told, or refused where one must have been meant to count."""

import filecmp
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from leadsmart.cleaning.mapping.files import all_sources, is_workbook, list_data_files
from leadsmart.cleaning.mapping.model import ExportMapping
from leadsmart.cleaning.parsing.claims import likeliest_table, names_all, read_fields
from leadsmart.cleaning.parsing.columns import REQUIRED_COLUMNS
from leadsmart.cleaning.parsing.sources import SourceFile, table_file
from leadsmart.errors import InputError
from leadsmart.vocabulary import EXPORT_FILES, MARKET_LOOKUP, TABLES

_TITLE_ROWS: Final = 5


@dataclass(frozen=True)
class UnclaimedFile:
    """A file that feeds no table.

    Attributes
    ----------
    name : str
        Relative to the export folder.
    text : str
        Why it is not read, and what to do.
    is_refused : bool
        Whether it has all columns of a table, so that figures without it may be wrong.
    """

    name: str
    text: str
    is_refused: bool = False

    @property
    def problem(self) -> InputError:
        """The file as an error."""
        problem, _, remedy = self.text.partition(". ")
        return InputError(problem, remedy=remedy, file=self.name)


def find_unclaimed(folder: Path, mapping: ExportMapping | None) -> list[UnclaimedFile]:
    """Look at the files of a folder that neither a name nor a mapping makes part of a table.

    Parameters
    ----------
    folder : Path
        The export.
    mapping : ExportMapping or None

    Returns
    -------
    list of UnclaimedFile
        In the order of their names.
    """
    claimed = all_sources(folder, (*TABLES, MARKET_LOOKUP), mapping)
    paths = {source.path for source in claimed}
    names = {source.name for source in claimed}
    others = [s for s in list_data_files(folder) if s.name not in names and (s.member or s.path not in paths)]
    found = (_look_at(source, claimed) for source in others)
    return [each for each in found if each is not None]


def _look_at(source: SourceFile, claimed: Sequence[SourceFile]) -> UnclaimedFile | None:
    if twin := _find_twin(source, claimed):
        return UnclaimedFile(source.name, f"is a copy of {twin.name} and was not read")
    headers = _workbook_headers(source.path) if is_workbook(source) else read_fields(source)
    table = likeliest_table(headers)
    is_below = source.path.name != source.name and source.member is None
    complete = next((table for table in TABLES if names_all(headers, table)), None)
    if complete and not is_below:
        why = (
            "workbooks are read by a mapping only"
            if is_workbook(source)
            else "its name does not say that it counts"
        )
        remedy = (
            "Run `leadsmart map`" if is_workbook(source) else f"Name it {_example(complete)} to have it read"
        )
        return UnclaimedFile(
            source.name,
            f"its header has the {len(REQUIRED_COLUMNS[complete])} columns of {table_file(complete)}, but {why}. "
            f"{remedy}, or move it out of the folder",
            is_refused=True,
        )
    if is_workbook(source):
        return UnclaimedFile(source.name, "is a workbook and was not read. To use it run `leadsmart map`")
    if table is None:
        # a text whose first lines look like no table is one, such as a licence
        is_prose = source.name.lower().endswith(".txt")
        return None if is_prose else UnclaimedFile(source.name, "feeds no table and was not read")
    return UnclaimedFile(
        source.name,
        f"was not read; its columns are most like those of {table_file(table)}. Name it {_example(table)}, or run "
        "`leadsmart map`",
    )


def _workbook_headers(path: Path) -> list[list[str]]:
    """The first rows of a workbook's first sheet; none where it can't be read."""
    # seldom needed, and the question is asked often
    import python_calamine

    try:
        rows = (
            python_calamine.CalamineWorkbook.from_path(path)
            .get_sheet_by_index(0)
            .to_python(nrows=_TITLE_ROWS)
        )
    except (python_calamine.CalamineError, OSError):
        return []
    return [[str(cell) for cell in row] for row in rows]


def _find_twin(source: SourceFile, claimed: Sequence[SourceFile]) -> SourceFile | None:
    """A claimed file with the same bytes."""
    size = source.path.stat().st_size
    return next(
        (
            other
            for other in claimed
            if source.member is other.member is None
            and other.path.stat().st_size == size
            and filecmp.cmp(source.path, other.path, shallow=False)
        ),
        None,
    )


def _example(table: str) -> str:
    """A name by which a file is read as a table's."""
    return f"{EXPORT_FILES.get(table, table)}_….csv"
