"""Leads that nobody left: ad platforms write them when somebody tests a form."""

import re
from functools import partial
from typing import Final

import pandas as pd

from leadsmart.cleaning.values.texts import clean_text, holds_for

#: What testing tools of Meta, Google, TikTok and LinkedIn fill in, each as the whole value.
_MARKS: Final = {
    "name": re.compile(r"<test lead: dummy data.*|firstname lastname", re.IGNORECASE),
    "email": re.compile(
        r"<test lead: dummy data.*|test@(fb|meta|facebook|instagram|tiktok|linkedin)\.com", re.IGNORECASE
    ),
    "phone": re.compile(r"<test lead: dummy data.*", re.IGNORECASE),
    "is_test": re.compile(r"true|yes|1|1\.0|test", re.IGNORECASE),
}


def find_test_leads(leads: pd.DataFrame) -> pd.Series:
    """Leads with a mark of a platform's testing tool; a person who is called Test has none.

    Parameters
    ----------
    leads : DataFrame
        As exported: ``name, email, phone`` and, where the export has it, ``is_test``.

    Returns
    -------
    Series of bool

    Examples
    --------
    >>> leads = pd.DataFrame({"name": ["Testa Rossa", "<test lead: dummy data for full_name>"], "email": ["test@gmail.com", ""], "phone": ["", ""]})
    >>> find_test_leads(leads).tolist()
    [False, True]
    """
    found = pd.Series(False, index=leads.index)
    for column, mark in _MARKS.items():
        if column in leads:
            found |= holds_for(leads[column], partial(_has_mark, mark=mark))
    return found


def _has_mark(value: str, mark: re.Pattern[str]) -> bool:
    return mark.fullmatch(clean_text(value) or "") is not None
