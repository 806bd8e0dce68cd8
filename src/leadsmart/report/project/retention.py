"""How long private copies of raw rows are kept, who can read them, and how all of them are removed at once."""

import contextlib
import tempfile
from dataclasses import dataclass
from pathlib import Path

from leadsmart.cleaning.reading.slices_cache import remove_old_slices
from leadsmart.private_folders import PREFIX, is_own_folder, make_private, remove_unheld, sweep
from leadsmart.report.project.failures import remove_log
from leadsmart.report.project.workspace import Workspace


@dataclass(frozen=True)
class Purged:
    """What `purge_private` did.

    Attributes
    ----------
    removed : int
        Folders and files.
    held : list of Path
        Folders that a running command reads or writes, and that stay.
    """

    removed: int
    held: list[Path]


def sweep_private(workspace: Workspace) -> None:
    """Remove what killed commands left, and slices that were not used for ``raw_retention_days``.

    Parameters
    ----------
    workspace : Workspace
    """
    params = workspace.project_params()
    # what can't be looked through now is at the next command
    with contextlib.suppress(OSError):
        if workspace.private.is_dir():
            make_private(workspace.private)
        sweep()
        remove_old_slices(workspace.cache, days=params.raw_retention_days if params else None)


def purge_private(workspace: Workspace, *, everything: bool = False) -> Purged:
    """Remove all private copies of raw rows now, except those that a running command holds.

    Parameters
    ----------
    workspace : Workspace
    everything : bool
        Whether to remove all else in the project's private folder, too: results of exploring, caches, and which
        export each report was made from.

    Returns
    -------
    Purged
    """
    removed = len(sweep()) + len(sweep(workspace.cache)) + remove_log()
    temporary = filter(is_own_folder, Path(tempfile.gettempdir()).glob(f"{PREFIX}*"))
    left = [*temporary, *workspace.cache.glob("*")]
    held = [path for path in sorted(left) if not _remove(path)]
    removed += len(left) - len(held)
    if everything:
        others = [path for path in workspace.private.glob("*") if path != workspace.cache or not held]
        removed += sum(map(_remove, others))
    return Purged(removed, held)


def _remove(path: Path) -> bool:
    """Remove a file, or a folder that nobody holds; whether it is gone."""
    if path.is_dir() and not path.is_symlink():
        return remove_unheld(path)
    path.unlink(missing_ok=True)
    return True
