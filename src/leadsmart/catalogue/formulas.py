"""The KPIs with their formulas, as the table of the definitions page."""

from leadsmart.catalogue.kpis import ratios, sums


def format_formulas() -> str:
    """All KPIs that have a reading, sums first, in Markdown."""
    lines = ["| Name | Formula | Read it as |", "|:-----|:--------|:-----------|"]
    for kpi in (*sums(), *ratios()):
        name = f"{kpi.label} (`{kpi.name}`)" if kpi.label else f"`{kpi.name}`"
        if kpi.reading:
            lines.append(f"| {name} | {kpi.formula.replace(' * ', ' · ')} | {kpi.reading} |")
    return "\n".join(lines) + '\n\n: KPIs and their formulas {tbl-colwidths="[26,38,36]"}'
