"""The parameters: every file of the repository loads, and every mistake a user can make is named."""

import datetime as dt
import re
from itertools import pairwise
from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError

from leadsmart.errors import InputProblems, ParameterError
from leadsmart.params import Params, list_markets, load_params, unassigned_params
from leadsmart.vocabulary import KNOWN_STATUSES

PARAMS_DIR = Path(__file__).parents[1] / "params"
DEFAULTS = PARAMS_DIR / "_defaults.yml"
MARKETS = [
    "east-cairo",
    "gulf",
    "mostakbal-city",
    "new-cairo",
    "new-capital",
    "north-coast",
    "red-sea",
    "west-cairo",
]


def load(**overrides: object) -> Params:
    return load_params("new-cairo", PARAMS_DIR, overrides)


def problem_with(**overrides: object) -> str:
    with pytest.raises(ParameterError) as caught:
        load(**overrides)
    return str(caught.value)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "_defaults.yml").write_bytes(DEFAULTS.read_bytes())
    (tmp_path / "delta.yml").write_text("market: delta\ntitle: The Delta\n", encoding="utf-8")
    return tmp_path


# --- the files of the repository --------------------------------------------------------------------


def test_defaults_hold_every_field_but_the_markets_own():
    assert set(yaml.safe_load(DEFAULTS.read_text(encoding="utf-8"))) == set(Params.model_fields) - {
        "market",
        "title",
    }


def test_every_default_is_explained_beside_or_above_it():
    lines = DEFAULTS.read_text(encoding="utf-8").splitlines()
    unexplained = [
        line
        for above, line in pairwise(lines)
        if re.match(r"[a-z]", line) and " # " not in line and not above.startswith("#")
    ]
    assert unexplained == []


def test_the_repository_has_its_eight_markets():
    assert list_markets(PARAMS_DIR) == MARKETS


@pytest.mark.parametrize("market", MARKETS)
def test_market_file_loads_is_short_and_states_only_what_differs(market):
    text = (PARAMS_DIR / f"{market}.yml").read_text(encoding="utf-8")
    stated, defaults = yaml.safe_load(text), yaml.safe_load(DEFAULTS.read_text(encoding="utf-8"))
    params = load_params(market, PARAMS_DIR)
    assert stated["market"] == params.market == market
    assert params.title
    assert len(text.splitlines()) <= 20
    assert [name for name, value in stated.items() if name in defaults and defaults[name] == value] == []


def test_default_lists_place_every_known_status_once():
    params = load()
    placed = [status for statuses in params.outcome_statuses.values() for status in statuses]
    assert sorted(placed) == sorted(KNOWN_STATUSES)
    in_funnel = {status for statuses in params.funnel_stages.values() for status in statuses}
    in_intent = {status for statuses in params.intent_statuses.values() for status in statuses}
    assert in_funnel | in_intent | set(params.deal_statuses) <= KNOWN_STATUSES


def test_not_qualified_is_never_qualified_by_default():
    outcomes = load().outcome_statuses
    assert "QUALIFIED" in outcomes["qualified"]
    assert "NOT_QUALIFIED" not in outcomes["qualified"]
    assert "NOT_QUALIFIED" in outcomes["disqualified"]


# --- reading ----------------------------------------------------------------------------------------


def test_market_file_wins_over_defaults_and_overrides_over_both(folder):
    (folder / "delta.yml").write_text(
        "market: delta\ntitle: The Delta\nseed: 5\nhorizon_days: 30\n", encoding="utf-8"
    )
    params = load_params("delta", folder, {"seed": 6})
    assert (params.seed, params.horizon_days, params.currency) == (6, 30, "EGP")


def test_parameters_are_frozen():
    with pytest.raises(ValidationError, match="frozen"):
        load().seed = 1


def test_overrides_are_not_mutated():
    overrides = {"user_ids": [203], "qualified_statuses": ["qualified"]}
    load(**overrides)
    assert overrides == {"user_ids": [203], "qualified_statuses": ["qualified"]}


@pytest.mark.parametrize(
    "name", ["../x", "site", "unassigned", "New Cairo", "a_b", "a.b", "", "new-cairo\n", "قاهرة"]
)
def test_reserved_and_bad_market_names(name):
    with pytest.raises(ParameterError, match="can't be a market") as caught:
        load_params(name, PARAMS_DIR)
    assert caught.value.remedy == "Rename it, for example to new-cairo"


def test_unknown_market_names_the_nearest_or_all():
    with pytest.raises(ParameterError, match=re.escape("Did you mean new-cairo?")):
        load_params("new-ciaro", PARAMS_DIR)
    with pytest.raises(ParameterError, match="Known markets: east-cairo, gulf, "):
        load_params("zzz", PARAMS_DIR)


def test_bad_name_by_override_is_refused():
    assert "reserved name" in problem_with(market="site")


@pytest.mark.parametrize(
    ("text", "found", "line"),
    [
        ("title: The Delta\n", "states no market", "`market: delta`"),
        ("market: gulf\ntitle: The Delta\n", "states market 'gulf'", "`market: delta`"),
    ],
)
def test_file_must_state_its_own_market(folder, text, found, line):
    (folder / "delta.yml").write_text(text, encoding="utf-8")
    with pytest.raises(ParameterError, match=found) as caught:
        load_params("delta", folder)
    assert line in caught.value.remedy
    assert caught.value.file == "delta.yml"


def test_market_that_looks_like_a_number_is_a_name(folder):
    (folder / "2024.yml").write_text("market: 2024\ntitle: 1_000\n", encoding="utf-8")
    params = load_params("2024", folder)
    assert (params.market, params.title) == ("2024", "1_000")


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "expected lines of"),
        (b"- a\n- b\n", "expected lines of"),
        (b"market: [delta\n", "not valid YAML"),
        (b"market: delta\ntitle: \xff\xfe\n", "not valid YAML"),
        (b"market: delta\ntitle: A\ntitle: B\n", "'title' stands twice"),
        (b"market: delta\ntitle: !!python/object/apply:os.getcwd []\n", "not valid YAML"),
    ],
)
def test_broken_file_is_named(folder, content, problem):
    (folder / "delta.yml").write_bytes(content)
    with pytest.raises(ParameterError, match=problem) as caught:
        load_params("delta", folder)
    assert caught.value.file == "delta.yml"
    assert "\n" not in str(caught.value)


def test_missing_defaults(folder):
    (folder / "_defaults.yml").unlink()
    with pytest.raises(ParameterError, match=re.escape("_defaults.yml: can't be read")):
        load_params("delta", folder)


def test_field_that_no_file_gives(folder):
    (folder / "_defaults.yml").write_text(
        DEFAULTS.read_text(encoding="utf-8").replace("horizon_days:", "#"), encoding="utf-8"
    )
    with pytest.raises(ParameterError, match="parameter 'horizon_days' has no value"):
        load_params("delta", folder)


def test_campaigns_of_no_market_have_the_defaults_and_the_overrides():
    params = unassigned_params(PARAMS_DIR, {"user_ids": [203]})
    assert (params.market, params.currency, params.user_ids) == ("unassigned", "EGP", ("203",))
    with pytest.raises(ParameterError, match="parameter 'seed'"):
        unassigned_params(PARAMS_DIR, {"seed": "many"})


def test_list_markets_leaves_out_defaults_and_hidden_files(folder):
    (folder / "._delta.yml").write_bytes(b"\x00")
    (folder / "_corrections.yml").write_text("[]", encoding="utf-8")
    (folder / "notes.txt").write_text("", encoding="utf-8")
    assert list_markets(folder) == ["delta"]


# --- mistakes in values -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typo", "nearest"),
    [
        ("perod_start", "period_start"),
        ("targetcpl", "target_cpl"),
        ("time_zone", "timezone"),
        ("user_id", "user_ids"),
    ],
)
def test_unknown_parameter_names_the_nearest(typo, nearest):
    message = problem_with(**{typo: 1})
    assert f"unknown parameter {typo!r}" in message
    assert message.endswith(f"Did you mean {nearest}?")


def test_unknown_parameter_like_no_other_points_to_the_list():
    assert problem_with(qqqqqq=1).endswith("params/_defaults.yml lists all parameters.")


def test_all_that_is_wrong_is_said_at_once():
    with pytest.raises(InputProblems) as caught:
        load(perod_start="2024-01-01", seed="many", kpi_priority="fame")
    assert [p.problem for p in caught.value.problems] == [
        "unknown parameter 'perod_start'",
        "parameter 'kpi_priority': Input should be 'volume', 'quality', 'cost' or 'speed'",
        "parameter 'seed': Input should be a valid integer, unable to parse string as an integer",
    ]
    assert all(p.file == "changed for this run" and p.remedy for p in caught.value.problems)


@pytest.mark.parametrize(
    ("overrides", "part"),
    [
        ({"seed": "many"}, "parameter 'seed': Input should be a valid integer"),
        ({"title": 12}, "parameter 'title': Input should be a valid string"),
        ({"title": ""}, "parameter 'title'"),
        ({"title": "<b>Gulf</b>"}, "a title has letters, digits"),
        ({"title": "{{< include x.qmd >}}"}, "a title has letters, digits"),
        ({"title": "[Gulf](x)"}, "a title has letters, digits"),
        ({"title": "**Gulf**"}, "a title has letters, digits"),
        ({"title": "Gulf\nx"}, "a title has letters, digits"),
        ({"currency": "pounds"}, "parameter 'currency'"),
        ({"timezone": "Cairo"}, "not a time zone of the IANA database"),
        ({"timezone": "Africa"}, "not a time zone of the IANA database"),
        ({"timezone": "../etc/passwd"}, "not a time zone of the IANA database"),
        ({"date_order": "ydm"}, "parameter 'date_order': Input should be 'auto', 'ymd', 'dmy' or 'mdy'"),
        ({"decimal_comma": "perhaps"}, "parameter 'decimal_comma'"),
        ({"phone_region": "egypt"}, "parameter 'phone_region'"),
        ({"target_cpl": 0}, "parameter 'target_cpl'"),
        ({"target_cpl": float("inf")}, "parameter 'target_cpl'"),
        ({"max_quarantine_share": 1.2}, "parameter 'max_quarantine_share'"),
        ({"minimum_decision_verdicts": 4}, "parameter 'minimum_decision_verdicts'"),
        ({"minimum_decision_coverage": 0.1}, "parameter 'minimum_decision_coverage'"),
        ({"target": "qualified"}, "parameter 'target'"),
        ({"junk_statuses": None}, "parameter 'junk_statuses'"),
        ({"qualified_statuses": []}, "qualified_statuses is empty"),
        ({"grade_bounds": {"A": 0.5, "B": 0.6, "C": 0.1}}, "grade_bounds needs A, B and C"),
        ({"grade_bounds": {"A": 0.5, "B": 0.4}}, "grade_bounds needs A, B and C"),
    ],
)
def test_wrong_value_names_the_parameter(overrides, part):
    assert part in problem_with(**overrides)


def test_wrong_value_is_quoted_with_what_to_do():
    assert problem_with(kpi_priority="fame") == (
        "changed for this run: parameter 'kpi_priority': Input should be 'volume', 'quality', 'cost' or 'speed'; "
        "for example 'fame'. See the comment in params/_defaults.yml."
    )


# --- days -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", ["2024-10-01", " 2024-10-01 ", dt.date(2024, 10, 1)])
def test_day(value):
    assert load(period_start=value).period_start == dt.date(2024, 10, 1)


@pytest.mark.parametrize(
    "value",
    [20241001, "20241001", "01.10.2024", "1/10/2024", "October", dt.datetime(2024, 10, 1, 12), 1.5, ""],
)
def test_bad_day(value):
    assert "parameter 'period_start': expected a day written like 2024-10-01" in problem_with(
        period_start=value
    )


def test_day_that_is_not_in_the_calendar():
    assert "parameter 'as_of': no such day in the calendar" in problem_with(as_of="2024-02-30")


def test_period_in_order():
    one_day = load(period_start="2024-10-01", period_end="2024-10-01", as_of="2024-10-01")
    assert one_day.period_start == one_day.period_end
    assert "period_start 2024-10-02 is after period_end 2024-10-01" in problem_with(
        period_start="2024-10-02", period_end="2024-10-01"
    )
    assert "period_start 2024-10-02 is after as_of 2024-10-01" in problem_with(
        period_start="2024-10-02", as_of="2024-10-01"
    )


# --- user ids ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("all", None),
        (" All ", None),
        (None, None),
        ([203, 466], ("203", "466")),
        (["203", 466, 203], ("203", "466")),
        (203, ("203",)),
        ("203", ("203",)),
        ("203, 466", ("203", "466")),
        (("a-1",), ("a-1",)),
    ],
)
def test_user_ids(value, expected):
    assert load(user_ids=value).user_ids == expected


@pytest.mark.parametrize("value", [[], "", "203,,466", [203.0], [True], True, {"id": 203}, [None], 2.5])
def test_user_ids_that_would_select_nobody_or_the_wrong_ones(value):
    assert "parameter 'user_ids'" in problem_with(user_ids=value)


# --- statuses ---------------------------------------------------------------------------------------


def test_statuses_are_spelled_as_the_vocabulary_does():
    params = load(
        qualified_statuses=[" qualified ", "Meeting-Done", "QUALIFIED"],
        undecided_statuses="new lead, follow up",
        funnel_stages={"deal": ["done deal"]},
        status_aliases={"qualifed": "qualified"},
    )
    assert params.qualified_statuses == ("QUALIFIED", "MEETING_DONE")
    assert params.undecided_statuses == ("NEW_LEAD", "FOLLOW_UP")
    assert params.funnel_stages == {"deal": ("DONE_DEAL",)}
    assert params.status_aliases == {"QUALIFED": "QUALIFIED"}


def test_status_in_two_lists():
    assert "status SPAM is listed as qualified and as junk; keep one" in problem_with(
        qualified_statuses=["QUALIFIED", "spam"]
    )


def test_not_qualified_stays_apart_from_qualified():
    params = load(qualified_statuses=["QUALIFIED"], disqualified_statuses=["not qualified"])
    assert params.outcome_statuses["disqualified"] == ("NOT_QUALIFIED",)
    assert "NOT_QUALIFIED is a status of its own" in problem_with(
        status_aliases={"not qualified": "QUALIFIED"}
    )


def test_empty_status():
    assert "a status is empty" in problem_with(junk_statuses=["SPAM", " "])


def test_funnel_stages_keep_their_order():
    stages = {"z": ["NO_ANSWER"], "a": ["QUALIFIED"]}
    assert list(load(funnel_stages=stages).funnel_stages) == ["z", "a"]
