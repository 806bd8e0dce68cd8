"""Pictures of fields and cells: how complete each field is, and counts on a grid."""

from collections.abc import Collection, Sequence

import pandas as pd
import seaborn as sns
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from leadsmart import formats
from leadsmart.display.figures.axes import scale_axis
from leadsmart.display.figures.pictures import Picture, Words, draw, draw_nothing, drawable, quiet
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
    title: str,
    subtitle: str = "",
    footer: str = "",
    alt: str = "",
    empty: str = "",
    group: str | None = None,
    highlight: Collection[str] = (),
) -> Picture:
    """How full each field is, the worst first: points from 0 to 100 %, or a grid by group.

    Parameters
    ----------
    table : DataFrame
        One row per field (and group); ``share`` is a fraction.
    group : str, optional
        Column with a channel, form or other group: draws a grid of field by group.
    title, subtitle, footer, alt, empty, highlight
        As in `plot_intervals`.
    """
    words = Words(title, subtitle, footer, alt, empty)
    rows = table[table[share].notna()]
    if rows.empty:
        return draw_nothing(words)
    if group is not None:
        worst_first = rows.groupby(field, sort=False)[share].min().sort_values(kind="stable").index
        grid = rows.pivot(index=field, columns=group, values=share).reindex(worst_first)[
            list(rows[group].unique())
        ]
        return _grid(words, grid, UNIT_SHARE, limits=(0.0, 1.0))
    rows = rows.sort_values(share, kind="stable")

    def paint(figure: Figure) -> None:
        axes = figure.add_subplot()
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
        quiet(axes, "x")

    return draw(words, row_height(len(rows), 50), paint)


def plot_heatmap(
    table: pd.DataFrame,
    row: str,
    column: str,
    value: str,
    *,
    rows: Sequence[object],
    columns: Sequence[object],
    title: str,
    subtitle: str = "",
    footer: str = "",
    alt: str = "",
    empty: str = "",
    unit: str = UNIT_COUNT,
    annotate: bool = False,
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
    annotate : bool
        Write each cell's value into it (for small grids).
    title, subtitle, footer, alt, empty
        As in `plot_intervals`.
    """
    words = Words(title, subtitle, footer, alt, empty)
    known = table[table[value].notna()]
    if known.empty:
        return draw_nothing(words)
    grid = known.pivot(index=row, columns=column, values=value)
    grid = grid.reindex(index=list(rows), columns=list(columns))
    return _grid(words, grid, unit, annotate=annotate)


def _grid(
    words: Words,
    grid: pd.DataFrame,
    unit: str,
    *,
    limits: tuple[float | None, float | None] = (0.0, None),
    annotate: bool = True,
) -> Picture:
    def paint(figure: Figure) -> None:
        axes = figure.add_subplot()
        sns.heatmap(
            grid.astype(float).set_axis([drawable(x) for x in grid.index]).set_axis([drawable(x, 14) for x in grid.columns], axis=1),
            ax=axes, cmap=LinearSegmentedColormap.from_list("ls", HEAT), vmin=limits[0], vmax=limits[1],
            annot=grid.map(lambda v: formats.format_value(v, unit)).to_numpy() if annotate else False, fmt="",
            annot_kws={"fontsize": 10.5}, linewidths=1.2, linecolor="white", cbar=not annotate,
            cbar_kws={"shrink": 0.8, "format": lambda v, _: formats.format_value(v, unit)} if not annotate else None,
        )  # fmt: skip
        for text, face in zip(axes.texts, axes.collections[0].get_facecolors(), strict=False):
            text.set_color(_readable_on(face))
        axes.set(xlabel="", ylabel="")
        axes.tick_params(axis="y", labelrotation=0, labelcolor=TEXT)
        crowded = annotate and max(map(len, map(str, grid.columns))) * grid.shape[1] > MOST_LETTERS
        axes.tick_params(axis="x", labelrotation=90 if crowded else 0)
        if not annotate and grid.shape[1] > 12:
            axes.set_xticks(
                [i + 0.5 for i in range(0, grid.shape[1], 3)], [drawable(x) for x in grid.columns[::3]]
            )
            axes.tick_params(axis="x", labelrotation=0)

    return draw(words, row_height(len(grid), 55, 32), paint)


def _readable_on(face: Sequence[float]) -> str:
    """White or dark text, whichever has more contrast on a face (WCAG's relative luminance)."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in face[:3]]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return "white" if luminance < 0.22 else TEXT
