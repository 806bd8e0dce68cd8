"""Tables: text stays text, numbers read as agreed, names go nowhere else."""

import pandas as pd
import pytest

from leadsmart.display.tables.columns import Column
from leadsmart.display.tables.tables import format_table
from leadsmart.errors import RenderError

HOSTILE = [
    "<script>alert(1)</script>",
    "\"quoted\" & 'single'",
    '=HYPERLINK("x")',
    "x" * 300,
    "سعادة – Palm",
    "😀 tower",
]


def projects() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "project_name": HOSTILE,
            "leads": [15215, 8, None, 1, 2, 3],
            "cpql": [6800.0, 485.25, None, 1.0, 2.0, 3.0],
            "rate": [0.59, 0.1, None, 0.2, 0.3, 0.4],
            "low": [0.52, None, None, 0.1, 0.1, 0.1],
            "high": [0.66, None, None, 0.4, 0.5, 0.6],
        }
    )


COLUMNS = [
    Column("project_name", "Project"),
    Column("leads", "Leads", "count"),
    Column("cpql", "CPQL", "money"),
    Column("rate", "Qualified rate", "share", "low", "high", "leads"),
]


@pytest.mark.parametrize("sortable", [False, True])
def test_names_appear_as_text_and_arabic_keeps_its_direction(sortable):
    page = format_table(
        projects(), COLUMNS, title="<b>All</b>", currency="EGP", sortable=sortable
    )._repr_html_()

    assert "<script" not in page
    assert "<b>" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "&#34;quoted&#34; &amp; &#39;single&#39;" in page
    assert "x" * 300 in page
    assert '<bdi dir="auto">سعادة – Palm</bdi>' in page
    assert "😀 tower" in page


@pytest.mark.parametrize("sortable", [False, True])
def test_numbers_intervals_and_units(sortable):
    page = format_table(projects(), COLUMNS, title="All", currency="EGP", sortable=sortable)._repr_html_()

    assert "CPQL (EGP)" in page
    assert "59 % (52–66) <small>n 15,215</small>" in page
    assert ">6,800</td>" in page
    assert ">485</td>" in page
    assert ">–</td>" in page


def test_sortable_cells_carry_raw_values_and_missing_ones_carry_none():
    page = format_table(projects(), COLUMNS, title="All", currency="EGP", sortable=True)._repr_html_()

    assert 'class="ls-table ls-sortable"' in page
    assert '<td data-value="485.25">485</td>' in page
    assert '<td data-value="">–</td>' in page
    assert '<td data-value="0.59">' in page


@pytest.mark.parametrize("sortable", [False, True])
def test_a_table_is_named_and_its_heads_belong_to_columns(sortable):
    page = format_table(
        projects(), COLUMNS, title="All", caption="Most leads first", currency="EGP", sortable=sortable
    )

    assert (
        page.count("<table") == page.count("<caption>") == page.count("<thead>") == page.count("<tbody>") == 1
    )
    assert page.count('<th scope="col"') == len(COLUMNS)
    assert page.count("<td") == len(COLUMNS) * len(HOSTILE)
    assert 'tabindex="0" role="group" aria-label="All"' in page
    assert '<span class="ls-table-caption">Most leads first</span></caption>' in page


def test_words_stand_in_place_of_a_hidden_number_and_its_count():
    table = pd.DataFrame({"rate": [None, 0.5], "n": [3, 40], "suppressed": ["fewer than 5", None]})
    columns = [Column("rate", "Qualified", "share", n="n", instead="suppressed")]
    page = format_table(table, columns, title="All")

    assert '<td class="ls-number">fewer than 5</td>' in page
    assert '<td class="ls-number">50 % <small>n 40</small></td>' in page


def test_plain_table_has_no_style_no_ids_and_right_aligned_numbers():
    page = format_table(projects(), COLUMNS, title="All", currency="EGP")._repr_html_()

    assert "<style" not in page
    assert " id=" not in page
    assert "headers=" not in page
    assert page.count('class="ls-number"') == 3 * (1 + len(HOSTILE))


def test_same_table_gives_same_bytes():
    pages = [format_table(projects(), COLUMNS, title="All", currency="EGP")._repr_html_() for _ in range(2)]

    assert pages[0] == pages[1]


def test_rows_that_are_left_out_are_said_and_downloadable():
    page = format_table(projects(), COLUMNS, title="All", currency="EGP", rows=2, download="tables/all.csv")

    assert "2 of 6 rows." in page
    assert '<a class="ls-download" href="tables/all.csv" download>Download the table (CSV)</a>' in page
    assert "tower" not in page


def test_download_goes_to_no_other_host():
    page = format_table(
        projects(), COLUMNS, title="All", currency="EGP", download="https://example.org/a.csv"
    )

    assert "href" not in page


def test_absent_column_is_named():
    with pytest.raises(RenderError, match=r"lacks columns .*'cpm'"):
        format_table(projects(), [Column("cpm", "CPM", "money")], title="All")


def test_empty_table_says_so():
    page = format_table(projects().head(0), COLUMNS, title="All", currency="EGP")

    assert "No rows to show." in page
    assert "<table" not in page


def test_empty_table_says_why_and_offers_no_download():
    page = format_table(
        projects().head(0),
        COLUMNS,
        title="All",
        currency="EGP",
        empty="No <lead> yet.",
        download="tables/a.csv",
    )._repr_html_()

    assert '<p class="ls-empty">No &lt;lead&gt; yet.</p>' in page
    assert "href" not in page


def test_an_optional_column_without_any_value_is_left_out():
    table = projects().assign(shrunk=[None] * 6)
    columns = [COLUMNS[0], Column("shrunk", "Shrunk", "share", is_optional=True)]
    assert "Shrunk" not in format_table(table, columns, title="All")._repr_html_()
    filled = format_table(table.assign(shrunk=0.5), columns, title="All")._repr_html_()
    assert "Shrunk" in filled


def test_a_count_of_nothing_is_not_shown_and_statuses_read_as_words():
    table = pd.DataFrame({"cpql": [None, 10.0], "n": [0, 3], "status": ["NO_ANSWER", "WHATSAPP"]})
    columns = [Column("cpql", "CPQL", "money", n="n"), Column("status", "Status", "status")]
    page = format_table(table, columns, title="All", currency="EGP")._repr_html_()
    assert ">–</td>" in page
    assert "n 3" in page
    assert "no answer" in page
    assert "WhatsApp" in page


def test_input_is_not_changed():
    table = projects()
    format_table(table, COLUMNS, title="All", currency="EGP", sortable=True)

    pd.testing.assert_frame_equal(table, projects())


def test_verdict_date_delta_link_and_sparkline_cells():
    table = pd.DataFrame(
        {
            "market": ["New Cairo"],
            "href": ["new-cairo/04_summary.html"],
            "verdict": ["not supported"],
            "as_of": [pd.Timestamp("2024-12-31")],
            "delta": [-0.031],
            "line": [[1.0, None, 3.0]],
        }
    )
    columns = [
        Column("market", "Market", link="href"),
        Column("verdict", "Verdict", "verdict"),
        Column("as_of", "As of", "date"),
        Column("delta", "Change", "delta"),
        Column("line", "Trend", "sparkline"),
    ]
    page = format_table(table, columns, title="Markets")

    assert '<a href="new-cairo/04_summary.html">New Cairo</a>' in page
    assert "✕</span> not supported" in page
    assert "31\u00a0Dec\u00a02024" in page
    assert "−3 %" in page
    assert '<svg class="ls-spark"' in page


def test_a_range_too_wide_to_say_anything_is_a_dash_and_the_rule_is_said():
    table = pd.DataFrame(
        {"week": ["a", "b"], "rate": [0.3, 0.5], "rate_low": [0.0, 0.25], "rate_high": [0.79, 0.8]}
    )
    table["rate_range"] = "indicative range"
    columns = Column("week", "Week"), Column("rate", "Qualified", "share", "rate_low", "rate_high")
    page = format_table(table, columns, title="Weeks", download="tables/weeks.csv")._repr_html_()

    assert "30 % (–)" in page and "79" not in page
    assert "50 % (≈ 25–80)" in page
    assert "a range wider than 60 points" in page
    assert "60 points" not in format_table(table.tail(1), columns, title="Weeks")._repr_html_()
