"""What is said of an error that no code foresaw: one sentence, and a private file with the rest."""

import contextlib
import errno
import os
import re
import shutil
import tempfile
import traceback
from pathlib import Path
from typing import Final

import platformdirs

import leadsmart
from leadsmart.errors import LeadSmartError

_LOG_FILE: Final = "last-error.log"
#: What the system refuses -> what to do about it.
_REMEDIES: Final = {
    errno.ENOSPC: "Free some space on that disk and start the command again; what was published is whole",
    errno.EDQUOT: "Free some of your quota and start the command again; what was published is whole",
    errno.EACCES: "Change the rights of that file or folder, or name another one",
    errno.EPERM: "Change the rights of that file or folder, or name another one",
    errno.EROFS: "Name a folder that can be written, for example with --outputs",
    errno.EEXIST: "A file is where a folder has to be: move it away",
    errno.ENOTDIR: "A part of that path is a file: name a folder",
    errno.EISDIR: "That is a folder: name a file",
    errno.ENAMETOOLONG: "Name a shorter path",
    errno.EMFILE: "Close other programs, or allow more open files (ulimit -n)",
    errno.ELOOP: "A link there leads to itself: remove it",
}
_UNKNOWN: Final = "Please report it, with that file if it holds nothing private"


def describe_unexpected(error: Exception) -> LeadSmartError:
    """Say an unexpected error in a sentence, and keep its traceback in a private file.

    Parameters
    ----------
    error : Exception

    Returns
    -------
    LeadSmartError
    """
    log = _keep(error)
    where = f" (details: {log})" if log else ""
    error = _first_refusal(error) if isinstance(error, shutil.Error) else error
    if isinstance(error, OSError) and error.strerror:
        named = next((name for name in (error.filename2, error.filename) if isinstance(name, str)), None)
        remedy = _REMEDIES.get(error.errno or 0, "Check that file or folder and start the command again")
        problem = f"{error.strerror[0].lower()}{error.strerror[1:]}{where}"
        return LeadSmartError(problem, remedy=remedy, file=named and os.path.relpath(named))
    kind = type(error).__name__
    return LeadSmartError(f"the command ended with an unexpected {kind}{where}", remedy=_UNKNOWN)


def _first_refusal(error: shutil.Error) -> OSError:
    """What the system said first when a folder was copied: it is kept as texts, one per file."""
    _, target, said = error.args[0][0] if isinstance(error.args[0], list) else ("", None, str(error))
    if found := re.search(r"\[Errno (\d+)\]", said):
        return OSError(int(found[1]), os.strerror(int(found[1])), target)
    return error


def remove_log() -> int:
    """Remove the private files with tracebacks, as they may quote what was read; how many there were."""
    found = [path for folder in _log_folders() if (path := folder / _LOG_FILE).is_file()]
    for path in found:
        path.unlink()
    return len(found)


def _log_folders() -> tuple[Path, Path]:
    return platformdirs.user_log_path("leadsmart", appauthor=False), Path(tempfile.gettempdir())


def _keep(error: Exception) -> Path | None:
    """Write the traceback where only its owner reads it; the file, or None where nothing can be written."""
    lines = [f"leadsmart {leadsmart.__version__}\n", *traceback.format_exception(error)]
    for folder in _log_folders():
        with contextlib.suppress(OSError):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            # a fresh file: another user can't have put a link in its place
            (log := folder / _LOG_FILE).unlink(missing_ok=True)
            descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as file:
                file.writelines(lines)
            return log
    return None
