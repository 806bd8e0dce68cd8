"""Pictures: a drawing with its message, its source and the text that stands for it.

Title, subtitle and footer are text of the page around the drawing, not pixels in it: they are read aloud, searched,
shaped by the browser in any script, follow the dark theme and stay legible on a phone.
"""

import base64
import io
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import findfont, get_font
from PIL import Image

from leadsmart.display.markup import escape, nothing_block
from leadsmart.display.palette import STYLE
from leadsmart.errors import RenderError

#: Width of a picture on the page in CSS pixels: small enough that a phone shows its labels at two thirds of their
#: size. And how many of its own pixels lie behind each.
WIDTH = 560
_CSS_PER_INCH, _SHARPNESS = 100, 2
_COLOURS = 64
_NAME_LENGTH = 26


@dataclass(frozen=True)
class Picture:
    """A drawing as PNG with everything a reader needs beside it.

    Attributes
    ----------
    png : bytes
        The drawing; the same bytes for the same data on every run. Empty where there is nothing to draw: the page
        then says why, in words.
    width, height : int
        Its size on the page in CSS pixels.
    title : str
        The message, one sentence.
    subtitle : str
        What is drawn, units and period.
    footer : str
        n and source.
    alt : str
        What stands for the picture where it can't be seen: its message.
    """

    png: bytes = field(repr=False)
    width: int
    height: int
    title: str
    subtitle: str
    footer: str
    alt: str

    def _repr_html_(self) -> str:
        if not self.png:
            return nothing_block(self.title, self.alt)
        data = base64.b64encode(self.png).decode("ascii")
        subtitle = f'<span class="ls-figure-subtitle">{escape(self.subtitle)}</span>' if self.subtitle else ""
        footer = f'<p class="ls-figure-footer">{escape(self.footer)}</p>' if self.footer else ""
        return (
            f'<figure class="ls-figure"><figcaption><span class="ls-figure-title">{escape(self.title)}</span>'
            f'{subtitle}</figcaption><img src="data:image/png;base64,{data}" alt="{escape(self.alt)}" '
            f'width="{self.width}" height="{self.height}">{footer}</figure>'
        )


@dataclass(frozen=True)
class Thumbnail:
    """A picture without its texts, for a card that says the same in words.

    Attributes
    ----------
    picture : Picture
        The picture to show small.
    """

    picture: Picture

    def _repr_html_(self) -> str:
        picture = self.picture
        if not picture.png:
            return ""
        data = base64.b64encode(picture.png).decode("ascii")
        return (
            f'<img class="ls-thumbnail" src="data:image/png;base64,{data}" alt="{escape(picture.alt)}" '
            f'width="{picture.width}" height="{picture.height}">'
        )


@dataclass(frozen=True)
class Words:
    """The words around a drawing.

    Attributes
    ----------
    title, subtitle, footer, alt : str
        As in `Picture`; ``alt`` is the title when it is empty.
    empty : str
        What stands in place of a picture of nothing: why there is none, and what would fill it.
    """

    title: str
    subtitle: str = ""
    footer: str = ""
    alt: str = ""
    empty: str = ""


@cache
def _glyphs() -> frozenset[int]:
    return frozenset(get_font(findfont("DejaVu Sans")).get_charmap())


def drawable(text: object, length: int = _NAME_LENGTH) -> str:
    """A name as a drawing can show it: on one line, shortened, characters without a glyph as a box.

    The whole name is in the table under the picture.

    >>> drawable("Financial Hub\\u2060 \\n- New Capital with a very long name")
    'Financial Hub - New Capit…'
    """
    kept = "".join(
        c if unicodedata.category(c) not in ("Cf", "Cc", "Cs") else " " * c.isspace() for c in str(text)
    )
    line = " ".join(kept.split())
    line = "".join(c if ord(c) in _glyphs() else "\u25a1" for c in line)
    return line if len(line) <= length else f"{line[: length - 1].rstrip()}…"


def draw(words: Words, height: float, paint: Callable[[Figure], None]) -> Picture:
    """Paint a figure in the project's style and make a picture of it; nothing of matplotlib's state changes.

    Parameters
    ----------
    words : Words
        Title and alternative text must not both be empty.
    height : float
        In CSS pixels.
    paint : callable
        Draws on the empty figure that it is given.

    Raises
    ------
    RenderError
        If there is no title, as every picture states its message.
    """
    if not words.title.strip():
        raise RenderError("a picture has no title", remedy="State its message in one sentence")
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH / _CSS_PER_INCH, height / _CSS_PER_INCH), layout="constrained")
        figure.get_layout_engine().set(w_pad=0.08, h_pad=0.06)
        paint(figure)
        raw = io.BytesIO()
        figure.savefig(raw, format="png", dpi=_CSS_PER_INCH * _SHARPNESS, metadata={"Software": None})
    return Picture(
        png=_shrink(raw.getvalue()),
        width=WIDTH,
        height=round(height),
        title=words.title,
        subtitle=words.subtitle,
        footer=words.footer,
        alt=words.alt.strip() or words.title,
    )


def draw_nothing(words: Words) -> Picture:
    """What stands in place of a picture where no value is known: the reason, as text."""
    reason = words.empty or "Nothing to draw: no value is known."
    return Picture(b"", 0, 0, words.title, words.subtitle, words.footer, reason)


def _shrink(png: bytes) -> bytes:
    """The same picture with few colours: flat drawings lose nothing and weigh a third."""
    with Image.open(io.BytesIO(png)) as image:
        flat = image.convert("RGB").quantize(
            _COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE
        )
    small = io.BytesIO()
    flat.save(small, format="PNG", optimize=True)
    return small.getvalue()


def quiet(axes: Axes, grid: str) -> None:
    """Leave only the grid lines that values are read against; ``grid`` is "x", "y" or "both"."""
    axes.grid(True, axis=grid)
    for side in ("left", "bottom") if grid == "both" else (("left",) if grid == "x" else ("bottom",)):
        axes.spines[side].set_visible(grid == "both")
