"""Sparklines: a series as a small inline SVG in the colour of the text around it."""

from collections.abc import Sequence

from leadsmart.display.formats import is_missing
from leadsmart.display.markup import escape

WIDTH, HEIGHT, _PAD = 88, 22, 2.5


def sparkline(values: Sequence[float | None], label: str = "") -> str:
    """Draw a series as a line with its last value marked; missing values leave a gap.

    Parameters
    ----------
    values : sequence of float or None
        In order of time, equally spaced.
    label : str
        What the line says, for readers who don't see it. Without it the line counts as decoration.

    Returns
    -------
    str
        An ``<svg>`` element, or "" when fewer than two values are there.

    Examples
    --------
    >>> sparkline([1, None]), sparkline([1, 2], "rising")[:44]
    ('', '<svg class="ls-spark" viewBox="0 0 88 22" wi')
    """
    known = [float(v) for v in values if not is_missing(v)]
    if len(known) < 2:
        return ""
    low, high = min(known), max(known)
    span = (high - low) or 1.0
    step = (WIDTH - 2 * _PAD) / (len(values) - 1)

    def place(index: int, value: float) -> str:
        y = HEIGHT / 2 if high == low else _PAD + (high - value) / span * (HEIGHT - 2 * _PAD)
        return f"{_PAD + index * step:.1f} {y:.1f}"

    path, pen_up, last = "", True, ""
    for index, value in enumerate(values):
        if is_missing(value):
            pen_up = True
            continue
        last = place(index, float(value))
        path += f"{'M' if pen_up else 'L'}{last}"
        pen_up = False
    x, y = last.split()
    access = f'role="img" aria-label="{escape(label)}"' if label else 'aria-hidden="true"'
    return (
        f'<svg class="ls-spark" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" {access}>'
        f'<path d="{path}" fill="none" stroke="currentColor" stroke-width="1.5"/>'
        f'<circle cx="{x}" cy="{y}" r="2.3" fill="currentColor"/></svg>'
    )
