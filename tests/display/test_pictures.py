"""Pictures: same bytes every time, light, with alternative text, whatever the names and numbers are."""

import io

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.font_manager import findfont, get_font
from PIL import Image

from leadsmart.display.figures import bars, curves, grids
from leadsmart.display.figures import estimates as figures
from leadsmart.display.figures.pictures import STYLE, WIDTH, Picture, drawable
from leadsmart.display.markup import Html
from leadsmart.display.sparklines import sparkline
from leadsmart.display.tables.columns import Column
from leadsmart.errors import RenderError

WORDS = {"title": "Two campaigns take half the spend", "subtitle": "Jun–Dec 2024", "footer": "n 1,243"}
NAMES = ["Palm <b>Hills</b>", "سعادة – Horizon", "$5 and $6 ^ _ \\", "😀 漢字 \u2060x", "x" * 300]


def settings_of_style() -> dict[str, object]:
    return {name: matplotlib.rcParams[name] for name in STYLE}


def estimates() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "name": NAMES,
            "rate": [0.2, 0.4, 0.6, 0.5, None],
            "low": [0.1, 0.3, 0.5, None, None],
            "high": [0.3, 0.5, 0.7, None, None],
            "cpql": [20.0, 485.0, 6800.0, 90000.0, None],
            "n": [10, 20, 30, 40, 50],
        }
    )


def weeks() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "week": pd.date_range("2024-06-02", periods=8, freq="7D", tz="Africa/Cairo"),
            "spend": [10.0, 20, np.nan, 30, 25, 20, 30, 35],
            "rate": np.linspace(0.2, 0.5, 8),
            "low": np.linspace(0.1, 0.4, 8),
            "high": np.linspace(0.3, 0.6, 8),
        }
    )


def cells() -> pd.DataFrame:
    return pd.DataFrame(
        [(d, h, d + h) for d in range(7) for h in range(24)], columns=["day", "hour", "leads"]
    )


def steps() -> pd.DataFrame:
    one = pd.DataFrame(
        {"day": [0, 5, 10], "p": [0.0, 0.3, 0.5], "lo": [0.0, 0.2, 0.4], "hi": [0.0, 0.4, 0.6]}
    )
    return pd.concat([one.assign(group="facebook"), one.assign(group="instagram")])


def fields() -> pd.DataFrame:
    return pd.DataFrame(
        {"field": ["phone", "email"] * 2, "form": ["a", "a", "b", "b"], "share": [0.6, 0.9, 0.5, 0.99]}
    )


def draw_intervals(table: pd.DataFrame) -> Picture:
    return figures.plot_intervals(
        table,
        "name",
        "rate",
        "low",
        "high",
        unit="share",
        n="n",
        highlight=NAMES[:1],
        **WORDS,
    )


DRAWINGS = {
    "intervals": (draw_intervals, estimates),
    "money": (
        lambda t: figures.plot_intervals(
            t, "name", "cpql", "cpql", "cpql", n="n", unit="money", currency="EGP", **WORDS
        ),
        estimates,
    ),
    "bars": (lambda t: bars.plot_bars(t, "name", "n", **WORDS), estimates),
    "funnel": (lambda t: bars.plot_funnel(t, "name", "n", step_rate="rate", **WORDS), estimates),
    "completeness": (lambda t: grids.plot_completeness(t.head(2), "field", "share", **WORDS), fields),
    "completeness grid": (
        lambda t: grids.plot_completeness(t, "field", "share", group="form", **WORDS),
        fields,
    ),
    "heatmap": (
        lambda t: grids.plot_heatmap(t, "day", "hour", "leads", rows=range(7), columns=range(24), **WORDS),
        cells,
    ),
    "trend": (
        lambda t: curves.plot_trend(
            t,
            "week",
            [Column("spend", "Spend", "money"), Column("rate", "Rate", "share", "low", "high")],
            currency="EGP",
            mark_from="2024-07-14",
            **WORDS,
        ),
        weeks,
    ),
    "survival": (
        lambda t: curves.plot_survival(t, "day", "p", group="group", **WORDS),
        steps,
    ),
    "reliability": (
        lambda t: curves.plot_reliability(t, "low", "rate", "low", "high", n="n", **WORDS),
        estimates,
    ),
    "pairs": (
        lambda t: figures.plot_pairs(t, "name", "low", "high", names=("before", "after"), n="n", **WORDS),
        estimates,
    ),
    "gain": (
        lambda t: curves.plot_gain(t, "rate", "high", **WORDS),
        weeks,
    ),
}


@pytest.mark.parametrize("name", DRAWINGS)
def test_pictures_are_the_same_twice_light_and_leave_no_trace(name):
    paint, build = DRAWINGS[name]
    before, settings = build(), settings_of_style()
    first, second = paint(build()), paint(before)

    assert first.png == second.png
    assert len(first.png) < 60_000
    pd.testing.assert_frame_equal(before, build())
    assert plt.get_fignums() == []
    assert settings_of_style() == settings
    with Image.open(io.BytesIO(first.png)) as image:
        assert image.size == (2 * WIDTH, 2 * first.height)
        assert not image.info.keys() & {"Software", "Creation Time", "date"}


@pytest.mark.parametrize("name", DRAWINGS)
def test_pictures_of_nothing_say_so(name):
    paint, build = DRAWINGS[name]
    picture = paint(build().head(0))
    page = picture._repr_html_()

    assert "<img" not in page
    assert WORDS["title"] in page
    assert "no value is known" in page


def test_a_picture_of_nothing_says_why_in_words():
    page = bars.plot_bars(
        estimates().head(0), "name", "n", title="A", empty="No <lead> yet: ask for one."
    )._repr_html_()

    assert '<p class="ls-empty">No &lt;lead&gt; yet: ask for one.</p>' in page


def test_picture_shows_message_and_source_escaped_and_the_message_stands_for_it():
    page = bars.plot_bars(estimates(), "name", "n", title='A <b> says "x"', footer="n <5>")._repr_html_()

    assert '<span class="ls-figure-title">A &lt;b&gt; says &#34;x&#34;</span>' in page
    assert 'alt="A &lt;b&gt; says &#34;x&#34;"' in page
    assert '<p class="ls-figure-footer">n &lt;5&gt;</p>' in page
    assert 'src="data:image/png;base64,' in page


def test_what_a_notebook_stores_beside_the_markup_is_short():
    picture = bars.plot_bars(estimates(), "name", "n", title="A")

    assert len(repr(picture)) < 200
    assert repr(Html("x" * 5000)) == "<Html of 5,000 characters>"


def test_picture_without_a_message_is_refused():
    with pytest.raises(RenderError, match="no title"):
        bars.plot_bars(estimates(), "name", "n", title=" ")


def test_different_data_give_a_different_picture():
    other = estimates().assign(rate=[0.2, 0.4, 0.6, 0.9, None])

    assert draw_intervals(estimates()).png != draw_intervals(other).png


def test_a_grid_keeps_its_order_whatever_cells_come_first_or_are_missing():
    def draw_cells(table: pd.DataFrame) -> bytes:
        order = {"rows": range(7), "columns": range(24)}
        return grids.plot_heatmap(table, "day", "hour", "leads", **order, **WORDS).png

    # the first day has no hours 1 to 4, as where few leads are hidden
    missing = cells().query("day > 0 or hour not in [1, 2, 3, 4]")
    assert draw_cells(missing) == draw_cells(missing.iloc[::-1])
    assert draw_cells(missing) != draw_cells(cells())


def test_names_that_fonts_lack_become_boxes_and_long_ones_are_cut():
    assert drawable("漢字 A") == "□□ A"
    assert drawable("سعادة") == "سعادة"
    assert drawable("\u2060Financial\tHub ") == "Financial Hub"
    assert len(drawable("x" * 300)) == 26


def test_arabic_is_joined_in_a_drawing():
    # joined letters take less room than the same letters apart, which nothing but a shaper knows
    font = get_font(findfont("DejaVu Sans"))

    def width(text: str) -> float:
        font.set_size(20, 72)
        font.set_text(text)
        return font.get_width_height()[0]

    assert width("سعادة") < 0.9 * width("\u200c".join("سعادة"))


def test_sparkline_leaves_a_gap_and_marks_the_last_value():
    line = sparkline([1, 2, None, 4, 3])

    assert line.count("M") == 2
    assert line.count("<circle") == 1
    assert sparkline([5, 5, 5]).count("11.0") == 4
    assert sparkline([]) == ""
