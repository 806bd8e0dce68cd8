"""Columns that files of each table have or may have, the look-up from project to market among them."""

from typing import Final

from leadsmart.vocabulary import MARKET_LOOKUP, OPTIONAL_EXPORT_COLUMNS, REQUIRED_EXPORT_COLUMNS

#: What may separate the columns of a text file.
DELIMITERS: Final = ",;\t|"
REQUIRED_COLUMNS: Final = {**REQUIRED_EXPORT_COLUMNS, MARKET_LOOKUP: ("project_name", "market")}
OPTIONAL_COLUMNS: Final = {**OPTIONAL_EXPORT_COLUMNS, MARKET_LOOKUP: ()}
