"""Which notebooks run again after which change: exactly those that depend on it, and each says why."""

import ast
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from cleaning.builders_cleaning import make_tables, write_export
from report.builders_report import KEY, make_project

from leadsmart.report.execution.schedule import plan
from leadsmart.report.notebooks import (
    CLASSIFICATION,
    CLEANING,
    EXPLORE,
    INSIGHTS,
    MARKET_NOTEBOOKS,
    NOTEBOOKS,
    OVERVIEW,
    POOLED,
    SUMMARY,
    Of,
    RunInput,
)
from leadsmart.report.project.export_slices import open_slices
from leadsmart.report.project.files import sha256_of
from leadsmart.report.project.workspace import STAGE, Workspace, open_workspace
from leadsmart.report.provenance import dependencies
from leadsmart.report.provenance.freshness import Freshness
from leadsmart.report.provenance.history import find_compared
from leadsmart.report.provenance.records import (
    FileRead,
    InputRead,
    MarketsRead,
    Read,
    Record,
    read_record,
    write_record,
)
from leadsmart.report.provenance.result_store import ResultStore
from leadsmart.report.status import list_status

MARKETS = ("gulf", "new-cairo")
ALL = "all-markets"
EVERYWHERE = {
    *((market, notebook.name) for market in MARKETS for notebook in MARKET_NOTEBOOKS),
    ("unassigned", CLEANING),
    (ALL, POOLED),
    (ALL, OVERVIEW),
}
#: What the notebooks of this test read of each other: notebook -> (notebook, file) of the same market. Only gulf's 03 reads
#: the pooled extracts: new-cairo has labels enough for a model of its own.
READS = {
    INSIGHTS: [(CLEANING, "clean.txt")],
    EXPLORE: [(CLEANING, "clean.txt")],
    CLASSIFICATION: [(CLEANING, "clean.txt"), (POOLED, "extracts.txt")],
    SUMMARY: [(CLEANING, "clean.txt"), (CLASSIFICATION, "card.txt")],
}
WRITES = {
    CLEANING: "clean.txt",
    INSIGHTS: "kpis.txt",
    EXPLORE: "explore.txt",
    CLASSIFICATION: "card.txt",
    SUMMARY: "summary.json",
    POOLED: "extracts.txt",
    OVERVIEW: "markets.txt",
}


def of_all(*notebooks: str) -> set[tuple[str, str]]:
    """These notebooks, of every market that has them."""
    return {(market, notebook) for market, notebook in EVERYWHERE if notebook in notebooks}


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the package, and a project in which every notebook has a result."""
    base = tmp_path_factory.mktemp("freshness")
    shutil.copytree(dependencies.PACKAGE, base / "leadsmart", ignore=shutil.ignore_patterns("__pycache__"))
    root = make_project(base / "project")
    (root / "requirements.lock").write_text("pandas==3.0.0\n", encoding="utf-8")
    write_export(root / "export", make_tables())
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LEADSMART_CONTACT_KEY", KEY)
        patch.setattr(dependencies, "PACKAGE", base / "leadsmart")
        publish_everything(open_workspace(root=root, data=root / "export", environment={}))
    return base


@pytest.fixture
def package(tmp_path: Path, published: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the package, that a test may change."""
    monkeypatch.setenv("LEADSMART_CONTACT_KEY", KEY)
    monkeypatch.setattr(dependencies, "PACKAGE", tmp_path / "leadsmart")
    return shutil.copytree(published / "leadsmart", tmp_path / "leadsmart")


@pytest.fixture
def workspace(tmp_path: Path, published: Path, package: Path) -> Workspace:
    """A copy of the project with its results, that a test may change."""
    root = shutil.copytree(published / "project", tmp_path / "project")
    return open_workspace(root=root, data=root / "export", environment={})


def open_store(workspace: Workspace, **overrides: object) -> ResultStore:
    workspace = replace(workspace, stage=workspace.outputs / STAGE)
    return ResultStore(workspace, open_slices(workspace), overrides)


def publish_everything(workspace: Workspace) -> None:
    """Results of every notebook as a run would leave them, with one short file each."""
    freshness = Freshness(open_store(workspace))
    for market, notebook in plan(MARKETS, []):
        publish(freshness, market, notebook)


def publish(freshness: Freshness, market: str, notebook: str) -> None:
    folder = freshness.store.workspace.outputs / market
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"leads": 3}) if notebook == SUMMARY else f"{notebook} of {market}"
    (folder / WRITES[notebook]).write_text(text, encoding="utf-8")
    freshness.invalidate()
    reads: list[Read] = [
        FileRead(NOTEBOOKS[other].folder(market), other, file)
        for other, file in READS.get(notebook, [])
        if other != POOLED or market == "gulf"
    ]
    if notebook == POOLED:
        reads = [MarketsRead(CLEANING, Of.EVERY), *(FileRead(m, CLEANING, "clean.txt") for m in MARKETS)]
    if notebook == OVERVIEW:
        freshness.compared = find_compared(freshness, MARKETS)
        reads = [MarketsRead(SUMMARY, Of.PUBLISHED), *(FileRead(m, SUMMARY, "summary.json") for m in MARKETS)]
        reads += [InputRead(read.value) for read in NOTEBOOKS[OVERVIEW].reads if isinstance(read, RunInput)]
        reads.append(FileRead("unassigned", CLEANING, "clean.txt"))
    values = {read: freshness.current(read) or "" for read in reads}
    outputs = {WRITES[notebook]: sha256_of(folder / WRITES[notebook])}
    write_record(folder, notebook, Record(freshness.facts(notebook, market), values, outputs))
    freshness.invalidate()


def stale(workspace: Workspace, **overrides: object) -> dict[tuple[str, str], list[str]]:
    """Notebooks that something changed for -> why; those that only wait for others left out."""
    found = list_status(open_store(workspace, **overrides), MARKETS, "embedded")
    return {(s.market, s.notebook): list(s.reasons) for s in found if s.reasons and s.market != "site"}


def add_line(*parts: str) -> Callable[[Workspace, Path], None]:
    def change(workspace: Workspace, package: Path) -> None:
        path = (package if parts[0] == "package" else workspace.root).joinpath(*parts[1:])
        assert path.is_file()
        with path.open("a", encoding="utf-8") as file:
            file.write("\n# a line more\n")

    return change


def set_parameter(file: str, line: str) -> Callable[[Workspace, Path], None]:
    def change(workspace: Workspace, package: Path) -> None:
        path = workspace.params_dir / file
        name = line.partition(":")[0]
        kept = [x for x in path.read_text(encoding="utf-8").splitlines() if not x.startswith(f"{name}:")]
        path.write_text("\n".join([*kept, line]) + "\n", encoding="utf-8")

    return change


def change_row(workspace: Workspace, package: Path) -> None:
    """One number of one row, which belongs to gulf."""
    tables = make_tables()
    (row,) = [row for row in tables["ad_performance"] if row["campaign_id"] == "3"]
    row["spend"] = "6"
    write_export(workspace.data, tables)


def change_extracts(workspace: Workspace, package: Path) -> None:
    """What the pooled model gathered, as after another market's change."""
    folder = workspace.outputs / ALL
    path = folder / WRITES[POOLED]
    path.write_text("other leads", encoding="utf-8")
    write_record(folder, POOLED, replace(read_record(folder, POOLED), outputs={path.name: sha256_of(path)}))


def change_notebook(workspace: Workspace, package: Path) -> None:
    path = workspace.notebooks / "02_insights.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    notebook["cells"][-1]["source"] += "\n"
    path.write_text(json.dumps(notebook), encoding="utf-8")


def save_notebook_with_outputs(workspace: Workspace, package: Path) -> None:
    path = workspace.notebooks / "02_insights.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    notebook["cells"][-1]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "hello"}]
    notebook["cells"][-1]["execution_count"] = 7
    path.write_text(json.dumps(notebook, indent=3), encoding="utf-8")


CASES = {
    "nothing": (lambda workspace, package: None, set()),
    "a module of cleaning": (add_line("package", "cleaning", "values", "dates.py"), of_all(CLEANING)),
    "a module of 02 only": (add_line("package", "insights", "journey", "variants.py"), of_all(INSIGHTS)),
    "a module of 04": (add_line("package", "insights", "findings", "recommendations.py"), of_all(SUMMARY)),
    "a module of the classifier": (
        add_line("package", "classification", "judging", "gaps.py"),
        of_all(CLASSIFICATION),
    ),
    "a module of the classifier and the pooled model": (
        add_line("package", "classification", "features", "labels.py"),
        of_all(CLASSIFICATION, POOLED),
    ),
    "a picture that 02 and 03 draw": (
        add_line("package", "display", "figures", "curves.py"),
        of_all(INSIGHTS, CLASSIFICATION),
    ),
    "a module that every notebook imports": (add_line("package", "vocabulary.py"), EVERYWHERE),
    "how executed copies are shaped": (add_line("package", "report", "execution", "execute.py"), EVERYWHERE),
    "how kernels start": (add_line("package", "report", "execution", "launcher.py"), set()),
    "how the site is rendered": (add_line("package", "report", "site", "site.py"), set()),
    "how a sample is drawn": (add_line("package", "sample", "world.py"), set()),
    "a parameter of the score in one market": (
        set_parameter("gulf.yml", "horizon_days: 61"),
        {("gulf", CLASSIFICATION), (ALL, POOLED)},
    ),
    "a parameter of the findings": (
        set_parameter("gulf.yml", "practical_margin: 0.3"),
        {("gulf", INSIGHTS)},
    ),
    "the period, which cleaning and the score don't know": (
        set_parameter("gulf.yml", "period_start: 2024-06-02"),
        {("gulf", INSIGHTS), ("gulf", EXPLORE), ("gulf", SUMMARY)},
    ),
    "a parameter of running": (set_parameter("_defaults.yml", "cell_timeout: 601"), set()),
    "how one market's export is written": (
        set_parameter("gulf.yml", "date_order: dmy"),
        {("gulf", CLEANING)},
    ),
    "one row of one market": (change_row, {("gulf", CLEANING), (ALL, OVERVIEW)}),
    "the pooled extracts": (change_extracts, {("gulf", CLASSIFICATION)}),
    "the reviewed corrections": (add_line("project", "params", "_corrections.yml"), of_all(CLEANING)),
    "the lock file": (add_line("project", "requirements.lock"), EVERYWHERE),
    "a cell": (change_notebook, of_all(INSIGHTS)),
    "what a notebook showed when it was saved": (save_notebook_with_outputs, set()),
    "a page of the site": (add_line("project", "docs", "method.qmd"), set()),
}


@pytest.mark.parametrize("case", CASES)
def test_a_change_reruns_exactly_the_notebooks_that_depend_on_it(
    workspace: Workspace, package: Path, case: str
):
    change, expected = CASES[case]
    change(workspace, package)
    found = stale(workspace)
    assert set(found) == expected, found


@pytest.mark.parametrize(
    ("change", "key", "reason"),
    [
        (set_parameter("gulf.yml", "seed: 8"), ("gulf", INSIGHTS), "parameter seed changed 20240601 → 8"),
        (
            add_line("package", "insights", "pages", "cards.py"),
            ("gulf", INSIGHTS),
            "leadsmart/insights/pages/cards.py changed",
        ),
        (change_row, ("gulf", CLEANING), "its data changed (ad_performance)"),
        (change_notebook, ("gulf", INSIGHTS), "notebook changed"),
        (
            add_line("project", "requirements.lock"),
            ("gulf", SUMMARY),
            "environment changed (requirements.lock)",
        ),
    ],
)
def test_every_reason_is_named(workspace: Workspace, package: Path, change, key, reason):
    change(workspace, package)
    assert stale(workspace)[key] == [reason]


def test_what_never_ran_and_what_is_gone_is_said(workspace: Workspace):
    (workspace.outputs / "gulf" / ".records" / f"{SUMMARY}.json").unlink()
    (workspace.outputs / "gulf" / "kpis.txt").unlink()
    (workspace.outputs / "gulf" / "card.txt").write_text("by hand", encoding="utf-8")
    found = stale(workspace)
    assert found[("gulf", SUMMARY)] == ["never run"]
    assert found[("gulf", INSIGHTS)] == ["kpis.txt is missing"]
    assert found[("gulf", CLASSIFICATION)] == ["card.txt is not what it wrote"]
    assert ("gulf", CLEANING) not in found


def test_a_notebook_waits_for_what_it_reads_and_runs_only_if_that_changes(
    workspace: Workspace, package: Path
):
    change_row(workspace, package)
    found = {(s.market, s.notebook): s for s in list_status(open_store(workspace), MARKETS, "embedded")}
    assert list(found[("gulf", INSIGHTS)].waits_for) == ["01_cleaning of gulf"]
    assert list(found[("gulf", CLASSIFICATION)].waits_for) == [
        "01_cleaning of gulf",
        "pooled_model of all-markets",
    ]
    assert list(found[("gulf", SUMMARY)].waits_for) == ["01_cleaning of gulf", "03_classification of gulf"]
    assert all(found[("new-cairo", n.name)].is_up_to_date for n in MARKET_NOTEBOOKS), (
        "it read no pooled extracts"
    )
    publish(Freshness(open_store(workspace)), "gulf", CLEANING)
    assert ("gulf", INSIGHTS) not in stale(workspace), "the clean tables are as they were"


def test_another_contact_key_is_other_data(workspace: Workspace, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("LEADSMART_CONTACT_KEY", "another key for tests")
    assert stale(workspace)[("gulf", CLEANING)] == ["its data changed (contact key)"]
    records = "".join(p.read_text(encoding="utf-8") for p in workspace.outputs.rglob("*.json"))
    assert KEY not in records


def test_each_client_has_a_contact_key_of_its_own(workspace: Workspace):
    def key(**overrides: object) -> str:
        return str(
            Freshness(open_store(workspace, **overrides)).facts(CLEANING, "gulf")["data"]["contact key"]
        )

    client, other = ({"audience": "client", "user_ids": [user]} for user in ("1", "2"))
    assert key() == key(user_ids=["1"])
    assert len({key(), key(**client), key(**other)}) == 3
    assert "its data changed (contact key)" in stale(workspace, **client)[("gulf", CLEANING)]


def test_a_template_makes_those_due_that_show_something(workspace: Workspace, package: Path):
    """What is no module belongs to every module of its package and below."""
    template = package / "display" / "templates" / "card.html"
    template.parent.mkdir(exist_ok=True)
    template.write_text("<p>{{ text }}</p>", encoding="utf-8")
    assert stale(workspace)[("gulf", INSIGHTS)] == ["leadsmart/display/templates/card.html is new"]
    assert set(stale(workspace)) == EVERYWHERE
    folder = package / "insights" / "journey"
    (folder / "steps.csv").write_text("a,b\n", encoding="utf-8")
    template.unlink()
    assert set(stale(workspace)) == of_all(INSIGHTS, EXPLORE, SUMMARY)


def test_what_python_compiled_is_no_part_of_the_code(workspace: Workspace, package: Path):
    (package / "display" / "__pycache__").mkdir(exist_ok=True)
    (package / "display" / "__pycache__" / "cards.cpython-312.pyc").write_bytes(b"x")
    assert stale(workspace) == {}


def test_no_module_behind_a_figure_imports_ours_inside_a_function():
    """Such an import would be missed: only those at the top of a module are followed."""
    found = []
    for path in sorted(dependencies.PACKAGE.rglob("*.py")):
        name = path.relative_to(dependencies.PACKAGE).as_posix()
        if name.startswith("report/") or "/" not in name:
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        inner = [n for f in ast.walk(tree) if isinstance(f, ast.FunctionDef) for n in ast.walk(f)]
        modules = [n.module or "" for n in inner if isinstance(n, ast.ImportFrom)]
        modules += [alias.name for n in inner if isinstance(n, ast.Import) for alias in n.names]
        found += [f"{name}: {module}" for module in modules if module.startswith("leadsmart")]
    assert found == []


def test_a_client_s_insights_depend_on_how_others_are_cleaned(workspace: Workspace):
    inside, client = (
        Freshness(open_store(workspace, **overrides)).facts(INSIGHTS, "gulf")
        for overrides in ({}, {"audience": "client", "user_ids": ("7",)})
    )
    cleaning = {"leadsmart/cleaning/values/dates.py", "leadsmart/cleaning/reading/corrections.py"}
    assert cleaning <= client["code"].keys() and not cleaning & inside["code"].keys()
    assert "date_order" in client["parameters"] and "date_order" not in inside["parameters"]
    assert {"contact key", "corrections", "last day", "all markets"} == client["data"].keys() - inside[
        "data"
    ].keys()


@pytest.mark.parametrize("notebook", [INSIGHTS, SUMMARY])
def test_what_only_reads_clean_tables_does_not_depend_on_how_cleaning_works(
    workspace: Workspace, notebook: str
):
    facts = Freshness(open_store(workspace)).facts(notebook, "gulf")
    assert {name for name in facts["code"] if "/cleaning/" in name} == {
        "leadsmart/cleaning/__init__.py",
        "leadsmart/cleaning/reading/__init__.py",
        "leadsmart/cleaning/reading/slices.py",
    }
    assert "leadsmart/insights/kpi/measures.py" in facts["code"]
    assert "date_order" not in facts["parameters"]
