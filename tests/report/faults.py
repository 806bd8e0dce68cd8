"""Faults at each step of what is written: the process dies there, or the disk is full."""

import contextlib
import errno
import itertools
import os
from collections.abc import Callable, Iterator

#: Whatever moves, removes or opens something on disk.
STEPS = ("rename", "replace", "link", "unlink", "rmdir", "mkdir", "fsync")


class Killed(BaseException):
    """Stands for SIGKILL: nothing that follows reaches the disk either."""


class Faults:
    """Counts the steps of what runs inside, and fails at one of them.

    Parameters
    ----------
    at : int
        The step, from 0.
    after : bool
        Whether it still reaches the disk.
    full : bool
        Whether the disk is full from there on, instead of the process dead.
    """

    def __init__(self, at: int, *, after: bool = False, full: bool = False) -> None:
        self.at, self.after, self.full = at, after, full
        self.count = itertools.count()
        self.fired = False

    def wrap(self, function: Callable) -> Callable:
        def step(*args, **kwargs):
            if self.fired and not self.full:
                raise Killed
            here = next(self.count) == self.at
            if here:
                self.fired = True
                if self.after:
                    with contextlib.suppress(OSError):
                        function(*args, **kwargs)
                raise OSError(errno.ENOSPC, "No space left on device", str(args[0])) if self.full else Killed
            return function(*args, **kwargs)

        return step

    @contextlib.contextmanager
    def active(self) -> Iterator["Faults"]:
        kept = {name: getattr(os, name) for name in STEPS}
        for name, function in kept.items():
            setattr(os, name, self.wrap(function))
        try:
            yield self
        except Killed:
            pass
        finally:
            for name, function in kept.items():
                setattr(os, name, function)


def every_fault(**how: bool) -> Iterator[Faults]:
    """Faults at the first step, the second and so on, until one is not reached any more."""
    for at in itertools.count():
        faults = Faults(at, **how)
        yield faults
        if not faults.fired:
            return
