"""How a kernel starts and ends: Jupyter's interfaces for that, over forked and plain processes alike."""

import asyncio
import contextlib
import queue
import time
from pathlib import Path
from typing import Any

from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning.local_provisioner import LocalProvisioner
from nbclient.exceptions import DeadKernelError
from traitlets import Any as AnyTrait

_ANSWER_SECONDS = 120.0
_END_SECONDS = 5.0
_LOOK_SECONDS = 0.003


class Provisioner(LocalProvisioner):
    """Starts a kernel by a fork where it can be had, else as Jupyter does."""

    #: Gives a forked process for a command and its options, or None.
    fork = AnyTrait()
    #: Told of the kernel's process.
    on_start = AnyTrait()
    #: The kernel's process once it runs, and after it has ended.
    started: Any = None

    async def launch_kernel(self, cmd: list[str], **options: Any) -> KernelConnectionInfo:
        """Start the kernel's process."""
        if forked := await self.fork(cmd, options["env"], options.get("cwd")):
            self.process, self.pid, self.pgid = forked, forked.pid, forked.pid
            self.cwd = options.get("cwd") or Path.cwd()
        else:
            await super().launch_kernel(cmd, **options)
        self.started = self.process
        self.on_start(self.process)
        return self.connection_info

    async def kill(self, restart: bool = False) -> None:
        """Kill the kernel and what it started, and wait for its end."""
        await super().kill(restart)
        # Its manager looks only every tenth of a second; a killed process is gone within milliseconds.
        deadline = time.monotonic() + _END_SECONDS
        while await self.poll() is None and time.monotonic() < deadline:
            await asyncio.sleep(_LOOK_SECONDS)


class PromptClient(AsyncKernelClient):
    """A client of a kernel that already listens, and so need not wait for silence before it begins."""

    async def wait_for_ready(self, timeout: float | None = None) -> None:
        """Return when the kernel answers and what it publishes arrives here."""
        deadline = time.monotonic() + (timeout or _ANSWER_SECONDS)
        while time.monotonic() < deadline:
            self.kernel_info()
            with contextlib.suppress(queue.Empty):
                await self.shell_channel.get_msg(timeout=1)
                await self.iopub_channel.get_msg(timeout=1)
                return
            if not await self.is_alive():
                raise DeadKernelError("Kernel died before it answered")
        raise RuntimeError(f"Kernel didn't answer within {timeout} seconds")
