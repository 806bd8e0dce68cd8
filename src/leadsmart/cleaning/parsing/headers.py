"""Header lines: which column of a file is which column of the export."""

import csv
import difflib
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from leadsmart.cleaning.parsing.columns import DELIMITERS, OPTIONAL_COLUMNS, REQUIRED_COLUMNS
from leadsmart.cleaning.values.contact_patterns import holds_contact
from leadsmart.cleaning.values.texts import clean_text
from leadsmart.errors import InputError
from leadsmart.person_names import is_name
from leadsmart.vocabulary import (
    AD_PERFORMANCE,
    CAMPAIGNS,
    LEADS,
    MARKET_LOOKUP,
    STATUS_EVENTS,
)

FORM_PREFIX: Final = "form_"
#: Columns that say how rows of delivery and campaigns are to be understood, and are no figures themselves.
PERIOD_END: Final = "context_period_end"
CURRENCY: Final = "context_currency"
BREAKDOWN_PREFIX: Final = "context_breakdown_"
_VALUE_MARKS: Final = re.compile(r"@|://|www\.|\d{5}|^\W*\d[\d\s.,:/+\-]*$")
OTHER_PREFIX: Final = "context_other_"

#: Other names under which ad platforms, CRMs and people export the same column.
COLUMN_ALIASES: Final[dict[str, dict[str, tuple[str, ...]]]] = {
    CAMPAIGNS: {
        "id": ("campaign_id", "campaign"),
        "daily_budget": ("budget", "budget_per_day"),
        "start_time": ("start", "start_date", "started_at", "starts_at"),
        "stop_time": ("stop", "stop_date", "stopped_at", "end", "end_date", "end_time", "ends_at"),
        "user_id": ("user", "account_id", "client_id", "business_user_id"),
        "project_name": ("project",),
        "channel": ("platform", "publisher_platform", "ad_channel"),
        "market": ("region",),
    },
    AD_PERFORMANCE: {
        "ad_set_id": ("adset_id", "adset", "ad_set"),
        "campaign_id": ("campaign",),
        "spend": ("amount_spent", "cost", "amount"),
        "clicks": ("link_clicks",),
        "impressions": ("impr", "views"),
        "created_at": ("date", "day", "delivery_date", "reporting_starts"),
    },
    LEADS: {
        "id": ("lead_id", "lead"),
        "campaign_id": ("campaign",),
        "name": ("full_name", "lead_name", "customer_name", "الاسم"),
        "email": ("e_mail", "email_address", "mail", "البريد_الإلكتروني"),
        "phone": ("phone_number", "mobile", "mobile_number", "telephone", "tel", "الهاتف"),
        "lead_status": ("status",),
        "added_date": ("created_at", "created_time", "added_at", "arrived_at", "date"),
        "is_test": ("is_test_lead", "test_lead"),
        "message": ("comment", "comments", "note", "notes", "lead_text"),
        "form_variant": ("form", "form_name", "form_id"),
        "message_intent": ("intent", "intent_label", "message_label"),
    },
    STATUS_EVENTS: {
        "lead_id": ("lead", "id"),
        "status": ("lead_status", "new_status"),
        "created_at": ("changed_at", "date", "added_date", "changed_date"),
    },
    MARKET_LOOKUP: {"project_name": ("project",), "market": ("region",)},
}

_PERIOD_ENDS: Final = frozenset(
    {
        "reporting_ends",
        "date_stop",
        "date_end",
        "end_date",
        "period_end",
        "week_end",
        "to_date",
        "نهاية_التقرير",
    }
)
_CURRENCIES: Final = frozenset({"currency", "currency_code", "account_currency", "العملة", "رمز_العملة"})
#: By what reports of ad platforms break delivery down below ad set and day.
_BREAKDOWNS: Final = frozenset(
    {
        "ad", "ad_id", "ad_name", "age", "age_group", "age_range", "asset", "audience", "city", "country", "creative",
        "creative_id", "device", "device_platform", "dma", "gender", "hour", "hour_of_day", "impression_device",
        "keyword", "network", "operating_system", "placement", "platform", "platform_position", "province",
        "publisher_platform", "region", "search_term", "sex", "time_of_day", "الجنس", "العمر", "المنطقة", "الموضع",
        "الجهاز", "البلد", "المنصة", "الساعة",
    }
)  # fmt: skip


@dataclass(frozen=True)
class Header:
    """How a file's fields map to columns.

    Attributes
    ----------
    delimiter : str
    lines : int
        Physical lines up to and including the header.
    columns : tuple of (str or None)
        Per field the export column, ``form_<name>`` for a further column of leads, or None for a field
        that is not read.
    fields : tuple of str
        As the header line names them.
    """

    delimiter: str
    lines: int
    columns: tuple[str | None, ...]
    fields: tuple[str, ...] = ()


def snake_case(name: str) -> str:
    """A header as a column name.

    >>> snake_case(" Lead Status "), snake_case("adSet-ID")
    ('lead_status', 'ad_set_id')
    """
    text = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", clean_text(name) or "")
    return re.sub(r"\W+", "_", text).strip("_").casefold()


def split_line(line: str, delimiter: str) -> list[str]:
    """Fields of one line, which a spreadsheet that took it for one cell may have quoted as a whole.

    >>> split_line('Day,"Cost, EGP"', ","), split_line('"Day,Cost"', ",")
    (['Day', 'Cost, EGP'], ['Day', 'Cost'])
    """
    try:
        fields = next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        # a field that is longer than any header
        return [line]
    is_one_cell = len(fields) == 1 and line.startswith('"') and delimiter in fields[0]
    return next(csv.reader([fields[0]], delimiter=delimiter), []) if is_one_cell else fields


def form_column(name: str) -> str:
    """The column of a form field, whose name may be written as exported.

    >>> form_column("Unit Type"), form_column("form_budget")
    ('form_unit_type', 'form_budget')
    """
    name = snake_case(name)
    return name if name.startswith(FORM_PREFIX) else f"{FORM_PREFIX}{name}"


def is_form_column(column: str) -> bool:
    """Whether a column of leads is a further answer of the form; ``form_variant`` has a meaning of its own."""
    return column.startswith(FORM_PREFIX) and column != f"{FORM_PREFIX}variant"


def is_value(header: str, given_names: Collection[str] = ()) -> bool:
    """Whether a header looks like a value, as where a file has no header line.

    >>> is_value("0100 123 4567"), is_value("mona@mail.com"), is_value("Mona Sabry"), is_value("Unit Type")
    (True, True, True, False)
    """
    return (
        _VALUE_MARKS.search(header.strip()) is not None
        or holds_contact(header)
        or (len(header.split()) > 1 and is_name(header.strip(), given_names))
    )


def shown_header(header: str, position: int, given_names: Collection[str] = ()) -> str:
    """A header as messages and pages name it: numbered where it looks like a value.

    >>> shown_header("Mona Sabry", 7), shown_header("Unit Type ", 8)
    ('column 7', 'Unit Type')
    """
    return f"column {position}" if is_value(header, given_names) else header.strip()


def parse_header(text: str, table: str, file: str) -> Header:
    """Find delimiter, header line and columns.

    Parameters
    ----------
    text : str
        The beginning of the file.
    table : str
        A table of the vocabulary, or ``project_markets``.
    file : str
        Name for messages.

    Returns
    -------
    Header

    Raises
    ------
    InputError
        If there is no header or a column is missing.
    """
    skipped = 0
    lines = text.split("\n")
    while lines and (not lines[0].strip(" \r\t,;|\ufeff") or re.match(r"\ufeff?sep=.\s*$", lines[0])):
        lines.pop(0)
        skipped += 1
    if not lines:
        raise InputError("is empty", remedy="Export it again", file=file)
    candidates = []
    for delimiter in DELIMITERS:
        fields = split_line(lines[0].rstrip("\r"), delimiter)
        columns = match_columns(fields, table)
        known = sum(1 for c in columns if c in REQUIRED_COLUMNS[table] or c in OPTIONAL_COLUMNS[table])
        candidates.append((known, len(fields), delimiter, fields, columns))
    # most known columns first; max keeps the first delimiter on a tie
    _, _, delimiter, fields, columns = max(candidates, key=lambda c: (c[0], c[1]))
    check_columns(columns, fields, table, file)
    return Header(delimiter, skipped + 1, columns, tuple(fields))


def match_columns(fields: Sequence[str], table: str) -> tuple[str | None, ...]:
    """Per field the column it holds, see `Header`.

    Parameters
    ----------
    fields : sequence of str
        Of the header line.
    table : str

    Returns
    -------
    tuple of (str or None)
    """
    names = [snake_case(field) for field in fields]
    columns: list[str | None] = [None] * len(names)
    wanted = (*REQUIRED_COLUMNS[table], *OPTIONAL_COLUMNS[table])
    for column in wanted:
        for candidate in (column, *COLUMN_ALIASES[table].get(column, ())):
            if candidate in names and columns[names.index(candidate)] is None:
                columns[names.index(candidate)] = column
                break
    if table in (AD_PERFORMANCE, CAMPAIGNS):
        for i, name in enumerate(names):
            context = context_column(name, table)
            if columns[i] is None and context not in columns:
                columns[i] = context
    if table == LEADS:
        taken = {column for column in columns if column}
        for i, name in enumerate(names):
            if columns[i] is None and name and form_column(name) not in taken:
                columns[i] = form_column(name)
                taken.add(form_column(name))
    return tuple(columns)


def context_column(name: str, table: str) -> str | None:
    """The column that says how rows are to be understood, for a header in snake case; None for any other.

    >>> context_column("reporting_ends", AD_PERFORMANCE), context_column("age", AD_PERFORMANCE)
    ('context_period_end', 'context_breakdown_age')
    """
    if name in _CURRENCIES:
        return CURRENCY
    if table != AD_PERFORMANCE:
        return None
    if name in _PERIOD_ENDS:
        return PERIOD_END
    is_breakdown = name in _BREAKDOWNS or name.startswith(("hourly_", "time_of_day_"))
    return f"{BREAKDOWN_PREFIX if is_breakdown else OTHER_PREFIX}{name}" if name else None


def check_columns(columns: Sequence[str | None], fields: Sequence[str], table: str, file: str) -> None:
    """Raise an `InputError` that names every missing column and the nearest header.

    Parameters
    ----------
    columns : sequence of (str or None)
        See `match_columns`.
    fields : sequence of str
        Of the header line.
    table : str
    file : str
        Name for messages.

    Raises
    ------
    InputError
        If a column is missing; it names every one and the nearest header.
    """
    missing = [column for column in REQUIRED_COLUMNS[table] if column not in columns]
    if not missing:
        return
    # a file without a header line has contacts where names of columns should be
    shown = [name for field in fields if re.fullmatch(r"[^\W\d][\w \-]{0,40}", name := field.strip())]
    known = len([column for column in columns if column in REQUIRED_COLUMNS[table]])
    micros = [name for name in shown if "micros" in snake_case(name)]
    if missing == ["spend"] and micros:
        raise InputError(
            f"lacks the column spend; {micros[0]} is in micros, millionths of the currency",
            remedy="Export the cost in the currency's own unit, or divide the column by a million and call it spend",
            file=file,
            column=micros[0],
        )
    if known == 0:
        expected = ", ".join(REQUIRED_COLUMNS[table])
        raise InputError(
            "has none of the columns it should have",
            remedy=f"The first line must name the columns {expected}; for another system's files run `leadsmart map`",
            file=file,
        )
    unread = [name for name in shown if snake_case(name) not in columns]
    close = difflib.get_close_matches(missing[0], [snake_case(name) for name in unread], n=1, cutoff=0.5)
    hint = (
        f"Did you mean its column {close[0]!r}?"
        if close
        else "Export it again with all columns, or run `leadsmart map`"
    )
    noun = "column" if len(missing) == 1 else "columns"
    raise InputError(f"lacks the {noun} {', '.join(missing)}", remedy=hint, file=file, column=missing[0])
