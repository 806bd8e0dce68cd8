"""Pictures of curves: trends as small multiples, survival, reliability and gain of a score."""

from collections.abc import Sequence
from datetime import date as Date
from typing import Unpack

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from leadsmart import formats
from leadsmart.display.figures.axes import as_dates, known_values, scale_axis, scale_dates
from leadsmart.display.figures.pictures import Picture, PictureText, draw, drawable, hide_frame
from leadsmart.display.palette import ACCENT, BAND, NEUTRAL, SERIES, TEXT
from leadsmart.display.tables.columns import Column
from leadsmart.vocabulary import UNIT_SHARE

_PANEL = 118
_SQUARE = 420


def plot_trend(
    table: pd.DataFrame,
    date: str,
    measures: Sequence[Column],
    *,
    currency: str = "",
    mark_from: Date | None = None,
    **text: Unpack[PictureText],
) -> Picture:
    """Measures over time, one small panel each over the same days, with a band where bounds are known.

    Parameters
    ----------
    table : DataFrame
        One row per day or week, in order of time; a missing value leaves a gap.
    date : str
        Column with the day.
    measures : sequence of Column
        What to draw, with unit and, where known, the columns of the bounds.
    currency : str
        Of money.
    mark_from : date, optional
        From this day on the line is dashed, for example because outcomes are not mature yet.
    **text
        Title, subtitle, footer and reason, see `PictureText`.

    Returns
    -------
    Picture
        Shown by notebooks as a figure, or as the reason why there is none.
    """
    shown = [measure for measure in measures if table[measure.name].notna().any()]

    def paint(*panels: Axes) -> None:
        days = as_dates(table[date])
        is_settled = days < pd.Timestamp(mark_from or pd.Timestamp.max).to_datetime64()
        for axes, measure in zip(panels, shown, strict=True):
            _draw_trend(axes, table, days, measure, currency, int(is_settled.sum()))
        scale_dates(panels[-1])

    height = 50 + _PANEL * len(shown)
    return draw(paint, text, rows=len(shown), height=height, panels=max(len(shown), 1))


def _draw_trend(
    axes: Axes, table: pd.DataFrame, days: np.ndarray, measure: Column, currency: str, unsettled_from: int
) -> None:
    values = table[measure.name].astype(float).reset_index(drop=True)
    bounds = [table[name].astype(float) for name in (measure.low, measure.high) if name]
    if len(bounds) == 2:
        axes.fill_between(days, bounds[0], bounds[1], color=BAND, linewidth=0)
    axes.plot(days, values.where(values.index < unsettled_from), color=ACCENT, marker="o", markersize=2.5)
    if unsettled_from < len(days):
        # the dashed part starts at the last settled day, so that the line does not break
        dashed = values.where(values.index >= unsettled_from - 1)
        axes.plot(days, dashed, color=ACCENT, linestyle=(0, (2, 2)), linewidth=1.6)
    last = values[values.notna()].index[-1]
    axes.annotate(
        formats.format_value(values[last], measure.unit, currency),
        (days[last], values[last]), xytext=(6, 0), textcoords="offset points", va="center", fontsize=10.5,
        color=TEXT, annotation_clip=False,
    )  # fmt: skip
    axes.set_title(measure.head(currency), fontsize=11.5)
    drawn = known_values(values, *bounds)
    scale_axis(axes, "y", measure.unit, drawn, ticks=3)
    if axes.get_yscale() == "linear":
        axes.set_ylim(0, max(drawn) * 1.12 or 1)
    hide_frame(axes, "y")


def plot_survival(
    table: pd.DataFrame,
    time: str,
    probability: str,
    *,
    group: str,
    time_label: str = "days",
    **text: Unpack[PictureText],
) -> Picture:
    """Shares over the time since arrival as steps, one line per group, named at its end.

    Parameters
    ----------
    table : DataFrame
        One row per time and group, in order of time; at most four groups are drawn.
    time, probability, group : str
        Its columns: the time, the share reached (or left) by then, and what the line is of.
    time_label : str
        Unit of the time axis.
    **text
        Title, subtitle, footer and reason, see `PictureText`.

    Returns
    -------
    Picture
        Shown by notebooks as a figure, or as the reason why there is none.
    """
    rows = table[table[probability].notna()]

    def paint(axes: Axes) -> None:
        ends = []
        for (name, part), (colour, dashes) in zip(rows.groupby(group, sort=False), SERIES, strict=False):
            times, shares = part[time].astype(float), part[probability].astype(float)
            axes.step(times, shares, where="post", color=colour, linestyle=dashes)
            ends.append((float(shares.iloc[-1]), drawable(name, 20), colour))
        top = min(1.02, 1.25 * max(known_values(rows[probability])) or 1.0)
        axes.set_ylim(0, top)
        _name_ends(axes, ends, float(rows[time].max()))
        scale_axis(axes, "y", UNIT_SHARE, [0.0, top])
        axes.set_xlim(left=0)
        axes.set_xlabel(time_label)
        hide_frame(axes, "y")

    return draw(paint, text, rows=len(rows), height=300)


def _name_ends(axes: Axes, ends: list[tuple[float, str, str]], right: float) -> None:
    """Write each line's name at its end, pushed apart where lines end close together."""
    place, apart = -1.0, 0.075 * axes.get_ylim()[1]
    for height, name, colour in sorted(ends):
        place = max(height, place + apart)
        axes.annotate(
            name, (right, place), xytext=(6, 0), textcoords="offset points", va="center", fontsize=11, color=colour,
            annotation_clip=False,
        )  # fmt: skip


def plot_reliability(
    table: pd.DataFrame,
    predicted: str,
    observed: str,
    low: str,
    high: str,
    *,
    n: str,
    **text: Unpack[PictureText],
) -> Picture:
    """Observed rate against predicted probability per bin, with intervals; on the diagonal they agree.

    Parameters
    ----------
    table : DataFrame
        One row per bin of predictions.
    predicted, observed, low, high, n : str
        Its columns: fractions, and the count of each bin; the subtitle says the range of the counts.
    **text
        Title, subtitle, footer and reason, see `PictureText`.

    Returns
    -------
    Picture
        Shown by notebooks as a figure, or as the reason why there is none.
    """
    rows = table[table[observed].notna() & table[predicted].notna()]
    if len(rows):
        # bins are of about equal size, so their sizes are said once: at the points they would overlap
        least, most = formats.format_count(rows[n].min()), formats.format_count(rows[n].max())
        size = least if least == most else f"{least}–{most}"
        text["subtitle"] = f"{text.get('subtitle', '')}; {len(rows)} bins, n {size} each"

    def paint(axes: Axes) -> None:
        x, y, bottom, top = (rows[name].astype(float) for name in (predicted, observed, low, high))
        axes.vlines(x, bottom, top, color=ACCENT, linewidth=2.2)
        axes.plot(x, y, "o", color=ACCENT, markersize=7)
        _draw_diagonal(axes, "predicted probability", "observed rate")

    return draw(paint, text, rows=len(rows), height=_SQUARE)


def plot_gain(table: pd.DataFrame, contacted: str, captured: str, **text: Unpack[PictureText]) -> Picture:
    """Share of the qualified leads reached against the share of leads called, best score first.

    Parameters
    ----------
    table : DataFrame
        One row per point of the curve, in order.
    contacted, captured : str
        Its columns, both fractions.
    **text
        Title, subtitle, footer and reason, see `PictureText`.

    Returns
    -------
    Picture
        Shown by notebooks as a figure, or as the reason why there is none.
    """
    rows = table[table[captured].notna()]

    def paint(axes: Axes) -> None:
        axes.text(0.66, 0.6, "in random order", color=NEUTRAL, fontsize=10.5, ha="left", va="top")
        axes.plot(rows[contacted].astype(float), rows[captured].astype(float), color=ACCENT, linewidth=2.4)
        _draw_diagonal(axes, "leads called, best score first", "qualified leads reached")

    return draw(paint, text, rows=len(rows), height=_SQUARE)


def _draw_diagonal(axes: Axes, x_name: str, y_name: str) -> None:
    """Shares against shares, and the line on which they agree."""
    axes.plot([0, 1], [0, 1], color=NEUTRAL, linewidth=1.2, linestyle=(0, (4, 3)), zorder=1)
    axes.set_xlim(0, 1.02)
    axes.set_ylim(0, 1.02)
    scale_axis(axes, "x", UNIT_SHARE, [0.0, 1.0])
    scale_axis(axes, "y", UNIT_SHARE, [0.0, 1.0])
    axes.tick_params(pad=7)
    axes.set_xlabel(x_name)
    axes.set_ylabel(y_name)
    hide_frame(axes, "both")
