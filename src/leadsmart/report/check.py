"""All that is wrong with parameters and inputs, found before any kernel starts."""

from collections.abc import Mapping, Sequence
from typing import Any

from leadsmart.cleaning.mapping.files import mapping_path, other_currencies
from leadsmart.cleaning.reading.corrections import find_unexpected, read_corrections
from leadsmart.cleaning.reading.form_fields import describe_form_fields, find_personal_fields
from leadsmart.cleaning.reading.joined_table import JoinedTable, read_joined
from leadsmart.cleaning.reading.load import check_export
from leadsmart.cleaning.reading.slices import Slices
from leadsmart.errors import InputError, InputProblems, LeadSmartError, ParameterError, raise_problems
from leadsmart.formats import format_percent
from leadsmart.params import list_markets, load_params, unassigned_params
from leadsmart.report.project.audience import find_mixed_audiences
from leadsmart.report.project.export_slices import open_slices
from leadsmart.report.project.workspace import Workspace
from leadsmart.vocabulary import AD_PERFORMANCE, EXPORT_FILES, TABLES, UNASSIGNED


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
    unjoined = _unjoined(workspace, slices, markets or known, overrides)
    if unjoined:
        raise InputProblems(unjoined)
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
    return [
        *slices.note_lines,
        *describe_form_fields(slices, params),
        *_list_joins(workspace, slices, markets, overrides),
    ]


def _list_joins(
    workspace: Workspace, slices: Slices, markets: Sequence[str], overrides: Mapping[str, Any]
) -> list[str]:
    """Rows that were read, readable and joined, per table and per market."""
    tables = [
        [t.file, f"{t.rows:,}", f"{t.readable:,}", f"{t.replaced:,}", f"{t.joined:,}", _lost(t)]
        for t in read_joined(slices.joins)
    ]
    rows = []
    for market in (*markets, UNASSIGNED):
        own = {entry["table"]: entry for entry in slices.totals if entry["market"] == market}
        params = (
            unassigned_params(workspace.params_dir, overrides)
            if market == UNASSIGNED
            else load_params(market, workspace.params_dir, overrides)
        )
        spend = f"{params.currency} {own[AD_PERFORMANCE]['joined_spend']:,.0f}"
        rows.append(
            [market, f"{slices.markets[market]:,}", *(f"{own[t]['joined']:,}" for t in TABLES[1:]), spend]
        )
    names = [EXPORT_FILES[table] for table in TABLES[1:]]
    return [
        *_aligned([["", "rows", "readable", "replaced", "joined", "lost"], *tables]),
        "",
        *_aligned([["", "campaigns", *names, "spend"], *rows]),
    ]


def _lost(table: JoinedTable) -> str:
    if not table.lost_rows:
        return "–"
    return f"{table.lost_rows:,} ({format_percent(table.lost_share)})"


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Cells as lines whose columns stand below each other, all but the first to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.rjust(width) if i else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def _unjoined(
    workspace: Workspace, slices: Slices, markets: Sequence[str], overrides: Mapping[str, Any]
) -> list[LeadSmartError]:
    """Tables of the whole export of which more is lost than every market allows."""
    share = max(load_params(m, workspace.params_dir, overrides).max_unjoined_share for m in markets)
    problems = (table.problem(share) for table in read_joined(slices.joins))
    return [problem for problem in problems if problem is not None]


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
