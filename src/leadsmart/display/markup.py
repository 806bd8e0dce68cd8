"""Markup, and text made safe in it: names in their own direction, links within the site, verdicts with their mark."""

import re

from markupsafe import Markup, escape

from leadsmart.display.palette import MARKS

#: An address without scheme and host. Browsers skip white space in one and read a backslash as a slash.
_SAME_SITE = re.compile(r"(?!//)[^\s:\\]+")

_ISOLATED = Markup('<bdi dir="auto">%s</bdi>')
_LINK = Markup('<a href="%s">%s</a>')
_VERDICT = Markup('<span class="ls-verdict ls-%s"><span aria-hidden="true">%s</span> %s</span>')


class Html(Markup):
    """Markup that a notebook shows as it is; text that is formatted or joined into it is escaped.

    >>> Html("<p>{}</p>").format("Six <campaigns>")._repr_html_()
    '<p>Six &lt;campaigns&gt;</p>'
    """

    __slots__ = ()

    def __repr__(self) -> str:
        # a notebook stores this beside the markup; the markup once is enough
        return f"<Html of {len(self):,} characters>"

    def _repr_html_(self) -> str:
        return str(self)


def isolate_name(text: str) -> Markup:
    """A name, kept in its own direction: Arabic reads right to left without turning the line around it.

    >>> str(isolate_name("Palm Hills")), str(isolate_name("سعادة"))
    ('Palm Hills', '<bdi dir="auto">سعادة</bdi>')
    """
    return escape(text) if text.isascii() else _ISOLATED % text


def is_same_site(address: object) -> bool:
    """Whether something is the address of a page or file of the same site.

    >>> is_same_site("tables/campaigns.csv"), is_same_site(" javascript:alert(1)"), is_same_site("//example.org")
    (True, False, False)
    """
    return isinstance(address, str) and _SAME_SITE.fullmatch(address) is not None


def link(address: object, text: str) -> Markup:
    """A link to a page or file of the same site; with any other address, or without one, the text alone.

    >>> str(link("tables/campaigns.csv", "Campaigns"))
    '<a href="tables/campaigns.csv">Campaigns</a>'
    >>> str(link("javascript:alert(1)", "Campaigns"))
    'Campaigns'
    """
    name = isolate_name(text)
    return _LINK % (address, name) if is_same_site(address) else name


def mark_verdict(verdict: str) -> Markup:
    """A verdict as mark and word; the mark is for the eye, the word is for everybody.

    >>> str(mark_verdict("not enough data"))
    '<span class="ls-verdict ls-open"><span aria-hidden="true">○</span> not enough data</span>'
    """
    mark, meaning = MARKS.get(verdict, ("○", "open"))
    return _VERDICT % (meaning, mark, verdict)
