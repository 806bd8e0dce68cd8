"""`leadsmart map` as a user meets it: a proposal, one edit, and an export that can be checked and run."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from cleaning.mapping.builders_mapping import write
from report.builders_report import KEY, make_project

from leadsmart.cli import main
from leadsmart.report.project.workspace import open_workspace

CAMPAIGNS = """\
Campaign name,Campaign ID,Campaign budget,Starts,Ends,Amount spent (EGP)
Alpha - New Cairo | Leads,9001,1200,2024-06-01,2024-06-10,50
Beta - New Cairo | Leads,9002,800,2024-06-02,2024-06-20,30
"""
DELIVERY = """\
Day,Campaign ID,Ad set ID,Reach,Amount spent (EGP),Impressions,Link clicks
,,,,81,600,18
2024-06-01,9001,1,90,30.50,100,5
2024-06-02,9001,1,150,19.50,200,6
2024-06-02,9002,2,200,30,300,7
"""
LEADS = """\
Record ID,First Name,Last Name,Email,Phone Number,Lead Status,Create Date,Original Source Drill-Down 2,Lifecycle Stage
51,Mona,Ali,mona@example.com,+201001234567,Open Deal,2024-06-03 21:40,Alpha - New Cairo | Leads,Customer
52,Omar,Nabil,omar@example.com,+201007654321,New,2024-06-04 09:05,Beta - New Cairo | Leads,Lead
"""
HISTORY = """\
Record ID,Property,Value,Timestamp
51,Lead Status,New,2024-06-03 21:40:00
51,Lead Status,Open Deal,2024-06-05 10:00:00
52,Lifecycle Stage,Lead,2024-06-05 10:00:00
"""


@pytest.fixture
def run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Callable[..., tuple]:
    monkeypatch.chdir(make_project(tmp_path / "project"))
    monkeypatch.setenv("LEADSMART_CONTACT_KEY", KEY)

    def run_main(*arguments: str) -> tuple[int, str, str]:
        capfd.readouterr()
        with pytest.raises(SystemExit) as caught:
            main(arguments)
        return int(caught.value.code or 0), *capfd.readouterr()

    return run_main


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in {
        "list.csv": CAMPAIGNS,
        "daily.csv": DELIVERY,
        "crm.csv": LEADS,
        "history.csv": HISTORY,
    }.items():
        write(tmp_path / "export", name, text)
    return tmp_path / "export"


def confirm(folder: Path) -> None:
    path = folder / "mapping.yml"
    text = path.read_text(encoding="utf-8")
    path.write_text(re.sub(r"(?ms)^confirm:\n(  - .*?\n)+", "", text), encoding="utf-8")


def test_from_the_folder_to_a_checked_export_with_one_edit(run, folder):
    code, out, err = run("map", str(folder), "--write")
    assert (code, err) == (0, "")
    assert "crm.csv as campaign_leads: HubSpot, 2 rows, UTF-8, commas" in out
    code, out, err = run("check", "new-cairo", "--data", str(folder))
    assert code == 2
    assert "mapping.yml: to be confirmed: statuses.Open Deal is QUALIFIED (2 rows)" in err
    confirm(folder)
    code, out, err = run("check", "new-cairo", "--data", str(folder))
    assert (code, err) == (0, "")
    assert "daily.csv as insights: total passed over: line 2" in out
    assert "states a total of 81.00, its rows add up to 80.00 (difference +1.00)" in out
    assert "history.csv as lead_status_changes: 1 line of another Property passed over" in out
    assert re.search(r"new-cairo +2 ", out)


def test_without_write_the_proposal_is_shown_and_nothing_changes(run, folder):
    code, out, _ = run("map", str(folder))
    assert code == 0
    assert "joins:" in out and "confirm:" in out
    assert not (folder / "mapping.yml").exists()


def test_a_mapping_that_is_there_stays(run, folder):
    write(folder, "mapping.yml", "tables: []\n")
    code, _, err = run("map", str(folder), "--write")
    assert code == 2
    assert "mapping.yml: is there already" in err
    assert (folder / "mapping.yml").read_text() == "tables: []\n"


def test_a_mapping_may_lie_elsewhere(run, folder, tmp_path):
    run("map", str(folder), "--write")
    confirm(folder)
    mapping = (folder / "mapping.yml").rename(tmp_path / "ours.yml")
    assert run("check", "new-cairo", "--data", str(folder))[0] == 2
    assert run("check", "new-cairo", "--data", str(folder), "--mapping", str(mapping))[0] == 0
    code, _, err = run("check", "--data", str(folder), "--mapping", str(tmp_path / "nowhere.yml"))
    assert code == 2
    assert "nowhere.yml: can't be read" in err


def test_a_mapping_that_lies_elsewhere_is_remembered_with_its_export(run, folder, tmp_path):
    root, mapping = Path.cwd(), write(tmp_path, "ours.yml", "tables: []\n")
    open_workspace(root=root, data=folder, mapping=mapping, environment={}).record_export()
    again = open_workspace(root=root, environment={})
    assert again.data.resolve() == folder.resolve()
    assert again.mapping is not None and again.mapping.resolve() == mapping.resolve()
    assert open_workspace(root=root, data=folder, environment={}).mapping is None
    open_workspace(root=root, data=folder, environment={}).record_export()
    assert open_workspace(root=root, environment={}).mapping is None


def test_money_in_another_currency_than_the_markets_is_refused(run, folder):
    run("map", str(folder), "--write")
    confirm(folder)
    code, _, err = run("check", "new-cairo", "--data", str(folder), "--param", "currency=USD")
    assert code == 2
    assert "daily.csv: its money is in EGP, the markets' in USD" in err


def test_a_folder_that_is_not_there(run, tmp_path):
    code, _, err = run("map", str(tmp_path / "nowhere"))
    assert code == 2
    assert "the folder does not exist. Check the path" in err
