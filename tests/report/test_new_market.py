"""A new market's file states what the export shows, with its source, and what is left to confirm."""

from pathlib import Path

import pytest
from cleaning.builders_cleaning import make_campaign, make_lead, make_tables, write_export
from report.builders_report import ROOT

from leadsmart.cleaning.reading import market_evidence
from leadsmart.cleaning.reading.market_evidence import ExportEvidence, MarketEvidence, find_market_evidence
from leadsmart.errors import InputProblems, ParameterError
from leadsmart.params import load_params
from leadsmart.report.project.new_market import draft_market, write_market

PARAMS = ROOT / "params"


def evidence_of(**changed: object) -> ExportEvidence:
    market = {
        "name": "delta",
        "campaigns": 3,
        "leads": 40,
        "projects": {"Palm": 2, "Oak": 1},
        "phone_regions": {},
        "time_zones": (),
        "date_orders": frozenset(),
        "decimal_marks": frozenset(),
    }
    whole = {"unassigned": {}, "currencies": frozenset()}
    market |= {key: value for key, value in changed.items() if key in market}
    whole |= {key: value for key, value in changed.items() if key in whole}
    return ExportEvidence({"delta": MarketEvidence(**market)}, **whole)  # type: ignore[arg-type]


def draft(**changed: object) -> tuple[list[str], list[str]]:
    drafted = draft_market("delta", evidence_of(**changed), PARAMS)
    lines = drafted.text.splitlines()
    return [line for line in lines if not line.startswith("#")], list(drafted.to_do)


def test_an_export_is_read_for_each_market_and_for_one_it_does_not_name(tmp_path: Path):
    tables = make_tables()
    tables["campaigns"].append(make_campaign("77", project_name="Sky Delta Towers"))
    for lead, phone in zip(tables["leads"], ("+966501234567", "00966501234568", "01001234567"), strict=False):
        lead["phone"] = phone
    write_export(tmp_path / "export", tables)
    found = find_market_evidence(tmp_path / "export", ["delta"])
    assert sorted(found.markets) == ["delta", "gulf", "new-cairo"]
    assert [found.markets[name].campaigns for name in ("delta", "gulf", "new-cairo")] == [0, 1, 2]
    assert sum(m.leads for m in found.markets.values()) > 0
    regions = [region for market in found.markets.values() for region in market.phone_regions]
    assert "SA" in regions
    assert found.projects_like("delta") == ["Delta", "Sky Delta Towers"]
    assert list(tmp_path.iterdir()) == [tmp_path / "export"], "nothing private is left behind"


def test_a_file_states_what_differs_from_the_defaults_with_its_source():
    lines, to_do = draft(
        phone_regions={"NO": 30, "EG": 4},
        date_orders=frozenset({"dmy"}),
        decimal_marks=frozenset({","}),
        currencies=frozenset({"NOK"}),
    )
    assert lines == [
        "market: delta",
        "title: Delta",
        "currency: NOK   # stated by the mapping",
        "decimal_comma: true   # amounts have one or two digits behind a comma",
        "date_order: dmy   # dates show that the day comes first",
        "phone_region: NO   # 30 of 34 phones with a country code",
    ]
    assert to_do == ["confirm that timezone is Africa/Cairo, which is the default"]


def test_what_is_not_proved_is_not_stated():
    lines, to_do = draft(
        phone_regions={"NO": 5, "EG": 4, "SA": 3},
        date_orders=frozenset({"dmy", "mdy"}),
        decimal_marks=frozenset({",", "."}),
        currencies=frozenset({"NOK", "EUR"}),
    )
    assert lines == ["market: delta", "title: Delta"]
    assert [line.split(",")[0] for line in to_do] == [
        "confirm that currency is EGP",
        "confirm that timezone is Africa/Cairo",
    ]


def test_another_zone_of_most_phones_is_said_and_not_taken():
    lines, to_do = draft(phone_regions={"SA": 30}, time_zones=("Asia/Riyadh",))
    assert not any("timezone" in line for line in lines)
    assert to_do[-1] == (
        "confirm that timezone is Africa/Cairo, which is the default; most phones are from SA, where it is Asia/Riyadh"
    )
    assert "Riyadh" not in " ".join(draft(phone_regions={"SA": 3}, time_zones=("Asia/Riyadh",))[1])
    assert "Cairo," in draft(phone_regions={"EG": 30}, time_zones=("Africa/Cairo",))[1][-1]


def test_a_market_without_leads_is_said():
    assert draft(leads=0)[1][0] == "no lead is in it: let `leadsmart check` say what does not join"


def test_what_equals_the_defaults_is_not_repeated():
    lines, _ = draft(phone_regions={"EG": 100}, currencies=frozenset({"EGP"}))
    assert lines == ["market: delta", "title: Delta"]


def test_projects_that_may_be_the_markets_are_named():
    _, to_do = draft(unassigned={"Sky - Delta": 2, "Marina": 1})
    assert to_do[0] == "name these projects in project_markets.csv if they are delta's: Sky - Delta"
    _, to_do = draft(campaigns=0, projects={}, unassigned={"Marina": 1})
    assert to_do[0] == "name its projects in project_markets.csv; projects of no market are: Marina"


def test_a_name_that_looks_like_something_else_is_a_name(tmp_path: Path):
    (tmp_path / "_defaults.yml").write_bytes((PARAMS / "_defaults.yml").read_bytes())
    for name in ("2024", "null", "no", "1e3"):
        found = evidence_of(name=name, projects={"Tower\u2028x: #1": 1})
        drafted = draft_market(name, ExportEvidence({name: found.markets["delta"]}, {}, frozenset()), PARAMS)
        write_market(drafted, tmp_path)
        assert load_params(name, tmp_path).market == name


def test_a_market_that_has_a_file_keeps_it(tmp_path: Path):
    (tmp_path / "_defaults.yml").write_bytes((PARAMS / "_defaults.yml").read_bytes())
    drafted = draft_market("delta", evidence_of(), PARAMS)
    (tmp_path / "delta.yaml").write_text("market: delta\ntitle: Mine\n", encoding="utf-8")
    with pytest.raises(ParameterError, match=r"delta\.yaml: is there already"):
        write_market(drafted, tmp_path)
    assert load_params("delta", tmp_path).title == "Mine"


def test_what_is_seen_does_not_depend_on_how_values_sort(tmp_path: Path):
    tables = make_tables()
    shown = [*(f"+1-202-555-{n:04}" for n in range(40)), *(f"+2010{n:08}" for n in range(60))]
    tables["leads"] = [make_lead(str(5000 + n), "1", phone=phone) for n, phone in enumerate(shown)]
    write_export(tmp_path / "export", tables)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(market_evidence, "ENOUGH_VALUES", 50)
        regions = find_market_evidence(tmp_path / "export").markets["new-cairo"].phone_regions
    assert sum(regions.values()) == 50
    assert 20 < regions["EG"] < 40 and 10 < regions["US"] < 30


def test_an_export_that_is_broken_is_refused(tmp_path: Path):
    write_export(tmp_path / "export", make_tables())
    (tmp_path / "export" / "insights.csv").unlink()
    with pytest.raises(InputProblems):
        find_market_evidence(tmp_path / "export")
