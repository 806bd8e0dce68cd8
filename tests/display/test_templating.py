"""Templates: every value is escaped, nothing is left out in silence, links stay within the site."""

import re
from pathlib import Path

import jinja2
import pytest

import leadsmart.display
from leadsmart.display.markup import Html, is_same_site, link
from leadsmart.display.templating import _ENVIRONMENT, render

DISPLAY = Path(leadsmart.display.__file__).parent
TEMPLATES = sorted(DISPLAY.rglob("*.html.jinja"), key=lambda path: path.name)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_every_template_is_found_escapes_and_is_used(path):
    template = _ENVIRONMENT.get_template(path.name)
    source = path.read_text(encoding="utf-8")
    users = [p for p in DISPLAY.rglob("*") if p.suffix in (".py", ".jinja") and p != path]

    assert Path(template.filename) == path
    assert not re.search(r"\|\s*safe|autoescape|Markup", source)
    assert any(f'"{path.name}"' in user.read_text(encoding="utf-8") for user in users)


def test_templates_have_names_of_their_own():
    assert len({path.name for path in TEMPLATES}) == len(TEMPLATES) > 10


def test_text_is_escaped_and_markup_is_not():
    evil = render("paragraph.html.jinja", css_class="ls-sentence", text="<script>'\"&")
    box = render("explorer.html.jinja", source='a"b.js', shown=evil)

    assert evil == '<p class="ls-sentence">&lt;script&gt;&#39;&#34;&amp;</p>'
    assert evil in box
    assert 'data-source="a&#34;b.js"' in box


def test_a_value_that_a_template_lacks_is_an_error():
    with pytest.raises(jinja2.UndefinedError, match="'text' is undefined"):
        render("paragraph.html.jinja", css_class="ls-sentence")


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("tables/campaigns.csv", True),
        ("../index.html#top", True),
        ("/site/page.html", True),
        ("", False),
        (None, False),
        (float("nan"), False),
        ("https://example.org", False),
        ("//example.org", False),
        ("/\\example.org", False),
        ("javascript:alert(1)", False),
        ("\tjavascript:alert(1)", False),
        ("java\nscript:alert(1)", False),
        ("/\t/example.org", False),
    ],
)
def test_links_stay_within_the_site(address, expected):
    assert is_same_site(address) is expected
    assert ("href" in link(address, "Palm")) is expected
    assert "Palm" in link(address, "Palm")


def test_html_joins_and_formats_text_as_text():
    assert Html("<p>{}</p>").format("<b>") == "<p>&lt;b&gt;</p>"
    assert Html(", ").join([Html("<b>a</b>"), "<i>"]) == "<b>a</b>, &lt;i&gt;"
    assert isinstance(Html().join([]), Html)
