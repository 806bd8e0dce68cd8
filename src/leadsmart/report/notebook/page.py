"""Opening a page: a notebook's parameters and export, and what it reads of others.

The same call works in Jupyter, under plain papermill and in a run: what is missing is made, and said.
"""

import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from leadsmart.cleaning.reading.slices import Slices, read_slices
from leadsmart.errors import InputError
from leadsmart.params import Params, list_markets
from leadsmart.report.notebook.view import Page
from leadsmart.report.notebooks import CLEANING, NEEDS, NEEDS_OF_ALL, OVERVIEW
from leadsmart.report.project.workspace import Workspace, open_workspace
from leadsmart.report.provenance.result_store import COMPARED_FILE, Results
from leadsmart.vocabulary import UNASSIGNED


def open_page(step: str, variables: Mapping[str, Any]) -> Page:
    """Open a notebook's page from the variables of its parameters cell.

    Parameters
    ----------
    step : str
        The notebook's name without its ending.
    variables : mapping
        ``globals()`` of the notebook. ``market`` names the market; ``data`` and ``outputs`` may name other
        folders; any field of `Params` that has a value wins over ``params/<market>.yml``.

    Raises
    ------
    ParameterError, InputError
        If parameters or inputs are wrong, or the market has no campaigns in this export.
    """
    folders = {name: Path(variables[name]) for name in ("data", "outputs") if variables.get(name)}
    workspace = open_workspace(**folders)
    market = variables.get("market") or list_markets(workspace.params_dir)[0]
    overrides = {
        name: variables[name]
        for name in Params.model_fields
        if name != "market" and variables.get(name) is not None
    }
    slices = _slices(workspace)
    results = Results(workspace, slices, overrides, compared=_compared(workspace))
    params = results.params(market)
    if market != UNASSIGNED and not slices.markets.get(market) and step not in NEEDS_OF_ALL:
        raise InputError(
            f"{market} has no campaigns in {workspace.shown_data()}",
            remedy=f"Name its projects in project_markets.csv, or run one of: {', '.join(_present(slices))}",
        )
    page = Page(step, params, results)
    if not workspace.in_run:
        _make_missing(page)
    return page


def _make_missing(page: Page) -> None:
    """Run the notebooks whose results this one reads and that are not there, saying so."""
    # papermill takes seconds to import, and in a run nothing is missing
    from leadsmart.report.execution.execute import execute_notebook

    wanted = [(step, page.market) for step in NEEDS[page.step]]
    if page.step in NEEDS_OF_ALL:
        wanted = [(NEEDS_OF_ALL[page.step], market) for market in _present(page.results.slices)]
    if page.step == OVERVIEW:
        wanted.append((CLEANING, UNASSIGNED))
    for step, market in wanted:
        if page.results.find(step, market) is None:
            where = "" if step in NEEDS_OF_ALL else f" for {market}"
            sys.stderr.write(f"{step} has no result{where} yet: running notebooks/{step}.ipynb first\n")
            execute_notebook(step, market, page.workspace, page.results.overrides)
            page.results.made.add((step, market))


def _slices(workspace: Workspace) -> Slices:
    """What is known of the export; outside a run a notebook may be the first to ask, and have it split."""
    if workspace.slices:
        return read_slices(workspace.slices)
    from leadsmart.report.project.export_slices import known_slices, open_slices

    return known_slices(workspace) or open_slices(workspace)


def _compared(workspace: Workspace) -> Mapping[str, Any]:
    path = workspace.stage / COMPARED_FILE
    return json.loads(path.read_text(encoding="utf-8")) if workspace.in_run and path.is_file() else {}


def _present(slices: Slices) -> Iterable[str]:
    return (market for market, campaigns in slices.markets.items() if campaigns and market != UNASSIGNED)
