"""The import rule, the size of modules and packages, and what no module may hold."""

import ast
import functools
import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "leadsmart"
MAX_LINES = 400
MAX_MODULES = 15


@functools.cache
def read_modules() -> dict[str, ast.Module]:
    """Name -> syntax tree, ``cleaning`` standing for cleaning/__init__.py."""
    trees = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        trees[name] = ast.parse(path.read_text(encoding="utf-8"), str(path))
    return trees


def lint_imports(project: Path) -> subprocess.CompletedProcess[str]:
    """Hold a project's package against the contracts in its pyproject.toml, as ``make lint`` does."""
    call = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    return subprocess.run(
        [sys.executable, "-c", call, "--no-logo", "--no-cache"],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(project / "src"), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_imports_point_one_way():
    linted = lint_imports(ROOT)
    assert linted.returncode == 0, linted.stdout + linted.stderr


#: Module -> what it must not import, and what is then said.
BREACHES = {
    "insights/journey/funnel.py": ("insights.pages.summary", "insights.journey is not allowed to import"),
    "insights/kpi/measures.py": ("cleaning.clean", "insights is not allowed to import leadsmart.cleaning"),
    "params.py": ("formats", "leadsmart.params is not allowed to import leadsmart.formats"),
    "report/site/site.py": ("insights.kpi.measures", "report is not allowed to import leadsmart.insights"),
    "report/provenance/records.py": (
        "report.provenance.freshness",
        "report.provenance. It could be made acyclic",
    ),
    "report/project/workspace.py": ("cleaning.values.contacts", "Illegal imports of protected package"),
    "unplaced.py": ("errors", "not listed as layers: - leadsmart.unplaced"),
}


def test_breaches_of_the_import_rule_are_seen_inside_functions_too(tmp_path):
    package = tmp_path / "src" / "leadsmart"
    shutil.copytree(PACKAGE, package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for module, (imported, _) in BREACHES.items():
        with (package / module).open("a", encoding="utf-8") as file:
            file.write(f"\n\ndef late():\n    import leadsmart.{imported}\n")
    linted = lint_imports(tmp_path)
    assert linted.returncode == 1
    said = " ".join(linted.stdout.split())
    assert [module for module, (_, expected) in BREACHES.items() if expected not in said] == []


def test_no_folder_has_more_modules_than_a_reader_can_hold():
    modules = Counter(
        p.parent.relative_to(PACKAGE).as_posix() for p in PACKAGE.rglob("*.py") if p.name != "__init__.py"
    )
    assert {folder: n for folder, n in modules.items() if n > MAX_MODULES} == {}


def test_no_print_and_no_assert_at_run_time():
    found = [
        f"{name}:{node.lineno}"
        for name, tree in read_modules().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Assert)
        or (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print")
    ]
    assert found == []


def test_public_functions_and_classes_are_documented():
    found = []
    for name, tree in read_modules().items():
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
