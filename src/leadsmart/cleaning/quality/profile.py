"""Who gives feedback, which statuses nobody knows, and what tables, rules and fields are called on a page."""

from dataclasses import dataclass
from typing import Final

import pandas as pd

from leadsmart.cleaning.quality.completeness import field_names
from leadsmart.cleaning.tables.rules import CLEANING_RULES, KEPT
from leadsmart.cleaning.values.statuses import known_statuses
from leadsmart.formats import format_count, format_percent
from leadsmart.market_tables import MarketTables, look_up
from leadsmart.params import Params
from leadsmart.vocabulary import AD_PERFORMANCE, CAMPAIGNS, LEADS, STATUS_EVENTS

TABLE_NAMES: Final = {
    CAMPAIGNS: "Campaigns",
    AD_PERFORMANCE: "Delivery",
    LEADS: "Leads",
    STATUS_EVENTS: "Status changes",
}
FEEDBACK_COLUMNS: Final = [
    "user_id", "leads", "verdicts", "qualified", "disqualified", "coverage", "only_one_kind",
]  # fmt: skip

#: What `summarise_feedback` calls a user's kind -> how a page does.
FEEDBACK_KINDS: Final = {
    "": "both kinds of verdict",
    "qualified": "only ever qualified",
    "disqualified": "only ever disqualified",
    "none": "no verdict",
}


def in_words(table: pd.DataFrame) -> pd.DataFrame:
    """A table for a page: its names of tables, rules and fields beside what they mean.

    Parameters
    ----------
    table : DataFrame
        With any of the columns ``table, rule, field``; ``rule`` needs ``table``.

    Returns
    -------
    DataFrame
        `table` with ``table_name, rule_name, field_name`` for those it has.
    """
    words = {"table_name": table["table"].map(TABLE_NAMES)} if "table" in table else {}
    if "rule" in table:
        names = {(rule.table, rule.name): rule.description for rule in CLEANING_RULES}
        pairs = zip(table["table"], table["rule"], strict=True)
        meanings = ["As it was." if rule == KEPT else names[name, rule] for name, rule in pairs]
        words["rule_name"] = pd.Series(meanings, table.index, dtype="str")
    if "field" in table:
        words["field_name"] = field_names(table["field"])
    return table.assign(**words)


def summarise_feedback(tables: MarketTables, params: Params) -> pd.DataFrame:
    """Who gives verdicts on leads, and whether they only ever say one thing.

    Parameters
    ----------
    tables : MarketTables
    params : Params
        Which statuses are verdicts.

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


@dataclass(frozen=True)
class Feedback:
    """Who gives feedback, in kinds.

    Attributes
    ----------
    kinds : DataFrame
        One row per kind of business user, in a fixed order: ``kind, users, leads`` (counts) and ``share`` of
        the leads.
    statement : str
        Sentences.
    message : str
        What a picture of the kinds says.
    """

    kinds: pd.DataFrame
    statement: str
    message: str


def group_feedback(feedback: pd.DataFrame) -> Feedback:
    """Business users by what their verdicts can tell.

    Parameters
    ----------
    feedback : DataFrame
        See `summarise_feedback`.

    Returns
    -------
    Feedback
    """
    kind = feedback["only_one_kind"].map(FEEDBACK_KINDS)
    grouped = (
        feedback.groupby(kind)["leads"].agg(["size", "sum"]).reindex(list(FEEDBACK_KINDS.values())).fillna(0)
    )
    users, leads = grouped["size"].astype(int), grouped["sum"].astype(int)
    share = leads / leads.sum() if leads.sum() else leads.astype(float) * float("nan")
    kinds = pd.DataFrame(
        {"kind": grouped.index.astype("str"), "users": users, "leads": leads, "share": share}
    )
    if feedback.empty:
        nobody = "No business user has a lead."
        return Feedback(kinds.reset_index(drop=True), nobody, nobody)
    silent, one_sided = users[FEEDBACK_KINDS["none"]], users[list(FEEDBACK_KINDS.values())[1:3]].sum()
    comparable = share[FEEDBACK_KINDS[""]]
    statement = (
        f"{format_count(silent)} of {format_count(len(feedback))} business users with leads give no verdict, "
        f"{format_count(one_sided)} only ever one kind. {format_percent(comparable)} of the leads belong to users who "
        "say both; only those tell campaigns apart."
    )
    message = (
        f"{format_percent(comparable)} of the leads can tell campaigns apart: their business users record both kinds of"
        " verdict"
    )
    return Feedback(kinds.reset_index(drop=True), statement, message)


def list_unknown_statuses(tables: MarketTables, params: Params) -> pd.DataFrame:
    """Statuses that no list of the parameters has.

    Parameters
    ----------
    tables : MarketTables
    params : Params

    Returns
    -------
    DataFrame
        One row per table and status: ``table, status, rows``; most rows first.
    """
    parts = []
    for table, column in ((LEADS, "lead_status"), (STATUS_EVENTS, "status")):
        statuses = getattr(tables, table)[column]
        counts = statuses[~statuses.isin(known_statuses(params))].value_counts().rename_axis("status")
        parts.append(counts.rename("rows").reset_index().assign(table=table))
    result = pd.concat(parts, ignore_index=True)[["table", "status", "rows"]]
    result = result.astype({"table": "str", "status": "str", "rows": "int64"})
    return result.sort_values(["rows", "table", "status"], ascending=[False, True, True], ignore_index=True)
