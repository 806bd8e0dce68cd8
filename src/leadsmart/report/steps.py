"""The notebooks as steps: what each needs, and the fingerprint that tells whether its result is still true."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

import leadsmart
from leadsmart.params import Params

CLEANING, INSIGHTS, CLASSIFICATION, SUMMARY = "01_cleaning", "02_insights", "03_classification", "04_summary"
EXPLORE = "05_explore"
POOLED, OVERVIEW = "pooled_model", "overview"

#: Steps that run once per market, in order.
MARKET_STEPS = (CLEANING, INSIGHTS, EXPLORE, CLASSIFICATION, SUMMARY)

#: Steps of the same market that a step reads. `pooled_model` and `overview` read all markets.
NEEDS: dict[str, tuple[str, ...]] = {
    CLEANING: (),
    INSIGHTS: (CLEANING,),
    EXPLORE: (CLEANING,),
    CLASSIFICATION: (CLEANING, POOLED),
    SUMMARY: (CLEANING, INSIGHTS, CLASSIFICATION),
    POOLED: (),
    OVERVIEW: (),
}

#: Per step that runs once for all: the step of every market that it reads.
NEEDS_OF_ALL = {POOLED: CLEANING, OVERVIEW: SUMMARY}

PAGE_TITLES = {
    SUMMARY: "Summary",
    CLEANING: "Data quality",
    INSIGHTS: "Insights",
    EXPLORE: "Explore",
    CLASSIFICATION: "Lead classifier",
    POOLED: "Pooled model",
    OVERVIEW: "All markets",
}

#: Parameters that change what cleaning does; the others leave clean tables as they are.
CLEANING_PARAMETERS = (
    "market", "currency", "timezone", "date_order", "decimal_comma", "phone_region", "default_channel",
    "platform_start", "user_ids", "status_aliases", "max_quarantine_share", "minimum_people",
    "qualified_statuses", "disqualified_statuses",
)  # fmt: skip

_MARKERS = ".steps"


def sha256_of(path: Path) -> str:
    """Hex digest of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@cache
def library_digest() -> str:
    """Digest of the library's own code."""
    folder = Path(leadsmart.__file__).parent
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.py")):
        digest.update(path.relative_to(folder).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def fingerprint(step: str, notebook: Path, params: Sequence[Params], inputs: Mapping[str, str]) -> str:
    """Digest of all that a step's result depends on.

    Parameters
    ----------
    step : str
    notebook : Path
        The notebook as it is in the project.
    params : sequence of Params
        Of the market, or of all markets for a step that runs once.
    inputs : mapping
        File of the export -> sha256.
    """
    fields = set(CLEANING_PARAMETERS) if step == CLEANING else None
    facts = {
        "step": step,
        "notebook": sha256_of(notebook),
        "library": library_digest(),
        "inputs": dict(sorted(inputs.items())),
        "parameters": [p.model_dump(mode="json", include=fields) for p in params],
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def export_digest(inputs: Mapping[str, str], user_ids: Sequence[str] | None) -> str:
    """Digest of the export and of whom the report is for: results that differ in it never share a page."""
    facts = [dict(sorted(inputs.items())), list(user_ids or ())]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


def mark_done(folder: Path, step: str, value: str, export: str) -> None:
    """Write down in a market's folder that `step` is complete, with its fingerprint and its export's digest."""
    marker = folder / _MARKERS / step
    marker.parent.mkdir(parents=True, exist_ok=True)
    marker.write_text(f"{value}\n{export}\n", encoding="utf-8")


def is_done(folder: Path, step: str, *, value: str | None = None, export: str | None = None) -> bool:
    """Whether `step` is complete in a market's folder, for this fingerprint or for this export."""
    marker = folder / _MARKERS / step
    if not marker.is_file():
        return False
    found, found_export = marker.read_text(encoding="utf-8").split()
    return (value is None or found == value) and (export is None or found_export == export)
