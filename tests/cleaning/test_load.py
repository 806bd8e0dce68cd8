"""All that is wrong with an export is said at once, clearly, before anything runs."""

import gzip

import pytest
from cleaning.builders_cleaning import MARKETS, make_campaign, make_tables, params_of, write_export

from leadsmart.cleaning.reading.load import check_export
from leadsmart.cleaning.reading.split import split_export
from leadsmart.errors import InputProblems


@pytest.fixture
def folder(tmp_path):
    return write_export(tmp_path / "export", make_tables())


def messages(folder) -> list[str]:
    return [str(problem) for problem in check_export(folder)]


def test_a_good_export_has_no_problem(folder):
    assert messages(folder) == []


def test_a_missing_folder_and_a_file_in_its_place(tmp_path):
    assert "does not exist" in messages(tmp_path / "nowhere")[0]
    (tmp_path / "file").write_text("x")
    assert "not a folder" in messages(tmp_path / "file")[0]


def test_everything_is_said_at_once(folder):
    (folder / "insights.csv").unlink()
    (folder / "campaign_leads.csv").write_text(
        "id,campaign_id,name,e_mail_adress,phone,lead_status,added_date\n1,1,a,b,c,d,e\n"
    )
    # a history may be empty
    (folder / "lead_status_changes.csv").write_text("lead_id,status,created_at\n")
    found = messages(folder)
    assert found == [
        "insights.csv: the file does not exist. Export it, or name it insights.csv, insights.csv.gz, insights.zip, "
        "insights.parquet or insights_2024-06.csv.",
        "campaign_leads.csv: lacks the column email (column email). Did you mean its column 'e_mail_adress'?",
    ]
    with pytest.raises(InputProblems) as error:
        split_export(folder, folder.parent / "cache", params_of(MARKETS))
    assert [str(problem) for problem in error.value.problems] == found


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "is empty"),
        (b"\n\n , \n", "is empty"),
        (b"<!DOCTYPE html><html><body>Log in</body></html>", "is a web page saved as CSV"),
        (b"\xef\xbb\xbf <html>", "is a web page saved as CSV"),
        (b"PK\x03\x04rest of a workbook", "is an Excel workbook or zip, not CSV"),
        (b"%PDF-1.7", "is a PDF, not CSV"),
        (bytes(range(256)) * 40, "is binary, not CSV"),
        (
            b"ad_set_id,campaign_id,reach,spend,clicks,impressions,created_at\n,,,,,,\n",
            "has a header and no row",
        ),
        (b"Mona Hassan,mona@gmail.com,01001234567\n1,2,3\n", "has none of the columns it should have"),
        (
            b"ad_set_id,campaign_id,reach,clicks\n1,2,3,4\n",
            "lacks the columns spend, impressions, created_at",
        ),
    ],
)
def test_hopeless_files(folder, content, expected):
    (folder / "insights.csv").write_bytes(content)
    found = messages(folder)
    assert len(found) == 1
    assert found[0].startswith("insights.csv: ")
    assert expected in found[0]
    assert "Mona" not in found[0]
    assert "mona" not in found[0]


def test_a_directory_instead_of_a_file(folder):
    (folder / "insights.csv").unlink()
    (folder / "insights.csv").mkdir()
    assert "is a directory, not a file" in messages(folder)[0]


def test_damaged_archives(folder):
    (folder / "insights.csv").rename(folder / "other")
    (folder / "insights.zip").write_bytes(b"not a zip")
    (folder / "campaigns.csv").unlink()
    (folder / "campaigns.csv.gz").write_bytes(gzip.compress(b"id,daily_budget\n" * 50)[:30])
    found = messages(folder)
    assert any("insights.zip: not a zip file" in message for message in found)
    assert any("campaigns.csv.gz: can't be read" in message for message in found)


def test_the_same_file_in_two_formats(folder):
    (folder / "insights.csv.gz").write_bytes(gzip.compress((folder / "insights.csv").read_bytes()))
    assert "the same file is there in two formats" in messages(folder)[0]


def test_nothing_says_the_market(folder):
    (folder / "project_markets.csv").unlink()
    assert "nothing says which market" in messages(folder)[0]
    write_export(folder, {"campaigns": [make_campaign("1", market="New Cairo")]})
    assert messages(folder) == []
