"""How complete and valid the fields of the clean tables are, in all and by channel and form."""

from typing import Final

import pandas as pd

from leadsmart.cleaning.tables.campaigns import UNKNOWN_PROJECT, UNKNOWN_USER
from leadsmart.cleaning.tables.leads import NO_STATUS, text_columns
from leadsmart.cleaning.values.texts import look_up
from leadsmart.formats import format_count, format_percent
from leadsmart.market_tables import MarketTables
from leadsmart.suppression import hide_few
from leadsmart.vocabulary import AD_PERFORMANCE, CAMPAIGNS, KNOWN_STATUSES, LEADS, STATUS_EVENTS

ALL: Final = "all"
COMPLETENESS_COLUMNS: Final = ["table", "field", "by", "group", "n", "share_filled", "share_valid"]
_ORDER: Final = ("table", "field", "by", "group")
#: A grid of more groups can't be read.
MOST_GROUPS: Final = 9
#: From this share of valid values on a field is named as one that a reader can rely on.
NEARLY_ALL: Final = 0.95
SINGULAR: Final = {
    CAMPAIGNS: "Campaign",
    AD_PERFORMANCE: "Delivery",
    LEADS: "Lead",
    STATUS_EVENTS: "Status change",
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
    """Completeness without what it says of fewer than `minimum` leads, be they a group or all of a market's.

    Parameters
    ----------
    completeness : DataFrame
        See `measure_completeness`.

    Returns
    -------
    DataFrame
        With ``suppressed`` ("fewer than 5", "not shown" or ""); `n` and shares are missing where it says so.
    """
    is_people = completeness["table"] == LEADS
    shares = ["share_filled", "share_valid"]
    leads = hide_few(completeness[is_people], "n", shares, minimum, within=[("by", "field")])
    table = pd.concat([completeness[~is_people].assign(suppressed=""), leads])
    # hidden rows come last: between others, their place would tell their share
    return table.sort_values([*reversed(shares), *_ORDER], kind="stable", ignore_index=True)


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
    label = rows["table"].map(SINGULAR) + ": " + field_names(rows["field"])
    return rows.assign(label=label)[["label", "n", "share_filled", "share_valid"]].reset_index(drop=True)


def fields_message(fields: pd.DataFrame) -> str:
    """The message of a picture of `name_fields`: which field is worst, and how many are nearly always valid.

    >>> fields = pd.DataFrame({"label": ["Lead: phone", "Lead: name"], "n": [50, 50], "share_valid": [0.61, 0.99]})
    >>> fields_message(fields)
    'Lead: phone is the least valid field, 61 % of 50 rows; 1 of 2 fields is valid in 95 % of rows or more'
    """
    known = fields.dropna(subset="share_valid")
    if known.empty:
        return "No row is left to look at"
    worst = known.loc[known["share_valid"].idxmin()]
    if worst["share_valid"] == 1:
        return f"Every one of the {format_count(len(known))} fields is valid in every row"
    good = int((known["share_valid"] >= NEARLY_ALL).sum())
    return (
        f"{worst['label']} is the least valid field, {format_percent(worst['share_valid'])} of"
        f" {format_count(worst['n'])} rows; {format_count(good)} of {format_count(len(known))} fields"
        f" {'is' if good == 1 else 'are'} valid in {format_percent(NEARLY_ALL)} of rows or more"
    )


def contrast_groups(completeness: pd.DataFrame) -> pd.DataFrame:
    """Fields of the lead by channel and form, for a grid.

    Parameters
    ----------
    completeness : DataFrame
        See `measure_completeness`.

    Returns
    -------
    DataFrame
        One row per field and group, the largest groups first, all leads before them: ``field, by, label`` ("all",
        "facebook", "form A"), ``n, share_filled, share_valid``. No row without
        two groups of a kind, as one would be all leads.
    """
    rows = completeness[completeness["table"] == LEADS]
    prefix = rows["by"].map({"form_variant": "form "}).fillna("")
    rows = rows.assign(
        label=prefix + rows["group"].str.replace("_", " "),
        field=field_names(rows["field"]),
        place=rows["by"].map([ALL, "channel", "form_variant"].index),
    )
    rows = rows.sort_values(
        ["place", "n", "group"], ascending=[True, False, True], kind="stable", ignore_index=True
    )
    shown = rows["label"].drop_duplicates().head(MOST_GROUPS)
    rows = rows[rows["label"].isin(list(shown))]
    groups = rows[rows["share_valid"].notna() & (rows["by"] != ALL)].groupby("by")["label"].nunique()
    rows = rows if (groups > 1).any() else rows[:0]
    return rows[["field", "by", "label", "n", "share_filled", "share_valid"]].reset_index(drop=True)


def contrast_message(contrast: pd.DataFrame) -> str:
    """The message of a picture of `contrast_groups`: the field that differs most between channels or between forms.

    >>> contrast = pd.DataFrame({"field": ["phone"] * 3, "by": ["all", "form_variant", "form_variant"], "n": [30, 20, 10],
    ...     "label": ["all", "form A", "form B"], "share_valid": [0.6, 0.7, 0.4]})
    >>> contrast_message(contrast)
    'Phone differs most: valid in 70 % of form A (n 20), in 40 % of form B (n 10)'
    """
    known = contrast[contrast["by"] != ALL].dropna(subset="share_valid")
    # groups of two kinds share leads, so a channel is compared with channels and a form with forms
    by_field = known.groupby(["by", "field"], sort=False)["share_valid"]
    spread = (by_field.max() - by_field.min())[by_field.size() > 1]
    if spread.empty:
        return "Fewer than two channels or forms have leads enough to be compared"
    if spread.max() == 0:
        return "Every field is equally valid in all channels and forms"
    by, field = spread.idxmax()
    rows = known[(known["by"] == by) & (known["field"] == field)]
    best, worst = (rows.loc[end] for end in (rows["share_valid"].idxmax(), rows["share_valid"].idxmin()))

    def shown(row: pd.Series) -> str:
        return f"{format_percent(row['share_valid'])} of {row['label']} (n {format_count(row['n'])})"

    return f"{field[:1].upper()}{field[1:]} differs most: valid in {shown(best)}, in {shown(worst)}"


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


def field_names(fields: pd.Series) -> pd.Series:
    """Fields as readers say them: ``project_name`` is "project name", ``lead_status`` is "status"."""
    return fields.str.removeprefix("lead_").str.removesuffix("_id").str.replace("_", " ")
