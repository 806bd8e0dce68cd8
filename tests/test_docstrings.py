"""What numpydoc leaves to us: a docstring with sections names every error of ours that its function raises."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "src" / "leadsmart"


def public_functions(body: list[ast.stmt]) -> Iterator[ast.FunctionDef]:
    """Functions of a module, and methods of its classes, without those whose names are private."""
    for node in body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield from public_functions(node.body)
        elif isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            yield node


def missing_raises(source: str) -> list[str]:
    """Public functions with the errors that they raise and their sections do not name."""
    found = []
    for function in public_functions(ast.parse(source).body):
        docstring = ast.get_docstring(function) or ""
        _, _, section = docstring.partition("\nRaises\n------\n")
        if not re.search(r"^(Parameters|Returns|Yields|Raises)\n---", docstring, re.MULTILINE):
            continue
        raised = [node.exc for node in ast.walk(function) if isinstance(node, ast.Raise)]
        names = [e.func.id for e in raised if isinstance(e, ast.Call) and isinstance(e.func, ast.Name)]
        # a function that makes the error is another matter
        found += [
            f"{function.name}: {n}" for n in dict.fromkeys(names) if n[0].isupper() and n not in section
        ]
    return found


def test_sections_name_what_is_raised():
    sources = {path: path.read_text(encoding="utf-8") for path in sorted(PACKAGE.rglob("*.py"))}
    missing = {path.relative_to(PACKAGE).as_posix(): missing_raises(text) for path, text in sources.items()}
    assert {path: names for path, names in missing.items() if names} == {}


@pytest.mark.parametrize(
    ("docstring", "missing"),
    [
        ("One line.", []),
        ("One line.\n\n    Returns\n    -------\n    int\n    ", ["f: ValueError"]),
        ("One line.\n\n    Raises\n    ------\n    KeyError, ValueError\n        If not.\n    ", []),
        ("One line.\n\n    Raises\n    ------\n    KeyError\n        If not.\n    ", ["f: ValueError"]),
    ],
)
def test_missing_ones_are_seen(docstring, missing):
    assert (
        missing_raises(f'def f():\n    """{docstring}"""\n    if 1:\n        raise ValueError("no")\n')
        == missing
    )
    assert missing_raises(f'def _f():\n    """{docstring}"""\n    raise ValueError("no")\n') == []
