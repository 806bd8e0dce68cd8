"""``run.json``: what went in, what came out, and whether rows and spend add up."""

from __future__ import annotations

import importlib.metadata
import json
import platform
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from leadsmart.errors import LedgerError
from leadsmart.params import Params
from leadsmart.report.notebooks import MARKET_NOTEBOOKS, SHARED_NOTEBOOKS, Notebook
from leadsmart.report.project.audience import inputs_record
from leadsmart.report.project.files import read_json, sha256_of, write_atomically
from leadsmart.report.project.workspace import NAVIGATION, RUN_FILE
from leadsmart.report.provenance.records import read_record
from leadsmart.vocabulary import ALL_MARKETS, CLIENT, INTERNAL, LEDGER_EXITS, UNASSIGNED

if TYPE_CHECKING:
    import pandas as pd

    from leadsmart.cleaning.reading.slices import Slices

_RECORDED_VERSIONS = (
    "leadsmart", "duckdb", "jinja2", "matplotlib", "numpy", "pandas", "papermill",
    "phonenumbers", "scikit-learn", "scipy", "seaborn", "smalldocs", "statsmodels",
)  # fmt: skip


def site_page(notebook: Path, outputs: Path) -> str:
    """Address of a notebook's page inside the site."""
    return f"outputs/{notebook.relative_to(outputs).with_suffix('.html').as_posix()}"


def write_market_run(folder: Path, params: Params, slices: Slices) -> None:
    """Write ``run.json`` of one market's folder: inputs, parameters, code, environment, outputs, expected pages.

    What it says is of this market only, so that a change of another one leaves it as it is.

    Parameters
    ----------
    folder : Path
        Where everything else of the market is written already.
    params : Params
        With which it was made.
    slices : Slices
        The export.
    """
    files = [p for p in sorted(folder.rglob("*")) if p.is_file() and p.name != RUN_FILE]
    rows = slices.slice_totals[slices.slice_totals["market"] == params.market].set_index("table")["rows"]
    digests = slices.digests[params.market]
    # a client does not learn how many rows there are of others
    inputs = {
        table: {"sha256": digests[table]} | ({} if params.audience == CLIENT else {"rows": int(rows[table])})
        for table in rows.index
    }
    _write(
        folder / RUN_FILE,
        {
            "market": params.market,
            "inputs": inputs,
            "parameters": params.model_dump(mode="json"),
            **_made_with(folder, MARKET_NOTEBOOKS),
            "versions": versions(),
            "outputs": {p.relative_to(folder).as_posix(): sha256_of(p) for p in files},
            "expected_pages": [
                f"outputs/{params.market}/{p.stem}.html"
                for p in files
                if p.parent == folder and p.suffix == ".ipynb"
            ],
        },
    )


def write_run(
    outputs: Path,
    data: str,
    markets: Mapping[str, str],
    slices: Slices,
    totals: pd.DataFrame | None,
    audience: str = INTERNAL,
    *,
    overrides: Mapping[str, Any],
    compared: str | None,
) -> None:
    """Write ``outputs/run.json``: the export, each market's status, the reconciled totals and all pages.

    Parameters
    ----------
    outputs : Path
        Where everything else is published already.
    data : str
        What the export's folder is called.
    markets : mapping
        Market -> ``ok`` or ``failed``.
    slices : Slices
        What is known of the export.
    totals : DataFrame or None
        Of `reconcile`; None where the ledgers do not speak of the whole export.
    audience : str
        Whom the report is for.
    overrides : mapping
        Parameters that won over the markets' files.
    compared : str or None
        The earlier run that this one is compared with.
    """
    folders = [outputs / market for market in (*markets, UNASSIGNED)]
    notebooks = sorted(
        [*outputs.glob("*.ipynb"), *(path for folder in folders for path in folder.glob("*.ipynb"))]
    )
    everywhere = [p for p in sorted((outputs / ALL_MARKETS).rglob("*")) if p.is_file()]
    # a market's own record holds the digests of its files
    records = [folder / RUN_FILE for folder in folders if (folder / RUN_FILE).is_file()]
    files = [*sorted(outputs.glob("*.ipynb")), *everywhere, *records, outputs / NAVIGATION]
    _write(
        outputs / RUN_FILE,
        {
            "data": data,
            "is_sample": slices.is_sample,
            "inputs": inputs_record(slices, audience),
            "parameters": dict(sorted(plain_values(overrides).items())),
            **_made_with(outputs / ALL_MARKETS, SHARED_NOTEBOOKS),
            "versions": versions(),
            "compared_with": compared,
            "markets": dict(markets),
            "totals": []
            if totals is None
            else json.loads(totals.to_json(orient="records", double_precision=2)),
            "outputs": {p.relative_to(outputs).as_posix(): sha256_of(p) for p in files if p.is_file()},
            "expected_pages": ["index.html", *(site_page(notebook, outputs) for notebook in notebooks)],
        },
    )


def _made_with(folder: Path, notebooks: Iterable[Notebook]) -> dict[str, Any]:
    """Code and environment behind what lies in a folder: file -> sha256, of notebooks that of their cells."""
    code: dict[str, str] = {}
    environment: dict[str, str] = {}
    for notebook in notebooks:
        record = read_record(folder, notebook.name)
        if record and record.facts:
            code |= {f"notebooks/{notebook.name}.ipynb": record.facts["notebook"], **record.facts["code"]}
            environment = dict(record.facts["environment"])
    return {"code": dict(sorted(code.items())), "environment": environment}


def plain_values(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters as JSON, and the parameters cell of a notebook, can hold them: days as texts, sets as lists."""
    text = json.dumps(
        dict(parameters), default=lambda v: list(v) if isinstance(v, set | frozenset) else str(v)
    )
    return json.loads(text)


def reconcile(ledgers: Mapping[str, pd.DataFrame], slices: Slices) -> pd.DataFrame:
    """Compare the exits of all ledgers with the raw files.

    Parameters
    ----------
    ledgers : mapping
        Market (and ``unassigned``) -> its ledger.
    slices : Slices
        With the raw totals of every table.

    Returns
    -------
    DataFrame
        One row per table: ``table, raw_rows, exit_rows, raw_spend, exit_spend``.

    Raises
    ------
    LedgerError
        If rows differ, or spend differs by a cent or more.
    """
    import pandas as pd

    entries = pd.concat(ledgers.values(), ignore_index=True)
    exits = entries[entries["action"].isin(LEDGER_EXITS)].groupby("table")[["rows", "spend"]].sum()
    raw = slices.raw_totals.set_index("table")[["rows", "spend"]]
    totals = raw.add_prefix("raw_").join(exits.add_prefix("exit_"), how="left").fillna(0.0).reset_index()
    totals = totals.astype({"raw_rows": "int64", "exit_rows": "int64"})
    differs = (totals["raw_rows"] != totals["exit_rows"]) | (
        (totals["raw_spend"] - totals["exit_spend"]).abs().round(6) >= 0.01
    )
    if differs.any():
        first = totals[differs].iloc[0]
        raise LedgerError(
            f"{first['table']}: {first['raw_rows']:,} raw rows but {first['exit_rows']:,} in the ledgers, "
            f"spend {first['raw_spend']:,.2f} but {first['exit_spend']:,.2f}",
            remedy="Report this with the ledgers of outputs/*/ledger.csv; figures of this run can't be trusted",
            count=int(differs.sum()),
        )
    return totals


def versions() -> dict[str, str]:
    """Python and the libraries that shape figures or pages."""
    found = {name: importlib.metadata.version(name) for name in _RECORDED_VERSIONS}
    return {"python": platform.python_version(), **found}


def read_expected_pages(outputs: Path) -> Sequence[str]:
    """Pages that the last run promised."""
    return read_json(outputs / RUN_FILE)["expected_pages"]


def _write(path: Path, facts: Mapping[str, Any]) -> None:
    text = json.dumps(facts, indent=1, ensure_ascii=False) + "\n"
    # one that says the same stays, so that nothing seems to have changed
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        write_atomically(path, text)
