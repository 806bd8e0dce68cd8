"""Warm kernels: the same outputs as plain ones, isolated from each other, and gone whatever happens."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import nbformat
import papermill
import pytest
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat.v4 import new_code_cell, new_notebook
from papermill.exceptions import PapermillExecutionError

from leadsmart.report.execution import launcher as launcher_module
from leadsmart.report.execution.execute import ENGINE
from leadsmart.report.execution.kernels import COLD, ONE_THREAD, Kernels, find_imports, warm_kernels_work

WAIT = 10.0

pytestmark = pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="warm kernels are for Linux")


def notebook(*sources: str) -> nbformat.NotebookNode:
    kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    cells = [new_code_cell(source, id=f"cell-{index}") for index, source in enumerate(sources)]
    return new_notebook(cells=cells, metadata={"kernelspec": kernelspec})


def execute(kernels: Kernels, *sources: str, timeout: int = 60, **environment: str) -> nbformat.NotebookNode:
    return papermill.execute_notebook(
        notebook(*sources),
        None,
        progress_bar=False,
        execution_timeout=timeout,
        engine_name=ENGINE,
        kernels=kernels,
        kernel_environment={**os.environ, **environment},
    )


def printed(executed: nbformat.NotebookNode, cell: int = -1) -> str:
    return "".join(output.text for output in executed.cells[cell].outputs if output.output_type == "stream")


def is_running(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    try:
        # the state follows the name in brackets; a zombie has ended
        return stat.read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def children_of(pid: int) -> list[int]:
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        found += [int(child) for child in task.read_text(encoding="ascii").split()]
    return found


def wait_for(condition: Callable[[], Any], seconds: float = WAIT) -> Any:
    deadline = time.monotonic() + seconds
    while not (value := condition()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return value


@pytest.fixture(scope="module")
def warm() -> Iterator[Kernels]:
    with Kernels(["pandas", "matplotlib.pyplot"], warm=True) as kernels:
        yield kernels


# --- the same outputs ------------------------------------------------------------------------------------------

CELLS = (
    "import sys, os\nimport pandas as pd\nimport matplotlib.pyplot as plt",
    "pd.DataFrame({'a': [1, 2]}, index=['x', 'y'])",
    "print('out')\nprint('err', file=sys.stderr)\n'last'",
    "plt.plot([1, 2], [3, 4])\nNone",
    "from IPython.display import display, HTML\ndisplay(HTML('<b>x</b>'), display_id='k')\nos.system('echo from below')",
    "__name__, sys.path[0], os.getcwd(), type(get_ipython()).__name__, len(sys.argv), os.path.basename(sys.argv[0])",
    "%timeit -n1 -r1 -q pass\n_6",
    "# nothing",
)


def test_outputs_equal_plain_papermill(warm: Kernels):
    plain = papermill.execute_notebook(notebook(*CELLS), None, progress_bar=False)
    ours = execute(warm, *CELLS)
    assert [cell.outputs for cell in ours.cells] == [cell.outputs for cell in plain.cells]
    assert [cell.execution_count for cell in ours.cells] == [cell.execution_count for cell in plain.cells]
    assert ours.metadata.language_info == plain.metadata.language_info
    kinds = {output.output_type for cell in ours.cells for output in cell.outputs}
    assert kinds == {"stream", "execute_result", "display_data"}
    assert "image/png" in ours.cells[3].outputs[0].data


def test_a_failing_cell_fails_as_in_plain_papermill(warm: Kernels):
    with pytest.raises(PapermillExecutionError) as raised:
        execute(warm, "1", "1 / 0", "2")
    assert (raised.value.ename, raised.value.cell_index) == ("ZeroDivisionError", 1)


def test_kernel_forked_from_a_process_with_the_libraries(warm: Kernels):
    look = "import sys; print('pandas' in sys.modules, 'statsmodels' in sys.modules)"
    assert printed(execute(warm, look, "import pandas"), 0) == "True False\n"


def test_threads_of_parallel_notebooks_do_not_mix_outputs(warm: Kernels):
    with ThreadPoolExecutor(4) as pool:
        runs = [pool.submit(execute, warm, "import os", f"print({i} * 7)", NUMBER=str(i)) for i in range(6)]
        assert [printed(run.result()) for run in runs] == [f"{i * 7}\n" for i in range(6)]


# --- isolation -------------------------------------------------------------------------------------------------


def test_nothing_of_one_kernel_is_seen_in_the_next(warm: Kernels, tmp_path: Path):
    change = (
        "import os, sys, random, pandas as pd, matplotlib as mpl, builtins\n"
        "left = 1\nos.environ['LEFT'] = '1'\n"
        f"os.chdir({str(tmp_path)!r})\n"
        "pd.DataFrame.left = True\npd.set_option('display.precision', 2)\nmpl.rcParams['lines.linewidth'] = 9\n"
        "random.randint = None\nsys.path.append('left')\nbuiltins.left = 1"
    )
    look = (
        "import os, sys, random, pandas as pd, matplotlib as mpl, builtins\n"
        "print('left' in globals(), 'LEFT' in os.environ, os.getcwd(), hasattr(pd.DataFrame, 'left'),\n"
        "      pd.get_option('display.precision'), mpl.rcParams['lines.linewidth'], random.randint is None,\n"
        "      'left' in sys.path, hasattr(builtins, 'left'))"
    )
    untouched = f"False False {Path.cwd()} False 6 1.5 False False False\n"
    assert printed(execute(warm, look)) == untouched
    assert printed(execute(warm, change, look)) != untouched
    assert printed(execute(warm, look)) == untouched


def test_random_states_differ_between_kernels(warm: Kernels):
    draw = "import random, numpy as np, uuid\nprint(random.random(), np.random.random(), uuid.uuid4())"
    first, second = (printed(execute(warm, draw)).split() for _ in range(2))
    assert all(a != b for a, b in zip(first, second, strict=True))


def test_a_kernel_has_the_environment_it_is_given_and_no_other(
    warm: Kernels, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("GIVEN_LATER", "1")
    look = "import os\nprint(os.environ.get('MINE'), os.environ.get('GIVEN_LATER'))"
    assert printed(execute(warm, look, MINE="a")) == "a 1\n"
    monkeypatch.delenv("GIVEN_LATER")
    assert printed(execute(warm, look)) == "None None\n"


def test_kernels_hold_no_descriptors_of_each_other(warm: Kernels):
    # how many sockets a kernel has open changes from moment to moment; which ones are its own does not
    links = "[os.readlink(f'/proc/self/fd/{f}') for f in os.listdir('/proc/self/fd') if os.path.lexists(f'/proc/self/fd/{f}')]"
    code = f"import os; print(*sorted({{link for link in {links} if link.startswith('socket')}}))"
    with ThreadPoolExecutor(3) as pool:
        held = [printed(run.result()).split() for run in [pool.submit(execute, warm, code) for _ in range(3)]]
    assert all(held)
    assert sum(map(len, held)) == len({link for links in held for link in links})


# --- kernels that end badly ------------------------------------------------------------------------------------

GIVE_PID = "import os\nfrom pathlib import Path\nPath({!r}).write_text(str(os.getpid()))"


@pytest.mark.parametrize(
    ("end", "how"),
    [
        ("import os; os._exit(9)", "exit code 9"),
        (
            "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
            "it was killed, most likely for want of memory",
        ),
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "signal 11"),
    ],
)
def test_a_dead_kernel_is_reported_at_once(warm: Kernels, end: str, how: str):
    started = time.monotonic()
    with pytest.raises(DeadKernelError, match=how):
        execute(warm, end)
    assert time.monotonic() - started < WAIT


def test_a_cell_that_wants_too_much_memory_fails_and_a_kernel_that_is_killed_for_it_is_gone(warm: Kernels):
    limit = "import resource\nresource.setrlimit(resource.RLIMIT_AS, (4 * 10**9, 4 * 10**9))"
    with pytest.raises(PapermillExecutionError) as raised:
        execute(warm, limit, "data = bytearray(8 * 10**9)")
    assert raised.value.ename == "MemoryError"
    # what the system does to a process when the machine's memory is at its end
    with pytest.raises(DeadKernelError, match="want of memory"):
        execute(warm, "data = bytearray(10**8)", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
    assert printed(execute(warm, "print('next')")) == "next\n"


def test_what_a_dying_kernel_says_is_in_the_error(warm: Kernels):
    crash = "import faulthandler, ctypes\nfaulthandler.enable()\nctypes.string_at(0)"
    with pytest.raises(DeadKernelError, match="signal 11") as raised:
        execute(warm, crash)
    assert "Extension modules" in str(raised.value)


def test_a_hanging_cell_is_stopped_and_its_kernel_is_gone(warm: Kernels, tmp_path: Path):
    note = tmp_path / "pid"
    hang = "import signal, time\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\ntime.sleep(600)"
    with pytest.raises(CellTimeoutError):
        execute(warm, GIVE_PID.format(str(note)), hang, timeout=1)
    assert not is_running(int(note.read_text()))
    assert printed(execute(warm, "print('next')")) == "next\n"


def test_what_a_kernel_started_ends_with_it(warm: Kernels):
    start = "import subprocess\nprint(subprocess.Popen(['sleep', '600']).pid)"
    pid = int(printed(execute(warm, start)))
    assert wait_for(lambda: not is_running(pid))


def test_notebooks_leave_nothing_behind(warm: Kernels):
    def left() -> tuple[int, int, int, list[Path]]:
        descriptors, theirs = (
            len(list(Path(f"/proc/{pid}/fd").iterdir())) for pid in ("self", warm._launcher.pid)
        )
        return descriptors, theirs, threading.active_count(), list(warm._folder.iterdir())

    execute(warm, "1")
    before = left()
    for _ in range(4):
        execute(warm, "print('x' * 10_000)")
    with pytest.raises(DeadKernelError):
        execute(warm, "import os; os._exit(1)")
    assert wait_for(lambda: left() == before), (before, left())


def test_nothing_of_a_kernel_reaches_the_terminal(capfd: pytest.CaptureFixture[str]):
    with Kernels(warm=True) as kernels:
        execute(kernels, "import os, sys; os.write(2, b'noise'); print('noise', file=sys.__stderr__)")
        with pytest.raises(DeadKernelError):
            execute(kernels, "import os; os.write(2, b'noise'); os._exit(1)")
    assert capfd.readouterr() == ("", "")


# --- runs that end badly ---------------------------------------------------------------------------------------

SCRIPT = """
import sys
sys.path.insert(0, {tests!r})
from pathlib import Path
from test_kernels import GIVE_PID, execute
from leadsmart.report.execution.kernels import Kernels
from concurrent.futures import ThreadPoolExecutor

def main():
    with ThreadPoolExecutor(2) as pool, Kernels(warm={warm}) as kernels:
        {body}

main()
"""


def script(tmp_path: Path, body: str, warm: bool = True) -> list[str]:
    path = tmp_path / "script.py"
    path.write_text(SCRIPT.format(tests=str(Path(__file__).parent), body=body, warm=warm), encoding="utf-8")
    return [sys.executable, str(path)]


@pytest.mark.parametrize(
    ("number", "is_warm"),
    [
        (signal.SIGINT, True),
        (signal.SIGKILL, True),
        pytest.param(signal.SIGINT, False, marks=pytest.mark.slow),
    ],
)
def test_no_process_is_left_when_the_run_is_stopped(tmp_path: Path, number: int, is_warm: bool):
    hang = "import time\ntime.sleep(600)"
    notes = [tmp_path / "pid1", tmp_path / "pid2"]
    runs = [f"pool.submit(execute, kernels, {GIVE_PID.format(str(note))!r}, {hang!r})" for note in notes]
    body = f"runs = [{', '.join(runs)}, pool.submit(execute, kernels, {hang!r})]; print([r.result() for r in runs])"
    folder = tmp_path / "tmp"
    folder.mkdir()
    process = subprocess.Popen(
        script(tmp_path, body, is_warm),
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, "TMPDIR": str(folder)},
    )
    try:
        assert wait_for(lambda: all(note.exists() and note.read_text() for note in notes), 60)
        kernels = [int(note.read_text()) for note in notes]
        started = children_of(process.pid)
        assert started
        assert all(is_running(kernel) for kernel in kernels)
        os.killpg(process.pid, number)
        stopped = time.monotonic()
        _, said = process.communicate(timeout=WAIT)
        assert time.monotonic() - stopped < 5
    finally:
        process.kill()
        process.communicate()
    for pid in (*kernels, *started):
        assert wait_for(lambda pid=pid: not is_running(pid), 3), pid
    assert wait_for(lambda: not list(folder.iterdir()))
    if number == signal.SIGINT:
        assert said.rstrip().endswith("KeyboardInterrupt")
        assert "KeyboardInterrupt caught in kernel" not in said


def test_the_end_of_a_run_leaves_no_process_and_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    before = set(children_of(os.getpid()))
    with Kernels(warm=True) as kernels:
        assert set(children_of(os.getpid())) == before, "a run in which nothing runs starts nothing"
        kernels.start()
        started = set(children_of(os.getpid())) - before
        pid = int(printed(execute(kernels, "import os; print(os.getpid())")))
        assert not is_running(pid)
    assert len(started) == 1
    assert not any(is_running(child) for child in started)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(DeadKernelError, match="over"):
        execute(kernels, "1")


def test_kernels_end_with_the_warm_process(tmp_path: Path):
    note = tmp_path / "pid"
    before = set(children_of(os.getpid()))
    with Kernels(warm=True) as kernels, ThreadPoolExecutor(1) as pool:
        kernels.start()
        [launcher] = set(children_of(os.getpid())) - before
        run = pool.submit(execute, kernels, GIVE_PID.format(str(note)), "import time\ntime.sleep(600)")
        assert wait_for(lambda: note.exists() and note.read_text(), 60)
        os.kill(launcher, signal.SIGKILL)
        with pytest.raises(DeadKernelError):
            run.result()
    assert wait_for(lambda: not is_running(int(note.read_text())))


# --- the plain way ---------------------------------------------------------------------------------------------


def test_the_plain_way_where_it_must(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(COLD, "1")
    assert not warm_kernels_work()
    monkeypatch.delenv(COLD)
    assert warm_kernels_work()
    monkeypatch.setattr(sys, "platform", "darwin")
    assert not warm_kernels_work()


def test_plain_kernels_give_the_same(tmp_path: Path):
    with Kernels(["pandas"], warm=False) as kernels:
        out = execute(kernels, "import sys; print('pandas' in sys.modules, 6 * 7)")
        with pytest.raises(DeadKernelError, match="exit code 9"):
            execute(kernels, "import os; os._exit(9)")
    assert printed(out) == "False 42\n"


def test_a_library_that_starts_threads_makes_kernels_plain(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
):
    (tmp_path / "threaded.py").write_text(
        "import threading\nthreading.Thread(target=threading.Event().wait, daemon=True).start()\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    look = "import sys; print('threaded' in sys.modules)"
    with Kernels(["threaded"], warm=True) as kernels:
        for _ in range(2):
            assert printed(execute(kernels, look, "import threaded"), 0) == "False\n"
    said = capfd.readouterr().err
    assert (
        said.count("its libraries start 1 threads") == said.count("Kernels start the plain, slower way") == 1
    )


def test_a_run_need_not_wait_for_imports_to_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    (tmp_path / "slow.py").write_text(
        "import os, pathlib, time\npathlib.Path(os.environ['NOTE']).touch()\ntime.sleep(60)\n"
    )
    note = tmp_path / "note"
    monkeypatch.setenv("NOTE", str(note))
    with Kernels(["slow"], warm=True) as kernels:
        kernels.start()
        assert wait_for(note.exists, 60)
        started = time.monotonic()
    assert time.monotonic() - started < 2.5


@pytest.fixture
def launcher() -> Iterator[tuple[Kernels, int]]:
    """Kernels that give a fork two seconds, and the number of the process that forks, which is up."""
    before = set(children_of(os.getpid()))
    with Kernels(warm=True, start_seconds=2) as kernels:
        kernels.start()
        [pid] = set(children_of(os.getpid())) - before
        kernels._start_seconds = 60
        execute(kernels, "1")
        kernels._start_seconds = 2
        yield kernels, pid


LOOK = "import os; print(os.getppid())"


@pytest.mark.parametrize(
    ("number", "said"), [(signal.SIGSTOP, "did not answer within 2 s"), (signal.SIGKILL, "ended")]
)
def test_kernels_are_plain_when_the_warm_process_hangs_or_is_gone(
    launcher: tuple[Kernels, int], capsys: pytest.CaptureFixture[str], number: int, said: str
):
    kernels, pid = launcher
    assert printed(execute(kernels, LOOK)) == f"{pid}\n"
    os.kill(pid, number)
    with ThreadPoolExecutor(2) as pool:
        runs = [pool.submit(execute, kernels, LOOK) for _ in range(3)]
        assert {printed(run.result()) for run in runs} == {f"{os.getpid()}\n"}
    assert (
        capsys.readouterr().err
        == f"Kernels start the plain, slower way: the process that forks them {said}\n"
    )


def test_a_kernel_that_comes_too_late_ends(launcher: tuple[Kernels, int], tmp_path: Path):
    kernels, pid = launcher
    os.kill(pid, signal.SIGSTOP)
    execute(kernels, "1")
    os.kill(pid, signal.SIGCONT)
    wait_for(lambda: children_of(pid), 2)
    assert wait_for(lambda: not children_of(pid))


def test_kernels_that_end_at_once_are_all_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The signal of one end comes in while another is being looked at."""
    pids = [
        os.posix_spawn(sys.executable, [sys.executable, "-c", f"raise SystemExit({n})"], {}) for n in (3, 4)
    ]
    for pid in pids:
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
        (tmp_path / str(pid)).mkdir()
    kernels = {pid: tmp_path / str(pid) for pid in pids}
    sent: list[int] = []

    def another_ends(pid: int) -> None:
        if not sent:
            sent.append(pid)
            os.kill(os.getpid(), signal.SIGCHLD)

    monkeypatch.setattr(launcher_module, "_kill_group", another_ends)
    previous = signal.signal(signal.SIGCHLD, lambda *_: launcher_module._reap(kernels))
    try:
        launcher_module._reap(kernels)
    finally:
        signal.signal(signal.SIGCHLD, previous)
    assert kernels == {}
    assert [(tmp_path / str(pid) / launcher_module.EXIT).read_text() for pid in pids] == ["3", "4"]


def test_no_kernel_takes_more_than_a_core(warm: Kernels, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    look = "import threadpoolctl, scipy.linalg\nprint({i['num_threads'] for i in threadpoolctl.threadpool_info()})"
    assert printed(execute(warm, look, **ONE_THREAD)) == "{1}\n"


def test_a_module_that_can_not_be_imported_fails_in_its_notebook(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "broken.py").write_text("1 / 0\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with Kernels(["broken", "absent_module"], warm=True) as kernels:
        with pytest.raises(PapermillExecutionError, match="ZeroDivisionError"):
            execute(kernels, "import broken")
        assert printed(execute(kernels, "print(1)")) == "1\n"


def test_imports_of_notebooks(tmp_path: Path):
    nbformat.write(notebook("import a.b\nfrom d import e", "%magic", "x = 1"), tmp_path / "1.ipynb")
    nbformat.write(notebook("from d.f import (\n  g,\n)\nif x:\n    import h"), tmp_path / "2.ipynb")
    (tmp_path / "3.ipynb").write_text("no notebook")
    assert find_imports(sorted(tmp_path.glob("*.ipynb"))) == ["a.b", "d", "d.f", "h"]
    assert find_imports([]) == []
