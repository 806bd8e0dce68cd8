"""Whether a notebook's result is still true, and if not, why: what it was made from, held against what there is now."""

import hashlib
import platform
import sys
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from leadsmart.cleaning.values.keys import load_key
from leadsmart.params import CORRECTIONS_FILE
from leadsmart.report.notebooks import CLEANING, INSIGHTS, MARKET_STEPS, NEEDS_OF_ALL, OVERVIEW
from leadsmart.report.provenance.dependencies import Code, Library
from leadsmart.report.provenance.records import digest_of, owned_outputs, read_record, sha256_of
from leadsmart.report.provenance.result_store import Results
from leadsmart.vocabulary import CLIENT, TABLES, UNASSIGNED

LOCK = "requirements.lock"

NEVER = "never run"


class Freshness:
    """What notebooks depend on, looked up once.

    Parameters
    ----------
    results : Results
        Where results are, and of which export and parameters.
    """

    def __init__(self, results: Results) -> None:
        self._results = results
        self._workspace = results.workspace
        self._codes: dict[str, Code] = {}
        self._reasons: dict[tuple[str, str, Path], list[str]] = {}

    def facts(self, step: str, market: str) -> dict[str, Any]:
        """All that is known of a notebook before it runs, other notebooks' results aside.

        Returns
        -------
        dict
            ``notebook`` (digest of its cells), ``code`` (file of the library that it reaches -> sha256),
            ``parameters`` (those that this code reads -> value), ``data`` (what of the export it reads ->
            digest or value) and ``environment`` (Python, lock file, installed packages).
        """
        code = self._code(step, market)
        return {
            "notebook": code.notebook,
            "code": dict(code.modules),
            "parameters": self._parameters(step, market, code.parameters),
            "data": self._data(step, market),
            "environment": self.environment,
        }

    def why_stale(self, step: str, market: str, folder: Path) -> list[str]:
        """Why a notebook must run again for what lies in `folder`; empty where that is still true."""
        key = (step, market, folder)
        if key not in self._reasons:
            self._reasons[key] = list(self._differences(*key))
        return self._reasons[key]

    def forget(self) -> None:
        """Look again at results, as a notebook has run."""
        self._reasons.clear()

    def remember(self) -> None:
        """Keep what parsing the library has shown, for the next process."""
        self._library.remember()

    def _differences(self, step: str, market: str, folder: Path) -> Iterator[str]:
        record = read_record(folder, step)
        if record is None:
            yield NEVER
            return
        yield from explain(record.facts, self.facts(step, market))
        for what, value in record.reads.items():
            if self._results.read_now(what) != value:
                yield f"{what} changed"
        order = NEEDS_OF_ALL if step in NEEDS_OF_ALL else MARKET_STEPS
        for name, digest in {**owned_outputs(folder, step, order), **record.pages}.items():
            path = folder / name
            if not path.is_file():
                yield f"{name} is missing"
            elif sha256_of(path) != digest:
                yield f"{name} is not what it wrote"

    @cached_property
    def environment(self) -> dict[str, str]:
        """Python, the lock file and what is installed beside this interpreter."""
        lock = self._workspace.root / LOCK
        return {
            "python": platform.python_version(),
            LOCK: sha256_of(lock) if lock.is_file() else "",
            "packages": digest_of(sorted(installed())),
        }

    @cached_property
    def _library(self) -> Library:
        return Library(self._workspace.private / "library.json")

    def _code(self, step: str, market: str) -> Code:
        own = self._code_of(step)
        if not self._cleans_others(step, market):
            return own
        cleaning = self._code_of(CLEANING)
        modules = dict(sorted({**own.modules, **cleaning.modules}.items()))
        return Code(own.notebook, modules, own.parameters | cleaning.parameters)

    def _code_of(self, step: str) -> Code:
        if step not in self._codes:
            self._codes[step] = self._library.code(self._workspace.notebooks / f"{step}.ipynb")
        return self._codes[step]

    def _cleans_others(self, step: str, market: str) -> bool:
        """Whether it cleans the rows of other business users, beside whom a client's figures stand."""
        return step == INSIGHTS and self._results.params(market).audience == CLIENT

    @cached_property
    def _key(self) -> str:
        # Eight digits tell that a key changed; the clean tables, which lie beside, tell no less about it.
        return hashlib.sha256(b"freshness" + load_key()).hexdigest()[:8]

    def _parameters(self, step: str, market: str, names: frozenset[str]) -> dict[str, Any]:
        if step not in NEEDS_OF_ALL:
            return self._values(market, names)
        # These read other markets' results, made with their parameters; what they ask of parameters themselves:
        asked = [UNASSIGNED] if step == OVERVIEW else self._results.markets(CLEANING)
        return {f"{m}.{name}": value for m in asked for name, value in self._values(m, names).items()}

    def _values(self, market: str, names: frozenset[str]) -> dict[str, Any]:
        return self._results.params(market).model_dump(mode="json", include=set(names))

    def _data(self, step: str, market: str) -> dict[str, Any]:
        facts = self._results.slices
        known: dict[str, Any] = {"is_sample": facts.is_sample}
        cleans_others = self._cleans_others(step, market)
        if step == CLEANING:
            known |= {table: facts.digests[market][table] for table in TABLES}
            known["other markets"] = facts.digests[market]["other markets"]
        if step == CLEANING or cleans_others:
            corrections = self._workspace.params_dir / CORRECTIONS_FILE
            known["last day"] = facts.last_day.isoformat()
            known["contact key"] = self._key
            known["corrections"] = sha256_of(corrections) if corrections.is_file() else ""
        if cleans_others:
            known["all markets"] = digest_of(facts.digests)
        return known


def explain(before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    """What differs between two sets of facts, in words.

    >>> list(explain({"parameters": {"seed": 7}}, {"parameters": {"seed": 8}}))
    ['parameter seed changed 7 → 8']
    """
    if before.get("notebook") != now.get("notebook"):
        yield "notebook changed"
    for name, old, new in _differences(before, now, "code"):
        yield f"{name} changed" if old and new else f"{name} is {'new' if new else 'no longer used'}"
    for name, old, new in _differences(before, now, "parameters"):
        yield f"parameter {name} changed {_shown(old)} → {_shown(new)}"
    data = [name for name, _, _ in _differences(before, now, "data")]
    if data:
        yield f"its data changed ({', '.join(data)})"
    environment = [name for name, _, _ in _differences(before, now, "environment")]
    if environment:
        yield f"environment changed ({', '.join(environment)})"


def _differences(
    before: Mapping[str, Any], now: Mapping[str, Any], kind: str
) -> Iterator[tuple[str, Any, Any]]:
    old, new = before.get(kind, {}), now.get(kind, {})
    for name in dict.fromkeys((*old, *new)):
        if old.get(name) != new.get(name) or (name in old) != (name in new):
            yield name, old.get(name), new.get(name)


def _shown(value: object) -> str:
    text = "nothing" if value is None else str(value)
    return text if len(text) <= 60 else f"{text[:57]}…"


def installed() -> list[str]:
    """Packages beside this interpreter with their versions, as their folders are called."""
    folders = {Path(entry) for entry in sys.path if entry and Path(entry).is_dir()}
    return [path.stem for folder in sorted(folders) for path in folder.glob("*.dist-info")]
