"""The benchmark of the structured estimator reads any table, and says what it cannot read."""

import runpy
from pathlib import Path

import pandas as pd
import pytest

BENCHMARK = runpy.run_path(str(Path(__file__).parents[2] / "benchmarks" / "quality.py"))


@pytest.fixture
def path(tmp_path):
    table = pd.DataFrame(
        {
            "when": ["2024-01-03", "2024-01-01", "2024-01-02"],
            "won": [True, False, None],
            "is_vip": [True, False, True],
            "size": [1.5, 2.0, 3.0],
            "city": ["a", None, "b"],
            "empty": [None, None, None],
            "seller": ["s", "t", "s"],
        }
    )
    table.to_csv(tmp_path / "table.csv", index=False)
    return tmp_path / "table.csv"


def test_a_table_becomes_cases_oldest_first_with_the_kinds_of_its_columns(path):
    table = BENCHMARK["read_table"](path, "won", "when", "seller", [])
    assert table["target"].tolist() == [0.0, 1.0]
    assert table["group"].tolist() == ["t", "s"]
    kinds = {s.name: s.kind for s in BENCHMARK["specs_of"](table)}
    assert kinds == {"is_vip": "flag", "size": "number", "city": "category"}


@pytest.mark.parametrize(
    ("target", "time", "drop", "words"),
    [
        ("won", "wen", [], "no column wen"),
        ("won", "when", ["gone"], "no column gone"),
        ("city", "when", [], "other values than 0 and 1"),
    ],
)
def test_a_table_that_cannot_be_read_is_refused_in_words(path, target, time, drop, words):
    with pytest.raises(SystemExit, match=words):
        BENCHMARK["read_table"](path, target, time, None, drop)


def test_a_feature_with_a_name_of_the_benchmark_s_own_is_refused(path):
    pd.read_csv(path).rename(columns={"size": "label"}).to_csv(path, index=False)
    with pytest.raises(SystemExit, match="feature called label"):
        BENCHMARK["read_table"](path, "won", "when", None, [])
    assert "label" not in BENCHMARK["read_table"](path, "won", "when", None, ["label"])
