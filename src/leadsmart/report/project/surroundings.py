"""What a run needs beside parameters and an export: a folder of outputs that can be written, and the contacts' key."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from leadsmart.cleaning.parsing.limits import require_space
from leadsmart.cleaning.values.keys import load_key
from leadsmart.errors import InputError, LeadSmartError
from leadsmart.report.project.workspace import Workspace

_ANOTHER: Final = "Name another folder with --outputs"


def find_surrounding_problems(workspace: Workspace) -> list[LeadSmartError]:
    """All that would stop a run when its notebooks have worked for minutes. Nothing is written.

    Parameters
    ----------
    workspace : Workspace

    Returns
    -------
    list of LeadSmartError
        Empty where all is well.
    """
    problems = [*_place_problems(workspace)] or [*_disk_problems(workspace.outputs)]
    try:
        load_key()
    except InputError as error:
        problems.append(error)
    return problems


def _place_problems(workspace: Workspace) -> Iterator[LeadSmartError]:
    """Folders that hold something else."""
    outputs, data, root = (path.resolve() for path in (workspace.outputs, workspace.data, workspace.root))
    name = os.path.relpath(outputs)
    if outputs.is_relative_to(data):
        yield InputError("outputs would lie in the export", remedy=_ANOTHER, file=name)
    elif root.is_relative_to(outputs):
        yield InputError("outputs would lie around the project", remedy=_ANOTHER, file=name)
    elif data.is_relative_to(outputs):
        yield InputError("outputs would lie around the export", remedy=_ANOTHER, file=name)


def _disk_problems(outputs: Path) -> Iterator[LeadSmartError]:
    """Whether the folder is there or can be made, takes files and has room."""
    name = os.path.relpath(outputs)
    existing = next(folder for folder in (outputs, *outputs.parents) if folder.exists())
    if not existing.is_dir():
        yield InputError(
            "is a file, not a folder", remedy="Name a folder with --outputs", file=os.path.relpath(existing)
        )
        return
    try:
        # rights and file systems have more ways to refuse than could be asked for; it has no name
        with tempfile.TemporaryFile(dir=existing):
            pass
        require_space(existing, file=name)
    except OSError as error:
        yield InputError(
            f"can't be written: {(error.strerror or str(error)).lower()}", remedy=_ANOTHER, file=name
        )
    except InputError as error:
        yield error
