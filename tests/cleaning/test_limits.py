"""What no export is: pipes, files that unpack without end, endless lines, files that are still being written."""

import gzip
import os
import socket
import zipfile
from collections import namedtuple
from pathlib import Path

import duckdb
import pytest
from cleaning.builders_cleaning import make_tables, params_of, split, write_export

from leadsmart.cleaning.parsing import limits
from leadsmart.cleaning.parsing.encodings import as_utf8
from leadsmart.cleaning.parsing.sources import SourceFile
from leadsmart.cleaning.parsing.sql import open_database
from leadsmart.cleaning.reading import slices_cache
from leadsmart.cleaning.reading import split as splitting
from leadsmart.cleaning.reading.load import check_export
from leadsmart.cleaning.reading.slices_cache import find_slices, hash_inputs
from leadsmart.errors import InputError

LEADS_HEADER = "id,campaign_id,name,email,phone,lead_status,added_date"
ROW = "1001,1,Mona,m@x.eg,+201001201001,NEW_LEAD,2024-06-02 10:00:00\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_export(tmp_path / "export", make_tables())


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def left_behind(cache: Path) -> list[Path]:
    return list(cache.glob("*"))


# --- regular files only ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["insights.csv", "insights.zip", "notes", "drop/insights.csv.gz", "mapping.yml"]
)
def test_a_pipe_is_named_and_never_opened(folder: Path, cache: Path, name: str):
    (folder / name).unlink(missing_ok=True)
    (folder / name).parent.mkdir(exist_ok=True)
    os.mkfifo(folder / name)
    (problem,) = check_export(folder)
    assert problem.file == name and "pipe" in problem.problem


def test_a_pipe_that_takes_a_table_s_place_stops_the_look_for_known_slices(folder: Path, cache: Path):
    (folder / "insights.csv").unlink()
    os.mkfifo(folder / "insights.csv")
    with pytest.raises(InputError, match=r"insights.csv: is a pipe"):
        find_slices(folder, cache, params_of(["new-cairo"]))


def test_a_socket_and_a_link_to_a_device_are_named(folder: Path):
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(os.path.relpath(folder / "events.csv"))
        (folder / "campaign_leads_2024-07.csv").symlink_to("/dev/zero")
        (problem,) = check_export(folder)
    assert (problem.file, problem.count, problem.examples) == (
        "campaign_leads_2024-07.csv",
        2,
        ["events.csv"],
    )


# --- what unpacks without end ---------------------------------------------------------------------------


def pack(folder: Path, kind: str, text: str) -> Path:
    (folder / "campaign_leads.csv").unlink(missing_ok=True)
    target = folder / f"campaign_leads{'.zip' if kind == 'zip' else '.csv.gz'}"
    if kind == "zip":
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("campaign_leads.csv", text)
    else:
        target.write_bytes(gzip.compress(text.encode()))
    return target


@pytest.mark.parametrize("kind", ["gz", "zip"])
def test_a_bomb_is_refused_while_it_is_read_and_leaves_nothing(
    folder: Path, cache: Path, kind: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(limits, "FREE_EXPANSION_BYTES", 1 << 20)
    pack(folder, kind, f"{LEADS_HEADER}\n{ROW * 60_000}")
    with pytest.raises(InputError, match="unpacks to more than 200 times its size") as caught:
        split(folder, cache)
    assert str(caught.value.file).startswith("campaign_leads")
    assert left_behind(cache) == []


@pytest.mark.parametrize("kind", ["gz", "zip"])
def test_what_packs_well_and_is_small_is_read(folder: Path, cache: Path, kind: str):
    text = (folder / "campaign_leads.csv").read_text() + "\n" * 150_000
    packed = pack(folder, kind, text)
    assert len(text) > 200 * packed.stat().st_size
    slices = split(folder, cache)
    assert slices.slice_totals.query("table == 'leads'")["rows"].sum() == 5


def test_a_workbook_says_how_large_it_is(folder: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(limits, "FREE_EXPANSION_BYTES", 1 << 20)
    with zipfile.ZipFile(folder / "leads.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", "<row/>" * 1_000_000)
    (folder / "mapping.yml").write_text(
        "tables:\n- {file: leads.xlsx, table: campaign_leads, columns: {id: a, campaign_id: b, added_date: c}}\n"
    )
    assert any(
        "leads.xlsx: unpacks to more than 200 times" in str(problem) for problem in check_export(folder)
    )


Usage = namedtuple("Usage", "total used free")


def test_a_disk_without_room_is_said_before_anything_is_written(
    folder: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(limits.shutil, "disk_usage", lambda _: Usage(9, 9, 400_000_000))
    with pytest.raises(InputError, match=r"needs 0.5 GB of free disk, and there are 0.4 GB.*Free some space"):
        split(folder, cache)
    assert left_behind(cache) == []


def test_a_disk_that_fills_up_while_a_copy_is_written_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    path = pack(tmp_path, "gz", f"{LEADS_HEADER}\n{ROW * 300_000}")
    monkeypatch.setattr(limits.shutil, "disk_usage", lambda _: Usage(9, 9, 0))
    with pytest.raises(InputError, match=r"campaign_leads.csv.gz: needs 0.5 GB"):
        as_utf8(SourceFile(path, path.name), tmp_path)


def test_a_full_disk_under_the_database_is_an_error_of_the_system(tmp_path: Path):
    full = duckdb.IOException("IO Error: Could not write file: No space left on device")
    with pytest.raises(OSError, match="No space left"), open_database(tmp_path):
        raise full


# --- lines and columns ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"{LEADS_HEADER},{'x' * 140_000}\n{ROW}", "line 1 has more than 131,072 characters"),
        (f'{LEADS_HEADER},"{"x" * 300_000}', "line 1 has more than 131,072 characters"),
        ("a," * 1_000_000 + f"\n{ROW}", "line 1 has more than 131,072 characters"),
        ("a," * 6_000 + f"\n{ROW}", "has 6,001 columns; 5,000 are read at most"),
        (f'{LEADS_HEADER}\n1001,1,"{"x" * 200_000}', "line 2 has more than 131,072 characters"),
    ],
    ids=["long header", "open quote", "million columns", "many columns", "endless line"],
)
@pytest.mark.parametrize("name", ["campaign_leads.csv", "other.csv"])
def test_an_endless_line_or_too_many_columns_are_one_error(folder: Path, text: str, said: str, name: str):
    (folder / name).write_text(text)
    problems = [str(problem) for problem in check_export(folder)]
    expected = [f"{name}: {said}"] if name == "campaign_leads.csv" else []
    assert [problem.partition(". ")[0] for problem in problems] == expected


@pytest.mark.parametrize("encoding", ["utf-8", "cp1256"])
def test_an_endless_line_far_below_is_named(folder: Path, cache: Path, encoding: str):
    text = f'{LEADS_HEADER}\n{ROW * 10_000}1002,1,"مدينة نصر {"x" * 2_500_000}\n{ROW}'
    (folder / "campaign_leads.csv").write_text(text, encoding=encoding)
    with pytest.raises(InputError, match=r"campaign_leads.csv: line 10,002 has more than 131,072 characters"):
        split(folder, cache)


def test_a_parquet_file_of_more_rows_than_its_size_holds(folder: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(limits, "FREE_EXPANSION_BYTES", 1 << 20)
    (folder / "campaign_leads.csv").unlink()
    columns = ", ".join(f"'' AS {name}" for name in LEADS_HEADER.split(","))
    duckdb.sql(f"SELECT {columns} FROM range(200_000)").write_parquet(str(folder / "campaign_leads.parquet"))
    (problem,) = check_export(folder)
    assert "campaign_leads.parquet: unpacks to more than 200 times" in str(problem)


def test_a_parquet_file_with_too_many_columns(folder: Path):
    (folder / "campaign_leads.csv").unlink()
    columns = ", ".join(f"1 AS c{i}" for i in range(5_001))
    duckdb.sql(f"SELECT {columns}").write_parquet(str(folder / "campaign_leads.parquet"))
    (problem,) = check_export(folder)
    assert "has 5,001 columns" in str(problem)


# --- files that are still being written -----------------------------------------------------------------


def grow(path: Path) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write("\n")


def replace(path: Path) -> None:
    copy = path.with_name("copy")
    copy.write_bytes(path.read_bytes().replace(b"1", b"2"))
    times = path.stat()
    os.utime(copy, ns=(times.st_atime_ns, times.st_mtime_ns))
    copy.replace(path)


def set_back(path: Path) -> None:
    times = path.stat()
    path.write_bytes(path.read_bytes().replace(b"1", b"2"))
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


@pytest.mark.parametrize(
    ("change", "moment"),
    [
        (grow, "open_export"),
        (replace, "hash_inputs"),
        (Path.unlink, "hash_inputs"),
        (set_back, "stage_export"),
    ],
)
def test_a_file_that_changes_while_it_is_read_is_refused_and_its_slices_are_not_kept(
    folder: Path, cache: Path, monkeypatch: pytest.MonkeyPatch, change, moment: str
):
    target = folder / "lead_status_changes.csv"
    original = getattr(splitting, moment)

    def changing(*arguments, **options):
        result = original(*arguments, **options)
        if target.exists():
            change(target)
        return result

    monkeypatch.setattr(splitting, moment, changing)
    with pytest.raises(
        InputError, match=r"lead_status_changes.csv: changed while it was read.*Start again when"
    ):
        split(folder, cache)
    assert left_behind(cache) == []


def test_slices_that_are_there_are_not_taken_for_a_file_that_grows(
    folder: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
):
    split(folder, cache)
    original = splitting.read_slices

    def growing(target: Path):
        grow(folder / "insights.csv")
        return original(target)

    monkeypatch.setattr(splitting, "read_slices", growing)
    with pytest.raises(InputError, match=r"insights.csv: changed while it was read"):
        split(folder, cache)


def test_a_file_that_grows_while_it_is_hashed_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch):
    path = folder / "insights.csv"
    original = slices_cache.hashlib.file_digest

    def growing(file, name):
        grow(path)
        return original(file, name)

    monkeypatch.setattr(slices_cache.hashlib, "file_digest", growing)
    with pytest.raises(InputError, match="changed while it was read"):
        hash_inputs(folder, [SourceFile(path, path.name)])


def test_the_mapping_is_a_file_of_the_export_too(folder: Path, cache: Path, monkeypatch: pytest.MonkeyPatch):
    mapping = folder / "mapping.yml"
    mapping.write_text("statuses: {won: QUALIFIED}\n")
    original = splitting.stage_export

    def changing(*arguments):
        grow(mapping)
        return original(*arguments)

    monkeypatch.setattr(splitting, "stage_export", changing)
    with pytest.raises(InputError, match=r"mapping.yml: changed while it was read"):
        split(folder, cache)
