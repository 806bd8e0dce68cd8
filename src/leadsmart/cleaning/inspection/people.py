"""Whether a column of leads holds people: names, e-mails, phones, profiles and addresses, recognised by its values.

A header says little: staff stand under ``Owner``, spouses under ``Nickname``, and projects have names, too.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

import duckdb
import pandas as pd
import phonenumbers
from phonenumbers import NumberParseException

from leadsmart.cleaning.parsing.raw_rows import LINE
from leadsmart.cleaning.parsing.sql import fetch_rows, quote_name
from leadsmart.cleaning.values.texts import WESTERN_DIGITS, clean_text
from leadsmart.person_names import fold_word, is_name, looks_like_name
from leadsmart.vocabulary import CAMPAIGNS, LEADS

#: Leads that are looked at for people, where an export has more; all of them once there are some.
MOST_LEADS: Final = 50_000
SAMPLED: Final = "sampled_leads"
#: Distinct values of a column that are looked at, the most frequent first.
MOST_VALUES: Final = 5_000
#: Filled rows, and share of them, from which contacts are no slip of a few people who wrote what was not asked.
MIN_ROWS: Final = 3
CONTACT_SHARE: Final = 0.05
#: Shares of the filled rows, and of the distinct values, from which names are what the column is about.
NAME_ROWS: Final = 0.2
NAME_VALUES: Final = 0.5
#: Texts in the form of a full name that nobody knows: share of the filled rows, distinct values, and those per row.
SHAPE_ROWS: Final = 0.6
SHAPE_VALUES: Final = 20
SHAPE_DISTINCT: Final = 0.3
#: How often the first word of names stands in the column name of the leads to be a given name of this market.
KNOWN_NAME_LEADS: Final = 3
MOST_NAMES: Final = 20_000

_EMAIL = re.compile(r"[^\s@]+@[^\s@]+\.\w{2,}")
_PROFILE = re.compile(
    r"(?:^|[/.@\s])(?:facebook|fb|instagram|linkedin|twitter|x|tiktok|snapchat|wa|t)\.(?:com|me)/\S+|^@[\w.]{3,}$",
    re.IGNORECASE,
)
_LINK = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_STREET = re.compile(
    r"\b(?:street|st|road|rd|avenue|ave|building|bldg|apartment|apt|flat)\b|شارع|عمارة|عماره|شقة رقم|مبنى",
    re.IGNORECASE,
)
_STAFF_HEADER = re.compile(
    r"owner|agent|assign|salesman|salesperson|sales_?rep|representative|handled|consultant|employee|staff|"
    r"مسؤول|مسئول|موظف|مندوب|بائع",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class People:
    """What a column shows of people.

    Attributes
    ----------
    kind : str
        In words, such as "names of people".
    rows : int
        Rows that show it.
    """

    kind: str
    rows: int


def count_values(connection: duckdb.DuckDBPyConnection, column: str, table: str = LEADS) -> tuple[int, int]:
    """Filled rows and distinct values of a column of the staged leads, or of a part of them.

    Parameters
    ----------
    connection : DuckDBPyConnection
    column : str
    table : str

    Returns
    -------
    (int, int)
    """
    text = f"trim({quote_name(column)})"
    groups = f"SELECT count(*) AS n FROM {table} WHERE {text} <> '' GROUP BY {text}"
    filled, distinct = fetch_rows(connection, f"SELECT coalesce(sum(n), 0), count(*) FROM ({groups})")[0]
    return int(filled), int(distinct)


def sample_leads(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the table of the leads that are looked at: all, or about `MOST_LEADS` of many, the same each time."""
    rows = fetch_rows(connection, f"SELECT count(*) FROM {LEADS}")[0][0]
    every = rows // MOST_LEADS + 1
    connection.execute(f"CREATE TABLE {SAMPLED} AS SELECT * FROM {LEADS} WHERE {LINE} % {every} = 0")


def find_people(
    connection: duckdb.DuckDBPyConnection,
    column: str,
    header: str,
    given_names: Collection[str],
    regions: Collection[str],
) -> People | None:
    """Look at the values of a column of the staged leads for people.

    Parameters
    ----------
    connection : DuckDBPyConnection
        With the staged tables and `sample_leads`.
    column : str
        Of the staged leads.
    header : str
        As exported; one that speaks of staff makes texts in the form of names suspicious.
    given_names : collection of str
        See `list_given_names`.
    regions : collection of str
        ISO 3166 codes by which phones without a country code are read.

    Returns
    -------
    People or None
        None where nothing speaks of people.
    """
    seen = _find_people(connection, column, header, given_names, regions, SAMPLED)
    return seen and (_find_people(connection, column, header, given_names, regions, LEADS) or seen)


def _find_people(
    connection: duckdb.DuckDBPyConnection,
    column: str,
    header: str,
    given_names: Collection[str],
    regions: Collection[str],
    table: str,
) -> People | None:
    filled, distinct = count_values(connection, column, table)
    if not filled:
        return None
    found = _own_contacts(connection, column, table)
    if found >= max(MIN_ROWS, CONTACT_SHARE * filled):
        return People("the lead's own name, e-mail or phone", found)
    values = _frequent_values(connection, column, table)
    for kind, holds in (
        ("e-mails", _EMAIL.search),
        ("phones", lambda text: _is_phone(text, regions)),
        (
            "profiles or links of people",
            lambda text: _PROFILE.search(text) or (_LINK.search(text) and distinct > filled / 2),
        ),
        ("addresses", lambda text: any(c.isdecimal() for c in text) and _STREET.search(text)),
    ):
        rows = int(values.loc[[bool(holds(text)) for text in values["text"]], "n"].sum())
        if rows >= max(MIN_ROWS, CONTACT_SHARE * filled):
            return People(kind, rows)
    is_person = pd.Series([is_name(text, given_names) for text in values["text"]], dtype=bool)
    rows = int(values.loc[is_person, "n"].sum())
    if rows >= MIN_ROWS and (
        is_person.mean() >= NAME_VALUES
        or (rows >= NAME_ROWS * filled and is_person.sum() >= SHAPE_VALUES / 4)
    ):
        return People("names of people", rows)
    has_shape = pd.Series([looks_like_name(text) for text in values["text"]], dtype=bool)
    rows = int(values.loc[has_shape, "n"].sum())
    is_varied = distinct >= SHAPE_VALUES and distinct >= SHAPE_DISTINCT * filled
    if rows >= max(MIN_ROWS, SHAPE_ROWS * filled) and (is_varied or _STAFF_HEADER.search(header)):
        return People("texts in the form of names", rows)
    return None


def list_given_names(connection: duckdb.DuckDBPyConnection) -> frozenset[str]:
    """The first words of the sampled leads' names that several of them have, without words of projects."""
    words = fetch_rows(
        connection,
        f"SELECT lower(split_part(trim(name), ' ', 1)) AS word FROM {SAMPLED} WHERE contains(trim(name), ' ') "
        f"GROUP BY 1 HAVING count(*) >= {KNOWN_NAME_LEADS} ORDER BY count(*) DESC, 1 LIMIT {MOST_NAMES}",
    )
    projects = fetch_rows(
        connection, f"SELECT DISTINCT project_name FROM {CAMPAIGNS} WHERE project_name IS NOT NULL"
    )
    of_projects = {fold_word(word) for (name,) in projects for word in re.findall(r"\w+", name)}
    return frozenset(folded for (word,) in words if len(folded := fold_word(word)) > 1) - of_projects


def _own_contacts(connection: duckdb.DuckDBPyConnection, column: str, table: str) -> int:
    """Rows in which the column states the lead's own name, e-mail or phone."""
    text, digits = f"lower(trim({quote_name(column)}))", "regexp_replace({}, '[^0-9]', '', 'g')"
    own, phone = digits.format(quote_name(column)), digits.format("phone")
    return int(
        fetch_rows(
            connection,
            f"SELECT count(*) FROM {table} WHERE length({text}) > 2 AND ({text} IN (lower(trim(name)), lower(trim(email))) "
            f"OR (length(phone) > 6 AND length({text}) > 6 AND length({own}) > 6 AND {own} = {phone}))",
        )[0][0]
    )


def _frequent_values(connection: duckdb.DuckDBPyConnection, column: str, table: str) -> pd.DataFrame:
    """``text, n``: distinct values, cleaned, the most frequent first."""
    text = f"trim({quote_name(column)})"
    rows = fetch_rows(
        connection,
        f"SELECT {text}, count(*) FROM {table} WHERE {text} <> '' GROUP BY 1 "
        f"ORDER BY count(*) DESC, hash({text}), 1 LIMIT {MOST_VALUES}",
    )
    cleaned = [(value, n) for raw, n in rows if (value := clean_text(raw)) is not None]
    return pd.DataFrame(cleaned, columns=["text", "n"])


def _is_phone(text: str, regions: Collection[str]) -> bool:
    """Whether a text is a phone; a number without plus or zero in front may be money unless it is as long as a phone."""
    plain = text.translate(WESTERN_DIGITS)
    digits = re.sub(r"\D", "", plain)
    if len(digits) < 8 or not re.fullmatch(r"[\d\s+()./\-]+", plain):
        return False
    if not plain.startswith(("+", "0", "(")) and len(digits) < 10:
        return False
    for number, region in [(plain, region) for region in regions] + [(f"+{digits}", None)]:
        try:
            if phonenumbers.is_valid_number(phonenumbers.parse(number, region)):
                return True
        except NumberParseException:
            continue
    return False
