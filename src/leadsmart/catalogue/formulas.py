"""The KPIs with their formulas, as the table of the definitions page.

python -m leadsmart.catalogue.formulas docs/definitions.qmd
"""

import sys
from pathlib import Path
from typing import Final

from leadsmart.catalogue.kpis import ratios, sums
from leadsmart.passages import rewrite_passage

#: The passage of the page that this module writes.
PASSAGE: Final = "kpis"


def format_formulas() -> str:
    """All KPIs that have a reading, sums first, in Markdown."""
    lines = ["| Name | Formula | Read it as |", "|:-----|:--------|:-----------|"]
    for kpi in (*sums(), *ratios()):
        name = f"{kpi.label} (`{kpi.name}`)" if kpi.label else f"`{kpi.name}`"
        if kpi.reading:
            lines.append(f"| {name} | {kpi.formula.replace(' * ', ' · ')} | {kpi.reading} |")
    return "\n".join(lines) + '\n\n: KPIs and their formulas {tbl-colwidths="[26,38,36]"}'


if __name__ == "__main__":
    rewrite_passage(Path(sys.argv[1]), PASSAGE, format_formulas())
