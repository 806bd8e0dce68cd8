"""Whom a report is for: one for a customer holds nobody else's figures, and shares its folder with no other report."""

import json
from collections.abc import Mapping
from typing import Any

from leadsmart.cleaning.reading.slices import Slices
from leadsmart.errors import LeadSmartError, ParameterError
from leadsmart.params import Params, list_markets, load_params, unassigned_params
from leadsmart.report.project.workspace import RUN_FILE, Workspace
from leadsmart.vocabulary import CLIENT, INTERNAL


def find_mixed_audiences(workspace: Workspace, overrides: Mapping[str, Any]) -> list[LeadSmartError]:
    """What would bring a customer's report together with figures of others, in one site or in one folder.

    Parameters
    ----------
    workspace : Workspace
    overrides : mapping
        Parameters that win over the markets' files; all parameters are known to be valid.
    """
    known = list_markets(workspace.params_dir)
    # the pooled model reads all markets, and what is unassigned is on every site
    params = [load_params(market, workspace.params_dir, overrides) for market in known]
    params.append(unassigned_params(workspace.params_dir, overrides))
    whom = {_whom(p) for p in params}
    if all(audience == INTERNAL for audience, _ in whom):
        return _published_for_others(workspace, whom, "this run is internal")
    if len(whom) > 1:
        return [
            ParameterError(
                "a report for a client needs the same audience and user_ids for all markets and for unassigned campaigns",
                remedy="Set both with --param for the run, or both in params/_defaults.yml",
                file="params",
                examples=[p.market for p in params if _whom(p) != _whom(params[0])],
            )
        ]
    return _published_for_others(workspace, whom, "this run is for a client")


def _whom(params: Params) -> tuple[str, tuple[str, ...]]:
    """An internal report may be for anybody; one for a client is for exactly its users."""
    users = tuple(sorted(params.user_ids or ())) if params.audience == CLIENT else ()
    return params.audience, users


def _published_for_others(
    workspace: Workspace, whom: set[tuple[str, tuple[str, ...]]], this: str
) -> list[LeadSmartError]:
    found = []
    for path in sorted(workspace.outputs.glob(f"*/{RUN_FILE}")):
        parameters = json.loads(path.read_text(encoding="utf-8")).get("parameters", {})
        audience = parameters.get("audience", INTERNAL)
        users = tuple(sorted(parameters.get("user_ids") or ())) if audience == CLIENT else ()
        if (audience, users) not in whom:
            found.append(path.parent.name)
    if not found:
        return []
    return [
        ParameterError(
            f"{this}, and the folder holds a report for others",
            remedy="Give it a folder of its own with --outputs",
            file=workspace.outputs.name,
            count=len(found),
            examples=found,
        )
    ]


def inputs_record(slices: Slices, audience: str) -> dict[str, Any]:
    """The files of the export with their sha256 and row count, by name; a client does not learn how many rows."""
    known = ("sha256",) if audience == CLIENT else ("sha256", "rows")
    return {name: {key: entry[key] for key in known} for name, entry in sorted(slices.inputs.items())}


def audience_note(params: Params) -> str:
    """What a customer should know before reading; empty in an internal report."""
    if params.audience != CLIENT:
        return ""
    users = params.user_ids
    named = f"business user {users[0]}" if len(users) == 1 else f"business users {', '.join(users)}"
    return (
        f"Made for {named}: everything here is from these campaigns and leads alone, the lead score included. Other "
        "business users appear only together, as benchmarks over at least five of them."
    )
