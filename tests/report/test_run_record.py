"""What a run of the command line leaves: contract of `outputs/`, its record, and sums that add up."""

import json
import subprocess
from pathlib import Path

import pandas as pd
import pytest
from report.builders_report import KEY, MARKETS, ROOT, Built, run_leadsmart

from leadsmart.report.project.files import sha256_of

TABLES = ("campaigns", "ad_performance", "leads", "status_events")
STEPS = ("01_cleaning", "02_insights", "03_classification", "04_summary", "05_explore")
EXITS = ("kept", "excluded", "duplicate", "merged", "quarantined")


def read_run(outputs: Path) -> dict:
    return json.loads((outputs / "run.json").read_text(encoding="utf-8"))


def exits_of(outputs: Path) -> pd.DataFrame:
    """Rows and spend per table over all ledgers, as this test adds them up."""
    ledgers = pd.concat([pd.read_csv(path) for path in sorted(outputs.glob("*/ledger.csv"))])
    return ledgers[ledgers["action"].isin(EXITS)].groupby("table")[["rows", "spend"]].sum()


def test_a_market_has_everything_that_the_contract_names(built: Built):
    for market in MARKETS:
        folder = built.outputs / market
        names = [
            *(f"{step}.ipynb" for step in STEPS),
            *(f"{kind}/{table}.parquet" for kind in ("clean", "quarantine") for table in TABLES),
            *(
                "explore.js",
                "ledger.csv",
                "findings.json",
                "recommendations.json",
                "scored_leads.csv",
                "run.json",
            ),
            *("model/model.skops", "model/card.json", "tables/kpis.csv"),
        ]
        assert [name for name in names if not (folder / name).is_file()] == []
        findings = json.loads((folder / "findings.json").read_text(encoding="utf-8"))
        fields = (
            "key,title,verdict,statement,estimate,low,high,unit,n,method,p_value,q_value,money_at_stake,table"
        )
        assert all(list(finding) == fields.split(",") for finding in findings) and findings


def test_a_markets_record_holds_the_hash_of_every_file(built: Built):
    for market in MARKETS:
        folder = built.outputs / market
        facts = read_run(folder)
        present = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()} - {"run.json"}
        assert set(facts["outputs"]) == present
        for name, digest in facts["outputs"].items():
            assert sha256_of(folder / name) == digest, name
        assert facts["parameters"]["market"] == market


def test_rows_and_spend_of_all_ledgers_add_up_to_the_export(built: Built):
    facts = read_run(built.outputs)
    exits = exits_of(built.outputs)
    for total in facts["totals"]:
        assert total["raw_rows"] == total["exit_rows"] == exits.loc[total["table"], "rows"]
        assert total["raw_spend"] == pytest.approx(exits.loc[total["table"], "spend"], abs=0.01)
    export = built.root / "data" / "export"
    lines = len((export / "campaigns.csv").read_text(encoding="utf-8").splitlines()) - 1
    assert exits.loc["campaigns", "rows"] == lines


def test_every_expected_page_exists(built: Built):
    pages = read_run(built.outputs)["expected_pages"]
    assert len(pages) == 1 + 2 + len(STEPS) * len(MARKETS) + 1
    assert [page for page in pages if not (built.site / page).is_file()] == []


def test_no_key_path_or_time_is_published(built: Built):
    for path in built.outputs.rglob("*"):
        if path.is_file() and path.suffix in {".json", ".ipynb", ".csv", ".html", ".yml", ".qmd"}:
            text = path.read_text(encoding="utf-8")
            assert KEY not in text and str(built.root) not in text and str(ROOT) not in text, path


def test_the_log_says_where_it_was_and_ends_with_a_table_and_the_sites_address(built: Built):
    lines = built.stdout.splitlines()
    for market in MARKETS:
        for step in STEPS:
            assert any(line.startswith(f"{market}: {step} done in ") for line in lines)
    assert lines[-1].endswith("outputs/site/index.html")
    assert next(line.split()[:2] for line in lines if "CPQL" in line) == ["market", "leads"]
    assert built.stderr == ""


SHARED = ROOT / ".." / "shared" / "data" / "leadsmart"


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> tuple[subprocess.CompletedProcess[str], Path]:
    if not SHARED.is_dir():
        pytest.skip("../shared is absent: no real export to run on")
    outputs = tmp_path_factory.mktemp("real") / "outputs"
    done = run_leadsmart(
        ["run", "--data", str(SHARED), "--outputs", str(outputs), "--renderer", "embedded"],
        ROOT,
    )
    return done, outputs


@pytest.mark.slow
class TestRealExport:
    def test_it_finishes_with_eight_markets(self, real):
        done, outputs = real
        assert done.returncode == 0, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        markets = read_run(outputs)["markets"]
        assert len(markets) == 8 and set(markets.values()) == {"ok"}

    def test_every_expected_page_exists(self, real):
        _, outputs = real
        pages = read_run(outputs)["expected_pages"]
        assert len(pages) == 1 + 2 + 5 * 8 + 1
        assert [page for page in pages if not (outputs / "site" / page).is_file()] == []

    def test_rows_and_spend_equal_the_raw_totals(self, real):
        _, outputs = real
        exits = exits_of(outputs)
        rows = {"campaigns": 7_364, "ad_performance": 68_733, "leads": 56_965, "status_events": 38_925}
        assert exits["rows"].to_dict() == rows
        assert exits["spend"].sum() == pytest.approx(24_852_291.59, abs=0.005)

    def test_unassigned_campaigns_are_named_with_leads_and_spend(self, real):
        _, outputs = real
        table = pd.read_csv(outputs / "all-markets" / "tables" / "unassigned_projects.csv")
        assert len(table) == 58 and table["campaigns"].sum() == 304
        ledger = pd.read_csv(outputs / "unassigned" / "ledger.csv")
        leads = ledger.query("table == 'leads' and action == 'kept'")["rows"].sum()
        assert table["leads"].sum() == leads > 0
        overview = (outputs / "site" / "outputs" / "overview.html").read_text(encoding="utf-8")
        assert "304 campaigns" in overview and "58 projects" in overview
