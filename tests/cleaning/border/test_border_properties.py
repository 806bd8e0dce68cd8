"""Whatever one or two things happen to an export on its way here: its figures stay, or they are told, or nothing runs."""

import tempfile
from pathlib import Path

import pytest
from cleaning.border.crm import add_test_leads, erase
from cleaning.border.damage import (
    SILENT,
    Case,
    add_column,
    each,
    moments,
    rename,
    several,
    shifted,
    some,
    two_files,
    written,
)
from cleaning.border.export import Damage
from cleaning.border.files import overlapping
from cleaning.border.formats import larger, localised, numbers
from cleaning.border.grain import break_down, coarsen, evenly, halve, restate_in_file, subtotals, total_line
from cleaning.border.keys import AD_SET, CAMPAIGN_COLUMNS, LEAD_COLUMNS, ids, lose, round_to, scientific
from cleaning.border.outcomes import assess, come_of
from cleaning.border.units import everywhere, in_gulf, scale, since_august
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

#: An export is written, split and cleaned for each: about a second.
FEW, MANY = 4, 1_000
SETTINGS = {
    "deadline": None,
    "derandomize": True,
    "database": None,
    # a failing case is short enough to be read without marking what it ran through
    "phases": [Phase.generate, Phase.shrink],
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large],
}

ID_PLACES = [*CAMPAIGN_COLUMNS, *LEAD_COLUMNS, *AD_SET]
PREFIXES = ["l:", "ag:", "as:", "c:", "f:", "p:", "C:", "id-", "cmp_", "#", "act_"]
WRITTEN_AS = ['="{}"', "'{}", "{}.0", " {} ", "\u200f{}"]
CURRENCIES = ["USD", "AED", "SAR", "EUR", "GBP", "KWD", "QAR", "TRY", "INR"]
SIGNS = ["${}", "US$ {}", "£{}", "{} €", "AED {}", "{} SAR", "€{}"]
DAYS = [
    "%d/%m/%Y", "%m/%d/%Y", "%d-%b-%y", "%d %B %Y", "%b %d, %Y", "%Y/%m/%d", "%Y%m%d", "%d.%m.%Y", "%a %b %d %Y 00:00:00",
    "%Y-%m-%dT00:00:00Z", "%Y-%m-%dT00:00:00+0000", "%A, %d %B %Y", "%d-%m-%Y 00:00", "%m/%d/%Y %I:%M %p",
]  # fmt: skip
MOMENTS = [
    "%d/%m/%Y %H:%M:%S", "%m/%d/%Y %I:%M:%S %p", "%d-%b-%Y %H:%M:%S", "%B %d, %Y %I:%M:%S %p", "%a, %d %b %Y %H:%M:%S +0300",
    "%a %b %d %Y %H:%M:%S GMT+0300 (Eastern European Summer Time)", "%Y-%m-%dT%H:%M:%S", "%d.%m.%Y %H:%M:%S",
]  # fmt: skip
TOTALS = [
    "Total",
    "TOTAL",
    "Grand total",
    "Totals",
    "الإجمالي",
    "المجموع",
    "Gesamt",
    "Summe",
    "Total général",
    "Toplam",
    "",
]
PLACEHOLDERS = [
    {"name": "redacted", "email": "gdpr@company.com", "phone": ""},
    {"name": "[deleted]", "email": "deleted@anonymized.invalid", "phone": "+200000000000"},
    {"name": "Anonymous", "email": "", "phone": "00000000"},
    {"name": "محذوف", "email": "removed@crm.example.org", "phone": ""},
    {"name": "***", "email": "***", "phone": "***"},
]
FILE_NAMES = [
    "insights_2.csv", "insights (1).csv", "insights_part2.csv", "insights-2024-09.csv", "insights_sep-2024.csv",
    "Insights-Report-Jan-1-2024-to-Feb-1-2024.csv", "insights_final.csv", "INSIGHTS_B.CSV", "insights copy.csv",
]  # fmt: skip

shares = st.integers(1, 40)
places = st.lists(st.sampled_from(ID_PLACES), min_size=1, max_size=4, unique=True)
#: Other rows.
rows: st.SearchStrategy[Damage] = st.one_of(
    st.builds(lose, shares, st.sampled_from([("leads", "campaign_id"), ("insights", "campaign_id"), ("events", "lead_id")])),
    st.builds(lambda n: some("leads", "campaign_id", lambda _: "", n), shares),
    st.builds(lambda c, a: break_down(c, {"a": a, "b": 1 - a}), st.sampled_from(["Region", "Gender", "DMA", "Device"]), st.floats(0.05, 0.5)),
    st.builds(lambda c, n: halve(c, tuple("abcdefgh"[:n])), st.sampled_from(["Age", "Placement", "hour", None]), st.sampled_from([2, 3, 4])),
    st.builds(restate_in_file, st.integers(2, 100), st.floats(0.5, 1.5)),
    st.builds(lambda f, rows: scale(f, "{:.0f}", rows), st.sampled_from([100, 1e6]), st.sampled_from([everywhere, in_gulf, since_august])),
    st.builds(lambda n, x: erase(n, **x), st.integers(2, 12), st.sampled_from(PLACEHOLDERS)),
    st.builds(lambda n, x: add_test_leads(n, name=x, email="", phone=""), st.integers(5, 60), st.sampled_from(["<test lead: dummy data for full_name>", "<test lead: dummy data for الاسم_بالكامل>"])),
)  # fmt: skip
#: The same rows, written otherwise.
cells: st.SearchStrategy[Damage] = st.one_of(
    st.builds(lambda p, x: ids(p, f"{x}{{}}".format), places, st.sampled_from(PREFIXES)),
    st.builds(lambda p, x: ids(p, x.format), places, st.sampled_from(WRITTEN_AS)),
    st.builds(lambda p, n: ids(p, round_to(n)), places, st.integers(4, 17)),
    st.builds(lambda p, n, c: ids(p, scientific(n, c)), places, st.integers(0, 16), st.sampled_from(".,")),
    st.builds(lambda s, c: coarsen(s, columns=c), st.sampled_from(["W", "2W", "M", "Q"]), st.sampled_from(["both", "first", "range"])),
    st.builds(lambda x, a, f: total_line(x, at=a, factor=f), st.sampled_from(TOTALS), st.sampled_from(["end", "top"]), st.sampled_from([1.0, 1.02])),
    st.builds(lambda x, k: subtotals(x, keeps_campaign=k), st.sampled_from(TOTALS), st.booleans()),
    st.builds(lambda c, x: add_column("insights", c, x), st.sampled_from(["currency", "Currency", "Account currency"]), st.sampled_from(CURRENCIES)),
    st.builds(lambda x, n: some("insights", "spend", x.format, n), st.sampled_from(SIGNS), shares),
    st.builds(lambda q: moments("events", "created_at", shifted(q / 4)), st.integers(-56, 56)),
    st.builds(lambda x: moments("insights", "created_at", written(x)), st.sampled_from(DAYS)),
    st.builds(lambda t, x: moments(*t, written(x)), st.sampled_from([("leads", "added_date"), ("events", "created_at")]), st.sampled_from(MOMENTS)),
    st.builds(lambda s: numbers(localised(*s)), st.sampled_from([(",", "."), (".", ","), (" ", ","), ("'", "."), ("", ","), ("\u00a0", "."), ("\u202f", ",")])),
    st.builds(lambda n: some("leads", "added_date", lambda _: "n/a", n), shares),
    st.builds(lambda n: some("insights", "spend", lambda _: "–", n), shares),
    st.builds(lambda x: each("leads", "lead_status", x.format), st.sampled_from(["1 - {}", "{}; OPEN", "S_{}", "{} "])),
)  # fmt: skip
#: The same cells in other files or below other headers.
files: st.SearchStrategy[Damage] = st.one_of(
    st.builds(lambda x: two_files("insights.csv", x), st.sampled_from(FILE_NAMES)),
    st.builds(lambda x: overlapping("insights.csv", x), st.sampled_from(FILE_NAMES)),
    st.builds(lambda c: rename("insights", spend=f"Amount spent ({c})"), st.sampled_from([*CURRENCIES, "EGP"])),
)  # fmt: skip
#: One thing that happened, or two in a row.
drawn = st.one_of(
    *(st.tuples(kind) for kind in (rows, cells, files)),
    st.tuples(rows, cells),
    st.tuples(rows, files),
    st.tuples(cells, files),
)


def assert_never_silent(done: tuple[Damage, ...]) -> None:
    case = Case("drawn", several(*done), base=several(larger(10), evenly(12)))
    with tempfile.TemporaryDirectory() as folder:
        outcome, truth = come_of(case, Path(folder))
    what, why = assess(outcome, truth)
    assert what != SILENT, why


@settings(max_examples=FEW, **SETTINGS)
@given(done=drawn)
def test_nothing_drawn_is_silent(done):
    assert_never_silent(done)


@pytest.mark.slow
@settings(max_examples=MANY, **SETTINGS)
@given(done=drawn)
def test_nothing_drawn_is_silent_at_length(done):
    assert_never_silent(done)
