"""Whatever is killed or runs out of disk at any step of its writing, the next command of each kind ends sound."""

import contextlib
import errno
import hashlib
import io
import itertools
import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import MagicMock

import nbformat
import pandas as pd
import pytest
from cleaning.builders_cleaning import make_lead, make_tables, write_export
from nbformat.v4 import new_markdown_cell, new_notebook, new_raw_cell
from report.builders_report import KEY, make_project
from report.faults import Faults, Site

from leadsmart.arrivals import ScoredFile
from leadsmart.cli import main
from leadsmart.private_folders import HOLD_FILE
from leadsmart.report.check import check_inputs
from leadsmart.report.notebooks import NOTEBOOKS
from leadsmart.report.project.files import read_json, sha256_of
from leadsmart.report.project.workspace import STAGE, Workspace, open_workspace
from leadsmart.report.provenance.records import Record, write_record
from leadsmart.report.provenance.signing import find_unsigned

USERS = ("--param", "user_ids=[10, 11, 12]")
COMMANDS = {
    "run": ("run", *USERS, "--renderer", "embedded"),
    "render": ("render", "--renderer", "embedded"),
    "check": ("check", *USERS),
    "score": ("score", "leads.csv", "--market", "gulf", "--out", "scored.csv"),
    "export": ("export", "gulf", "--format", "html"),
}
#: What differs between two runs of the same, and what no reader sees.
_APART = ("stamp.json", ".lock")


class InThisThread(Executor):
    """Runs what it is given at once, so that a kill ends the command."""

    def __init__(self, **_: object) -> None:
        pass

    def submit(self, call: Callable, /, *args: Any, **kwargs: Any) -> Future:
        future: Future = Future()
        future.set_result(call(*args, **kwargs))
        return future


def execute(name: str, market: str, workspace: Workspace, *_: object) -> list[str]:
    """Stands for a notebook: writes a page and a table of the export's version, and its record."""
    notebook = NOTEBOOKS[name]
    folder = workspace.stage / notebook.folder(market)
    text = (workspace.data / "version").read_text()
    (folder / "tables").mkdir(parents=True, exist_ok=True)
    (folder / "tables" / f"{name}.csv").write_text(f"version\n{text}\n")
    written = [f"tables/{name}.csv"]
    if name == "04_summary":
        summary = {"leads": 3, "cpql": None, "currency": "EGP", "title": market, "findings_supported": 0}
        summary |= {"findings": 5, "model_verdict": "Not ready", "version": text}
        (folder / "summary.json").write_text(json.dumps(summary))
        written.append("summary.json")
    cells = [new_raw_cell(f"---\ntitle: {name}\n---", id="front"), new_markdown_cell(text, id="text")]
    nbformat.write(new_notebook(cells=cells), folder / notebook.copy)
    write_record(folder, name, Record(outputs={file: sha256_of(folder / file) for file in written}))
    return []


def render(project: Path) -> None:
    """Stands for the renderer: a page per notebook, with its text."""
    pages = [*project.rglob("*.ipynb"), *project.glob("*.qmd")]
    for page in pages:
        target = project / "outputs" / "site" / page.relative_to(project).with_suffix(".html")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(page.read_text(encoding="utf-8"), encoding="utf-8")


def score(path: Path, outputs: Path, market: str) -> ScoredFile:
    """Stands for the score: holds what is published against its record, as the real one does."""
    assert_whole(outputs / market)
    return ScoredFile(pd.DataFrame({"lead_id": ["1"] * 2000}), {}, "OK", "probability")


class Said(NamedTuple):
    code: int
    text: str


class Project:
    """A project whose two exports, the earlier and the later one, were split already."""

    def __init__(self, root: Path) -> None:
        self.root, self.outputs = root, root / "outputs"
        self._checked: dict[str, Any] = {}

    def check(self, workspace: Workspace, *_: object) -> Any:
        version = (workspace.data / "version").read_text()
        if version not in self._checked:
            self._checked[version] = check_inputs(workspace, [], {"user_ids": ["10", "11", "12"]})
        return self._checked[version]

    def call(self, verb: str, version: str = "later") -> Said:
        """A command, which may die; -1 where it did."""
        said, code = io.StringIO(), 0
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            try:
                data = ("--data", f"export-{version}") if verb in ("run", "check") else ()
                main([*COMMANDS[verb], *data])
            except SystemExit as end:
                code = int(end.code or 0)
        return Said(code, said.getvalue())

    def reset(self) -> None:
        """As it was after the earlier run."""
        for name in ("outputs", "exports", "tmp"):
            shutil.rmtree(self.root / name, ignore_errors=True)
        (self.root / "tmp").mkdir()
        shutil.copytree(self.root / "kept" / "outputs", self.outputs)
        shutil.copytree(self.root / "kept" / "exports", self.root / "exports")
        shutil.copyfile(self.root / "kept" / "exports.json", self.root / ".leadsmart" / "exports.json")
        shutil.copyfile(self.root / "kept" / "scored.csv", self.root / "scored.csv")

    def published(self) -> dict[str, str]:
        files = (path for path in self.outputs.rglob("*") if path.is_file() and path.name not in _APART)
        return {p.relative_to(self.outputs).as_posix(): _digest(p) for p in sorted(files)}


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def assert_whole(market: Path) -> None:
    """A market's folder holds what its record says and nothing else."""
    outputs = read_json(market / "run.json")["outputs"]
    found = {p.relative_to(market).as_posix() for p in market.rglob("*") if p.is_file()} - {"run.json"}
    assert found == set(outputs)
    assert all(sha256_of(market / name) == digest for name, digest in outputs.items())


def assert_sound(project: Project) -> None:
    """Readers find whole folders, a whole site and whole files beside them, of the one run or the other."""
    for market in ("gulf", "new-cairo", "unassigned"):
        assert_whole(project.outputs / market)
    pages = read_json(project.outputs / "run.json")["expected_pages"]
    texts = [(project.outputs / "site" / page).read_text(encoding="utf-8") for page in pages]
    assert all(texts)
    assert not list((project.outputs / ".staging").glob("*.previous"))
    assert (project.root / "scored.csv").read_text().count("\n") == 2001
    assert (project.root / "exports" / "gulf.html").read_text(encoding="utf-8").endswith("</html>\n")
    # a private folder whose maker was killed before it was held is empty
    left = [path for path in (project.root / "tmp").rglob("*") if path.is_file()]
    assert {path.name for path in left} <= {f"{HOLD_FILE}.new", "last-error.log"}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    root = make_project(tmp_path_factory.mktemp("faults") / "project")
    (root / "leads.csv").touch()
    tables = make_tables()
    for version in ("earlier", "later"):
        write_export(root / f"export-{version}", tables)
        (root / f"export-{version}" / "version").write_text(version)
        tables["leads"].append(make_lead("1999", "1"))
    made = Project(root)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        (root / "tmp").mkdir()
        patch.setattr(tempfile, "tempdir", str(root / "tmp"))
        patch.setenv("LEADSMART_ROOT", str(root))
        patch.setenv("LEADSMART_CONTACT_KEY", KEY)
        patch.setenv("XDG_STATE_HOME", str(root / "state"))
        patch.setattr("leadsmart.report.check.check_inputs", made.check)
        patch.setattr("leadsmart.report.check.describe_export", lambda *_: [])
        patch.setattr("leadsmart.report.pipeline.ThreadPoolExecutor", InThisThread)
        patch.setattr("leadsmart.report.pipeline.Kernels", MagicMock())
        patch.setattr("leadsmart.report.execution.execute.execute_notebook", execute)
        patch.setattr("leadsmart.report.site.site._render_embedded", render)
        patch.setattr("leadsmart.arrivals.score_file", score)
        for verb in ("run", "score", "export"):
            assert made.call(verb, "earlier").code == 0
        kept = root / "kept"
        shutil.copytree(made.outputs, kept / "outputs")
        shutil.copytree(root / "exports", kept / "exports")
        shutil.copyfile(root / ".leadsmart" / "exports.json", kept / "exports.json")
        shutil.copyfile(root / "scored.csv", kept / "scored.csv")
        # where what is to be written is known, nothing is split again
        made.check(open_workspace(root=root, data=root / "export-later", environment={}))
        yield made


@pytest.fixture(scope="module")
def undisturbed(project: Project) -> dict[str, str]:
    project.reset()
    said = project.call("run")
    assert said.code == 0, said
    return project.published()


def find_sites(project: Project, verb: str) -> dict[Site, list[int]]:
    """Each line that writes -> the steps at which it does."""
    project.reset()
    faults, found = Faults(-1), {}
    with faults.active():
        said = project.call(verb)
    assert said.code == 0, said
    for step, site in enumerate(faults.sites):
        found.setdefault(site, []).append(step)
    return found


def try_fault(
    project: Project,
    undisturbed: dict[str, str],
    verb: str,
    faults: Faults,
    following: str,
    *,
    is_run_again: bool = True,
) -> None:
    """A command with a fault, the command after it, and a run, if that is wanted."""
    project.reset()
    before = project.published()
    died = Said(-1, "")
    with faults.active():
        died = project.call(verb)
    if not faults.fired:
        return
    if faults.full:
        # one sentence, and who reads meanwhile finds the old report or the new one
        assert died.code in (0, 2), died
        assert "Traceback" not in died.text
        if died.code:
            assert died.text.splitlines()[-1].startswith("leadsmart: ") and "pace" in died.text, died
    said = project.call(following)
    assert said.code == 0, (said, died)
    assert_sound(project)
    if verb not in ("run", "render") and following not in ("run", "render"):
        assert project.published() == before
    if following != "run" and is_run_again:
        said = project.call("run")
        assert said.code == 0, said
    elif following != "run":
        return
    assert project.published() == undisturbed
    assert find_unsigned(project.outputs) == []


HOW = ({}, {"after": True}, {"full": True})


@pytest.mark.parametrize("verb", COMMANDS)
def test_each_line_that_writes_may_be_the_last(project: Project, undisturbed: dict[str, str], verb: str):
    following, how = itertools.cycle(COMMANDS), itertools.cycle(HOW)
    for steps in find_sites(project, verb).values():
        faults = Faults(steps[0], **next(how))
        try_fault(project, undisturbed, verb, faults, next(following), is_run_again=False)


@pytest.mark.slow
@pytest.mark.parametrize("following", COMMANDS)
@pytest.mark.parametrize("how", HOW, ids=["before", "after", "full"])
@pytest.mark.parametrize("verb", COMMANDS)
def test_any_step_may_be_the_last(
    project: Project, undisturbed: dict[str, str], verb: str, how: dict[str, bool], following: str
):
    for steps in find_sites(project, verb).values():
        for step in sorted({steps[0], steps[-1]}):
            try_fault(project, undisturbed, verb, Faults(step, **how), following)


def test_faults_reach_every_kind_of_step(project: Project):
    sites = find_sites(project, "run")
    assert {name for name, *_ in sites} >= {"rename", "replace", "unlink", "mkdir", "fsync", "open"}
    faults = Faults(0)
    with faults.active():
        (project.root / "never").mkdir()
    assert faults.fired and not (project.root / "never").exists()


@pytest.mark.parametrize("verb", ["run", "render"])
def test_the_disk_fills_up_within_a_copy(project: Project, verb: str, monkeypatch: pytest.MonkeyPatch):
    """Files that are copied one by one are refused one by one, and still one sentence is said."""
    project.reset()
    before = project.published()

    copy = shutil.copyfile

    def refuse(source: Any, target: Any, **options: Any) -> Any:
        if Path(target).is_relative_to(project.outputs):
            raise OSError(errno.ENOSPC, "No space left on device", str(target))
        return copy(source, target, **options)

    with monkeypatch.context() as patch:
        patch.setattr(shutil, "copyfile", refuse)
        said = project.call(verb)
    assert said.code == 2 and said.text.splitlines()[-1].startswith("leadsmart: ")
    assert "no space left on device" in said.text and "what was published is whole" in said.text
    stage = f"{STAGE}/"
    assert {n: d for n, d in project.published().items() if not n.startswith(stage)} == before
