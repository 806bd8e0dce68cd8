"""How complete and valid the fields of the clean tables are, in all and by channel and form."""

from collections.abc import Iterator
from typing import Final

import pandas as pd

from leadsmart.cleaning.tables.campaigns import UNKNOWN_PROJECT, UNKNOWN_USER
from leadsmart.cleaning.tables.leads import NO_STATUS, text_columns
from leadsmart.formats import format_count, format_percent
from leadsmart.market_tables import MarketTables, look_up
from leadsmart.suppression import hide_few
from leadsmart.vocabulary import AD_PERFORMANCE, CAMPAIGNS, KNOWN_STATUSES, LEADS, STATUS_EVENTS

ALL_GROUPS: Final = "all"
COMPLETENESS_COLUMNS: Final = ["table", "field", "by", "group", "n", "share_filled", "share_valid"]
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


def measure_completeness(tables: MarketTables, minimum: int) -> pd.DataFrame:
    """Which share of each field is filled and valid, in all and by channel and form variant.

    Parameters
    ----------
    tables : MarketTables
    minimum : int
        Nothing is said of fewer leads, be they a group or all of a market's.

    Returns
    -------
    DataFrame
        One row per table, field and group, least valid first: ``table, field, by`` ("all", "channel" or "form_variant"),
        ``group, n`` (rows), ``share_filled`` and ``share_valid`` (of all rows) and ``suppressed`` ("fewer than 5",
        "not shown" or ""); `n` and shares are missing where it says so.
    """
    campaigns, delivery, leads = tables.campaigns, tables.ad_performance, tables.leads
    channel = campaigns.set_index("campaign_id")["channel"]
    groups = {"channel": look_up(leads["campaign_id"], channel)}
    if "form_variant" in leads:
        groups["form_variant"] = leads["form_variant"].fillna("none")
    filled = _filled_lead_fields(leads)
    valid = filled.assign(
        email=leads["is_email_valid"],
        phone=leads["is_phone_valid"],
        lead_status=filled["lead_status"] & leads["lead_status"].isin(KNOWN_STATUSES),
    )
    amounts = delivery[["reach", "impressions", "clicks", "spend"]].notna()
    parts = [
        *_measure_shares(CAMPAIGNS, _filled_campaign_fields(campaigns), {"channel": campaigns["channel"]}),
        *_measure_shares(AD_PERFORMANCE, amounts, {"channel": look_up(delivery["campaign_id"], channel)}),
    ]
    # hidden shares come last: between others, their place would tell them
    order = ["share_valid", "share_filled", "table", "field", "by", "group"]
    of_people = pd.concat(_measure_shares(LEADS, filled, groups, valid)).sort_values(order, ignore_index=True)
    of_people = hide_few(of_people, "n", ["share_filled", "share_valid"], minimum, within=[("by", "field")])
    result = pd.concat([part.assign(suppressed="") for part in parts] + [of_people])
    return result.sort_values(order, kind="stable", ignore_index=True)


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
    rows = completeness[completeness["by"] == ALL_GROUPS]
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
    worst = known.nsmallest(1, "share_valid").iloc[0]
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
        place=rows["by"].mask(rows["by"] == ALL_GROUPS, ""),
    )
    rows = rows.sort_values(
        ["place", "n", "group"], ascending=[True, False, True], kind="stable", ignore_index=True
    )
    shown = rows["label"].drop_duplicates().head(MOST_GROUPS)
    rows = rows[rows["label"].isin(list(shown))]
    groups = rows[rows["share_valid"].notna() & (rows["by"] != ALL_GROUPS)].groupby("by")["label"].nunique()
    rows = rows if (groups > 1).any() else rows[:0]
    return rows[["field", "by", "label", "n", "share_filled", "share_valid"]].reset_index(drop=True)


def contrast_message(contrast: pd.DataFrame) -> str:
    """The message of a picture of `contrast_groups`: the field that differs most between channels or between forms.

    >>> contrast = pd.DataFrame({"field": ["phone"] * 3, "by": ["all", "form_variant", "form_variant"], "n": [30, 20, 10],
    ...     "label": ["all", "form A", "form B"], "share_valid": [0.6, 0.7, 0.4]})
    >>> contrast_message(contrast)
    'Phone differs most: valid in 70 % of form A (n 20), in 40 % of form B (n 10)'
    """
    known = contrast[contrast["by"] != ALL_GROUPS].dropna(subset="share_valid")
    # groups of two kinds share leads, so a channel is compared with channels and a form with forms
    compared = [rows for _, rows in known.groupby(["by", "field"], sort=False) if len(rows) > 1]
    if not compared:
        return "Fewer than two channels or forms have leads enough to be compared"
    rows = max(compared, key=lambda rows: rows["share_valid"].max() - rows["share_valid"].min())
    best, worst = (
        ends.iloc[0] for ends in (rows.nlargest(1, "share_valid"), rows.nsmallest(1, "share_valid"))
    )
    if best["share_valid"] == worst["share_valid"]:
        return "Every field is equally valid in all channels and forms"
    high, low = (
        f"{format_percent(row['share_valid'])} of {row['label']} (n {format_count(row['n'])})"
        for row in (best, worst)
    )
    return f"{best['field'][:1].upper()}{best['field'][1:]} differs most: valid in {high}, in {low}"


def _filled_campaign_fields(campaigns: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "user_id": campaigns["user_id"].ne(UNKNOWN_USER),
            "project_name": campaigns["project_name"].ne(UNKNOWN_PROJECT),
            **{name: campaigns[name].notna() for name in ("daily_budget", "started_at", "stopped_at")},
        }
    )


def _filled_lead_fields(leads: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "name": leads["has_name"],
            "email": leads["email_domain_class"].ne("missing"),
            "phone": leads["phone_type"].ne("missing"),
            "lead_status": leads["lead_status"].ne(NO_STATUS),
            **{name: leads[name].notna() for name in text_columns(leads)},
        }
    )


def _measure_shares(
    table: str, filled: pd.DataFrame, groups: dict[str, pd.Series], valid: pd.DataFrame | None = None
) -> Iterator[pd.DataFrame]:
    """The shares of a table's fields in all and by each grouping; what is filled is valid unless `valid` says more."""
    valid = filled if valid is None else valid
    everything = pd.Series(ALL_GROUPS, index=filled.index, dtype="str")
    for by, group in ({ALL_GROUPS: everything} | groups).items():
        shares = {
            "share_filled": filled.groupby(group).mean().stack(),
            "share_valid": valid.groupby(group).mean().stack(),
        }
        part = pd.DataFrame(shares).rename_axis(["group", "field"]).reset_index()
        part = part.assign(n=look_up(part["group"], group.value_counts()), table=table, by=by)
        yield part[COMPLETENESS_COLUMNS].astype({"group": "str", "field": "str"})


def field_names(fields: pd.Series) -> pd.Series:
    """Fields as readers say them: ``project_name`` is "project name", ``lead_status`` is "status"."""
    return fields.str.removeprefix("lead_").str.removesuffix("_id").str.replace("_", " ")
