"""Commands that make projects and markets, and remove private copies: ``leadsmart init | new-market | purge``."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import leadsmart
from leadsmart.errors import InputError, ParameterError
from leadsmart.report.project.published_mode import set_umask
from leadsmart.report.project.retention import purge_private, sweep_private
from leadsmart.report.project.workspace import Workspace, open_workspace
from leadsmart.report.site.publish import recover_if_idle

if TYPE_CHECKING:
    from leadsmart.report.project.new_market import NewMarket

app = typer.Typer(add_completion=False, rich_markup_mode=None)


def open_project(
    data: Path | None = None, outputs: Path | None = None, mapping: Path | None = None
) -> Workspace:
    """The workspace of a command, with what killed ones left put in order, and old raw copies removed."""
    workspace = open_workspace(
        data=data.absolute() if data else None,
        outputs=outputs.absolute() if outputs else None,
        mapping=mapping.absolute() if mapping else None,
    )
    set_umask(workspace)
    sweep_private(workspace)
    recover_if_idle(workspace.outputs)
    return workspace


@app.command(epilog="Example: leadsmart init report --data ~/exports/2024-12")
def init(
    folder: Annotated[Path, typer.Argument(help="Folder of the project", metavar="DIR", show_default=False)],
    data: Annotated[
        Path | None,
        typer.Option(
            help="Export whose markets it gets (default: the markets of the sample)", show_default=False
        ),
    ] = None,
    upgrade: Annotated[
        bool,
        typer.Option(
            "--upgrade", help="Bring a project's files to this version; edited ones stay, with a diff"
        ),
    ] = False,
) -> None:
    """Lay out a project of your own: notebooks, parameters, pages and styles of the site."""
    if upgrade and data:
        raise ParameterError(
            "--data is for a new project",
            remedy="Add a market with `leadsmart new-market NAME --data FOLDER`",
        )
    if upgrade:
        _upgrade(folder)
    else:
        _lay_out(folder, data.absolute() if data else None)


@app.command(epilog="Example: leadsmart new-market new-cairo --data ~/exports/2024-12")
def new_market(
    name: Annotated[str, typer.Argument(help="Lower-case letters, digits and hyphens", show_default=False)],
    data: Annotated[
        Path | None, typer.Option(help="Folder of the export (default: the last run's, else the sample)")
    ] = None,
) -> None:
    """Write a market's parameter file with what the export shows of it."""
    # DuckDB and pandas take a second to import
    from leadsmart.cleaning.reading.market_evidence import find_market_evidence
    from leadsmart.report.project.new_market import draft_market, refuse_known_market, write_market

    workspace = open_project(data)
    refuse_known_market(name, workspace.params_dir)
    evidence = find_market_evidence(workspace.data, [name], workspace.mapping)
    market = draft_market(name, evidence, workspace.params_dir)
    path = write_market(market, workspace.params_dir)
    typer.echo(market.text, nl=False)
    _echo_to_do([market])
    typer.echo(f"Written: {os.path.relpath(path)}")


@app.command(epilog="Example: leadsmart purge --all")
def purge(
    everything: Annotated[
        bool,
        typer.Option("--all", help="Remove caches, results of exploring and which export was read, too"),
    ] = False,
) -> None:
    """Remove all private copies of the export's rows now, instead of after raw_retention_days."""
    workspace = open_project()
    purged = purge_private(workspace, everything=everything)
    for folder in purged.held:
        typer.echo(f"kept, as a running command holds it: {os.path.relpath(folder)}")
    what = "all private files" if everything else "private copies of the export's rows"
    typer.echo(f"Removed {what}: {_counted(purged.removed, 'folder or file')}.")
    if purged.held:
        typer.echo("Purge again when that command has ended.")
        raise typer.Exit(1)


def _lay_out(folder: Path, data: Path | None) -> None:
    from leadsmart.report.project.layout import check_new_folder, lay_out

    check_new_folder(folder)
    markets = _draft_markets(data) if data else None
    names = lay_out(folder, None if markets is None else {f"{m.name}.yml": m.text for m in markets})
    if data:
        open_workspace(root=folder, data=data, environment={}).record_export()
    _echo_to_do(markets or ())
    made = sum(name.startswith("params/") and not name.startswith("params/_") for name in names)
    whose = "the export" if data else "the sample"
    typer.echo(f"Project with {_counted(made, 'market')} of {whose}: {os.path.relpath(folder)}")
    typer.echo(f"Next: cd {os.path.relpath(folder)}, then `leadsmart run`.")
    if not data:
        typer.echo(
            "It runs on sample data. For an export of your own: delete the sample's markets (params/, but not the files "
            "that begin with _), write yours with `leadsmart new-market NAME --data FOLDER`, then run with --data FOLDER."
        )


def _draft_markets(data: Path) -> "list[NewMarket]":
    """A parameter file for each market that the export names and that has campaigns."""
    # DuckDB and pandas take a second to import
    from leadsmart.cleaning.reading.market_evidence import find_market_evidence
    from leadsmart.report.project.layout import source_folder
    from leadsmart.report.project.new_market import draft_market

    evidence = find_market_evidence(data)
    empty = [name for name, market in evidence.markets.items() if market.campaigns == 0]
    if empty:
        typer.echo(f"Left out, as no campaign is in them: {', '.join(empty)}")
    drafted = []
    for name in evidence.markets:
        if name in empty:
            continue
        try:
            drafted.append(draft_market(name, evidence, source_folder() / "params"))
        except ParameterError as error:
            typer.echo(f"{name}: left out. {error}")
    if not drafted:
        raise InputError(
            "names no market that has campaigns",
            remedy="Name the markets of projects in project_markets.csv, such as new-cairo",
            file=str(data),
        )
    if evidence.unassigned:
        campaigns = sum(evidence.unassigned.values())
        typer.echo(f"unassigned: {_counted(campaigns, 'campaign')} of projects that are in no market")
    return drafted


def _upgrade(folder: Path) -> None:
    from leadsmart.report.project.layout import NEW, Change, upgrade

    changes = upgrade(folder)
    for change in changes:
        beside = f"; this version is {change.name}{NEW}" if change.diff else ""
        beside = (
            "; this version has it no more" if change.change is Change.KEPT and not change.diff else beside
        )
        typer.echo(f"{change.name}: {change.change.value}{beside}")
        if change.diff:
            typer.echo(change.diff)
    kept = sum(change.change is Change.KEPT for change in changes)
    typer.echo(
        f"{_counted(len(changes) - kept, 'file')} brought up to date, {kept} edited here and kept."
        if changes
        else f"All files are those of leadsmart {leadsmart.__version__}."
    )


def _echo_to_do(markets: "Sequence[NewMarket]") -> None:
    """What is left to do, once for all markets that share it."""
    names: dict[str, list[str]] = {}
    for market in markets:
        for line in market.to_do:
            names.setdefault(line, []).append(market.name)
    for line, sharing in names.items():
        whose = "all markets" if len(sharing) == len(markets) > 1 else ", ".join(sharing)
        typer.echo(f"{whose}: {line}")


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
