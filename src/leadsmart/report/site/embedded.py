"""The embedded renderer as a program of its own, whose memory, some MB per market, is given back when it ends.

Called with the folder of the site's project; it prints, as JSON, why it ``failed`` (null if it did not) and what it has
``left_out``.
"""

import json
import sys
from pathlib import Path

from smalldocs.config import BuildError, ConfigError
from smalldocs.site import build

from leadsmart.report.site.search import index_shown_text


def render(project: Path) -> dict[str, object]:
    """Render a site's project into its ``outputs/site``."""
    try:
        site = build(project, quiet=True)
    except (BuildError, ConfigError) as error:
        return {"failed": str(error), "left_out": []}
    if not site.warnings:
        index_shown_text(project / "outputs" / "site")
    return {"failed": None, "left_out": [str(warning) for warning in site.warnings]}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(render(Path(sys.argv[1]))))
