"""The signature of a run: it covers all that is listed, and only who has the key can make it."""

import json
from pathlib import Path

import pytest

from leadsmart.errors import RenderError
from leadsmart.report.project.files import sha256_of
from leadsmart.report.provenance.signing import count_signed, find_unsigned, sign_run


def write_record(folder: Path, names: list[str]) -> None:
    listed = {name: sha256_of(folder / name) for name in names}
    (folder / "run.json").write_text(json.dumps({"outputs": listed}), encoding="utf-8")


@pytest.fixture
def outputs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LEADSMART_CONTACT_KEY", "k" * 32)
    (tmp_path / "gulf").mkdir()
    (tmp_path / "gulf" / "kpis.csv").write_text("cpl,436\n")
    write_record(tmp_path / "gulf", ["kpis.csv"])
    (tmp_path / "overview.ipynb").write_text("{}")
    write_record(tmp_path, ["overview.ipynb", "gulf/run.json"])
    sign_run(tmp_path)
    return tmp_path


def test_what_a_run_left_is_as_it_signed(outputs: Path):
    assert find_unsigned(outputs) == []
    assert count_signed(outputs) == 4


def test_a_changed_table_is_named(outputs: Path):
    (outputs / "gulf" / "kpis.csv").write_text("cpl,1\n")
    assert find_unsigned(outputs) == ["gulf/kpis.csv"]


def test_who_changes_the_market_record_too_is_found(outputs: Path):
    (outputs / "gulf" / "kpis.csv").write_text("cpl,1\n")
    write_record(outputs / "gulf", ["kpis.csv"])
    assert find_unsigned(outputs) == ["gulf/run.json"]


def test_who_changes_everything_has_no_key(outputs: Path, monkeypatch: pytest.MonkeyPatch):
    (outputs / "overview.ipynb").write_text("[]")
    write_record(outputs, ["overview.ipynb", "gulf/run.json"])
    with pytest.raises(RenderError, match="not of this file and this key"):
        find_unsigned(outputs)
    monkeypatch.setenv("LEADSMART_CONTACT_KEY", "x" * 32)
    sign_run(outputs)
    monkeypatch.setenv("LEADSMART_CONTACT_KEY", "k" * 32)
    with pytest.raises(RenderError, match="LEADSMART_CONTACT_KEY"):
        find_unsigned(outputs)


def test_missing_files_and_links_are_named(outputs: Path):
    (outputs / "gulf" / "kpis.csv").rename(outputs / "kept.csv")
    assert find_unsigned(outputs) == ["gulf/kpis.csv"]
    (outputs / "gulf" / "kpis.csv").symlink_to(outputs / "kept.csv")
    assert find_unsigned(outputs) == ["gulf/kpis.csv"]


def test_no_run_and_a_damaged_signature(outputs: Path, tmp_path_factory):
    with pytest.raises(RenderError, match="no signed run"):
        find_unsigned(tmp_path_factory.mktemp("empty"))
    (outputs / "run.json.sig").write_bytes(b"\xff\x00")
    with pytest.raises(RenderError, match="not of this file"):
        find_unsigned(outputs)
