"""What goes wrong between a platform and its export, put into a clean sample and counted."""

from collections.abc import Callable
from itertools import cycle, islice
from typing import Any, Final

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


class _Table:
    """A table into which defects are put, at most one into each row, and counted."""

    def __init__(self, table: pd.DataFrame, seed: int) -> None:
        self.rows = table.copy()
        self.seed = seed
        self.free = np.ones(len(table), dtype=bool)
        self.counts: dict[str, int] = {}

    def take(self, lot: str, share: float, eligible: pd.Series | None = None) -> np.ndarray:
        """Positions of `share` of all rows (two at least, where there are as many), ascending, by the lot's stream."""
        candidates = np.flatnonzero(self.free if eligible is None else self.free & eligible.to_numpy())
        wanted = min(max(2, round(share * len(self.free))), len(candidates))
        # a number per row, not a shuffle of candidates: a row more or less moves no other defect
        drawn = stream(self.seed, f"defect {lot}").random(len(self.free))[candidates]
        chosen = np.sort(candidates[np.argsort(drawn, kind="stable")[:wanted]])
        self.free[chosen] = False
        return chosen

    def write(self, chosen: np.ndarray, column: str, values: Any) -> None:
        """Replace the cells of a column; values are in the order of the rows, or one for all."""
        self.rows.loc[chosen, column] = values

    def spoil(
        self,
        defect: str,
        lot: str,
        share: float,
        column: str,
        change: Callable[[pd.DataFrame], Any],
        eligible: pd.Series | None = None,
    ) -> None:
        """Replace the cells of a column in `share` of the rows by what `change` makes of the chosen rows."""
        chosen = self.take(lot, share, eligible)
        self.write(chosen, column, change(self.rows.iloc[chosen]))
        self.counts[defect] = len(chosen)

    def repeat(self, chosen: np.ndarray) -> np.ndarray:
        """Repeat rows, each right after itself; the positions of the copies, in order of `chosen`."""
        order = np.argsort(np.append(np.arange(len(self.rows)), chosen), kind="stable")
        source = np.append(np.arange(len(self.rows)), chosen)[order]
        self.rows = self.rows.take(source).reset_index(drop=True)
        return chosen + 1 + np.searchsorted(np.sort(chosen), chosen)


def _spoil_delivery(tables: SampleTables, seed: int) -> _Table:
    table = _Table(tables.insights, seed)
    impressions, clicks = (table.rows[column].astype("int64") for column in ("impressions", "clicks"))
    table.spoil(
        "delivery_clicks_above_impressions", "clicks above impressions", 1e-4, "clicks",
        lambda rows: (rows["impressions"].astype("int64") + 3).astype("str"), (impressions < 200) & (clicks > 0),
    )  # fmt: skip
    table.spoil("delivery_negative_spend", "negative spend", 5e-5, "spend", lambda rows: "-" + rows["spend"])
    table.spoil(
        "delivery_ids_with_point",
        "ids with a point",
        3e-4,
        "campaign_id",
        lambda rows: rows["campaign_id"] + ".0",
    )
    table.spoil("delivery_empty_reach", "empty reach", 3e-4, "reach", lambda rows: _empty_words(len(rows)))
    stop = tables.campaigns.set_index("id")["stop_time"].reindex(tables.insights["campaign_id"]).str[:10]
    day = table.rows["created_at"].str[:10]
    table.spoil(
        "delivery_outside_campaign", "outside campaign", 3e-4, "created_at",
        lambda rows: (pd.to_datetime(rows["created_at"]) + pd.Timedelta(days=4)).dt.strftime("%Y-%m-%d %H:%M:%S"),
        (day == stop.to_numpy()) & (day < "2024-12-20"),
    )  # fmt: skip

    duplicates, conflicts = table.take("duplicate", 3e-4), table.take("conflict", 1e-4)
    # a campaign whose rows have another defect keeps them, so that the other counts hold
    brought = tables.campaigns["id"].map(tables.campaign_leads.groupby("campaign_id").size())
    is_spoilt = tables.campaigns["id"].isin(tables.insights["campaign_id"].array[~table.free])
    small = brought.between(1, 3) & ~is_spoilt
    lost = tables.campaigns["id"].array[_Table(tables.campaigns, seed).take("lost delivery", 0.005, small)]
    second = table.repeat(np.append(duplicates, conflicts))[len(duplicates) :]
    changed = table.rows.loc[second]
    table.write(second, "spend", [repr(round(float(text) * 0.5 + 0.37, 2)) for text in changed["spend"]])
    table.write(second, "impressions", (changed["impressions"].astype("int64") + 11).astype("str"))
    table.rows = table.rows[~table.rows["campaign_id"].isin(lost)].reset_index(drop=True)
    table.counts |= {
        "campaigns_with_leads_without_delivery": len(lost),
        "delivery_duplicates": len(duplicates),
        "delivery_conflicting_pairs": len(conflicts),
    }
    return table


def _spoil_leads(tables: SampleTables, seed: int) -> _Table:
    table = _Table(tables.campaign_leads, seed)
    leads = tables.campaign_leads
    # both leads have a phone, so that the repeat can be told and no gap that lowers quality is filled
    with_phone = leads["phone"] != ""
    first = with_phone & ~leads["campaign_id"].where(with_phone).duplicated()
    chosen = table.take("repeat", 0.01, with_phone & ~first)
    earlier = leads.index.to_series().where(first).groupby(leads["campaign_id"]).transform("first")
    source = earlier.to_numpy()[chosen].astype(int)
    for column in ("name", "email", "phone"):
        table.write(chosen, column, leads[column].array[source])
    # no further defect hides that these are the same person
    table.free[source] = False
    table.counts["leads_repeated"] = len(chosen)

    digits = table.rows["phone"].str.replace(r"\D", "", regex=True)
    table.spoil(
        "leads_phone_in_scientific_notation", "phone", 0.03, "phone",
        lambda rows: [f"{int(number):.5E}" for number in digits.loc[rows.index]], digits.str.len() >= 11,
    )  # fmt: skip
    big = leads.groupby("campaign_id")["id"].transform("size") > 3
    table.spoil(
        "leads_of_unknown_campaign", "unknown campaign", 3e-4, "campaign_id", lambda _: UNKNOWN_CAMPAIGN, big
    )
    table.spoil(
        "leads_ids_with_point",
        "lead ids with a point",
        5e-4,
        "campaign_id",
        lambda rows: rows["campaign_id"] + ".0",
    )
    status, has_events = leads["lead_status"], leads["id"].isin(tables.lead_status_changes["lead_id"])
    table.spoil(
        "leads_odd_status_spelling", "odd status", 0.004, "lead_status",
        lambda rows: rows["lead_status"].map(SPELLINGS), status.isin(list(SPELLINGS)),
    )  # fmt: skip
    table.spoil(
        "leads_unknown_status", "unknown status", 3e-4, "lead_status", lambda _: UNKNOWN_STATUS, ~has_events
    )
    table.spoil(
        "leads_status_differs_from_last_event", "status conflict", 0.002, "lead_status",
        lambda _: "CALL_AGAIN", has_events & (status == "NO_ANSWER"),
    )  # fmt: skip

    table.counts["leads_empty_spelt_out"] = 0
    for column in ("email", "phone", "budget"):
        empty = np.flatnonzero((table.rows[column] == "").to_numpy())
        spelt = empty[stream(seed, f"defect empty {column}").random(len(empty)) < 0.3]
        table.write(spelt, column, _empty_words(len(spelt)))
        table.counts["leads_empty_spelt_out"] += len(spelt)
    return table


def _spoil_events(tables: SampleTables, seed: int) -> _Table:
    table = _Table(tables.lead_status_changes, seed)
    table.spoil(
        "events_odd_status_spelling", "odd event status", 5e-4, "status",
        lambda rows: rows["status"].map(SPELLINGS), table.rows["status"].isin(list(SPELLINGS)),
    )  # fmt: skip
    duplicates, orphans = table.take("event duplicate", 1e-4), table.take("event orphan", 2e-4)
    second = table.repeat(np.append(duplicates, orphans))[len(duplicates) :]
    table.write(second, "lead_id", [str(UNKNOWN_LEAD + i) for i in range(len(second))])
    table.counts |= {"events_duplicates": len(duplicates), "events_of_unknown_lead": len(orphans)}
    return table


def _spoil_campaigns(tables: SampleTables, seed: int) -> _Table:
    table = _Table(tables.campaigns, seed)
    is_arabic = table.rows["project_name"].str.contains(r"[\u0600-\u06ff]", regex=True)
    table.counts["campaigns_project_with_arabic"] = int(is_arabic.sum())
    table.spoil(
        "campaigns_project_with_trailing_blank", "blank name", 0.04, "project_name",
        lambda rows: rows["project_name"] + " ",
    )  # fmt: skip
    table.spoil(
        "campaigns_project_with_invisible_character", "invisible name", 0.01, "project_name",
        lambda rows: "\u2060" + rows["project_name"],
    )  # fmt: skip
    table.spoil("campaigns_empty_budget", "empty budget", 0.002, "daily_budget", lambda _: "-")
    return table


def _thin_markets(tables: SampleTables, seed: int) -> _Table:
    """Leave the smaller projects of the big markets out of the look-up, as real look-ups have holes."""
    table = _Table(tables.project_markets, seed)
    rows = table.rows
    campaigns = tables.campaigns.groupby("project_name").size()
    size = rows["project_name"].map(campaigns).fillna(0)
    known = rows.groupby("market")["project_name"].transform("size")
    order = size.where(known >= 8).sort_values(kind="stable").dropna().index
    left_out = rows.loc[order[: max(2, round(0.05 * len(rows)))], "project_name"]
    table.rows = rows[~rows["project_name"].isin(left_out)].reset_index(drop=True)
    table.counts |= {
        "projects_without_market": len(left_out),
        "campaigns_without_market": int(tables.campaigns["project_name"].isin(left_out).sum()),
    }
    return table


def _empty_words(n: int) -> list[str]:
    return list(islice(cycle(EMPTY_WORDS), n))


#: What is put into the tables, in the order of `SampleTables`.
_SPOILED: Final = (_spoil_campaigns, _spoil_delivery, _spoil_leads, _spoil_events, _thin_markets)


def add_defects(tables: SampleTables, seed: int) -> tuple[SampleTables, dict[str, int]]:
    """Put defects into an export.

    Parameters
    ----------
    tables : SampleTables
    seed : int

    Returns
    -------
    SampleTables
        A new export; rows stay in order, further ones stand beside those they are made from.
    dict
        Name of each defect and the rows (or values) that have it.
    """
    spoilt = [spoil(tables, seed) for spoil in _SPOILED]
    counts = {name: count for table in spoilt for name, count in table.counts.items()}
    return SampleTables(*(table.rows for table in spoilt)), counts
