"""Whether files stay as they are while they are read: what is hashed, split and reported is then one and the same."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from leadsmart.cleaning.parsing.sources import list_paths
from leadsmart.errors import InputError


class Stamp(NamedTuple):
    """What changes with a file: replaced, written, or put back with its old time."""

    inode: int
    size: int
    modified_ns: int
    changed_ns: int


#: Of what is not there.
_NOTHING = Stamp(0, 0, 0, 0)


def stamp_file(path: Path) -> Stamp:
    """The stamp of a file, which may be there or not."""
    try:
        found = path.stat()
    except OSError:
        return _NOTHING
    return Stamp(found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)


def stamp_folder(folder: Path, mapping: Path | None = None) -> dict[Path, Stamp]:
    """Stamps of all that may be read of an export, before anything of it is.

    Parameters
    ----------
    folder : Path
        The export.
    mapping : Path, optional
        A file beside it or elsewhere.

    Returns
    -------
    dict
    """
    paths = [*list_paths(folder), *([mapping] if mapping else [])]
    return {path: stamp_file(path) for path in paths}


def check_unchanged(before: Mapping[Path, Stamp], read: Iterable[Path]) -> None:
    """Refuse what was written, replaced or removed while it was read.

    Parameters
    ----------
    before : mapping
        See `stamp_folder`.
    read : iterable of Path

    Raises
    ------
    InputError
        If there is such a file.
    """
    changed = sorted({path.name for path in read if before.get(path) != stamp_file(path)})
    if changed:
        raise InputError(
            "changed while it was read",
            remedy="Start again when it is complete",
            file=changed[0],
            count=len(changed) if changed[1:] else None,
            examples=changed[1:],
        )
