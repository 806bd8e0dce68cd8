"""What is written in a YAML file or after --param arrives as it is written, or is refused; nothing becomes another value."""

import datetime as dt
import os
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from leadsmart.cleaning.mapping.files import mapping_path
from leadsmart.cleaning.mapping.model import read_mapping
from leadsmart.cleaning.reading.corrections import read_corrections
from leadsmart.errors import InputError, InputProblems, ParameterError
from leadsmart.overrides import parse_overrides
from leadsmart.params import Params, list_markets, load_params
from leadsmart.yaml_text import find_restated, format_scalar, parse_yaml

DEFAULTS = Path(__file__).parents[1] / "params" / "_defaults.yml"
#: Texts that YAML 1.1 reads as something else: numbers of five kinds, flags, days, moments.
CHANGED_BY_YAML = [
    "0102", "0x1F", "0b11", "1_000", "1e3", "1.0", "+7", "12:30:00", "190:20", ".5", ".inf", ".NaN",
    "no", "No", "off", "yes", "on", "y", "true", "False", "2024-10-01", "2024-10-01 12:00:00", "=", "<<", "+2010",
]  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "_defaults.yml").write_bytes(DEFAULTS.read_bytes())
    return tmp_path


def load(folder: Path, lines: str, *pairs: str) -> Params:
    (folder / "delta.yml").write_text(f"market: delta\ntitle: Delta\n{lines}\n", encoding="utf-8")
    return load_params("delta", folder, parse_overrides(pairs))


# --- texts stay texts -------------------------------------------------------------------------------


@pytest.mark.parametrize("text", CHANGED_BY_YAML)
def test_ids_and_statuses_are_kept_as_written(folder: Path, text: str):
    from_file = load(folder, f"user_ids: [{text}]\njunk_statuses: [{text}]")
    by_override = load(folder, "", f"user_ids=[{text}]", f"default_channel={text}")
    assert from_file.user_ids == by_override.user_ids == (text,)
    assert by_override.default_channel == text
    assert load(folder, "", f"user_ids={text}").user_ids == (text,)
    assert from_file.junk_statuses == load(folder, f"junk_statuses: {text}").junk_statuses


@pytest.mark.parametrize("empty", ["~", "null", ""])
def test_nothing_is_no_text_and_the_message_says_how_to_write_it(folder: Path, empty: str):
    for lines, pairs in (
        (f"default_channel: {empty}", ()),
        ("", (f"default_channel={empty}",)),
        (f"user_ids: [{empty or '~'}]", ()),
    ):
        with pytest.raises(ParameterError, match="quotes"):
            load(folder, lines, *pairs)
    assert load(folder, "default_channel: 'null'").default_channel == "null"


@pytest.mark.parametrize(
    "written", ["default_channel: [a, b]", "default_channel: {a: b}", "default_channel: a: b"]
)
def test_text_with_signs_of_yaml_is_to_be_quoted(folder: Path, written: str):
    with pytest.raises(ParameterError, match=r"delta\.yml.*line 3.* in quotes"):
        load(folder, written)


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), min_size=1, max_size=30))
def test_any_text_survives_file_and_override(text: str):
    quoted = yaml.safe_dump(text, allow_unicode=True, default_style='"', width=10_000).strip()
    assert parse_yaml(f"title: {format_scalar(text)}") == {"title": text}
    assert parse_overrides([f"title={quoted}"]) == {"title": text}
    # bare, it is the same text or refused
    try:
        bare = parse_overrides([f"title={text}"])["title"]
    except ParameterError:
        return
    is_quoted = text.lstrip()[:1] in {"'", '"'}
    assert bare == text or not isinstance(bare, str) or is_quoted


@given(st.lists(st.sampled_from(CHANGED_BY_YAML), min_size=1))
def test_lists_keep_each_text(texts: list[str]):
    assert parse_yaml(f"[{', '.join(texts)}]") == texts


# --- numbers, flags and days are read by their parameter ----------------------------------------------


def test_typed_parameters_work_as_before(folder: Path):
    params = load(
        folder,
        "seed: 7\ntarget_cpl: 1e3\nminimum_leads: 0100\nperiod_start: 2024-10-01\nas_of: ~\n"
        "grade_bounds: {A: 0.9, B: .5, C: 0.1}",
        "horizon_days=30",
    )
    assert (params.seed, params.target_cpl, params.minimum_leads, params.horizon_days) == (7, 1000.0, 100, 30)
    assert (params.period_start, params.as_of) == (dt.date(2024, 10, 1), None)
    assert params.grade_bounds == {"A": 0.9, "B": 0.5, "C": 0.1}


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        ("seed: 12:30:00", "delta.yml line 3: parameter 'seed'"),
        ("seed: 0x1F", "delta.yml line 3: parameter 'seed'"),
        ("target_cpl: many", "delta.yml line 3: parameter 'target_cpl'"),
        ("target_cpl: .inf", "delta.yml line 3: parameter 'target_cpl'"),
        ("as_of: 2024-02-30", "delta.yml line 3: parameter 'as_of': no such day in the calendar"),
        ("grade_bounds:\n  A: 0.9\n  B: high\n  C: 0.1", "delta.yml line 5: parameter 'grade_bounds.B'"),
        ("\n\nsead: 7", "delta.yml line 5: unknown parameter 'sead'"),
    ],
)
def test_mistake_is_named_with_its_line(folder: Path, lines: str, problem: str):
    with pytest.raises(ParameterError) as caught:
        load(folder, lines)
    assert str(caught.value).startswith(problem)


def test_mistake_in_the_defaults_is_said_of_the_defaults(folder: Path):
    (folder / "_defaults.yml").write_text(
        DEFAULTS.read_text(encoding="utf-8").replace("seed: 20240601", "seed: soon"), encoding="utf-8"
    )
    with pytest.raises(ParameterError, match=r"_defaults\.yml line \d+: parameter 'seed'"):
        load(folder, "")


def test_null_wins_over_the_file(folder: Path):
    assert load(folder, "target_cpl: 400").target_cpl == 400
    assert load(folder, "target_cpl: 400", "target_cpl=null").target_cpl is None


def test_tags_aliases_that_merge_and_second_values_are_refused(folder: Path):
    for lines, problem in (
        ("seed: !!int 0102", "the tag"),
        ("<<: {seed: 7}", "unknown parameter '<<'"),
        ("seed: 7\nseed: 8", "stands twice"),
    ):
        with pytest.raises(ParameterError, match=problem):
            load(folder, lines)


def test_what_another_reader_takes_from_the_file_is_known_again(folder: Path):
    load(folder, "user_ids: [0102, 466]\nseed: 7\nhorizon_days: 30")
    handed_over = {"user_ids": [66, 466], "seed": 8, "horizon_days": 30, "currency": "EGP"}
    assert find_restated(folder / "delta.yml", handed_over) == {"user_ids", "horizon_days"}


# --- the other files ----------------------------------------------------------------------------------


def test_corrections_match_and_write_what_is_written(tmp_path: Path):
    (tmp_path / "_corrections.yml").write_text(
        "- table: campaigns\n  match: {user_id: 0102, line: 3}\n  change: {daily_budget: 1_000, stop_time: null}\n"
        "  reason: says the agency's mail\n  expected: 1\n",
        encoding="utf-8",
    )
    [correction] = read_corrections(tmp_path)
    assert correction.match == {"user_id": "0102", "line": "3"}
    assert correction.change == {"daily_budget": "1_000", "stop_time": None}


def test_a_wrong_correction_is_named_with_its_line(tmp_path: Path):
    text = "- table: campaigns\n  match: {user_id: ~}\n  change: {daily_budget: 1}\n  reason: says the agency's mail\n  expected: 1\n"
    (tmp_path / "_corrections.yml").write_text(text, encoding="utf-8")
    with pytest.raises(ParameterError, match=r"_corrections\.yml line 2: .* quotes"):
        read_corrections(tmp_path)
    (tmp_path / "_corrections.yml").write_text(text.replace("user_id: ~", "line: 0x3"), encoding="utf-8")
    with pytest.raises(ParameterError, match="whole number"):
        read_corrections(tmp_path)


def test_mapping_keeps_texts_and_asks_for_quotes_where_nothing_is_written(tmp_path: Path):
    path = tmp_path / "mapping.yml"
    path.write_text("statuses: {no: NEW_LEAD, 0102: SPAM, 'null': UNKNOWN}\n", encoding="utf-8")
    assert read_mapping(path).statuses == {"no": "NEW_LEAD", "0102": "SPAM", "null": "UNKNOWN"}
    path.write_text("statuses:\n  lost: ~\n", encoding="utf-8")
    with pytest.raises(InputProblems) as caught:
        read_mapping(path)
    assert [str(p) for p in caught.value.problems] == [
        "mapping.yml line 2: key 'statuses.lost': expected a valid string. "
        'An empty value, ~ and null mean nothing; put the text in quotes, such as "null".'
    ]


# --- files called .yaml -------------------------------------------------------------------------------


def test_yaml_is_an_ending_like_yml(folder: Path):
    (folder / "north.yaml").write_text("market: north\ntitle: North\n", encoding="utf-8")
    (folder / "_corrections.yaml").write_text("nothing", encoding="utf-8")
    assert list_markets(folder) == ["north"]
    (folder / "mapping.yaml").write_text("tables: []", encoding="utf-8")
    assert load_params("north", folder).title == "North"
    assert mapping_path(folder) == folder / "mapping.yaml"
    with pytest.raises(ParameterError, match="expected a list of corrections"):
        read_corrections(folder)


def test_two_files_of_one_name_are_refused(folder: Path):
    for suffix in ("yml", "yaml"):
        (folder / f"delta.{suffix}").write_text("market: delta\ntitle: Delta\n", encoding="utf-8")
        (folder / f"mapping.{suffix}").write_text("tables: []", encoding="utf-8")
    with pytest.raises(ParameterError, match=r"both delta\.yml and delta\.yaml\. Keep one"):
        load_params("delta", folder)
    with pytest.raises(InputError, match="Keep one"):
        mapping_path(folder)


# --- what would take hours, memory or the stack ---------------------------------------------------------

BOMB = "a: &a [x, x]\n" + "".join(
    f"{new}: &{new} [*{old}, *{old}]\n" for old, new in zip("abcdefg", "bcdefgh", strict=True)
)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (BOMB, "alias .a is not read: write its value out .line 2"),
        ("[" * 100_000, "nested more than 20 levels deep"),
        ("{a: " * 50_000, "nested more than 20 levels deep"),
        ("- " * 100_000, "nested more than 20 levels deep"),
        ("a: 1\n" * 100_000, "characters are more than"),
        ("a: 1\n" * 40_000, "'a' stands twice"),
    ],
    ids=["bomb", "lists", "mappings", "items", "large", "twice"],
)
def test_texts_that_nobody_writes_are_refused(text: str, said: str):
    with pytest.raises(ValueError, match=said):
        parse_yaml(text)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("seed", "-1", "greater than or equal to 0"),
        ("seed", str(2**32), "less than 4294967296"),
        ("seed", "9" * 5_000, "exceeded maximum size"),
        ("as_of", "0001-01-01", "years 2000 to 2100"),
        ("period_end", "2101-01-01", "years 2000 to 2100"),
        ("period_end", "2024-09-31", "no such day"),
        ("cell_timeout", "86401", "less than or equal to 86400"),
        ("cell_timeout", "0", "greater than or equal to 1"),
        ("horizon_days", "99999", "less than or equal to 3650"),
        ("minimum_leads", "99999999999", "less than or equal to"),
        ("target_cpl", "9" * 5_000, "finite"),
        ("user_ids", "[" + "9" * 5_000 + "]", "is not a user id"),
        ("form_fields", "[[a]]", "valid string"),
        ("phone_region", "ZZ", "region with phones"),
        ("default_channel", "x" * 5_000, "at most 60"),
        ("x" * 5_000, "1", "unknown parameter"),
        ("seed", "[" * 60_000, "nested"),
        ("seed", "[&a [x], *a]", "alias"),
    ],
)
def test_parameters_that_no_tool_could_use_are_refused_in_a_short_message(
    folder: Path, name: str, value: str, said: str
):
    with pytest.raises(ParameterError, match=said) as caught:
        load(folder, "", f"{name}={value}")
    assert len(str(caught.value)) < 400


def test_many_unknown_parameters_are_counted(folder: Path):
    with pytest.raises(InputProblems) as caught:
        load(folder, "\n".join(f"no_{i}: 1" for i in range(5_000)))
    assert len(caught.value.problems) == 6
    assert "4,995 affected" in str(caught.value.problems[-1])


def test_a_file_that_is_no_regular_one_is_not_opened(folder: Path):
    os.mkfifo(folder / "mapping.yml")
    with pytest.raises(InputError, match="no regular file"):
        read_mapping(folder / "mapping.yml")
