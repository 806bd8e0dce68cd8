"""Columns of KPIs and dimensions, as the catalogue has them."""

from leadsmart.catalogue.dimensions import DIMENSIONS
from leadsmart.catalogue.kpis import KPIS, Place
from leadsmart.display.tables.columns import Column


def kpi_column(
    name: str,
    label: str = "",
    *,
    n: str | None = None,
    currency: str | None = None,
    instead: str | None = None,
    with_range: bool = True,
) -> Column:
    """The column of a KPI: head, unit and, where tables have it, range are those of the catalogue.

    Parameters
    ----------
    name : str
    label : str, optional
        In place of the catalogue's.
    n, currency, instead : str, optional
        See `Column`.
    with_range : bool
        Whether the range stands beside the value.

    Returns
    -------
    Column
    """
    kpi = KPIS[name]
    low, high = (f"{name}_low", f"{name}_high") if with_range and Place.RANGES in kpi.shown else (None, None)
    return Column(name, label or kpi.head or kpi.label, kpi.unit, low, high, n, None, currency, instead)


def kpi_columns(*names: str) -> tuple[Column, ...]:
    """The columns of several KPIs."""
    return tuple(kpi_column(name) for name in names)


def dimension_columns(*names: str) -> tuple[Column, ...]:
    """The columns of dimensions of the catalogue."""
    return tuple(Column(name, DIMENSIONS[name].label) for name in names)
