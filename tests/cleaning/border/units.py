"""Money and moments in other units."""

from collections.abc import Callable
from typing import Final

import pandas as pd
from cleaning.border.damage import (
    REFUSED,
    RIGHT,
    SAID,
    TOLD,
    Case,
    add_column,
    as_utc,
    each,
    moments,
    rename,
    several,
    shifted,
    since_august,
    some,
    two_files,
    written,
)
from cleaning.border.export import Damage, Tables


def scale(factor: float, form: str, rows: Callable[[pd.DataFrame], pd.Series]) -> Damage:
    def damage(t: Tables) -> None:
        here = rows(t["insights"])
        spend = t["insights"]["spend"]
        t["insights"]["spend"] = spend.where(~here, spend.astype(float).mul(factor).map(form.format))

    return damage


def everywhere(rows: pd.DataFrame) -> pd.Series:
    return rows["spend"].notna()


def in_gulf(rows: pd.DataFrame) -> pd.Series:
    campaigns = rows["campaign_id"].drop_duplicates().tolist()
    return rows["campaign_id"].isin(campaigns[3::4])


MONEY: Final = r"[Cc]urrenc|AED|USD|EUR|GBP|£|\$|€"
UNITS: Final = [
    Case("a header with another currency", rename("insights", spend="Amount spent (USD)"), (REFUSED,)),
    Case("a header with the market's currency", rename("insights", spend="Amount spent (EGP)"), (RIGHT, REFUSED)),
    Case("a currency column of dirhams", add_column("insights", "currency", "AED"), (REFUSED,), MONEY),
    Case("a currency column named otherwise", add_column("insights", "Currency code", "SAR"), (REFUSED,), "[Cc]urrenc|SAR"),
    Case("a currency column in small letters", add_column("insights", "Currency", "egp")),
    Case("a currency column of the parameter", add_column("insights", "currency", "AED"), params={"currency": "AED"}),
    Case("pounds sterling in cells", each("insights", "spend", "£{}".format), (REFUSED,), MONEY),
    Case("dollars in cells", each("insights", "spend", "US${}".format), (REFUSED,), MONEY),
    Case("dirhams behind figures", each("insights", "spend", "{} AED".format), (REFUSED,), MONEY),
    Case("dirhams in Arabic", each("insights", "spend", "{} د.إ".format), (REFUSED,), r"د.إ|AED|[Cc]urrenc"),
    Case("euros in one cell of ten", some("insights", "spend", "{} €".format, 10), (REFUSED,), MONEY),
    Case("dirhams in three cells", some("insights", "spend", "AED {}".format, 300), (REFUSED,), MONEY),
    Case("Egyptian pounds in cells", each("insights", "spend", "EGP {}".format)),
    Case("Egyptian pounds as people write them", each("insights", "spend", "E£{}".format), (RIGHT, REFUSED)),
    Case("a budget in dollars", each("campaigns", "daily_budget", "${}".format), (REFUSED, SAID), MONEY),
    Case("micros in a column that says so", several(scale(1e6, "{:.0f}", everywhere), rename("insights", spend="cost_micros")), (REFUSED, RIGHT)),
    Case("micros without a word", scale(1e6, "{:.0f}", everywhere), (REFUSED, TOLD), r"1,000,000|micro"),
    Case("piastres without a word", scale(100, "{:.0f}", everywhere), (REFUSED, TOLD), r"100|minor|cent"),
    Case("piastres in one market", scale(100, "{:.0f}", in_gulf), (REFUSED, TOLD), r"100|minor|cent"),
    Case("piastres since August", scale(100, "{:.0f}", since_august), (REFUSED, TOLD), r"100|minor|cent"),
    Case("piastres in the second of two files", several(scale(100, "{:.0f}", since_august), two_files("insights_1.csv", "insights_2.csv")), (REFUSED, TOLD), r"100|minor|cent"),
    Case("thousands of pounds", scale(0.001, "{:.5f}", everywhere), (REFUSED, TOLD), ""),
    Case("days at midnight UTC with milliseconds, a market far west", moments("insights", "created_at", written("%Y-%m-%dT00:00:00.000Z")), params={"timezone": "America/Bogota"}),
    Case("days at midnight UTC, a market far east", moments("insights", "created_at", written("%Y-%m-%dT00:00:00+00:00")), params={"timezone": "Asia/Tokyo"}),
    Case("days at midnight of the account, written as UTC", moments("insights", "created_at", as_utc())),
    Case("leads in UTC with a zone", several(moments("leads", "added_date", as_utc()), moments("events", "created_at", as_utc("%Y-%m-%d %H:%M:%S+00:00")))),
    Case("events in UTC without zone", moments("events", "created_at", shifted(-3)), (SAID,), r"3"),
    Case("events five hours and a half before", moments("events", "created_at", shifted(-5.5)), (SAID,), r"5[.:½]"),
    Case("events eight hours before", moments("events", "created_at", shifted(-8)), (SAID,), r"8"),
    Case("events three hours behind", moments("events", "created_at", shifted(3)), (SAID, RIGHT), ""),
    Case("leads in UTC with zone, events local", moments("leads", "added_date", as_utc())),
    Case("leads in UTC without zone, events local", moments("leads", "added_date", shifted(-3)), (SAID, RIGHT), ""),
    Case("events in UTC, whose lead ids have a prefix", several(moments("events", "created_at", shifted(-3)), each("events", "lead_id", "l:{}".format)), (SAID,), r"3"),
    Case("events in UTC, written the American way", moments("events", "created_at", shifted(-3, "%m/%d/%Y %I:%M:%S %p")), (SAID,), r"3"),
    Case("events in UTC, day first, leads in words", several(moments("events", "created_at", shifted(-2, "%d/%m/%Y %H:%M")), moments("leads", "added_date", written("%b %d, %Y %I:%M %p"))), (SAID,), r"2"),
]  # fmt: skip
