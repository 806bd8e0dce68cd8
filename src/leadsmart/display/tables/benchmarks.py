"""A client's KPIs beside those of others, as a small table; nothing in an internal report."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from leadsmart.display.markup import Html
from leadsmart.display.tables.columns import Column
from leadsmart.display.tables.tables import format_table

_COLUMNS = (
    Column("label", "KPI"),
    Column("own_shown", "Yours"),
    Column("others_shown", "Others: median (quartiles)"),
)


def benchmark_table(records: Sequence[Mapping[str, Any]], download: str | None = None) -> Html:
    """Show a client's figures beside the market's.

    Parameters
    ----------
    records : sequence of mappings
        With ``label, own_shown, others_shown``; empty in an internal report, where nothing is shown.
    download : str, optional
        Address of the table as CSV.

    Returns
    -------
    Html
        Shown by notebooks as it is.
    """
    if not records:
        return Html()
    return format_table(
        pd.DataFrame(list(records)),
        _COLUMNS,
        title="You and the other business users of this market",
        caption="Each other business user counts once; quartiles from ten others",
        download=download,
    )
