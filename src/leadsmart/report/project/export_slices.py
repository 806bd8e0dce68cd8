"""The export of a workspace as it was split: found again without reading a row, or split now."""

from leadsmart.cleaning.reading.slices import SliceFacts, find_slices
from leadsmart.params import list_markets, load_params
from leadsmart.report.project.workspace import Workspace


def known_slices(workspace: Workspace) -> SliceFacts | None:
    """What is known of the workspace's export, or None where it was not split yet."""
    markets = list_markets(workspace.params_dir)
    commas = markets_with_commas(workspace)
    return find_slices(
        workspace.data, workspace.cache, markets, decimal_comma=commas, mapping=workspace.mapping
    )


def open_slices(workspace: Workspace) -> SliceFacts:
    """The workspace's export, split by the markets that have parameters; a `Slices`."""
    # DuckDB and pandas take a second to import, and most often the slices are there
    from leadsmart.cleaning.reading.split import split_export

    markets = list_markets(workspace.params_dir)
    commas = markets_with_commas(workspace)
    return split_export(
        workspace.data, workspace.cache, markets, decimal_comma=commas, mapping=workspace.mapping
    )


def markets_with_commas(workspace: Workspace) -> list[str]:
    """Markets whose amounts are written 1.200,50."""
    markets = list_markets(workspace.params_dir)
    return [market for market in markets if load_params(market, workspace.params_dir).decimal_comma]
