"""Kernels of a run: forked from one warm process where that is safe, else started one by one.

Starting Python and importing pandas, scikit-learn and the like costs seconds per notebook, more than most notebooks
work. On Linux `launcher` imports all that once and forks a kernel in a tenth of a second; each is a process
of its own, as isolated as any. Elsewhere (forking after imports is fragile on macOS, and Windows has no fork), and
with ``LEADSMART_COLD_KERNELS=1``, kernels start the plain way.
"""

import ast
import asyncio
import contextlib
import contextvars
import json
import os
import shutil
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from leadsmart.report.execution.warm import Process, WarmProcess, kill_group

if TYPE_CHECKING:
    from jupyter_client.manager import AsyncKernelManager

COLD = "LEADSMART_COLD_KERNELS"

#: Threads inside each kernel would fight for the cores that kernels share; and with one job, too, sums must not
#: depend on how many threads add them up.
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")

T = TypeVar("T")

_START_SECONDS = 60.0
_LAST_LINES = 5
_LINE_WIDTH = 200


def warm_kernels_work() -> bool:
    """Whether kernels can be forked from a warm process here, and the user has not asked for plain ones."""
    return sys.platform == "linux" and Path("/proc/self/task").is_dir() and not os.environ.get(COLD)


def find_imports(notebooks: Path) -> list[str]:
    """Modules that the notebooks of a folder import, in the order in which a run needs them."""
    found: dict[str, None] = {}
    for path in sorted(notebooks.glob("*.ipynb")):
        # What is no notebook fails when it is executed, with its message.
        with contextlib.suppress(ValueError, LookupError, TypeError, AttributeError):
            found |= dict.fromkeys(imports_of(json.loads(path.read_text(encoding="utf-8"))))
    return list(found)


def imports_of(notebook: Mapping[str, Any]) -> list[str]:
    """Modules that a notebook imports."""
    found: dict[str, None] = {}
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            found |= dict.fromkeys(_imports("".join(cell["source"])))
    return list(found)


def _imports(source: str) -> list[str]:
    try:
        nodes = list(ast.walk(ast.parse(source)))
    except SyntaxError:
        # A cell with a magic; or a broken one, as its run will say.
        return []
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    return names + [node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module]


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
        What the warm process imports. A kernel forked from it has them at hand, a plain one imports them itself.
    warm : bool, optional
        Whether to fork kernels from a warm process; default: where it works.
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
        self._modules = list(modules)
        self._start_seconds = start_seconds
        self._want_warm = warm_kernels_work() if warm is None else warm
        self._warm: WarmProcess | None = None
        self._lock = threading.Lock()
        self._processes: list[Process] = []
        self._opened = 0
        self.stopped = False

    def __enter__(self) -> "Kernels":
        # Sockets in a private folder instead of ports: nobody else on the machine can listen in.
        self._folder = tempfile.TemporaryDirectory(prefix="leadsmart-", ignore_cleanup_errors=True)
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self.stopped = True
            processes, warm = list(self._processes), self._warm
        for process in processes:
            kill_group(process)
        if warm:
            warm.close()
        self._folder.cleanup()

    def start(self) -> None:
        """Start the warm process, unless it is there: best before the libraries that `open` needs are imported."""
        with self._lock:
            if self._want_warm and self._warm is None and not self.stopped:
                environment = {**os.environ, **ONE_THREAD}
                folder = Path(self._folder.name)
                self._warm = WarmProcess(folder, self._modules, environment, self._start_seconds)

    @contextlib.contextmanager
    def open(self, modules: Sequence[str] = ()) -> Iterator[Kernel]:
        """A kernel for one notebook, with `modules` at hand; whoever starts it ends it.

        Parameters
        ----------
        modules : sequence of str

        Yields
        ------
        Kernel

        Raises
        ------
        DeadKernelError
            If it dies; the message says how, and ends with the last that it said.
        """
        self.start()
        # These take a second to import, and the warm process is at work meanwhile.
        from jupyter_client.kernelspec import KernelSpecManager
        from jupyter_client.manager import AsyncKernelManager
        from nbclient.exceptions import DeadKernelError

        from leadsmart.report.execution.provisioner import PromptClient, Provisioner

        with self._lock:
            if self.stopped:
                raise DeadKernelError("The run is over")
            self._opened += 1
            folder = Path(self._folder.name) / str(self._opened)
        folder.mkdir()
        manager = AsyncKernelManager(
            transport="ipc",
            ip=str(folder / "kernel"),
            connection_file=str(folder / "kernel.json"),
            # Always this Python: what users registered under the same name may be another one.
            kernel_spec_manager=KernelSpecManager(kernel_dirs=[]),
        )
        if self._warm:
            manager.client_factory = PromptClient
        provisioner = Provisioner(
            parent=manager,
            kernel_spec=manager.kernel_spec,
            warm=self._warm,
            modules=modules,
            on_start=self._add,
        )
        manager.provisioner = provisioner
        log = folder / "log"
        descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            yield Kernel(manager, descriptor)
        except DeadKernelError as error:
            raise DeadKernelError(_describe_end(provisioner.exit_code, log)) from error
        finally:
            os.close(descriptor)
            shutil.rmtree(folder, ignore_errors=True)
            with self._lock:
                self._processes = [process for process in self._processes if process.poll() is None]

    def _add(self, process: Process) -> None:
        with self._lock:
            self._processes.append(process)
            stopped = self.stopped
        if stopped:
            kill_group(process)


def _describe_end(code: int | None, log: Path) -> str:
    said = (
        log.read_text(encoding="utf-8", errors="replace").splitlines()[-_LAST_LINES:] if log.exists() else []
    )
    if code == -9:
        how = "it was killed, most likely for want of memory"
    elif code is not None and code < 0:
        how = f"it ended with signal {-code}"
    else:
        how = f"it ended with exit code {code}"
    return "; ".join([how, *(line.strip()[:_LINE_WIDTH] for line in said if line.strip())])
