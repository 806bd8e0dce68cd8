"""SQL of our columns over the fields of another system's file, which are called f0, f1 …"""

from collections.abc import Sequence
from typing import Final

from leadsmart.cleaning.mapping.model import (
    DATE_COLUMNS,
    ID_COLUMNS,
    STATUS_COLUMNS,
    ColumnSource,
    TableMapping,
)
from leadsmart.cleaning.mapping.opening import find_headers, header_key
from leadsmart.cleaning.parsing.sql import quote_text

_DAYS: Final = {
    "dmy": ["%d/%m/%Y", "%d.%m.%Y", "%d-%m-%Y"],
    "mdy": ["%m/%d/%Y", "%m.%d.%Y", "%m-%d-%Y"],
}
_TIMES: Final = ["", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p"]
_ZONE_IN_BRACKETS: Final = r"\s*\((?:UTC|GMT)\s*([+-]\d\d:?\d\d)\)$"
_FIRST_GROUP: Final = r"\1"
_BLANKS: Final = r"[\s\x{00A0}\x{200B}-\x{200F}]+"


class Cells:
    """SQL of the cells of a file, by header."""

    def __init__(self, fields: Sequence[str]) -> None:
        self._positions = find_headers(fields)

    def __call__(self, header: str) -> str:
        """The cell under a header."""
        return f"f{self._positions[header_key(header)]}"

    def of(self, source: ColumnSource) -> str:
        """The text that a column's source stands for."""
        cells = [self(header) for header in source.header]
        text = cells[0] if len(cells) == 1 else f"concat_ws(' ', {', '.join(map(filled, cells))})"
        if source.separator is not None:
            text = f"trim(split_part({text}, {quote_text(source.separator)}, {source.part}))"
        if source.contains:
            whens = [
                f"WHEN contains(lower({text}), {quote_text(word.lower())}) THEN {quote_text(value)}"
                for word, value in source.contains.items()
            ]
            text = f"CASE {' '.join(whens)} END"
        return text


def build_expressions(entry: TableMapping, cells: Cells) -> dict[str, str]:
    """Column of the export -> SQL over the fields of the file."""
    found = {column: quote_text(value) for column, value in entry.constants.items()}
    for column, source in entry.columns.items():
        text = cells.of(source)
        if (column in ID_COLUMNS or column == "phone") and entry.id_prefixes:
            prefixes = "|".join(_literal_pattern(prefix) for prefix in entry.id_prefixes)
            pattern = quote_text(rf"^\s*({prefixes})")
            text = f"regexp_replace({text}, {pattern}, '')"
        elif column in DATE_COLUMNS:
            text = _moment(text, entry)
        elif column in STATUS_COLUMNS and entry.statuses:
            whens = [
                f"WHEN {quote_text(_plain(word))} THEN {quote_text(status)}"
                for word, status in entry.statuses.items()
            ]
            text = f"CASE {normalised(text)} {' '.join(whens)} ELSE {text} END"
        found[column] = text
    return found | {f"form_{name}": cells(header) for name, header in entry.form_fields.items()}


def _moment(text: str, entry: TableMapping) -> str:
    """A date whose zone is written as an offset behind it, and as ISO where the mapping says the order."""
    zoned = f"regexp_replace(trim({text}), {quote_text(_ZONE_IN_BRACKETS)}, {quote_text(_FIRST_GROUP)})"
    patterns = [f"{day}{time}" for day in _DAYS.get(entry.date_order or "", []) for time in _TIMES]
    if not patterns:
        return zoned
    listed = ", ".join(quote_text(pattern) for pattern in patterns)
    return f"coalesce(strftime(try_strptime({zoned}, [{listed}]), '%Y-%m-%d %H:%M:%S'), {zoned})"


def plain_number(text: str, entry: TableMapping) -> str:
    """SQL of an amount with a decimal point."""
    return f"replace(replace({text}, '.', ''), ',', '.')" if entry.decimal_comma else text


def filled(cell: str) -> str:
    """SQL of a cell that is NULL where nothing is in it."""
    return f"nullif(trim({cell}), '')"


def _plain(word: str) -> str:
    return " ".join(word.casefold().split())


def normalised(text: str) -> str:
    """SQL of a text as names and statuses are compared: in lower case, with single blanks."""
    return f"trim(regexp_replace(lower(nfc_normalize({text})), {quote_text(_BLANKS)}, ' ', 'g'))"


def day_of(text: str) -> str:
    """SQL of the day of a moment."""
    return f"try_cast(substr(CAST({text} AS VARCHAR), 1, 10) AS DATE)"


def _literal_pattern(text: str) -> str:
    return "".join(f"\\{c}" if not c.isalnum() else c for c in text)
