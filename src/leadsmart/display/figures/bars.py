"""Pictures of counts: bars from zero, and the funnel."""

from collections.abc import Collection
from typing import Unpack

import pandas as pd
from matplotlib.axes import Axes

from leadsmart import formats
from leadsmart.display.figures.axes import known_values
from leadsmart.display.figures.pictures import Picture, PictureText, draw
from leadsmart.display.figures.rows import MOST_ROWS, name_rows, row_colours, row_height
from leadsmart.display.palette import ACCENT, TEXT


def plot_bars(
    table: pd.DataFrame,
    label: str,
    value: str,
    *,
    highlight: Collection[str] = (),
    **text: Unpack[PictureText],
) -> Picture:
    """Counts as bars from zero, in the order of the table, each with its number.

    Parameters
    ----------
    table : DataFrame
        One row per bar; at most 20 are drawn, the first.
    label, value : str
        Its columns; rates are drawn as points, by `plot_intervals`.
    highlight : collection of str
        Labels that the title speaks of; the others turn grey.
    **text
        Title, subtitle, footer and reason, see `PictureText`.

    Returns
    -------
    Picture
        Shown by notebooks as a figure, or as the reason why there is none.
    """
    rows = table[table[value].notna()].head(MOST_ROWS)

    def paint(axes: Axes) -> None:
        counts = [formats.format_count(count) for count in rows[value]]
        _draw_bars(axes, rows[label], rows[value], counts, row_colours(rows[label], highlight), room=1.18)

    return draw(paint, text, rows=len(rows), height=row_height(len(rows), 20))


def plot_funnel(
    table: pd.DataFrame, stage: str, count: str, *, step_rate: str, **text: Unpack[PictureText]
) -> Picture:
    """Leads per stage as bars in the order of the stages, each with its count and the rate that led to it.

    Parameters
    ----------
    table : DataFrame
        One row per stage, in order.
    stage, count, step_rate : str
        Its columns. The rate of a row is the share of the stage before that reached it.
    **text
        Title, subtitle, footer and reason, see `PictureText`.

    Returns
    -------
    Picture
        Shown by notebooks as a figure, or as the reason why there is none.
    """
    rows = table[table[count].notna()]

    def paint(axes: Axes) -> None:
        shown = [
            formats.format_count(leads)
            + (f" · {formats.format_percent(rate)} of the stage before" if formats.is_known(rate) else "")
            for leads, rate in zip(rows[count], rows[step_rate], strict=True)
        ]
        _draw_bars(axes, rows[stage], rows[count], shown, [ACCENT] * len(rows), room=1.75)

    return draw(paint, text, rows=len(rows), height=row_height(len(rows), 20, 32))


def _draw_bars(
    axes: Axes, labels: pd.Series, values: pd.Series, shown: list[str], colours: list[str], room: float
) -> None:
    """Bars with their texts at their ends; the axis is so many times as long as the longest bar."""
    bars = axes.barh(range(len(values)), values.astype(float), height=0.68, color=colours)
    axes.bar_label(bars, shown, padding=4, fontsize=11, color=TEXT, annotation_clip=False)
    name_rows(axes, labels)
    axes.set_xlim(0, max(known_values(values)) * room or 1)
    axes.set_xticks([])
    axes.spines[["left", "bottom"]].set_visible(False)
