"""`leadsmart score` as a user meets it: new leads in, the list of calls out, contacts nowhere."""

import csv
import datetime as dt
import json
import shutil
from pathlib import Path

import pandas as pd
import pytest
from builders_market import market_of
from report.builders_report import KEY, make_project

from leadsmart import arrivals
from leadsmart.classification.estimation.dataset import build_dataset
from leadsmart.classification.estimation.model import fit_market_model
from leadsmart.classification.scoring import SCORE_COLUMNS
from leadsmart.classification.storage import save_model
from leadsmart.cleaning.values.keys import contact_key
from leadsmart.cli import main
from leadsmart.params import load_params
from leadsmart.report.project.files import sha256_of
from leadsmart.sample import sample_market_tables

MARKET, AS_OF = "new-cairo", dt.date(2024, 12, 31)
COLUMNS = ("id", "campaign_id", "name", "email", "phone", "lead_status", "added_date", "message", "budget")


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with a published market, made without its notebooks."""
    root = make_project(tmp_path_factory.mktemp("score") / "project")
    params = load_params(MARKET, root / "params").model_copy(update={"as_of": AS_OF})
    tables = sample_market_tables(MARKET, leads=6_000)
    dataset = build_dataset(market_of(tables, params, AS_OF))
    folder = root / "outputs" / MARKET
    for name in ("model", "clean"):
        (folder / name).mkdir(parents=True)
    save_model(fit_market_model(dataset), folder / "model" / "model.skops")
    (folder / "model" / "card.json").write_text('{"verdict": "OK", "use": "probability"}', encoding="utf-8")
    for name, table in tables._asdict().items():
        table.to_parquet(folder / "clean" / f"{name}.parquet", index=False)
    record(folder, params.model_dump(mode="json"))
    return root


def record(folder: Path, parameters: dict) -> None:
    files = [p for p in folder.rglob("*") if p.is_file() and p.name != "run.json"]
    hashes = {p.relative_to(folder).as_posix(): sha256_of(p) for p in files}
    content = {"parameters": parameters, "outputs": hashes}
    (folder / "run.json").write_text(json.dumps(content), encoding="utf-8")


@pytest.fixture
def project(published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "project"
    shutil.copytree(published, root)
    monkeypatch.chdir(root)
    monkeypatch.setenv("LEADSMART_CONTACT_KEY", KEY)
    return root


@pytest.fixture
def score(project: Path, capfd: pytest.CaptureFixture[str]):
    def run(*arguments: str) -> tuple[int, str, str]:
        capfd.readouterr()
        with pytest.raises(SystemExit) as caught:
            main(("score", *arguments))
        out, err = capfd.readouterr()
        return int(caught.value.code or 0), out, " ".join(err.split())

    return run


def lead(number: int, campaign: str, **changes: str) -> dict[str, str]:
    row = {
        "id": f"77000{number}", "campaign_id": campaign, "name": "Zebediah Quackenbush",
        "email": f"zebediah{number}@vintagemail.eg", "phone": f"0109988771{number}", "lead_status": "NEW_LEAD",
        "added_date": f"2025-01-0{number} 10:00:00", "message": "I want to buy, call me: 0109988771", "budget": "3M-5M",
    }  # fmt: skip
    return row | changes


def campaigns(project: Path) -> list[str]:
    return pd.read_parquet(project / "outputs" / MARKET / "clean" / "campaigns.parquet")[
        "campaign_id"
    ].tolist()


def write(project: Path, rows: list[dict[str, str]], columns=COLUMNS) -> None:
    with (project / "new.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def test_new_leads_come_back_best_first_without_contacts(score, project: Path):
    write(project, [lead(1, campaigns(project)[0]), lead(2, campaigns(project)[3], phone="", email="")])
    code, out, err = score("new.csv", "--market", MARKET, "--out", "scored.csv")
    assert (code, err) == (0, "")
    assert "2 leads scored by the model of new-cairo, OK: scored.csv" in out
    scored = pd.read_csv(project / "scored.csv", dtype={"lead_id": "str"})
    assert tuple(scored.columns) == SCORE_COLUMNS
    assert sorted(scored["lead_id"]) == ["770001", "770002"]
    assert scored["probability"].is_monotonic_decreasing and scored["probability"].between(0, 1).all()
    assert scored.set_index("lead_id")["age_days"].to_dict() == {"770001": 1, "770002": 0}
    text = (project / "scored.csv").read_text(encoding="utf-8").lower() + out.lower()
    assert not [piece for piece in ("zebediah", "quackenbush", "vintagemail", "99887") if piece in text]


def test_without_out_only_the_list_is_on_standard_output(score, project: Path):
    write(project, [lead(1, campaigns(project)[0])])
    code, out, err = score("new.csv", "--market", MARKET)
    assert code == 0
    assert out.splitlines()[0] == ",".join(SCORE_COLUMNS) and len(out.splitlines()) == 2
    assert "1 leads scored" in err


def test_new_leads_of_a_client_are_hashed_as_its_tables_are(score, project: Path, monkeypatch):
    folder = project / "outputs" / MARKET
    client = load_params(MARKET, project / "params").model_copy(
        update={"audience": "client", "user_ids": ("7",)}
    )
    record(folder, client.model_copy(update={"as_of": AS_OF}).model_dump(mode="json"))
    used = []
    clean = arrivals.clean_new_leads
    monkeypatch.setattr(arrivals, "clean_new_leads", lambda *given: used.append(given[-1]) or clean(*given))
    write(project, [lead(1, campaigns(project)[0])])
    assert score("new.csv", "-m", MARKET, "--out", "s.csv")[0] == 0
    assert used == [contact_key(client)] and used != [KEY.encode()]


def test_rows_that_cannot_be_scored_are_counted_by_their_rule(score, project: Path):
    known = campaigns(project)[0]
    write(project, [lead(1, known), lead(2, "99999999"), lead(3, known, added_date="soon")])
    code, out, _ = score("new.csv", "-m", MARKET, "--out", "s.csv")
    assert code == 0
    assert "2 rows were left out" in out
    assert "unknown_campaign 1" in out and "unreadable_date 1" in out


def test_a_model_that_is_not_ready_leaves_the_order_to_the_rules(score, project: Path):
    folder = project / "outputs" / MARKET
    (folder / "model" / "card.json").write_text('{"verdict": "Not ready", "use": "rules"}', encoding="utf-8")
    record(folder, json.loads((folder / "run.json").read_text(encoding="utf-8"))["parameters"])
    write(project, [lead(1, campaigns(project)[0], phone="", message=""), lead(2, campaigns(project)[0])])
    code, out, _ = score("new.csv", "-m", MARKET, "--out", "s.csv")
    assert code == 0 and "rules order the leads" in out
    scored = pd.read_csv(project / "s.csv", dtype={"lead_id": "str"})
    assert scored["lead_id"].tolist() == ["770002", "770001"]
    assert scored[["grade", "probability"]].isna().all().all()


def test_a_model_whose_probabilities_do_not_hold_gives_its_order_alone(score, project: Path):
    rows = [lead(n, campaign) for n, campaign in enumerate(campaigns(project)[:4], start=1)]
    write(project, rows)
    score("new.csv", "-m", MARKET, "--out", "all.csv")
    folder = project / "outputs" / MARKET
    (folder / "model" / "card.json").write_text('{"verdict": "OK", "use": "order"}', encoding="utf-8")
    record(folder, json.loads((folder / "run.json").read_text(encoding="utf-8"))["parameters"])
    code, out, _ = score("new.csv", "-m", MARKET, "--out", "s.csv")
    assert code == 0 and "no probability or grade" in out
    scored, whole = (pd.read_csv(project / name, dtype={"lead_id": "str"}) for name in ("s.csv", "all.csv"))
    assert scored[["grade", "probability"]].isna().all().all()
    kept = ["lead_id", "age_days", "as_of", "reasons"]
    pd.testing.assert_frame_equal(scored[kept], whole[kept])


def test_a_file_with_required_columns_only_is_enough(score, project: Path):
    write(project, [lead(1, campaigns(project)[0])], COLUMNS[:7])
    assert score("new.csv", "-m", MARKET)[0] == 0


# --- what the user can mend ----------------------------------------------------------------------------------


def remove_model(project: Path) -> None:
    (project / "outputs" / MARKET / "model" / "model.skops").unlink()


def change_model(project: Path) -> None:
    with (project / "outputs" / MARKET / "model" / "model.skops").open("ab") as file:
        file.write(b"x")


def change_tables(project: Path) -> None:
    path = project / "outputs" / MARKET / "clean" / "leads.parquet"
    pd.read_parquet(path).iloc[:-1].to_parquet(path)


def remove_run(project: Path) -> None:
    shutil.rmtree(project / "outputs" / MARKET)


def spoil_record(project: Path) -> None:
    (project / "outputs" / MARKET / "run.json").write_text("{}", encoding="utf-8")


def old_card(project: Path) -> None:
    folder = project / "outputs" / MARKET
    (folder / "model" / "card.json").write_text('{"verdict": "OK"}', encoding="utf-8")
    record(folder, json.loads((folder / "run.json").read_text(encoding="utf-8"))["parameters"])


@pytest.mark.parametrize(
    ("change", "parts"),
    [
        (remove_model, ["model/model.skops: the file does not exist"]),
        (change_model, ["model/model.skops", "its hash differs"]),
        (change_tables, ["clean/leads.parquet", "its hash differs"]),
        (remove_run, ["no model of new-cairo is published"]),
        (old_card, ["model/card.json", "not the card of a model of this version"]),
        (spoil_record, ["new-cairo/run.json", "not the record of a run of this version"]),
    ],
)
def test_what_is_not_as_published_is_refused(score, project: Path, change, parts):
    write(project, [lead(1, campaigns(project)[0])])
    change(project)
    code, out, err = score("new.csv", "-m", MARKET)
    assert code == 2 and out == ""
    for part in [*parts, "leadsmart run new-cairo"]:
        assert part in err


def test_a_missing_column_is_named(score, project: Path):
    write(project, [lead(1, campaigns(project)[0])], [c for c in COLUMNS if c != "phone"])
    code, _, err = score("new.csv", "-m", MARKET)
    assert code == 2 and "new.csv: lacks the column phone" in err


def test_leads_of_unknown_campaigns_only_are_refused(score, project: Path):
    write(project, [lead(1, "99999999")])
    code, _, err = score("new.csv", "-m", MARKET)
    assert code == 2
    assert "new.csv: no lead in it can be scored (rule unknown_campaign); 1 affected" in err


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (("nowhere.csv", "-m", MARKET), "nowhere.csv: the file does not exist"),
        (("new.csv", "-m", MARKET, "--out", "no/such/folder.csv"), "Name another file with --out"),
        (("new.csv", "-m", "zzz"), "no model of zzz is published"),
        (("new.csv", "-m", "../x"), "no model of ../x is published"),
        (("new.csv",), "--market"),
    ],
)
def test_bad_usage(score, project: Path, arguments, part):
    write(project, [lead(1, campaigns(project)[0])])
    code, _, err = score(*arguments)
    assert code == 2 and part in err
