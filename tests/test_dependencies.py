"""pyproject.toml, requirements.lock and environment.yml state the same dependencies."""

import ast
import importlib.metadata
import re
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[1]
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")

# conda-forge's name -> the name in pyproject.toml, where they differ
CONDA_NAMES = {
    "matplotlib-base": "matplotlib",
    "pandera-pandas": "pandera",
    "python-duckdb": "duckdb",
    "seaborn-base": "seaborn",
}
# what a conda environment needs besides the project's dependencies
CONDA_TOOLS = {"python", "pip", "make", "quarto"}
PYTHONS = ("3.11", "3.12", "3.13")


def read_project() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def read_stated() -> dict[str, SpecifierSet]:
    """Dependencies of pyproject.toml, dev extra included: canonical name -> range."""
    project = read_project()
    lines = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    return {canonicalize_name(r.name): r.specifier for r in map(Requirement, lines)}


def read_imports(folder: str) -> set[str]:
    """Distributions that the code below a folder imports, those of its own modules aside."""
    paths = sorted((ROOT / folder).rglob("*.py"))
    own = {"leadsmart", *(path.stem for path in paths), *(path.parent.name for path in paths)}
    names = set()
    for node in (node for path in paths for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.partition(".")[0])
    installed = importlib.metadata.packages_distributions()
    foreign = names - own - sys.stdlib_module_names
    return {canonicalize_name(installed.get(name, [name])[0]) for name in foreign}


def read_lock_entries(text: str) -> list[tuple[Requirement, list[str]]]:
    """Entries of a lock: the requirement with its marker, and its hashes."""
    logical_lines = text.replace("\\\n", " ").splitlines()
    entries = []
    for line in logical_lines:
        if not line.strip() or line.startswith("#"):
            continue
        requirement, *hashes = line.split("--hash=")
        entries.append((Requirement(requirement.strip()), [h.strip() for h in hashes]))
    return entries


def read_conda() -> tuple[dict[str, SpecifierSet], list[str]]:
    """Dependencies of environment.yml under pyproject's names, and the names that are conda's tools."""
    listed = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))["dependencies"]
    [from_pip] = [item["pip"] for item in listed if isinstance(item, dict)]
    ranges, tools = {}, []
    for line in [item for item in listed if isinstance(item, str)] + from_pip:
        requirement = Requirement(line)
        if requirement.name in CONDA_TOOLS:
            tools.append(requirement.name)
        else:
            name = CONDA_NAMES.get(requirement.name, requirement.name)
            ranges[canonicalize_name(name)] = requirement.specifier
    return ranges, tools


def applies(requirement: Requirement, python: str) -> bool:
    environment = {
        "python_version": python,
        "python_full_version": f"{python}.9",
        "sys_platform": "linux",
        "os_name": "posix",
        "platform_system": "Linux",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
    }
    return requirement.marker is None or requirement.marker.evaluate(environment)


def test_the_package_needs_what_it_imports_and_nothing_else():
    stated = {canonicalize_name(Requirement(line).name) for line in read_project()["dependencies"]}
    # jupyterlab is for people
    assert read_imports("src") == stated - {"jupyterlab"}


@pytest.mark.parametrize("folder", ["tests", "docs", "benchmarks"])
def test_what_is_imported_for_development_is_stated(folder):
    assert read_imports(folder) - set(read_stated()) == set()


def test_every_dependency_has_a_lowest_version():
    without = [name for name, range_ in read_stated().items() if not any(s.operator == ">=" for s in range_)]
    assert without == []


@pytest.mark.parametrize("python", PYTHONS)
def test_lock_has_one_version_in_range_of_every_dependency(python):
    locked: dict[str, list[Version]] = {}
    for requirement, _ in read_lock_entries(LOCK):
        if applies(requirement, python):
            [pin] = requirement.specifier
            assert pin.operator == "=="
            locked.setdefault(canonicalize_name(requirement.name), []).append(Version(pin.version))
    assert [name for name, versions in locked.items() if len(versions) > 1] == []
    wrong = {
        name: (str(range_), locked.get(name))
        for name, range_ in read_stated().items()
        if name not in locked or not range_.contains(locked[name][0])
    }
    assert wrong == {}


def test_lock_entries_have_hashes():
    entries = read_lock_entries(LOCK)
    assert len(entries) > 100
    bad = [
        str(requirement)
        for requirement, hashes in entries
        if not hashes or not all(re.fullmatch(r"sha256:[0-9a-f]{64}", h) for h in hashes)
    ]
    assert bad == []


def test_lock_names_no_host_and_no_path():
    suspects = [
        line for line in LOCK.splitlines() if re.search(r"://|\.org|\.com|\.io\b|pypi|@|/", line, re.I)
    ]
    assert suspects == []


def test_environment_states_the_same_ranges():
    ranges, tools = read_conda()
    assert ranges == read_stated()
    assert sorted(tools) == sorted(CONDA_TOOLS)


def test_environment_and_project_allow_the_same_pythons():
    listed = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))["dependencies"]
    [python] = [Requirement(x).specifier for x in listed if isinstance(x, str) and x.startswith("python>")]
    assert python == SpecifierSet(read_project()["requires-python"])
    assert [p for p in ("3.10", *PYTHONS, "3.14") if python.contains(f"{p}.0")] == list(PYTHONS)


def test_lock_reader_sees_what_is_missing():
    entries = read_lock_entries(
        "a==1 \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb\nb==2 ; os_name == 'nt'\n"
    )
    assert [(r.name, hashes) for r, hashes in entries] == [("a", ["sha256:aa", "sha256:bb"]), ("b", [])]
    assert not applies(entries[1][0], "3.12")
