"""Systems whose exports are known: the headers they give to our columns. Each is a file in ``presets/``."""

import functools
import importlib.resources
import re
from dataclasses import dataclass, field
from typing import Final

from rapidfuzz import fuzz

from leadsmart.cleaning.mapping.model import (
    CAMPAIGN_NAME,
    TABLES_BY_STEM,
)
from leadsmart.cleaning.mapping.opening import header_key
from leadsmart.cleaning.parsing.columns import OPTIONAL_COLUMNS, REQUIRED_COLUMNS
from leadsmart.cleaning.parsing.headers import COLUMN_ALIASES
from leadsmart.yaml_text import parse_yaml

#: The file of headers of no system in particular.
OTHER: Final = "other"
#: Between two headers whose texts make one, as first and last name do.
PLUS: Final = " + "
#: A column of no table: which currency the money of a row is in.
CURRENCY: Final = "currency"
#: Headers at least so similar (0 to 100, by words in any order) may be the same, and have to be confirmed.
SIMILAR: Final = 86

_IN_BRACKETS = re.compile(r"\s*\((?:[A-Z]{3}|in UTC|UTC[^)]*)\)\s*$")


@dataclass(frozen=True)
class SystemTable:
    """How a system exports one of our tables.

    Attributes
    ----------
    columns : dict
        Our column -> headers by preference; one with a plus stands for two that are joined.
    total_lines : dict
        ``starts_with`` -> words, ``empty`` -> our columns that are empty in a line of totals.
    only : dict
        Header -> values of the rows that count.
    other : tuple of str
        Headers that are known and not read.
    has_questions : bool
        Whether further headers are the form's questions.
    """

    columns: dict[str, tuple[str, ...]]
    total_lines: dict[str, tuple[str, ...]] = field(default_factory=dict)
    only: dict[str, tuple[str, ...]] = field(default_factory=dict)
    other: tuple[str, ...] = ()
    has_questions: bool = False


@dataclass(frozen=True)
class System:
    """A system whose exports are known.

    Attributes
    ----------
    name : str
        For readers.
    tables : dict
        Table of the vocabulary -> `SystemTable`.
    channel, date_order : str or None
    id_prefixes : tuple of str
    statuses : dict
        Its usual statuses -> ours.
    total_words : tuple of str
        What lines of totals begin with in any system; stated for no system in particular alone.
    """

    name: str
    tables: dict[str, SystemTable]
    channel: str | None = None
    date_order: str | None = None
    id_prefixes: tuple[str, ...] = ()
    statuses: dict[str, str] = field(default_factory=dict)
    total_words: tuple[str, ...] = ()

    @property
    def is_known(self) -> bool:
        """Whether it is a system by name."""
        return not self.total_words


@functools.cache
def load_systems() -> tuple[System, ...]:
    """All known systems by name, the headers of no system in particular last."""
    folder = importlib.resources.files("leadsmart.cleaning.mapping.proposing").joinpath("presets")
    files = sorted(
        (path for path in folder.iterdir() if path.name.endswith(".yml")), key=lambda path: path.name
    )
    named = [_system(path.read_text(encoding="utf-8")) for path in files if path.name != f"{OTHER}.yml"]
    return (*named, other_systems())


@functools.cache
def other_systems() -> System:
    """The headers of no system in particular."""
    path = importlib.resources.files("leadsmart.cleaning.mapping.proposing").joinpath(
        "presets", f"{OTHER}.yml"
    )
    return _system(path.read_text(encoding="utf-8"))


def known_headers() -> frozenset[str]:
    """All headers of all systems as they are compared, our own columns among them."""
    found = {normal_header(header) for system in load_systems() for table in system.tables.values()
             for headers in (*table.columns.values(), table.other, tuple(table.only))
             for both in headers for header in both.split(PLUS)}  # fmt: skip
    found |= {
        normal_header(c)
        for table in REQUIRED_COLUMNS
        for c in (*REQUIRED_COLUMNS[table], *OPTIONAL_COLUMNS[table])
    }
    return frozenset(found)


def normal_header(name: str) -> str:
    """A header without case, underscores, and a currency or zone in brackets.

    >>> normal_header("Amount spent (EGP)"), normal_header("created_time"), normal_header("Clicks (all)")
    ('amount spent', 'created time', 'clicks (all)')
    """
    return " ".join(header_key(_IN_BRACKETS.sub("", name)).replace("_", " ").split())


def currency_in(name: str) -> str | None:
    """The currency that a header names.

    >>> currency_in("Amount spent (EGP)")
    'EGP'
    """
    found = re.search(r"\(([A-Z]{3})\)\s*$", name)
    return found[1] if found else None


def candidate_headers(system: System, table: str, column: str) -> list[tuple[str, str]]:
    """Headers that may hold a column, by preference, each with whose it is.

    Parameters
    ----------
    system : System
    table : str
    column : str
        Of the table.

    Returns
    -------
    list of (str, str)
        Header as `normal_header`, and for readers the system that calls it so.
    """
    known = system.tables.get(table)
    found = [
        (header, f"as in {system.name}" if system.is_known else "a usual name")
        for header in (known.columns.get(column, ()) if known else ())
    ]
    if column not in (CAMPAIGN_NAME, CURRENCY):
        found.append((column, "our own name"))
    general = other_systems().tables[table].columns.get(column, ())
    found += [(header, "a usual name") for header in (*general, *COLUMN_ALIASES[table].get(column, ()))]
    whose_by_header: dict[str, str] = {}
    for header, whose in found:
        whose_by_header.setdefault(PLUS.join(map(normal_header, header.split(PLUS))), whose)
    return list(whose_by_header.items())


def similarity(header: str, candidate: str) -> float:
    """How alike two headers are: 0 to 100, whatever the order of their words."""
    return fuzz.token_sort_ratio(header, candidate)


def _system(text: str) -> System:
    values = parse_yaml(text)
    tables = {
        TABLES_BY_STEM[stem]: SystemTable(
            columns={column: tuple(headers) for column, headers in table["columns"].items()},
            total_lines={kind: tuple(words) for kind, words in table.get("total_lines", {}).items()},
            only={h: (v,) if isinstance(v, str) else tuple(v) for h, v in table.get("only", {}).items()},
            other=tuple(table.get("other", ())),
            has_questions=table.get("questions") == "true",
        )
        for stem, table in values["tables"].items()
    }
    return System(
        name=values["name"],
        tables=tables,
        channel=values.get("channel"),
        date_order=values.get("date_order"),
        id_prefixes=tuple(values.get("id_prefixes", ())),
        statuses=values.get("statuses", {}),
        total_words=tuple(values.get("total_words", ())),
    )
