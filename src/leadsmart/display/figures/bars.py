"""Pictures of counts and money: bars from zero, and the funnel."""

from collections.abc import Collection

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from leadsmart import formats
from leadsmart.display.figures.axes import known_values
from leadsmart.display.figures.pictures import Picture, Words, draw, draw_nothing
from leadsmart.display.figures.rows import MOST_ROWS, name_rows, row_colours, row_height
from leadsmart.display.palette import ACCENT, BAD, TEXT
from leadsmart.vocabulary import UNIT_COUNT


def _bars(axes: Axes, values: pd.Series, colours: list[str]) -> None:
    rows = [str(i) for i in range(len(values))]
    sns.barplot(
        x=values.astype(float).to_numpy(), y=rows, hue=rows, palette=colours, orient="h", width=0.68, saturation=1,
        errorbar=None, legend=False, ax=axes,
    )  # fmt: skip
    axes.set(xlabel="", ylabel="")


def _name_bars(axes: Axes, texts: list[str]) -> None:
    for bar, text in zip(axes.patches, texts, strict=True):
        axes.annotate(
            text, (bar.get_width(), bar.get_y() + bar.get_height() / 2), xytext=(4, 0), textcoords="offset points",
            va="center", fontsize=11, color=TEXT, annotation_clip=False,
        )  # fmt: skip


def plot_bars(
    table: pd.DataFrame,
    label: str,
    value: str,
    *,
    title: str,
    subtitle: str = "",
    footer: str = "",
    alt: str = "",
    empty: str = "",
    unit: str = UNIT_COUNT,
    currency: str = "",
    highlight: Collection[str] = (),
    limit: int = MOST_ROWS,
) -> Picture:
    """Counts or money as bars from zero, in the order of the table, each with its number.

    Parameters
    ----------
    table : DataFrame
        One row per bar; ``label`` and ``value`` name its columns.
    unit : str
        ``count`` or ``money``; rates are drawn as points, by `plot_intervals`.
    title, subtitle, footer, alt, empty, currency, highlight, limit
        As in `plot_intervals`.
    """
    words = Words(title, subtitle, footer, alt, empty)
    rows = table[table[value].notna()].head(limit)
    if rows.empty:
        return draw_nothing(words)

    def paint(figure: Figure) -> None:
        axes = figure.add_subplot()
        _bars(axes, rows[value], row_colours(rows[label], highlight))
        texts = [
            formats.format_count(v) if unit == UNIT_COUNT else formats.format_value(v, unit, currency)
            for v in rows[value]
        ]
        _name_bars(axes, texts)
        name_rows(axes, rows[label])
        axes.set_xlim(0, max(known_values(rows[value])) * 1.18 or 1)
        axes.set_xticks([])
        axes.spines[["left", "bottom"]].set_visible(False)

    return draw(words, row_height(len(rows), 20), paint)


def plot_funnel(
    table: pd.DataFrame,
    stage: str,
    count: str,
    *,
    title: str,
    subtitle: str = "",
    footer: str = "",
    alt: str = "",
    empty: str = "",
    step_rate: str | None = None,
    highlight: Collection[str] = (),
) -> Picture:
    """Leads per stage as bars in the order of the stages, each with its count and the rate that led to it.

    Parameters
    ----------
    table : DataFrame
        One row per stage in order; ``stage, count`` and, where computed, ``step_rate`` name its columns. The
        rate of a row is the share of the stage before that reached it.
    title, subtitle, footer, alt, empty, highlight
        As in `plot_intervals`; highlighted stages turn to the colour of trouble and carry an arrow.
    """
    words = Words(title, subtitle, footer, alt, empty)
    rows = table[table[count].notna()]
    if rows.empty:
        return draw_nothing(words)
    marked = {str(name) for name in highlight}

    def paint(figure: Figure) -> None:
        axes = figure.add_subplot()
        colours = [BAD if str(name) in marked else ACCENT for name in rows[stage]]
        _bars(axes, rows[count], colours)
        texts = []
        for row in rows.to_dict("records"):
            text = formats.format_count(row[count])
            if step_rate is not None and not formats.is_missing(row[step_rate]):
                text += f" · {formats.format_percent(row[step_rate])} of the stage before"
            texts.append(text + ("  ◄" if str(row[stage]) in marked else ""))
        _name_bars(axes, texts)
        name_rows(axes, rows[stage])
        axes.set_xlim(0, max(known_values(rows[count])) * (1.75 if step_rate else 1.18) or 1)
        axes.set_xticks([])
        axes.spines[["left", "bottom"]].set_visible(False)

    return draw(words, row_height(len(rows), 20, 32), paint)
