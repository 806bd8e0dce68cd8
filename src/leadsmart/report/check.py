"""All that is wrong with parameters and inputs, found before any kernel starts."""

from collections.abc import Mapping, Sequence
from typing import Any

from leadsmart.cleaning.mapping.files import mapping_path, other_currencies
from leadsmart.cleaning.reading.corrections import find_unexpected, read_corrections
from leadsmart.cleaning.reading.form_fields import describe_form_fields, find_personal_fields
from leadsmart.cleaning.reading.load import check_export
from leadsmart.cleaning.reading.slices import Slices
from leadsmart.errors import InputError, InputProblems, LeadSmartError, ParameterError, raise_problems
from leadsmart.params import list_markets, load_params, unassigned_params
from leadsmart.report.project.audience import find_mixed_audiences
from leadsmart.report.project.export_slices import open_slices
from leadsmart.report.project.workspace import Workspace


def check_inputs(
    workspace: Workspace, markets: Sequence[str], overrides: Mapping[str, Any]
) -> tuple[Slices, list[str]]:
    """Check parameters and inputs of the markets that are to be run, and split the export by market.

    Parameters
    ----------
    workspace : Workspace
    markets : sequence of str
        Markets to be run; empty means all of ``params/``.
    overrides : mapping
        Parameters that win over the markets' files.

    Returns
    -------
    Slices
        The export, split by market.
    list of str
        The markets to run: those where the business users in ``user_ids`` have campaigns.

    Raises
    ------
    InputProblems
        With everything that is wrong.
    """
    problems = [
        *_parameter_problems(workspace, markets, overrides),
        *check_export(workspace.data, workspace.mapping),
    ]
    if problems:
        raise InputProblems(problems)
    mixed = find_mixed_audiences(workspace, overrides)
    if mixed:
        raise InputProblems(mixed)
    known = list_markets(workspace.params_dir)
    slices = open_slices(workspace)
    personal = {
        str(problem): problem
        for market in known
        for problem in find_personal_fields(slices, load_params(market, workspace.params_dir, overrides))
    }
    raise_problems(list(personal.values()))
    unexpected = find_unexpected(slices, read_corrections(workspace.params_dir))
    if unexpected:
        raise InputProblems(unexpected)
    currencies = {
        load_params(market, workspace.params_dir, overrides).currency
        for market in markets or known
        if slices.markets.get(market)
    }
    foreign_money = other_currencies(mapping_path(workspace.data, workspace.mapping), currencies)
    if foreign_money:
        raise InputProblems(foreign_money)
    without = [market for market in markets or known if not _campaigns(workspace, slices, market, overrides)]
    # A report for some business users is about the markets where they advertise.
    unavoidable = [market for market in without if market in markets or not slices.markets.get(market)]
    if unavoidable or len(without) == len(markets or known):
        raise InputProblems([_no_campaigns(workspace, slices, market) for market in unavoidable or without])
    return slices, [market for market in markets or known if market not in without]


def describe_export(
    workspace: Workspace, slices: Slices, markets: Sequence[str], overrides: Mapping[str, Any]
) -> list[str]:
    """What a reader should know of the export of a report, as lines for the terminal.

    Parameters
    ----------
    workspace : Workspace
    slices : Slices
        The export.
    markets : sequence of str
        Markets of the report.
    overrides : mapping
        Parameters that win over the markets' files.

    Returns
    -------
    list of str
    """
    params = [load_params(market, workspace.params_dir, overrides) for market in markets]
    return [*slices.note_lines, *describe_form_fields(slices, params)]


def _campaigns(workspace: Workspace, slices: Slices, market: str, overrides: Mapping[str, Any]) -> int:
    # pandas takes a second to import
    from leadsmart.cleaning.reading.slice_rows import count_campaigns

    users = load_params(market, workspace.params_dir, overrides).user_ids
    return count_campaigns(slices, market, users)


def _no_campaigns(workspace: Workspace, slices: Slices, market: str) -> InputError:
    if slices.markets.get(market):
        return InputError(
            f"{market} has no campaigns of the business users in user_ids",
            file=workspace.relative_data(),
            remedy="Name users who advertise there, or leave this market out",
        )
    return InputError(
        f"{market} has no campaigns",
        file=workspace.relative_data(),
        remedy=f"Name its projects in project_markets.csv, or take params/{market}.yml away",
    )


def _parameter_problems(
    workspace: Workspace, markets: Sequence[str], overrides: Mapping[str, Any]
) -> list[LeadSmartError]:
    known = list_markets(workspace.params_dir)
    if not known:
        return [
            ParameterError(
                "no market has a file", file="params", remedy="Add one, such as params/new-cairo.yml"
            )
        ]
    problems: list[LeadSmartError] = []
    seen = set()
    try:
        read_corrections(workspace.params_dir)
    except LeadSmartError as error:
        problems.append(error)
    # None stands for what is unassigned: its name is no market that one could ask for
    for market in [None, *(markets or known)]:
        try:
            if market is None:
                unassigned_params(workspace.params_dir, overrides)
            else:
                load_params(market, workspace.params_dir, overrides)
        except LeadSmartError as error:
            found = error.problems if isinstance(error, InputProblems) else [error]
            # A wrong override is wrong for every market; saying it once is enough.
            problems += [problem for problem in found if problem.problem not in seen]
            seen |= {problem.problem for problem in found}
    return problems
