"""Errors that no code foresaw: one sentence, a private file, never a traceback."""

import errno
import shutil
import stat
from pathlib import Path

import pytest

from leadsmart.cli import BAD_INPUT, MARKET_FAILED, main
from leadsmart.report.project import failures


@pytest.fixture
def logs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(failures.platformdirs, "user_log_path", lambda *_, **__: tmp_path / "log")
    return tmp_path / "log"


@pytest.mark.parametrize(
    ("error", "code", "parts"),
    [
        (
            OSError(errno.ENOSPC, "No space left on device", "outputs/x"),
            BAD_INPUT,
            ["outputs/x: no space", "Free"],
        ),
        (
            PermissionError(errno.EACCES, "Permission denied", "params"),
            BAD_INPUT,
            ["params: permission", "rights"],
        ),
        (ValueError("Mona Planted"), MARKET_FAILED, ["unexpected ValueError", "report it"]),
        (RecursionError("deep"), MARKET_FAILED, ["unexpected RecursionError"]),
    ],
)
def test_one_message_and_a_private_file(logs, monkeypatch, capsys, error, code, parts):
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr("leadsmart.cli.app", fail)
    with pytest.raises(SystemExit) as end:
        main([])
    said = capsys.readouterr().err
    assert end.value.code == code
    assert len(said.splitlines()) == 1
    assert all(part in said for part in parts)
    assert "Planted" not in said
    log = logs / "last-error.log"
    assert str(log) in said
    assert "Traceback" in log.read_text()
    assert stat.S_IMODE(log.stat().st_mode) == 0o600


def test_nowhere_to_keep_it(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setattr(failures.platformdirs, "user_log_path", lambda *_, **__: tmp_path / "file" / "x")
    monkeypatch.setattr(failures.tempfile, "gettempdir", lambda: str(tmp_path / "file" / "y"))
    assert "details" not in str(failures.describe_unexpected(ValueError("x")))


def test_a_folder_that_cant_be_copied_says_what_the_system_said(tmp_path: Path):
    said = f"[Errno {errno.ENOSPC}] No space left on device: 'x'"
    error = shutil.Error([("a", str(tmp_path / "b"), said), ("c", "d", said)])
    told = failures.describe_unexpected(error)
    assert told.problem.startswith("no space left on device") and "whole" in told.remedy
    assert told.file.endswith("b")
