"""What a notebook writes: the files that its declaration names."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from leadsmart.display.csv_text import to_safe_csv
from leadsmart.market_tables import MISSING_HISTORY
from leadsmart.report.notebooks import DATA_QUALITY_FILE, Notebook
from leadsmart.vocabulary import ALL_MARKETS

if TYPE_CHECKING:
    from leadsmart.cleaning.clean import CleanedMarket


class Writer:
    """Writes the files of one notebook.

    Attributes
    ----------
    notebook : Notebook
    folder : Path
        Where they go.
    written : set of str
        Names of those written so far, below the folder.
    """

    def __init__(self, notebook: Notebook, folder: Path) -> None:
        self.notebook, self.folder = notebook, folder
        self.written: set[str] = set()

    def new_path(self, name: str) -> Path:
        """Path to write a file to, its folder made.

        Parameters
        ----------
        name : str
            Below the notebook's folder.

        Returns
        -------
        Path
            Of a file that need not exist.

        Raises
        ------
        NotebookError
            If the notebook's declaration does not name it.
        """
        if not self.notebook.may_write(name):
            raise self.notebook.undeclared("writes", name)
        self.written.add(name)
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def write_table(self, table: pd.DataFrame, name: str, folder: str = "tables/") -> str:
        """Write a table as CSV, harmless in a spreadsheet; returns its address as seen from the page."""
        path = self.new_path(f"{folder}{name}.csv")
        path.write_text(to_safe_csv(table), encoding="utf-8", newline="")
        above = f"{ALL_MARKETS}/" if self.notebook.runs_once else ""
        return f"{above}{folder}{name}.csv"

    def write_tables(self, tables: Mapping[str, pd.DataFrame]) -> None:
        """Write several tables as CSV, by name."""
        for name, table in tables.items():
            self.write_table(table, name)

    def write_json(self, value: Any, name: str) -> None:
        """Write plain values as JSON; numbers that are not finite become null."""
        path = self.new_path(name)
        text = json.dumps(_jsonable(value), indent=1, ensure_ascii=False, allow_nan=False, sort_keys=False)
        path.write_text(text + "\n", encoding="utf-8")

    def write_parquet(self, tables: Mapping[str, pd.DataFrame], folder: str) -> None:
        """Write tables as ``<folder>/<name>.parquet``."""
        for name, table in tables.items():
            table.to_parquet(self.new_path(f"{folder}/{name}.parquet"), index=False)

    def write_cleaned(self, cleaned: "CleanedMarket") -> None:
        """Write what cleaning made: ``clean/``, ``quarantine/``, ``ledger.csv``, ``data_quality.json``."""
        self.write_parquet(cleaned.tables._asdict(), "clean")
        self.write_parquet(cleaned.quarantine, "quarantine")
        self.write_table(cleaned.ledger, "ledger", folder="")
        tables = cleaned.tables
        missing = MISSING_HISTORY if tables.status_events.empty and not tables.leads.empty else ""
        orphans = None if cleaned.orphans is None else cleaned.orphans.to_dict("records")
        quality = {"verdict": cleaned.verdict, "reason": cleaned.verdict_reason, "missing": missing}
        self.write_json({**quality, "orphans": orphans}, DATA_QUALITY_FILE)


def _jsonable(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _jsonable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_jsonable(item) for item in value]
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float):
        return value if value == value and abs(value) != float("inf") else None
    if value is None or isinstance(value, str | int | bool):
        return value
    return str(value)
