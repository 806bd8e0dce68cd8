"""Pictures of fields and cells: how complete each field is, and counts on a grid."""

from collections.abc import Collection, Sequence
from typing import Unpack

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap

from leadsmart import formats
from leadsmart.display.figures.axes import scale_axis
from leadsmart.display.figures.pictures import Picture, PictureText, draw, drawable, hide_frame
from leadsmart.display.figures.rows import name_rows, row_colours, row_height
from leadsmart.display.palette import CONTEXT, HEAT, TEXT
from leadsmart.vocabulary import UNIT_COUNT, UNIT_SHARE

#: More letters below a grid run into each other unless they stand upright.
MOST_LETTERS = 55


def plot_completeness(
    table: pd.DataFrame,
    field: str,
    share: str,
    *,
    group: str | None = None,
    highlight: Collection[str] = (),
    **text: Unpack[PictureText],
) -> Picture:
    """How full each field is, the worst first: points from 0 to 100 %, or a grid by group.

    Parameters
    ----------
    table : DataFrame
        One row per field (and group).
    field, share : str
        Its columns; the share is a fraction.
    group : str, optional
        Column with a channel, form or other group: draws a grid of field by group.
    highlight : collection of str
        Fields that the title speaks of; the others turn grey.
    **text
        Title, subtitle, footer and reason, see `PictureText`.

    Returns
    -------
    Picture
        Shown by notebooks as a figure, or as the reason why there is none.
    """
    rows = table[table[share].notna()]
    if group is not None:
        worst_first = rows.groupby(field, sort=False)[share].min().sort_values(kind="stable").index
        grid = rows.pivot(index=field, columns=group, values=share)
        return _draw_grid(grid.reindex(index=worst_first, columns=rows[group].unique()), text, shares=True)
    rows = rows.sort_values(share, kind="stable")

    def paint(axes: Axes) -> None:
        colours = row_colours(rows[field], highlight)
        for y, (value, colour) in enumerate(zip(rows[share].astype(float), colours, strict=True)):
            axes.plot([value, 1], [y, y], color=CONTEXT, linewidth=1.2, linestyle=(0, (1, 2)))
            axes.plot(value, y, "o", color=colour, markersize=7)
            axes.annotate(
                formats.format_percent(value), (value, y), xytext=(-9, 0), textcoords="offset points", ha="right",
                va="center", fontsize=10.5, color=TEXT,
            )  # fmt: skip
        name_rows(axes, rows[field])
        axes.set_xlim(-0.12, 1.02)
        scale_axis(axes, "x", UNIT_SHARE, [0.0, 1.0])
        axes.set_xticks([0, 0.25, 0.5, 0.75, 1])
        hide_frame(axes, "x")

    return draw(paint, text, rows=len(rows), height=row_height(len(rows), 50))


def plot_heatmap(
    table: pd.DataFrame,
    row: str,
    column: str,
    value: str,
    *,
    rows: Sequence[object],
    columns: Sequence[object],
    **text: Unpack[PictureText],
) -> Picture:
    """Counts on a grid, such as weekday by hour; darker is more, and an absent cell stays empty.

    Parameters
    ----------
    table : DataFrame
        One row per cell.
    row, column, value : str
        Its columns; a pair of row and column occurs once.
    rows, columns : sequence
        All rows and columns of the grid in their order, those without any cell included: the order in which cells
        appear would put an hour that Monday lacks after midnight.
    **text
        Title, subtitle, footer and reason, see `PictureText`.

    Returns
    -------
    Picture
        Shown by notebooks as a figure, or as the reason why there is none.
    """
    grid = table.pivot(index=row, columns=column, values=value)
    return _draw_grid(grid.reindex(index=list(rows), columns=list(columns)), text)


def _draw_grid(grid: pd.DataFrame, text: PictureText, *, shares: bool = False) -> Picture:
    """Shares on a small grid with the value in each cell, or counts on a large one with a scale beside it."""
    unit, highest = (UNIT_SHARE, 1.0) if shares else (UNIT_COUNT, None)

    def paint(axes: Axes) -> None:
        names, heads = [drawable(name) for name in grid.index], [drawable(head, 14) for head in grid.columns]
        sns.heatmap(
            grid.astype(float).set_axis(names).set_axis(heads, axis=1), ax=axes, vmin=0.0, vmax=highest,
            cmap=LinearSegmentedColormap.from_list("ls", HEAT), linewidths=1.2, linecolor="white",
            annot=grid.map(lambda v: formats.format_value(v, unit)).to_numpy() if shares else False, fmt="",
            annot_kws={"fontsize": 10.5}, cbar=not shares,
            cbar_kws={"shrink": 0.8, "format": lambda v, _: formats.format_value(v, unit)},
        )  # fmt: skip
        faces = np.asarray(axes.collections[0].get_facecolor(), dtype=float)
        for label, face in zip(axes.texts, faces, strict=False):
            label.set_color(_readable_on(face))
        axes.set(xlabel="", ylabel="")
        axes.tick_params(axis="y", labelrotation=0, labelcolor=TEXT)
        crowded = shares and max(len(str(head)) for head in grid.columns) * grid.shape[1] > MOST_LETTERS
        axes.tick_params(axis="x", labelrotation=90 if crowded else 0)
        if not shares and len(heads) > 12:
            axes.set_xticks([i + 0.5 for i in range(0, len(heads), 3)], heads[::3])
            axes.tick_params(axis="x", labelrotation=0)

    known = int(grid.notna().to_numpy().sum())
    return draw(paint, text, rows=known, height=row_height(len(grid), 55, 32))


def _readable_on(face: np.ndarray) -> str:
    """White or dark text, whichever has more contrast on a face (WCAG's relative luminance)."""
    linear = np.where(face <= 0.04045, face / 12.92, ((face + 0.055) / 1.055) ** 2.4)
    return "white" if linear[:3] @ [0.2126, 0.7152, 0.0722] < 0.22 else TEXT
