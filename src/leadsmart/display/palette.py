"""Colours with one meaning each, and the style every picture is drawn in.

The colours keep apart for the common kinds of colour blindness and in grey print; none of them carries a meaning
alone: a mark, a word, a position or a line style always says the same.
"""

from typing import Final

#: What the title speaks of.
ACCENT: Final = "#0b62a4"
#: Everything else that is drawn for comparison.
CONTEXT: Final = "#8b95a1"
#: Better than the reference, and worse.
GOOD: Final = "#12775a"
BAD: Final = "#b3470b"
#: Reference lines and secondary text.
NEUTRAL: Final = "#545e69"
TEXT: Final = "#1f262d"
GRID: Final = "#dfe4e9"
PAPER: Final = "#ffffff"
#: A band of uncertainty around the accent.
BAND: Final = "#c3d9ec"

#: The ends of the scale of a heat map, from nothing to most.
HEAT: Final = ("#f4f7fa", "#9cc3e2", "#0b62a4", "#06365c")

#: Lines that share a picture differ in colour and in dashes, so that print and colour-blind readers tell them apart.
SERIES: Final = ((ACCENT, "-"), (BAD, (0, (5, 2))), (GOOD, (0, (1, 1.4))), (NEUTRAL, (0, (5, 1.5, 1, 1.5))))

#: Verdict words -> mark and meaning. The mark always stands beside the word.
MARKS: Final[dict[str, tuple[str, str]]] = {
    "supported": ("✓", "good"),
    "not supported": ("✕", "neutral"),
    "not enough data": ("○", "open"),
    "Ready": ("✓", "good"),
    "OK": ("✓", "good"),
    "Not ready": ("✕", "bad"),
    "good": ("✓", "good"),
    "usable": ("○", "open"),
    "not reliable": ("✕", "bad"),
}

#: matplotlib's settings of every picture, applied as a context and never globally. DejaVu Sans comes with
#: matplotlib (the same glyphs on every machine) and has Latin and Arabic; names may hold "$", which is no formula.
STYLE: Final[dict[str, object]] = {
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
