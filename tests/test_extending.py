"""Adding a KPI or a dimension is adding an entry to the catalogue: cards, tables and pages follow."""

import math
import runpy
from pathlib import Path

import pytest
from builders_market import market_of
from insights.builders_insights import AS_OF, leads_of, make_params, make_tables

from leadsmart.catalogue.dimensions import DIMENSIONS, LEAD, Dimension
from leadsmart.catalogue.kpis import KPIS, LEADS, LOG, Kpi, Place
from leadsmart.display.tables.layouts import week_columns
from leadsmart.display.tables.tables import format_table
from leadsmart.insights.kpi.measures import aggregate_kpis, sum_measures
from leadsmart.insights.kpi.weekly import weekly_kpis
from leadsmart.insights.pages.cards import kpi_cards
from leadsmart.insights.pages.explore import make_explorable
from leadsmart.market import Market
from leadsmart.report.exports.workbook import read_definitions, unit_of
from leadsmart.vocabulary import UNIT_COUNT, UNIT_MONEY, UNTOUCHED_STATUSES

GENERATE = Path(__file__).parents[1] / "docs" / "generate.py"

# --- a KPI: cost per contacted lead ------------------------------------------------------------------

CONTACTED = Kpi(
    "contacted", "Contacted leads", UNIT_COUNT, "Leads that sales took up",
    rows=LEADS, counts=lambda leads: ~leads["lead_status"].isin(UNTOUCHED_STATUSES),
    counted="number of leads whose status says that they were contacted", matures=True,
)  # fmt: skip
COST = Kpi(
    "cost_per_contacted", "Cost per contacted lead", UNIT_MONEY, "What a lead costs that sales took up",
    numerator=("spend",), denominator="contacted", scale=LOG, matures=True, head="Per contacted lead",
    shown=Place.CARDS | Place.WEEKS | Place.DRILL_DOWN | Place.RANGES,
)  # fmt: skip


@pytest.fixture
def market(monkeypatch: pytest.MonkeyPatch) -> Market:
    """Six business users who spend 100 each; of the three leads of each, two were contacted."""
    for entry in (CONTACTED, COST):
        monkeypatch.setitem(KPIS, entry.name, entry)
    users = [f"u{i}" for i in range(6)]
    tables = make_tables(
        campaigns=[{"campaign_id": u, "user_id": u} for u in users],
        delivery=[{"campaign_id": u, "spend": 100} for u in users],
        leads=[
            lead
            for i, u in enumerate(users)
            for lead in leads_of(u, "CALL_AGAIN", 1 + i % 3)
            + leads_of(u, "SPAM", 1)
            + leads_of(u, "NEW_LEAD", 1)
        ],
    )
    return market_of(tables, make_params(), AS_OF)


def test_the_new_kpi_has_a_card_with_range_and_change(market: Market):
    cards = kpi_cards(market).set_index("key")
    card = cards.loc["cost_per_contacted"]
    assert (card["label"], card["unit"]) == ("Cost per contacted lead", "money")
    # the three users of each kind have 2, 3 and 4 contacted leads
    assert (card["value"], card["n"]) == (600 / 18, 18)
    assert card["low"] < card["value"] < card["high"]
    assert card["delta_basis"].endswith("verdicts within 14 days of arrival")
    assert "contacted" not in cards.index, "a count that only the other entry needs"


def test_the_new_kpi_is_in_the_table_of_weeks_and_its_download(market: Market):
    weekly = weekly_kpis(market)
    assert weekly["contacted"].tolist() == [18]
    assert weekly["cost_per_contacted"].tolist() == [600 / 18]
    assert weekly["cost_per_contacted_range"].tolist() == ["95 % range"]
    page = format_table(weekly, week_columns(), title="Week by week", currency="EGP")._repr_html_()
    assert "Per contacted lead (EGP)" in page


def test_weeks_without_spend_have_no_cost_of_leads(market: Market):
    later = make_tables(leads=[{"lead_status": "CALL_AGAIN", "arrived_at": "2024-12-09 10:00"}])
    assert weekly_kpis(market_of(later, make_params()))["cost_per_contacted"].isna().all()


def test_the_drill_down_can_add_the_new_kpi_up(market: Market):
    data = make_explorable(market)
    (shown,) = [kpi for kpi in data["kpis"] if kpi["key"] == "cost_per_contacted"]
    assert (shown["over"], shown["under"], shown["unit"]) == ("spend", "contacted", "money")
    assert sum(data["campaigns"]["contacted"]) == 18
    assert "cost_per_contacted" in data["ranges"][0]["of"]


def test_the_definitions_page_and_the_workbook_know_the_new_kpi(market: Market, tmp_path: Path):
    format_formulas = runpy.run_path(str(GENERATE))["format_formulas"]
    page = tmp_path / "definitions.qmd"
    page.write_text(f"## KPIs\n\n{format_formulas()}\n", encoding="utf-8")
    defined = read_definitions(page).set_index("term")
    assert defined.loc["Cost per contacted lead (cost_per_contacted)", "meaning"] == "spend / contacted"
    assert defined.loc["Contacted leads (contacted)", "read_as"] == "Leads that sales took up"
    assert (unit_of("cost_per_contacted"), unit_of("contacted")) == ("money", "count")


# --- a dimension of leads ----------------------------------------------------------------------------


@pytest.fixture
def sources(monkeypatch: pytest.MonkeyPatch) -> Market:
    """Leads of four sources, of which one has three people."""
    monkeypatch.setitem(DIMENSIONS, "source", Dimension("source", LEAD, "Source"))
    leads = [
        {"lead_id": f"{source}{i}", "source": source, "lead_status": "QUALIFIED"}
        for source, n in (("ads", 20), ("web", 9), ("fair", 7), ("friends", 3))
        for i in range(n)
    ]
    return market_of(make_tables(delivery=[{}], leads=leads), make_params())


def test_a_new_dimension_of_leads_groups_them_and_hides_few(sources: Market):
    table = aggregate_kpis(sources, ["source"]).set_index("source")
    assert table["suppressed"].to_dict() == {
        "ads": "", "fair": "not shown", "friends": "fewer than 5", "web": ""
    }  # fmt: skip
    assert table.loc["ads", ["leads", "qualified", "qualified_rate", "users"]].tolist() == [20, 20, 1, 1]
    hidden = table.loc[["fair", "friends"]].drop(columns="suppressed")
    assert hidden.isna().all(axis=None), "nothing of them, and nothing from which they follow"
    assert math.isnan(table.loc["ads", "spend"]), "no delivery has a source"


def test_leads_without_a_value_are_a_group_and_a_missing_column_is_said(sources: Market):
    leads = sources.tables.leads
    leads = leads.assign(source=leads["source"].where(leads["source"] != "web"))
    table = aggregate_kpis(market_of(sources.tables._replace(leads=leads), make_params()), ["source"])
    assert table.set_index("source").loc["not given", "leads"] == 9
    without = market_of(sources.tables._replace(leads=leads.drop(columns="source")), make_params())
    with pytest.raises(ValueError, match="leads have no source in this export"):
        aggregate_kpis(without, ["source"])


def test_small_groups_are_hidden_within_campaigns_too(sources: Market):
    table = aggregate_kpis(sources, ["channel", "source"])
    assert table.loc[table["source"] == "friends", "suppressed"].tolist() == ["fewer than 5"]


def test_leads_can_t_be_grouped_past_the_catalogue(sources: Market):
    leads = sources.tables.leads
    with pytest.raises(ValueError, match="aggregate_kpis hides small groups"):
        sum_measures(sources.tables.ad_performance, leads, ["source"])
    with pytest.raises(ValueError, match="person_hash is no dimension"):
        aggregate_kpis(sources, ["person_hash"])
