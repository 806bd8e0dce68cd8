"""What comes of an export at the command line and in cleaning, and whether it may."""

import contextlib
import datetime as dt
import io
import os
import re
import shutil
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

from cleaning.border.damage import REFUSED, RIGHT, SAID, SILENT, TOLD, Case
from cleaning.border.export import MARKETS, Figures, make_export, sum_days, true_figures, write_export
from cleaning.builders_cleaning import KEY, ROOT

from leadsmart import cli
from leadsmart.cleaning.clean import CleanedMarket, clean_slice
from leadsmart.market import Market
from leadsmart.params import Params, list_markets, load_params
from leadsmart.report.project.export_slices import open_slices
from leadsmart.report.project.workspace import open_workspace
from leadsmart.vocabulary import UNASSIGNED

#: Reports speak from a day behind all data, so that no event comes too late for them.
AS_OF = dt.date(2025, 6, 30)


@dataclass(frozen=True)
class Outcome:
    """What became of an export: refused with messages, or figures with what was said of them."""

    problems: tuple[str, ...] = ()
    figures: Mapping[str, Figures] = field(default_factory=dict)
    said: tuple[str, ...] = ()
    verdicts: Mapping[str, str] = field(default_factory=dict)
    cleaned: Mapping[str, CleanedMarket] = field(default_factory=dict)

    @property
    def is_refused(self) -> bool:
        return bool(self.problems)


@contextlib.contextmanager
def project(folder: Path, markets: Sequence[str] = MARKETS) -> Iterator[Path]:
    """A project with some markets, so that the command line can be asked."""
    folder.mkdir(parents=True)
    (folder / "params").mkdir()
    for name in ("_defaults.yml", *(f"{market}.yml" for market in markets)):
        shutil.copy(ROOT / "params" / name, folder / "params")
    shutil.copy(ROOT / "_quarto.yml", folder)
    with mock.patch.dict(os.environ, {"LEADSMART_ROOT": str(folder), "LEADSMART_CONTACT_KEY": "0" * 64}):
        yield folder


def judge(data: Path, root: Path, overrides: Mapping[str, str] | None = None) -> Outcome:
    """Check an export on the command line and clean its markets where nothing is refused.

    Parameters
    ----------
    data : Path
    root : Path
        See `project`.
    overrides : mapping, optional
        Parameters, as one writes them behind ``--param``; they go into ``_defaults.yml``.
    """
    if overrides:
        path = root / "params" / "_defaults.yml"
        lines = [line for line in path.read_text("utf-8").splitlines() if line.split(":")[0] not in overrides]
        path.write_text("\n".join([*lines, *(f"{k}: {v}" for k, v in overrides.items())]) + "\n", "utf-8")
    outputs = root / "outputs"
    out, err = io.StringIO(), io.StringIO()
    code: Any = 0
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            cli.main(["check", "--data", str(data), "--outputs", str(outputs)])
        except SystemExit as end:
            code = end.code or 0
    if code:
        assert code == cli.BAD_INPUT, f"exit code {code}: {out.getvalue()}{err.getvalue()}"
        lines = err.getvalue().splitlines()
        return Outcome(problems=tuple(x for x in lines if x.startswith("- ")) or tuple(lines))
    workspace = open_workspace(root=root, data=data, outputs=outputs)
    slices = open_slices(workspace)
    params = {market: load_params(market, workspace.params_dir) for market in list_markets(root / "params")}
    cleaned = {market: clean_slice(slices, market, params[market], KEY) for market in params}
    return Outcome(
        figures={market: _figures(cleaned[market], params[market]) for market in params},
        said=tuple(line for line in out.getvalue().splitlines() if _is_said(line)),
        verdicts={market: f"{found.verdict}: {found.verdict_reason}" for market, found in cleaned.items()},
        cleaned=cleaned,
    )


def _figures(cleaned: CleanedMarket, params: Params) -> Figures:
    tables = cleaned.tables
    if len(tables.leads):
        tables = Market.at(tables, params, AS_OF).within_period().tables
    delivery, leads = tables.ad_performance, tables.leads
    return Figures(
        campaigns=len(tables.campaigns),
        spend=round(float(delivery["spend"].sum()), 2),
        impressions=int(delivery["impressions"].sum()),
        clicks=int(delivery["clicks"].sum()),
        leads=len(leads),
        qualified=int(leads["lead_status"].isin(params.qualified_statuses).sum()),
        repeats=int(leads["is_repeat"].sum()),
        events=len(tables.status_events),
        ad_sets=int(delivery["ad_set_id"].nunique()),
        days=sum_days(delivery.loc[delivery["impressions"] > 0, "delivery_date"]),
    )


def _is_said(line: str) -> bool:
    """Whether a line is a note, or the row of unassigned campaigns where there are any; the rest is printed of every export."""
    return ": " in line or re.match(rf"{UNASSIGNED}\b.*[1-9]", line) is not None


def missing_parts(problem: str) -> list[str]:
    """What a message about an input does not name: file, place, count or remedy."""
    parts = {
        "file": r"\.(csv|tsv|txt|xlsx|parquet|yml|gz|zip)\b",
        "place": r"\b(column|header|line|field|rule|ids?)\b",
        "count": r"\d",
        "remedy": r"\. [A-Z«\"`'].*\.?$",
    }
    # a file that is not there, or not a table, has neither columns nor rows to name
    if re.search(
        r"does not exist|is empty|has none of the columns|has a header and no row|is an? .*(workbook|spreadsheet)|two formats|lacks the column",
        problem,
    ):
        del parts["place"], parts["count"]
    text = re.sub(r"\S+\.(csv|yml)", lambda found: re.sub(r"\d", "", found[0]), problem)
    return [name for name, pattern in parts.items() if not re.search(pattern, text)]


def assess(outcome: Outcome, truth: Mapping[str, Figures]) -> tuple[str, str]:
    if outcome.is_refused:
        return REFUSED, " | ".join(outcome.problems)
    said = " | ".join(
        [
            *outcome.said,
            *(f"{m}: {v}" for m, v in outcome.verdicts.items() if "not reliable" in v and m in truth),
        ]
    )
    faults = [
        f"{market}: {fault}"
        for market, true in truth.items()
        for fault in outcome.figures[market].differences(true)
    ]
    doubted = [market for market in truth if "not reliable" in outcome.verdicts[market]]
    if not faults and doubted:
        return TOLD, f"figures are right, and {said}"
    if not faults:
        return (SAID, said) if said else (RIGHT, "")
    return (TOLD, f"{'; '.join(faults)} | {said}") if said else (SILENT, "; ".join(faults))


def find_fault(
    outcome: Outcome, truth: Mapping[str, Figures], allowed: Collection[str], says: str = ""
) -> str:
    """Why what came of an export may not come of it; empty where it may."""
    what, why = assess(outcome, truth)
    if what not in allowed and not (what == SAID and RIGHT in allowed):
        return f"{what}: {why}"
    missing = missing_parts(outcome.problems[0]) if what == REFUSED else []
    if missing:
        return f"{what} without {', '.join(missing)}: {why}"
    if says and what != RIGHT and not re.search(says, why):
        return f"{what}, but nothing matches {says!r}: {why}"
    return ""


def come_of(case: Case, folder: Path) -> tuple[Outcome, dict[str, Figures]]:
    """Write the flawless export with a damage; what comes of it, and its true figures."""
    tables = make_export()
    if case.base is not None:
        case.base(tables)
    truth = {market: true_figures(tables, market) for market in MARKETS}
    made = case.damage(tables)
    data = write_export(tables if made is None else made, folder / "data")
    with project(folder / "project") as root:
        return judge(data, root, case.params), truth
