"""A process that has the libraries imported and forks a kernel from itself for every request.

`kernels.Kernels` starts it once per run and passes it one end of a socket. A request is one byte on that socket
with two descriptors: the kernel's channel, which holds the request as a line of JSON (``argv``, ``env``, ``cwd``,
``modules``), and the file for what the kernel says outside its cells. Answers go to the channel, a line each:
``{"pid": ...}`` when the kernel listens, ``{"exit": ...}`` when it is gone. When the socket closes, all kernels end.
"""

import contextlib
import gc
import importlib
import importlib.util
import json
import os
import random
import select
import shutil
import signal
import socket
import sys
import time
import traceback
from collections import deque
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

#: What every kernel imports on its way up.
KERNEL_MODULES = (
    "ipykernel_launcher",
    "ipykernel.kernelapp",
    "ipykernel.ipkernel",
    "ipykernel.debugger",
    "IPython.core.completerlib",
    "IPython.core.debugger",
    "IPython.extensions.storemagic",
    "sqlite3",
    "tornado.platform.asyncio",
    "tornado.queues",
)

_MAIN = "ipykernel_launcher"


def serve(requests: socket.socket, folder: Path, modules: Sequence[str]) -> None:
    """Fork a kernel per request until `requests` closes; `folder` goes with the last kernel.

    `modules` are imported in this order while nobody asks for a kernel; what a kernel needs, before it is forked.
    """
    kernels: dict[int, socket.socket] = {}
    # As soon as one ends, in the middle of an import, too.
    signal.signal(signal.SIGCHLD, lambda *_: _reap(kernels))
    # The run is over, whatever is being imported.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    # ipykernel would set the same before a notebook imports matplotlib.
    os.environ.setdefault("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    # Nobody debugs the kernels of a run, and each would take a while to get ready for it.
    sys.modules.setdefault("debugpy", None)  # type: ignore[arg-type]  # the mark of what can't be imported
    # Collections would only slow the imports; kernels have them again.
    gc.disable()
    ahead = deque((*KERNEL_MODULES, *modules))
    try:
        while True:
            if not ahead or select.select([requests], [], [], 0)[0]:
                byte, descriptors, _, _ = socket.recv_fds(requests, 1, 2)
                if not byte:
                    return
                _fork(socket.socket(fileno=descriptors[0]), descriptors[1], kernels, requests)
            else:
                _import(ahead.popleft())
    finally:
        for pid in list(kernels):
            _kill(pid)
        shutil.rmtree(folder, ignore_errors=True)


def threads() -> int:
    """Threads of this process: a fork takes only one of them along, and the locks of all."""
    return sum(1 for _ in Path("/proc/self/task").iterdir())


@cache
def _import(module: str) -> None:
    # What can't be imported fails in the notebook that imports it, with its message.
    with contextlib.suppress(Exception):
        importlib.import_module(module)


def _fork(
    channel: socket.socket, log: int, kernels: dict[int, socket.socket], requests: socket.socket
) -> None:
    with channel.makefile("r", encoding="utf-8") as lines:
        line = lines.readline()
    # Without a line, who asked is gone.
    request = json.loads(line) if line else None
    for module in (*KERNEL_MODULES, *request["modules"]) if request else ():
        _import(module)
    # Collections in the kernels would touch, and so copy, every page of what is shared.
    gc.freeze()
    if not request:
        channel.close()
    elif (count := threads()) > 1:
        _answer(channel, {"problem": f"its libraries start {count - 1} threads when they are imported"})
        channel.close()
    else:
        # It must be known before its end is.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
        if pid := os.fork():
            kernels[pid] = channel
        else:
            for other in (requests, *kernels.values()):
                other.close()
            _become_kernel(request, channel, log)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
    os.close(log)


def _become_kernel(request: dict[str, Any], channel: socket.socket, log: int) -> None:
    code = 1
    try:
        for number in (signal.SIGCHLD, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
        gc.enable()
        launcher = os.getppid()
        os.setsid()
        nothing = os.open(os.devnull, os.O_RDONLY)
        for source, target in ((nothing, 0), (log, 1), (log, 2)):
            os.dup2(source, target)
        os.environ.clear()
        os.environ.update(request["env"])
        os.chdir(request["cwd"])
        time.tzset()
        random.seed()
        if "numpy" in sys.modules:
            # Nothing of ours draws from numpy's global state; what does must not draw the same in every kernel.
            sys.modules["numpy"].random.seed()
        _run_kernel(request["argv"], channel, launcher)
        code = 0
    except SystemExit as stop:
        code = stop.code if isinstance(stop.code, int) else 1
    except BaseException:  # noqa: BLE001 - the kernel is at its end; all that is left is to say why
        traceback.print_exc(file=sys.__stderr__)
    finally:
        for stream in (sys.__stdout__, sys.__stderr__):
            with contextlib.suppress(OSError, ValueError):
                if stream:
                    stream.flush()
        # The launcher's own cleaning up is not the kernel's.
        os._exit(code)


def _run_kernel(argv: Sequence[str], channel: socket.socket, launcher: int) -> None:
    from ipykernel.kernelapp import IPKernelApp

    spec = importlib.util.find_spec(_MAIN)
    sys.argv = [spec.origin if spec and spec.origin else _MAIN, *argv]
    app = IPKernelApp.instance()
    # The kernel looks every second whether the launcher is still there.
    app.initialize([*argv, f"--IPKernelApp.parent_handle={launcher}"])
    # Whoever has stopped waiting for it has closed the channel, and that ends it here.
    channel.sendall(_line({"pid": os.getpid()}))
    channel.close()
    app.start()


def _reap(kernels: dict[int, socket.socket]) -> None:
    # When another kernel ends meanwhile it has to wait: seen to in between, both would be waited for twice.
    missed: list[bool] = []
    handler = signal.signal(signal.SIGCHLD, lambda *_: missed.append(True))
    for pid in list(kernels):
        if os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            # As long as it is not waited for, its number can't belong to another process.
            _kill(pid)
            _, status = os.waitpid(pid, 0)
            channel = kernels.pop(pid)
            _answer(channel, {"exit": os.waitstatus_to_exitcode(status)})
            channel.close()
    signal.signal(signal.SIGCHLD, handler)
    if missed:
        signal.raise_signal(signal.SIGCHLD)


def _kill(pid: int) -> None:
    """Kill a kernel and what it started."""
    for kill in (os.killpg, os.kill):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            kill(pid, signal.SIGKILL)


def _answer(channel: socket.socket, answer: dict[str, Any]) -> None:
    # Nobody waits for the answer when the run was stopped.
    with contextlib.suppress(OSError):
        channel.sendall(_line(answer))


def _line(answer: dict[str, Any]) -> bytes:
    return json.dumps(answer).encode() + b"\n"


if __name__ == "__main__":
    with contextlib.suppress(SystemExit):
        serve(socket.socket(fileno=int(sys.argv[1])), Path(sys.argv[2]), sys.argv[3:])
    # Libraries that are never unloaded in order would complain about it at the end.
    os._exit(0)
