"""Text made safe for HTML, and the few pieces of markup that tables, cards and pictures share."""

import html
import re
from typing import Protocol

from leadsmart.display.palette import MARKS

#: Links of a page go to files of the same site only.
_RELATIVE = re.compile(r"(?![a-z][a-z0-9+.-]*:|//|\\)", re.IGNORECASE)


class Shown(Protocol):
    """Anything that a notebook shows as HTML."""

    def _repr_html_(self) -> str: ...


class Html(str):
    """Markup that a notebook shows as it is.

    >>> Html("<p>Six campaigns.</p>")._repr_html_()
    '<p>Six campaigns.</p>'
    """

    __slots__ = ()

    def __repr__(self) -> str:
        # a notebook stores this beside the markup; the markup once is enough
        return f"<Html of {len(self):,} characters>"

    def _repr_html_(self) -> str:
        return str(self)


def escape(text: object) -> str:
    """Text as text: no character of it is read as markup.

    >>> escape('<script>alert("1")</script>')
    '&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;'
    """
    return html.escape("" if text is None else str(text), quote=True)


def escape_name(text: object) -> str:
    """A name, kept in its own direction: Arabic reads right to left without turning the line around it.

    >>> escape_name("Palm Hills"), escape_name("سعادة")
    ('Palm Hills', '<bdi dir="auto">سعادة</bdi>')
    """
    safe = escape(text)
    return safe if safe.isascii() else f'<bdi dir="auto">{safe}</bdi>'


def link(href: str, text: str) -> str:
    """A link to a page or file of the same site; any other address is left as plain text.

    >>> link("tables/campaigns.csv", "Campaigns")
    '<a href="tables/campaigns.csv">Campaigns</a>'
    >>> link("javascript:alert(1)", "Campaigns")
    'Campaigns'
    """
    if not href or not _RELATIVE.match(href):
        return escape_name(text)
    return f'<a href="{escape(href)}">{escape_name(text)}</a>'


def download_link(href: str, text: str = "Download the table (CSV)") -> str:
    """A link that saves a file of the same site."""
    if not _RELATIVE.match(href):
        return ""
    return f'<a class="ls-download" href="{escape(href)}" download>{escape(text)}</a>'


def verdict_mark(verdict: str) -> str:
    """A verdict as mark and word; the mark is for the eye, the word is for everybody.

    >>> verdict_mark("not enough data")
    '<span class="ls-verdict ls-open"><span aria-hidden="true">○</span> not enough data</span>'
    """
    mark, meaning = MARKS.get(verdict, ("○", "open"))
    return f'<span class="ls-verdict ls-{meaning}"><span aria-hidden="true">{mark}</span> {escape(verdict)}</span>'


def nothing_block(title: str, reason: str) -> str:
    """What stands in place of a table or picture of nothing; a title that the reason repeats is left out.

    >>> nothing_block("Decisions", "Nothing runs.")
    '<div class="ls-table-block"><p class="ls-table-title">Decisions</p><p class="ls-empty">Nothing runs.</p></div>'
    >>> nothing_block("Nothing runs", "Nothing runs. It ended in May.")
    '<div class="ls-table-block"><p class="ls-empty">Nothing runs. It ended in May.</p></div>'
    """
    head = "" if reason.startswith(title) else f'<p class="ls-table-title">{escape(title)}</p>'
    return f'<div class="ls-table-block">{head}<p class="ls-empty">{escape(reason)}</p></div>'
