"""Ids in SQL as `clean_id` reads them, so that one definition holds where rows are joined."""

from typing import Final

import duckdb

from leadsmart.cleaning.parsing.sql import create_table, fetch_texts
from leadsmart.cleaning.values.texts import clean_id, map_distinct
from leadsmart.vocabulary import AD_PERFORMANCE, CAMPAIGNS, LEADS, STATUS_EVENTS

#: Columns of the export whose values are ids that rows are joined or told apart by.
ID_COLUMNS: Final = (
    (CAMPAIGNS, "id"),
    (AD_PERFORMANCE, "campaign_id"),
    (AD_PERFORMANCE, "ad_set_id"),
    (LEADS, "campaign_id"),
    (LEADS, "id"),
    (STATUS_EVENTS, "lead_id"),
)
_PLAIN_ID: Final = "[0-9]{1,18}"


def create_ids(connection: duckdb.DuckDBPyConnection) -> None:
    """Clean the few ids of the staged tables that are not plain digits, once and in Python."""
    query = " UNION ".join(
        f"SELECT {column} AS raw FROM {table} "
        f"WHERE {column} IS NOT NULL AND NOT regexp_full_match({column}, '{_PLAIN_ID}')"
        for table, column in ID_COLUMNS
    )
    odd = fetch_texts(connection, query)
    create_table(connection, "odd_ids", odd.assign(id=map_distinct(odd["raw"], clean_id)))


def join_ids(column: str, alias: str) -> str:
    """The join that `id_of` needs."""
    return f"LEFT JOIN odd_ids {alias} ON {alias}.raw = {column}"


def id_of(column: str, alias: str) -> str:
    """SQL of the id in a cell, NULL where there is none."""
    return f"CASE WHEN regexp_full_match({column}, '{_PLAIN_ID}') THEN {column} ELSE {alias}.id END"
