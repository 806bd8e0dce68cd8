"""Write a proposed mapping as YAML, with the evidence of each line as a comment."""

from collections.abc import Sequence
from typing import Any

from leadsmart.cleaning.mapping.model import MAPPING_FILE
from leadsmart.cleaning.mapping.proposing.drafts import Draft
from leadsmart.yaml_text import format_scalar


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
        lines += [f"  - {format_scalar(question)}" for question in questions]
    lines += ["", "tables:"]
    for draft in drafts:
        body = _block(draft.entry, draft.evidence, ())
        lines += [f"  {'- ' if i == 0 else '  '}{line}" for i, line in enumerate(body)] + [""]
    if statuses:
        lines += [
            "statuses:",
            *(f"  {format_scalar(word)}: {format_scalar(status)}" for word, status in statuses.items()),
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
            lines.append(f"{format_scalar(key)}: {_flow(value)}{comment}")
    return lines


def _flow(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{format_scalar(k)}: {_flow(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    return format_scalar(str(value))
