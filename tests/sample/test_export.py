"""The sample as files: the real export's form, the same bytes every time, nobody's folder overwritten."""

import csv
import hashlib
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from leadsmart.errors import InputError
from leadsmart.sample import PlantedEffects, is_sample, make_sample, write_sample
from leadsmart.vocabulary import EXPORT_FILES, KNOWN_STATUSES, REQUIRED_EXPORT_COLUMNS

REAL = Path(__file__).parents[3] / "shared" / "data" / "leadsmart"
FILES = ("campaigns", "insights", "campaign_leads", "lead_status_changes", "project_markets")
MOMENT = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"


@pytest.fixture(scope="module")
def clean():
    return make_sample(defects=False)


def digest(directory: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in directory.iterdir()}


def test_same_arguments_give_the_same_bytes(tmp_path):
    for name in ("first", "second"):
        write_sample(tmp_path / name, leads=1_000, seed=5)
    write_sample(tmp_path / "other", leads=1_000, seed=6)
    first, second, other = (digest(tmp_path / name) for name in ("first", "second", "other"))
    assert first == second
    assert set(first) == {*(f"{name}.csv" for name in FILES), "mapping.yml", "sample.json"}
    assert all(
        first[name] != other[name] for name in first if name not in ("project_markets.csv", "mapping.yml")
    )


def test_files_hold_what_the_memory_holds(tmp_path):
    write_sample(tmp_path, leads=500, seed=5)
    tables, _ = make_sample(leads=500, seed=5)
    for name in FILES:
        raw = (tmp_path / f"{name}.csv").read_bytes()
        assert b"\r" not in raw
        read = pd.read_csv(tmp_path / f"{name}.csv", dtype="str", keep_default_na=False)
        pd.testing.assert_frame_equal(read, getattr(tables, name))


def test_the_marker_states_the_planted_truth(tmp_path):
    effects = PlantedEffects().without("broken_tracking")
    write_sample(tmp_path, leads=500, seed=5, effects=effects)
    marker = json.loads((tmp_path / "sample.json").read_text(encoding="utf-8"))
    assert marker == {"sample": True, "seed": 5, "leads": 500, "effects": effects.as_dict()}
    assert marker["effects"]["broken_days"] == 0
    assert is_sample(tmp_path)


def test_required_columns_are_all_there_in_order(clean):
    for table, file in EXPORT_FILES.items():
        columns = list(getattr(clean[0], file).columns)
        assert columns[: len(REQUIRED_EXPORT_COLUMNS[table])] == list(REQUIRED_EXPORT_COLUMNS[table])
    assert list(clean[0].campaigns.columns[6:]) == ["channel"]
    assert list(clean[0].campaign_leads.columns[7:]) == [
        "message",
        "form_variant",
        "budget",
        "unit_type",
        "message_intent",
    ]


@pytest.mark.skipif(not REAL.is_dir(), reason="the real export is not beside the repository")
@pytest.mark.parametrize("name", FILES)
def test_headers_and_formats_are_those_of_the_real_export(clean, name):
    with (REAL / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        reader = csv.reader(file)
        header, row = next(reader), next(reader)
    table = getattr(clean[0], name)
    assert list(table.columns[: len(header)]) == header
    for column, real in zip(header, row, strict=True):
        shape = pd.Series([real]).str.replace(r"\d", "0", regex=True).item()
        if pd.Series([real]).str.fullmatch(MOMENT).item():
            assert (table[column].str.replace(r"\d", "0", regex=True) == shape).all()


def test_sizes_and_tails_are_like_a_real_export(clean):
    tables, truth = clean
    assert len(tables.campaign_leads) == 12_000
    assert 25 <= tables.campaigns["user_id"].nunique() <= 60
    per_campaign = tables.campaign_leads.groupby("campaign_id").size()
    assert per_campaign.median() <= 4
    assert per_campaign.max() > 100
    assert 0.25 < truth.defects["campaigns_without_leads"] / len(tables.campaigns) < 0.55
    assert 0.15 < truth.leads["has_verdict"].mean() < 0.20
    assert truth.leads["has_history"].mean() == pytest.approx(0.6, abs=0.02)
    assert set(tables.campaigns["channel"]) == {"facebook", "instagram", "google_search", "tiktok"}
    assert set(tables.campaign_leads["lead_status"]) == KNOWN_STATUSES
    days = tables.insights["created_at"]
    assert (days.min(), days.max()) == ("2024-06-01 00:00:00", "2024-12-31 00:00:00")


def test_markets_are_those_of_the_parameter_files(clean):
    params = Path(__file__).parents[2] / "params"
    assert set(clean[1].campaigns["market"]) == {p.stem for p in params.glob("[a-z]*.yml")}
    leads = clean[1].leads.groupby("market")["has_verdict"].agg(["size", "sum"])
    assert leads["size"].idxmax() == "new-cairo"
    assert leads["sum"].idxmin() == "gulf"
    assert leads.loc["gulf", "sum"] < 40


def test_several_campaigns_of_every_market_still_run_on_the_last_day(clean):
    last = (
        clean[0]
        .insights.loc[clean[0].insights["created_at"] == "2024-12-31 00:00:00", "campaign_id"]
        .unique()
    )
    running = clean[0].campaigns[
        clean[0].campaigns["id"].isin(last) & (clean[0].campaigns["stop_time"] > "2025")
    ]
    assert running["id"].map(clean[1].campaigns["market"]).value_counts().min() >= 3


@pytest.mark.parametrize("seed", range(5))
def test_a_third_of_the_verdicts_are_entered_in_batches(seed):
    tables, truth = make_sample(seed=seed, defects=False)
    events = tables.lead_status_changes
    verdicts = events[events["status"].isin(["QUALIFIED", "NOT_QUALIFIED"])]
    user = truth.leads["user_id"].reindex(verdicts["lead_id"]).to_numpy()
    size = verdicts.groupby([user, verdicts["created_at"].str[:16].to_numpy()])["status"].transform("size")
    assert 0.2 < (size >= 2).mean() < 0.42


def test_a_clean_sample_is_consistent(clean):
    tables, _ = clean
    insights, leads, events = tables.insights, tables.campaign_leads, tables.lead_status_changes
    assert not insights.duplicated(["ad_set_id", "created_at"]).any()
    numbers = insights[["reach", "clicks", "impressions"]].astype(int)
    assert (numbers["clicks"] <= numbers["impressions"]).all() and (
        numbers["reach"] <= numbers["impressions"]
    ).all()
    assert (insights["spend"].astype(float) > 0).all()
    dated = insights.merge(tables.campaigns, left_on="campaign_id", right_on="id")
    assert (dated["created_at"].str[:10] >= dated["start_time"].str[:10]).all()
    assert (dated["created_at"] <= dated["stop_time"]).all()
    arrived = leads.merge(tables.campaigns, left_on="campaign_id", right_on="id", suffixes=("", "_campaign"))
    assert len(arrived) == len(leads)
    assert (arrived["added_date"] >= arrived["start_time"]).all() and (
        arrived["added_date"] <= arrived["stop_time"]
    ).all()
    assert events["lead_id"].isin(leads["id"]).all() and not events.duplicated().any()
    assert (events["created_at"] < "2025").all()
    last = events.groupby("lead_id")[["status", "created_at"]].last()
    assert (last["status"] == leads.set_index("id").loc[last.index, "lead_status"]).all()
    first = events.groupby("lead_id")["created_at"].first()
    assert (first == leads.set_index("id").loc[first.index, "added_date"]).all()
    assert set(tables.campaigns["project_name"]) == set(tables.project_markets["project_name"])


def test_messages_are_in_two_scripts_and_some_hold_a_contact(clean):
    tables, truth = clean
    leads = tables.campaign_leads
    written = leads["message"] != ""
    assert written.mean() == pytest.approx(0.88, abs=0.02)
    assert 0.4 < leads.loc[written, "message"].str.contains(r"[\u0600-\u06ff]", regex=True).mean() < 0.7
    parts = leads.loc[written, ["message", "name", "email", "phone"]].to_numpy().tolist()
    holding = sum(
        "https://" in message or any(contact and contact in message for contact in contacts)
        for message, *contacts in parts
    )
    assert holding == truth.defects["messages_with_contact"] > 300


def test_made_up_addresses_are_nobodys(clean):
    leads = clean[0].campaign_leads
    at_sign = leads["email"].str.count("@") == 1
    domain = leads.loc[at_sign, "email"].str.split("@").str[1]
    reserved = domain.str.fullmatch(r"(example\.(com|org|net))?")
    assert leads.loc[domain.index[~reserved], "email"].str.startswith("leadsmart.sample.").all()
    american = leads["phone"].str.contains(r"^\(|^\+1|^\d{3}\.", regex=True)
    assert leads.loc[american, "phone"].str.replace(r"\D", "", regex=True).str.contains(r"55501\d\d$").all()


@pytest.mark.parametrize("leads", [100, 333, 2_000])
def test_small_samples_work(leads):
    tables, _ = make_sample(leads=leads)
    assert len(tables.campaign_leads) == leads


def test_too_small_a_sample_is_refused():
    with pytest.raises(InputError, match="100 leads or more"):
        make_sample(leads=99)


def test_a_folder_with_something_else_is_never_overwritten(tmp_path):
    (tmp_path / "campaigns.csv").write_text("id\n1\n", encoding="utf-8")
    for overwrite in (False, True):
        with pytest.raises(InputError, match="not a sample"):
            write_sample(tmp_path, leads=200, overwrite=overwrite)
    assert (tmp_path / "campaigns.csv").read_text(encoding="utf-8") == "id\n1\n"
    assert [path.name for path in tmp_path.iterdir()] == ["campaigns.csv"]


def test_a_marker_that_does_not_say_sample_protects_nothing_less(tmp_path):
    for text in ('{"sample": false}', "[]", "not json", '{"sample": "true"}'):
        (tmp_path / "sample.json").write_text(text, encoding="utf-8")
        with pytest.raises(InputError, match="not a sample"):
            write_sample(tmp_path, leads=200, overwrite=True)


def test_a_sample_is_overwritten_only_when_asked(tmp_path):
    write_sample(tmp_path, leads=200, seed=1)
    before = digest(tmp_path)
    with pytest.raises(InputError, match="holds a sample already"):
        write_sample(tmp_path, leads=200, seed=2)
    assert digest(tmp_path) == before
    write_sample(tmp_path, leads=200, seed=2, overwrite=True)
    after = digest(tmp_path)
    assert set(after) == set(before) and after != before


def test_a_file_in_place_of_the_folder_is_refused(tmp_path):
    (tmp_path / "data").write_text("x", encoding="utf-8")
    with pytest.raises(InputError, match="this is a file"):
        write_sample(tmp_path / "data", leads=200)


def test_spend_is_written_in_cents(clean):
    assert clean[0].insights["spend"].str.fullmatch(r"\d+\.\d{1,2}").all()
    assert np.isfinite(clean[0].insights["spend"].astype(float)).all()
