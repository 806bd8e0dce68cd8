"""What a section of a page shows: a table and the one sentence that reads it."""

from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True)
class Answer:
    """A table and its reading.

    Attributes
    ----------
    table : DataFrame
        What the sentence speaks of; the function that returns the answer states grain and columns.
    statement : str
        One generated sentence or two; every number in it is in the table.
    """

    table: pd.DataFrame
    statement: str
