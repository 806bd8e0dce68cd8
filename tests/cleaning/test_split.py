"""Each raw row is in exactly one slice; slices are private, reused and never half written."""

import datetime as dt
import itertools
import os
import signal
import stat
import subprocess
import sys
import time

import pandas as pd
import pytest
from cleaning.builders_cleaning import (
    MARKETS,
    make_campaign,
    make_lead,
    make_tables,
    params_of,
    split,
    write_export,
)

from leadsmart.cleaning.reading.slice_rows import read_rows
from leadsmart.cleaning.reading.slices_cache import KEPT_SLICES, remove_old_slices
from leadsmart.cleaning.reading.split import split_export
from leadsmart.cleaning.reading.survey import last_plausible_day
from leadsmart.errors import InputError
from leadsmart.vocabulary import TABLES


@pytest.fixture
def folder(tmp_path):
    return write_export(tmp_path / "export", make_tables())


def test_rows_by_market(folder, tmp_path):
    slices = split(folder, tmp_path / "cache")
    assert slices.markets == {"new-cairo": 2, "gulf": 1, "unassigned": 1}
    assert slices.raw_totals.values.tolist() == [
        ["campaigns", 4, 0.0],
        ["ad_performance", 5, 72.75],
        ["leads", 5, 0.0],
        ["status_events", 6, 0.0],
    ]
    rows = slices.slice_totals.pivot(index="table", columns="market", values="rows").loc[list(TABLES)]
    assert rows["new-cairo"].tolist() == [2, 3, 3, 4]
    assert rows["gulf"].tolist() == [1, 1, 1, 1]
    assert rows["unassigned"].tolist() == [1, 1, 1, 1]
    assert slices.last_day == dt.date(2024, 6, 8)
    assert slices.is_sample is False
    assert slices.inputs["insights.csv"]["rows"] == 5


def test_every_raw_row_is_in_one_slice_in_the_order_of_the_file(folder, tmp_path):
    tables = make_tables()
    tables["leads"] += [make_lead("1001", "3"), make_lead("5", "77"), make_lead("", "1"), make_lead("6", "")]
    slices = split(write_export(folder, tables), tmp_path / "cache")
    for table in TABLES:
        lines = [read_rows(slices, table, market)["_line"].tolist() for market in slices.markets]
        assert all(part == sorted(part) for part in lines)
        assert sorted(itertools.chain.from_iterable(lines)) == list(range(2, len(tables[table]) + 2))
    # rows of one lead stay together, even where one of them names a campaign of another market
    assert read_rows(slices, "leads", "gulf")["id"].tolist() == ["1001", "3001", "1001"]


def test_the_market_column_wins_and_unknown_markets_are_unassigned(folder, tmp_path):
    tables = make_tables()
    markets = ["New Cairo", "gulf", "atlantis", "-"]
    for row, market in zip(tables["campaigns"], markets, strict=True):
        row["market"] = market
    slices = split(write_export(folder, tables), tmp_path / "cache")
    assert read_rows(slices, "campaigns", "new-cairo")["id"].tolist() == ["1"]
    assert read_rows(slices, "campaigns", "gulf")["id"].tolist() == ["2"]
    assert read_rows(slices, "campaigns", "unassigned")["id"].tolist() == ["3", "4"]


def test_an_id_with_several_rows_goes_where_its_market_is_known(folder, tmp_path):
    tables = make_tables()
    tables["campaigns"].append(make_campaign("1.0", project_name="Delta"))
    slices = split(write_export(folder, tables), tmp_path / "cache")
    assert read_rows(slices, "campaigns", "new-cairo")["id"].tolist() == ["1", "2", "1.0"]


def test_projects_are_looked_up_by_their_cleaned_name(folder, tmp_path):
    tables = make_tables()
    tables["campaigns"][3]["project_name"] = "Al\u200bpha "
    slices = split(write_export(folder, tables), tmp_path / "cache")
    assert slices.markets["unassigned"] == 0


def test_a_project_with_two_markets_is_refused(folder, tmp_path):
    tables = make_tables()
    tables["project_markets"].append({"project_name": " Alpha", "market": "gulf"})
    with pytest.raises(InputError, match=r"two markets.*'Alpha'"):
        split(write_export(folder, tables), tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []


def test_slices_are_private_and_reused_until_something_changes(folder, tmp_path):
    cache = tmp_path / "cache"
    slices = split(folder, cache)
    for path in (cache, slices.folder):
        assert stat.S_IMODE(path.stat().st_mode) == 0o700
    written = {path: path.stat().st_mtime_ns for path in slices.folder.rglob("*") if path.is_file()}
    again = split(folder, cache)
    assert again.folder == slices.folder
    assert again.raw_totals.equals(slices.raw_totals)
    assert written == {path: path.stat().st_mtime_ns for path in again.folder.rglob("*") if path.is_file()}
    assert split_export(folder, cache, params_of(["gulf"])).folder != slices.folder
    (folder / "sample.json").write_text("{}")
    marked = split(folder, cache)
    assert marked.is_sample
    assert marked.folder != slices.folder


def test_an_unfinished_folder_is_replaced(folder, tmp_path):
    slices = split(folder, tmp_path / "cache")
    (slices.folder / "manifest.json").unlink()
    assert split(folder, tmp_path / "cache").markets == slices.markets


def test_old_slices_do_not_pile_up(folder, tmp_path):
    cache = tmp_path / "cache"
    for n in range(KEPT_SLICES + 2):
        (folder / "sample.json").write_text(str(n))
        split(folder, cache)
    assert len(list(cache.iterdir())) == KEPT_SLICES


def test_slices_that_somebody_reads_stay(folder, tmp_path):
    cache = tmp_path / "cache"
    read = split(folder, cache)
    for n in range(KEPT_SLICES + 2):
        (folder / "sample.json").write_text(str(n))
        split(folder, cache)
    assert read_rows(read, "campaigns", "gulf") is not None
    assert remove_old_slices(cache, kept=0) == KEPT_SLICES
    assert [path.name for path in cache.iterdir()] == [read.folder.name]
    del read
    assert remove_old_slices(cache, kept=0) == 1
    assert list(cache.iterdir()) == []


def test_slices_end_with_their_days(folder, tmp_path):
    cache = tmp_path / "cache"
    kept = split(folder, cache).folder
    (folder / "sample.json").write_text("{}")
    old = split(folder, cache).folder
    long_ago = time.time() - 31 * 86_400
    os.utime(old, (long_ago, long_ago))
    assert remove_old_slices(cache, days=30) == 1
    assert list(cache.iterdir()) == [kept]


def test_what_a_killed_split_leaves_is_removed_by_the_next(folder, tmp_path):
    cache = tmp_path / "cache"
    code = (
        "import os, signal, sys, pathlib\n"
        "from leadsmart.private_folders import private_folder\n"
        "with private_folder('split', pathlib.Path(sys.argv[1])) as aside:\n"
        "    (aside / 'leads').write_text('Mona Planted')\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    cache.mkdir()
    killed = subprocess.run([sys.executable, "-c", code, str(cache)], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert len(list(cache.rglob("leads"))) == 1
    slices = split(folder, cache)
    assert list(cache.iterdir()) == [slices.folder]


def test_the_export_is_not_touched(folder, tmp_path):
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    split(folder, tmp_path / "cache")
    assert before == {path.name: path.read_bytes() for path in folder.iterdir()}
    assert split_export(folder, tmp_path / "cache", params_of(MARKETS)).markets["gulf"] == 1


@pytest.mark.parametrize(
    ("days", "rows", "expected"),
    [
        (["2024-06-01", "2024-06-02"], [5, 1], dt.date(2024, 6, 2)),
        (["2024-06-01", "2030-01-01"], [500, 1], dt.date(2024, 6, 1)),
        (["2024-06-01", "2030-01-01", "2199-01-01"], [5000, 1, 2], dt.date(2024, 6, 1)),
        # half of the rows after a gap are no slip
        (["2024-06-01", "2025-06-01"], [5, 5], dt.date(2025, 6, 1)),
        # a campaign that ends weeks after all others is none either
        (["2024-06-01", "2024-07-15"], [5000, 1], dt.date(2024, 7, 15)),
    ],
)
def test_last_day(days, rows, expected):
    assert last_plausible_day(pd.Series(rows, index=pd.to_datetime(days))) == expected
