"""What a run says in a plain log and on a terminal."""

import io

import pytest
from rich.console import Console

from leadsmart.errors import NotebookError
from leadsmart.report.execution.progress import LiveListener, PlainListener, make_listener, print_results
from leadsmart.report.execution.tasks import MarketResult

ERROR = NotebookError("cell 3 (Funnel): [red]boom[/red]", remedy="Mend it", file="02_insights.ipynb")
SUMMARY = {
    "leads": 1234,
    "cpql": 567.0,
    "currency": "EGP",
    "findings_supported": 2,
    "findings": 5,
    "model_verdict": "Ready",
}


def make_console(*, terminal: bool = False) -> Console:
    return Console(file=io.StringIO(), width=120, force_terminal=terminal, _environ={})


def said(console: Console) -> list[str]:
    return console.file.getvalue().splitlines()


def test_a_log_has_a_line_when_a_notebook_begins_ends_and_fails():
    console = make_console()
    with make_listener(console) as listener:
        assert type(listener) is PlainListener
        for cell in (1, 2, 3):
            listener.cell("gulf", "02_insights", cell, 3, "Funnel")
        listener.done("gulf", "02_insights", 1.25, ["careful\n"])
        listener.cell("gulf", "03_classification", 1, 9, "")
        listener.failed("gulf", "03_classification", ERROR)
    assert said(console) == [
        "gulf: 02_insights, 3 cells",
        "gulf: 02_insights done in 1.2 s",
        "gulf: 02_insights says: careful",
        "gulf: 03_classification, 9 cells",
        "gulf: FAILED in 02_insights.ipynb: cell 3 (Funnel): [red]boom[/red]. Mend it.",
    ]


def test_a_long_line_of_a_log_is_not_broken():
    console = make_console()
    PlainListener(console).done("gulf", "02_insights", 1.0, ["x" * 500])
    assert "x" * 500 in console.file.getvalue()


def test_a_terminal_shows_one_line_per_market_with_its_cell():
    console = make_console(terminal=True)
    with make_listener(console) as listener:
        assert isinstance(listener, LiveListener)
        listener.cell("gulf", "02_insights", 7, 43, "Funnel")
        listener.cell("red-sea", "01_cleaning", 1, 20, "")
    text = console.file.getvalue()
    assert "cell 7 of 43" in text and "Funnel" in text and "red-sea" in text


@pytest.mark.parametrize("terminal", [True, False])
def test_a_failure_stays_on_the_screen_with_what_to_do(terminal: bool):
    console = make_console(terminal=terminal)
    with make_listener(console) as listener:
        listener.failed("gulf", "02_insights", ERROR)
    assert "boom" in console.file.getvalue() and "Mend it." in console.file.getvalue()


def test_the_table_at_the_end_names_every_market_and_who_failed():
    console = make_console()
    results = [
        MarketResult("new-cairo", "New Cairo", 12.4, None, SUMMARY),
        MarketResult("gulf", "Gulf", 3.6, ERROR),
    ]
    print_results(results, console)
    header, first, second = (line.split() for line in said(console))
    assert header == ["market", "leads", "CPQL", "findings", "supported", "lead", "score", "seconds"]
    assert first == ["new-cairo", "1,234", "EGP", "567", "2", "of", "5", "Ready", "12"]
    assert second == ["gulf", "–", "–", "–", "FAILED", "4"]
