"""Write a proposed mapping as YAML, with the evidence of each line as a comment."""

import re
from collections.abc import Sequence
from typing import Any

import yaml

from leadsmart.cleaning.mapping.model import MAPPING_FILE
from leadsmart.cleaning.mapping.proposing.drafts import Draft


def write_mapping(
    drafts: list[Draft], statuses: dict[str, str], questions: Sequence[str], summary: Sequence[str]
) -> str:
    """The mapping as YAML, its evidence as comments."""
    lines = [f"# {MAPPING_FILE}: how the files beside it become the tables of an export.", "#"]
    lines += [f"# {line}" for line in summary]
    if questions:
        lines += [
            "",
            "# Look at these, mend what is wrong below, and delete them: nothing runs while one is here.",
            "confirm:",
        ]
        lines += [f"  - {_scalar(question)}" for question in questions]
    lines += ["", "tables:"]
    for draft in drafts:
        body = _block(draft.entry, draft.evidence, ())
        lines += [f"  {'- ' if i == 0 else '  '}{line}" for i, line in enumerate(body)] + [""]
    if statuses:
        lines += [
            "statuses:",
            *(f"  {_scalar(word)}: {_scalar(status)}" for word, status in statuses.items()),
            "",
        ]
    return "\n".join(lines)


def _block(values: dict[str, Any], evidence: dict[tuple[str, ...], str], path: tuple[str, ...]) -> list[str]:
    lines = []
    for key, value in values.items():
        comment = f"   # {evidence[*path, key]}" if (*path, key) in evidence else ""
        if isinstance(value, dict) and not path and key != "total_lines":
            lines += [f"{key}:{comment}", *(f"  {line}" for line in _block(value, evidence, (*path, key)))]
        else:
            lines.append(f"{_scalar(key)}: {_flow(value)}{comment}")
    return lines


def _flow(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_scalar(k)}: {_flow(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    return _scalar(str(value))


def _scalar(text: str) -> str:
    """A text as YAML writes it on one line, quoted where it has to be."""
    if re.fullmatch(r"[^\W\d_][\w .()/+-]*\w|\w+|[\w*.-]+", text):
        return text
    return yaml.safe_dump(text, allow_unicode=True, width=10_000, default_style='"').strip()
