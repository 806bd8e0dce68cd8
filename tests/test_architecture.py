"""ARCHITECTURE.md's map and import rule hold in the code."""

import ast
import graphlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "leadsmart"
ARCHITECTURE = ROOT / "ARCHITECTURE.md"
MAX_LINES = 400

MAX_MODULES = 15

# The import rule: what each part may import of ours, besides itself. A part is a package, a package in a package, or
# a module at the top; of several that hold a module the longest name is its part. A name ending in * stands for all
# that is below it, too; a package without it for the modules that lie in it directly.
GROUND = ("vocabulary", "errors", "params", "formats", "suppression", "passages")
KERNEL = (*GROUND, "market", "catalogue")
VALUES, READING, TABLES = "cleaning.values", "cleaning.reading", "cleaning.tables"
MAPPING, PROPOSING = "cleaning.mapping", "cleaning.mapping.proposing"
METHODS = ("insights.answers", "insights.methods")
METRICS = "classification.metrics"
PROJECT, PROVENANCE = "report.project", "report.provenance"
MAY_IMPORT: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(GROUND, GROUND),
    "market": GROUND,
    "catalogue": (*GROUND, "market"),
    "sample": KERNEL,
    # the only part that sees contacts; nothing later can reach back to them
    VALUES: GROUND,
    READING: (*GROUND, VALUES, MAPPING),
    # it opens and stages files as reading does, and reading asks it for files that a mapping names
    MAPPING: (*GROUND, VALUES, READING),
    PROPOSING: (*GROUND, VALUES, READING, MAPPING),
    TABLES: (*KERNEL, VALUES, READING),
    "cleaning.quality": (*KERNEL, VALUES, READING, TABLES),
    "cleaning": (*KERNEL, "cleaning.*"),
    # it draws what it is given and computes nothing
    "display": GROUND,
    "display.tables": (*KERNEL, "display"),
    "display.figures": (*KERNEL, "display", "display.tables"),
    "insights": KERNEL,
    "insights.methods": KERNEL,
    "insights.kpi": (*KERNEL, *METHODS),
    "insights.journey": (*KERNEL, *METHODS, "insights.kpi"),
    "insights.money": (*KERNEL, *METHODS, "insights.kpi"),
    "insights.health": (*KERNEL, *METHODS, "insights.kpi", "insights.journey"),
    "insights.findings": (*KERNEL, *METHODS, "insights.kpi", "insights.journey", "insights.money"),
    "insights.pages": (*KERNEL, "insights.*"),
    # the same, and one set of intervals
    METRICS: KERNEL,
    "classification.texts": KERNEL,
    "classification.features": (*KERNEL, "insights.kpi", METRICS, "classification.texts"),
    "classification.estimation": (*KERNEL, METRICS, "classification.texts", "classification.features"),
    "classification.judging": (*KERNEL, METRICS, "classification.features", "classification.estimation"),
    "classification": (*KERNEL, "insights.methods", "insights.kpi", "classification.*"),
    # report knows paths and parameters, never metrics; of cleaning how an export is read, what is known of the key, and
    # what cleaning hands over
    "report": (*KERNEL, READING, MAPPING, "report.*"),
    PROJECT: (*KERNEL, "sample", READING),
    PROVENANCE: (*KERNEL, READING, "cleaning.values.keys", "report.notebooks", PROJECT),
    "report.site": (*KERNEL, "display", "report.notebooks", PROJECT, PROVENANCE),
    "report.execution": (*KERNEL, READING, "report.notebooks", PROJECT, PROVENANCE, "report.site"),
    "report.exports": (*KERNEL, "display.*", "report.notebooks", PROJECT),
    "report.notebook": (*KERNEL, "cleaning.*", "display", "report.*"),
    # new leads pass through all of it: the published model, cleaning, the score
    "arrivals": (*KERNEL, "cleaning.*", "classification.*", PROVENANCE),
    "cli": (*KERNEL, "sample", "arrivals", "display.csv_text", "report.*", MAPPING, PROPOSING),
}


def module_name(path: Path, package: Path) -> str:
    """``cleaning.load`` for cleaning/load.py, ``cleaning`` for cleaning/__init__.py."""
    parts = path.relative_to(package).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def read_modules(package: Path) -> dict[str, ast.Module]:
    paths = sorted(package.rglob("*.py"))
    return {module_name(p, package): ast.parse(p.read_text(encoding="utf-8"), str(p)) for p in paths}


def own_imports(name: str, tree: ast.Module, known: set[str]) -> Iterator[str]:
    """Modules of ours that a module imports, wherever in it the import stands."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            targets = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                raise ValueError(f"{name} has a relative import; write it out, so that the rule can be read")
            targets = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        for target in targets:
            top, _, inner = target.partition(".")
            if top == "leadsmart":
                yield inner if inner in known else inner.rpartition(".")[0]


def part_of(name: str, may_import: dict[str, tuple[str, ...]]) -> str:
    """The part that a module belongs to: the longest name that holds it."""
    parts = [part for part in may_import if name == part or name.startswith(f"{part}.")]
    return max(parts, key=len, default="")


def is_in(name: str, allowed: str) -> bool:
    """Whether a module is what a name of the import rule stands for."""
    if allowed.endswith(".*"):
        return f"{name}.".startswith(allowed[:-1])
    return name == allowed or name.rpartition(".")[0] == allowed


def breaches(modules: dict[str, ast.Module], may_import: dict[str, tuple[str, ...]]) -> list[str]:
    found = []
    for name, tree in modules.items():
        part = part_of(name, may_import)
        allowed = (part, *may_import.get(part, ()))
        targets = own_imports(name, tree, set(modules))
        found += [
            f"{name} imports {target}"
            for target in targets
            if target and not any(is_in(target, a) for a in allowed)
        ]
    return sorted(found)


def circles(modules: dict[str, ast.Module]) -> list[str]:
    """Modules that import each other, directly or through others."""
    waits = {name: {t for t in own_imports(name, tree, set(modules)) if t} for name, tree in modules.items()}
    try:
        graphlib.TopologicalSorter(waits).prepare()
    except graphlib.CycleError as error:
        return list(error.args[1])
    return []


# --- the code ---------------------------------------------------------------------------------------


def test_every_module_has_its_rule():
    assert [name for name in read_modules(PACKAGE) if name and not part_of(name, MAY_IMPORT)] == []


def test_imports_point_one_way():
    assert breaches(read_modules(PACKAGE), MAY_IMPORT) == []


def test_no_folder_has_more_modules_than_a_reader_can_hold():
    modules = Counter(
        p.parent.relative_to(PACKAGE).as_posix() for p in PACKAGE.rglob("*.py") if p.name != "__init__.py"
    )
    assert {folder: n for folder, n in modules.items() if n > MAX_MODULES} == {}


def test_no_print_and_no_assert_at_run_time():
    found = [
        f"{name}:{node.lineno}"
        for name, tree in read_modules(PACKAGE).items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Assert)
        or (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print")
    ]
    assert found == []


def test_public_functions_and_classes_are_documented():
    found = []
    for name, tree in read_modules(PACKAGE).items():
        public = [
            node
            for node in tree.body
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_")
        ]
        found += [f"{name}.{node.name}" for node in public if not ast.get_docstring(node)]
        if not ast.get_docstring(tree) and tree.body:
            found.append(name)
    assert found == []


def test_modules_are_small_and_named_by_what_they_hold():
    paths = sorted(PACKAGE.rglob("*.py"))
    lines = {str(p.relative_to(PACKAGE)): len(p.read_text(encoding="utf-8").splitlines()) for p in paths}
    assert {path: n for path, n in lines.items() if n > MAX_LINES} == {}
    assert [path for path in lines if Path(path).stem in {"utils", "util", "helpers", "common", "misc"}] == []


# --- the document -----------------------------------------------------------------------------------


# --- the checks themselves --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("from leadsmart.formats import format_count", []),
        ("import leadsmart.vocabulary", []),
        ("from leadsmart.insights.kpi.measures import add_rates", []),
        (
            "from leadsmart.insights.pages import cards",
            ["insights.journey.funnel imports insights.pages.cards"],
        ),
        ("from leadsmart.display import tables", ["insights.journey.funnel imports display.tables"]),
        ("import leadsmart.cleaning.clean", ["insights.journey.funnel imports cleaning.clean"]),
        (
            "def f():\n    from leadsmart.report import status",
            ["insights.journey.funnel imports report.status"],
        ),
        ("from leadsmart import report", ["insights.journey.funnel imports report"]),
    ],
)
def test_breaches_are_seen(source, found):
    names = ["", "vocabulary", "formats", "display", "display.tables", "cleaning", "cleaning.clean"]
    names += ["report", "report.status", "insights.kpi.measures", "insights.pages.cards"]
    modules = {name: ast.parse("") for name in names} | {"insights.journey.funnel": ast.parse(source)}
    assert breaches(modules, MAY_IMPORT) == found


def test_relative_imports_are_refused():
    with pytest.raises(ValueError, match="relative import"):
        list(own_imports("insights.funnel", ast.parse("from . import kpis"), set()))
