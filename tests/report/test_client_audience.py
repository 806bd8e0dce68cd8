"""A report for a customer holds nobody else's names, numbers and figures: others may change as they like, it does not."""

import html
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from report.builders_report import ROOT, make_project, run_leadsmart
from report.test_privacy import OPAQUE, texts_of

from leadsmart.cleaning.values.texts import clean_id
from leadsmart.report.project.workspace import STAMP_FILE
from leadsmart.sample import write_sample

MARKET = "new-cairo"
REAL_EXPORT = ROOT.parent / "shared" / "data" / "leadsmart"
#: Other people's ids move here, each below FAR + MOST, where no figure of a report lies by chance.
FAR = 700_000_000_000
MOST = 100_000_000
OTHERS = "Nebuchadnezzar Heights"
#: The zeros keep neighbours apart: no number of an array and no cell begins with one, so that `700,131,104,101`
#: of a script is four numbers, and hardly a fingerprint (`5df28e7395774470`) ends on an id.
OF_OTHERS = re.compile(rf"{OTHERS}|(?<![\d.])(?:7000\d{{8}}|700,0\d\d,\d{{3}},\d{{3}})(?!\d)")
HEX = re.compile(r"\b[0-9a-f]{12}(?:[0-9a-f]{52})?\b")
#: An earlier run's name ends on a digest of what went in and came out.
EARLIER_RUN = re.compile(r"(\.history/\d+-)[0-9a-f]{8}(?=\.json)")
HTML_SIZE = re.compile(r"<Html of [\d,]+ characters>")
READ = {"dtype": str, "keep_default_na": False}


def read(folder: Path, name: str) -> pd.DataFrame:
    return pd.read_csv(folder / f"{name}.csv", **READ)


def clean(ids: pd.Series) -> pd.Series:
    """Ids as cleaning reads them: whose a row is must not depend on blanks around its id."""
    return ids.map(clean_id)


def move(an_id: str) -> str:
    if not an_id.isdigit():
        return an_id
    assert int(an_id) < MOST, f"the search would not see {an_id}"
    return str(FAR + int(an_id))


def change_others(export: Path, target: Path, users: list[str]) -> Path:
    """The export with everything about other users changed that can be, each row on its line."""
    shutil.copytree(export, target)
    campaigns, leads = read(export, "campaigns"), read(export, "campaign_leads")
    ads, events, lookup = (
        read(export, name) for name in ("insights", "lead_status_changes", "project_markets")
    )
    own = clean(campaigns["user_id"]).isin(users)
    own_ids = set(clean(campaigns.loc[own, "id"]))
    is_own_lead = clean(leads["campaign_id"]).isin(own_ids)
    own_leads = set(clean(leads.loc[is_own_lead, "id"]))
    shared = set(campaigns.loc[own, "project_name"].str.strip())
    name = {p: p if p.strip() in shared else f"{OTHERS} {i}" for i, p in enumerate(lookup["project_name"])}

    def far(ids: pd.Series, stays: pd.Series) -> pd.Series:
        return ids.where(stays, ids.map(move))

    lookup["project_name"] = lookup["project_name"].map(name)
    campaigns["project_name"] = campaigns["project_name"].where(
        own, campaigns["project_name"].map(lambda p: name.get(p, p))
    )
    campaigns["user_id"] = far(campaigns["user_id"], own)
    campaigns["id"] = far(campaigns["id"], own)
    ad_is_own = clean(ads["campaign_id"]).isin(own_ids)
    ads["spend"] = ads["spend"].where(
        ad_is_own, (pd.to_numeric(ads["spend"], errors="coerce").fillna(3) * 1.7).astype(str)
    )
    ads["clicks"] = ads["clicks"].where(ad_is_own, "17")
    ads["campaign_id"], ads["ad_set_id"] = (
        far(ads["campaign_id"], ad_is_own),
        far(ads["ad_set_id"], ad_is_own),
    )
    event_is_own = clean(events["lead_id"]).isin(own_leads)
    events["status"] = events["status"].where(event_is_own, "CALL_AGAIN")
    events["lead_id"] = far(events["lead_id"], event_is_own)
    leads["lead_status"] = leads["lead_status"].where(is_own_lead, "CALL_AGAIN")
    leads["campaign_id"], leads["id"] = far(leads["campaign_id"], is_own_lead), far(leads["id"], is_own_lead)
    for table, stem in ((campaigns, "campaigns"), (leads, "campaign_leads"), (ads, "insights"),
                        (events, "lead_status_changes"), (lookup, "project_markets")):  # fmt: skip
        table.to_csv(target / f"{stem}.csv", index=False, lineterminator="\n")
    return target


def run_for(folder: Path, export: Path, users: list[str]) -> Path:
    """The report of one market for some of its users; returns its outputs."""
    root = make_project(folder, [MARKET])
    shutil.copytree(export, root / "data" / "export")
    options = [
        "--param",
        "audience=client",
        "--param",
        f"user_ids=[{', '.join(users)}]",
        "--param",
        "as_of=2024-12-31",
    ]
    done = run_leadsmart(
        ["run", "--data", "data/export", "--renderer", "embedded", "--jobs", "1", *options], root
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return root / "outputs"


def largest_users(export: Path, count: int) -> list[str]:
    lookup = read(export, "project_markets")
    campaigns = read(export, "campaigns")
    here = campaigns[campaigns["project_name"].isin(lookup.loc[lookup["market"] == MARKET, "project_name"])]
    leads = read(export, "campaign_leads")["campaign_id"]
    return here.loc[here["id"].isin(leads), "user_id"].value_counts().index[:count].tolist()


def all_texts(outputs: Path) -> Iterator[tuple[Path, str]]:
    for path in sorted(p for p in outputs.rglob("*") if p.is_file() and p.suffix not in OPAQUE):
        yield path, str(path.relative_to(outputs))
        for text in texts_of(path):
            yield path, text


def find_others(outputs: Path) -> list[str]:
    found = {(path, hit[0]) for path, text in all_texts(outputs) if (hit := OF_OTHERS.search(text))}
    return sorted(f"{path.relative_to(outputs)}: {text}" for path, text in found)


def files_of(outputs: Path) -> dict[str, Path]:
    """Each file by its name, without digests of what differs on purpose."""
    files = (p for p in outputs.rglob("*") if p.is_file())
    return {EARLIER_RUN.sub(r"\1#", p.relative_to(outputs).as_posix()): p for p in files}


def shown_of_others(outputs: Path) -> list[str]:
    records = json.loads((outputs / MARKET / "benchmarks.json").read_text(encoding="utf-8"))
    return [record["others_shown"] for record in records]


def normal(path: Path, benchmarks: list[str]) -> bytes | str:
    """A file's content, without the hashes of the export and without what stands in benchmarks."""
    content = path.read_bytes()
    if path.suffix in {*OPAQUE, ".parquet", ".skops"}:
        return content
    text = content.decode("utf-8")
    for shown in sorted(benchmarks, key=len, reverse=True):
        text = text.replace(html.escape(shown), "…").replace(shown, "…")
    return HTML_SIZE.sub("", HEX.sub("#", text))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("explore.js", 'window.leadsmartExplore = {"ids":[7,700000007927,131]};'),
        ("explore.js", f'window.leadsmartExplore = {{"names":["{OTHERS} 3"]}};'),
        ("a.json", '{"700000319545": 1}'),
        ("a.csv", "campaign_id,spend\n700000000012.0,193\n"),
        ("a.ipynb", '{"text": "campaign-700000000012_spend"}'),
        ("a.html", "<td>700,099,999,999</td>"),
        ("700000000012.txt", ""),
    ],
)
def test_the_search_finds_others_in_every_form(tmp_path: Path, name: str, content: str):
    (tmp_path / name).write_text(content, encoding="utf-8")
    assert find_others(tmp_path)


def test_the_search_looks_into_parquet(tmp_path: Path):
    pd.DataFrame({"lead_id": [FAR + 12]}).to_parquet(tmp_path / "a.parquet")
    assert find_others(tmp_path) == ["a.parquet: 700000000012"]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("explore.js", "window.leadsmartExplore = [8,7,131,104,101,700,131,104,101,700,0,12,345];"),
        ("a.csv", "ad_set_id,campaign_id,spend,impressions\n20557,7927,193,299\n20558,700000,193,299\n"),
        ("a.json", '{"email_hash": "5df28e7395774470", "share": 0.700000012345}'),
    ],
)
def test_the_search_takes_no_neighbours_for_one_number(tmp_path: Path, name: str, content: str):
    (tmp_path / name).write_text(content, encoding="utf-8")
    assert find_others(tmp_path) == []


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The customer's report as it is, and with all others changed."""
    base = tmp_path_factory.mktemp("client")
    write_sample(base / "export", leads=1_500, seed=5)
    (base / "export" / "sample.json").unlink()
    users = largest_users(base / "export", 2)
    changed = change_others(base / "export", base / "changed", users)
    return run_for(base / "one", base / "export", users), run_for(base / "two", changed, users)


@pytest.mark.slow
def test_nothing_of_others_is_in_any_file(sample):
    _, changed = sample
    assert find_others(changed) == []
    assert find_others(changed.parent / "data"), "the export holds them; the search must see them"


@pytest.mark.slow
def test_other_users_may_change_and_no_byte_does_but_the_benchmarks(sample):
    one, two = sample
    before, after = files_of(one), files_of(two)
    assert sorted(before) == sorted(after)
    # markers and records hold digests of what differs on purpose, the stamp the time
    compared = [
        f
        for f in sorted(before)
        if ".records" not in Path(f).parts and "benchmarks" not in Path(f).name and f != STAMP_FILE
    ]
    assert len(compared) > 100
    shown = [*shown_of_others(one), *shown_of_others(two)]
    assert shown_of_others(one) != shown_of_others(two), "the benchmarks speak of the others"
    assert [f for f in compared if normal(before[f], shown) != normal(after[f], shown)] == []


@pytest.mark.slow
def test_the_customer_sees_benchmarks_and_is_told_whom_the_report_is_for(sample):
    one, _ = sample
    users = json.loads((one / MARKET / "run.json").read_text(encoding="utf-8"))["parameters"]["user_ids"]
    table = pd.read_csv(one / MARKET / "tables" / "benchmarks.csv")
    assert (table["users"] >= 5).any()
    for page in (
        "overview",
        "pooled_model",
        *(f"{MARKET}/{s}" for s in ("02_insights", "03_classification", "04_summary")),
    ):
        text = (one / "site" / "outputs" / f"{page}.html").read_text(encoding="utf-8")
        assert f"Made for business users {', '.join(users)}" in text, page
    for step in ("02_insights", "04_summary"):
        text = (one / "site" / "outputs" / MARKET / f"{step}.html").read_text(encoding="utf-8")
        assert "You and the other business users of this market" in text
    assert "rows" not in next(iter(json.loads((one / "run.json").read_text())["inputs"].values()))


@pytest.mark.slow
def test_nothing_of_others_is_in_the_report_of_a_real_customer(tmp_path: Path):
    if not REAL_EXPORT.is_dir():
        pytest.skip("no real export beside the project: there is no ../shared/data/leadsmart")
    users = largest_users(REAL_EXPORT, 1)
    outputs = run_for(tmp_path / "real", change_others(REAL_EXPORT, tmp_path / "changed", users), users)
    assert find_others(outputs) == []
