"""Known weaknesses of the locked packages: asks where advisories are kept, and says so where it can't be reached.

Called by ``make audit`` with the program pip-audit; ``--strict`` ends with 2 where any package could not be looked up.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

LOCK = Path(__file__).parents[1] / "requirements.lock"


def describe(dependencies: list[dict[str, Any]], *, strict: bool) -> tuple[list[str], int]:
    """What was found, as lines, and the exit code.

    >>> describe([{"name": "x", "version": "1", "vulns": [{"id": "CVE-1", "fix_versions": ["2"]}]}], strict=False)
    (['x 1: CVE-1, mended in 2', '1 package looked up, 1 with advisories.'], 1)
    >>> describe([{"name": "x", "skip_reason": "not found"}], strict=False)
    (['Nothing was looked up: the source of advisories has none of the 1 packages, or is out of reach.'], 0)
    """
    known = [package for package in dependencies if "skip_reason" not in package]
    weak = [package for package in known if package["vulns"]]
    lines = [
        f"{package['name']} {package['version']}: {found['id']}, mended in {', '.join(found['fix_versions']) or 'no version yet'}"
        for package in weak
        for found in package["vulns"]
    ]
    skipped = len(dependencies) - len(known)
    if known:
        lines.append(
            f"{len(known)} package{'' if len(known) == 1 else 's'} looked up, {len(weak)} with advisories."
        )
        lines += [f"{skipped} could not be looked up."] if skipped else []
    else:
        lines.append(
            f"Nothing was looked up: the source of advisories has none of the {skipped} packages, or is out of reach."
        )
    return lines, 1 if weak else 2 if strict and (skipped or not known) else 0


def main() -> int:
    """Run pip-audit over the lock."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("program", help="pip-audit")
    parser.add_argument("--strict", action="store_true")
    options = parser.parse_args()
    command = [options.program, "--requirement", str(LOCK), "--disable-pip", "--no-deps", "--format", "json"]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    try:
        dependencies = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        dependencies = []
        sys.stderr.write(f"{(done.stderr.strip().splitlines() or ['pip-audit said nothing'])[-1]}\n")
    lines, code = describe(dependencies, strict=options.strict)
    sys.stdout.write("\n".join(lines) + "\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
