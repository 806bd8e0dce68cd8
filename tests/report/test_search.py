"""Search finds what readers see on a page, tables included, and no code."""

import json
from pathlib import Path

from leadsmart.report.site.embedded import index_shown_text, section_texts

PAGE = """<html><body><nav>Pages</nav><main><h1>Title</h1><nav>Here</nav><p>First &amp; last</p>
<section id="a" class="level2"><h2>A</h2>
<details class="code-fold"><summary>Code</summary><pre><code>secret_code()</code></pre></details>
<table><tr><td>&lt;b&gt; Palm</td><td>Tower<br>2</td></tr></table>
<section id="a-1"><h3>A1</h3><p>inner<img alt="x">text</section><p>after</p></section>
<script>run()</script></main><footer>Foot</footer></body></html>"""


def test_text_belongs_to_its_innermost_section_and_code_is_left_out():
    assert section_texts(PAGE) == {"": "First & last", "a": "<b> Palm Tower 2 after", "a-1": "inner text"}


def test_the_index_keeps_its_entries_and_says_what_is_shown(tmp_path: Path):
    (tmp_path / "x.html").write_text(PAGE, encoding="utf-8")
    entries = [
        {"objectID": "x.html", "href": "x.html", "title": "Title", "section": "", "text": "code"},
        {"objectID": "x.html#a", "href": "x.html#a", "title": "Title", "section": "A", "text": "code"},
        {"objectID": "x.html#b", "href": "x.html#b", "title": "Title", "section": "B", "text": "code"},
    ]
    (tmp_path / "search.json").write_text(json.dumps(entries), encoding="utf-8")
    index_shown_text(tmp_path)
    made = json.loads((tmp_path / "search.json").read_text(encoding="utf-8"))
    assert [entry["text"] for entry in made] == ["First & last", "<b> Palm Tower 2 after", ""]
    assert [{**entry, "text": "code"} for entry in made] == entries


def test_a_site_without_search_stays_as_it_is(tmp_path: Path):
    index_shown_text(tmp_path)
    assert list(tmp_path.iterdir()) == []
