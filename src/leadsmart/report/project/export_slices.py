"""The export of a workspace as it was split: found again without reading a row, or split now."""

from leadsmart.cleaning.reading.slices import Slices
from leadsmart.cleaning.reading.slices_cache import find_slices
from leadsmart.params import Params, list_markets, load_params
from leadsmart.private_folders import make_private
from leadsmart.report.project.workspace import Workspace


def known_slices(workspace: Workspace) -> Slices | None:
    """What is known of the workspace's export, or None where it was not split yet."""
    return find_slices(workspace.data, workspace.cache, _params(workspace), mapping=workspace.mapping)


def open_slices(workspace: Workspace) -> Slices:
    """The workspace's export, split by the markets that have parameters."""
    # DuckDB and pandas take a second to import, and most often the slices are there
    from leadsmart.cleaning.reading.split import split_export

    make_private(workspace.private)
    return split_export(workspace.data, workspace.cache, _params(workspace), mapping=workspace.mapping)


def _params(workspace: Workspace) -> dict[str, Params]:
    return {
        market: load_params(market, workspace.params_dir) for market in list_markets(workspace.params_dir)
    }
