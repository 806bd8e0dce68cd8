"""A whole run, from the export to the site: alone on its outputs, and stamped when it is complete."""

import datetime as dt
import json
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from leadsmart.cleaning.reading.slices import Slices
from leadsmart.report.execution.progress import PlainListener
from leadsmart.report.execution.run import run_markets
from leadsmart.report.execution.tasks import MarketResult
from leadsmart.report.project.files import write_atomically
from leadsmart.report.project.workspace import STAMP_FILE, Workspace
from leadsmart.report.site.publish import remove_stage
from leadsmart.report.site.site import SITE, render_site, why_site_is_outdated


@dataclass(frozen=True)
class Report:
    """What a run leaves.

    Attributes
    ----------
    results : sequence of MarketResult
    index : Path
        The site's first page.
    """

    results: Sequence[MarketResult]
    index: Path


def make_report(
    workspace: Workspace,
    slices: Slices,
    markets: Sequence[str],
    overrides: Mapping[str, Any],
    listener: PlainListener,
    *,
    jobs: int = 2,
    renderer: str = "auto",
    force: bool = False,
    executor: Executor | None = None,
) -> Report:
    """Run the notebooks that are no longer up to date and render the site if a page changed.

    The folder of outputs has to be locked; parameters as for `run_markets` and `render_site`. When and how long is
    in ``stamp.json`` alone: everything else is the same whenever the same inputs are run.
    """
    started = time.monotonic()
    results = run_markets(
        workspace, slices, markets, overrides, listener, jobs, force=force, executor=executor
    )
    if force or why_site_is_outdated(workspace, renderer):
        index = render_site(workspace, renderer)
    else:
        index = workspace.outputs / SITE / "index.html"
    stamp = {
        "finished_at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "seconds": round(time.monotonic() - started, 1),
        "jobs": jobs,
    }
    write_atomically(workspace.outputs / STAMP_FILE, json.dumps(stamp, indent=1) + "\n")
    remove_stage(workspace.outputs)
    return Report(results, index)
