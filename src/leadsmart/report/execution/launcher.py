"""A process that has the libraries imported and forks a kernel from itself for every request.

`kernels.Kernels` starts it once per run and writes the folder of each kernel that it wants to the standard input, a line
each. The folder holds the request (``argv``, ``env``, ``cwd``), and gets the kernel's number once it listens, its exit
code when it is gone, and what it says outside its cells. When the input closes, all kernels end.
"""

import contextlib
import gc
import importlib
import importlib.util
import json
import os
import random
import shutil
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

#: Files of a kernel's folder.
REQUEST, PID, EXIT, LOG = "request.json", "pid", "exit", "log"

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


def serve(folder: Path, modules: Sequence[str]) -> None:
    """Import `modules`, then fork a kernel per line of the standard input; at its end `folder` goes with the last one."""
    # ipykernel would set the same before a notebook imports matplotlib.
    os.environ.setdefault("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    # Nobody debugs the kernels of a run, and each would take a while to get ready for it.
    sys.modules.setdefault("debugpy", None)  # type: ignore[arg-type]  # the mark of what can't be imported
    # Collections would only slow the imports; kernels have them again.
    gc.disable()
    for module in (*KERNEL_MODULES, *modules):
        # What can't be imported fails in the notebook that imports it, with its message.
        with contextlib.suppress(Exception):
            importlib.import_module(module)
    # Collections in the kernels would touch, and so copy, every page of what is shared.
    gc.freeze()
    # A fork takes only one thread along, and the locks of all.
    if others := len(list(Path("/proc/self/task").iterdir())) - 1:
        sys.exit(f"Kernels can't be forked: its libraries start {others} threads when they are imported")
    launcher = os.getpid()
    kernels: dict[int, Path] = {}
    signal.signal(signal.SIGCHLD, lambda *_: _reap(kernels))
    for line in sys.stdin:
        wanted = Path(line.rstrip("\n"))
        if not (wanted / REQUEST).is_file():
            # Who asked has stopped waiting.
            continue
        # It must be known before its end is.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
        pid = os.fork()
        if not pid:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
            _run_kernel(wanted, launcher)
            return
        kernels[pid] = wanted
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
    for pid in list(kernels):
        _kill_group(pid)
    shutil.rmtree(folder, ignore_errors=True)


def _run_kernel(folder: Path, launcher: int) -> None:
    os.setsid()
    nothing, log = os.open(os.devnull, os.O_RDONLY), os.open(folder / LOG, os.O_WRONLY | os.O_APPEND)
    for source, target in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(source, target)
    request = json.loads((folder / REQUEST).read_text(encoding="utf-8"))
    _take_over(request)
    from ipykernel.kernelapp import IPKernelApp

    spec = importlib.util.find_spec(_MAIN)
    sys.argv = [spec.origin if spec and spec.origin else _MAIN, *request["argv"]]
    app = IPKernelApp.instance()
    # The kernel looks every second whether the launcher is still there.
    app.initialize([*request["argv"], f"--IPKernelApp.parent_handle={launcher}"])
    # Whoever has stopped waiting for it has taken the request back, and that ends it here.
    (folder / REQUEST).unlink()
    (folder / PID).write_text(str(os.getpid()), encoding="utf-8")
    app.start()


def _take_over(request: Mapping[str, Any]) -> None:
    """Be as if started alone: with the environment and folder that were asked for, and chance of its own."""
    gc.enable()
    os.environ.clear()
    os.environ.update(request["env"])
    os.chdir(request["cwd"])
    time.tzset()
    random.seed()
    if "numpy" in sys.modules:
        # Nothing of ours draws from numpy's global state; what does must not draw the same in every kernel.
        sys.modules["numpy"].random.seed()


def _reap(kernels: dict[int, Path]) -> None:
    for pid in list(kernels):
        # When another kernel ends meanwhile, all this is done again in its middle, for this kernel, too. Nobody waits
        # for an exit code whose folder is gone.
        with contextlib.suppress(ChildProcessError, FileNotFoundError):
            if os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT):
                # As long as it is not waited for, its number can't belong to another process.
                _kill_group(pid)
                _, status = os.waitpid(pid, 0)
                code = os.waitstatus_to_exitcode(status)
                (kernels.pop(pid) / EXIT).write_text(str(code), encoding="utf-8")


def _kill_group(pid: int) -> None:
    """Kill a kernel and what it started."""
    for kill in (os.killpg, os.kill):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            kill(pid, signal.SIGKILL)


if __name__ == "__main__":
    serve(Path(sys.argv[1]), sys.argv[2:])
    # Libraries that are never unloaded in order would complain about it at the end.
    os._exit(0)
