"""The benchmark of intents reads the layouts it says it reads, and spoils as many characters as it says."""

import json
import runpy
from pathlib import Path

import pandas as pd
import pytest

BENCHMARK = runpy.run_path(str(Path(__file__).parents[2] / "benchmarks" / "intent.py"))
ROWS = [("hello", "a", "train"), ("bye", "b", "validation"), ("hm", "oos", "test")]


def write_table(folder: Path) -> Path:
    pd.DataFrame(ROWS, columns=["text", "label", "split"]).to_csv(folder / "t.csv", index=False)
    return folder / "t.csv"


def write_records(folder: Path) -> Path:
    records = [dict(zip(("text", "label", "split"), row, strict=True)) for row in ROWS]
    (folder / "t.json").write_text(json.dumps(records), encoding="utf-8")
    return folder / "t.json"


def write_lists(folder: Path) -> Path:
    lists = {"train": [["hello", "a"]], "val": [["bye", "b"]], "oos_test": [["hm", "oos"]]}
    (folder / "t.json").write_text(json.dumps(lists), encoding="utf-8")
    return folder / "t.json"


def write_folder(folder: Path) -> Path:
    (folder / "t").mkdir()
    for text, label, split in ROWS:
        pd.DataFrame({"text": [text], "category": [label]}).to_csv(folder / "t" / f"{split}.csv", index=False)
    return folder / "t"


@pytest.mark.parametrize("write", [write_table, write_records, write_lists, write_folder])
def test_every_layout_reads_the_same(tmp_path: Path, write):
    table = BENCHMARK["read_texts"](write(tmp_path))
    assert sorted(table[["text", "label", "split"]].itertuples(index=False, name=None)) == sorted(ROWS)


def test_six_percent_of_the_characters_are_spoiled_the_same_way_each_time():
    texts = pd.Series(["the quick brown fox jumps over the lazy dog " * 20] * 20)
    spoiled = BENCHMARK["corrupt"](texts, 1)
    pd.testing.assert_series_equal(spoiled, BENCHMARK["corrupt"](texts, 1))
    assert not spoiled.equals(BENCHMARK["corrupt"](texts, 2))
    # a deletion and a further letter move all that follows, so that operations are counted by alignment
    operations = sum(_distance(a, b) for a, b in zip(texts.str[:300], spoiled.str[:300], strict=True))
    assert 0.05 < operations / (300 * len(texts)) < 0.085


def _distance(a: str, b: str) -> int:
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        last, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + (x != y))
    return row[-1]
