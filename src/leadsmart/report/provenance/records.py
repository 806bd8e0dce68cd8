"""What is written down about a notebook's result: what it was made from, what it read, and what it wrote."""

import hashlib
import json
import os
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

RECORDS = ".steps"


@dataclass(frozen=True)
class Record:
    """A notebook's result, told apart from every other one.

    Attributes
    ----------
    facts : dict
        What was known before it ran, by kind, see `freshness.Freshness.facts`. Empty while it runs.
    reads : dict
        What it took from other notebooks -> its sha256 or its value.
    outputs : dict
        File in the folder of its market -> sha256.
    pages : dict
        Its executed copy, likewise; not in the folder where it is for all markets.
    """

    facts: Mapping[str, Any] = field(default_factory=dict)
    reads: Mapping[str, str] = field(default_factory=dict)
    outputs: Mapping[str, str] = field(default_factory=dict)
    pages: Mapping[str, str] = field(default_factory=dict)


def read_record(folder: Path, step: str) -> Record | None:
    """The record of `step` in a market's folder, or None."""
    try:
        return Record(**json.loads(_path(folder, step).read_text(encoding="utf-8")))
    except (FileNotFoundError, ValueError, TypeError):
        # One that can't be read was written by another version: as good as none.
        return None


def write_record(folder: Path, step: str, record: Record) -> None:
    """Write down what is known of `step`; its result counts from now on."""
    path = _path(folder, step)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, json.dumps(asdict(record), indent=1, sort_keys=True, ensure_ascii=False) + "\n")


def is_done(folder: Path, step: str) -> bool:
    """Whether `step` says in a market's folder that it came to its end."""
    return _path(folder, step).is_file()


def take_back(folder: Path, step: str) -> None:
    """Remove what `step` wrote into a market's folder, and its record first of all."""
    record = read_record(folder, step)
    _path(folder, step).unlink(missing_ok=True)
    for name in (*record.outputs, *record.pages) if record else ():
        (folder / name).unlink(missing_ok=True)


def owned_outputs(folder: Path, step: str, steps: Collection[str]) -> dict[str, str]:
    """Files that a step wrote and no later one of `steps` wrote over -> sha256."""
    order = list(steps)
    later = order[order.index(step) + 1 :] if step in order else []
    others = [read_record(folder, other) for other in later]
    taken = {name for record in others if record for name in record.outputs}
    own = read_record(folder, step)
    return {name: digest for name, digest in own.outputs.items() if name not in taken} if own else {}


def sha256_of(path: Path) -> str:
    """Hex digest of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def digest_of(facts: object) -> str:
    """Hex digest of plain values."""
    return hashlib.sha256(json.dumps(facts, sort_keys=True, default=str).encode()).hexdigest()


def write_whole(path: Path, text: str) -> None:
    """Write a text file that is whole at every moment: the old one or the new one."""
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    aside.write_text(text, encoding="utf-8")
    aside.replace(path)


def _path(folder: Path, step: str) -> Path:
    return folder / RECORDS / f"{step}.json"
