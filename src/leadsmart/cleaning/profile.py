"""How complete and valid the clean tables are, who gives feedback, and which statuses nobody knows."""

from typing import Final

import pandas as pd

from leadsmart.cleaning.campaigns import UNKNOWN_PROJECT, UNKNOWN_USER
from leadsmart.cleaning.leads import NO_STATUS, text_columns
from leadsmart.cleaning.texts import look_up
from leadsmart.params import Params
from leadsmart.vocabulary import AD_PERFORMANCE, CAMPAIGNS, KNOWN_STATUSES, LEADS, STATUS_EVENTS, MarketTables

ALL: Final = "all"
COMPLETENESS_COLUMNS: Final = ["table", "field", "by", "group", "n", "share_filled", "share_valid"]
FEEDBACK_COLUMNS: Final = [
    "user_id", "leads", "verdicts", "qualified", "disqualified", "coverage", "only_one_kind",
]  # fmt: skip


def measure_completeness(tables: MarketTables) -> pd.DataFrame:
    """Which share of each field is filled and valid, in all and by channel and form variant.

    Returns
    -------
    DataFrame
        One row per table, field and group: ``table, field, by`` ("all", "channel" or "form_variant"),
        ``group, n`` (rows), ``share_filled`` and ``share_valid`` (of all rows); least valid first.
    """
    channel = tables.campaigns.set_index("campaign_id")["channel"]
    parts = [
        _shares(CAMPAIGNS, *_campaign_fields(tables.campaigns), {"channel": tables.campaigns["channel"]}),
        _shares(
            AD_PERFORMANCE,
            *_plain_fields(tables.ad_performance, ["reach", "impressions", "clicks", "spend"]),
            {"channel": look_up(tables.ad_performance["campaign_id"], channel)},
        ),
    ]
    groups = {"channel": look_up(tables.leads["campaign_id"], channel)}
    if "form_variant" in tables.leads:
        groups["form_variant"] = tables.leads["form_variant"].fillna("none")
    parts.append(_shares(LEADS, *_lead_fields(tables.leads), groups))
    result = pd.concat(parts, ignore_index=True)
    return result.sort_values(
        ["share_valid", "share_filled", "table", "field", "by", "group"], kind="stable", ignore_index=True
    )


def _campaign_fields(campaigns: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    filled = pd.DataFrame(
        {
            "user_id": campaigns["user_id"].ne(UNKNOWN_USER),
            "project_name": campaigns["project_name"].ne(UNKNOWN_PROJECT),
            **{name: campaigns[name].notna() for name in ("daily_budget", "started_at", "stopped_at")},
        }
    )
    return filled, filled


def _plain_fields(rows: pd.DataFrame, columns: list[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    filled = rows[columns].notna()
    return filled, filled


def _lead_fields(leads: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    texts = {name: leads[name].notna() for name in text_columns(leads)}
    filled = {
        "name": leads["has_name"],
        "email": leads["email_domain_class"].ne("missing"),
        "phone": leads["phone_type"].ne("missing"),
        "lead_status": leads["lead_status"].ne(NO_STATUS),
        **texts,
    }
    valid = {
        **filled,
        "email": leads["is_email_valid"],
        "phone": leads["is_phone_valid"],
        "lead_status": filled["lead_status"] & leads["lead_status"].isin(KNOWN_STATUSES),
    }
    return pd.DataFrame(filled), pd.DataFrame(valid)


def _shares(
    table: str, filled: pd.DataFrame, valid: pd.DataFrame, groups: dict[str, pd.Series]
) -> pd.DataFrame:
    parts = []
    everything = pd.Series(ALL, index=filled.index, dtype="str")
    for by, group in ({ALL: everything} | groups).items():
        part = pd.DataFrame(
            {
                "share_filled": filled.groupby(group).mean().stack(),
                "share_valid": valid.groupby(group).mean().stack(),
            }
        )
        part = part.rename_axis(["group", "field"]).reset_index()
        n = group.groupby(group).size()
        parts.append(part.assign(n=look_up(part["group"], n), table=table, by=by)[COMPLETENESS_COLUMNS])
    return pd.concat(parts, ignore_index=True).astype({"group": "str", "field": "str"})


def summarise_feedback(tables: MarketTables, params: Params) -> pd.DataFrame:
    """Who gives verdicts on leads, and whether they only ever say one thing.

    Returns
    -------
    DataFrame
        One row per business user with leads, most leads first: ``user_id, leads, verdicts, qualified,
        disqualified`` (counts), ``coverage`` (verdicts / leads) and ``only_one_kind`` ("qualified",
        "disqualified", "none" without any verdict, or "" where both occur).
    """
    leads = tables.leads
    user = look_up(leads["campaign_id"], tables.campaigns.set_index("campaign_id")["user_id"])
    frame = pd.DataFrame(
        {
            "user_id": user.astype("str"),
            "leads": 1,
            "qualified": leads["lead_status"].isin(params.qualified_statuses).astype(int),
            "disqualified": leads["lead_status"].isin(params.disqualified_statuses).astype(int),
        }
    )
    users = frame.groupby("user_id").sum().reset_index()
    verdicts = users["qualified"] + users["disqualified"]
    kind = pd.Series("", index=users.index, dtype="str")
    kind = kind.mask((users["qualified"] > 0) & (users["disqualified"] == 0), "qualified")
    kind = kind.mask((users["disqualified"] > 0) & (users["qualified"] == 0), "disqualified")
    kind = kind.mask(verdicts == 0, "none")
    users = users.assign(verdicts=verdicts, coverage=verdicts / users["leads"], only_one_kind=kind)
    users = users.sort_values(["leads", "user_id"], ascending=[False, True], kind="stable", ignore_index=True)
    return users[FEEDBACK_COLUMNS]


def list_unknown_statuses(tables: MarketTables) -> pd.DataFrame:
    """Statuses that the vocabulary does not know.

    Returns
    -------
    DataFrame
        One row per table and status: ``table, status, rows``; most rows first.
    """
    parts = []
    for table, column in ((LEADS, "lead_status"), (STATUS_EVENTS, "status")):
        statuses = getattr(tables, table)[column]
        counts = statuses[~statuses.isin(KNOWN_STATUSES)].value_counts().rename_axis("status")
        parts.append(counts.rename("rows").reset_index().assign(table=table))
    result = pd.concat(parts, ignore_index=True)[["table", "status", "rows"]]
    result = result.astype({"table": "str", "status": "str", "rows": "int64"})
    return result.sort_values(["rows", "table", "status"], ascending=[False, True, True], ignore_index=True)
