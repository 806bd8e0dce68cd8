"""Who may read what is published: as the process's umask has it, or as the parameter ``published_mode`` says."""

import os

from leadsmart.report.project.workspace import Workspace

_ALL = 0o777
_EXECUTE = 0o111


def set_umask(workspace: Workspace) -> None:
    """Let this process, and those that it starts, write with the rights that the parameter names."""
    if (mode := _mode(workspace)) is not None:
        os.umask(_ALL & ~mode)


def set_published_mode(workspace: Workspace) -> None:
    """Give what is published, also what was there before, the rights that the parameter names; files can't be executed."""
    if (mode := _mode(workspace)) is None:
        return
    for path in (workspace.outputs, *workspace.outputs.rglob("*")):
        if not path.is_symlink():
            path.chmod(mode if path.is_dir() else mode & ~_EXECUTE)


def _mode(workspace: Workspace) -> int | None:
    params = workspace.project_params()
    return int(params.published_mode, 8) if params and params.published_mode else None
