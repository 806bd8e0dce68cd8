"""Pictures: a drawing with its message and its source.

Title, subtitle and footer are text of the page around the drawing, not pixels in it: they are read aloud, searched,
shaped by the browser in any script, follow the dark theme and stay legible on a phone.
"""

import base64
import io
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final, Literal, Required, TypedDict

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import findfont, get_font
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.typing import RcKeyType
from PIL import Image

from leadsmart.display.markup import Html
from leadsmart.display.palette import GRID, NEUTRAL, PAPER, TEXT
from leadsmart.display.templating import render
from leadsmart.errors import RenderError

#: Width of a picture on the page in CSS pixels: small enough that a phone shows its labels at two thirds of their
#: size. And how many of its own pixels lie behind each.
WIDTH: Final = 560
_CSS_PER_INCH, _SHARPNESS = 100, 2
_COLOURS: Final = 64
_NAME_LENGTH: Final = 26

#: matplotlib's settings of every picture, applied as a context and never globally. DejaVu Sans comes with
#: matplotlib (the same glyphs on every machine) and has Latin and Arabic; names may hold "$", which is no formula.
STYLE: Final[dict[RcKeyType, Any]] = {
    "font.family": ["DejaVu Sans"],
    "font.size": 12.0,
    "text.color": TEXT,
    "text.parse_math": False,
    "axes.edgecolor": GRID,
    "axes.labelcolor": NEUTRAL,
    "axes.labelsize": 11.0,
    "axes.facecolor": PAPER,
    "axes.axisbelow": True,
    "axes.grid": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 12.0,
    "axes.titlecolor": TEXT,
    "axes.unicode_minus": True,
    "figure.facecolor": PAPER,
    "grid.color": GRID,
    "grid.linewidth": 0.8,
    "xtick.color": NEUTRAL,
    "ytick.color": NEUTRAL,
    "xtick.labelsize": 11.0,
    "ytick.labelsize": 11.5,
    "xtick.major.size": 0.0,
    "ytick.major.size": 0.0,
    "xtick.minor.size": 0.0,
    "ytick.minor.size": 0.0,
    "lines.linewidth": 2.0,
}


class PictureText(TypedDict, total=False):
    """The words around a drawing, given to every ``plot_`` function by name.

    Attributes
    ----------
    title : str
        The message, one sentence; it stands for the picture where that can't be seen, too.
    subtitle : str
        What is drawn, units and period.
    footer : str
        n and source.
    empty : str
        What stands in place of a picture of nothing: why there is none, and what would fill it.
    """

    title: Required[str]
    subtitle: str
    footer: str
    empty: str


@dataclass(frozen=True)
class Picture:
    """A drawing as PNG with the words beside it.

    Attributes
    ----------
    text : PictureText
        Title, subtitle, footer, and the reason if there is nothing to draw.
    png : bytes
        The drawing; the same bytes for the same data on every run. Empty where there is nothing to draw: the page
        then says why, in words.
    height : int
        Its height on the page in CSS pixels; the width is the same for all.
    """

    text: PictureText
    png: bytes = field(default=b"", repr=False)
    height: int = 0

    def _repr_html_(self) -> Html:
        title = self.text["title"]
        if not self.png:
            reason = self.text.get("empty") or "Nothing to draw: no value is known."
            return render("nothing.html.jinja", title=title, reason=reason)
        return render(
            "figure.html.jinja",
            title=title,
            subtitle=self.text.get("subtitle"),
            footer=self.text.get("footer"),
            data=base64.b64encode(self.png).decode("ascii"),
            width=WIDTH,
            height=self.height,
        )


@cache
def _glyphs() -> frozenset[int]:
    return frozenset(get_font(findfont("DejaVu Sans")).get_charmap())


def drawable(name: object, length: int = _NAME_LENGTH) -> str:
    """A name as a drawing can show it: on one line, shortened, characters without a glyph as a box.

    The whole name is in the table under the picture.

    Parameters
    ----------
    name : object
        The name.
    length : int
        At most so many characters.

    Returns
    -------
    str
        What DejaVu Sans has glyphs for.

    Examples
    --------
    >>> drawable("Financial Hub\\u2060 \\n- New Capital with a very long name")
    'Financial Hub - New Capit…'
    """
    kept = "".join(
        c if unicodedata.category(c) not in ("Cf", "Cc", "Cs") else " " * c.isspace() for c in str(name)
    )
    line = " ".join(kept.split())
    line = "".join(c if ord(c) in _glyphs() else "\u25a1" for c in line)
    return line if len(line) <= length else f"{line[: length - 1].rstrip()}…"


def draw(
    paint: Callable[..., None], text: PictureText, *, rows: int, height: float, panels: int = 1
) -> Picture:
    """Paint a figure in the project's style and make a picture of it; nothing of matplotlib's state changes.

    Parameters
    ----------
    paint : callable
        Draws on the empty axes that it is given, one for each panel.
    text : PictureText
        What stands around the drawing.
    rows : int
        How much there is to draw; with 0, nothing is.
    height : float
        In CSS pixels.
    panels : int
        Axes below each other that share the horizontal one.

    Returns
    -------
    Picture
        The drawing with its words, or the words alone.

    Raises
    ------
    RenderError
        If there is no title, as every picture states its message.
    """
    if not rows:
        return Picture(text)
    if not text["title"].strip():
        raise RenderError("a picture has no title", remedy="State its message in one sentence")
    with matplotlib.rc_context(STYLE):
        layout = ConstrainedLayoutEngine(w_pad=0.08, h_pad=0.06)
        figure = Figure(figsize=(WIDTH / _CSS_PER_INCH, height / _CSS_PER_INCH), layout=layout)
        paint(*figure.subplots(panels, 1, sharex=True, squeeze=False)[:, 0])
        raw = io.BytesIO()
        figure.savefig(raw, format="png", dpi=_CSS_PER_INCH * _SHARPNESS, metadata={"Software": None})
    return Picture(text, _shrink(raw), round(height))


def _shrink(png: io.BytesIO) -> bytes:
    """The same picture with few colours: flat drawings lose nothing and weigh a third."""
    small = io.BytesIO()
    with Image.open(png) as image:
        flat = image.convert("RGB")
    flat.quantize(_COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(
        small, format="PNG", optimize=True
    )
    return small.getvalue()


def hide_frame(axes: Axes, grid: Literal["x", "y", "both"]) -> None:
    """Leave only the grid lines that values are read against, and the axis that they stand on."""
    axes.grid(True, axis=grid)
    if grid != "both":
        axes.spines["left" if grid == "x" else "bottom"].set_visible(False)
