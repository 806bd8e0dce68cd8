"""Folders that hold raw or half-made data: held by whoever works in them, and removed once nobody does.

A hold is a lock that the system takes back when its holder ends, however it ends. So what a killed command leaves can
be told from what another one is reading.
"""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import portalocker

#: Prefix of all temporary folders.
PREFIX: Final = "leadsmart-"
#: In each folder that can be held.
HOLD_FILE: Final = ".held"


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
        # who removes a folder takes its file away first
        (folder / HOLD_FILE).stat()
    except (portalocker.LockException, FileNotFoundError) as error:
        os.close(descriptor)
        raise FileNotFoundError(f"{folder.name} is being removed") from error
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
        (folder / HOLD_FILE).unlink()
        shutil.rmtree(folder, ignore_errors=True)
    except portalocker.LockException:
        return False
    finally:
        os.close(descriptor)
    return not folder.exists()


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
    portalocker.lock(descriptor, portalocker.LOCK_SH | portalocker.LOCK_NB)
    unseen.rename(folder / HOLD_FILE)
    try:
        yield folder
    finally:
        os.close(descriptor)
        # Chromium and kernels may still write while they end
        shutil.rmtree(folder, ignore_errors=True)


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
    # one without the file is not ours, or just being made
    mine = [folder for folder in folders if (folder / HOLD_FILE).is_file() and _is_own(folder)]
    return [folder for folder in mine if remove_unheld(folder)]


def _is_own(folder: Path) -> bool:
    return not hasattr(os, "getuid") or folder.stat(follow_symlinks=False).st_uid == os.getuid()
