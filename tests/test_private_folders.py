"""Private folders: held while somebody works in them, and gone once nobody does."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from leadsmart.private_folders import HOLD_FILE, hold, private_folder, remove_unheld, sweep


def test_a_folder_lives_as_long_as_its_block(tmp_path: Path):
    with private_folder("try", tmp_path) as folder:
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        (folder / "rows").write_text("x")
        assert sweep(tmp_path) == []
        assert not remove_unheld(folder)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_goes_with_an_error_too(tmp_path: Path):
    with pytest.raises(RuntimeError), private_folder("try", tmp_path):
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


def test_several_hold_and_the_last_one_lets_go(tmp_path: Path):
    one, other = hold(tmp_path), hold(tmp_path)
    os.close(one)
    assert not remove_unheld(tmp_path)
    os.close(other)
    assert remove_unheld(tmp_path)
    assert not tmp_path.exists()
    assert remove_unheld(tmp_path)
    with pytest.raises(FileNotFoundError):
        hold(tmp_path)


def test_another_process_holds(tmp_path: Path):
    code = (
        "import sys, pathlib; from leadsmart.private_folders import private_folder\n"
        "with private_folder('try', pathlib.Path(sys.argv[1])) as folder: print(folder, flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        folder = Path(process.stdout.readline().strip())
        assert sweep(tmp_path) == []
        process.kill()
        process.wait()
    assert sweep(tmp_path) == [folder]


def test_folders_of_others_stay(tmp_path: Path):
    (tmp_path / "leadsmart-notes").mkdir()
    (tmp_path / "other-x").mkdir()
    (tmp_path / "other-x" / HOLD_FILE).touch()
    assert sweep(tmp_path) == []
    assert len(list(tmp_path.iterdir())) == 2
