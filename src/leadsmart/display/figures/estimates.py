"""Pictures of estimates: points with their intervals, and pairs of shares."""

from collections.abc import Collection

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from leadsmart import formats
from leadsmart.display.figures.axes import axis_name, known_values, scale_axis, share_limits
from leadsmart.display.figures.pictures import Picture, Words, draw, draw_nothing, drawable, quiet
from leadsmart.display.figures.rows import MOST_ROWS, name_rows, row_colours, row_height
from leadsmart.display.palette import ACCENT, CONTEXT, NEUTRAL
from leadsmart.vocabulary import UNIT_SHARE


def _point(axes: Axes, x: float, y: float, colour: str, face: str) -> None:
    sns.scatterplot(
        x=[float(x)],
        y=[y],
        ax=axes,
        s=50,
        color=face,
        edgecolor=colour,
        linewidth=1.4,
        zorder=3,
        legend=False,
    )


def plot_intervals(
    table: pd.DataFrame,
    label: str,
    estimate: str,
    low: str,
    high: str,
    *,
    unit: str,
    title: str,
    subtitle: str = "",
    footer: str = "",
    alt: str = "",
    empty: str = "",
    currency: str = "",
    n: str | None = None,
    reference: float | None = None,
    reference_label: str = "market",
    highlight: Collection[str] = (),
    limit: int = MOST_ROWS,
    at_least: int = 1,
) -> Picture:
    """Estimates as points with their intervals, largest first, and the market's value as a line.

    Parameters
    ----------
    table : DataFrame
        One row per item, with the named columns; a row without an estimate is left out, one without an
        interval is drawn as a hollow point.
    label, estimate, low, high : str
        Its columns.
    unit : str
        Of the estimate; money that spans decades gets a log axis.
    title, subtitle, footer, alt, empty : str
        The message; what is drawn; n and source; the message for who can't see it (the title without); why there is
        nothing, where there is nothing.
    currency : str
        Of money.
    n : str, optional
        Column with the count each estimate rests on, drawn at the right.
    reference : float, optional
        A value to compare with, named by `reference_label`.
    highlight : collection of str
        Labels that the title speaks of; the others turn grey.
    limit : int
        At most so many rows, the first of the table.
    at_least : int
        Fewer rows are no picture, as there is nothing to compare.
    """
    words = Words(title, subtitle, footer, alt, empty)
    rows = table[table[estimate].notna()].head(limit).sort_values(estimate, ascending=False, kind="stable")
    if len(rows) < at_least:
        return draw_nothing(words)

    def paint(figure: Figure) -> None:
        axes = figure.add_subplot()
        for y, (item, colour) in enumerate(
            zip(rows.to_dict("records"), row_colours(rows[label], highlight), strict=True)
        ):
            has_interval = not (formats.is_missing(item[low]) or formats.is_missing(item[high]))
            if has_interval:
                axes.plot([item[low], item[high]], [y, y], color=colour, linewidth=2.4, solid_capstyle="butt")
            face = colour if has_interval else "white"
            _point(axes, item[estimate], y, colour, face)
        drawn = known_values(rows[estimate], rows[low], rows[high])
        if not formats.is_missing(reference):
            drawn.append(float(reference))
            axes.axvline(reference, color=NEUTRAL, linewidth=1.3, linestyle=(0, (4, 3)), zorder=0)
            axes.text(
                reference,
                1.0,
                f"{drawable(reference_label)} {formats.format_value(reference, unit, currency)}",
                transform=axes.get_xaxis_transform(),
                ha="center",
                va="bottom",
                fontsize=10.5,
                color=NEUTRAL,
            )
        name_rows(axes, rows[label], rows[n] if n else None)
        if unit == UNIT_SHARE:
            axes.set_xlim(*share_limits(min(drawn), max(drawn)))
        scale_axis(axes, "x", unit, drawn)
        axes.set_xlabel(axis_name(unit, currency))
        quiet(axes, "x")

    return draw(words, row_height(len(rows), 80), paint)


def plot_pairs(
    table: pd.DataFrame,
    label: str,
    first: str,
    second: str,
    *,
    names: tuple[str, str],
    title: str,
    subtitle: str = "",
    footer: str = "",
    alt: str = "",
    empty: str = "",
    n: str | None = None,
    limit: int = MOST_ROWS,
) -> Picture:
    """Two shares of each row as points joined by a line: a hollow one to compare with, and what the title speaks of.

    Parameters
    ----------
    table : DataFrame
        One row per item, in order; ``label, first, second`` and, optionally, ``n`` name its columns; both shares are
        fractions.
    names : (str, str)
        What the first and the second share are, written above the first row.
    title, subtitle, footer, alt, empty, limit
        As in `plot_intervals`.
    """
    words = Words(title, subtitle, footer, alt, empty)
    rows = table[table[first].notna() & table[second].notna()].head(limit)
    if rows.empty:
        return draw_nothing(words)

    def paint(figure: Figure) -> None:
        axes = figure.add_subplot()
        for y, item in enumerate(rows.to_dict("records")):
            axes.plot([item[first], item[second]], [y, y], color=CONTEXT, linewidth=1.6, zorder=1)
            _point(axes, item[first], y, NEUTRAL, "white")
            _point(axes, item[second], y, ACCENT, ACCENT)
        top = rows.iloc[0]
        left, right = sorted(((top[first], names[0], NEUTRAL), (top[second], names[1], ACCENT)))
        for (x, name, colour), side in ((left, "right"), (right, "left")):
            axes.annotate(
                name, (x, 0), xytext=(5 if side == "right" else -5, 9), textcoords="offset points", ha=side,
                va="bottom", fontsize=10.5, color=colour, annotation_clip=False,
            )  # fmt: skip
        name_rows(axes, rows[label], rows[n] if n else None)
        drawn = known_values(rows[first], rows[second])
        axes.set_ylim(len(rows) - 0.5, -1.1)
        axes.set_xlim(-0.06 * max(drawn), 1.1 * max(drawn) or 1)
        scale_axis(axes, "x", UNIT_SHARE, [0.0, max(drawn)])
        axes.set_xlabel(axis_name(UNIT_SHARE, ""))
        quiet(axes, "x")

    return draw(words, row_height(len(rows), 80), paint)
