"""One small project, run once per session through the command line, however many processes test it."""

import fcntl
import os
import signal
from pathlib import Path

import pytest
from report.builders_report import Built, build_project, read_built

# What a shell starts in the background ignores Ctrl-C, and all that it starts in turn.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """A project of two markets with a hostile export after `leadsmart run`; to be read, not changed."""
    base = tmp_path_factory.getbasetemp()
    # processes of one session have folders side by side
    shared: Path = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "built"
    shared.mkdir(exist_ok=True)
    with (shared / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = read_built(shared) if (shared / "done.json").is_file() else build_project(shared)
    assert done.code == 0, f"{done.stdout}\n{done.stderr}"
    return done
