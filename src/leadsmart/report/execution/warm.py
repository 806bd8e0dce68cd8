"""The warm process as a run sees it: it is asked for kernels, and tells when they listen and how they end.

Nothing here needs Jupyter's libraries, so that the warm process is at work while the run imports them.
"""

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

#: Seconds between two looks at what is known to take milliseconds.
POLL_SECONDS = 0.003

# pyarrow brings an allocator that starts a thread when it is loaded, whether or not it is used.
_NO_THREADS = {"JE_ARROW_MALLOC_CONF": "background_thread:false"}

_CLOSE_SECONDS = 3.0


class Process(Protocol):
    """What Jupyter and we ask of a kernel's process, as `subprocess.Popen` has it."""

    pid: int

    def poll(self) -> int | None:
        """Its exit code, negative for a signal; None while it runs."""


def kill_group(process: Process) -> None:
    """Kill a kernel and what it started; each kernel leads a process group of its own."""
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


class ForkedProcess:
    """A kernel's process that is a child of the warm one, which tells of it over a channel."""

    stdin = stdout = stderr = None

    def __init__(self, channel: socket.socket) -> None:
        channel.setblocking(False)
        self._channel = channel
        self._lock = threading.Lock()
        self._buffer = b""
        self.pid = 0
        self.returncode: int | None = None
        self.problem = ""

    async def ready(self, seconds: float) -> bool:
        """Wait until the kernel listens; False if it does not, for the reason in `problem`."""
        deadline = time.monotonic() + seconds
        while True:
            ended = self.poll() is not None
            if self.pid and not ended:
                return True
            if ended or time.monotonic() > deadline:
                said = "ended" if ended else f"did not answer within {seconds:g} s"
                self.problem = self.problem or f"the process that forks them {said}"
                # A kernel that comes too late finds nobody to tell, and ends.
                self._channel.close()
                return False
            await asyncio.sleep(POLL_SECONDS)

    def poll(self) -> int | None:
        """The exit code, or None while it runs."""
        with self._lock:
            while self.returncode is None and self._receive():
                pass
            return self.returncode

    def wait(self) -> int | None:
        """The exit code; to be called when it has ended."""
        return self.poll()

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """Kill it, unless it has ended."""
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        """Ask it to end, unless it has ended."""
        self.send_signal(signal.SIGTERM)

    def _receive(self) -> bool:
        try:
            data = self._channel.recv(4096)
        except BlockingIOError:
            return False
        except OSError:
            data = b""
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        for line in lines:
            answer = json.loads(line)
            self.pid = answer.get("pid", self.pid)
            self.problem = answer.get("problem", self.problem)
            self.returncode = answer.get("exit", self.returncode)
        if not data and self.returncode is None:
            # The warm process is gone, and its kernels go with it.
            self.returncode = -signal.SIGKILL
        if self.returncode is not None:
            self._channel.close()
        return True


class WarmProcess:
    """The process that has the libraries imported and forks kernels; it ends, with all of them, when we do.

    Parameters
    ----------
    folder : Path
        Private folder of the run; if we are killed, the warm process removes it.
    modules : sequence of str
        What it imports, in this order, whenever no kernel is asked for.
    environment : mapping
        Its own; each kernel brings another one.
    start_seconds : float
        How long a kernel may take to listen.
    """

    def __init__(
        self, folder: Path, modules: Sequence[str], environment: Mapping[str, str], start_seconds: float
    ) -> None:
        self._requests, theirs = socket.socketpair()
        self._lock = threading.Lock()
        self._start_seconds = start_seconds
        self.problem = ""
        self.closed = False
        with theirs:
            number = theirs.fileno()
            # As Jupyter starts a kernel; -P: what lies in the working directory is no module of ours.
            command = [
                sys.executable,
                "-Xfrozen_modules=off",
                "-P",
                "-m",
                "leadsmart.report.execution.launcher",
                str(number),
                str(folder),
            ]
            self._process = subprocess.Popen(
                [*command, *modules],
                env={**environment, **_NO_THREADS},
                pass_fds=[number],
                stdin=subprocess.DEVNULL,
                # Ctrl-C is for the run, which ends the kernels.
                start_new_session=True,
            )

    async def fork(
        self, cmd: Sequence[str], modules: Sequence[str], *, env: Mapping[str, str], cwd: str | None, log: int
    ) -> ForkedProcess | None:
        """A kernel that listens and has `modules` at hand; None from the first one on that does not come up."""
        if self.problem or self.closed:
            return None
        argv = list(cmd[cmd.index("-f") :])
        request = {"argv": argv, "env": dict(env), "cwd": str(cwd or Path.cwd()), "modules": list(modules)}
        channel, theirs = socket.socketpair()
        # If it was closed or has died, the channel's end says so.
        with theirs, contextlib.suppress(OSError):
            with self._lock:
                socket.send_fds(self._requests, [b"k"], [theirs.fileno(), log])
            channel.sendall(json.dumps(request).encode() + b"\n")
        forked = ForkedProcess(channel)
        if await forked.ready(self._start_seconds):
            return forked
        self._give_up(forked.problem)
        return None

    def _give_up(self, problem: str) -> None:
        with self._lock:
            is_news = not self.problem and not self.closed
            self.problem = self.problem or problem
        if is_news:
            sys.stderr.write(f"Kernels start the plain, slower way: {problem}\n")

    def close(self) -> None:
        """End it, and its kernels."""
        with self._lock:
            self.closed = True
        self._requests.close()
        self._process.terminate()
        try:
            self._process.wait(_CLOSE_SECONDS)
        except subprocess.TimeoutExpired:
            # It hangs; its kernels have been killed, or end when they miss it.
            self._process.kill()
            self._process.wait()
