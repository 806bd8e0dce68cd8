"""Nobody's name, e-mail or phone of the export is in anything that is published."""

import html
import io
import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
from report.builders_report import PEOPLE, PLANTED_PHONES, Built

#: No text: pictures, fonts.
OPAQUE = {".png", ".woff", ".woff2"}
ARABIC_DIGITS = str.maketrans("٠١٢٣٤٥٦٧٨٩", "0123456789")


def needles() -> list[str]:
    """Lower-case pieces that give a planted person away."""
    words = [word for person in PEOPLE for word in [person.name, *person.name.split()]]
    emails = [text for person in PEOPLE for text in (person.email, person.email.partition("@")[0])]
    return sorted({text.lower() for text in [*words, *emails]})


def texts_of(path: Path, content: bytes | None = None) -> Iterator[str]:
    """All text of a file: values, names and metadata inside containers too."""
    content = path.read_bytes() if content is None else content
    if path.suffix == ".parquet":
        table = pq.read_table(io.BytesIO(content))
        yield str(table.schema)
        yield str(table.schema.metadata)
        yield str(pq.read_metadata(io.BytesIO(content)).to_dict())
        for column in table.columns:
            yield "\n".join(map(str, column.unique().to_pylist()))
    elif zipfile.is_zipfile(io.BytesIO(content)):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            yield str(archive.comment)
            for name in archive.namelist():
                yield name
                yield from texts_of(Path(name), archive.read(name))
    else:
        text = content.decode("utf-8", errors="replace")
        yield text
        yield html.unescape(text)
        if path.suffix in {".json", ".ipynb"}:
            # escapes such as \u0632 read as the letters they stand for
            yield html.unescape(json.dumps(json.loads(text), ensure_ascii=False))


def find_contacts(folder: Path) -> list[str]:
    """Every planted piece that occurs under a folder, in raw, lower-case or digits-only form."""
    found = []
    for path in sorted(p for p in folder.rglob("*") if p.is_file() and p.suffix not in OPAQUE):
        for text in [str(path.relative_to(folder)), *texts_of(path)]:
            lowered = text.lower()
            found += [f"{path.relative_to(folder)}: {piece}" for piece in needles() if piece in lowered]
            digits = re.sub(r"(?<=\d)[\s().\-/_+]{1,3}(?=\d)", "", lowered.translate(ARABIC_DIGITS))
            found += [f"{path.relative_to(folder)}: {phone}" for phone in PLANTED_PHONES if phone in digits]
    return sorted(set(found))


def test_no_contact_of_the_export_is_published(built: Built):
    searched = [p for p in built.outputs.rglob("*") if p.is_file()]
    kinds = {path.suffix for path in searched}
    assert {".parquet", ".ipynb", ".html", ".csv", ".json", ".skops"} <= kinds
    assert find_contacts(built.outputs) == []


def test_the_planted_people_are_in_the_report_without_their_contacts(built: Built):
    leads = pd.read_parquet(built.outputs / "new-cairo" / "clean" / "leads.parquet")
    planted = leads[leads["campaign_id"].isin(["910000", "910002", "910004"])]
    assert len(planted) >= 3 * 5, "the planted leads never reached the tables, so the search proves nothing"
    assert planted["message"].str.contains(r"\[phone\]", na=False).any()


def test_nothing_of_the_private_slices_lies_under_outputs(built: Built):
    assert find_contacts(built.root / ".leadsmart"), (
        "the private slices hold contacts; the search must see them"
    )


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.html", b"<p>Zebediah</p>"),
        ("a.html", b"<p>&#1586;&#1576;&#1610;&#1583;&#1577;</p>"),
        ("a.json", b'{"a": "\\u0632\\u0628\\u064a\\u062f\\u0629"}'),
        ("a.csv", b"phone\n0109 988 77 11\n"),
        ("a.csv", "phone\n٠١٠٩٩٨٨٧٧٤٤\n".encode()),
        ("a.csv", b"XANTHIPPE.wolv@outlook.com\n"),
    ],
)
def test_the_search_finds_a_contact_in_every_form(tmp_path: Path, name: str, content: bytes):
    (tmp_path / name).write_bytes(content)
    assert find_contacts(tmp_path)


def test_the_search_looks_into_parquet_and_archives(tmp_path: Path):
    pd.DataFrame({"a": ["Quackenbush"]}).to_parquet(tmp_path / "a.parquet")
    pd.DataFrame({"Quackenbush": [1]}).to_parquet(tmp_path / "b.parquet")
    with zipfile.ZipFile(tmp_path / "c.skops", "w") as archive:
        archive.writestr("schema.json", '{"names": ["quackenbush"]}')
    assert {line.partition(":")[0] for line in find_contacts(tmp_path)} == {
        "a.parquet",
        "b.parquet",
        "c.skops",
    }
