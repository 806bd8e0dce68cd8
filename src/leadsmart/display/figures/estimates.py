"""Pictures of estimates: points with their intervals, and pairs of shares."""

from collections.abc import Collection
from typing import Unpack

import pandas as pd
from matplotlib.axes import Axes

from leadsmart import formats
from leadsmart.display.figures.axes import known_values, scale_axis, share_limit
from leadsmart.display.figures.pictures import Picture, PictureText, draw, hide_frame
from leadsmart.display.figures.rows import MOST_ROWS, name_rows, row_colours, row_height
from leadsmart.display.palette import ACCENT, CONTEXT, NEUTRAL
from leadsmart.vocabulary import UNIT_MONEY, UNIT_SHARE


def _point(axes: Axes, x: float, y: float, colour: str, face: str) -> None:
    axes.scatter([x], [y], s=50, color=face, edgecolor=colour, linewidth=1.4, zorder=3)


def plot_intervals(
    table: pd.DataFrame,
    label: str,
    estimate: str,
    low: str,
    high: str,
    *,
    unit: str,
    n: str,
    currency: str = "",
    highlight: Collection[str] = (),
    at_least: int = 1,
    **text: Unpack[PictureText],
) -> Picture:
    """Estimates as points with their intervals, largest first.

    Parameters
    ----------
    table : DataFrame
        One row per item; at most 20 are drawn, the first. A row without an estimate is left out, one without an
        interval is drawn as a hollow point.
    label, estimate, low, high : str
        Its columns.
    unit : str
        Of the estimate; money that spans decades gets a log axis.
    n : str
        Column with the count each estimate rests on, written at the right.
    currency : str
        Of money.
    highlight : collection of str
        Labels that the title speaks of; the others turn grey.
    at_least : int
        Fewer rows are no picture, as there is nothing to compare.
    **text
        Title, subtitle, footer and reason, see `PictureText`.

    Returns
    -------
    Picture
        Shown by notebooks as a figure, or as the reason why there is none.
    """
    rows = table[table[estimate].notna()].head(MOST_ROWS)
    rows = rows.sort_values(estimate, ascending=False, kind="stable")

    def paint(axes: Axes) -> None:
        colours = row_colours(rows[label], highlight)
        for y, (item, colour) in enumerate(zip(rows.to_dict("records"), colours, strict=True)):
            has_interval = formats.is_known(item[low]) and formats.is_known(item[high])
            if has_interval:
                axes.plot([item[low], item[high]], [y, y], color=colour, linewidth=2.4, solid_capstyle="butt")
            _point(axes, item[estimate], y, colour, colour if has_interval else "white")
        drawn = known_values(rows[estimate], rows[low], rows[high])
        name_rows(axes, rows[label], rows[n])
        if unit == UNIT_SHARE:
            axes.set_xlim(0, share_limit(max(drawn)))
        scale_axis(axes, "x", unit, drawn)
        axes.set_xlabel(currency if unit == UNIT_MONEY else "")
        hide_frame(axes, "x")

    drawn_rows = len(rows) if len(rows) >= at_least else 0
    return draw(paint, text, rows=drawn_rows, height=row_height(len(rows), 80))


def plot_pairs(
    table: pd.DataFrame,
    label: str,
    first: str,
    second: str,
    *,
    names: tuple[str, str],
    n: str,
    limit: int = MOST_ROWS,
    **text: Unpack[PictureText],
) -> Picture:
    """Two shares of each row as points joined by a line: a hollow one to compare with, and what the title speaks of.

    Parameters
    ----------
    table : DataFrame
        One row per item, in order.
    label, first, second : str
        Its columns; both shares are fractions.
    names : (str, str)
        What the first and the second share are, written above the first row.
    n : str
        Column with the count each row rests on, written at the right.
    limit : int
        At most so many rows, the first of the table.
    **text
        Title, subtitle, footer and reason, see `PictureText`.

    Returns
    -------
    Picture
        Shown by notebooks as a figure, or as the reason why there is none.
    """
    rows = table[table[first].notna() & table[second].notna()].head(limit)

    def paint(axes: Axes) -> None:
        for y, item in enumerate(rows.to_dict("records")):
            axes.plot([item[first], item[second]], [y, y], color=CONTEXT, linewidth=1.6, zorder=1)
            _point(axes, item[first], y, NEUTRAL, "white")
            _point(axes, item[second], y, ACCENT, ACCENT)
        top = rows.iloc[0]
        left, right = sorted(((top[first], names[0], NEUTRAL), (top[second], names[1], ACCENT)))
        for (x, name, colour), side, shift in ((left, "right", 5), (right, "left", -5)):
            axes.annotate(
                name, (x, 0), xytext=(shift, 9), textcoords="offset points", ha=side,
                va="bottom", fontsize=10.5, color=colour, annotation_clip=False,
            )  # fmt: skip
        name_rows(axes, rows[label], rows[n])
        drawn = known_values(rows[first], rows[second])
        axes.set_ylim(len(rows) - 0.5, -1.1)
        axes.set_xlim(-0.06 * max(drawn), 1.1 * max(drawn) or 1)
        scale_axis(axes, "x", UNIT_SHARE, [0.0, max(drawn)])
        hide_frame(axes, "x")

    return draw(paint, text, rows=len(rows), height=row_height(len(rows), 80))
