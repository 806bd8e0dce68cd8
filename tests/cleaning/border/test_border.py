"""What other systems, spreadsheets and people do to an export: its figures stay, or they are told, or nothing runs."""

import pytest
from cleaning.border.crm import CRM
from cleaning.border.damage import Case
from cleaning.border.files import FILES
from cleaning.border.form import FORM
from cleaning.border.formats import FORMATS
from cleaning.border.grain import GRAIN
from cleaning.border.keys import KEYS
from cleaning.border.outcomes import come_of, find_fault
from cleaning.border.units import UNITS

CASES = {
    "keys": KEYS,
    "files": FILES,
    "grain": GRAIN,
    "units": UNITS,
    "formats": FORMATS,
    "crm": CRM,
    "form": FORM,
}

#: Cases of each kind that run always; all of them run among the long tests.
QUICK = {
    "campaign ids with a prefix in campaigns alone",
    "scientific campaign ids with comma decimals in leads",
    "two files, the second named _part2",
    "a breakdown by device in equal halves",
    "rows per month with both days",
    "pounds sterling in cells",
    "Indian grouping",
    "months instead of days",
    "Meta's test leads, their address alone",
    "contacts replaced by one placeholder",
}


def cases(*, quick: bool) -> list[object]:
    return [
        pytest.param(case, id=f"{kind}: {case.name}")
        for kind, found in CASES.items()
        for case in found
        if (case.name in QUICK) == quick
    ]


def test_quick_cases_are_there():
    assert {case.name for found in CASES.values() for case in found} >= QUICK


@pytest.mark.parametrize("case", cases(quick=True))
def test_damage_is_never_silent(case: Case, tmp_path):
    outcome, truth = come_of(case, tmp_path)
    assert find_fault(outcome, truth, case.allowed, case.says) == ""


@pytest.mark.slow
@pytest.mark.parametrize("case", cases(quick=False))
def test_more_damage_is_never_silent(case: Case, tmp_path):
    outcome, truth = come_of(case, tmp_path)
    assert find_fault(outcome, truth, case.allowed, case.says) == ""
