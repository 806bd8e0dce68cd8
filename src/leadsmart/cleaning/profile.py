"""How complete and valid the clean tables are, who gives feedback, and which statuses nobody knows."""

from dataclasses import dataclass
from typing import Final

import pandas as pd

from leadsmart.cleaning.campaigns import UNKNOWN_PROJECT, UNKNOWN_USER
from leadsmart.cleaning.leads import NO_STATUS, text_columns
from leadsmart.cleaning.rules import KEPT, find_rule
from leadsmart.cleaning.texts import look_up
from leadsmart.display.formats import format_count, format_percent
from leadsmart.params import Params
from leadsmart.suppression import hide_few
from leadsmart.vocabulary import AD_PERFORMANCE, CAMPAIGNS, KNOWN_STATUSES, LEADS, STATUS_EVENTS, MarketTables

ALL: Final = "all"
COMPLETENESS_COLUMNS: Final = ["table", "field", "by", "group", "n", "share_filled", "share_valid"]
_ORDER: Final = ("table", "field", "by", "group")
#: A grid of more groups can't be read.
MOST_GROUPS: Final = 9
SINGULAR: Final = {
    CAMPAIGNS: "Campaign",
    AD_PERFORMANCE: "Delivery",
    LEADS: "Lead",
    STATUS_EVENTS: "Status change",
}
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
    return result.sort_values(["share_valid", "share_filled", *_ORDER], kind="stable", ignore_index=True)


def hide_few_leads(completeness: pd.DataFrame, minimum: int) -> pd.DataFrame:
    """Completeness without groups of fewer than `minimum` leads, so that no share tells of a few people.

    Parameters
    ----------
    completeness : DataFrame
        See `measure_completeness`.

    Returns
    -------
    DataFrame
        With ``suppressed`` ("fewer than 5", "not shown" or ""); `n` and shares are missing where it says so.
    """
    is_breakdown = (completeness["table"] == LEADS) & (completeness["by"] != ALL)
    shares = ["share_filled", "share_valid"]
    leads = hide_few(completeness[is_breakdown], "n", shares, minimum, within=[("by", "field")])
    table = pd.concat([completeness[~is_breakdown].assign(suppressed=""), leads])
    # hidden rows come last: between others, their place would tell their share
    return table.sort_values([*reversed(shares), *_ORDER], kind="stable", ignore_index=True)


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
        pairs = zip(table["table"], table["rule"], strict=True)
        words["rule_name"] = pd.Series([_rule_name(*pair) for pair in pairs], table.index, dtype="str")
    if "field" in table:
        words["field_name"] = _field_names(table["field"])
    return table.assign(**words)


def _rule_name(table: str, rule: str) -> str:
    return "As it was." if rule == KEPT else find_rule(table, rule).description


def _field_names(fields: pd.Series) -> pd.Series:
    return fields.str.removeprefix("lead_").str.removesuffix("_id").str.replace("_", " ")


def name_fields(completeness: pd.DataFrame) -> pd.DataFrame:
    """Every field of the market, for a picture: the rows over all groups.

    Parameters
    ----------
    completeness : DataFrame
        See `measure_completeness`.

    Returns
    -------
    DataFrame
        One row per table and field, least valid first: ``label`` ("Lead: phone"), ``n, share_filled, share_valid``.
    """
    rows = completeness[completeness["by"] == ALL]
    label = rows["table"].map(SINGULAR) + ": " + _field_names(rows["field"])
    return rows.assign(label=label)[["label", "n", "share_filled", "share_valid"]].reset_index(drop=True)


def contrast_groups(completeness: pd.DataFrame) -> pd.DataFrame:
    """Fields of the lead by channel and form, for a grid.

    Parameters
    ----------
    completeness : DataFrame
        See `measure_completeness`.

    Returns
    -------
    DataFrame
        One row per field and group, the largest groups first, all leads before them: ``field, label`` ("all",
        "facebook", "form A"), ``n, share_filled, share_valid``.
    """
    rows = completeness[completeness["table"] == LEADS]
    prefix = rows["by"].map({"form_variant": "form "}).fillna("")
    rows = rows.assign(
        label=prefix + rows["group"].str.replace("_", " "),
        field=_field_names(rows["field"]),
        place=rows["by"].map([ALL, "channel", "form_variant"].index),
    )
    rows = rows.sort_values(
        ["place", "n", "group"], ascending=[True, False, True], kind="stable", ignore_index=True
    )
    shown = rows["label"].drop_duplicates().head(MOST_GROUPS)
    rows = rows[rows["label"].isin(list(shown))]
    return rows[["field", "label", "n", "share_filled", "share_valid"]].reset_index(drop=True)


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
    """

    kinds: pd.DataFrame
    statement: str


def group_feedback(feedback: pd.DataFrame) -> Feedback:
    """Business users by what their verdicts can tell.

    Parameters
    ----------
    feedback : DataFrame
        See `summarise_feedback`.
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
        return Feedback(kinds.reset_index(drop=True), "No business user has a lead.")
    silent, one_sided = users[FEEDBACK_KINDS["none"]], users[list(FEEDBACK_KINDS.values())[1:3]].sum()
    comparable = share[FEEDBACK_KINDS[""]]
    statement = (
        f"{format_count(silent)} of {format_count(len(feedback))} business users with leads give no verdict, "
        f"{format_count(one_sided)} only ever one kind. {format_percent(comparable)} of the leads belong to users who "
        "say both; only those tell campaigns apart."
    )
    return Feedback(kinds.reset_index(drop=True), statement)


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
