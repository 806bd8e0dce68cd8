"""Where the slices of an export are kept, and what is written down about them: enough to tell what changed.

Whether a run has anything to do is asked often, so that nothing here imports pandas or DuckDB.
"""

import datetime as dt
import hashlib
import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from leadsmart.cleaning.mapping.files import all_sources, mapping_path
from leadsmart.cleaning.mapping.model import MAPPING_FILE, load_mapping
from leadsmart.cleaning.reading.sources import Source
from leadsmart.vocabulary import MARKET_LOOKUP, TABLES

SAMPLE_MARK: Final = "sample.json"
MANIFEST: Final = "manifest.json"


@dataclass(frozen=True)
class SliceFacts:
    """What is known of an export that was cut by market, without reading a row of it.

    Attributes
    ----------
    folder : Path
        Private: its rows hold contacts.
    markets : dict
        Market -> number of campaigns; ``unassigned`` is one of them.
    last_day : date
        The export's last day, a few absurd future dates aside.
    inputs : dict
        File -> ``{"sha256": ..., "rows": ...}``.
    is_sample : bool
        Whether the export was generated.
    digests : dict
        Market -> digest of its rows per table, and of what its cleaning sees of the other markets.
    """

    folder: Path
    markets: dict[str, int]
    last_day: dt.date
    inputs: dict[str, dict[str, object]]
    is_sample: bool
    digests: dict[str, dict[str, str]]


def find_slices(
    folder: Path,
    cache: Path,
    markets: Sequence[str],
    *,
    decimal_comma: Collection[str] = (),
    mapping: Path | None = None,
) -> SliceFacts | None:
    """What is known of an export that was split before with these markets and this code, or None.

    Parameters
    ----------
    folder : Path
        The export.
    cache : Path
        Where slices are kept.
    markets : sequence of str
        Markets that have parameters.
    decimal_comma : collection of str
        Markets whose amounts are written 1.200,50.
    mapping : Path, optional
        How files of other systems become tables; by default ``mapping.yml`` in the folder, where it is.

    Raises
    ------
    InputError, InputProblems
        If a file of the export can't be told from another, or the mapping is wrong or not confirmed.
    """
    if not folder.is_dir():
        return None
    path = mapping_path(folder, mapping)
    sources = all_sources(folder, (*TABLES, MARKET_LOOKUP), load_mapping(path) if path else None)
    target = slices_folder(cache, hash_inputs(folder, sources, path), markets, decimal_comma)
    return read_facts(target) if (target / MANIFEST).is_file() else None


def read_facts(target: Path) -> SliceFacts:
    """What a split wrote down about its slices."""
    manifest = json.loads((target / MANIFEST).read_text(encoding="utf-8"))
    return SliceFacts(
        folder=target,
        markets=manifest["markets"],
        last_day=dt.date.fromisoformat(manifest["last_day"]),
        inputs=manifest["inputs"],
        is_sample=manifest["is_sample"],
        digests=manifest["digests"],
    )


def slices_folder(
    cache: Path,
    inputs: dict[str, dict[str, object]],
    markets: Sequence[str],
    decimal_comma: Collection[str],
) -> Path:
    """The folder in `cache` for slices of these files, markets and code."""
    digest = hashlib.sha256()
    cleaning = Path(__file__).parents[1]
    code = [*sorted(cleaning.rglob("*.py")), cleaning.with_name("vocabulary.py")]
    for path in code:
        digest.update(path.read_bytes())
    files = {name: details["sha256"] for name, details in inputs.items()}
    digest.update(json.dumps([files, list(markets), sorted(decimal_comma)]).encode())
    return cache / f"slices-{digest.hexdigest()[:16]}"


def hash_inputs(
    folder: Path, sources: Iterable[Source], mapping: Path | None = None
) -> dict[str, dict[str, object]]:
    """File of the export -> ``{"sha256": ..., "rows": 0}``, the mark of a sample and the mapping among them."""
    hashes: dict[Path, str] = {}
    inputs: dict[str, dict[str, object]] = {}
    for source in sources:
        if source.path not in hashes:
            with source.path.open("rb") as file:
                hashes[source.path] = hashlib.file_digest(file, "sha256").hexdigest()
        inputs[source.name] = {"sha256": hashes[source.path], "rows": 0}
    beside = {SAMPLE_MARK: folder / SAMPLE_MARK} | ({MAPPING_FILE: mapping} if mapping else {})
    for name, path in beside.items():
        if path.is_file():
            inputs[name] = {"sha256": hashlib.sha256(path.read_bytes()).hexdigest(), "rows": 0}
    return inputs
