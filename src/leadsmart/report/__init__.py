"""Running markets: their notebooks, what is published, and the site."""

import sys

# Without it jsonschema, which nbformat reads notebooks with, knows no international addresses. No notebook holds any, and
# to import it takes longer than all else together, as it works out their grammar each time.
sys.modules.setdefault("rfc3987_syntax", None)
