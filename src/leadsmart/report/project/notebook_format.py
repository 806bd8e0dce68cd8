"""nbformat, imported without a grammar that no notebook needs."""

import sys

# jsonschema, with which nbformat reads notebooks, works out the grammar of international addresses on import, which takes
# longer than all else together. None is the import system's mark of a module that can't be imported.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]

import nbformat  # noqa: E402
from nbformat.v4 import new_markdown_cell, new_notebook, new_raw_cell  # noqa: E402

__all__ = ["nbformat", "new_markdown_cell", "new_notebook", "new_raw_cell"]
