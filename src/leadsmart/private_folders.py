"""Folders that hold raw or half-made data: held by whoever works in them, and removed once nobody does.

A hold is a lock that the system takes back when its holder ends, however it ends. So what a killed command leaves can
be told from what another one is reading.
"""

import contextlib
import os
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import portalocker

#: Prefix of all temporary folders.
PREFIX: Final = "leadsmart-"
#: In each folder that can be held.
HOLD_FILE: Final = ".held"
#: A folder without that file is just being made; an older one is what a kill left in that moment.
_MAKING_SECONDS: Final = 3600


def hold(folder: Path) -> int:
    """Hold a folder together with others who do, until the returned descriptor is closed or the process ends.

    Parameters
    ----------
    folder : Path

    Returns
    -------
    int
        An open file descriptor.

    Raises
    ------
    FileNotFoundError
        If the folder is not there, or is being removed.
    """
    descriptor = os.open(folder / HOLD_FILE, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        portalocker.lock(descriptor, portalocker.LOCK_SH | portalocker.LOCK_NB)
        # who removes a folder takes it from its place first
        is_there = os.path.samestat(os.fstat(descriptor), (folder / HOLD_FILE).stat())
    except (portalocker.LockException, FileNotFoundError):
        is_there = False
    if not is_there:
        os.close(descriptor)
        raise FileNotFoundError(f"{folder.name} is being removed")
    return descriptor


def remove_unheld(folder: Path) -> bool:
    """Remove a folder that nobody holds.

    Parameters
    ----------
    folder : Path

    Returns
    -------
    bool
        Whether it is gone; False where somebody holds it.
    """
    try:
        descriptor = os.open(folder / HOLD_FILE, os.O_RDWR | os.O_CREAT, 0o600)
    except FileNotFoundError:
        return True
    try:
        portalocker.lock(descriptor, portalocker.LOCK_EX | portalocker.LOCK_NB)
        if not folder.name.startswith(PREFIX):
            # under a name that nobody asks for, so that nobody reads what is left of it, and a sweep finds it
            folder = folder.rename(folder.with_name(f"{PREFIX}{folder.name}-{time.time_ns():x}"))
        _remove(folder)
    except portalocker.LockException:
        return False
    except FileNotFoundError:
        # another command was faster
        return True
    finally:
        os.close(descriptor)
    return not folder.exists()


def _remove(folder: Path) -> None:
    """Remove a folder, and last of all the file by which a sweep would know what a kill leaves of it."""
    others = [path for path in folder.iterdir() if path.name != HOLD_FILE]
    for path in others:
        # Chromium and kernels may still write while they end
        with contextlib.suppress(OSError):
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()
    with contextlib.suppress(OSError):
        if not any(os.path.lexists(path) for path in others):
            (folder / HOLD_FILE).unlink(missing_ok=True)
            folder.rmdir()


def make_private(folder: Path) -> None:
    """Make a folder that only its owner can open; one that is there loses the rights of others.

    Parameters
    ----------
    folder : Path
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if stat.S_IMODE(folder.stat().st_mode) != 0o700:
        folder.chmod(0o700)


@contextlib.contextmanager
def private_folder(name: str, parent: Path | None = None) -> Iterator[Path]:
    """A new folder that only its owner can read, held until the block ends and removed then.

    Parameters
    ----------
    name : str
        What it is for; part of its name.
    parent : Path, optional
        Where it lies; the system's folder for temporary files where it is left out.

    Yields
    ------
    Path
    """
    folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{name}-", dir=parent))
    # locked under another name first, so that nobody ever finds it unheld
    unseen = folder / f"{HOLD_FILE}.new"
    descriptor = os.open(unseen, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        portalocker.lock(descriptor, portalocker.LOCK_SH | portalocker.LOCK_NB)
        unseen.rename(folder / HOLD_FILE)
        yield folder
    finally:
        try:
            with contextlib.suppress(FileNotFoundError):
                _remove(folder)
        finally:
            os.close(descriptor)


def sweep(parent: Path | None = None) -> list[Path]:
    """Remove private folders whose makers were killed.

    Parameters
    ----------
    parent : Path, optional
        See `private_folder`.

    Returns
    -------
    list of Path
        Those that were removed.
    """
    folders = sorted(Path(parent or tempfile.gettempdir()).glob(f"{PREFIX}*"))
    return [folder for folder in folders if _is_left(folder) and remove_unheld(folder)]


def _is_left(folder: Path) -> bool:
    """Whether a folder is one of ours, and not just being made or removed."""
    try:
        if not is_own_folder(folder) or (folder / HOLD_FILE).is_file():
            return is_own_folder(folder)
        others = {path.name for path in folder.iterdir()} - {f"{HOLD_FILE}.new"}
        return not others and folder.stat().st_mtime < time.time() - _MAKING_SECONDS
    except OSError:
        return False


def is_own_folder(path: Path) -> bool:
    """Whether this is a folder, no link to one, and of this user."""
    try:
        found = path.stat(follow_symlinks=False)
    except FileNotFoundError:
        return False
    return stat.S_ISDIR(found.st_mode) and (not hasattr(os, "getuid") or found.st_uid == os.getuid())
