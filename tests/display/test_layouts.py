"""Every table of the report fits on a screen."""

import pytest

from leadsmart.display.tables import layouts
from leadsmart.display.tables.columns import Column

MOST_COLUMNS = 8
LAYOUTS = {
    name: value
    for name, value in {**vars(layouts), "week_columns": layouts.week_columns()}.items()
    if isinstance(value, tuple) and not name.startswith("_")
}


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_table_has_no_more_columns_than_a_screen_holds(name: str):
    assert all(isinstance(column, Column) for column in LAYOUTS[name])
    assert 0 < len(LAYOUTS[name]) <= MOST_COLUMNS, (
        "show what a reader acts on, leave the rest to the download"
    )


def test_all_layouts_are_looked_at():
    assert {"MARKETS", "SCORED", "week_columns"} <= set(LAYOUTS) and len(LAYOUTS) > 40
