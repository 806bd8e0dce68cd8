"""Sparklines and strips: a series, or an estimate with its interval, as a small inline SVG in the text's colour."""

from collections.abc import Sequence

from leadsmart.display.markup import Html
from leadsmart.display.templating import render
from leadsmart.formats import is_known

WIDTH, HEIGHT, _PAD = 88, 22, 2.5
STRIP_WIDTH, STRIP_HEIGHT, _STRIP_PAD = 180, 28, 8


def sparkline(values: Sequence[float | None]) -> Html:
    """Draw a series as a line with its last value marked; missing values leave a gap.

    Parameters
    ----------
    values : sequence of float or None
        In order of time, equally spaced.

    Returns
    -------
    Html
        An ``<svg>`` element, or nothing when fewer than two values are known.

    Examples
    --------
    >>> str(sparkline([1, None])), str(sparkline([1, 2]))[:44]
    ('', '<svg class="ls-spark" viewBox="0 0 88 22" wi')
    """
    known = [float(value) for value in values if is_known(value)]
    if len(known) < 2:
        return Html()
    low, high = min(known), max(known)
    step = (WIDTH - 2 * _PAD) / (len(values) - 1)
    path, pen, x, y = "", "M", "", ""
    for index, value in enumerate(values):
        if not is_known(value):
            pen = "M"
            continue
        from_top = (high - value) / (high - low) if high > low else 0.5
        x, y = f"{_PAD + index * step:.1f}", f"{_PAD + from_top * (HEIGHT - 2 * _PAD):.1f}"
        path += f"{pen}{x} {y}"
        pen = "L"
    return render("sparkline.html.jinja", width=WIDTH, height=HEIGHT, path=path, x=x, y=y)


def interval_strip(estimate: float, low: float, high: float, reference: float, label: str) -> Html:
    """Draw an estimate with its interval beside the value that means "no difference", as a dashed line.

    Parameters
    ----------
    estimate, low, high, reference : float
        In the same unit; none of them is missing.
    label : str
        What the drawing says, for readers who don't see it.

    Returns
    -------
    Html
        An ``<svg>`` element.

    Examples
    --------
    >>> interval_strip(0.5, 0.0, 1.0, 0, "50 %").count("<line")
    2
    """
    numbers = (estimate, low, high, reference)
    left, right = min(numbers), max(numbers)
    scale = (STRIP_WIDTH - 2 * _STRIP_PAD) / ((right - left) or 1.0)
    places = [f"{_STRIP_PAD + (number - left) * scale:.1f}" for number in numbers]
    return render(
        "interval_strip.html.jinja",
        width=STRIP_WIDTH,
        height=STRIP_HEIGHT,
        label=label,
        **dict(zip(("estimate", "low", "high", "reference"), places, strict=True)),
    )
