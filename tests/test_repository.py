"""What is committed: no machine's paths, no registry hosts, thin notebooks without outputs."""

import ast
import re
import subprocess
from pathlib import Path

import nbformat
import pytest
import yaml

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
MAX_CELL_LINES = 10

REGISTRY_HOST = re.compile(
    r"pypi\.(?:org|python\.org)|pythonhosted\.org|npmjs\.(?:org|com)|(?:deb|security)\.debian\.org"
    r"|anaconda\.(?:org|com)|repo\.maven|crates\.io|proxy\.golang",
    re.IGNORECASE,
)
MACHINE_PATH = re.compile(r"(?<![\w.~/-])(?:/(?:work|root|home|Users)/|[A-Z]:\\+Users\\)")
NAMED_FILE = re.compile(r"`((?:src|tests|docs|notebooks|params|assets)/[\w./-]*\w/?)`")
TIMING_METADATA = {"execution", "papermill", "ExecuteTime", "collapsed", "scrolled"}
FORBIDDEN_NODES = {
    ast.FunctionDef: "def",
    ast.AsyncFunctionDef: "def",
    ast.ClassDef: "class",
    ast.For: "for",
    ast.AsyncFor: "for",
    ast.While: "while",
    ast.Try: "try",
    ast.TryStar: "try",
}


def committed_files() -> list[Path]:
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listing.returncode != 0:
        pytest.skip("not a git checkout: no list of committed files")
    return [ROOT / name for name in listing.stdout.split("\0") if name and (ROOT / name).is_file()]


def find_lines(pattern: re.Pattern[str]) -> list[str]:
    found = []
    for path in committed_files():
        content = path.read_bytes()
        if b"\0" in content:
            continue
        for number, line in enumerate(content.decode("utf-8").splitlines(), start=1):
            if pattern.search(line):
                found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()[:100]}")
    return found


def notebook_problems(notebook: nbformat.NotebookNode) -> list[str]:
    """Everything about a notebook that must not be committed, one line each."""
    problems = []
    first = notebook.cells[0] if notebook.cells else None
    if first is None or first.cell_type == "code" or not _front_matter(first.source).get("title"):
        problems.append("the first cell is not front matter with a title")
    tagged = [c for c in notebook.cells if "parameters" in c.metadata.get("tags", [])]
    if len(tagged) != 1 or tagged[0].cell_type != "code":
        problems.append(f"{len(tagged)} cells are tagged parameters, not one code cell")
    problems += [f"notebook metadata has {key}" for key in sorted(TIMING_METADATA & set(notebook.metadata))]
    for number, cell in enumerate(notebook.cells, start=1):
        problems += [
            f"cell {number}: metadata has {key}" for key in sorted(TIMING_METADATA & set(cell.metadata))
        ]
        if cell.cell_type == "code":
            problems += [f"cell {number}: {problem}" for problem in _code_problems(cell)]
    return problems


def _front_matter(source: str) -> dict:
    match = re.fullmatch(r"---\n(.*?)\n---\s*", source, flags=re.S)
    values = yaml.safe_load(match.group(1)) if match else None
    return values if isinstance(values, dict) else {}


def _code_problems(cell: nbformat.NotebookNode) -> list[str]:
    problems = []
    if cell.outputs or cell.execution_count is not None:
        problems.append("has outputs or an execution count")
    lines = len(cell.source.splitlines())
    if lines > MAX_CELL_LINES:
        problems.append(f"has {lines} lines")
    nodes = list(ast.walk(ast.parse(cell.source)))
    problems += sorted(
        {f"has a {word}" for node in nodes for kind, word in FORBIDDEN_NODES.items() if type(node) is kind}
    )
    if re.search(r"filterwarnings|simplefilter|catch_warnings|import warnings", cell.source):
        problems.append("filters warnings")
    return problems


def make_notebook(*code: str, front: str = "---\ntitle: Leads\n---") -> nbformat.NotebookNode:
    cells = [nbformat.v4.new_raw_cell(front), nbformat.v4.new_code_cell("market = None")]
    cells[1].metadata["tags"] = ["parameters"]
    return nbformat.v4.new_notebook(cells=cells + [nbformat.v4.new_code_cell(source) for source in code])


def test_no_file_names_a_package_registry():
    assert find_lines(REGISTRY_HOST) == []


def test_no_file_names_a_path_of_one_machine():
    assert find_lines(MACHINE_PATH) == []


@pytest.mark.parametrize(
    ("pattern", "line", "hit"),
    [
        (REGISTRY_HOST, "https" + "://files." + "pythonhosted" + ".org/x.whl", True),
        (REGISTRY_HOST, "smalldocs comes from PyPI, or conda-forge", False),
        (MACHINE_PATH, 'path = "/' + 'home/ana/export"', True),
        (MACHINE_PATH, "see /" + "work/main", True),
        (MACHINE_PATH, "docs/home/index and ~/work/x", False),
    ],
)
def test_patterns_find_what_they_must(pattern, line, hit):
    assert bool(pattern.search(line)) is hit


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_is_thin_and_committed_without_results(path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert notebook_problems(notebook) == []


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("def f():\n    return 1", "cell 3: has a def"),
        ("for x in y:\n    x", "cell 3: has a for"),
        ("while x:\n    x", "cell 3: has a while"),
        ("try:\n    x\nexcept ValueError:\n    y", "cell 3: has a try"),
        ("class A:\n    pass", "cell 3: has a class"),
        ("import warnings", "cell 3: filters warnings"),
        ("\n".join("x" * 11), "cell 3: has 11 lines"),
    ],
)
def test_thick_cells_are_seen(source, problem):
    assert notebook_problems(make_notebook("#| echo: false\npage.kpis()")) == []
    assert notebook_problems(make_notebook(source)) == [problem]


def test_results_and_missing_parts_are_seen():
    executed = make_notebook("1")
    executed.cells[2].execution_count = 1
    executed.cells[2].metadata["execution"] = {"iopub.execute_input": "2024-01-01T00:00:00Z"}
    executed.metadata["papermill"] = {"duration": 1.0}
    assert notebook_problems(executed) == [
        "notebook metadata has papermill",
        "cell 3: metadata has execution",
        "cell 3: has outputs or an execution count",
    ]
    bare = make_notebook(front="# Leads")
    bare.cells[1].metadata["tags"] = []
    assert notebook_problems(bare) == [
        "the first cell is not front matter with a title",
        "0 cells are tagged parameters, not one code cell",
    ]


# --- the documents --------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"])
def test_files_that_a_document_names_exist(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    named = {*NAMED_FILE.findall(text), *re.findall(r"\]\((?!https?:)([^)#]+)\)", text)}
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []


def test_names_that_a_recipe_speaks_of_are_defined_in_the_file_beside_them():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    spoken = re.findall(r"`([A-Z_]{4,})`\s+(?:in|of)\s+`(src/[\w/]+\.py)`", text)
    assert {name for name, _ in spoken} == {
        "ASSESSMENTS",
        "DIMENSIONS",
        "KPIS",
        "MANAGED_FILES",
        "NOTEBOOKS",
        "OPTIONAL_EXPORT_COLUMNS",
    }
    sources = {path: (ROOT / path).read_text(encoding="utf-8") for _, path in spoken}
    assert [name for name, path in spoken if not re.search(rf"^{name}\b.* = ", sources[path], re.M)] == []


def test_decisions_are_numbered_short_and_no_part_of_the_site():
    paths = sorted((ROOT / "docs" / "decisions").iterdir())
    for number, path in enumerate(paths, start=1):
        text = path.read_text(encoding="utf-8")
        assert re.fullmatch(rf"{number:04}-[a-z0-9-]+\.md", path.name)
        assert text.startswith(f"# {number:04}. ")
        assert re.findall(r"^\*\*(\w+)\.\*\*", text, re.M) == ["Context", "Decision", "Consequences"]
        assert len(text.splitlines()) <= 20
    rendered = yaml.safe_load((ROOT / "_quarto.yml").read_text(encoding="utf-8"))["project"]["render"]
    assert not {path for pattern in rendered for path in ROOT.glob(pattern)} & set(paths)


def test_the_architecture_page_stays_short():
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    before, _, rest = text.partition("<!-- map: begin -->")
    assert len((before + rest.partition("<!-- map: end -->")[2]).split()) <= 1200


def test_a_commit_and_ci_check_what_make_lint_checks():
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"]
    assert [(repo["repo"], [hook["entry"] for hook in repo["hooks"]]) for repo in hooks] == [
        ("local", ["make lint"])
    ]
    ci = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    assert [line for line in ci if line.startswith("make ")] == ["make lint", "make test"]
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    [recipe] = re.findall(r"^lint:.*\n((?:\t.*\n)+)", makefile, re.M)
    tools = re.findall(r"\$\(BIN\)/([\w-]+)", recipe)
    assert tools == ["ruff", "ruff", "lint-imports", "numpydoc", "mypy"]
