"""Several files of a table, and files of other names."""

import gzip
from collections.abc import Callable
from typing import Final

import pandas as pd
from cleaning.border.damage import REFUSED, RIGHT, SAID, TOLD, Case, cut, text_of, two_files
from cleaning.border.export import Damage, Tables


def stale(rows: pd.DataFrame, since: str = "0") -> pd.DataFrame:
    """Figures as they were before the platform restated them."""
    spend = rows["spend"].astype(float)
    return rows.assign(spend=spend.mul(0.8).where(rows["created_at"] >= since, spend).map("{:.2f}".format))


def overlapping(older: str, newer: str) -> Damage:
    """An older download that ends in August, and a newer one of everything that restates it."""

    def damage(t: Tables) -> Tables:
        old = stale(t["insights"][t["insights"]["created_at"] < "2024-08-25"], "2024-08-05")
        return {k: v for k, v in t.items() if k != "insights"} | {older: old, newer: t["insights"]}

    return damage


def windows(older: str, newer: str) -> Damage:
    """Two windows that overlap in August, of which the later restates."""

    def damage(t: Tables) -> Tables:
        rows = t["insights"]
        old = stale(rows[rows["created_at"] < "2024-08-20"], "2024-08-01")
        return {k: v for k, v in t.items() if k != "insights"} | {
            older: old,
            newer: rows[rows["created_at"] >= "2024-08-01"],
        }

    return damage


def newer_leads(t: Tables) -> Tables:
    early = t["leads"][t["leads"]["added_date"] < "2024-08-15"].assign(lead_status="NEW_LEAD")
    return {k: v for k, v in t.items() if k != "leads"} | {
        "campaign_leads_b.csv": early,
        "campaign_leads_a.csv": t["leads"],
    }


def add_file(name: str, make: Callable[[Tables], object]) -> Damage:
    return lambda t: t | {name: make(t)}


def split_out(table: str, name: str, packed: Callable[[pd.DataFrame], object] = lambda rows: rows) -> Damage:
    """The second half of a table lies in a file of another name."""

    def damage(t: Tables) -> Tables:
        half = len(t[table]) // 2
        return t | {table: t[table].iloc[:half], name: packed(t[table].iloc[half:])}

    return damage


def without_header(t: Tables) -> Tables:
    early, late = cut(t, "2024-08-01")
    return t | {"insights": early, "insights_2.csv": text_of(late, header=False)}


def in_other_order(t: Tables) -> Tables:
    """The second file has its columns in another order, and one more."""
    early, late = cut(t, "2024-08-01")
    return t | {"insights": early, "insights_2.csv": late[late.columns[::-1]].assign(account="Main")}


def in_utf_16(t: Tables) -> Tables:
    early, late = cut(t, "2024-08-01")
    return t | {"insights": early, "insights_2.csv": text_of(late, "\t").encode("utf-16")}


FILES: Final = [
    Case("two files, the second named _part2", two_files("insights.csv", "insights_part2.csv")),
    Case("two files, named by the browser", two_files("insights.csv", "insights (1).csv")),
    Case("parts named without order", two_files("insights_part_b.csv", "insights_part_a.csv")),
    Case("a report named by its period, alone",
         lambda t: {k: v for k, v in t.items() if k != "insights"} | {"Insights-Report-Jan-1-2024-to-Feb-1-2024.csv": t["insights"]}, (RIGHT, REFUSED)),
    Case("reports named by their periods",
         two_files("Insights-Report-Jun-1-2024-to-Jul-31-2024.csv", "Insights-Report-Aug-1-2024-to-Sep-30-2024.csv"), (RIGHT, REFUSED)),
    Case("one file as it should be, one named by its period", split_out("insights", "Insights-Report-Jan-1-2024-to-Feb-1-2024.csv"), (RIGHT, REFUSED)),
    Case("the newer of two downloads", overlapping("insights.csv", "insights (2).csv")),
    Case("the tenth of ten downloads", overlapping("insights (9).csv", "insights (10).csv")),
    Case("months in words, the newer sorts first", overlapping("insights_sep-2024.csv", "insights_dec-2024.csv")),
    Case("the newer named earlier in the alphabet", overlapping("insights_z.csv", "insights_a.csv")),
    Case("years behind months", overlapping("insights_12-2024.csv", "insights_01-2025.csv")),
    Case("overlapping windows", windows("insights_2024-06.csv", "insights_2024-08.csv")),
    Case("overlapping windows whose names sort the other way", windows("insights_until_august.csv", "insights_from_august.csv")),
    Case("leads exported twice, the newer sorts first", newer_leads),
    Case("more leads in a file with another name", split_out("leads", "leads_september.csv"), (RIGHT, REFUSED)),
    Case("more history in a file with another name", split_out("events", "history 2.csv"), (RIGHT, REFUSED)),
    Case("more campaigns in a file with another name", split_out("campaigns", "kampagnen.csv"), (RIGHT, REFUSED)),
    Case("more delivery in a text file", split_out("insights", "insights-2.txt", lambda rows: text_of(rows, "\t")), (RIGHT, REFUSED)),
    Case("more delivery behind tabs", split_out("insights", "insights_2.tsv", lambda rows: text_of(rows, "\t")), (RIGHT, REFUSED)),
    Case("more delivery in a workbook", split_out("insights", "insights_2.xlsx"), (RIGHT, REFUSED), "xlsx"),
    Case("more delivery in a folder below", split_out("insights", "2024-09/insights.csv"), (RIGHT, REFUSED, TOLD)),
    Case("more delivery in an archive", split_out("insights", "older.csv.gz", lambda rows: gzip.compress(text_of(rows).encode())), (RIGHT, REFUSED)),
    Case("delivery as a workbook alone", lambda t: {k: v for k, v in t.items() if k != "insights"} | {"insights.xlsx": t["insights"]}, (RIGHT, REFUSED), "xlsx"),
    Case("a workbook of something else", add_file("plan 2025.xlsx", lambda t: t["lookup"]), (SAID,), "xlsx"),
    Case("the same file packed, too", add_file("insights.csv.gz", lambda t: gzip.compress(text_of(t["insights"]).encode())), (RIGHT, REFUSED)),
    Case("a copy of a file", add_file("Copy of campaign_leads.csv", lambda t: t["leads"]), (SAID, RIGHT, REFUSED)),
    Case("a second file without rows", add_file("insights_2.csv", lambda t: t["insights"].iloc[:0]), (RIGHT, REFUSED)),
    Case("a second file without a byte", add_file("insights_2.csv", lambda t: ""), (RIGHT, REFUSED)),
    Case("droppings of systems", lambda t: t | {".DS_Store": b"\0\0\0\1Bud1", "Thumbs.db": b"\xd0\xcf\x11\xe0", "desktop.ini": "[.ShellClassInfo]\n", "README.txt": "Exported monthly.\n"}),
    Case("names in capitals", lambda t: {k: v for k, v in t.items() if k not in ("insights", "leads")} | {"INSIGHTS.CSV": t["insights"], "Campaign_Leads.Csv": t["leads"]}),
    Case("a second file without a header", without_header, (RIGHT, REFUSED, TOLD), "insights_2"),
    Case("a second file in another order of columns", in_other_order),
    Case("a second file in another encoding", in_utf_16),
    Case("a download that broke off within a line", lambda t: t | {"insights": text_of(t["insights"])[:-60]}, (REFUSED, TOLD), "insights"),
    Case("a download that broke off within quotes", lambda t: t | {"leads": text_of(t["leads"].assign(message='a "b"'))[:-4]}, (REFUSED, TOLD, RIGHT, SAID)),
]  # fmt: skip
