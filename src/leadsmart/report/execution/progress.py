"""Where a run is: one live line per market on a terminal, one line per notebook in a plain log."""

import contextlib
import threading
from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.live import Live
from rich.table import Table

from leadsmart.errors import NotebookError
from leadsmart.formats import NOTHING, format_count, format_money
from leadsmart.report.execution.tasks import MarketResult


class PlainListener:
    """Writes a line when a notebook is complete or fails: for logs."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._lock = threading.Lock()
        self._at: dict[str, str] = {}

    def cell(self, market: str, notebook: str, cell: int, cells: int, heading: str) -> None:
        """A line when a notebook begins; its cells would flood a log."""
        if self._at.get(market) != notebook:
            self._at[market] = notebook
            self._say(f"{market}: {notebook}, {cells} cells")

    def done(self, market: str, notebook: str, seconds: float, warnings: Sequence[str]) -> None:
        """A line with the notebook's seconds, and what it wrote to the error stream."""
        self._say(f"{market}: {notebook} done in {seconds:.1f} s")
        for text in warnings:
            self._say(f"{market}: {notebook} says: {text.strip()}")

    def failed(self, market: str, notebook: str, error: NotebookError) -> None:
        """A line with the cell, the message and what to do."""
        self._say(f"{market}: FAILED in {error}")

    def _say(self, text: str) -> None:
        with self._lock:
            self._console.print(text, markup=False, highlight=False, soft_wrap=True)


class LiveListener(PlainListener):
    """Keeps one line per market on the screen."""

    def __init__(self, console: Console, live: Live) -> None:
        super().__init__(console)
        self._live = live
        self._lines: dict[str, str] = {}

    def cell(self, market: str, notebook: str, cell: int, cells: int, heading: str) -> None:
        """The market's line moves to this cell."""
        self._show(market, f"{notebook}  cell {cell} of {cells}  {heading}")

    def done(self, market: str, notebook: str, seconds: float, warnings: Sequence[str]) -> None:
        """The market's line says that the notebook is done."""
        self._show(market, f"{notebook}  done in {seconds:.1f} s")
        for text in warnings:
            self._say(f"{market}: {notebook} says: {text.strip()}")

    def failed(self, market: str, notebook: str, error: NotebookError) -> None:
        """The market's line says that it failed; the message stays above."""
        self._show(market, f"{notebook}  FAILED")
        super().failed(market, notebook, error)

    def _show(self, market: str, text: str) -> None:
        with self._lock:
            self._lines[market] = text
            table = Table.grid(padding=(0, 2))
            for name, line in self._lines.items():
                table.add_row(name, line)
            self._live.update(table)


@contextlib.contextmanager
def make_listener(console: Console | None = None) -> Iterator[PlainListener]:
    """The listener that fits where the output goes: a terminal or a log."""
    console = console or Console()
    if not console.is_terminal:
        yield PlainListener(console)
        return
    with Live(console=console, refresh_per_second=4, transient=False) as live:
        yield LiveListener(console, live)


def print_results(results: Sequence[MarketResult], console: Console | None = None) -> None:
    """Print the table at the end of a run."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in ("market", "leads", "CPQL", "findings supported", "lead score", "seconds"):
        table.add_column(name, justify="left" if name in ("market", "lead score") else "right")
    for result in results:
        seconds = f"{result.seconds:.0f}"
        if result.error or not result.summary:
            table.add_row(result.market, NOTHING, NOTHING, NOTHING, "FAILED", seconds)
            continue
        facts = result.summary
        table.add_row(
            result.market,
            format_count(facts["leads"]),
            format_money(facts["cpql"], facts["currency"]),
            f"{facts['findings_supported']} of {facts['findings']}",
            facts["model_verdict"],
            seconds,
        )
    (console or Console(width=None)).print(table)
