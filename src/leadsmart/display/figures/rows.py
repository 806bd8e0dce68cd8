"""Rows of a picture: their names, counts and colours, and the room they take."""

from collections.abc import Collection

import pandas as pd
from matplotlib.axes import Axes

from leadsmart import formats
from leadsmart.display.figures.pictures import drawable
from leadsmart.display.palette import ACCENT, CONTEXT, NEUTRAL, TEXT

#: More rows are for a table.
MOST_ROWS = 20


def row_colours(labels: pd.Series, highlight: Collection[str]) -> list[str]:
    """The accent for what the title speaks of; without such, the accent for all."""
    marked = {str(label) for label in highlight}
    return [ACCENT if not marked or str(label) in marked else CONTEXT for label in labels]


def name_rows(axes: Axes, labels: pd.Series, n: pd.Series | None = None) -> None:
    """Write each row's label at the left and the count it rests on at the right; the first row is at the top."""
    axes.set_yticks(range(len(labels)), [drawable(label) for label in labels])
    if n is not None:
        # apart from the names: beside a name in Arabic the count would take that name's direction
        for y, count in enumerate(n):
            axes.annotate(
                f"n {formats.format_count(count)}", (1, y), xycoords=axes.get_yaxis_transform(), xytext=(8, 0),
                textcoords="offset points", va="center", fontsize=10.5, color=NEUTRAL, annotation_clip=False,
            )  # fmt: skip
    axes.tick_params(axis="y", labelcolor=TEXT)
    axes.set_ylim(len(labels) - 0.5, -0.6)


def row_height(rows: int, extra: float = 60, each: float = 27) -> float:
    """Height in CSS pixels of a picture with so many rows of labels."""
    return extra + each * max(rows, 2)
