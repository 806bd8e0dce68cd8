"""Which notebooks become due when a module, a notebook or a parameter changes; and how that compares with another checkout.

    python benchmarks/due.py                                      # this checkout
    python benchmarks/due.py --before ../old --moves moves.json   # beside another one; exit code 1 where more become due

`moves.json` names modules that are called otherwise here: ``{"report.view": ["report.notebook.page", ...]}``, old -> new
without the package's name. What a change makes due at once is shown; what these notebooks then write may make others due.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from leadsmart.report.provenance.dependencies import CodeDependencies

ROOT = Path(__file__).parents[1]
#: Every executed copy depends on how it is made fit to publish, wherever that is.
COPIES = ("report/execute.py", "report/execution/execute.py")
Due = Mapping[str, frozenset[str]]


def find_due(root: Path) -> Due:
    """Module, notebook or parameter -> notebooks that become due when it changes."""
    package = root / "src" / "leadsmart"
    files = [p for p in package.rglob("*") if p.is_file() and p.parent.name != "__pycache__"]
    found: dict[str, set[str]] = {name_of(p.relative_to(package)): set() for p in files}
    with tempfile.TemporaryDirectory() as scratch:
        dependencies = CodeDependencies(Path(scratch) / "code.json", package)
        for notebook in sorted((root / "notebooks").glob("*.ipynb")):
            code = dependencies.code(notebook)
            reached = {name_of(Path(file).relative_to("leadsmart")) for file in code.files}
            reached |= {name_of(Path(file)) for file in COPIES if (package / file).is_file()}
            changes = [
                *reached,
                *(f"parameter {name}" for name in code.parameters),
                f"cells of {notebook.stem}",
            ]
            for change in changes:
                found.setdefault(change, set()).add(notebook.stem)
    return {change: frozenset(notebooks) for change, notebooks in sorted(found.items())}


def name_of(path: Path) -> str:
    """``report.status`` for report/status.py; files that are no modules keep their path."""
    if path.suffix != ".py":
        return path.as_posix()
    return (
        ".".join(path.with_suffix("").parts if path.name != "__init__.py" else path.parts[:-1]) or "leadsmart"
    )


def shown(notebooks: frozenset[str] | None, every: frozenset[str]) -> str:
    if notebooks is None:
        return "–"
    return "all" if notebooks == every else ", ".join(sorted(notebooks)) or "none"


def compare(before: Due, after: Due, moves: Mapping[str, str | list[str]]) -> tuple[list[str], list[str]]:
    """Rows of a table, and the changes that make more notebooks due than before."""
    every = frozenset().union(*before.values())
    rows, worse, seen = ["| change | due before | due after |", "|---|---|---|"], [], set()
    for change, old in before.items():
        names = moves.get(change, change)
        names = [names] if isinstance(names, str) else names
        seen |= set(names)
        new = frozenset().union(*(after.get(name, frozenset()) for name in names))
        called = change if names == [change] else f"{change} → {', '.join(names)}"
        mark = "" if new <= old else f" **more: {', '.join(sorted(new - old))}**"
        rows.append(f"| {called} | {shown(old, every)} | {shown(new, every)}{mark} |")
        worse += [change] if mark else []
    rows += [f"| {c} (new) | – | {shown(new, every)} |" for c, new in after.items() if c not in seen]
    return rows, worse


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--before", type=Path, help="root of the checkout to compare with")
    parser.add_argument("--moves", type=Path, help="JSON with the modules that are called otherwise here")
    arguments = parser.parse_args()
    after = find_due(ROOT)
    if arguments.before is None:
        every = frozenset().union(*after.values())
        print("| change | due |\n|---|---|")
        print("\n".join(f"| {change} | {shown(found, every)} |" for change, found in after.items()))
        return 0
    moves = json.loads(arguments.moves.read_text(encoding="utf-8")) if arguments.moves else {}
    rows, worse = compare(find_due(arguments.before), after, moves)
    print("\n".join(rows))
    return 1 if worse else 0


if __name__ == "__main__":
    sys.exit(main())
