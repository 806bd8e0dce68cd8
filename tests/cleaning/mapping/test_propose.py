"""A proposal says what feeds which table and why, asks where it is unsure, and guesses nothing in silence."""

import pytest
import yaml
from cleaning.builders_cleaning import make_tables, write_export
from cleaning.mapping.builders_mapping import DELIVERY, accept_proposal, stage, stage_all, write

from leadsmart.cleaning.mapping.model import DATE_COLUMNS, ID_COLUMNS, ExportMapping, read_mapping
from leadsmart.cleaning.mapping.proposing.preview import fits, proven_order
from leadsmart.cleaning.mapping.proposing.propose import Proposal, find_markets, propose_mapping, save_mapping
from leadsmart.cleaning.mapping.proposing.systems import PLUS, currency_in, load_systems, similarity
from leadsmart.errors import InputError
from leadsmart.vocabulary import KNOWN_STATUSES
from leadsmart.yaml_text import parse_yaml

CAMPAIGNS = """\
Campaign name,Campaign ID,Campaign budget,Starts,Ends
Alpha - New Cairo | Leads,9001,1200,2024-06-01,2024-06-10
Beta - New Cairo | Leads,9002,800,2024-06-02,
"""
DELIVERY_REPORT = DELIVERY.replace("Set ID", "Ad group ID").replace("Cost", "Amount spent (EGP)")
LEADS = """\
id\tcreated_time\tcampaign_id\tfull_name\tphone_number\temail\tlead_status\twhat_is_your_budget?\tis_organic
l:11\t2024-06-03T21:40:18+03:00\tc:9001\tMona Ali\tp:+201001234567\tmona@example.com\tCREATED\tover 8M\tFALSE
l:12\t2024-06-04T09:05:00+03:00\tc:9002\tعمر نبيل\tp:+201007654321\tomar@example.com\tCREATED\t\tFALSE
"""
ARABIC_DELIVERY = """\
اليوم,اسم الحملة,معرف الحملة,معرف مجموعة الإعلانات,المبلغ الذي تم إنفاقه (EGP),مرات الظهور,نقرات الرابط
2024-06-01,ألفا,9001,1,10.50,100,5
2024-06-02,ألفا,9001,1,20.25,200,6
الإجمالي,,,,30.75,300,11
"""
ARABIC_LEADS = """\
رقم العميل;تاريخ الإضافة;رقم الحملة;الاسم;رقم الموبايل;الحالة
11;13/06/2024;9001;منى علي;01001234567;مهتم
12;14/06/2024;9001;عمر نبيل;01007654321;New Lead
"""
HISTORY = """\
Lead ID,Field / Event,Old Value,New Value,Edit Date,Edited By
11,Lead Status,,Open - Not Contacted,03/06/2024 12:13,Sara
11,Lead Status,,Closed - Converted,13/06/2024 12:13,Sara
11,Owner,,Sara,13/06/2024 12:14,Sara
"""


def propose(folder, *markets: str) -> tuple[Proposal, ExportMapping]:
    proposal = propose_mapping(folder, markets)
    return proposal, ExportMapping(**parse_yaml(proposal.text))


def asked(proposal: Proposal, word: str) -> list[str]:
    return [question for question in proposal.questions if word in question]


# --- whole files ------------------------------------------------------------------------------------


def test_a_report_with_title_and_total_lines(tmp_path):
    write(tmp_path, "report.csv", DELIVERY_REPORT)
    write(tmp_path, "list.csv", CAMPAIGNS)
    _, mapping = propose(tmp_path)
    campaigns, delivery = mapping.tables
    assert (campaigns.file, campaigns.table, delivery.file, delivery.table) == (
        "list.csv", "campaigns", "report.csv", "insights",
    )  # fmt: skip
    assert delivery.title_lines == 3
    assert delivery.total_lines.starts_with == ("Total:",)
    assert {column: source.header[0] for column, source in delivery.columns.items()} == {
        "ad_set_id": "Ad group ID",
        "campaign_id": "Campaign ID",
        "spend": "Amount spent (EGP)",
        "impressions": "Impr.",
        "clicks": "Clicks",
        "created_at": "Day",
    }
    assert delivery.currency == "EGP"


def test_leads_of_a_form_with_prefixed_ids(tmp_path):
    write(tmp_path, "leads.csv", LEADS, "utf-16")
    write(tmp_path, "list.csv", CAMPAIGNS)
    proposal, mapping = propose(tmp_path)
    leads = mapping.tables[1]
    assert leads.id_prefixes == ("c:", "l:", "p:")
    assert leads.form_fields == {"what_is_your_budget": "what_is_your_budget?"}
    assert mapping.statuses == {"CREATED": "NEW_LEAD"}
    assert asked(proposal, "form_fields.what_is_your_budget")
    assert "2 of 2 ids are in campaigns" in proposal.text
    assert not asked(proposal, "CREATED")


def test_arabic_headers_without_any_system(tmp_path):
    write(tmp_path, "تقرير.csv", ARABIC_DELIVERY, "utf-8-sig")
    write(tmp_path, "عملاء.csv", ARABIC_LEADS, "cp1256")
    accept_proposal(tmp_path)
    mapping = read_mapping(tmp_path / "mapping.yml")
    assert [entry.table for entry in mapping.tables] == ["campaigns", "insights", "campaign_leads"]
    assert mapping.statuses == {"مهتم": "HIGH_INTEREST"}
    tables, notes = stage_all(tmp_path)
    assert tables["ad_performance"]["spend"].tolist() == ["10.50", "20.25"]
    assert tables["leads"]["added_date"].tolist() == ["2024-06-13 00:00:00", "2024-06-14 00:00:00"]
    assert tables["campaigns"]["id"].unique().tolist() == ["9001"]
    assert "total passed over: line 4" in [note.text for note in notes]


def test_a_history_keeps_the_status_alone(tmp_path):
    write(tmp_path, "history.csv", HISTORY)
    proposal, mapping = propose(tmp_path)
    [entry] = mapping.tables
    assert (entry.table, entry.only) == ("lead_status_changes", {"Field / Event": ("Lead Status", "Status")})
    assert entry.date_order == "dmy"
    assert asked(proposal, "statuses.Closed - Converted is QUALIFIED")
    assert not asked(proposal, "Open - Not Contacted")
    accept_proposal(tmp_path)
    assert stage(tmp_path, "status_events")["status"].tolist() == ["NEW_LEAD", "QUALIFIED"]


def test_the_platforms_own_export_needs_no_mapping(tmp_path):
    proposal = propose_mapping(write_export(tmp_path / "export", make_tables()))
    assert (proposal.text, proposal.questions) == ("", ())
    assert "campaigns.csv: read as it is" in proposal.summary
    assert proposal.report.endswith("No file needs a mapping.\n")


def test_own_headers_with_foreign_statuses_need_one(tmp_path):
    tables = make_tables()
    for event in tables["status_events"]:
        event["status"] = "In Progress"
    proposal, mapping = propose(write_export(tmp_path / "export", tables))
    assert [entry.file for entry in mapping.tables] == ["lead_status_changes.csv"]
    assert asked(proposal, "statuses.In Progress is FOLLOW_UP (6 rows)")


def test_files_of_several_months_are_one_entry(tmp_path):
    for month in ("06", "07"):
        write(tmp_path, f"report 2024-{month}.csv", DELIVERY_REPORT)
    write(tmp_path, "campaigns list.csv", CAMPAIGNS)
    _, mapping = propose(tmp_path)
    assert [entry.file for entry in mapping.tables] == ["campaigns list.csv", "report *-*.csv"]
    accept_proposal(tmp_path)
    assert len(stage(tmp_path, "ad_performance")) == 6


def test_what_feeds_nothing_is_named(tmp_path):
    write(tmp_path, "report.csv", DELIVERY_REPORT)
    write(tmp_path, "budget plan.csv", "Quarter,Owner\nQ1,Sara\n")
    write(tmp_path, "broken.xlsx", "no workbook")
    proposal = propose_mapping(tmp_path)
    assert "budget plan.csv: feeds no table" in proposal.summary
    assert "no file feeds campaign_leads" in proposal.summary
    assert [problem.file for problem in proposal.problems] == ["broken.xlsx"]


def test_a_folder_without_tables(tmp_path):
    with pytest.raises(InputError, match="holds no CSV"):
        propose_mapping(tmp_path)
    with pytest.raises(InputError, match="does not exist"):
        propose_mapping(tmp_path / "nowhere")


# --- what is unsure ---------------------------------------------------------------------------------


def test_a_similar_header_is_asked_about(tmp_path):
    write(tmp_path, "report.csv", DELIVERY_REPORT.replace("Clicks", "Clics"))
    write(tmp_path, "list.csv", CAMPAIGNS)
    proposal = propose_mapping(tmp_path)
    assert asked(proposal, "columns.clicks is 'Clics': similar to a header we know")


def test_a_header_whose_values_contradict_it_is_not_taken(tmp_path):
    write(
        tmp_path,
        "report.csv",
        DELIVERY_REPORT.replace("Clicks", "Reach").replace(",5\n", ",many\n").replace(",6\n", ",some\n"),
    )
    write(tmp_path, "list.csv", CAMPAIGNS)
    _, mapping = propose(tmp_path)
    assert "reach" not in mapping.tables[1].columns


def test_ids_that_do_not_join_are_counted(tmp_path):
    write(tmp_path, "report.csv", DELIVERY_REPORT.replace("9002", "7777"))
    write(tmp_path, "list.csv", CAMPAIGNS)
    [question] = asked(propose_mapping(tmp_path), "columns.campaign_id")
    assert "only 2 of 3 ids are in campaigns; others are 7777 (1)" in question


def test_leads_that_know_a_campaigns_name_alone(tmp_path):
    leads = LEADS.replace("campaign_id", "campaign_name").replace("c:9001", "Alpha - New Cairo | Leads")
    write(tmp_path, "leads.csv", leads.replace("c:9002", "Nobody's"))
    write(tmp_path, "list.csv", CAMPAIGNS)
    proposal, mapping = propose(tmp_path)
    assert mapping.tables[1].joins["campaign_id"].header == "campaign_name"
    assert mapping.tables[1].joins["campaign_id"].several == "refuse"
    [question] = asked(proposal, "joins.campaign_id")
    assert "1 of 2 names are campaigns'; no campaign is called nobody's (1)" in question


def test_shared_names_are_said(tmp_path):
    leads = LEADS.replace("campaign_id", "campaign_name").replace("c:9001", "Alpha - New Cairo | Leads")
    write(tmp_path, "leads.csv", leads.replace("c:9002", "Alpha - New Cairo | Leads"))
    write(tmp_path, "list.csv", CAMPAIGNS.replace("Beta", "Alpha"))
    proposal, mapping = propose(tmp_path)
    assert mapping.tables[1].joins["campaign_id"].several == "running"
    assert "2 of them of several campaigns" in asked(proposal, "joins.campaign_id")[0]


def test_campaigns_lack_market_project_and_user(tmp_path):
    write(tmp_path, "list.csv", CAMPAIGNS)
    proposal, mapping = propose(tmp_path, "gulf", "new-cairo")
    [entry] = mapping.tables
    assert entry.constants == {"user_id": "1", "market": "new-cairo", "channel": "facebook"}
    assert entry.columns["project_name"].separator == " | "
    assert len(asked(proposal, "constants.market")) == len(asked(proposal, "constants.user_id")) == 1
    assert len(asked(proposal, "columns.project_name")) == 1


def test_several_markets_are_told_by_their_names(tmp_path):
    write(tmp_path, "list.csv", CAMPAIGNS.replace("Beta - New Cairo", "Beta Gulf"))
    proposal, mapping = propose(tmp_path, "gulf", "new-cairo")
    assert mapping.tables[0].columns["market"].contains == {"New Cairo": "new-cairo", "Gulf": "gulf"}
    assert asked(proposal, "columns.market is found in 'Campaign name'")
    accept_proposal(tmp_path, ("gulf", "new-cairo"))
    assert stage(tmp_path, "campaigns")["market"].tolist() == ["new-cairo", "gulf"]


def test_a_market_that_nothing_tells_is_to_be_filled_in(tmp_path):
    write(tmp_path, "list.csv", CAMPAIGNS)
    _, mapping = propose(tmp_path)
    assert mapping.tables[0].constants["market"] == "?"
    assert "constants.market is to be filled in" in mapping.open_questions[-1]


def test_dates_that_prove_no_order_are_asked_about(tmp_path):
    write(tmp_path, "history.csv", HISTORY.replace("13/06", "04/06"))
    assert asked(propose_mapping(tmp_path), "date_order is dmy: its dates prove no order")


def test_rows_of_a_whole_period_are_no_delivery(tmp_path):
    text = CAMPAIGNS.replace("Starts,Ends", "Reporting starts,Reporting ends").replace(
        "Campaign budget", "Amount spent (EGP),Impressions,Campaign budget"
    )
    text = (
        text.replace(",1200,", ",10,100,1200,")
        .replace(",800,", ",10,100,800,")
        .replace("02,\n", "02,2024-06-30\n")
    )
    write(tmp_path, "list.csv", text)
    proposal, mapping = propose(tmp_path)
    assert [entry.table for entry in mapping.tables] == ["campaigns"]
    assert "no file feeds insights" in proposal.summary


def test_decimal_commas_are_proved_by_the_column(tmp_path):
    text = DELIVERY_REPORT.replace('"1,000.50"', '"1.000,5"').replace(",20.25,200", ',"20,25","1.200"')
    write(tmp_path, "report.csv", text)
    write(tmp_path, "list.csv", CAMPAIGNS)
    proposal, mapping = propose(tmp_path)
    assert mapping.tables[1].decimal_comma
    assert not asked(proposal, "decimal_comma")
    accept_proposal(tmp_path)
    rows = stage(tmp_path, "ad_performance")
    # as they are written: the mapping says how cleaning reads them
    assert rows["spend"].tolist() == ["1.000,5", "20,25", "30"]
    assert rows["impressions"].tolist() == ["100", "1.200", "300"]
    write(tmp_path, "report.csv", text.replace(",30,300", ",30.75,300"))
    (tmp_path / "mapping.yml").unlink()
    assert asked(propose_mapping(tmp_path), "its amounts have points and commas")


def test_money_in_two_currencies_is_asked_about(tmp_path):
    text = DELIVERY_REPORT.replace("Clicks", "Currency").replace(",5\n", ",EGP\n").replace(",6\n", ",EGP\n")
    write(tmp_path, "report.csv", text.replace(",7\n", ",USD\n"))
    write(tmp_path, "list.csv", CAMPAIGNS)
    assert asked(propose_mapping(tmp_path), "several currencies: EGP (2), USD (1)")


def test_a_proposal_never_overwrites_a_mapping(tmp_path):
    write(tmp_path, "list.csv", CAMPAIGNS)
    proposal = propose_mapping(tmp_path)
    target = save_mapping(proposal, tmp_path)
    assert yaml.safe_load(target.read_text(encoding="utf-8"))["confirm"] == list(proposal.questions)
    with pytest.raises(InputError, match="is there already"):
        save_mapping(proposal, tmp_path)


# --- known systems ----------------------------------------------------------------------------------


def test_every_system_speaks_of_our_tables_and_statuses():
    systems = load_systems()
    assert [system.name for system in systems] == [
        "Bitrix24", "Google Ads", "HubSpot", "LinkedIn Campaign Manager", "Meta Ads Manager", "Meta lead ads",
        "Salesforce", "TikTok Ads Manager", "Zoho CRM", "other systems",
    ]  # fmt: skip
    for system in systems:
        assert {*system.statuses.values()} <= KNOWN_STATUSES
        for table in system.tables.values():
            assert {*table.total_lines} <= {"starts_with", "empty"}
            assert all(header.split(PLUS) for headers in table.columns.values() for header in headers)


@pytest.mark.parametrize("system", load_systems(), ids=lambda system: system.name)
def test_a_file_with_a_systems_first_headers_is_recognised(tmp_path, system):
    values = {"id": "9001", "date": "2024-06-13", "email": "a@example.com", "phone": "+201001234567"}
    for n, (table, known) in enumerate(system.tables.items()):
        cells: dict[str, str] = {}
        for column, headers in known.columns.items():
            kind = "id" if column in ID_COLUMNS else "date" if column in DATE_COLUMNS else column
            default = "EGP" if column == "currency" else "Won" if "status" in column else "7"
            for header in headers[0].split(PLUS):
                cells.setdefault(header, values.get(kind, default))
        cells |= {header: allowed[0] for header, allowed in known.only.items()}
        folder = tmp_path / str(n)
        write(folder, "file.csv", f"{','.join(cells)}\n{','.join(cells.values())}\n")
        _, mapping = propose(folder)
        assert mapping.tables[-1].target == table, (system.name, table)


@pytest.mark.parametrize(
    ("column", "values", "fitting"),
    [
        ("campaign_id", ["c:12", "13"], True),
        ("campaign_id", ["Alpha - New Cairo"], False),
        ("created_at", ["01-Jul-2024", "31-Dec-2024"], True),
        ("created_at", ["1472", "1472.5"], False),
        ("spend", ["EGP 1,200", "7"], True),
        ("spend", ["many"], False),
        ("phone", ["p:+20 10 1234 567"], True),
        ("email", ["nobody"], False),
        ("email", [], True),
    ],
)
def test_values_are_held_against_their_column(column, values, fitting):
    assert fits(column, values) is fitting


def test_the_order_of_day_and_month_is_proved_by_numbers_above_twelve():
    assert proven_order(["01/02/2024", "13/02/2024"]) == {"dmy"}
    assert proven_order(["06/02/2024", "06/28/2024"]) == {"mdy"}
    assert proven_order(["13/02/2024", "02/13/2024"]) == {"dmy", "mdy"}
    assert proven_order(["01/02/2024", "2024-06-28"]) == set()


def test_headers_are_alike_in_any_order_of_words():
    assert similarity("spent amount", "amount spent") == 100
    assert similarity("mobile", "market") < 86
    assert currency_in("Amount spent (USD)") == "USD"


def test_markets_are_those_of_the_project_here(tmp_path):
    write(tmp_path / "params", "_defaults.yml", "")
    write(tmp_path / "params", "gulf.yml", "")
    (tmp_path / "notebooks").mkdir()
    assert find_markets(tmp_path / "notebooks") == ["gulf"]


def test_delivery_that_knows_a_campaigns_name_alone(tmp_path):
    text = DELIVERY_REPORT.replace("Campaign ID", "Budget type").replace("Ad group ID", "Bid")
    text = text.replace(",9001,", ",Daily,").replace(",9002,", ",Daily,")
    write(
        tmp_path,
        "report.csv",
        text.replace("Alpha | Leads", "Alpha - New Cairo | Leads").replace("Beta |", "Beta - New Cairo |"),
    )
    write(tmp_path, "list.csv", CAMPAIGNS)
    accept_proposal(tmp_path, ("new-cairo",))
    rows = stage(tmp_path, "ad_performance")
    assert rows["campaign_id"].tolist() == ["9001", "9001", "9002"]
    assert rows["ad_set_id"].tolist() == ["1", "1", "1"]


def test_a_history_of_other_properties_alone_is_asked_about(tmp_path):
    write(tmp_path, "history.csv", HISTORY.replace("Lead Status", "Stage"))
    proposal, mapping = propose(tmp_path)
    assert mapping.tables[0].only == {}
    assert asked(proposal, "no row has Lead Status or Status as 'Field / Event', but Stage (2), Owner (1)")


def test_words_with_signs_of_yaml_stay_words(tmp_path):
    words = ["no", "yes 1", "a: b", "#1 won", 'it\'s "hot"', "- later", "? maybe", "[x]", "مهتم"]
    rows = "".join(
        f'{i},"{w.replace(chr(34), chr(34) * 2)}",2024-06-{i + 10}\n' for i, w in enumerate(words, start=1)
    )
    write(tmp_path, "history.csv", f"Lead ID,New Value,Edit Date\n{rows}")
    _, mapping = propose(tmp_path)
    assert {*mapping.statuses} == {*words}


def test_headers_of_several_systems_are_those_of_the_folders_own(tmp_path):
    """Lead ID is a header of three systems; Budget of two, neither of which is Meta's."""
    write(tmp_path, "campaigns.csv", "Campaign ID,Campaign name,Budget\n9001,Alpha,1200\n")
    write(
        tmp_path,
        "report.csv",
        "Day,Campaign ID,Ad set ID,Amount spent (EGP),Impressions,Link clicks\n2024-06-01,9001,1,10.5,100,5\n",
    )
    write(tmp_path, "history.csv", "Lead ID,status,created_at\n11,New,2024-06-03 12:13\n")
    proposal, mapping = propose(tmp_path)
    summary = "\n".join(proposal.summary)
    assert "history.csv as lead_status_changes: other systems" in summary
    assert "campaigns.csv as campaigns: Meta Ads Manager" in summary
    assert mapping.tables[0].constants["channel"] == "facebook"
    assert mapping.tables[0].columns["daily_budget"].header == ("Budget",)


def test_a_channel_that_nothing_tells_is_asked_about(tmp_path):
    write(tmp_path, "list.csv", "Campaign number,Project,Daily budget,Start\n9001,Alpha,1200,2024-06-01\n")
    proposal, _ = propose(tmp_path)
    assert asked(proposal, "default_channel")


def test_what_two_files_ask_is_asked_once(tmp_path):
    write(tmp_path, "report.csv", DELIVERY_REPORT)
    write(tmp_path, "leads.csv", LEADS.replace("c:9002", "c:9003").replace("full_name", "campaign_name\tfull_name")
          .replace("\tMona", "\tAlpha\tMona").replace("\tعمر", "\tBeta\tعمر"))  # fmt: skip
    proposal, _ = propose(tmp_path)
    [question] = asked(proposal, "constants.user_id")
    assert question.startswith("leads.csv as campaigns and report.csv as campaigns: ")


def test_arabic_statuses_are_known_with_and_without_their_marks(tmp_path):
    write(tmp_path, "leads.csv", ARABIC_LEADS.replace("مهتم", "اتصل لاحقًا"))
    assert propose(tmp_path)[1].statuses["اتصل لاحقًا"] == "CALL_AGAIN"
