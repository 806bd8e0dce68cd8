"""Which figures moved since the run compared with, and what went in that differs."""

import pandas as pd

from leadsmart.insights.pages.overview import compare_runs

FIGURES = {"currency": "EGP", "leads": 100, "spend": 5000.0, "cpql": None, "model_verdict": "OK"}
NOW = {"market": "gulf", "title": "Gulf", **FIGURES}


def compared(changed: list[str], parameters: list[str] | None = None, **figures: object) -> dict:
    before = {"changed": changed, "parameters": parameters or [], "figures": FIGURES | figures}
    return {"run": "000001-abc", "markets": {"gulf": before}}


def test_without_an_earlier_run_there_is_nothing_to_compare_with():
    found = compare_runs({}, pd.DataFrame([NOW]))
    assert found.table.empty
    assert found.statement == "There is no earlier run with other inputs to compare with."


def test_a_figure_that_moved_says_from_where_to_where_and_what_differs():
    found = compare_runs(compared(["data"], leads=80), pd.DataFrame([NOW]))
    (row,) = found.table.to_dict("records")
    assert (row["figure"], row["before"], row["now"], row["moved_by"]) == ("Leads", 80, 100, "data")
    assert found.statement == (
        "1 figure of 1 market moved since the last run with other data, parameters or code."
    )


def test_a_figure_that_reads_as_before_is_said_to_have_moved_by_less():
    found = compare_runs(compared(["data"], leads=80, spend=5000.1), pd.DataFrame([NOW]))
    assert found.table.set_index("figure")["before_text"].to_dict() == {"Spend": "EGP 5,000", "Leads": "80"}
    assert found.statement.endswith("code. 1 of them moved by less than the digits shown.")


def test_inputs_that_differ_at_once_are_named_together_and_parameters_by_name():
    found = compare_runs(compared(["data", "parameters"], ["seed"], spend=4000.0), pd.DataFrame([NOW]))
    assert found.table["moved_by"].tolist() == ["data and parameters (seed)"]
    assert found.table["before_text"].tolist() == ["EGP 4,000"]


def test_a_model_moves_verdicts_and_no_counts():
    found = compare_runs(compared(["data", "model"], leads=80, model_verdict="Ready"), pd.DataFrame([NOW]))
    assert found.table.set_index("figure")["moved_by"].to_dict() == {
        "Leads": "data",
        "Lead score": "data and model",
    }


def test_missing_before_and_now_is_no_move():
    assert compare_runs(compared(["data"]), pd.DataFrame([NOW | {"cpql": float("nan")}])).table.empty


def test_a_market_that_was_not_in_that_run_is_counted_apart():
    new = NOW | {"market": "red-sea", "title": "Red Sea"}
    found = compare_runs(compared([]), pd.DataFrame([NOW, new]))
    assert found.table.empty and "1 market was not in that run" in found.statement
