"""The drill-down's place on a page: what is read without script, and the data that a script chooses from."""

import json
from collections.abc import Mapping
from typing import Any

from leadsmart.display.markup import Html
from leadsmart.display.templating import render


def data_script(data: Mapping[str, Any]) -> str:
    r"""The drill-down's data as a script: a page opened from a file may load a script, but no JSON.

    >>> data_script({"title": "</script>é"})
    'window.leadsmartExplore = {"title":"\\u003c/script>\\u00e9"};\n'
    """
    text = json.dumps(data, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")
    return f"window.leadsmartExplore = {text};\n"


def explorer(source: str, shown: Html) -> Html:
    """Where ``explore.js`` builds the drill-down; without script `shown` stays, with a sentence that says so.

    Parameters
    ----------
    source : str
        Address of what `data_script` made, relative to the page.
    shown : Html
        Figures of the whole market.

    Returns
    -------
    Html
        Shown by notebooks as it is.
    """
    return render("explorer.html.jinja", source=source, shown=shown)
