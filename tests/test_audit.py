"""The audit of the lock tells what was looked up from what was not."""

import importlib.util
from pathlib import Path

SPEC = importlib.util.spec_from_file_location("audit", Path(__file__).parents[1] / "docs" / "audit.py")
audit = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(audit)

FINE = {"name": "a", "version": "1", "vulns": []}
WEAK = {"name": "b", "version": "2", "vulns": [{"id": "CVE-1", "fix_versions": []}]}
SKIPPED = {"name": "c", "skip_reason": "not found"}


def test_advisories_fail():
    lines, code = audit.describe([FINE, WEAK, SKIPPED], strict=False)
    assert code == 1
    assert lines == [
        "b 2: CVE-1, mended in no version yet",
        "2 packages looked up, 1 with advisories.",
        "1 could not be looked up.",
    ]


def test_what_was_not_looked_up_never_passes_for_fine():
    for dependencies in ([], [SKIPPED]):
        lines, code = audit.describe(dependencies, strict=False)
        assert lines[0].startswith("Nothing was looked up") and code == 0
        assert audit.describe(dependencies, strict=True)[1] == 2
    assert audit.describe([FINE], strict=True) == (["1 package looked up, 0 with advisories."], 0)
