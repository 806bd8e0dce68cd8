"""The export of a workspace as it was split: found again without reading a row, or split now."""

from typing import TYPE_CHECKING

from leadsmart.cleaning.reading.slices import Slices
from leadsmart.cleaning.reading.slices_cache import find_slices
from leadsmart.params import list_markets, load_params
from leadsmart.report.project.workspace import Workspace

if TYPE_CHECKING:
    pass


def known_slices(workspace: Workspace) -> Slices | None:
    """What is known of the workspace's export, or None where it was not split yet."""
    markets, commas = _markets(workspace)
    return find_slices(
        workspace.data, workspace.cache, markets, decimal_comma=commas, mapping=workspace.mapping
    )


def open_slices(workspace: Workspace) -> "Slices":
    """The workspace's export, split by the markets that have parameters."""
    # DuckDB and pandas take a second to import, and most often the slices are there
    from leadsmart.cleaning.reading.split import split_export

    markets, commas = _markets(workspace)
    return split_export(
        workspace.data, workspace.cache, markets, decimal_comma=commas, mapping=workspace.mapping
    )


def _markets(workspace: Workspace) -> tuple[list[str], list[str]]:
    """Markets that have parameters, and those of them whose amounts are written 1.200,50."""
    markets = list_markets(workspace.params_dir)
    return markets, [m for m in markets if load_params(m, workspace.params_dir).decimal_comma]
