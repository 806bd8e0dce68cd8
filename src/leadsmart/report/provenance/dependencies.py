"""The code that a notebook depends on: the modules it imports, those they import, and the parameters named in them.

Imports at the top of a module count. One inside a function is no part of a result here: such imports only make what
is missing, and a test holds that no module behind a figure has one. Other files of a package, such as templates, belong
to every module of that package and below.
"""

import ast
import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeGuard

import leadsmart
from leadsmart.params import Params
from leadsmart.private_folders import make_private
from leadsmart.report.project.files import digest_of, read_json, sha256_of, write_atomically
from leadsmart.report.project.workspace import PROJECT_FILES

PACKAGE = Path(leadsmart.__file__).parent
#: It gives an executed copy its title and takes out times, so that every copy depends on it.
_FINISHES_COPIES = "leadsmart.report.execution.execute"
#: Module -> class that names parameters for whoever reads them: of its methods those count that are named elsewhere.
_READ_BY_ALL = {"params.py": "Params", "market.py": "Market"}
#: Names that mean every parameter.
_ALL_PARAMETERS = frozenset({"model_dump", "model_dump_json"})


@dataclass(frozen=True)
class ParsedCode:
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
    files : dict
        File of the package -> sha256.
    parameters : frozenset of str
        Parameters that the code may read.
    """

    notebook: str
    files: Mapping[str, str]
    parameters: frozenset[str]

    def __or__(self, other: "Code") -> "Code":
        """This notebook, with the code behind another one added."""
        files = dict(sorted({**self.files, **other.files}.items()))
        return Code(self.notebook, files, self.parameters | other.parameters)


class CodeDependencies:
    """The modules of a package, each read once.

    Parameters
    ----------
    cache : Path
        File that remembers what was found in each module, by its digest: parsing takes longer than all the rest.
    package : Path, optional
        Folder of the package; by default the one that runs.
    """

    def __init__(self, cache: Path, package: Path | None = None) -> None:
        package = package or PACKAGE
        self._cache = cache
        read_by_all = [path for name in _READ_BY_ALL if (path := package / name).is_file()]
        texts = [path.read_text(encoding="utf-8") for path in (*read_by_all, Path(__file__))]
        self._version = digest_of(texts)
        self._members = {name: attributes for text in texts for name, attributes in _members(text)}
        self._known = _read_cache(cache, self._version)
        self._used: dict[str, ParsedCode] = {}
        self._modules: dict[str, ParsedCode] = {}
        # module or package -> its own file, and what lies in the package that is no module
        self._files: dict[str, dict[str, str]] = {}
        files = (p for p in package.rglob("*") if p.is_file() and p.parent.name != "__pycache__")
        for path in sorted(p for p in files if not p.is_relative_to(package / PROJECT_FILES)):
            name = _module_of(path, package)
            self._files.setdefault(name, {})[path.relative_to(package.parent).as_posix()] = sha256_of(path)
            if path.suffix == ".py":
                self._modules[name] = self._parse(path.read_text(encoding="utf-8"))

    def code(self, notebook: Path) -> Code:
        """The code behind a notebook."""
        content = read_json(notebook)
        cells = [
            [c["cell_type"], "".join(c["source"]), c.get("metadata", {}).get("tags", [])]
            for c in content.get("cells", [])
        ]
        own = [self._parse(text) for kind, text, _ in cells if kind == "code"]
        reached = self._closure(name for parsed in own for name in parsed.imports)
        names = {n for parsed in (*own, *(self._modules[m] for m in reached)) for n in parsed.names}
        files: dict[str, str] = {}
        for module in sorted({*reached, _FINISHES_COPIES} & self._files.keys()):
            files |= self._files[module]
        digest = digest_of([cells, content.get("metadata", {}).get("kernelspec")])
        return Code(digest, files, self._parameters(names))

    def save_cache(self) -> None:
        """Write down what was found, for the next time."""
        if self._used.keys() != self._known.keys():
            found = {digest: [p.imports, p.names] for digest, p in sorted(self._used.items())}
            make_private(self._cache.parent)
            write_atomically(self._cache, json.dumps({"version": self._version, "found": found}))

    def _parse(self, text: str) -> ParsedCode:
        digest = hashlib.sha256(text.encode()).hexdigest()
        if digest not in self._used:
            self._used[digest] = self._known.get(digest) or parse_code(
                text, {*Params.model_fields, *_ALL_PARAMETERS, *self._members}
            )
        return self._used[digest]

    def _closure(self, names: Iterable[str]) -> set[str]:
        waiting, reached = list(names), set[str]()
        while waiting:
            parts = waiting.pop().split(".")
            # importing a module runs the packages around it
            for end in range(1, len(parts) + 1):
                module = ".".join(parts[:end])
                if module in self._modules and module not in reached:
                    reached.add(module)
                    waiting += self._modules[module].imports
        return reached

    def _parameters(self, names: set[str]) -> frozenset[str]:
        fields = set(Params.model_fields)
        if names & _ALL_PARAMETERS:
            return frozenset(fields)
        behind = {f for name in names & self._members.keys() for f in self._members[name]}
        return frozenset(fields & (names | behind))


def parse_code(text: str, wanted: Collection[str]) -> ParsedCode:
    """What a piece of code imports at its top, and which of the wanted names are in it.

    >>> parsed = parse_code("from leadsmart.display import cards\\nprint(page.params.seed)", {"seed", "title"})
    >>> parsed.imports, parsed.names
    (('leadsmart.display', 'leadsmart.display.cards'), ('seed',))
    """
    try:
        tree = ast.parse(text)
    except SyntaxError:
        # a cell with a magic, or a broken one, as its run will say
        return ParsedCode((), ())
    names = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    names |= {n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str)}
    # of a class that everybody reads only what is named elsewhere counts
    is_read_by_all = any(_is_read_by_all(node) for node in tree.body)
    return ParsedCode(
        tuple(sorted(_imports(tree.body))), () if is_read_by_all else tuple(sorted(names & set(wanted)))
    )


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


def _is_read_by_all(node: ast.stmt) -> TypeGuard[ast.ClassDef]:
    return isinstance(node, ast.ClassDef) and node.name in _READ_BY_ALL.values()


def _members(text: str) -> Iterator[tuple[str, set[str]]]:
    """Properties and methods of the classes that everybody reads, with the attributes they are made of."""
    for model in filter(_is_read_by_all, ast.parse(text).body):
        for node in model.body:
            if isinstance(node, ast.FunctionDef):
                yield node.name, {n.attr for n in ast.walk(node) if isinstance(n, ast.Attribute)}


def _read_cache(path: Path, version: str) -> dict[str, ParsedCode]:
    try:
        cached = read_json(path)
        known = cached["found"] if cached["version"] == version else {}
        return {
            digest: ParsedCode(tuple(imports), tuple(names)) for digest, (imports, names) in known.items()
        }
    except (FileNotFoundError, ValueError, TypeError, KeyError):
        return {}


def _module_of(path: Path, package: Path) -> str:
    """Dotted name of a module; of any other file that of the package in which it lies."""
    if path.suffix == ".py" and path.name != "__init__.py":
        path = path.with_suffix("")
    else:
        path = next(folder for folder in path.parents if (folder / "__init__.py").is_file())
    return ".".join(path.relative_to(package.parent).parts)
