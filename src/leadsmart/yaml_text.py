"""YAML in which every value stays the text that was written; whoever declares a type reads the text as one.

YAML 1.1 reads the id ``0102`` as 66, ``no`` as false, ``1_000`` as 1000 and ``12:30:00`` as 45000. Here only a bare
``null``, ``~`` or nothing is something else than text, namely None. Names that stand twice and tags are errors.
"""

import re
from collections.abc import Hashable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import yaml

from leadsmart.errors import LeadSmartError

#: Endings of YAML files; the first is the one that this project's own have.
YAML_SUFFIXES: Final = (".yml", ".yaml")

_NULL: Final = "tag:yaml.org,2002:null"
_READ: Final = frozenset({_NULL, *(f"tag:yaml.org,2002:{name}" for name in ("str", "seq", "map"))})
#: A text that begins so is YAML also on the command line: a list, a mapping, or quoted.
_MARKED: Final = ("[", "{", '"', "'")
_QUOTE: Final = 'Put a text with signs of YAML in quotes, such as "Sales: Cairo"'


# Which of the two classes there is depends on how PyYAML was built.
class _TextLoader(getattr(yaml, "CBaseLoader", yaml.BaseLoader)):  # type: ignore[misc]
    """Makes texts, None, lists and dicts, and nothing else."""

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        if node.tag not in _READ:
            raise yaml.constructor.ConstructorError(
                problem=f"the tag {node.tag} is not read", problem_mark=node.start_mark
            )
        return super().construct_object(node, deep)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        names = [self.construct_object(key) for key, _ in node.value]
        twice = [name for name in names if names.count(name) > 1]
        if twice:
            raise yaml.constructor.ConstructorError(
                problem=f"{twice[0]!r} stands twice", problem_mark=node.start_mark
            )
        return super().construct_mapping(node, deep)


_TextLoader.add_implicit_resolver(_NULL, re.compile(r"(?:~|null|Null|NULL|)\Z"), ["~", "n", "N", ""])
_TextLoader.add_constructor(_NULL, lambda loader, node: None)


def parse_yaml(text: str) -> Any:
    """Read YAML, every value as it is written; a ValueError says what is wrong, and in which line.

    >>> parse_yaml("{user_id: 0102, status: no, target: ~}")
    {'user_id': '0102', 'status': 'no', 'target': None}
    """
    try:
        # _TextLoader is a BaseLoader, which makes nothing that runs code
        return yaml.load(text, Loader=_TextLoader)
    except yaml.MarkedYAMLError as error:
        what = ", ".join(part for part in (error.context, error.problem) if part)
        line = f" (line {error.problem_mark.line + 1})" if error.problem_mark else ""
        raise ValueError(f"{what}{line}") from error
    except yaml.YAMLError as error:
        raise ValueError(" ".join(str(error).split())) from error


def parse_value(text: str) -> Any:
    """Read one value of the command line: a list, a mapping or a quoted text as YAML, anything else as it stands.

    >>> parse_value("0102"), parse_value("[0102, no]"), parse_value("Sales #1: Cairo"), parse_value("null")
    ('0102', ['0102', 'no'], 'Sales #1: Cairo', None)
    """
    is_yaml = text.lstrip().startswith(_MARKED) or not text.strip("~ ") or text.lower() == "null"
    return parse_yaml(text) if is_yaml else text


def find_yaml(folder: Path, stem: str, error: type[LeadSmartError]) -> Path | None:
    """The YAML file of a folder that is called `stem`, whichever ending it has.

    Parameters
    ----------
    folder : Path
    stem : str
    error : type of LeadSmartError
        What to raise.

    Returns
    -------
    Path or None

    Raises
    ------
    LeadSmartError
        If there are two, of which one would be left out.
    """
    found = [path for suffix in YAML_SUFFIXES if (path := folder / f"{stem}{suffix}").is_file()]
    if len(found) > 1:
        names = " and ".join(path.name for path in found)
        raise error(f"there are both {names}", remedy="Keep one", file=folder.name)
    return found[0] if found else None


def read_yaml(path: Path, error: type[LeadSmartError], *, restore: str = "Check the path") -> Any:
    """Read a YAML file, every value as it is written.

    Parameters
    ----------
    path : Path
    error : type of LeadSmartError
        What to raise.
    restore : str, optional
        What to do where the file can't be read.

    Returns
    -------
    Any
        Texts, None, lists and dicts.

    Raises
    ------
    LeadSmartError
        If the file can't be read or is no YAML.
    """
    try:
        return parse_yaml(path.read_text(encoding="utf-8"))
    except OSError as reason:
        raise error(f"can't be read: {reason.strerror}", remedy=restore, file=str(path)) from reason
    except ValueError as reason:
        raise error(f"not valid YAML: {reason}", remedy=_QUOTE, file=path.name) from reason


def find_place(path: Path, location: Sequence[str | int]) -> str:
    """Name of a file and the line of one of its keys, as messages call it.

    Parameters
    ----------
    path : Path
        A file that `read_yaml` could read.
    location : sequence of str or int
        Names and positions that lead to the key, as far as the file has them.

    Returns
    -------
    str
        Such as ``new-cairo.yml line 3``; without a line where the file has none of the keys.
    """
    node = yaml.compose(path.read_text(encoding="utf-8"), Loader=_TextLoader)
    line = None
    for part in location:
        if isinstance(node, yaml.MappingNode):
            found = [(key, value) for key, value in node.value if key.value == part]
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int):
            found = [(value, value) for value in node.value[part : part + 1]]
        else:
            break
        if not found:
            break
        (key, node), *_ = found
        line = key.start_mark.line + 1
    return path.name if line is None else f"{path.name} line {line}"


def find_restated(path: Path, values: Mapping[str, Any]) -> frozenset[str]:
    """Names whose value is the one that YAML 1.1 reads in a file, as papermill does for ``-f``.

    Parameters
    ----------
    path : Path
        A file of ``name: value``.
    values : mapping

    Returns
    -------
    frozenset of str
        For these, the file itself says what was written: 66 may have been 0102 there.
    """
    try:
        read = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError):
        return frozenset()
    if not isinstance(read, dict):
        return frozenset()
    return frozenset(name for name, value in values.items() if name in read and read[name] == value)


def quote_remedy(detail: Mapping[str, Any], otherwise: str) -> str:
    """What to do about a value that pydantic refuses: quote it, where a text was expected and something else written.

    Parameters
    ----------
    detail : mapping
        One of ``ValidationError.errors()``.
    otherwise : str
        What to do about any other mistake.

    Returns
    -------
    str
    """
    if detail["type"] != "string_type":
        return otherwise
    if detail["input"] is None:
        return 'An empty value, ~ and null mean nothing; put the text in quotes, such as "null"'
    return _QUOTE


def format_scalar(text: str) -> str:
    """Write a text on one line so that it is read again as it is: bare where that is safe, else quoted.

    >>> print(format_scalar("New Cairo"), format_scalar("null"), format_scalar("Sales: 1"))
    New Cairo "null" "Sales: 1"
    """
    if re.fullmatch(r"[^\W\d_][\w .()/+-]*\w|\w[\w*.-]*", text) and parse_yaml(text) == text:
        return text
    return yaml.safe_dump(text, allow_unicode=True, width=10_000, default_style='"').strip()
