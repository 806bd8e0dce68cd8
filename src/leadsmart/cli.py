"""The command line: ``leadsmart run | check | map | status | verify | score | render | preview | export | sample``.

Commands that make projects and markets, and `purge`, are in `project_commands`.

What a command needs is imported in it: whether there is anything to do is said before pandas could be imported.
"""

import io
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import leadsmart
from leadsmart import project_commands
from leadsmart.errors import InputError, InputProblems, LeadSmartError, ParameterError
from leadsmart.overrides import parse_overrides
from leadsmart.project_commands import open_project
from leadsmart.report.project.failures import describe_unexpected
from leadsmart.report.project.files import write_atomically
from leadsmart.report.project.workspace import RENDERERS
from leadsmart.vocabulary import USE_ORDER, USE_RULES

if TYPE_CHECKING:
    from leadsmart.arrivals import ScoredFile

OK, MARKET_FAILED, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130
CORES = os.cpu_count() or 1

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Analyse exports of a lead-generation platform, market by market, and render one report site.",
    epilog="Example: leadsmart run --data ~/exports/2024-12",
)


def _known_renderer(renderer: str) -> str:
    if renderer not in RENDERERS:
        raise ParameterError(f"unknown renderer {renderer!r}", remedy=f"Use one of {', '.join(RENDERERS)}")
    return renderer


Markets = Annotated[
    list[str] | None, typer.Argument(help="Markets of params/ (default: all)", show_default=False)
]
Data = Annotated[
    Path | None, typer.Option(help="Folder of the export (default: the last run's, else the sample)")
]
MappingFile = Annotated[
    Path | None,
    typer.Option(
        "--mapping", help="How another system's files become an export (default: mapping.yml beside them)"
    ),
]
Outputs = Annotated[Path | None, typer.Option(help="Where results go (default: outputs/)")]
Parameters = Annotated[
    list[str] | None,
    typer.Option("--param", "-p", metavar="NAME=VALUE", help="Change a parameter for this run"),
]
Renderer = Annotated[
    str,
    typer.Option(
        callback=_known_renderer,
        help=f"One of {', '.join(RENDERERS)}; auto takes Quarto where it is installed",
    ),
]
Jobs = Annotated[int, typer.Option(min=1, help="Notebooks at work at the same time")]


@app.callback(invoke_without_command=True)
def _options(
    version: Annotated[bool, typer.Option("--version", help="Print the version and leave")] = False,
) -> None:
    if version:
        typer.echo(f"leadsmart {leadsmart.__version__}")
        raise typer.Exit(OK)


@app.command(epilog="Example: leadsmart run new-cairo --param period_start=2024-10-01")
def run(
    markets: Markets = None,
    data: Data = None,
    mapping: MappingFile = None,
    param: Parameters = None,
    outputs: Outputs = None,
    renderer: Renderer = "auto",
    jobs: Jobs = CORES,
    force: Annotated[bool, typer.Option("--force", help="Run what is still true, too")] = False,
) -> None:
    """Execute the notebooks that something changed for, and render the site."""
    from leadsmart.report.status import list_if_up_to_date

    workspace, overrides = open_project(data, outputs, mapping), parse_overrides(param or ())
    if not force and (found := list_if_up_to_date(workspace, markets or [], overrides, renderer)):
        typer.echo(f"Nothing has changed: all {len(found) - 1} notebooks and the site are up to date.")
        typer.echo(f"\nReport: {_shown(workspace.outputs / 'site' / 'index.html')}")
        return

    from leadsmart.report.check import check_inputs, describe_export

    slices, wanted = check_inputs(workspace, markets or [], overrides)
    # papermill takes seconds to import, and what is wrong should be said before
    from leadsmart.report.execution.progress import make_listener, print_results
    from leadsmart.report.pipeline import make_report
    from leadsmart.report.project.lock import locked

    headline = f"Export: {workspace.relative_data()}; markets: {', '.join(wanted)}"
    typer.echo("\n".join([headline, *describe_export(workspace, slices, wanted, overrides)]))
    with locked(workspace.outputs), make_listener() as listener:
        report = make_report(
            workspace, slices, wanted, overrides, listener, jobs=jobs, renderer=renderer, force=force
        )
    print_results(report.results)
    typer.echo(f"\nReport: {_shown(report.index)}")
    if any(result.error for result in report.results):
        raise typer.Exit(MARKET_FAILED)


@app.command(epilog="Example: leadsmart check new-cairo --data ~/exports/2024-12")
def check(
    markets: Markets = None,
    data: Data = None,
    mapping: MappingFile = None,
    param: Parameters = None,
    outputs: Outputs = None,
) -> None:
    """Say all that is wrong with parameters and inputs, before anything runs."""
    from leadsmart.report.check import check_inputs, describe_export

    workspace, overrides = open_project(data, outputs, mapping), parse_overrides(param or ())
    slices, wanted = check_inputs(workspace, markets or [], overrides)
    for line in describe_export(workspace, slices, wanted, overrides):
        typer.echo(line)
    typer.echo(
        f"Parameters and export {workspace.relative_data()} are fine; the data's last day is {slices.last_day}."
    )


@app.command(epilog="Example: leadsmart status --explain")
def status(
    markets: Markets = None,
    data: Data = None,
    param: Parameters = None,
    outputs: Outputs = None,
    renderer: Renderer = "auto",
    explain: Annotated[bool, typer.Option("--explain", help="Say why, too")] = False,
) -> None:
    """Say for each notebook whether its result is still true, and what a run would do."""
    from leadsmart.report.project.export_slices import known_slices
    from leadsmart.report.status import list_status, open_store

    workspace, overrides = open_project(data, outputs), parse_overrides(param or ())
    if known_slices(workspace) is None:
        from leadsmart.report.check import check_inputs

        check_inputs(workspace, markets or [], overrides)
    store = open_store(workspace, overrides)
    found = list_status(store, markets or store.present, renderer)
    for line in found:
        state = "up to date" if line.is_up_to_date else "runs again" if line.reasons else "waits"
        name = f"{line.market} {line.notebook}".strip()
        typer.echo(f"{name:<36} {state}")
        if explain:
            for reason in line.reasons:
                typer.echo(f"    {reason}")
            if line.waits_for:
                typer.echo(f"    only if what it reads changes: {', '.join(line.waits_for)}")
    up_to_date = sum(line.is_up_to_date for line in found)
    typer.echo(f"{up_to_date} of {len(found)} are up to date.")


@app.command(epilog="Example: leadsmart verify --jobs 2")
def verify(
    outputs: Outputs = None,
    renderer: Renderer = "auto",
    jobs: Jobs = CORES,
    signature: Annotated[
        bool, typer.Option("--signature", help="Only hold the files against what the run signed")
    ] = False,
) -> None:
    """Run the last report again in a temporary folder, and name every file that comes out differently."""
    if signature:
        _verify_signature(open_project(None, outputs).outputs)
        return
    from leadsmart.report.execution.progress import make_listener
    from leadsmart.report.project.lock import locked
    from leadsmart.report.verify import verify_outputs

    workspace = open_project(None, outputs)
    with locked(workspace.outputs), make_listener() as listener:
        found = verify_outputs(workspace, listener, jobs=jobs, renderer=renderer)
    for name in found.differing:
        typer.echo(f"differs: {name}")
    if found.differing:
        typer.echo(
            f"{len(found.differing)} of {found.files} files differ; `leadsmart status --explain` says what changed."
        )
        raise typer.Exit(MARKET_FAILED)
    typer.echo(f"All {found.files} files are the same, byte by byte.")


def _verify_signature(outputs: Path) -> None:
    from leadsmart.report.provenance.signing import count_signed, find_unsigned

    changed = find_unsigned(outputs)
    for name in changed:
        typer.echo(f"changed since the run: {name}")
    if changed:
        raise typer.Exit(MARKET_FAILED)
    typer.echo(f"All {count_signed(outputs):,} files are as the run signed them.")


@app.command(epilog="Example: leadsmart score new_leads.csv --market new-cairo --out scored.csv")
def score(
    file: Annotated[
        Path,
        typer.Argument(
            help="Leads with the columns of campaign_leads.csv", metavar="LEADS.csv", show_default=False
        ),
    ],
    market: Annotated[str, typer.Option("--market", "-m", help="Whose published model scores")],
    out: Annotated[Path | None, typer.Option(help="File to write to (default: standard output)")] = None,
    outputs: Outputs = None,
) -> None:
    """Score new leads with the published model of a market, best first."""
    # the libraries of models take seconds to import
    from leadsmart.arrivals import score_file
    from leadsmart.display.csv_text import to_safe_csv

    result = score_file(file, open_project(None, outputs).outputs, market)
    text = to_safe_csv(result.scored)
    if out is None:
        typer.echo(text, nl=False)
    else:
        _write(out, text)
    for line in _score_notes(result, market, out):
        typer.echo(line, err=out is None)


@app.command(epilog="Example: leadsmart render --renderer embedded")
def render(outputs: Outputs = None, renderer: Renderer = "auto") -> None:
    """Render the site again from the last run."""
    from leadsmart.report.project.lock import locked
    from leadsmart.report.project.published_mode import set_published_mode
    from leadsmart.report.site.publish import is_interrupted, remove_stage
    from leadsmart.report.site.site import render_site

    workspace = open_project(None, outputs)
    with locked(workspace.outputs):
        was_interrupted = is_interrupted(workspace.outputs)
        index = render_site(workspace, renderer)
        if not was_interrupted:
            remove_stage(workspace.outputs)
        set_published_mode(workspace)
    typer.echo(f"Report: {_shown(index)}")


@app.command(epilog="Example: leadsmart preview --port 8000")
def preview(
    outputs: Outputs = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free port")] = 8000,
) -> None:
    """Serve the site on this machine only, so that search works; stop with Ctrl-C."""
    # a server takes a moment to import
    from leadsmart.report.site.preview import serve_site

    def announce(address: str) -> None:
        typer.echo(f"The report is at {address} (stop with Ctrl-C)")
        sys.stdout.flush()

    serve_site(open_project(None, outputs).outputs / "site", port, announce)
    typer.echo("Stopped.")


@app.command(epilog="Example: leadsmart export new-cairo --format xlsx")
def export(
    market: Annotated[str, typer.Argument(help="A market of params/ that was run", show_default=False)],
    form: Annotated[
        str,
        typer.Option("--format", help="pdf (the summary), xlsx (all tables) or html (all pages, one file)"),
    ] = "pdf",
    to: Annotated[
        Path | None,
        typer.Option(help="File to write (default: exports/<market>.<format>)", show_default=False),
    ] = None,
    outputs: Outputs = None,
) -> None:
    """Write a market's report as one file to hand on."""
    # nbconvert and Excel's writer take a second to import
    from leadsmart.report.exports.export import export_market

    made = export_market(open_project(None, outputs), market, form, to.absolute() if to else None)
    typer.echo(f"Written: {_shown(made)}")


@app.command(epilog="Example: leadsmart sample data/sample --leads 50000 --seed 7")
def sample(
    folder: Annotated[
        Path, typer.Argument(help="Folder to write the export to", metavar="DIR", show_default=False)
    ],
    leads: Annotated[int, typer.Option(min=1, help="How many leads")] = 12_000,
    seed: Annotated[int, typer.Option(help="The same seed writes the same bytes")] = 20240601,
) -> None:
    """Write a sample export with known, planted effects."""
    from leadsmart.sample import write_sample

    write_sample(folder, leads=leads, seed=seed)
    typer.echo(f"Sample export with {leads:,} leads: {_shown(folder)}")


@app.command("map", epilog="Example: leadsmart map ~/exports/2024-12 --write")
def map_folder(
    folder: Annotated[
        Path, typer.Argument(help="Folder with another system's files", metavar="FOLDER", show_default=False)
    ],
    write: Annotated[bool, typer.Option("--write", help="Write mapping.yml into the folder")] = False,
) -> None:
    """Propose how files of other systems become an export: a mapping with its evidence, to be confirmed."""
    # DuckDB, pandas and rapidfuzz take a second to import
    from leadsmart.cleaning.mapping.proposing.propose import find_markets, propose_mapping, save_mapping

    proposal = propose_mapping(folder, find_markets(Path.cwd()))
    for problem in proposal.problems:
        typer.echo(f"- {problem}", err=True)
    if write and proposal.text:
        target = save_mapping(proposal, folder)
        typer.echo(f"{proposal.report}Written: {_shown(target)}")
    else:
        typer.echo(proposal.text or proposal.report, nl=False)


app.add_typer(project_commands.app)


def _score_notes(result: "ScoredFile", market: str, out: Path | None) -> list[str]:
    where = f": {_shown(out)}" if out else ""
    notes = [f"{len(result.scored):,} leads scored by the model of {market}, {result.verdict}{where}"]
    if result.use == USE_RULES:
        notes.append("The model is Not ready: rules order the leads, and there is no probability.")
    if result.use == USE_ORDER:
        notes.append(
            "Its probabilities did not hold on newer leads: the list has its order and reasons, no probability or grade."
        )
    if result.left_out:
        rules = ", ".join(f"{rule} {rows:,}" for rule, rows in result.left_out.items())
        notes.append(f"{sum(result.left_out.values()):,} rows were left out: {rules}")
    return notes


def _write(path: Path, text: str) -> None:
    try:
        if path.is_file() or not path.exists():
            write_atomically(path.resolve(), text)
        else:
            # a pipe or a device
            path.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise InputError(
            f"can't be written: {error.strerror}", remedy="Name another file with --out", file=str(path)
        ) from error


def _shown(path: Path) -> str:
    return os.path.relpath(path)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; what the user can mend is one message and exit code 2, never a traceback."""
    for stream in (sys.stdout, sys.stderr):
        # a terminal that can't show a character shows another one
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    # what stops a service or a container stops a run in order, as Ctrl-C does
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        app(arguments)
    except SystemExit as end:
        # typer ends a command at Ctrl-C without a word
        if end.code == INTERRUPTED:
            typer.echo("Stopped.")
        raise
    except InputProblems as problems:
        for problem in problems.problems:
            typer.echo(f"- {problem}", err=True)
        typer.echo(f"leadsmart: {problems}", err=True)
        sys.exit(BAD_INPUT)
    except LeadSmartError as error:
        typer.echo(f"leadsmart: {error}", err=True)
        sys.exit(BAD_INPUT)
    except Exception as error:  # noqa: BLE001 - the last boundary: a user never sees a traceback
        typer.echo(f"leadsmart: {describe_unexpected(error)}", err=True)
        sys.exit(BAD_INPUT if isinstance(error, OSError) else MARKET_FAILED)
