"""What goes wrong between a platform and its export, put into a clean sample and counted."""

from collections.abc import Callable
from typing import Final

import numpy as np
import pandas as pd

from leadsmart.sample.export import SampleTables
from leadsmart.sample.streams import stream

#: An unknown status, and ways in which a known one is misspelt.
UNKNOWN_STATUS: Final = "TRANSFERRED"
SPELLINGS: Final = {
    "NOT_QUALIFIED": "not qualified",
    "QUALIFIED": "Qualified ",
    "NO_ANSWER": "no-answer",
    "FOLLOW_UP": " Follow Up",
}
EMPTY_WORDS: Final = ("NULL", "N/A", "-")
UNKNOWN_CAMPAIGN: Final = "99999999"
UNKNOWN_LEAD: Final = 88_000_000


class _Rows:
    """Rows of one table that no defect has taken yet, so that each row has at most one defect of its table."""

    def __init__(self, table: pd.DataFrame, seed: int) -> None:
        self.free = np.ones(len(table), dtype=bool)
        self.seed = seed

    def take(self, name: str, share: float, eligible: np.ndarray | None = None) -> np.ndarray:
        """Positions of `share` of all rows (two at least, where there are as many), ascending."""
        mask = self.free if eligible is None else self.free & eligible
        candidates = np.flatnonzero(mask)
        wanted = min(max(2, round(share * len(self.free))), len(candidates))
        # a number per row, not a shuffle of candidates: a row more or less moves no other defect
        lot = stream(self.seed, f"defect {name}").random(len(self.free))[candidates]
        chosen = np.sort(candidates[np.argsort(lot, kind="stable")[:wanted]])
        self.free[chosen] = False
        return chosen


def add_defects(tables: SampleTables, seed: int) -> tuple[SampleTables, dict[str, int]]:
    """Put defects into an export.

    Returns
    -------
    SampleTables
        A new export; rows stay in order, further ones stand beside those they are made from.
    dict
        Name of each defect and the rows (or values) that have it.
    """
    counts: dict[str, int] = {}
    leads = _lead_defects(tables, seed, counts)
    events = _event_defects(tables, seed, counts)
    campaigns = _campaign_defects(tables.campaigns, seed, counts)
    insights = _delivery_defects(tables, seed, counts)
    markets = _market_defects(tables, seed, counts)
    return SampleTables(campaigns, insights, leads, events, markets), counts


def _change(table: pd.DataFrame, rows: np.ndarray, column: str, change: Callable[[str], str]) -> None:
    """Change the cells of a table that this module owns."""
    position = table.columns.get_loc(column)
    table.iloc[rows, position] = [change(value) for value in table[column].array[rows]]


def _with_copies(table: pd.DataFrame, rows: np.ndarray) -> tuple[pd.DataFrame, np.ndarray]:
    """Repeat rows, each right after itself; also the positions of the copies."""
    order = np.sort(np.concatenate([np.arange(len(table)), rows]), kind="stable")
    return table.take(order).reset_index(drop=True), rows + 1 + np.arange(len(rows))


def _delivery_defects(tables: SampleTables, seed: int, counts: dict[str, int]) -> pd.DataFrame:
    table = tables.insights.copy()
    rows = _Rows(table, seed)
    impressions, clicks = (
        table["impressions"].astype("int64").to_numpy(),
        table["clicks"].astype("int64").to_numpy(),
    )

    chosen = rows.take("clicks above impressions", 1e-4, (impressions < 200) & (clicks > 0))
    above = (impressions[chosen] + 3).astype(str)
    table.iloc[chosen, table.columns.get_loc("clicks")] = above.tolist()
    counts["delivery_clicks_above_impressions"] = len(chosen)

    chosen = rows.take("negative spend", 5e-5)
    _change(table, chosen, "spend", lambda text: f"-{text}")
    counts["delivery_negative_spend"] = len(chosen)

    chosen = rows.take("ids with a point", 3e-4)
    _change(table, chosen, "campaign_id", lambda text: f"{text}.0")
    counts["delivery_ids_with_point"] = len(chosen)

    chosen = rows.take("empty reach", 3e-4)
    words = [EMPTY_WORDS[i % len(EMPTY_WORDS)] for i in range(len(chosen))]
    table.iloc[chosen, table.columns.get_loc("reach")] = words
    counts["delivery_empty_reach"] = len(chosen)

    stop = (
        tables.campaigns.set_index("id")["stop_time"]
        .reindex(tables.insights["campaign_id"])
        .str[:10]
        .to_numpy()
    )
    day = table["created_at"].str[:10].to_numpy()
    chosen = rows.take("outside campaign", 3e-4, (day == stop) & (day < "2024-12-20"))
    later = pd.to_datetime(table["created_at"].array[chosen]) + pd.Timedelta(days=4)
    table.iloc[chosen, table.columns.get_loc("created_at")] = later.strftime("%Y-%m-%d %H:%M:%S").tolist()
    counts["delivery_outside_campaign"] = len(chosen)

    duplicates, conflicts = rows.take("duplicate", 3e-4), rows.take("conflict", 1e-4)
    # a campaign whose rows have another defect keeps them, so that the other counts hold
    brought = tables.campaigns["id"].map(tables.campaign_leads.groupby("campaign_id").size())
    spoilt = tables.campaigns["id"].isin(tables.insights["campaign_id"].array[~rows.free])
    small = (brought.between(1, 3) & ~spoilt).to_numpy()
    lost = tables.campaigns["id"].array[_Rows(tables.campaigns, seed).take("lost delivery", 0.005, small)]
    counts["campaigns_with_leads_without_delivery"] = len(lost)

    table, copies = _with_copies(table, np.sort(np.concatenate([duplicates, conflicts])))
    second = copies[np.isin(np.sort(np.concatenate([duplicates, conflicts])), conflicts)]
    _change(table, second, "spend", lambda text: repr(round(float(text) * 0.5 + 0.37, 2)))
    _change(table, second, "impressions", lambda text: str(int(text) + 11))
    counts["delivery_duplicates"], counts["delivery_conflicting_pairs"] = len(duplicates), len(conflicts)
    return table[~table["campaign_id"].isin(lost)].reset_index(drop=True)


def _lead_defects(tables: SampleTables, seed: int, counts: dict[str, int]) -> pd.DataFrame:
    table = tables.campaign_leads.copy()
    rows = _Rows(table, seed)
    status = table["lead_status"].to_numpy()

    # both leads have a phone, so that the repeat can be told and no gap that lowers quality is filled
    with_phone = table["phone"] != ""
    first = with_phone & ~table["campaign_id"].where(with_phone).duplicated()
    chosen = rows.take("repeat", 0.01, (with_phone & ~first).to_numpy())
    earlier = table.index.to_series().where(first).groupby(table["campaign_id"]).transform("first")
    source = earlier.to_numpy()[chosen].astype(int)
    for column in ("name", "email", "phone"):
        table.iloc[chosen, table.columns.get_loc(column)] = table[column].array[source]
    # no further defect hides that these are the same person
    rows.free[source] = False
    counts["leads_repeated"] = len(chosen)

    digits = table["phone"].str.replace(r"\D", "", regex=True)
    chosen = rows.take("phone", 0.03, (digits.str.len() >= 11).to_numpy())
    lost = [f"{int(number):.5E}" for number in digits.array[chosen]]
    table.iloc[chosen, table.columns.get_loc("phone")] = lost
    counts["leads_phone_in_scientific_notation"] = len(chosen)

    big = table.groupby("campaign_id")["id"].transform("size").to_numpy() > 3
    chosen = rows.take("unknown campaign", 3e-4, big)
    _change(table, chosen, "campaign_id", lambda _: UNKNOWN_CAMPAIGN)
    counts["leads_of_unknown_campaign"] = len(chosen)
    chosen = rows.take("lead ids with a point", 5e-4)
    _change(table, chosen, "campaign_id", lambda text: f"{text}.0")
    counts["leads_ids_with_point"] = len(chosen)

    chosen = rows.take("odd status", 0.004, np.isin(status, list(SPELLINGS)))
    _change(table, chosen, "lead_status", SPELLINGS.__getitem__)
    counts["leads_odd_status_spelling"] = len(chosen)
    has_events = table["id"].isin(tables.lead_status_changes["lead_id"]).to_numpy()
    chosen = rows.take("unknown status", 3e-4, ~has_events)
    _change(table, chosen, "lead_status", lambda _: UNKNOWN_STATUS)
    counts["leads_unknown_status"] = len(chosen)
    chosen = rows.take("status conflict", 0.002, has_events & (status == "NO_ANSWER"))
    _change(table, chosen, "lead_status", lambda _: "CALL_AGAIN")
    counts["leads_status_differs_from_last_event"] = len(chosen)

    total = 0
    for column in ("email", "phone", "budget"):
        empty = np.flatnonzero((table[column] == "").to_numpy())
        spelt = empty[stream(seed, f"defect empty {column}").random(len(empty)) < 0.3]
        words = [EMPTY_WORDS[i % len(EMPTY_WORDS)] for i in range(len(spelt))]
        table.iloc[spelt, table.columns.get_loc(column)] = words
        total += len(spelt)
    counts["leads_empty_spelt_out"] = total
    return table


def _event_defects(tables: SampleTables, seed: int, counts: dict[str, int]) -> pd.DataFrame:
    table = tables.lead_status_changes.copy()
    rows = _Rows(table, seed)
    chosen = rows.take("odd event status", 5e-4, table["status"].isin(list(SPELLINGS)).to_numpy())
    _change(table, chosen, "status", SPELLINGS.__getitem__)
    counts["events_odd_status_spelling"] = len(chosen)

    duplicates, orphans = rows.take("event duplicate", 1e-4), rows.take("event orphan", 2e-4)
    both = np.sort(np.concatenate([duplicates, orphans]))
    table, copies = _with_copies(table, both)
    second = copies[np.isin(both, orphans)]
    unknown = [str(UNKNOWN_LEAD + i) for i in range(len(second))]
    table.iloc[second, table.columns.get_loc("lead_id")] = unknown
    counts["events_duplicates"], counts["events_of_unknown_lead"] = len(duplicates), len(orphans)
    return table


def _campaign_defects(campaigns: pd.DataFrame, seed: int, counts: dict[str, int]) -> pd.DataFrame:
    table = campaigns.copy()
    rows = _Rows(table, seed)
    chosen = rows.take("blank name", 0.04)
    _change(table, chosen, "project_name", lambda name: f"{name} ")
    counts["campaigns_project_with_trailing_blank"] = len(chosen)
    chosen = rows.take("invisible name", 0.01)
    _change(table, chosen, "project_name", lambda name: f"\u2060{name}")
    counts["campaigns_project_with_invisible_character"] = len(chosen)
    chosen = rows.take("empty budget", 0.002)
    _change(table, chosen, "daily_budget", lambda _: "-")
    counts["campaigns_empty_budget"] = len(chosen)
    arabic = campaigns["project_name"].str.contains(r"[\u0600-\u06ff]", regex=True)
    counts["campaigns_project_with_arabic"] = int(arabic.sum())
    return table


def _market_defects(tables: SampleTables, seed: int, counts: dict[str, int]) -> pd.DataFrame:
    """Leave the smaller projects of the big markets out of the look-up, as real look-ups have holes."""
    table = tables.project_markets
    campaigns = tables.campaigns.groupby("project_name").size()
    size = table["project_name"].map(campaigns).fillna(0)
    known = table.groupby("market")["project_name"].transform("size")
    order = size.where(known >= 8).sort_values(kind="stable").dropna().index
    left_out = table.loc[order[: max(2, round(0.05 * len(table)))], "project_name"]
    counts["projects_without_market"] = len(left_out)
    counts["campaigns_without_market"] = int(tables.campaigns["project_name"].isin(left_out).sum())
    return table[~table["project_name"].isin(left_out)].reset_index(drop=True)
