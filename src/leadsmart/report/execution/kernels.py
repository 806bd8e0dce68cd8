"""Kernels of a run: forked from a process that has the libraries where that is safe, else started one by one.

Starting Python and importing pandas, scikit-learn and the like costs seconds per notebook, more than most notebooks
work. On Linux the `launcher` imports all that once and forks a kernel in a tenth of a second; each is a process
of its own, as isolated as any. Elsewhere (forking after imports is fragile on macOS, and Windows has no fork), and
with ``LEADSMART_COLD_KERNELS=1``, kernels start the plain way.
"""

import asyncio
import contextlib
import contextvars
import itertools
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from leadsmart.private_folders import private_folder
from leadsmart.report.execution import launcher
from leadsmart.report.execution.launcher import EXIT, LOG, PID, REQUEST
from leadsmart.report.project.files import read_json

if TYPE_CHECKING:
    from jupyter_client.manager import AsyncKernelManager

COLD = "LEADSMART_COLD_KERNELS"

#: Threads inside each kernel would fight for the cores that kernels share; and with one job, too, sums must not
#: depend on how many threads add them up.
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")

T = TypeVar("T")

# pyarrow brings an allocator that starts a thread when it is loaded, whether or not it is used.
_NO_THREADS = {"JE_ARROW_MALLOC_CONF": "background_thread:false"}

_IMPORT = re.compile(r"^\s*(?:from|import)\s+(\w[\w.]*)", re.MULTILINE)
#: The first kernel waits for all imports, which take a minute where many others are at work.
_START_SECONDS = 180.0
_LOOK_SECONDS = 0.003
_LAST_LINES = 5
_LINE_WIDTH = 200


def warm_kernels_work() -> bool:
    """Whether kernels can be forked here, and the user has not asked for plain ones."""
    return sys.platform == "linux" and Path("/proc/self/task").is_dir() and not os.environ.get(COLD)


def find_imports(notebooks: Iterable[Path]) -> list[str]:
    """Modules that notebooks import, one per statement: what is missed, they import themselves."""
    found: dict[str, None] = {}
    for path in notebooks:
        # What is no notebook fails when it is executed, with its message.
        with contextlib.suppress(ValueError, LookupError, TypeError):
            cells = [cell for cell in read_json(path)["cells"] if cell["cell_type"] == "code"]
            found |= dict.fromkeys(_IMPORT.findall("\n".join("".join(cell["source"]) for cell in cells)))
    return list(found)


class ForkedProcess:
    """A kernel's process that is a child of the launcher, which tells of it in files of the kernel's folder."""

    stdin = stdout = stderr = None

    def __init__(self, folder: Path, launcher: subprocess.Popen[bytes]) -> None:
        self._folder, self._launcher = folder, launcher
        self._code: int | None = None
        self.pid = 0

    def poll(self) -> int | None:
        """The exit code, or None while it runs."""
        if self._code is None:
            # The kernels of a launcher that is gone go with it.
            gone = -signal.SIGKILL if self._launcher.poll() is not None else None
            self._code = int(code) if (code := _read(self._folder / EXIT)) else gone
        return self._code

    wait = poll

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, number)


#: A kernel's process, forked or started the plain way.
Process = ForkedProcess | subprocess.Popen[bytes]


@dataclass(frozen=True)
class Kernel:
    """A kernel for one notebook, not started yet.

    Attributes
    ----------
    manager : AsyncKernelManager
        Starts and ends it.
    log : int
        Descriptor of the file for what it says outside its cells.
    """

    manager: "AsyncKernelManager"
    log: int

    def run(self, function: Callable[..., T], **options: Any) -> T:
        """Call a function of a client of this kernel; the event loop that Jupyter makes for it is closed again."""
        context = contextvars.copy_context()
        known = set(context)
        try:
            return context.run(function, **options)
        finally:
            for variable in set(context) - known:
                if isinstance(context[variable], asyncio.AbstractEventLoop):
                    context[variable].close()


class Kernels:
    """All kernels of a run; a context manager at whose end none is left.

    Parameters
    ----------
    modules : sequence of str
        What the launcher imports. A kernel forked from it has them at hand, a plain one imports them itself.
    warm : bool, optional
        Whether to fork kernels; default: where it works.
    start_seconds : float
        How long a forked kernel may take to listen, before this and all later ones are started the plain way.

    Attributes
    ----------
    stopped : bool
        Whether the run is over or was interrupted: kernels that end then have not failed.
    """

    def __init__(
        self, modules: Sequence[str] = (), warm: bool | None = None, start_seconds: float = _START_SECONDS
    ) -> None:
        self._modules, self._start_seconds = modules, start_seconds
        self._forks = warm_kernels_work() if warm is None else warm
        self._launcher: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self._running: list[Process] = []
        self._numbers = itertools.count()
        self.stopped = False

    def __enter__(self) -> "Kernels":
        # Sockets in a private folder instead of ports: nobody else on the machine can listen in.
        # A short name, as the path of a socket has at most a hundred characters or so.
        self._stack = contextlib.ExitStack()
        self._folder = self._stack.enter_context(private_folder("k"))
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self.stopped = True
            running = list(self._running)
        for process in running:
            _kill_group(process)
        if self._launcher:
            # Whatever it imports. A kernel that it was about to fork ends when it misses it.
            self._launcher.kill()
            self._launcher.communicate()
        self._stack.close()

    def start(self) -> None:
        """Start the launcher, unless it is there: best before the libraries that `open` needs are imported."""
        with self._lock:
            if self._forks and self._launcher is None and not self.stopped:
                # As Jupyter starts a kernel; -P: what lies in the working directory is no module of ours.
                command = [sys.executable, "-Xfrozen_modules=off", "-P", "-m", launcher.__name__]
                self._launcher = subprocess.Popen(
                    [*command, str(self._folder), *self._modules],
                    env={**os.environ, **ONE_THREAD, **_NO_THREADS},
                    stdin=subprocess.PIPE,
                    bufsize=0,
                    # Ctrl-C is for the run, which ends the kernels.
                    start_new_session=True,
                )

    @contextlib.contextmanager
    def open(self) -> Iterator[Kernel]:
        """A kernel for one notebook; whoever starts it ends it.

        Yields
        ------
        Kernel

        Raises
        ------
        DeadKernelError
            If it dies; the message says how, and ends with the last that it said.
        """
        self.start()
        # These take a second to import, and the launcher is at work meanwhile.
        from jupyter_client.kernelspec import KernelSpecManager
        from jupyter_client.manager import AsyncKernelManager
        from nbclient.exceptions import DeadKernelError

        from leadsmart.report.execution.provisioner import PromptClient, Provisioner

        self._stop_if_over()
        folder = self._folder / str(next(self._numbers))
        folder.mkdir(mode=0o700)
        manager = AsyncKernelManager(
            transport="ipc",
            ip=str(folder / "k"),
            connection_file=str(folder / "kernel.json"),
            # Always this Python: what users registered under the same name may be another one.
            kernel_spec_manager=KernelSpecManager(kernel_dirs=[]),
        )
        if self._launcher:
            manager.client_factory = PromptClient
        provisioner = Provisioner(
            parent=manager,
            kernel_spec=manager.kernel_spec,
            fork=partial(self._fork, folder),
            on_start=self._add,
        )
        manager.provisioner = provisioner
        log = os.open(folder / LOG, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            yield Kernel(manager, log)
        except DeadKernelError as error:
            code = provisioner.started.poll() if provisioner.started else None
            raise DeadKernelError(_describe_end(code, folder / LOG)) from error
        finally:
            os.close(log)
            with self._lock:
                self._running = [process for process in self._running if process is not provisioner.started]
            shutil.rmtree(folder, ignore_errors=True)

    async def _fork(
        self, folder: Path, cmd: Sequence[str], env: Mapping[str, str], cwd: str | None
    ) -> ForkedProcess | None:
        """A kernel that listens; None from the first one on that does not come up."""
        if self._launcher is None or self._launcher.stdin is None or not self._forks:
            return None
        argv = list(cmd[cmd.index("-f") :])
        request = {"argv": argv, "env": env, "cwd": str(cwd or Path.cwd())}
        (folder / REQUEST).write_text(json.dumps(request), encoding="utf-8")
        forked = ForkedProcess(folder, self._launcher)
        deadline = time.monotonic() + self._start_seconds
        # If it was closed or has died, its exit code says so.
        with contextlib.suppress(OSError, ValueError):
            self._launcher.stdin.write(os.fsencode(f"{folder}\n"))
        while not forked.pid:
            has_ended = forked.poll() is not None
            if has_ended or time.monotonic() > deadline:
                # A kernel that comes too late finds that nobody asks for it, and ends.
                (folder / REQUEST).unlink(missing_ok=True)
                self._stop_if_over()
                self._give_up("ended" if has_ended else f"did not answer within {self._start_seconds:g} s")
                return None
            await asyncio.sleep(_LOOK_SECONDS)
            forked.pid = int(_read(folder / PID) or 0)
        return forked

    def _give_up(self, problem: str) -> None:
        with self._lock:
            if self._forks:
                sys.stderr.write(
                    f"Kernels start the plain, slower way: the process that forks them {problem}\n"
                )
            self._forks = False

    def _stop_if_over(self) -> None:
        from nbclient.exceptions import DeadKernelError

        if self.stopped:
            raise DeadKernelError("The run is over")

    def _add(self, process: Process) -> None:
        with self._lock:
            self._running.append(process)
            stopped = self.stopped
        if stopped:
            _kill_group(process)


def _kill_group(process: Process) -> None:
    """Kill a kernel and what it started; each kernel leads a process group of its own."""
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def _read(path: Path) -> str:
    """What a file of a kernel's folder says; empty as long as there is none."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return ""


def _describe_end(code: int | None, log: Path) -> str:
    said = _read(log).splitlines()[-_LAST_LINES:]
    if code == -9:
        how = "it was killed, most likely for want of memory"
    elif code is not None and code < 0:
        how = f"it ended with signal {-code}"
    else:
        how = f"it ended with exit code {code}"
    return "; ".join([how, *(line.strip()[:_LINE_WIDTH] for line in said if line.strip())])
