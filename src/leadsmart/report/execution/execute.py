"""One notebook, executed with papermill for one market, and made fit to publish."""

import contextlib
import logging
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import yaml

from leadsmart import errors
from leadsmart.errors import LeadSmartError, NotebookError
from leadsmart.parameter_types import NULL
from leadsmart.params import params_for
from leadsmart.report.execution.kernels import ONE_THREAD, Kernels
from leadsmart.report.notebooks import NOTEBOOKS, SUMMARY
from leadsmart.report.project.notebook_format import nbformat
from leadsmart.report.project.workspace import Workspace
from leadsmart.report.provenance.manifest import plain_values
from leadsmart.report.provenance.records import is_done

# isort: split
# It imports nbformat, too, and so has to come behind the import above.
import papermill
from papermill.exceptions import PapermillExecutionError

#: Called with the number of a cell (from 1), the number of cells and the heading above it.
CellListener = Callable[[int, int, str], None]

#: Name of our engine among papermill's; it needs ``kernels`` and ``kernel_environment``.
ENGINE = "leadsmart"
# It warns of parameters that are not in the notebook's own cell; ours are checked against Params.
logging.getLogger("papermill").setLevel(logging.ERROR)
_OUR_ERRORS = frozenset(
    name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, LeadSmartError)
)


def execute_notebook(
    name: str,
    market: str,
    workspace: Workspace,
    overrides: Mapping[str, Any],
    on_cell: CellListener | None = None,
    kernels: Kernels | None = None,
) -> list[str]:
    """Execute a notebook for a market; its executed copy appears in the stage when it is complete.

    Parameters
    ----------
    name : str
        The notebook's name without its ending.
    market : str
        Handed to the notebook, unless it runs once for ``all-markets``.
    workspace : Workspace
        Its folders reach the kernel as environment variables, so that no path enters the notebook.
    overrides : mapping
        Parameters that win over the market's file.
    on_cell : callable, optional
        Called before every code cell.
    kernels : Kernels, optional
        Those of a run; without them a kernel starts the plain way.

    Returns
    -------
    list of str
        What the notebook wrote to the error stream, which is left out of the published copy.

    Raises
    ------
    NotebookError
        If the notebook can't be read, a cell fails or hangs, its kernel dies, or it does not say at its end
        that it is done.
    """
    declared = NOTEBOOKS[name]
    params = params_for(market, workspace.params_dir, overrides)
    notebook = _read_notebook(workspace.notebooks / f"{name}.ipynb")
    # a notebook takes None for "not stated"
    values = {name: NULL if value is None else value for name, value in plain_values(overrides).items()}
    given = values if declared.runs_once else {"market": market, **values}
    headings = _headings(notebook, injected=bool(given))
    at = [0]

    def cell_starts(cell: Any, cell_index: int) -> None:
        at[0] = cell_index
        if on_cell:
            on_cell(cell_index + 1, len(headings), headings[cell_index])

    try:
        with contextlib.ExitStack() as stack:
            executed = papermill.execute_notebook(
                notebook,
                None,
                parameters=given,
                progress_bar=False,
                execution_timeout=params.cell_timeout,
                engine_name=ENGINE,
                kernels=kernels or stack.enter_context(Kernels(warm=False)),
                kernel_environment={**os.environ, **workspace.environment(), **ONE_THREAD},
                on_cell_start=cell_starts,
            )
    except (PapermillExecutionError, TimeoutError, RuntimeError) as error:
        raise NotebookError(**_describe_failure(name, headings[at[0]], at[0], error)) from error

    folder = workspace.stage / declared.folder(market)
    if not is_done(folder, name):
        raise NotebookError(
            "the notebook ran and did not say that it is done",
            remedy="Let its last cell call page.finish()",
            file=f"{name}.ipynb",
        )
    warnings = _take_error_stream(executed)
    title = declared.title if declared.runs_once else _page_title(name, params.title, workspace)
    _make_publishable(executed, title)
    nbformat.write(executed, folder / declared.copy)
    return warnings


def _read_notebook(path: Path) -> nbformat.NotebookNode:
    """Read a notebook that a run can execute and publish: it has a kernel's name and front matter."""
    try:
        notebook = nbformat.read(path, as_version=4)
    except (OSError, ValueError, nbformat.reader.NotJSONError) as error:
        raise NotebookError(
            "is not a notebook",
            remedy="Delete it, and have it laid out again with `leadsmart init . --upgrade`",
            file=path.name,
        ) from error
    front = notebook.cells[0].source.strip() if notebook.cells else ""
    if not (front.startswith("---") and front.endswith("---") and notebook.metadata.get("kernelspec")):
        raise NotebookError(
            "it needs a first cell with front matter (--- title: … ---) and a kernel in its metadata",
            remedy="Save it in Jupyter with a Python kernel, or delete it and let `leadsmart init . --upgrade` lay it out again",
            file=path.name,
        )
    return notebook


class _Engine(papermill.engines.NBClientEngine):  # type: ignore[misc]  # papermill has no types
    """Papermill's own engine, over kernels of ours."""

    @classmethod
    def execute_managed_notebook(
        cls,
        nb_man: Any,
        kernel_name: str,
        *,
        kernels: Kernels,
        kernel_environment: Mapping[str, str],
        execution_timeout: int,
        start_timeout: int,
        input_path: str | None,
        **options: Any,
    ) -> Any:
        with kernels.open() as kernel:
            client = papermill.engines.PapermillNotebookClient(
                nb_man,
                km=kernel.manager,
                timeout=execution_timeout,
                startup_timeout=start_timeout,
                # A notebook writes what it makes in its cells; nothing is left to do for its kernel.
                shutdown_kernel="immediate",
                **options,
            )
            launch = {"env": kernel_environment, "stdout": kernel.log, "stderr": kernel.log}
            return kernel.run(client.execute, cleanup_kc=True, **launch)


papermill.engines.papermill_engines.register(ENGINE, _Engine)


def _headings(notebook: nbformat.NotebookNode, injected: bool) -> list[str]:
    """The heading above each cell of the notebook as papermill will execute it."""
    headings, current = [], ""
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            lines = [line for line in cell.source.splitlines() if line.startswith("#")]
            current = lines[0].lstrip("# ").strip() if lines else current
        headings.append(current)
        if injected and "parameters" in cell.metadata.get("tags", []):
            headings.append(current)
    return headings


def _describe_failure(name: str, heading: str, index: int, error: Exception) -> dict[str, Any]:
    """What a `NotebookError` says of the error of a cell."""
    if isinstance(error, PapermillExecutionError):
        kind, text = error.ename, error.evalue
    else:
        kind, text = type(error).__name__, str(error)
    where = f"cell {index + 1}" + (f" ({heading})" if heading else "")
    if kind in _OUR_ERRORS:
        problem, public, remedy = text.rstrip("."), None, "When that is mended, run again"
    elif kind in ("CellTimeoutError", "TimeoutError"):
        problem, public = "it took longer than cell_timeout", None
        remedy = "Raise cell_timeout in the market's file, or shorten its period"
    elif kind == "DeadKernelError":
        problem, public = f"its kernel died: {text}", f"{where}: its kernel died"
        remedy = "If it was for want of memory, run fewer markets at once with --jobs 1"
    else:
        # The text of a foreign error may quote data; only the terminal shows it.
        problem, public = f"{kind}: {text}", f"{where}: {kind}; the terminal shows its text"
        remedy = f"Open notebooks/{name}.ipynb in Jupyter with this market and run it up to that cell"
    said = {"problem": f"{where}: {problem}", "public_problem": public}
    return {**said, "remedy": remedy, "file": f"{name}.ipynb"}


def _take_error_stream(notebook: nbformat.NotebookNode) -> list[str]:
    written = []
    for cell in notebook.cells:
        if cell.cell_type == "code":
            written += [o.text for o in cell.outputs if o.output_type == "stream" and o.name == "stderr"]
            cell.outputs = [o for o in cell.outputs if not (o.output_type == "stream" and o.name == "stderr")]
    return written


def _page_title(name: str, title: str, workspace: Workspace) -> str:
    if (workspace.data / "sample.json").is_file():
        title = f"{title} (sample data)"
    return title if name == SUMMARY else f"{title}: {NOTEBOOKS[name].title.lower()}"


def _make_publishable(notebook: nbformat.NotebookNode, title: str) -> None:
    """Give the page its title; take out times, paths and random ids."""
    front = notebook.cells[0]
    values = yaml.safe_load(front.source.strip().strip("-"))
    front.source = (
        "---\n" + yaml.safe_dump({**values, "title": title}, allow_unicode=True, sort_keys=False) + "---"
    )
    for index, cell in enumerate(notebook.cells):
        tags = cell.metadata.get("tags", [])
        cell.metadata = {"tags": tags} if tags else {}
        if "injected-parameters" in tags:
            cell.id = f"parameters-{index}"
            cell.source = "#| echo: false\n" + cell.source
    notebook.metadata = {
        key: notebook.metadata[key] for key in ("kernelspec", "language_info") if key in notebook.metadata
    }
