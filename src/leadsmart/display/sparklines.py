"""Sparklines and strips: a series, or an estimate with its interval, as a small inline SVG in the text's colour."""

from collections.abc import Sequence

from leadsmart.display.markup import escape
from leadsmart.formats import is_missing

WIDTH, HEIGHT, _PAD = 88, 22, 2.5
STRIP_WIDTH, STRIP_HEIGHT, _STRIP_PAD = 180, 28, 8


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


def interval_strip(estimate: float, low: float, high: float, reference: float, label: str) -> str:
    """Draw an estimate with its interval beside the value that means "no difference", as a dashed line.

    Parameters
    ----------
    estimate, low, high, reference : float
        In the same unit.
    label : str
        What the drawing says, for readers who don't see it.

    Returns
    -------
    str
        An ``<svg>`` element, or "" when one of the numbers is missing.

    Examples
    --------
    >>> interval_strip(0.16, None, 0.25, 0, "16 %")
    ''
    >>> interval_strip(0.5, 0.0, 1.0, 0, "50 %").count("<line")
    2
    """
    numbers = (estimate, low, high, reference)
    if any(is_missing(number) for number in numbers):
        return ""
    left, right = min(numbers), max(numbers)
    scale = (STRIP_WIDTH - 2 * _STRIP_PAD) / ((right - left) or 1.0)
    at, start, end, zero = (f"{_STRIP_PAD + (number - left) * scale:.1f}" for number in numbers)
    middle = STRIP_HEIGHT / 2
    return (
        f'<svg class="ls-strip" viewBox="0 0 {STRIP_WIDTH} {STRIP_HEIGHT}" width="{STRIP_WIDTH}" '
        f'height="{STRIP_HEIGHT}" role="img" aria-label="{escape(label)}">'
        f'<line class="ls-strip-reference" x1="{zero}" x2="{zero}" y1="1" y2="{STRIP_HEIGHT - 1}"/>'
        f'<line class="ls-strip-range" x1="{start}" x2="{end}" y1="{middle}" y2="{middle}"/>'
        f'<circle cx="{at}" cy="{middle}" r="4.5" fill="currentColor"/></svg>'
    )
