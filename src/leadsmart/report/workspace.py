"""Where things are: the project, its parameters, the export, the published outputs and the stage.

Paths never enter a notebook or a published file. The runner hands them to kernels in environment variables;
without a runner they are found from the working directory.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from leadsmart.errors import InputError, ParameterError
from leadsmart.params import DEFAULTS_FILE
from leadsmart.sample import write_sample

SITE_CONFIG = "_quarto.yml"
SAMPLE = Path("data", "sample")
RUN_FILE = "run.json"
STAGE = ".staging"
PRIVATE = ".leadsmart"

_VARIABLES = {
    "root": "LEADSMART_ROOT",
    "params_dir": "LEADSMART_PARAMS",
    "data": "LEADSMART_DATA",
    "outputs": "LEADSMART_OUTPUTS",
    "stage": "LEADSMART_STAGE",
}


@dataclass(frozen=True)
class Workspace:
    """The folders of one project.

    Attributes
    ----------
    root : Path
        The project: it holds ``_quarto.yml``, ``notebooks/``, ``docs/`` and ``assets/``.
    params_dir : Path
        ``_defaults.yml`` and the market files.
    data : Path
        The export.
    outputs : Path
        What is published.
    stage : Path
        Where notebooks write. In a run a folder aside in `outputs`; in Jupyter a private folder, so that
        exploring never changes what is published.
    """

    root: Path
    params_dir: Path
    data: Path
    outputs: Path
    stage: Path

    @property
    def cache(self) -> Path:
        """Private slices of the export. They hold contacts, so they lie outside `outputs`."""
        return self.root / PRIVATE / "slices"

    @property
    def notebooks(self) -> Path:
        """The notebooks, without outputs."""
        return self.root / "notebooks"

    @property
    def in_run(self) -> bool:
        """Whether a runner drives the notebooks, so that they need not make what is missing."""
        return self.stage.is_relative_to(self.outputs)

    def environment(self) -> dict[str, str]:
        """The variables that tell a kernel where things are."""
        return {variable: str(getattr(self, name)) for name, variable in _VARIABLES.items()}

    def relative_data(self) -> str:
        """The export's folder as seen from the project, the only form in which it is written down."""
        return Path(os.path.relpath(self.data, self.root)).as_posix()


def find_root(start: Path) -> Path:
    """The nearest folder at or above `start` that is a LeadSmart project."""
    for folder in (start, *start.parents):
        if (folder / SITE_CONFIG).is_file() and (folder / "params" / DEFAULTS_FILE).is_file():
            return folder
    raise ParameterError(
        f"no project here: neither {start.name or start} nor a folder above has {SITE_CONFIG} and params/{DEFAULTS_FILE}",
        remedy="Change into the project's folder, or set LEADSMART_ROOT to it",
    )


def open_workspace(
    *,
    root: Path | None = None,
    data: Path | None = None,
    outputs: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> Workspace:
    """Find the folders of a project.

    What is passed wins over environment variables, and these over what is found: the project at or above
    the working directory; the export of the last run, else the sample, which is written if it is missing.
    """
    environment = os.environ if environment is None else environment
    given = {
        name: Path(environment[variable])
        for name, variable in _VARIABLES.items()
        if environment.get(variable)
    }
    root = (root or given.get("root") or find_root(Path.cwd())).resolve()
    outputs = (outputs or given.get("outputs") or root / "outputs").resolve()
    data = data or given.get("data") or _last_data(root, outputs) or root / SAMPLE
    if data == root / SAMPLE and not data.exists():
        write_sample(data)
    return Workspace(
        root=root,
        params_dir=(given.get("params_dir") or root / "params").resolve(),
        data=data.absolute(),
        outputs=outputs,
        stage=(given.get("stage") or root / PRIVATE / "explore").resolve(),
    )


def _last_data(root: Path, outputs: Path) -> Path | None:
    try:
        recorded = json.loads((outputs / RUN_FILE).read_text(encoding="utf-8"))["data"]
    except (FileNotFoundError, KeyError):
        return None
    except ValueError as error:
        raise InputError(
            "not valid JSON", file=f"outputs/{RUN_FILE}", remedy="Delete it and run again"
        ) from error
    folder = root / recorded
    return folder if folder.exists() else None
