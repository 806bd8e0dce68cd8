"""Ids that meet no more: prefixes, spreadsheets, what is gone."""

from collections.abc import Callable
from typing import Final

import pandas as pd
from cleaning.border.damage import REFUSED, RIGHT, SAID, TOLD, Case, arabic, each, nothing, several, some
from cleaning.border.export import Damage, Tables

CAMPAIGN_COLUMNS: Final = [("campaigns", "id"), ("insights", "campaign_id"), ("leads", "campaign_id")]
LEAD_COLUMNS: Final = [("leads", "id"), ("events", "lead_id")]
AD_SET: Final = [("insights", "ad_set_id")]


def ids(places: list[tuple[str, str]], change: Callable[[str], str]) -> Damage:
    return several(*(each(table, column, change) for table, column in places))


def round_to(digits: int) -> Callable[[str], str]:
    return lambda x: x[:digits] + "0" * (len(x) - digits)


def scientific(decimals: int, comma: str = ".") -> Callable[[str], str]:
    return lambda x: f"{float(x):.{decimals}E}".replace(".", comma)


def lose(share: int, *places: tuple[str, str]) -> Damage:
    """One id in `share` names something that the export does not hold."""
    return several(*(some(table, column, lambda x: f"9{x[1:]}", share) for table, column in places))


def drop_campaigns(count: int) -> Damage:
    def damage(t: Tables) -> None:
        t["campaigns"] = t["campaigns"].iloc[count:]

    return damage


def lose_one_market(t: Tables) -> None:
    gulf = set(t["campaigns"].loc[t["campaigns"]["project_name"].eq("Lotus Bay"), "id"].iloc[:3])
    t["leads"]["campaign_id"] = t["leads"]["campaign_id"].map(lambda x: f"9{x[1:]}" if x in gulf else x)


def renumber(make: Callable[[int], str], places: list[tuple[str, str]]) -> Damage:
    """Give all ids of one kind another form, the same in every table."""

    def damage(t: Tables) -> None:
        old = pd.unique(pd.concat([t[table][column] for table, column in places]))
        new = {x: make(i) for i, x in enumerate(old)}
        for table, column in places:
            t[table][column] = t[table][column].map(new)

    return damage


LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"


def salesforce_id(number: int) -> str:
    """A 15-character id; neighbours differ in case only."""
    return f"7015g00000{'aBcDe'[number % 5]}{'aA'[number // 5 % 2]}{'xX'[number // 10 % 2]}{number // 20:02}"


def with_checksum(x: str) -> str:
    """The 18-character form of a 15-character Salesforce id."""
    parts = [x[i : i + 5] for i in (0, 5, 10)]
    return x + "".join(LETTERS[sum(1 << i for i, c in enumerate(part) if c.isupper())] for part in parts)


def restart_lead_ids(t: Tables) -> None:
    """Leads are numbered within their campaign."""
    number = t["leads"].groupby("campaign_id").cumcount().add(1).astype(str)
    new = dict(zip(t["leads"]["id"], number, strict=True))
    t["leads"]["id"], t["events"]["lead_id"] = number, t["events"]["lead_id"].map(new)


def restart_ad_set_ids(t: Tables) -> None:
    """Ad sets are numbered within their campaign."""
    rows = t["insights"]
    rows["ad_set_id"] = (
        rows.groupby("campaign_id")["ad_set_id"].transform(lambda x: pd.factorize(x)[0] + 1).astype(str)
    )


def in_two_markets(t: Tables) -> None:
    """Some campaigns are listed again with a project of the other market."""
    again = t["campaigns"].iloc[:3].assign(project_name="Lotus Bay")
    t["campaigns"] = pd.concat([t["campaigns"], again], ignore_index=True)


KEYS: Final = [
    Case("campaign and ad set ids of delivery with Meta's prefixes",
         several(each("insights", "ad_set_id", "as:{}".format), each("insights", "campaign_id", "c:{}".format))),
    Case("campaign ids with a prefix in campaigns alone", each("campaigns", "id", "c:{}".format)),
    Case("lead ids with a prefix in the history alone", each("events", "lead_id", "l:{}".format)),
    Case("prefixes in capitals with a blank", each("leads", "campaign_id", "C: {}".format), (RIGHT, REFUSED), "campaign_id"),
    Case("a prefix of their own in leads", each("leads", "campaign_id", "cmp-{}".format), (RIGHT, REFUSED), "campaign_id"),
    Case("an apostrophe before ids of leads", each("leads", "campaign_id", "'{}".format)),
    Case("formulas as ids in delivery alone", each("insights", "campaign_id", '="{}"'.format)),
    Case("formulas as ids of campaigns, with blanks", each("campaigns", "id", '= "{}" '.format), (RIGHT, REFUSED)),
    Case("no-break and zero-width blanks around ids", each("leads", "campaign_id", "\u00a0{}\u200b".format)),
    Case("decimals behind ids", ids(CAMPAIGN_COLUMNS[1:], "{}.0".format)),
    Case("two decimals behind ids of leads", each("leads", "campaign_id", "{}.00".format), (RIGHT, REFUSED)),
    Case("thousands separators in ids", each("leads", "campaign_id", lambda x: f"{int(x):,}"), (RIGHT, REFUSED)),
    Case("campaign ids rounded to 15 digits in delivery", each("insights", "campaign_id", round_to(15)), (REFUSED,), "campaign_id"),
    Case("campaign ids rounded to 15 digits in campaigns", each("campaigns", "id", round_to(15)), (REFUSED,), r"\bid\b"),
    Case("campaign ids rounded to 15 digits everywhere", ids(CAMPAIGN_COLUMNS, round_to(15)), (RIGHT, REFUSED)),
    Case("campaign ids rounded to 10 digits everywhere", ids(CAMPAIGN_COLUMNS, round_to(10)), (REFUSED,)),
    Case("ad set ids rounded to 12 digits", each("insights", "ad_set_id", round_to(12)), (REFUSED,), "ad_set_id"),
    Case("ids rounded by halves, as a float does", each("leads", "campaign_id", lambda x: f"{float(x):.0f}"), (RIGHT, REFUSED), ""),
    Case("scientific campaign ids with comma decimals in leads", each("leads", "campaign_id", scientific(5, ",")), (REFUSED,), "campaign_id"),
    Case("scientific campaign ids with 15 digits", each("leads", "campaign_id", scientific(14)), (REFUSED,)),
    Case("scientific ids in campaigns alone", each("campaigns", "id", scientific(2)), (REFUSED,)),
    Case("scientific ad set ids in half of the rows", some("insights", "ad_set_id", scientific(5), 2), (REFUSED,), "ad_set_id"),
    Case("scientific campaign ids everywhere", ids(CAMPAIGN_COLUMNS, scientific(5)), (REFUSED,)),
    Case("long lead ids rounded in the history",
         several(renumber(lambda i: str(7_400_000_000_000_078_599 + 3_571 * i), LEAD_COLUMNS), each("events", "lead_id", round_to(15))), (REFUSED,), "lead_id"),
    Case("long lead ids rounded in both files",
         several(renumber(lambda i: str(7_400_000_000_000_078_599 + 37 * i), LEAD_COLUMNS), ids(LEAD_COLUMNS, round_to(15))), (REFUSED,)),
    Case("long lead ids in scientific notation in both files",
         several(renumber(lambda i: str(980_000_000_078_599 + 37 * i), LEAD_COLUMNS), ids(LEAD_COLUMNS, scientific(5))), (REFUSED,)),
    Case("Salesforce ids of 15 characters here, of 18 there",
         several(renumber(salesforce_id, CAMPAIGN_COLUMNS), each("leads", "campaign_id", with_checksum))),
    Case("Salesforce ids of 15 characters that differ in case alone", renumber(salesforce_id, CAMPAIGN_COLUMNS)),
    Case("ids that truly end in zeros", renumber(lambda i: str(120_210_000_000_000_000 + 10_000 * (i + 1)), CAMPAIGN_COLUMNS)),
    Case("short ids", several(renumber(lambda i: str(i + 1), CAMPAIGN_COLUMNS), renumber(lambda i: str(i + 1), LEAD_COLUMNS))),
    Case("short ids that end in zeros", renumber(lambda i: str(1000 * (i + 1)), CAMPAIGN_COLUMNS)),
    Case("ids with letters and dashes",
         several(renumber(lambda i: f"3f2504e0-4f89-41d3-9a0c-{i:012x}", LEAD_COLUMNS), each("events", "lead_id", str.upper)), (RIGHT, REFUSED)),
    Case("leading zeros lost in leads",
         several(renumber(lambda i: f"{i + 1:06}", CAMPAIGN_COLUMNS), each("leads", "campaign_id", lambda x: x.lstrip("0"))), (RIGHT, REFUSED)),
    Case("a third of the leads of campaigns that are gone", lose(3, ("leads", "campaign_id")), (REFUSED,), "campaign_id"),
    Case("one lead in twenty of a campaign that is gone", lose(20, ("leads", "campaign_id")), (TOLD,), r"lead"),
    Case("a third of delivery of campaigns that are gone", drop_campaigns(7), (REFUSED,), r"EGP|spend"),
    Case("one campaign gone", drop_campaigns(1), (TOLD,), r"EGP|spend"),
    Case("one lead in ten came without an ad", some("leads", "campaign_id", lambda _: "", 10), (TOLD,), "lead"),
    Case("a third of the events of unknown leads", lose(3, ("events", "lead_id")), (REFUSED, TOLD), "lead_id|event"),
    Case("all events of unknown leads", each("events", "lead_id", lambda x: f"5{x}"), (REFUSED, SAID)),
    Case("one market loses most of its leads", lose_one_market, (TOLD,), "gulf"),
    Case("lead ids that start again in each campaign", restart_lead_ids, (REFUSED, TOLD), "id"),
    Case("ad set ids that start again in each campaign", nothing, base=restart_ad_set_ids),
    Case("campaigns listed in two markets", in_two_markets, (REFUSED, TOLD, SAID), "campaign"),
    Case("a link around each id", each("leads", "campaign_id", lambda x: f'=HYPERLINK("https://ads.example/{x}","{x}")'), (RIGHT, REFUSED), "campaign_id"),
    Case("one lead id in ten is blank", some("leads", "id", lambda _: "", 10), (REFUSED, TOLD), r"\bid"),
    Case("one ad set id in ten is blank", some("insights", "ad_set_id", lambda _: "", 10), (REFUSED, TOLD), "ad_set_id|id"),
    Case("ids in Arabic digits", each("leads", "campaign_id", arabic), (RIGHT, REFUSED)),
    Case("projects written otherwise in the look-up", each("lookup", "project_name", lambda x: f" {x.upper()}\u200f"), (RIGHT, REFUSED)),
    Case("a project without a market", lambda t: t | {"lookup": t["lookup"].iloc[1:]}, (TOLD,), "unassigned"),
]  # fmt: skip
