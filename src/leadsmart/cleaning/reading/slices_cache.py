"""Where the slices of an export are kept: a folder per export, mapping, markets and code.

Whether a run has anything to do is asked often, so that nothing here imports pandas or DuckDB.
"""

import hashlib
import json
import math
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple
from pathlib import Path
from typing import Final

from leadsmart.cleaning.mapping.files import all_sources, mapping_path
from leadsmart.cleaning.mapping.model import MAPPING_FILE, load_mapping
from leadsmart.cleaning.mapping.unclaimed import UnclaimedFile, find_unclaimed
from leadsmart.cleaning.parsing.sources import SourceFile
from leadsmart.cleaning.parsing.stamps import check_unchanged, stamp_file
from leadsmart.cleaning.reading.slices import SAMPLE_MARK, Slices, read_slices
from leadsmart.cleaning.values.statuses import known_statuses
from leadsmart.params import Params
from leadsmart.private_folders import PREFIX, remove_unheld, sweep
from leadsmart.vocabulary import MARKET_LOOKUP, TABLES

#: Files beside the package of cleaning on which the slices depend.
_BESIDE: Final = ("given_names.txt", "person_names.py", "vocabulary.py", "yaml_text.py")
#: Slices of this many exports are kept in a cache; others are removed, as slices hold contacts.
KEPT_SLICES: Final = 3
#: Prefix of a folder of slices.
_SLICES: Final = "slices-"
#: Parameters of the markets on which the slices, or what is said of the export, depend.
_SETTINGS: Final = {
    "coarse_delivery", "currency", "date_order", "decimal_comma", "event_timezone", "status_aliases", "timezone",
}  # fmt: skip


def find_slices(
    folder: Path,
    cache: Path,
    params: Mapping[str, Params],
    *,
    mapping: Path | None = None,
) -> Slices | None:
    """The slices of an export that was split before with these markets and this code, or None.

    Parameters
    ----------
    folder : Path
        The export.
    cache : Path
        Where slices are kept.
    params : mapping
        Market -> its parameters.
    mapping : Path, optional
        How files of other systems become tables; by default ``mapping.yml`` in the folder, where it is.

    Returns
    -------
    Slices or None

    Raises
    ------
    InputError, InputProblems
        If a file of the export can't be told from another or is being written, or the mapping is wrong or not
        confirmed.
    """
    if not folder.is_dir():
        return None
    path = mapping_path(folder, mapping)
    entries = load_mapping(path) if path else None
    sources = all_sources(folder, (*TABLES, MARKET_LOOKUP), entries)
    unclaimed = find_unclaimed(folder, entries)
    target = slices_folder(cache, hash_inputs(folder, sources, path), params, unclaimed)
    try:
        return read_slices(target)
    except FileNotFoundError:
        return None


def remove_old_slices(cache: Path, *, kept: int = KEPT_SLICES, days: int | None = None) -> int:
    """Remove slices that nobody is likely to need again and nobody reads, and what killed splits left.

    Parameters
    ----------
    cache : Path
    kept : int
        How many of the slices used last stay.
    days : int, optional
        Slices that were not used for so many days go, too.

    Returns
    -------
    int
        How many folders were removed.
    """
    swept = len(sweep(cache))
    oldest = -math.inf if days is None else time.time() - days * 86_400
    used = sorted(((_last_use(path), path) for path in cache.glob("*") if path.is_dir()), reverse=True)
    slices = [entry for entry in used if entry[1].name.startswith(_SLICES)]
    old = [folder for i, (last, folder) in enumerate(slices) if i >= kept or last < oldest]
    # partial slices of earlier versions
    foreign = [folder for _, folder in used if not folder.name.startswith((_SLICES, PREFIX))]
    return swept + sum(map(remove_unheld, (*old, *foreign)))


def _last_use(folder: Path) -> float:
    """When a folder of the cache was used last; 0 for one that was removed meanwhile."""
    try:
        return folder.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def slices_folder(
    cache: Path,
    inputs: Mapping[str, Mapping[str, object]],
    params: Mapping[str, Params],
    unclaimed: Sequence[UnclaimedFile],
) -> Path:
    """The folder in `cache` for slices of these files, markets and code.

    Parameters
    ----------
    cache : Path
    inputs : mapping
        See `hash_inputs`.
    params : mapping
        Market -> its parameters.
    unclaimed : sequence of UnclaimedFile
        Of which notes tell.

    Returns
    -------
    Path
    """
    digest = hashlib.sha256()
    cleaning = Path(__file__).parents[1]
    for path in (*sorted(cleaning.rglob("*.py")), *map(cleaning.with_name, _BESIDE)):
        digest.update(path.read_bytes())
    files = {name: details["sha256"] for name, details in inputs.items()}
    settings = {
        market: own.model_dump(mode="json", include=_SETTINGS) | {"statuses": sorted(known_statuses(own))}
        for market, own in params.items()
    }
    digest.update(json.dumps([files, settings, [astuple(file) for file in unclaimed]]).encode())
    return cache / f"{_SLICES}{digest.hexdigest()[:16]}"


def hash_inputs(
    folder: Path, sources: Iterable[SourceFile], mapping: Path | None = None
) -> dict[str, dict[str, object]]:
    """File of the export -> ``{"sha256": ..., "rows": 0}``, the mark of a sample and the mapping among them.

    Parameters
    ----------
    folder : Path
        The export.
    sources : iterable of SourceFile
    mapping : Path, optional
        See `mapping_path`.

    Returns
    -------
    dict

    Raises
    ------
    InputError
        If a file changes meanwhile.
    """
    files = {source.name: source.path for source in sources}
    if (mark := folder / SAMPLE_MARK).is_file():
        files[SAMPLE_MARK] = mark
    if mapping is not None:
        files[MAPPING_FILE] = mapping
    before = {path: stamp_file(path) for path in files.values()}
    hashes = {}
    # the members of a zip are one file
    for path in set(files.values()):
        with path.open("rb") as file:
            hashes[path] = hashlib.file_digest(file, "sha256").hexdigest()
    check_unchanged(before, files.values())
    return {name: {"sha256": hashes[path], "rows": 0} for name, path in files.items()}
