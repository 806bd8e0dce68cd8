"""Whether the published report comes out again: everything is run anew elsewhere, and every file compared."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from leadsmart.errors import RenderError
from leadsmart.private_folders import private_folder
from leadsmart.report.check import check_inputs
from leadsmart.report.execution.progress import PlainListener
from leadsmart.report.pipeline import make_report
from leadsmart.report.project.files import read_json, sha256_of
from leadsmart.report.project.lock import LOCK_FILE
from leadsmart.report.project.workspace import RUN_FILE, STAGE, STAMP_FILE, Workspace
from leadsmart.report.provenance.history import HISTORY

#: Not compared: when a run was made, that it is going on, and which ones there were before.
NOT_COMPARED = (STAMP_FILE, LOCK_FILE, STAGE, HISTORY)


@dataclass(frozen=True)
class Verification:
    """How two runs compare.

    Attributes
    ----------
    files : int
        Compared.
    differing : tuple of str
        Files that are not the same, byte by byte, or in one of the two only.
    """

    files: int
    differing: tuple[str, ...]


def verify_outputs(
    workspace: Workspace, listener: PlainListener, *, jobs: int = 2, renderer: str = "auto"
) -> Verification:
    """Run the markets of the last run again in a temporary folder, and compare what comes out.

    The same parameters that were changed for the last run are changed again, and it is compared with the same
    earlier run. Nothing in `workspace` is changed.

    Parameters
    ----------
    workspace : Workspace
    listener : PlainListener
    jobs, renderer
        As for `make_report`.

    Returns
    -------
    Verification
        How many files were compared, and which differ.

    Raises
    ------
    RenderError
        If there is no run to verify.
    """
    path = workspace.outputs / RUN_FILE
    if not path.is_file():
        raise RenderError(
            "there is no run to verify", file=workspace.outputs.name, remedy="Start with `leadsmart run`"
        )
    facts = read_json(path)
    with private_folder("verify") as scratch:
        outputs = scratch / "outputs"
        outputs.mkdir()
        if facts["compared_with"]:
            entry = workspace.outputs / HISTORY / f"{facts['compared_with']}.json"
            (outputs / HISTORY).mkdir()
            shutil.copyfile(entry, outputs / HISTORY / entry.name)
        again = replace(workspace, outputs=outputs)
        slices, markets = check_inputs(again, list(facts["markets"]), facts["parameters"])
        make_report(again, slices, markets, facts["parameters"], listener, jobs=jobs, renderer=renderer)
        return compare_folders(workspace.outputs, outputs)


def compare_folders(one: Path, other: Path) -> Verification:
    """Compare two folders of outputs, file by file."""
    left, right = dict(_files(one)), dict(_files(other))
    names = sorted({*left, *right})
    differing = [n for n in names if n not in left or n not in right or not _same(left[n], right[n])]
    return Verification(len(names), tuple(differing))


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    for path in folder.rglob("*"):
        name = path.relative_to(folder)
        if path.is_file() and name.parts[0] not in NOT_COMPARED:
            yield name.as_posix(), path


def _same(one: Path, other: Path) -> bool:
    return one.stat().st_size == other.stat().st_size and sha256_of(one) == sha256_of(other)
