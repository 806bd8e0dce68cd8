"""ARCHITECTURE.md's map and import rule hold in the code."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "leadsmart"
ARCHITECTURE = ROOT / "ARCHITECTURE.md"
MAX_LINES = 400

# The import rule: what each part may import of ours, besides itself. A package stands for all its modules.
WORDS = ("vocabulary", "errors", "params")
MAY_IMPORT: dict[str, tuple[str, ...]] = {
    "vocabulary": WORDS,
    "errors": WORDS,
    "params": WORDS,
    "suppression": WORDS,
    "passages": WORDS,
    "sample": WORDS,
    "cleaning": (*WORDS, "suppression", "passages", "display.formats"),
    "display": WORDS,
    "insights": (*WORDS, "suppression", "passages", "display.formats"),
    "classification": (*WORDS, "suppression", "display.formats", "insights.statistics"),
    # report knows paths and parameters, never metrics: of cleaning only how an export is checked and split, what
    # is known of its slices and of the key, what cleaning hands over, and how a client's others are cleaned
    "report": (
        *WORDS,
        "sample",
        "display",
        "cleaning.load",
        "cleaning.split",
        "cleaning.slices",
        "cleaning.keys",
        "cleaning.clean",
        "cleaning.corrections",
    ),
    # new leads pass through all of it: the published model, cleaning, the score
    "arrivals": (*WORDS, "cleaning", "classification", "report"),
    "cli": (*WORDS, "sample", "report", "arrivals", "display.csv_text"),
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


def breaches(modules: dict[str, ast.Module], may_import: dict[str, tuple[str, ...]]) -> list[str]:
    found = []
    for name, tree in modules.items():
        part = name.partition(".")[0]
        allowed = (part, *may_import.get(part, ()))
        targets = own_imports(name, tree, set(modules))
        found += [
            f"{name} imports {target}"
            for target in targets
            if target and not any(target == a or target.startswith(f"{a}.") for a in allowed)
        ]
    return sorted(found)


def read_map(text: str) -> list[str]:
    """Paths of the tree in the fenced block that begins with src/leadsmart/; a name ends in .py or in /."""
    [block] = re.findall(r"^```\w*\nsrc/leadsmart/.*?\n(.*?)^```", text, flags=re.M | re.S)
    paths, folder = [], ""
    for line in block.splitlines():
        match = re.match(r"( {2}| {4})(\w+(?:\.py|/))(?: |$)", line)
        if not match:
            # a line of words goes on explaining the name above it
            continue
        indent, name = match.groups()
        folder = "" if len(indent) == 2 else folder
        if name.endswith("/"):
            folder = name
        else:
            paths.append(folder + name)
    return paths


# --- the code ---------------------------------------------------------------------------------------


def test_every_part_has_its_rule():
    parts = {name.partition(".")[0] for name in read_modules(PACKAGE)} - {""}
    assert sorted(parts - set(MAY_IMPORT)) == []


def test_imports_point_one_way():
    assert breaches(read_modules(PACKAGE), MAY_IMPORT) == []


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


def test_map_names_every_module_and_no_other():
    listed = read_map(ARCHITECTURE.read_text(encoding="utf-8"))
    present = {p.relative_to(PACKAGE).as_posix() for p in PACKAGE.rglob("*.py") if p.name != "__init__.py"}
    assert len(set(listed)) == len(listed)
    assert sorted(present - set(listed)) == [], "add these to the map in ARCHITECTURE.md"
    assert sorted(set(listed) - present) == [], "take these out of the map in ARCHITECTURE.md"


def test_document_states_the_rule_of_the_table():
    text = ARCHITECTURE.read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| (.*?) \|", text, flags=re.M)
    stated = {part: set(re.findall(r"`([\w.]+)`", cell)) for part, cell in rows if part in MAY_IMPORT}
    assert stated == {part: set(allowed) - {part} for part, allowed in MAY_IMPORT.items()}


# --- the checks themselves --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("from leadsmart.display import formats", []),
        ("from leadsmart.display.formats import format_count", []),
        ("import leadsmart.vocabulary", []),
        ("from leadsmart.insights.kpis import cpl", []),
        ("from leadsmart.display import tables", ["insights.funnel imports display.tables"]),
        ("import leadsmart.cleaning.load", ["insights.funnel imports cleaning.load"]),
        ("def f():\n    from leadsmart.report import page", ["insights.funnel imports report.page"]),
        ("from leadsmart import report", ["insights.funnel imports report"]),
    ],
)
def test_breaches_are_seen(source, found):
    names = ["", "vocabulary", "display", "display.formats", "display.tables", "insights", "insights.kpis"]
    names += ["cleaning", "cleaning.load", "report", "report.page"]
    modules = {name: ast.parse("") for name in names} | {"insights.funnel": ast.parse(source)}
    assert breaches(modules, MAY_IMPORT) == found


def test_relative_imports_are_refused():
    with pytest.raises(ValueError, match="relative import"):
        list(own_imports("insights.funnel", ast.parse("from . import kpis"), set()))


def test_map_is_read_as_written():
    text = (
        "```\nother/\n  x.py\n```\n\n```text\nsrc/leadsmart/   the package\n  params.py      words\n"
        "  cleaning/\n    load.py      reads\n                 and more\n  cli.py\n```\n"
    )
    assert read_map(text) == ["params.py", "cleaning/load.py", "cli.py"]
