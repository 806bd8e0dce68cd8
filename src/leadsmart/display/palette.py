"""Colours with one meaning each, and the marks of verdicts.

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
