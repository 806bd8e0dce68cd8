"""The clean tables' contract as pandera schemas."""

from functools import lru_cache
from typing import Any

import pandas as pd
import pandera.pandas as pa
from pandera.errors import SchemaErrors

from leadsmart.cleaning.parsing.headers import FORM_PREFIX
from leadsmart.errors import InputError
from leadsmart.market_tables import MarketTables
from leadsmart.vocabulary import AD_PERFORMANCE, CAMPAIGNS, CHANGED_ANSWERS, LEADS, STATUS_EVENTS

_HASH = r"[0-9a-f]{16}"


@lru_cache
def table_schemas(timezone: str) -> dict[str, pa.DataFrameSchema]:
    """Schema of each clean table of a market whose moments are in `timezone`."""
    moment = pd.DatetimeTZDtype("us", timezone)
    not_negative = pa.Check.ge(0)
    hashed = pa.Check.str_matches(f"^{_HASH}$")

    def text(**options: Any) -> pa.Column:
        return pa.Column("str", **options)

    def count() -> pa.Column:
        return pa.Column("float64", not_negative, nullable=True)

    return {
        CAMPAIGNS: pa.DataFrameSchema(
            {
                "campaign_id": text(unique=True),
                "user_id": text(),
                "project_name": text(),
                "market": text(),
                "channel": text(),
                "daily_budget": count(),
                "started_at": pa.Column(moment, nullable=True),
                "stopped_at": pa.Column(moment, nullable=True),
            },
            strict=True,
            name=CAMPAIGNS,
        ),
        AD_PERFORMANCE: pa.DataFrameSchema(
            {
                "ad_set_id": text(),
                "campaign_id": text(),
                "delivery_date": pa.Column("datetime64[us]"),
                "reach": count(),
                "impressions": count(),
                "clicks": count(),
                "spend": pa.Column("float64", not_negative),
            },
            unique=["ad_set_id", "campaign_id", "delivery_date"],
            strict=True,
            name=AD_PERFORMANCE,
        ),
        LEADS: pa.DataFrameSchema(
            {
                "lead_id": text(unique=True),
                "campaign_id": text(),
                "lead_status": text(),
                "arrived_at": pa.Column(moment),
                **{
                    name: text(checks=hashed, nullable=True)
                    for name in ("person_hash", "name_hash", "email_hash", "phone_hash")
                },
                "is_email_valid": pa.Column(bool),
                "email_domain_class": text(),
                "is_phone_valid": pa.Column(bool),
                "phone_region": text(nullable=True),
                "phone_type": text(),
                "has_name": pa.Column(bool),
                "is_repeat": pa.Column(bool),
                "message": text(nullable=True, required=False),
                "form_variant": text(nullable=True, required=False),
                "message_intent": text(nullable=True, required=False),
                CHANGED_ANSWERS: text(nullable=True, required=False),
                f"^{FORM_PREFIX}": text(nullable=True, required=False, regex=True),
            },
            strict=True,
            name=LEADS,
        ),
        STATUS_EVENTS: pa.DataFrameSchema(
            {
                "lead_id": text(),
                "status": text(),
                "changed_at": pa.Column(moment),
                "is_batch": pa.Column(bool),
            },
            unique=["lead_id", "status", "changed_at"],
            strict=True,
            name=STATUS_EVENTS,
        ),
    }


def validate_tables(tables: MarketTables, timezone: str) -> None:
    """Hold clean tables against their contract.

    Parameters
    ----------
    tables : MarketTables
    timezone : str
        IANA name: the zone of the moments.

    Raises
    ------
    InputError
        Naming the table, column and check of the first difference, and how many there are.
    """
    for name, schema in table_schemas(timezone).items():
        try:
            schema.validate(getattr(tables, name), lazy=True)
        except SchemaErrors as error:
            failures = error.failure_cases
            first = failures.iloc[0]
            # of a column too many or too few the failure is its name
            column = first["failure_case"] if "in_schema" in first["check"] else first["column"]
            raise InputError(
                f"the clean table breaks its contract: {first['check']}",
                remedy="Report this: a cleaning rule is missing",
                file=name,
                rule=str(first["check"]),
                column=None if pd.isna(column) else str(column),
                count=len(failures),
            ) from None
