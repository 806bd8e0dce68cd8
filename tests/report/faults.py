"""Faults at each step of what is written: the process dies there, or the disk is full."""

import builtins
import contextlib
import errno
import io
import itertools
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

#: Whatever moves, removes or makes something on disk.
STEPS = ("rename", "replace", "link", "unlink", "rmdir", "mkdir", "fsync")
#: Those that a full disk refuses.
FILLING = ("rename", "replace", "link", "mkdir", "fsync", "open")

Site = tuple[str, str, int]


class Killed(BaseException):
    """Stands for SIGKILL: nothing that follows reaches the disk either."""


class Faults:
    """Counts the steps of what runs inside, and fails at one of them.

    Parameters
    ----------
    at : int
        The step, from 0; none of a run of nothing but counting is -1.
    after : bool
        Whether it still reaches the disk; of a write, the file is there and empty.
    full : bool
        Whether the disk is full from there on, instead of the process dead.

    Attributes
    ----------
    sites : list
        Step -> which function was called, and from which line of the package.
    """

    def __init__(self, at: int, *, after: bool = False, full: bool = False) -> None:
        self.at, self.after, self.full = at, after, full
        self.count = itertools.count()
        self.fired = False
        self.sites: list[Site] = []

    def wrap(self, function: Callable, name: str) -> Callable:
        def step(*args, **kwargs):
            if name == "open" and not _writes(*args, **kwargs):
                return function(*args, **kwargs)
            if self.fired and not self.full:
                raise Killed
            here = next(self.count) == self.at
            if self.at == -1:
                self.sites.append((name, *_caller()))
            if (here or self.fired) and not (self.full and name not in FILLING):
                self.fired = True
                if self.after and here:
                    with contextlib.suppress(OSError):
                        made = function(*args, **kwargs)
                        if name == "open":
                            made.close()
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(args[0])) if self.full else Killed
            return function(*args, **kwargs)

        return step

    @contextlib.contextmanager
    def active(self) -> Iterator["Faults"]:
        kept = [(os, name, getattr(os, name)) for name in STEPS]
        kept += [(module, "open", module.open) for module in (io, builtins)]
        for module, name, function in kept:
            setattr(module, name, self.wrap(function, name))
        try:
            yield self
        except Killed:
            pass
        finally:
            for module, name, function in kept:
                setattr(module, name, function)


def _writes(file: object, mode: str = "r", *_: object, **__: object) -> bool:
    return not isinstance(file, int) and file != os.devnull and any(letter in mode for letter in "wax+")


def _caller() -> tuple[str, int]:
    """File and line of the package from which a step was made; the last frame of any other."""
    frame = sys._getframe(2)
    while frame.f_back and "leadsmart" not in Path(frame.f_code.co_filename).parts:
        frame = frame.f_back
    return Path(frame.f_code.co_filename).name, frame.f_lineno


def every_fault(**how: bool) -> Iterator[Faults]:
    """Faults at the first step, the second and so on, until one is not reached any more."""
    for at in itertools.count():
        faults = Faults(at, **how)
        yield faults
        if not faults.fired:
            return
