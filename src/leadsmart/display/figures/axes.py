"""Axes with units: ticks that read like the numbers in the text, and a log scale where money spans decades."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator

from leadsmart.formats import format_compact, format_value
from leadsmart.vocabulary import UNIT_AUC, UNIT_COUNT, UNIT_MONEY

#: From this ratio of largest to smallest on, money is drawn on a log axis.
DECADES = 30


def spans_decades(values: Sequence[float]) -> bool:
    """Whether positive values differ so much that a linear axis would hide the small ones.

    >>> spans_decades([20, 485, 6800]), spans_decades([400, 485]), spans_decades([0, 5000])
    (True, False, False)
    """
    known = np.asarray(values, dtype=float)
    known = known[np.isfinite(known)]
    return bool(known.size and known.min() > 0 and known.max() / known.min() >= DECADES)


def tick_text(value: float, unit: str) -> str:
    """A tick's label: the unit of money stands in the axis' name, not at every tick.

    >>> tick_text(0.25, "share"), tick_text(20000, "money"), tick_text(1500, "count")
    ('25 %', '20 k', '1,500')
    """
    text = format_compact(value) if unit == UNIT_MONEY else format_value(value, unit)
    return text.replace(".0 k", " k").replace(".0 M", " M").replace(".0 %", " %")


def scale_axis(
    axes: Axes, which: Literal["x", "y"], unit: str, values: Sequence[float], *, ticks: int = 5
) -> None:
    """Choose ticks, their labels and, for money over decades, a log scale.

    Parameters
    ----------
    axes : Axes
        Drawn on already, as ticks depend on what is in view.
    which : {"x", "y"}
        The axis.
    unit : str
        Unit of the values.
    values : sequence of float
        All that is drawn along the axis, bounds included.
    ticks : int
        About how many.
    """
    axis: Axis = axes.xaxis if which == "x" else axes.yaxis
    if unit == UNIT_MONEY and spans_decades(values):
        axes.set_xscale("log") if which == "x" else axes.set_yscale("log")
        low, high = axis.get_view_interval()
        steps = [m * 10.0**k for k in range(-3, 12) for m in (1, 3)]
        inside = [s for s in steps if low <= s <= high]
        axis.set_major_locator(FixedLocator(inside if len(inside) <= ticks + 2 else inside[::2]))
        axis.set_minor_locator(NullLocator())
    else:
        axis.set_major_locator(MaxNLocator(ticks, integer=unit == UNIT_COUNT, steps=[1, 2, 2.5, 5, 10]))
    decimals = FuncFormatter(lambda value, _: f"{value:.2g}") if unit == UNIT_AUC else None
    axis.set_major_formatter(decimals or FuncFormatter(lambda value, _: tick_text(value, unit)))


def scale_dates(axes: Axes) -> None:
    """Few date ticks, the year named once."""
    locator = AutoDateLocator(minticks=3, maxticks=6)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator, show_offset=True))


def share_limit(highest: float) -> float:
    """Where an axis of shares that starts at 0 ends: a little over the largest, never far beyond 100 %.

    >>> share_limit(0.5), share_limit(1.0), share_limit(0.0)
    (0.55, 1.02, 1.0)
    """
    return min(1.02, round(highest * 1.1, 6)) if highest > 0 else 1.0


def as_dates(values: pd.Series) -> np.ndarray:
    """Days for matplotlib, without zone."""
    return pd.to_datetime(values).dt.tz_localize(None).to_numpy()


def known_values(*columns: pd.Series) -> list[float]:
    """All finite values of some columns."""
    return [float(v) for column in columns for v in column.astype(float) if np.isfinite(v)]
