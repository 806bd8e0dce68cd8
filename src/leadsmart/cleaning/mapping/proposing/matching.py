"""Which field of a file is which column of ours, and by what evidence."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from leadsmart.cleaning.mapping.model import (
    CAMPAIGN_NAME,
)
from leadsmart.cleaning.mapping.proposing.preview import Preview, fits
from leadsmart.cleaning.mapping.proposing.systems import (
    CURRENCY,
    PLUS,
    SIMILAR,
    System,
    candidate_headers,
    load_systems,
    normal_header,
    other_systems,
    similarity,
)
from leadsmart.cleaning.parsing.columns import OPTIONAL_COLUMNS, REQUIRED_COLUMNS
from leadsmart.vocabulary import AD_PERFORMANCE, CAMPAIGNS, LEADS, MARKET_LOOKUP, STATUS_EVENTS, TABLES

#: A file feeds a table only with one column of each of these groups.
NEEDED: Final[dict[str, tuple[tuple[str, ...], ...]]] = {
    CAMPAIGNS: (("id",), ("daily_budget", "start_time", "project_name")),
    AD_PERFORMANCE: (("spend",), ("created_at",), ("campaign_id", CAMPAIGN_NAME), ("impressions", "clicks")),
    LEADS: (("id",), ("added_date",), ("name", "email", "phone")),
    STATUS_EVENTS: (("lead_id",), ("status",), ("created_at",)),
    MARKET_LOOKUP: (("project_name",), ("market",)),
}
#: Headers of first names; the other half of a name may be called just "name".
_FIRST_NAMES: Final = ("first name", "given name", "الاسم الأول")
_PERIOD: Final = {"reporting starts": "reporting ends", "بداية التقرير": "نهاية التقرير"}


@dataclass(frozen=True)
class Match:
    """A field, or several that are joined, that holds a column.

    Attributes
    ----------
    headers : tuple of str
        As they stand in the file.
    evidence : str
    is_sure : bool
    is_by_system : bool
        Whether a system by name calls it so.
    """

    headers: tuple[str, ...]
    evidence: str
    is_sure: bool = True
    is_by_system: bool = False


@dataclass(frozen=True)
class TableMatch:
    """A table that a file can feed.

    Attributes
    ----------
    table : str
    system : System
    columns : dict
        Column -> `Match`.
    is_proven : bool
        Whether no other system knows as many of the file's headers.
    """

    table: str
    system: System
    columns: dict[str, Match]
    is_proven: bool = False

    @property
    def score(self) -> tuple[int, int, bool]:
        """More columns are better, then more that the system calls so."""
        counted = [match for column, match in self.columns.items() if column != CURRENCY]
        return len(counted), sum(match.is_by_system for match in counted), self.system.is_known

    @property
    def is_enough(self) -> bool:
        """Whether the columns make rows of the table."""
        return all(any(column in self.columns for column in group) for group in NEEDED[self.table])


def match_file(preview: Preview) -> TableMatch | None:
    """The table that a file most likely feeds, or None."""
    found = [best for table in (*TABLES, MARKET_LOOKUP) if (best := match_table(preview, table)) is not None]
    return max(found, key=lambda match: match.score, default=None)


def match_table(preview: Preview, table: str) -> TableMatch | None:
    """How a file can feed a table, by the system that knows most of its headers; None where it can't."""
    matches = [
        TableMatch(table, system, match_columns(preview, table, system))
        for system in load_systems()
        if table in system.tables
    ]
    enough = [match for match in matches if match.is_enough]
    if not enough:
        return None
    best = max(enough, key=lambda match: match.score)
    others = [_known_headers(preview, match) for match in matches if match.system is not best.system]
    return replace(best, is_proven=_known_headers(preview, best) > max(others, default=0))


def settle_system(preview: Preview, match: TableMatch, others: Sequence[System]) -> TableMatch:
    """The match of a file whose headers several systems use, by a system that another file of the folder proves.

    Parameters
    ----------
    preview : Preview
    match : TableMatch
        Of the file.
    others : sequence of System
        That other files prove.

    Returns
    -------
    TableMatch
        Of no system in particular where none of them knows the table.
    """
    rated = [
        (_known_headers(preview, found), -place, found)
        for place, system in enumerate(others)
        if match.table in system.tables
        for found in [TableMatch(match.table, system, match_columns(preview, match.table, system))]
    ]
    usual = {
        column: replace(found, evidence="a usual name", is_by_system=False) if found.is_by_system else found
        for column, found in match.columns.items()
    }
    if not rated:
        return TableMatch(match.table, other_systems(), usual)
    best = max(rated, key=lambda each: each[:2])[2]
    return replace(best, columns=usual | best.columns, is_proven=True)


def _known_headers(preview: Preview, match: TableMatch) -> int:
    """How many headers of a file its system by name knows, those that are not read among them."""
    if not match.system.is_known:
        return 0
    passed_over = {normal_header(header) for header in match.system.tables[match.table].other}
    read = sum(found.is_by_system for found in match.columns.values())
    return read + len(passed_over & {normal_header(field) for field in preview.fields})


def match_columns(preview: Preview, table: str, system: System) -> dict[str, Match]:
    """Columns of a table that a file has, by header and values."""
    fields = [normal_header(field) for field in preview.fields]
    found: dict[str, Match] = {}
    taken: set[int] = set()
    columns = (*REQUIRED_COLUMNS[table], *OPTIONAL_COLUMNS[table], CAMPAIGN_NAME, CURRENCY)
    for column in columns:
        for header, whose in candidate_headers(system, table, column):
            positions = [fields.index(part) for part in header.split(PLUS) if part in fields]
            if len(positions) < len(header.split(PLUS)) or taken & {*positions}:
                continue
            if not fits(column, preview.values(positions[0])) or _is_period(
                preview, table, fields, positions[0]
            ):
                continue
            headers = tuple(preview.fields[i] for i in positions)
            found[column] = Match(headers, whose, is_by_system=whose.startswith("as in "))
            taken |= {*positions} if column != CAMPAIGN_NAME else set()
            break
    periods = {*_PERIOD, *_PERIOD.values()} if table == AD_PERFORMANCE else ()
    free = [i for i, name in enumerate(fields) if i not in taken and name and name not in periods]
    found |= _similar(preview, table, system, [c for c in REQUIRED_COLUMNS[table] if c not in found], free)
    if table == LEADS:
        found |= _half_names(preview, fields, found, taken)
    return found


def _is_period(preview: Preview, table: str, fields: list[str], position: int) -> bool:
    """Whether a date is the start of a whole period: such rows are no days."""
    end = _PERIOD.get(fields[position])
    if table != AD_PERFORMANCE or end not in fields:
        return False
    return preview.values(position) != preview.values(fields.index(end))


def _similar(
    preview: Preview, table: str, system: System, missing: list[str], free: list[int]
) -> dict[str, Match]:
    """Columns whose header is nearly one that is known, or whose values leave no doubt."""
    found: dict[str, Match] = {}
    for column in missing:
        names = [header for header, _ in candidate_headers(system, table, column) if PLUS not in header]
        rated = [
            (max(similarity(normal_header(preview.fields[i]), name) for name in names), i)
            for i in free
            if names and preview.values(i) and fits(column, preview.values(i))
        ]
        if not rated:
            continue
        rating, position = max(rated)
        if rating >= SIMILAR:
            evidence = f"similar to a header we know ({rating:.0f} of 100)"
        elif column in ("email", "phone") and (column == "email" or len(rated) == 1):
            evidence = "no header we know, but its values leave little else"
        else:
            continue
        found[column] = Match((preview.fields[position],), evidence, is_sure=False)
        free = [i for i in free if i != position]
    return found


def _half_names(
    preview: Preview, fields: list[str], found: dict[str, Match], taken: set[int]
) -> dict[str, Match]:
    """A name whose other half stands under another header."""
    halves = [fields.index(first) for first in _FIRST_NAMES if first in fields]
    if "name" not in found or len(found["name"].headers) > 1 or not halves or halves[0] in taken:
        return {}
    headers = (preview.fields[halves[0]], *found["name"].headers)
    return {"name": Match(headers, "first and last name", is_sure=False)}
