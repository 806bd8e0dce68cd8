"""What ``findings.json`` and ``recommendations.json`` look like."""

from collections.abc import Iterable, Mapping
from typing import Any

from leadsmart.insights.findings.findings import Finding
from leadsmart.insights.findings.recommendations import Recommendation
from leadsmart.vocabulary import (
    FINDING_VERDICTS,
    RANGE_95,
    RANGE_INDICATIVE,
    UNIT_AUC,
    UNIT_COUNT,
    UNIT_DAYS,
    UNIT_MONEY,
    UNIT_POINTS,
    UNIT_RATIO,
    UNIT_SHARE,
)

__all__ = ["FINDINGS_SCHEMA", "RECOMMENDATIONS_SCHEMA", "to_records"]

_NUMBER = {"type": ["number", "null"]}
_TEXT = {"type": "string", "minLength": 1}
_UNITS = [UNIT_SHARE, UNIT_POINTS, UNIT_MONEY, UNIT_COUNT, UNIT_RATIO, UNIT_DAYS, UNIT_AUC]
_SHARE = {"type": ["number", "null"], "minimum": 0, "maximum": 1}


def _list_of(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "array",
        "items": {
            "type": "object",
            "properties": properties,
            "required": list(properties),
            "additionalProperties": False,
        },
    }


#: A list of findings in the order of the page; numbers that do not exist are null.
FINDINGS_SCHEMA: dict[str, Any] = _list_of(
    {
        "key": _TEXT,
        "title": _TEXT,
        "verdict": {"enum": list(FINDING_VERDICTS)},
        "statement": _TEXT,
        "estimate": _NUMBER,
        "low": _NUMBER,
        "high": _NUMBER,
        "unit": {"enum": _UNITS},
        "n": {"type": "integer", "minimum": 0},
        "method": {"type": "string"},
        "p_value": _SHARE,
        "q_value": _SHARE,
        "money_at_stake": {"type": ["number", "null"], "minimum": 0},
        "table": {"type": "string"},
    }
)

#: A list of recommendations, most money first.
RECOMMENDATIONS_SCHEMA: dict[str, Any] = _list_of(
    {
        "key": _TEXT,
        "statement": _TEXT,
        "evidence": _TEXT,
        "measure": _TEXT,
        "effect": {"type": "number"},
        "low": _NUMBER,
        "high": _NUMBER,
        "unit": {"enum": _UNITS},
        "range_label": {"enum": [RANGE_95, RANGE_INDICATIVE, ""]},
        "money_concerned": {"type": ["number", "null"], "minimum": 0},
        "effort": {"enum": ["low", "medium", "high"]},
        "owner": _TEXT,
        "next_step": _TEXT,
    }
)


def to_records(items: Iterable[Finding | Recommendation], schema: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What a schema asks for of findings or recommendations; NaN stands for numbers that do not exist.

    Parameters
    ----------
    items : iterable of Finding or Recommendation
    schema : mapping
        `FINDINGS_SCHEMA` or `RECOMMENDATIONS_SCHEMA`.

    Returns
    -------
    list of dict
    """
    names = schema["items"]["properties"]
    return [{name: getattr(item, name) for name in names} for item in items]
