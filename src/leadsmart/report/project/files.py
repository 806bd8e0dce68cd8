"""Files as a run writes and tells them apart: whole at every moment, and by the digest of their bytes."""

import contextlib
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from leadsmart.errors import InputError

#: Ending of a file that is being written.
_PARTIAL: Final = ".partial"


class DamagedFile(InputError, ValueError):
    """A file of a run is no JSON any more."""


def read_json(path: Path) -> Any:
    """The values of a JSON file.

    Parameters
    ----------
    path : Path

    Returns
    -------
    Any

    Raises
    ------
    DamagedFile
        If it is no JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise DamagedFile(
            "is damaged: no JSON", remedy="Delete it and run again", file=f"{path.parent.name}/{path.name}"
        ) from error


def write_atomically(path: Path, text: str) -> None:
    """Write a text file that is whole at every moment, after a power cut too: the old one or the new one."""
    with _replacing(path) as aside, aside.open("w", encoding="utf-8", newline="") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def copy_atomically(source: Path, target: Path) -> None:
    """Copy a file to one that is whole at every moment: the old one or the new one."""
    with _replacing(target) as aside:
        shutil.copyfile(source, aside)
        with aside.open("rb+") as file:
            os.fsync(file.fileno())


def remove_partial(folder: Path) -> None:
    """Remove what writers that were killed left beside their files in a folder; nobody else may write there."""
    for path in sorted(folder.rglob(f".*{_PARTIAL}")):
        path.unlink(missing_ok=True)


@contextlib.contextmanager
def _replacing(path: Path) -> Iterator[Path]:
    """A path to write to, whose file takes the place of another one when the block has ended well."""
    aside = path.with_name(f".{path.name}.{os.getpid()}{_PARTIAL}")
    try:
        yield aside
        aside.replace(path)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise


def sha256_of(path: Path) -> str:
    """Hex digest of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def digest_of(values: object) -> str:
    """Hex digest of plain values."""
    return hashlib.sha256(json.dumps(values, sort_keys=True, default=str).encode()).hexdigest()
