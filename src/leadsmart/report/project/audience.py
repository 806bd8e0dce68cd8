"""Whom a report is for: one for a client holds nobody else's figures, and shares its folder with no other report."""

from collections.abc import Iterable, Mapping
from typing import Any

from leadsmart.cleaning.reading.slices import Slices
from leadsmart.errors import LeadSmartError, ParameterError
from leadsmart.params import Params, list_markets, params_for
from leadsmart.report.project.files import read_json
from leadsmart.report.project.workspace import RUN_FILE, Workspace
from leadsmart.vocabulary import CLIENT, INTERNAL, UNASSIGNED


def find_mixed_audiences(workspace: Workspace, overrides: Mapping[str, Any]) -> list[LeadSmartError]:
    """What would bring a client report together with figures of others, in one site or in one folder.

    Parameters
    ----------
    workspace : Workspace
    overrides : mapping
        Parameters that win over the markets' files; all parameters are known to be valid.

    Returns
    -------
    list of LeadSmartError
        Empty where nothing would.
    """
    known = list_markets(workspace.params_dir)
    # the pooled model reads all markets, and what is unassigned is on every site
    params = [params_for(market, workspace.params_dir, overrides) for market in (*known, UNASSIGNED)]
    recipients = {_recipients(p.audience, p.user_ids) for p in params}
    if all(audience == INTERNAL for audience, _ in recipients):
        return _published_for_others(workspace, recipients, "this run is internal")
    if len(recipients) > 1:
        return [
            ParameterError(
                "a report for a client needs the same audience and user_ids for all markets and for unassigned campaigns",
                remedy="Set both with --param for the run, or both in params/_defaults.yml",
                file="params",
                examples=[
                    p.market
                    for p in params
                    if _recipients(p.audience, p.user_ids)
                    != _recipients(params[0].audience, params[0].user_ids)
                ],
            )
        ]
    return _published_for_others(workspace, recipients, "this run is for a client")


def _recipients(audience: str, user_ids: Iterable[str] | None) -> tuple[str, tuple[str, ...]]:
    """An internal report may be for anybody; one for a client is for exactly its users."""
    return audience, tuple(sorted(user_ids or ())) if audience == CLIENT else ()


def _published_for_others(
    workspace: Workspace, recipients: set[tuple[str, tuple[str, ...]]], this: str
) -> list[LeadSmartError]:
    found = []
    for path in sorted(workspace.outputs.glob(f"*/{RUN_FILE}")):
        parameters = read_json(path).get("parameters", {})
        if _recipients(parameters.get("audience", INTERNAL), parameters.get("user_ids")) not in recipients:
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
    """What a client should know before reading; empty in an internal report."""
    if params.audience != CLIENT:
        return ""
    users = params.user_ids or ()
    named = f"business user {users[0]}" if len(users) == 1 else f"business users {', '.join(users)}"
    return (
        f"Made for {named}: everything here is from these campaigns and leads alone, the lead score included. Other "
        "business users appear only together, as benchmarks over at least five of them."
    )
