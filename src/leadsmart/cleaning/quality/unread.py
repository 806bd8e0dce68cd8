"""Columns of the leads that nothing reads, named so that somebody can declare them."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import pandas as pd

from leadsmart.vocabulary import CLIENT

UNREAD_COLUMNS: Final = ("file", "header", "filled", "distinct", "people")


def list_unread(columns: Iterable[Mapping[str, Any]], audience: str) -> pd.DataFrame:
    """List columns of leads that are not declared as answers of the form.

    Parameters
    ----------
    columns : iterable of mapping
        See `lead_columns.LeadColumn`.
    audience : str
        A client does not learn what other customers' leads hold: there is no row then.

    Returns
    -------
    DataFrame
        One row per column: ``file``, ``header``, ``filled`` (rows of the whole export), ``distinct`` (values) and
        ``people`` (what of people they show; empty where nothing).
    """
    rows = [] if audience == CLIENT else [[column[name] for name in UNREAD_COLUMNS] for column in columns]
    types = {"file": "str", "header": "str", "filled": "float64", "distinct": "float64", "people": "str"}
    return pd.DataFrame(rows, columns=list(UNREAD_COLUMNS)).astype(types)


def describe_unread(unread: pd.DataFrame) -> str:
    """Say how many columns nothing reads, and how to declare them."""
    if unread.empty:
        return "Every column of the leads is read: the platform's own and the declared answers of the form."
    is_one = len(unread) == 1
    return (
        f"{len(unread)} {'column' if is_one else 'columns'} of the leads {'is' if is_one else 'are'} read by nothing: no "
        "feature, no clean table, no list. Declare answers of the form by name, as form_fields in the market's parameters "
        "or in mapping.yml beside the data; what sales or the CRM wrote later is no answer."
    )
