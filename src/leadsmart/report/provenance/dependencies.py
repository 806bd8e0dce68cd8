"""The part of the library that a notebook reaches: the modules it imports, theirs, and the names used in them.

Imports at the top of a module count. One inside a function is no part of a result here: such imports only make what
is missing, and a test holds that no module behind a figure has one.
"""

import ast
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import leadsmart
from leadsmart.params import Params
from leadsmart.report.provenance.records import write_whole

PACKAGE = Path(leadsmart.__file__).parent
#: It gives an executed copy its title and takes out times, so that every copy depends on it.
_SHAPES_COPIES = "leadsmart.report.execution.execute"
#: Names that mean every parameter.
_ALL_PARAMETERS = frozenset({"model_dump", "model_dump_json"})


@dataclass(frozen=True)
class Source:
    """What a piece of code imports and names.

    Attributes
    ----------
    imports : tuple of str
        Dotted names, of modules or of what is in them.
    names : tuple of str
        Parameters that it may read: attributes and texts called so.
    """

    imports: tuple[str, ...]
    names: tuple[str, ...]


@dataclass(frozen=True)
class Code:
    """The code behind a notebook.

    Attributes
    ----------
    notebook : str
        Digest of its cells; what they showed when it was saved is left out.
    modules : dict
        File of the library -> sha256.
    parameters : frozenset of str
        Parameters that the code may read.
    """

    notebook: str
    modules: Mapping[str, str]
    parameters: frozenset[str]


class Library:
    """The library's modules, each read once.

    Parameters
    ----------
    cache : Path
        File that remembers what was found in each file, by its digest: parsing takes longer than all the rest.
    """

    def __init__(self, cache: Path, package: Path | None = None) -> None:
        package = package or PACKAGE
        self._cache = cache
        self._asked = _digest(
            (package / "params.py").read_text(encoding="utf-8") + Path(__file__).read_text()
        )
        self._known = _read_cache(cache, self._asked)
        self._used: dict[str, Source] = {}
        self._files: dict[str, str] = {}
        self._sources: dict[str, Source] = {}
        self._packages: set[str] = set()
        for path in sorted(package.rglob("*.py")):
            parts = path.relative_to(package.parent).with_suffix("").parts
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            text = path.read_bytes()
            self._files[name] = hashlib.sha256(text).hexdigest()
            if path.name == "__init__.py":
                self._packages.add(name)
            self._sources[name] = self._source(text.decode("utf-8"))
        self._properties = _property_fields(package / "params.py")

    def code(self, notebook: Path) -> Code:
        """The code behind a notebook of the project."""
        content = json.loads(notebook.read_text(encoding="utf-8"))
        cells = [
            [c["cell_type"], "".join(c["source"]), c.get("metadata", {}).get("tags", [])]
            for c in content.get("cells", [])
        ]
        own = [self._source(text) for kind, text, _ in cells if kind == "code"]
        reached = self._closure(name for source in own for name in source.imports)
        names = {n for source in (*own, *(self._sources[m] for m in reached)) for n in source.names}
        modules = {
            m.replace(".", "/") + ("/__init__.py" if m in self._packages else ".py"): self._files[m]
            for m in sorted({*reached, _SHAPES_COPIES} & self._files.keys())
        }
        digest = _digest(json.dumps([cells, content.get("metadata", {}).get("kernelspec")]))
        return Code(digest, modules, self._parameters(names))

    def remember(self) -> None:
        """Write down what was found, for the next time."""
        if self._used.keys() != self._known.keys():
            found = {digest: [s.imports, s.names] for digest, s in sorted(self._used.items())}
            self._cache.parent.mkdir(parents=True, exist_ok=True)
            write_whole(self._cache, json.dumps({"asked": self._asked, "sources": found}))

    def _source(self, text: str) -> Source:
        digest = _digest(text)
        if digest not in self._used:
            self._used[digest] = self._known.get(digest) or read_source(text)
        return self._used[digest]

    def _closure(self, names: Iterable[str]) -> set[str]:
        waiting, reached = list(names), set()
        while waiting:
            parts = waiting.pop().split(".")
            # importing a module runs the packages around it
            for end in range(1, len(parts) + 1):
                module = ".".join(parts[:end])
                if module in self._sources and module not in reached:
                    reached.add(module)
                    waiting += self._sources[module].imports
        return reached

    def _parameters(self, names: set[str]) -> frozenset[str]:
        fields = set(Params.model_fields)
        if names & _ALL_PARAMETERS:
            return frozenset(fields)
        behind = {f for name in names & self._properties.keys() for f in self._properties[name]}
        return frozenset(fields & (names | behind))


def read_source(text: str) -> Source:
    """What a piece of code imports at its top, and which names of parameters are in it.

    >>> source = read_source("from leadsmart.display import cards\\nprint(page.params.seed)")
    >>> source.imports, source.names
    (('leadsmart.display', 'leadsmart.display.cards'), ('seed',))
    """
    try:
        tree = ast.parse(text)
    except SyntaxError:
        # a cell with a magic, or a broken one, as its run will say
        return Source((), ())
    wanted = {*Params.model_fields, *_ALL_PARAMETERS, *_properties()}
    names = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    names |= {n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str)}
    # the model itself names every parameter, whoever reads it
    is_model = any(isinstance(node, ast.ClassDef) and node.name == "Params" for node in tree.body)
    return Source(tuple(sorted(_imports(tree.body))), () if is_model else tuple(sorted(wanted & names)))


def _imports(body: list[ast.stmt]) -> set[str]:
    found: set[str] = set()
    for node in body:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.If) and ast.unparse(node.test) != "TYPE_CHECKING":
            found |= _imports(node.body) | _imports(node.orelse)
        elif isinstance(node, ast.Try):
            found |= _imports(node.body)
    return {name for name in found if name.partition(".")[0] == "leadsmart"}


def _properties() -> set[str]:
    return {name for name, value in vars(Params).items() if isinstance(value, property)}


def _property_fields(path: Path) -> dict[str, set[str]]:
    """Properties of `Params` -> the fields they are made of."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    (model,) = [n for n in tree.body if isinstance(n, ast.ClassDef) and n.name == "Params"]
    wanted = _properties()
    return {
        node.name: {n.attr for n in ast.walk(node) if isinstance(n, ast.Attribute)}
        for node in model.body
        if isinstance(node, ast.FunctionDef) and node.name in wanted
    }


def _read_cache(path: Path, asked: str) -> dict[str, Source]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        known = found["sources"] if found["asked"] == asked else {}
        return {digest: Source(tuple(imports), tuple(names)) for digest, (imports, names) in known.items()}
    except (FileNotFoundError, ValueError, TypeError, KeyError):
        return {}


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
