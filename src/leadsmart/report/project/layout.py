"""A project of one's own, laid out from the files that the package brings, and later versions of them."""

import contextlib
import difflib
import hashlib
import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Final

import leadsmart
from leadsmart.errors import InputError, ParameterError
from leadsmart.params import CORRECTIONS_FILE, DEFAULTS_FILE
from leadsmart.report.project.files import read_json, write_atomically
from leadsmart.report.project.workspace import PROJECT_FILES, SITE_CONFIG

_PACKAGED: Final = Path(leadsmart.__file__).with_name(PROJECT_FILES)
#: What was laid out, so that an upgrade can tell what was edited since; committed with the project.
RECORD: Final = ".leadsmart-project.json"
#: Ending of a later version beside an edited file.
NEW: Final = ".new"

MANAGED_FILES: Final = (
    SITE_CONFIG,
    "index.qmd",
    ".gitignore",
    f"params/{DEFAULTS_FILE}",
    "notebooks/*.ipynb",
    "docs/*.qmd",
    "assets/*",
)
#: Written once and the project's own from then on.
_CORRECTIONS: Final = f"params/{CORRECTIONS_FILE}"
_MARKETS: Final = "params/[!_]*.yml"
#: In an otherwise empty folder these are no obstacle.
_IGNORED: Final = frozenset({".git", ".DS_Store"})


class Change(Enum):
    """What an upgrade does to a file."""

    ADDED = "added"
    UPDATED = "updated"
    REMOVED = "removed"
    KEPT = "edited here, kept"


@dataclass(frozen=True)
class FileChange:
    """A file that an upgrade changes, or would change had it not been edited.

    Attributes
    ----------
    name : str
        Relative to the project.
    change : Change
    diff : str
        From the edited file to the later version; empty for all others.
    """

    name: str
    change: Change
    diff: str = ""


def source_folder() -> Path:
    """Where the package that runs has the files of a project."""
    return _PACKAGED if _PACKAGED.is_dir() else Path(leadsmart.__file__).parents[2]


def project_files(folder: Path) -> dict[str, Path]:
    """Name -> path of all files that the package brings into a project and keeps up to date."""
    found = sorted(path for pattern in MANAGED_FILES for path in folder.glob(pattern) if path.is_file())
    return {path.relative_to(folder).as_posix(): path for path in found}


def check_new_folder(target: Path) -> None:
    """Refuse a folder that a project would be mixed into, with an InputError."""
    if target.exists() and not target.is_dir():
        raise InputError("is a file, not a folder", remedy="Name a new folder", file=str(target))
    names = (
        sorted(path.name for path in target.iterdir() if path.name not in _IGNORED) if target.is_dir() else []
    )
    if names:
        remedy = "Name a new folder"
        if RECORD in names or SITE_CONFIG in names:
            remedy = "Name a new folder, or bring this project up to date with --upgrade"
        raise InputError("the folder is not empty", remedy=remedy, file=str(target), examples=names)


def lay_out(target: Path, markets: Mapping[str, str] | None = None) -> list[str]:
    """Write the files of a new project.

    Parameters
    ----------
    target : Path
        See `check_new_folder`.
    markets : mapping, optional
        File in ``params/`` -> its text; by default the markets of the sample.

    Returns
    -------
    list of str
        Names of the files.
    """
    source = source_folder()
    files = project_files(source)
    starters = [source / _CORRECTIONS, *(sorted(source.glob(_MARKETS)) if markets is None else ())]
    own = {path.relative_to(source).as_posix(): path.read_text(encoding="utf-8") for path in starters}
    own |= {f"params/{name}": text for name, text in (markets or {}).items()}
    with _named_failure(target):
        for name, path in files.items():
            _copy(path, target / name)
        for name, text in own.items():
            (target / name).write_text(text, encoding="utf-8")
        _write_record(target, files)
    return [*files, *own]


def upgrade(target: Path) -> list[FileChange]:
    """Bring the files of a project to the versions of the package; edited ones stay, the later version beside them.

    Parameters
    ----------
    target : Path
        A project.

    Returns
    -------
    list of FileChange
        In the order of the names; empty where all is up to date.

    Raises
    ------
    ParameterError
        If the folder is no project, or the one that the package's files come from.
    """
    source = source_folder()
    if not (target / SITE_CONFIG).is_file() and not (target / RECORD).is_file():
        raise ParameterError(
            "is no project",
            remedy="Lay one out with `leadsmart init DIR`, without --upgrade",
            file=str(target),
        )
    if target.resolve() == source.resolve():
        raise ParameterError(
            "the package takes its files from this folder", remedy="Upgrade it with git", file=str(target)
        )
    files, laid_out = project_files(source), _read_record(target)
    changes = [
        change for name in files if (change := _upgrade_file(files[name], target, name, laid_out.get(name)))
    ]
    changes += [
        change
        for name in laid_out
        if name not in files and (change := _drop_file(target, name, laid_out[name]))
    ]
    with _named_failure(target):
        for change in changes:
            path = target / change.name
            if change.change is Change.REMOVED:
                path.unlink()
            elif change.change is not Change.KEPT:
                _copy(files[change.name], path)
            elif change.name in files:
                _copy(files[change.name], path.with_name(path.name + NEW))
        _write_record(target, files)
    return sorted(changes, key=lambda change: change.name)


def _upgrade_file(later: Path, target: Path, name: str, laid_out: str | None) -> FileChange | None:
    path = target / name
    if not path.is_file():
        return FileChange(name, Change.ADDED)
    here, wanted = _content(path), _content(later)
    if here == wanted or _digest(wanted) == laid_out:
        return None
    if _digest(here) == laid_out:
        return FileChange(name, Change.UPDATED)
    lines = difflib.unified_diff(
        here.splitlines(),
        wanted.splitlines(),
        name,
        f"{name} of leadsmart {leadsmart.__version__}",
        "",
        "",
        2,
        "",
    )
    return FileChange(name, Change.KEPT, "\n".join(lines))


def _drop_file(target: Path, name: str, laid_out: str) -> FileChange | None:
    """A file that the package has no more: it goes, unless it was edited."""
    path = target / name
    if not path.is_file():
        return None
    return FileChange(name, Change.REMOVED if _digest(_content(path)) == laid_out else Change.KEPT)


def _content(path: Path) -> str:
    """What counts of a file: of a notebook its cells, as it is saved with results after exploring."""
    if path.suffix != ".ipynb":
        return path.read_text(encoding="utf-8", errors="replace")
    try:
        cells = read_json(path)["cells"]
        marked = [
            (
                f"# %% [{cell['cell_type']}] {' '.join(cell['metadata'].get('tags', []))}".rstrip(),
                "".join(cell["source"]),
            )
            for cell in cells
        ]
    except (ValueError, KeyError, TypeError):
        return path.read_text(encoding="utf-8", errors="replace")
    return "\n".join(line for heading, text in marked for line in (heading, text, ""))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@contextlib.contextmanager
def _named_failure(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise InputError(
            f"can't be written: {error.strerror}",
            remedy="Name a folder that you may write to",
            file=str(target),
        ) from error


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


def _read_record(target: Path) -> dict[str, str]:
    try:
        return dict(read_json(target / RECORD)["files"])
    except FileNotFoundError:
        return {}
    except (ValueError, TypeError, KeyError) as error:
        raise ParameterError(
            "not the record of a project", remedy="Delete it; every file then counts as edited", file=RECORD
        ) from error


def _write_record(target: Path, files: Mapping[str, Path]) -> None:
    digests = {name: _digest(_content(path)) for name, path in sorted(files.items())}
    record = {"leadsmart": leadsmart.__version__, "files": digests}
    write_atomically(target / RECORD, json.dumps(record, indent=1) + "\n")
