"""A signature of ``run.json`` with the contacts' key: who can write a report's folder can't pass it off as a run's.

``run.json`` holds digests of each market's record, which holds those of its files, so that one signature covers all.
"""

import hashlib
import hmac
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from leadsmart.cleaning.values.keys import load_key
from leadsmart.errors import RenderError
from leadsmart.report.project.files import read_json, sha256_of, write_atomically
from leadsmart.report.project.workspace import RUN_FILE

SIGNATURE_FILE: Final = "run.json.sig"
_PURPOSE: Final = b"leadsmart: signature of run.json"


def sign_run(outputs: Path) -> None:
    """Write the signature of ``run.json`` beside it."""
    write_atomically(outputs / SIGNATURE_FILE, _sign(outputs) + "\n")


def find_unsigned(outputs: Path) -> list[str]:
    """Compare what is published with what a run signed.

    Parameters
    ----------
    outputs : Path

    Returns
    -------
    list of str
        Files that are not as the run left them; empty where all are.

    Raises
    ------
    RenderError
        If there is no signature, or it is not of this key.
    """
    remedy = "Run again on the machine or with the key (LEADSMART_CONTACT_KEY) that made the report"
    path = outputs / SIGNATURE_FILE
    if not (path.is_file() and (outputs / RUN_FILE).is_file()):
        raise RenderError("there is no signed run", file=outputs.name, remedy="Start with `leadsmart run`")
    stated = path.read_text(encoding="ascii", errors="replace").strip()
    if not hmac.compare_digest(stated.encode(), _sign(outputs).encode()):
        raise RenderError("the signature is not of this file and this key", file=RUN_FILE, remedy=remedy)
    return sorted(_differing(outputs, RUN_FILE))


def count_signed(outputs: Path) -> int:
    """How many files the signature covers, ``run.json`` among them."""
    listed = read_json(outputs / RUN_FILE)["outputs"]
    markets = [name for name in listed if name.endswith(f"/{RUN_FILE}")]
    return 1 + len(listed) + sum(len(read_json(outputs / name)["outputs"]) for name in markets)


def _differing(outputs: Path, record: str) -> Iterator[str]:
    """Files that a record lists and that are not as it says, and those of the records among them."""
    folder = Path(record).parent
    for name, digest in read_json(outputs / record)["outputs"].items():
        file = (folder / name).as_posix()
        path = outputs / file
        if not path.is_file() or path.is_symlink() or sha256_of(path) != digest:
            yield file
        elif path.name == RUN_FILE:
            yield from _differing(outputs, file)


def _sign(outputs: Path) -> str:
    # a key of its own, so that no contact's hash is a signature
    key = hmac.digest(load_key(), _PURPOSE, hashlib.sha256)
    return hmac.new(key, (outputs / RUN_FILE).read_bytes(), hashlib.sha256).hexdigest()
