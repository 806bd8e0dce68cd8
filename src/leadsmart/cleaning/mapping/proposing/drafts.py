"""An entry of a mapping in the making: all that one file says of itself."""

import re
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Any, Final

from leadsmart.cleaning.mapping.model import (
    CAMPAIGN_NAME,
    DATE_COLUMNS,
    ID_COLUMNS,
    NUMBER_COLUMNS,
    TABLES_BY_STEM,
)
from leadsmart.cleaning.mapping.proposing.matching import Match, TableMatch
from leadsmart.cleaning.mapping.proposing.preview import (
    Preview,
    are_dates,
    describe_values,
    find_prefixes,
    has_year_last,
    proven_marks,
    proven_order,
    strip_prefix,
    total_word,
)
from leadsmart.cleaning.mapping.proposing.systems import (
    CURRENCY,
    SystemTable,
    currency_in,
    normal_header,
)
from leadsmart.cleaning.parsing.headers import shown_header, snake_case
from leadsmart.cleaning.values.texts import clean_id, clean_text
from leadsmart.vocabulary import AD_PERFORMANCE, CAMPAIGNS, LEADS, STATUS_EVENTS

#: Most values that a comment lists.
SHOWN: Final = 8
NOTHING: Final = SystemTable({})
#: Table of the vocabulary -> what mapping.yml calls it.
STEMS: Final = {table: stem for stem, table in TABLES_BY_STEM.items()}
#: Column of the status of a table that has one.
STATUS: Final = {LEADS: "lead_status", STATUS_EVENTS: "status"}


@dataclass
class Draft:
    """An entry in the making.

    Attributes
    ----------
    preview : Preview
    match : TableMatch
    entry : dict
        As it will stand in the file.
    evidence : dict
        Keys of the entry -> comment.
    questions : list of str
        What has to be confirmed.
    """

    preview: Preview
    match: TableMatch
    entry: dict[str, Any]
    evidence: dict[tuple[str, ...], str] = field(default_factory=dict)
    questions: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        """File and table, for readers."""
        return f"{self.preview.source.name} as {self.entry['table']}"

    def ask(self, question: str) -> None:
        """Have something confirmed."""
        self.questions.append(question)

    def values(self, column: str) -> list[str]:
        """Filled cells of the first header of a column."""
        match = self.match.columns.get(column)
        return self.preview.values(self.preview.fields.index(match.headers[0])) if match else []

    def ids(self, column: str) -> list[str]:
        """Ids of a column, cleaned."""
        found = [clean_id(strip_prefix(value)) for value in self.values(column)]
        return [value for value in found if value is not None]


def describe_draft(draft: Draft) -> None:
    """Everything that one file says of itself."""
    preview, entry, columns = draft.preview, draft.entry, draft.match.columns
    if preview.sheet is not None:
        entry["sheet"] = preview.sheet
    if preview.title_lines:
        entry["title_lines"] = preview.title_lines
        draft.evidence["title_lines",] = f"the header is on line {preview.title_lines + 1}"
    if preview.footer:
        entry["footer_lines"] = preview.footer
        draft.evidence["footer_lines",] = "the last lines are no rows"
    _add_only(draft)
    entry["columns"] = {}
    for column, match in columns.items():
        if column == CURRENCY or (column == CAMPAIGN_NAME and draft.match.table != CAMPAIGNS):
            continue
        _add_column(draft, column, match)
    if draft.match.table == AD_PERFORMANCE and "ad_set_id" not in columns:
        draft.ask("no column names the ad set, so each campaign counts as one ad set")
        if "campaign_id" in columns:
            entry["columns"]["ad_set_id"] = columns["campaign_id"].headers[0]
        else:
            entry["constants"] = {"ad_set_id": "1"}
    _add_dates(draft)
    _add_decimals(draft)
    prefixes = sorted({p for c in (*ID_COLUMNS, "phone") for p in find_prefixes(draft.values(c))})
    if prefixes:
        entry["id_prefixes"] = prefixes
        draft.evidence["id_prefixes",] = "stand before ids and phones"
    _add_currency(draft)
    _add_form_fields(draft)


def _add_only(draft: Draft) -> None:
    """Which rows of a history speak of the status."""
    known = draft.match.system.tables.get(draft.match.table, NOTHING).only
    for header, allowed in known.items():
        if header not in draft.preview.fields:
            continue
        found = Counter(draft.preview.values(draft.preview.fields.index(header)))
        if {word.casefold() for word in found} & {word.casefold() for word in allowed}:
            draft.entry["only"] = {header: list(allowed)}
        else:
            draft.ask(
                f"no row has {' or '.join(allowed)} as {header!r}, but {listed(found)}: all rows are read"
            )


def _add_column(draft: Draft, column: str, match: Match) -> None:
    headers = list(match.headers)
    draft.entry["columns"][column] = headers[0] if len(headers) == 1 else headers
    filled = len(draft.values(column))
    looks = f"{filled:,} {describe_values(column)}" if filled else "no values"
    draft.evidence["columns", column] = f"{match.evidence}; {looks}"
    if not match.is_sure:
        draft.ask(f"columns.{column} is {' and '.join(map(repr, headers))}: {match.evidence}")
    elif column == "message":
        draft.ask(
            f"columns.message is {headers[0]!r}: delete it unless it holds the person's own words at the form"
        )


def find_totals(draft: Draft) -> Draft:
    """The draft of delivery without its lines of totals, which are told by what it says now."""
    day = draft.match.columns.get("created_at")
    if draft.match.table != AD_PERFORMANCE or day is None:
        return draft
    fields, usual = draft.preview.fields, draft.match.system.tables.get(AD_PERFORMANCE, NOTHING).total_lines
    words = usual.get("starts_with", ())
    campaign = draft.match.columns.get("campaign_id") or draft.match.columns.get(CAMPAIGN_NAME)
    keys = [day.headers[0], *(campaign.headers[:1] if campaign else ())]
    begins: dict[str, list[int]] = {}
    empty: list[int] = []
    at = fields.index(keys[0])
    days = list(dict.fromkeys(cells[at] for _, cells in draft.preview.rows))
    dates = {day for day, is_date in zip(days, are_dates(days), strict=True) if is_date}
    for line, cells in draft.preview.rows:
        if cells[at] in dates:
            continue
        word = total_word(cells, words)
        if word is not None:
            begins.setdefault(word, []).append(line)
        elif all(clean_text(cells[fields.index(key)] or "") is None for key in keys):
            empty.append(line)
    lines = {*empty, *(line for found in begins.values() for line in found)}
    if not lines:
        return draft
    rule = ({"starts_with": list(begins)} if begins else {}) | ({"empty": keys} if empty else {})
    shown = ", ".join(f"{line:,}" for line in sorted(lines)[:SHOWN])
    return replace(
        draft,
        preview=replace(draft.preview, rows=tuple(row for row in draft.preview.rows if row[0] not in lines)),
        entry={**draft.entry, "total_lines": rule},
        evidence={("total_lines",): f"line {shown}"},
    )


def _add_dates(draft: Draft) -> None:
    values = [
        value for column in draft.match.columns if column in DATE_COLUMNS for value in draft.values(column)
    ]
    if not has_year_last(values):
        return
    proven, usual = proven_order(values), draft.match.system.date_order
    order = next(iter(proven)) if len(proven) == 1 else usual if usual in ("dmy", "mdy") else "dmy"
    draft.entry["date_order"] = order
    if len(proven) == 1:
        draft.evidence["date_order",] = "numbers above 12 prove it"
    else:
        found = "prove both orders" if proven else "prove no order"
        draft.ask(f"date_order is {order}: its dates {found}")


def _add_decimals(draft: Draft) -> None:
    values = [v for column in draft.match.columns if column in NUMBER_COLUMNS for v in draft.values(column)]
    marks = proven_marks(values)
    if "," in marks:
        draft.entry["decimal_comma"] = "true"
        draft.evidence["decimal_comma",] = "amounts have one or two digits behind a comma"
        if "." in marks:
            draft.ask("decimal_comma is true: its amounts have points and commas before their decimals")


def _add_currency(draft: Draft) -> None:
    if draft.match.table not in (CAMPAIGNS, AD_PERFORMANCE):
        return
    column = draft.match.columns.get(CURRENCY)
    money = draft.match.columns.get("spend") or draft.match.columns.get("daily_budget")
    named = currency_in(money.headers[0]) if money else None
    if column is not None and money is not None:
        counted = Counter(
            value.upper() for value in draft.values(CURRENCY) if re.fullmatch("[A-Za-z]{3}", value)
        )
        if counted:
            draft.entry |= {"currency": counted.most_common(1)[0][0], "currency_header": column.headers[0]}
            if len(counted) > 1:
                draft.ask(f"money is in several currencies: {listed(counted)}; rows of another are refused")
    elif named:
        draft.entry["currency"] = named
        draft.evidence["currency",] = "as the header says"


def _add_form_fields(draft: Draft) -> None:
    system = draft.match.system.tables.get(draft.match.table, NOTHING)
    used = {header for match in draft.match.columns.values() for header in match.headers}
    known = {normal_header(header) for header in system.other}
    free = [f for f in draft.preview.fields if f not in used and normal_header(f) not in known and f.strip()]
    if draft.match.table != LEADS or not free:
        return
    if system.has_questions:
        named = {name: h for h in reversed(free) if re.match(r"[^\W\d]", name := snake_case(h))}
        draft.entry["form_fields"] = dict(reversed(named.items()))
        for name, header in draft.entry["form_fields"].items():
            draft.ask(
                f"form_fields.{name} is {header!r}: delete it unless it is a question of the form about no person"
            )
    else:
        shown = [shown_header(header, draft.preview.fields.index(header) + 1) for header in free]
        draft.evidence["columns",] = (
            f"not read: {', '.join(shown)}; declare answers of the form as form_fields"
        )


def listed(counted: Counter[str]) -> str:
    """The most frequent values with their counts."""
    shown = ", ".join(f"{word} ({n:,})" for word, n in counted.most_common(SHOWN))
    more = len(counted) - SHOWN
    return f"{shown} and {more} more" if more > 0 else shown
