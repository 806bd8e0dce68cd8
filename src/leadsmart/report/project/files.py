"""Files as a run writes and tells them apart: whole at every moment, and by the digest of their bytes."""

import hashlib
import json
import os
from pathlib import Path
from typing import Any

from leadsmart.errors import InputError


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
    """Write a text file that is whole at every moment: the old one or the new one."""
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    aside.write_text(text, encoding="utf-8")
    aside.replace(path)


def sha256_of(path: Path) -> str:
    """Hex digest of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def digest_of(values: object) -> str:
    """Hex digest of plain values."""
    return hashlib.sha256(json.dumps(values, sort_keys=True, default=str).encode()).hexdigest()
