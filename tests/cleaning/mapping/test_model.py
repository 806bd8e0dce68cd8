"""A mapping file is read as it is written, and every mistake in it is named with file, key and remedy."""

import re

import pytest
from cleaning.mapping.builders_mapping import DELIVERY_ENTRY, write, write_mapping

from leadsmart.cleaning.mapping.model import load_mapping, read_mapping
from leadsmart.errors import InputError, InputProblems

CAMPAIGNS = """
  - file: campaigns.csv
    table: campaigns
    columns: {id: Campaign ID}
    constants: {user_id: 0102, market: no}
"""


def problems(path) -> list[str]:
    with pytest.raises(InputProblems) as error:
        load_mapping(path)
    return [str(problem) for problem in error.value.problems]


def test_values_stay_as_they_are_written(tmp_path):
    mapping = load_mapping(write_mapping(tmp_path, CAMPAIGNS, "statuses: {1_000: no, 2024-06-01: yes}"))
    assert mapping.tables[0].constants == {"user_id": "0102", "market": "no"}
    assert mapping.statuses == {"1_000": "no", "2024-06-01": "yes"}


def test_a_header_may_be_one_or_several_or_a_part(tmp_path):
    entry = """
  - file: leads*.csv
    table: campaign_leads
    columns:
      id: ID
      campaign_id: {header: Source, separator: " / ", part: 2}
      added_date: Created
      name: [First, Last]
"""
    columns = load_mapping(write_mapping(tmp_path, entry)).tables[0].columns
    assert columns["id"].header == ("ID",)
    assert columns["name"].header == ("First", "Last")
    assert (columns["campaign_id"].separator, columns["campaign_id"].part) == (" / ", 2)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("title_lines", "titel_lines", "unknown key 'tables.0.titel_lines'. Did you mean title_lines?"),
        ("title_lines: 3", "title_lines: three", "key 'tables.0.title_lines': expected a valid integer"),
        ("table: insights", "table: deliveries", "key 'tables.0.table': expected 'campaigns', 'insights'"),
        ("spend: Cost", "spent: Cost", "has no column 'spent'; did you mean spend"),
        ("      ad_set_id: Set ID\n", "", "nothing is said to be the column ad_set_id of insights"),
        ("file: report.csv", "sheet: Report", "key 'tables.0.file' is missing. Add a line `file: …`"),
        ("{starts_with", "{begins_with", "unknown key 'tables.0.total_lines.begins_with'"),
    ],
)
def test_a_mistake_is_named_with_key_and_remedy(tmp_path, old, new, message):
    assert old in DELIVERY_ENTRY
    [found] = problems(write_mapping(tmp_path, DELIVERY_ENTRY.replace(old, new, 1)))
    assert re.match(r"mapping\.yml line \d+: ", found)
    assert message in found


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ("    constants: {spend: 1}", "column 'spend' is given twice"),
        ("    form_fields: {budget: Budget}", "only campaign_leads has form_fields"),
        ("    currency_header: Currency", "currency_header needs currency"),
        ("    currency: pounds", "should match pattern"),
    ],
)
def test_what_contradicts_itself_is_refused(tmp_path, more, message):
    [found] = problems(write_mapping(tmp_path, f"{DELIVERY_ENTRY}{more}"))
    assert message in found


def test_all_mistakes_are_said_at_once(tmp_path):
    entry = DELIVERY_ENTRY.replace("title_lines: 3", "title_lines: -1").replace("table: insights", "table: x")
    assert len(problems(write_mapping(tmp_path, entry, "form_field: [budget]"))) == 3


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("tables: [", "not valid YAML"),
        ("- a list", "expected lines of `name: value`"),
        ("tables:\ntables:\n", "'tables' stands twice"),
    ],
)
def test_a_file_that_is_no_mapping(tmp_path, text, message):
    with pytest.raises(InputError, match=message):
        read_mapping(write(tmp_path, "mapping.yml", text))


def test_nothing_runs_while_a_line_is_to_be_confirmed(tmp_path):
    path = write_mapping(tmp_path, CAMPAIGNS.replace("0102", "'?'"), "confirm: [the market is a guess]")
    assert problems(path) == [
        "mapping.yml: to be confirmed: the market is a guess. Look at it, and delete its line.",
        "mapping.yml: to be confirmed: tables.0 (campaigns.csv as campaigns): constants.user_id is to be filled in. "
        "Look at it, and delete its line.",
    ]
    path.write_text(path.read_text().replace("[the market is a guess]", "").replace("'?'", "1"))
    assert load_mapping(path).open_questions == ()


def test_a_missing_file_is_one_message(tmp_path):
    with pytest.raises(InputError, match="can't be read"):
        read_mapping(tmp_path / "nowhere.yml")
