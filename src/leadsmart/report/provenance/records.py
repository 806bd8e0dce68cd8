"""The record beside a notebook's result: what it was made from, what it read, and what it wrote."""

import json
from collections.abc import Mapping
from dataclasses import astuple, dataclass, field
from pathlib import Path
from typing import Any

from leadsmart.report.notebooks import Of
from leadsmart.report.project.files import read_json, write_atomically

RECORDS = ".records"


@dataclass(frozen=True, order=True)
class FileRead:
    """A file that another notebook wrote, of a market or of ``all-markets``."""

    market: str
    notebook: str
    file: str

    def __str__(self) -> str:
        return f"{self.market} {self.notebook} {self.file}"


@dataclass(frozen=True)
class MarketsRead:
    """Which markets have a result of a notebook."""

    notebook: str
    of: str = Of.EVERY

    def __str__(self) -> str:
        return f"markets of {self.notebook}"


@dataclass(frozen=True)
class InputRead:
    """What no notebook wrote: the value of a `RunInput`."""

    value: str

    def __str__(self) -> str:
        return self.value


Read = FileRead | MarketsRead | InputRead
_KINDS: dict[str, type[Read]] = {"file": FileRead, "markets": MarketsRead, "input": InputRead}
_NAMES = {kind: name for name, kind in _KINDS.items()}


@dataclass(frozen=True)
class Record:
    """What is known of a notebook's result.

    Attributes
    ----------
    facts : dict
        What was known before it ran, by kind, see `freshness.Freshness.facts`. Empty while it runs.
    reads : dict
        What it took from others -> its sha256 or its value.
    outputs : dict
        File below its folder -> sha256; when it is complete, its executed copy is one of them.
    """

    facts: Mapping[str, Any] = field(default_factory=dict)
    reads: Mapping[Read, str] = field(default_factory=dict)
    outputs: Mapping[str, str] = field(default_factory=dict)


def read_record(folder: Path, notebook: str) -> Record | None:
    """The record of a notebook in the folder of its files, or None."""
    try:
        stored = read_json(_path(folder, notebook))
        reads = {_KINDS[kind](*fields): value for kind, *fields, value in stored["reads"]}
        return Record(stored["facts"], reads, stored["outputs"])
    except (FileNotFoundError, ValueError, TypeError, KeyError):
        # One that can't be read was written by another version: as good as none.
        return None


def write_record(folder: Path, notebook: str, record: Record) -> None:
    """Write the record of a notebook; its result counts from now on."""
    path = _path(folder, notebook)
    path.parent.mkdir(parents=True, exist_ok=True)
    reads = sorted([_NAMES[type(read)], *astuple(read), value] for read, value in record.reads.items())
    stored = {"facts": record.facts, "reads": reads, "outputs": record.outputs}
    write_atomically(path, json.dumps(stored, indent=1, sort_keys=True, ensure_ascii=False) + "\n")


def is_done(folder: Path, notebook: str) -> bool:
    """Whether a notebook has recorded in a folder that it came to its end."""
    return _path(folder, notebook).is_file()


def remove_outputs(folder: Path, notebook: str) -> None:
    """Remove what a notebook wrote into a folder, and its record first of all."""
    record = read_record(folder, notebook)
    _path(folder, notebook).unlink(missing_ok=True)
    for name in record.outputs if record else ():
        (folder / name).unlink(missing_ok=True)


def _path(folder: Path, notebook: str) -> Path:
    return folder / RECORDS / f"{notebook}.json"
