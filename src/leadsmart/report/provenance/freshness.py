"""Whether a notebook's result is up to date, and if not, why: what it was made from, held against what there is now."""

import hashlib
import platform
import sys
from collections.abc import Collection, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from leadsmart.cleaning.values.keys import contact_key
from leadsmart.params import CORRECTIONS_FILE
from leadsmart.report.notebooks import CLEANING, NOTEBOOKS, Of, RunInput
from leadsmart.report.project.files import digest_of, read_json, sha256_of
from leadsmart.report.provenance.dependencies import Code, CodeDependencies
from leadsmart.report.provenance.records import FileRead, MarketsRead, Read, is_done, read_record
from leadsmart.report.provenance.result_store import SOURCES_FILE, ResultStore
from leadsmart.vocabulary import CLIENT, TABLES

LOCK = "requirements.lock"

NEVER = "never run"


class Freshness:
    """What the results of a store depend on, looked up once, and so which of them count.

    Parameters
    ----------
    store : ResultStore
    expected : collection of str
        Markets that will have every result by the time others read it.

    Attributes
    ----------
    compared : dict
        The run that this one is compared with, see `history.find_compared`; empty where there is none.
    """

    def __init__(self, store: ResultStore, expected: Collection[str] = ()) -> None:
        self.store = store
        self.compared: Mapping[str, Any] = {}
        self._expected = expected
        self._codes: dict[str, Code] = {}
        self._reasons: dict[tuple[str, str, Path], list[str]] = {}

    # --- which results count --------------------------------------------------------------------------

    def find(self, notebook: str, market: str) -> Path | None:
        """The folder with a result of a notebook that counts, or None.

        In a run that is what the runner left there; elsewhere one that is up to date.
        """
        if self.store.workspace.in_run:
            folder = self.store.in_run(notebook, market)
            return folder if is_done(folder, notebook) else None
        folders = self.store.staged(notebook, market), self.store.published(notebook, market)
        return next((f for f in folders if not self.why_outdated(notebook, market, f)), None)

    def where(self, notebook: str, market: str) -> Path:
        """The folder where a result of a notebook is, or would be published."""
        if self.store.workspace.in_run:
            return self.store.in_run(notebook, market)
        return self.find(notebook, market) or self.store.published(notebook, market)

    def markets(self, notebook: str, of: str = Of.EVERY) -> list[str]:
        """Markets that have a result of a notebook.

        Of those published any result of this data and audience counts: a market that was run with a changed
        parameter stays in the overview. Else it must be up to date.
        """
        path = self.store.workspace.stage / SOURCES_FILE
        chosen = read_json(path) if self.store.workspace.in_run and path.is_file() else {}
        if notebook in chosen:
            return chosen[notebook]
        if of == Of.PUBLISHED:
            return [m for m in self.store.present if self._has_result_of_this_data(notebook, m)]
        return [
            m
            for m in self.store.present
            if m in self._expected or not self.why_outdated(notebook, m, self.where(notebook, m))
        ]

    def current(self, read: Read) -> str | None:
        """What a notebook that read this would read now: its digest or value; None for nothing."""
        if isinstance(read, FileRead):
            record = read_record(self.where(read.notebook, read.market), read.notebook)
            return record.outputs.get(read.file) if record else None
        if isinstance(read, MarketsRead):
            return ", ".join(self.markets(read.notebook, read.of))
        match RunInput(read.value):
            case RunInput.FAILURES:
                return digest_of(self.store.failures())
            case RunInput.QUIET_MARKETS:
                return digest_of(self.store.quiet)
            case RunInput.EXPORT_FILES:
                slices = self.store.slices
                files = {name: str(entry["sha256"]) for name, entry in slices.inputs.items()}
                # names included, and what was noticed in them
                return digest_of([files, slices.notes, slices.joins, slices.totals])
            case RunInput.EARLIER_RUN:
                return digest_of(self.compared)
        return None

    def _has_result_of_this_data(self, notebook: str, market: str) -> bool:
        record = read_record(self.where(CLEANING, market), CLEANING)
        if not is_done(self.where(notebook, market), notebook) or record is None or not record.facts:
            return False
        data, users = record.facts["data"], record.facts["parameters"].get("user_ids")
        same = all(data.get(table) == self.store.slices.digests[market][table] for table in TABLES)
        wanted = self.store.params(market).user_ids
        return same and users == (wanted if wanted is None else list(wanted))

    # --- what a result depends on ---------------------------------------------------------------------

    def why_outdated(self, notebook: str, market: str, folder: Path) -> list[str]:
        """Why a notebook must run again for what lies in `folder`; empty where that is up to date."""
        key = (notebook, market, folder)
        if key not in self._reasons:
            self._reasons[key] = list(self._reasons_to_run(*key))
        return self._reasons[key]

    def facts(self, notebook: str, market: str) -> dict[str, Any]:
        """What a result depends on besides other notebooks' files.

        Parameters
        ----------
        notebook : str
        market : str
            Or ``all-markets``.

        Returns
        -------
        dict
            ``notebook`` (digest of its cells), ``code`` (file of the package that it reaches -> sha256),
            ``parameters`` (those that this code reads -> value), ``data`` (what of the export it reads ->
            digest or value) and ``environment`` (Python, lock file, installed packages).
        """
        code = self._code(notebook, market)
        return {
            "notebook": code.notebook,
            "code": dict(code.files),
            "parameters": self._parameters(notebook, market, code.parameters),
            "data": self._data(notebook, market),
            "environment": self._environment,
        }

    def invalidate(self) -> None:
        """Look again at results, as a notebook has run."""
        self._reasons.clear()

    def save_cache(self) -> None:
        """Keep what parsing the package has shown, for the next process."""
        self._dependencies.save_cache()

    def _reasons_to_run(self, notebook: str, market: str, folder: Path) -> Iterator[str]:
        record = read_record(folder, notebook)
        if record is None:
            yield NEVER
            return
        yield from explain(record.facts, self.facts(notebook, market))
        for read, value in record.reads.items():
            if self.current(read) != value:
                yield f"{read} changed"
        for name, digest in record.outputs.items():
            path = folder / name
            if not path.is_file():
                yield f"{name} is missing"
            elif sha256_of(path) != digest:
                yield f"{name} is not what it wrote"

    @cached_property
    def _environment(self) -> dict[str, str]:
        """Python, the lock file and what is installed beside this interpreter."""
        lock = self.store.workspace.root / LOCK
        return {
            "python": platform.python_version(),
            LOCK: sha256_of(lock) if lock.is_file() else "",
            "packages": digest_of(sorted(installed())),
        }

    @cached_property
    def _dependencies(self) -> CodeDependencies:
        return CodeDependencies(self.store.workspace.private / "code.json")

    def _code(self, notebook: str, market: str) -> Code:
        own = self._code_of(notebook)
        return own | self._code_of(CLEANING) if self._cleans_others(notebook, market) else own

    def _code_of(self, notebook: str) -> Code:
        if notebook not in self._codes:
            self._codes[notebook] = self._dependencies.code(
                self.store.workspace.notebooks / f"{notebook}.ipynb"
            )
        return self._codes[notebook]

    def _cleans_others(self, notebook: str, market: str) -> bool:
        """Whether it cleans the rows of other business users, beside whom a client's figures stand."""
        is_declared = RunInput.OTHER_USERS_ROWS in NOTEBOOKS[notebook].reads
        return is_declared and self.store.params(market).audience == CLIENT

    def _key(self, market: str) -> str:
        # Eight digits suffice to notice another key, and reveal no more of it than the hashes in the clean tables.
        return hashlib.sha256(b"freshness" + contact_key(self.store.params(market))).hexdigest()[:8]

    def _parameters(self, notebook: str, market: str, names: frozenset[str]) -> dict[str, Any]:
        declared = NOTEBOOKS[notebook]
        if not declared.runs_once:
            return self._values(market, names)
        # It reads other markets' results, made with their parameters, and itself asks for those of clean tables.
        asked = [
            m
            for read in declared.sources
            if read.notebook == CLEANING
            for m in read.markets(market, self.markets(CLEANING) if read.of == Of.EVERY else ())
        ]
        return {f"{m}.{name}": value for m in asked for name, value in self._values(m, names).items()}

    def _values(self, market: str, names: frozenset[str]) -> dict[str, Any]:
        return self.store.params(market).model_dump(mode="json", include=set(names))

    def _data(self, notebook: str, market: str) -> dict[str, Any]:
        slices = self.store.slices
        known: dict[str, Any] = {"is_sample": slices.is_sample}
        cleans_own = RunInput.MARKET_ROWS in NOTEBOOKS[notebook].reads
        cleans_others = self._cleans_others(notebook, market)
        if cleans_own:
            known |= {table: slices.digests[market][table] for table in (*TABLES, "other markets")}
        if cleans_own or cleans_others:
            corrections = self.store.workspace.params_dir / CORRECTIONS_FILE
            known["last day"] = slices.last_day.isoformat()
            known["contact key"] = self._key(market)
            known["corrections"] = sha256_of(corrections) if corrections.is_file() else ""
        if cleans_others:
            known["all markets"] = digest_of(slices.digests)
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
