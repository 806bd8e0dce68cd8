"""Where things are: the project, its parameters, the export, the published outputs and the stage.

Paths never enter a notebook or a published file. The runner hands them to kernels in environment variables;
without a runner they are found from the working directory.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from leadsmart.errors import InputError, LeadSmartError, ParameterError
from leadsmart.params import DEFAULTS_FILE, Params, unassigned_params
from leadsmart.private_folders import make_private
from leadsmart.report.project.files import read_json, write_atomically

SITE_CONFIG = "_quarto.yml"
#: Folder of the built package that holds a project's files; in a checkout they lie where they are worked on.
PROJECT_FILES = "project_files"
SAMPLE = Path("data", "sample")
RENDERERS = ("auto", "quarto", "embedded")
RUN_FILE = "run.json"
#: The one file that differs between two runs of the same: when it was, and how long it took.
STAMP_FILE = "stamp.json"
NAVIGATION = "_navigation.yml"
STAGE = ".staging"
PRIVATE = ".leadsmart"
#: Which export each folder of outputs was made from.
EXPORTS = "exports.json"

_VARIABLES = {
    "root": "LEADSMART_ROOT",
    "params_dir": "LEADSMART_PARAMS",
    "data": "LEADSMART_DATA",
    "outputs": "LEADSMART_OUTPUTS",
    "stage": "LEADSMART_STAGE",
    "slices": "LEADSMART_SLICES",
    "mapping": "LEADSMART_MAPPING",
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
    slices : Path or None
        In a run the private slices of the export, so that no notebook reads the export itself.
    mapping : Path or None
        How files of other systems become an export; None for the one beside the data, where there is one.
    """

    root: Path
    params_dir: Path
    data: Path
    outputs: Path
    stage: Path
    slices: Path | None = None
    mapping: Path | None = None

    @property
    def private(self) -> Path:
        """What is kept for the next time and never published."""
        return self.root / PRIVATE

    @property
    def cache(self) -> Path:
        """Private slices of the export. They hold contacts, so they lie outside `outputs`."""
        return self.private / "slices"

    @property
    def notebooks(self) -> Path:
        """The notebooks, without outputs."""
        return self.root / "notebooks"

    @property
    def in_run(self) -> bool:
        """Whether a runner drives the notebooks, so that they need not make what is missing."""
        return self.stage.is_relative_to(self.outputs)

    def project_params(self) -> Params | None:
        """Parameters that are the same for all markets; None where the file of defaults has to be mended first."""
        try:
            return unassigned_params(self.params_dir)
        except LeadSmartError:
            return None

    def environment(self) -> dict[str, str]:
        """The variables that tell a kernel where things are."""
        folders = {variable: getattr(self, name) for name, variable in _VARIABLES.items()}
        return {variable: str(folder) for variable, folder in folders.items() if folder}

    def shown_data(self) -> str:
        """The export's folder as pages and records call it: without what lies above the project."""
        inside = self.data.is_relative_to(self.root)
        return self.data.relative_to(self.root).as_posix() if inside else self.data.name

    def relative_data(self) -> str:
        """The export's folder as seen from the project, for messages on the terminal."""
        return _relative(self.root, self.data)

    def record_export(self) -> None:
        """Keep which export this run read, for later commands; privately, as its path may name a person."""
        make_private(self.private)
        outputs = _relative(self.root, self.outputs)
        known = {**_exports(self.root), outputs: _relative(self.root, self.data)}
        known.pop(_mapping_of(outputs), None)
        if self.mapping is not None:
            known[_mapping_of(outputs)] = _relative(self.root, self.mapping)
        write_atomically(self.private / EXPORTS, json.dumps(known, indent=1, sort_keys=True) + "\n")


def find_root(start: Path) -> Path:
    """The nearest folder at or above `start` that is a LeadSmart project."""
    for folder in (start, *start.parents):
        if (folder / SITE_CONFIG).is_file() and (folder / "params" / DEFAULTS_FILE).is_file():
            return folder
    raise ParameterError(
        f"no project here: neither {start.name or start} nor a folder above has {SITE_CONFIG} and params/{DEFAULTS_FILE}",
        remedy="Change into the project's folder, set LEADSMART_ROOT to it, or lay one out with `leadsmart init DIR`",
    )


def open_workspace(
    *,
    root: Path | None = None,
    data: Path | None = None,
    outputs: Path | None = None,
    mapping: Path | None = None,
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
    if data is None and "data" not in given:
        mapping = mapping or given.get("mapping") or _recorded(root, _mapping_of(_relative(root, outputs)))
    data = data or given.get("data") or _recorded(root, _relative(root, outputs)) or root / SAMPLE
    if data == root / SAMPLE and not data.exists():
        make_sample(data)
    return Workspace(
        root=root,
        params_dir=(given.get("params_dir") or root / "params").resolve(),
        # without "..", which would pass a folder above the project for one in it; links stay as they are called
        data=Path(os.path.normpath(data.absolute())),
        outputs=outputs,
        stage=(given.get("stage") or root / PRIVATE / "explore").resolve(),
        slices=given.get("slices"),
        mapping=mapping or given.get("mapping"),
    )


def make_sample(folder: Path) -> None:
    """Write the sample that stands in for an export."""
    # it draws with numpy, which commands that find an export need not wait for
    from leadsmart.sample import write_sample

    write_sample(folder)


def _recorded(root: Path, name: str) -> Path | None:
    """What the last run read, where it is still there."""
    recorded = _exports(root).get(name)
    path = root / recorded if recorded else None
    return path if path and path.exists() else None


def _mapping_of(outputs: str) -> str:
    return f"{outputs} (mapping)"


def _exports(root: Path) -> dict[str, str]:
    path = root / PRIVATE / EXPORTS
    try:
        return dict(read_json(path))
    except FileNotFoundError:
        return {}
    except (ValueError, TypeError) as error:
        raise InputError(
            "not valid JSON", file=f"{PRIVATE}/{EXPORTS}", remedy="Delete it and run again"
        ) from error


def _relative(root: Path, folder: Path) -> str:
    return Path(os.path.relpath(folder, root)).as_posix()
