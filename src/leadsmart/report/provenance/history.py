"""Earlier runs as small extracts: what went in and which figures came out, so that the next can say what moved."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from leadsmart.report.notebooks import (
    CLASSIFICATION,
    CLEANING,
    MARKET_NOTEBOOKS,
    MODEL_FILE,
    SUMMARY,
    SUMMARY_FILE,
)
from leadsmart.report.project.files import digest_of, read_json, write_atomically
from leadsmart.report.provenance.freshness import Freshness
from leadsmart.report.provenance.records import Record, read_record

HISTORY = ".history"
#: Older extracts are removed; a month's run for five years.
KEPT = 60


def make_extract(freshness: Freshness, markets: Sequence[str]) -> dict[str, Any]:
    """What went into the results of these markets, and what came out.

    Parameters
    ----------
    freshness : Freshness
        Of a run; it knows which results count.
    markets : sequence of str
        With a result of the summary.

    Returns
    -------
    dict
        Market -> ``data, code, model`` (digests), ``parameters`` (name -> value) and ``figures`` (the plain
        values of its ``summary.json``).
    """
    return {market: _extract(freshness, market) for market in markets}


def find_compared(freshness: Freshness, markets: Sequence[str]) -> dict[str, Any]:
    """Compare these markets' results with the newest earlier run that had other inputs.

    Parameters
    ----------
    freshness, markets
        As for `make_extract`.

    Returns
    -------
    dict
        Empty without such a run; else ``run`` (its name) and ``markets``: market -> ``changed`` (of data,
        parameters, code and model, those that differ), ``parameters`` (names of those that differ) and
        ``figures`` (those of the earlier run); a market that was not in it is left out.
    """
    now = make_extract(freshness, markets)
    for path in reversed(_entries(freshness.store.workspace.outputs)):
        before = read_json(path)
        if _inputs(before) != _inputs(now):
            return {"run": path.stem, "markets": {m: _compare(before[m], now[m]) for m in now if m in before}}
    return {}


def keep_extract(outputs: Path, extract: Mapping[str, Any]) -> None:
    """Add a run to the history, unless the newest one there is the same."""
    entries = _entries(outputs)
    if not extract or (entries and read_json(entries[-1]) == extract):
        return
    number = int(entries[-1].stem.partition("-")[0]) + 1 if entries else 1
    folder = outputs / HISTORY
    folder.mkdir(exist_ok=True)
    text = json.dumps(extract, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    write_atomically(folder / f"{number:06d}-{digest_of(extract)[:8]}.json", text)
    for old in _entries(outputs)[:-KEPT]:
        old.unlink()


def _entries(outputs: Path) -> list[Path]:
    return sorted((outputs / HISTORY).glob("*.json"))


def _extract(freshness: Freshness, market: str) -> dict[str, Any]:
    names = [notebook.name for notebook in MARKET_NOTEBOOKS]
    records = {name: read_record(freshness.where(name, market), name) or Record() for name in names}
    data = {k: v for k, v in records[CLEANING].facts.get("data", {}).items() if k not in _NOT_DATA}
    code = {
        name: [r.facts.get("notebook"), r.facts.get("code"), r.facts.get("environment")]
        for name, r in records.items()
    }
    parameters: dict[str, Any] = {}
    for record in records.values():
        parameters |= record.facts.get("parameters", {})
    summary = read_json(freshness.where(SUMMARY, market) / SUMMARY_FILE)
    return {
        "data": digest_of(data),
        "parameters": parameters,
        "code": digest_of([code, records[CLEANING].facts.get("data", {}).get("corrections")]),
        "model": records[CLASSIFICATION].outputs.get(MODEL_FILE, ""),
        "figures": {k: v for k, v in summary.items() if not isinstance(v, list | dict)},
    }


#: What cleaning reads that is no row of the export.
_NOT_DATA = frozenset({"corrections", "contact key"})


def _inputs(extract: Mapping[str, Any]) -> dict[str, Any]:
    return {m: [e["data"], e["parameters"], e["code"]] for m, e in extract.items()}


def _compare(before: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, Any]:
    old, new = before["parameters"], now["parameters"]
    # The day that the report speaks from moves with the data, unless a parameter states it; either way data or it.
    names = sorted(name for name in {*old, *new} if old.get(name) != new.get(name))
    kinds = [kind for kind in ("data", "parameters", "code", "model") if before[kind] != now[kind]]
    return {"changed": kinds, "parameters": names, "figures": before["figures"]}
