"""Pictures of curves: trends as small multiples, survival, reliability and gain of a score."""

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from leadsmart import formats
from leadsmart.display.figures.axes import as_dates, known_values, scale_axis, scale_dates
from leadsmart.display.figures.pictures import Picture, Words, draw, draw_nothing, drawable, quiet
from leadsmart.display.palette import ACCENT, BAND, CONTEXT, NEUTRAL, SERIES, TEXT
from leadsmart.display.tables.columns import Column
from leadsmart.vocabulary import UNIT_SHARE

_PANEL = 118
_SQUARE = 420


def plot_trend(
    table: pd.DataFrame,
    date: str,
    measures: Sequence[Column] | Column,
    *,
    title: str,
    subtitle: str = "",
    footer: str = "",
    alt: str = "",
    empty: str = "",
    currency: str = "",
    mark_from: object = None,
) -> Picture:
    """Measures over time, one small panel each over the same days, with a band where bounds are known.

    Parameters
    ----------
    table : DataFrame
        One row per day or week, in order of time; a missing value leaves a gap.
    date : str
        Column with the day.
    measures : Column or sequence of Column
        What to draw, with unit and, where known, the columns of the bounds.
    mark_from : date, optional
        From this day on the line is dashed, for example because outcomes are not mature yet.
    title, subtitle, footer, alt, empty, currency
        As in `plot_intervals`.
    """
    words = Words(title, subtitle, footer, alt, empty)
    panels = [measures] if isinstance(measures, Column) else list(measures)
    panels = [m for m in panels if table[m.name].notna().any()]
    if table.empty or not panels:
        return draw_nothing(words)
    days = as_dates(table[date])

    def paint(figure: Figure) -> None:
        grid = figure.subplots(len(panels), 1, sharex=True, squeeze=False)[:, 0]
        for axes, measure in zip(grid, panels, strict=True):
            _trend_panel(axes, table, days, measure, currency, mark_from)
        scale_dates(grid[-1])

    return draw(words, 50 + _PANEL * len(panels), paint)


def _trend_panel(
    axes: Axes, table: pd.DataFrame, days: list, measure: Column, currency: str, mark_from: object
) -> None:
    values = table[measure.name].astype(float)
    bounds = [table[name].astype(float) for name in (measure.low, measure.high) if name]
    if len(bounds) == 2:
        axes.fill_between(days, bounds[0], bounds[1], color=BAND, linewidth=0)
    start = None if mark_from is None else pd.Timestamp(mark_from)
    settled = [start is None or day < start for day in days]
    # the dashed part starts at the last settled day, so that the line does not break
    joined = [not s or (i + 1 < len(settled) and not settled[i + 1]) for i, s in enumerate(settled)]
    axes.plot(days, values.where(settled), color=ACCENT, marker="o", markersize=2.5)
    if not all(settled):
        axes.plot(days, values.where(joined), color=ACCENT, linestyle=(0, (2, 2)), linewidth=1.6)
    last = values.last_valid_index()
    position = table.index.get_loc(last)
    axes.annotate(
        formats.format_value(values.loc[last], measure.unit, currency),
        (days[position], values.loc[last]), xytext=(6, 0), textcoords="offset points", va="center", fontsize=10.5,
        color=TEXT, annotation_clip=False,
    )  # fmt: skip
    axes.set_title(measure.head(currency), fontsize=11.5)
    drawn = known_values(values, *bounds)
    scale_axis(axes, "y", measure.unit, drawn, ticks=3)
    if axes.get_yscale() == "linear":
        axes.set_ylim(0, max(drawn) * 1.12 or 1)
    quiet(axes, "y")


def plot_survival(
    table: pd.DataFrame,
    time: str,
    probability: str,
    *,
    title: str,
    subtitle: str = "",
    footer: str = "",
    alt: str = "",
    empty: str = "",
    low: str | None = None,
    high: str | None = None,
    group: str | None = None,
    time_label: str = "days",
) -> Picture:
    """Shares over the time since arrival as steps, with bands; groups are named at their line.

    Parameters
    ----------
    table : DataFrame
        One row per time (and group), in order of time; at most four groups are drawn.
    time, probability : str
        Columns with the time and the share reached (or left) by then.
    low, high, group : str, optional
        Columns with the bounds and the group.
    time_label : str
        Unit of the time axis.
    title, subtitle, footer, alt, empty
        As in `plot_intervals`.
    """
    words = Words(title, subtitle, footer, alt, empty)
    rows = table[table[probability].notna()]
    if rows.empty:
        return draw_nothing(words)
    parts = [("", rows)] if group is None else list(rows.groupby(group, sort=False))[: len(SERIES)]

    def paint(figure: Figure) -> None:
        axes = figure.add_subplot()
        ends = []
        for (name, part), (colour, dashes) in zip(parts, SERIES, strict=False):
            times, shares = part[time].astype(float), part[probability].astype(float)
            if low and high:
                axes.fill_between(
                    times, part[low], part[high], step="post", color=colour, alpha=0.14, linewidth=0
                )
            axes.step(times, shares, where="post", color=colour, linestyle=dashes)
            ends.append((float(shares.iloc[-1]), drawable(name, 20), colour))
        top = min(1.02, 1.25 * max(known_values(rows[probability], *[rows[x] for x in (high,) if x])) or 1.0)
        axes.set_ylim(0, top)
        _name_ends(axes, ends, float(rows[time].max()))
        scale_axis(axes, "y", UNIT_SHARE, [0.0, top])
        axes.set_xlim(left=0)
        axes.set_xlabel(time_label)
        quiet(axes, "y")

    return draw(words, 300, paint)


def _name_ends(axes: Axes, ends: list[tuple[float, str, str]], right: float) -> None:
    """Write each line's name at its end, pushed apart where lines end close together."""
    place, apart = -1.0, 0.075 * axes.get_ylim()[1]
    for height, name, colour in sorted(end for end in ends if end[1]):
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
    title: str,
    subtitle: str = "",
    footer: str = "",
    alt: str = "",
    empty: str = "",
    n: str | None = None,
) -> Picture:
    """Observed rate against predicted probability per band, with intervals; on the diagonal they agree.

    Parameters
    ----------
    table : DataFrame
        One row per band of predictions, with the named columns (fractions) and, optionally, the count.
    n : str, optional
        Column with the count of each band; the subtitle says the range.
    title, subtitle, footer, alt, empty
        As in `plot_intervals`.
    """
    rows = table[table[observed].notna() & table[predicted].notna()]
    if n is not None and len(rows):
        # bins are of about equal size, so their sizes are said once: at the points they would overlap
        least, most = formats.format_count(rows[n].min()), formats.format_count(rows[n].max())
        size = least if least == most else f"{least}–{most}"
        subtitle = f"{subtitle}; {len(rows)} bins, n {size} each"
    words = Words(title, subtitle, footer, alt, empty)
    if rows.empty:
        return draw_nothing(words)

    def paint(figure: Figure) -> None:
        axes = figure.add_subplot()
        axes.plot([0, 1], [0, 1], color=NEUTRAL, linewidth=1.2, linestyle=(0, (4, 3)))
        axes.vlines(
            rows[predicted].astype(float),
            rows[low].astype(float),
            rows[high].astype(float),
            color=ACCENT,
            linewidth=2.2,
        )
        axes.plot(
            rows[predicted].astype(float), rows[observed].astype(float), "o", color=ACCENT, markersize=7
        )
        _unit_square(axes, "predicted probability", "observed rate")

    return draw(words, _SQUARE, paint)


def plot_gain(
    table: pd.DataFrame,
    contacted: str,
    captured: str,
    *,
    title: str,
    subtitle: str = "",
    footer: str = "",
    alt: str = "",
    empty: str = "",
    low: str | None = None,
    high: str | None = None,
    capacity: float | None = None,
) -> Picture:
    """Share of the qualified leads reached against the share of leads called, best score first.

    Parameters
    ----------
    table : DataFrame
        One row per point of the curve, in order; ``contacted`` and ``captured`` are fractions.
    low, high : str, optional
        Columns with the bounds.
    capacity : float, optional
        The share of leads that the team can call, drawn as a line.
    title, subtitle, footer, alt, empty
        As in `plot_intervals`.
    """
    words = Words(title, subtitle, footer, alt, empty)
    rows = table[table[captured].notna()]
    if rows.empty:
        return draw_nothing(words)

    def paint(figure: Figure) -> None:
        axes = figure.add_subplot()
        x = rows[contacted].astype(float)
        if low and high:
            axes.fill_between(x, rows[low].astype(float), rows[high].astype(float), color=BAND, linewidth=0)
        axes.plot([0, 1], [0, 1], color=NEUTRAL, linewidth=1.2, linestyle=(0, (4, 3)))
        axes.text(0.66, 0.6, "in random order", color=NEUTRAL, fontsize=10.5, ha="left", va="top")
        axes.plot(x, rows[captured].astype(float), color=ACCENT, linewidth=2.4)
        if not formats.is_missing(capacity):
            axes.axvline(capacity, color=CONTEXT, linewidth=1.2)
            axes.text(capacity, 0.02, " call capacity", color=NEUTRAL, fontsize=10.5)
        _unit_square(axes, "leads called, best score first", "qualified leads reached")

    return draw(words, _SQUARE, paint)


def _unit_square(axes: Axes, x_name: str, y_name: str) -> None:
    axes.set_xlim(0, 1.02)
    axes.set_ylim(0, 1.02)
    for which in ("x", "y"):
        scale_axis(axes, which, UNIT_SHARE, [0.0, 1.0])
    axes.tick_params(pad=7)
    axes.set_xlabel(x_name)
    axes.set_ylabel(y_name)
    quiet(axes, "both")
