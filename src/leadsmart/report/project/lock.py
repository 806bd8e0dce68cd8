"""One run at a time on the same outputs: a lock that the system takes back when its holder ends, however it ends."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import portalocker

from leadsmart.errors import RunningError

LOCK_FILE = ".lock"


@contextlib.contextmanager
def locked(outputs: Path) -> Iterator[None]:
    """Hold a folder of outputs; nobody else can meanwhile.

    Parameters
    ----------
    outputs : Path
        The folder; made where it does not exist.

    Raises
    ------
    RunningError
        If another process holds it.
    """
    outputs.mkdir(parents=True, exist_ok=True)
    with (outputs / LOCK_FILE).open("a") as file:
        try:
            portalocker.lock(file, portalocker.LOCK_EX | portalocker.LOCK_NB)
        except portalocker.LockException as error:
            raise RunningError(
                "another leadsmart is at work on these outputs",
                remedy="Wait until it has ended, or name another folder with --outputs",
                file=outputs.name,
            ) from error
        # closing the file gives it back; the file itself stays, as another process may be opening it
        yield
