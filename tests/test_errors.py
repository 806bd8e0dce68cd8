"""An error says where, what, how many, for example which, and what to do; and it survives a process boundary."""

import pickle

import pytest

from leadsmart import errors
from leadsmart.errors import InputError, InputProblems, LeadSmartError, ParameterError

KINDS = [
    kind
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, LeadSmartError) and kind is not InputProblems
]


def make_error(kind: type[LeadSmartError] = InputError) -> LeadSmartError:
    return kind(
        "dates can't be read",
        remedy="Set date_order in the market's file",
        file="insights.csv",
        rule="parse_dates",
        column="created_at",
        count=1234,
        examples=["31/02/2024", "??"],
    )


def test_message_has_every_part_in_order():
    assert str(make_error()) == (
        "insights.csv: dates can't be read (rule parse_dates, column created_at); 1,234 affected; "
        "for example '31/02/2024', '??'. Set date_order in the market's file."
    )


def test_parts_that_are_not_given_leave_no_trace():
    assert (
        str(LeadSmartError("the table is empty", remedy="Export it again"))
        == "the table is empty. Export it again."
    )
    assert str(LeadSmartError("no id", remedy="Add it", column="id")) == "no id (column id). Add it."
    assert str(LeadSmartError("no rows", remedy="Look", count=0)) == "no rows; 0 affected. Look."


@pytest.mark.parametrize(
    ("remedy", "end"), [("Did you mean cpl?", " Did you mean cpl?"), ("Stop.", " Stop."), ("Go", " Go.")]
)
def test_remedy_ends_in_one_mark(remedy, end):
    assert str(LeadSmartError("x", remedy=remedy)) == f"x.{end}"


def test_five_examples_at_most_whatever_they_are():
    error = LeadSmartError("x", remedy="y", examples=(n for n in [1, None, "c", 4.5, "e", "f", "g"]))
    assert error.examples == ["1", "None", "c", "4.5", "e"]


def test_message_follows_the_parts():
    error = make_error()
    error.file = "other.csv"
    assert str(error) == error.message
    assert str(error).startswith("other.csv: ")


def test_there_are_errors_to_try():
    assert {ParameterError, InputError} < set(KINDS)
    assert len(KINDS) >= 7


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_error_survives_pickling(kind):
    before = make_error(kind)
    after = pickle.loads(pickle.dumps(before))
    assert type(after) is kind
    assert vars(after) == vars(before)
    assert str(after) == str(before)


def test_input_problems_hold_what_is_wrong_and_survive_pickling():
    before = InputProblems([make_error(), ParameterError("unknown parameter 'x'", remedy="Did you mean y?")])
    after = pickle.loads(pickle.dumps(before))
    assert str(after) == str(before)
    assert str(after).startswith("2 problems in parameters or inputs. ")
    assert [(type(p), str(p)) for p in after.problems] == [(type(p), str(p)) for p in before.problems]
    assert str(InputProblems([make_error()])).startswith("1 problem in ")


def test_every_error_is_caught_as_one_kind():
    assert all(issubclass(kind, LeadSmartError) for kind in [*KINDS, InputProblems])
    assert not issubclass(LeadSmartError, ValueError)
