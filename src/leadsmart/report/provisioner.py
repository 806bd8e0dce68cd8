"""How a kernel starts and ends: Jupyter's interfaces for that, over forked and plain processes alike."""

import asyncio
import contextlib
import json
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from jupyter_client.asynchronous import AsyncKernelClient
from jupyter_client.provisioning import LocalProvisioner
from nbclient.exceptions import DeadKernelError
from traitlets import Any as AnyTrait

# pyarrow brings an allocator that starts a thread when it is loaded, whether or not it is used.
_NO_THREADS = {"JE_ARROW_MALLOC_CONF": "background_thread:false"}

_START_SECONDS = 120.0
_END_SECONDS = 5.0
_CLOSE_SECONDS = 1.0
_POLL_SECONDS = 0.003


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
        self._heard = b""
        self.pid = 0
        self.returncode: int | None = None
        self.problem = ""

    async def ready(self) -> bool:
        """Wait until the kernel listens; False if the warm process can't fork, for the reason in `problem`."""
        deadline = time.monotonic() + _START_SECONDS
        while True:
            code = self.poll()
            if self.problem:
                return False
            if code is not None or time.monotonic() > deadline:
                raise DeadKernelError("Kernel died before it listened")
            if self.pid:
                return True
            await asyncio.sleep(_POLL_SECONDS)

    def poll(self) -> int | None:
        """The exit code, or None while it runs."""
        with self._lock:
            while self.returncode is None and self._hear():
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

    def _hear(self) -> bool:
        try:
            data = self._channel.recv(4096)
        except BlockingIOError:
            return False
        except OSError:
            data = b""
        *lines, self._heard = (self._heard + data).split(b"\n")
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
        What it imports.
    environment : mapping
        Its own; each kernel brings another one.
    """

    def __init__(self, folder: Path, modules: Sequence[str], environment: Mapping[str, str]) -> None:
        self._requests, theirs = socket.socketpair()
        self._lock = threading.Lock()
        self._said = False
        with theirs:
            number = theirs.fileno()
            # As Jupyter starts a kernel; -P: what lies in the working directory is no module of ours.
            command = [
                sys.executable,
                "-Xfrozen_modules=off",
                "-P",
                "-m",
                "leadsmart.report.launcher",
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

    def fork(self, cmd: Sequence[str], *, env: Mapping[str, str], cwd: str | None, log: int) -> ForkedProcess:
        """Ask for a kernel; it becomes ready later."""
        argv = list(cmd[cmd.index("-f") :])
        request = {"argv": argv, "env": dict(env), "cwd": str(cwd or Path.cwd())}
        channel, theirs = socket.socketpair()
        # If it was closed or has died, the channel's end says so.
        with theirs, contextlib.suppress(OSError):
            with self._lock:
                socket.send_fds(self._requests, [b"k"], [theirs.fileno(), log])
            channel.sendall(json.dumps(request).encode() + b"\n")
        return ForkedProcess(channel)

    def say(self, problem: str) -> None:
        """Tell once why kernels start the plain way."""
        with self._lock:
            said, self._said = self._said, True
        if not said:
            sys.stderr.write(f"Kernels start the plain, slower way: {problem}\n")

    def close(self) -> None:
        """End it, and its kernels."""
        self._requests.close()
        try:
            self._process.wait(_CLOSE_SECONDS)
        except subprocess.TimeoutExpired:
            # Still importing, so it has no kernels.
            self._process.kill()
            self._process.wait()


class Provisioner(LocalProvisioner):
    """Starts a kernel by a fork of the warm process where there is one, else as Jupyter does."""

    warm = AnyTrait(allow_none=True)
    on_start = AnyTrait()
    _started: Process | None = None

    @property
    def exit_code(self) -> int | None:
        """The exit code of the kernel's process; None while it runs, or if it never did."""
        return self._started.poll() if self._started else None

    async def launch_kernel(self, cmd: list[str], **options: Any) -> dict[str, Any]:
        """Start the kernel's process."""
        if not await self._fork(cmd, options):
            await super().launch_kernel(cmd, **options)
        self._started = self.process
        self.on_start(self.process)
        return self.connection_info

    async def _fork(self, cmd: list[str], options: Mapping[str, Any]) -> bool:
        if self.warm is None:
            return False
        forked = self.warm.fork(cmd, env=options["env"], cwd=options.get("cwd"), log=options["stderr"])
        self._started = forked
        if not await forked.ready():
            self.warm.say(forked.problem)
            return False
        self.process, self.pid, self.pgid = forked, forked.pid, forked.pid
        self.cwd = options.get("cwd") or Path.cwd()
        return True

    async def kill(self, restart: bool = False) -> None:
        """Kill the kernel and what it started, and wait for its end."""
        await super().kill(restart)
        # Its manager looks only every tenth of a second; a killed process is gone within milliseconds.
        deadline = time.monotonic() + _END_SECONDS
        while await self.poll() is None and time.monotonic() < deadline:
            await asyncio.sleep(_POLL_SECONDS)


class PromptClient(AsyncKernelClient):
    """A client of a kernel that already listens, and so need not wait for silence before it begins."""

    async def wait_for_ready(self, timeout: float | None = None) -> None:
        """Return when the kernel answers and what it publishes arrives here."""
        deadline = time.monotonic() + (timeout or _START_SECONDS)
        while time.monotonic() < deadline:
            self.kernel_info()
            with contextlib.suppress(queue.Empty):
                await self.shell_channel.get_msg(timeout=1)
                await self.iopub_channel.get_msg(timeout=1)
                return
            if not await self.is_alive():
                raise DeadKernelError("Kernel died before it answered")
        raise RuntimeError(f"Kernel didn't answer within {timeout} seconds")
