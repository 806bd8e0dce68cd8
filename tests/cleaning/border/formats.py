"""Figures and days as other countries' spreadsheets write them."""

from collections.abc import Callable
from typing import Final

import pandas as pd
from cleaning.border.damage import (
    REFUSED,
    RIGHT,
    SAID,
    TOLD,
    Case,
    arabic,
    each,
    moments,
    several,
    some,
    text_of,
    written,
)
from cleaning.border.export import Damage, Tables


def whole_money(t: Tables) -> None:
    t["insights"]["spend"] = t["insights"]["spend"].map(lambda x: f"{float(x):.0f}")


def lakhs(number: float, decimals: int) -> str:
    whole, _, rest = f"{number:.{decimals}f}".partition(".")
    head, tail = whole[:-3], whole[-3:]
    groups = [tail]
    while head:
        groups.insert(0, head[-2:])
        head = head[:-2]
    return ",".join(groups) + (f".{rest}" if rest else "")


def numbers(form: Callable[[float, int], str]) -> Damage:
    """Figures of delivery as somebody's spreadsheet shows them."""

    def damage(t: Tables) -> None:
        for column, decimals in (("reach", 0), ("spend", 2), ("clicks", 0), ("impressions", 0)):
            figures = t["insights"][column].astype(float)
            t["insights"][column] = figures.map(lambda x, d=decimals: form(x, d))

    return damage


def larger(factor: int) -> Damage:
    """Larger campaigns: budgets, spend and what it brought."""

    def damage(t: Tables) -> None:
        numbers(lambda x, decimals: f"{x * factor:.{decimals}f}")(t)
        t["campaigns"]["daily_budget"] = str(1500 * factor)

    return damage


def localised(thousands: str, decimal: str) -> Callable[[float, int], str]:
    swap = str.maketrans({",": thousands, ".": decimal})
    return lambda x, decimals: f"{x:,.{decimals}f}".translate(swap)


def persian(x: str) -> str:
    return x.translate(str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹"))


def separated(separator: str, *tables: str) -> Damage:
    return lambda t: t | {name: text_of(t[name], separator) for name in tables or t}


ARABIC_MONTHS: Final = (
    "يناير",
    "فبراير",
    "مارس",
    "أبريل",
    "مايو",
    "يونيو",
    "يوليو",
    "أغسطس",
    "سبتمبر",
    "أكتوبر",
    "نوفمبر",
    "ديسمبر",
)
LEVANTINE_MONTHS: Final = (
    "كانون الثاني",
    "شباط",
    "آذار",
    "نيسان",
    "أيار",
    "حزيران",
    "تموز",
    "آب",
    "أيلول",
    "تشرين الأول",
    "تشرين الثاني",
    "كانون الأول",
)
FRENCH_MONTHS: Final = (
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
)


def in_words(months: tuple[str, ...], digits: Callable[[str], str] = str) -> Callable[[pd.Series], pd.Series]:
    return lambda x: x.map(
        lambda day: f"{digits(str(day.day))} {months[day.month - 1]} {digits(str(day.year))}"
    )


def only_early_days(t: Tables) -> None:
    """Delivery of a month's first twelve days alone, as dd/mm/yyyy: nothing in the column tells the order."""
    rows = t["insights"]
    t["insights"] = rows[rows["created_at"].str[8:10].astype(int) <= 12].reset_index(drop=True)


def two_countries(t: Tables) -> Tables:
    """One file as Europeans write it, one as Americans do."""
    parts = {}
    for name, rows, form, day in (
        ("insights_1.csv", t["insights"].iloc[::2], localised(".", ","), "%d/%m/%Y"),
        ("insights_2.csv", t["insights"].iloc[1::2], localised(",", "."), "%m/%d/%Y"),
    ):
        part = {"insights": rows.copy()}
        several(numbers(form), moments("insights", "created_at", written(day)))(part)
        parts[name] = part["insights"]
    return {name: rows for name, rows in t.items() if name != "insights"} | parts


FORMATS: Final = [
    Case("Indian grouping", numbers(lakhs), base=larger(100)),
    Case("English grouping", numbers(localised(",", ".")), base=larger(10)),
    Case("European figures behind semicolons", several(numbers(localised(".", ",")), separated(";"))),
    Case("European figures behind tabs", several(numbers(localised(".", ",")), separated("\t"))),
    Case("European figures in quotes", numbers(localised(".", ","))),
    Case("Swiss figures", numbers(localised("'", ".")), base=larger(10)),
    Case("Swiss figures with a typographer's apostrophe", numbers(localised("\u2019", ".")), base=larger(10)),
    Case("French figures", numbers(localised("\u202f", ",")), base=larger(10)),
    Case("figures with blanks", numbers(localised(" ", ".")), base=larger(10)),
    Case("whole figures with points, money with a decimal point", several(*(each("insights", x, lambda v: f"{int(v):,}".replace(",", ".")) for x in ("impressions", "reach"))), (RIGHT, REFUSED)),
    Case("money in whole thousands with points", each("insights", "spend", lambda x: f"{float(x):,.0f}".replace(",", ".")), (RIGHT, REFUSED, SAID), base=several(larger(10), whole_money)),
    Case("Arabic digits and separators", numbers(lambda x, d: arabic(f"{x:,.{d}f}").translate(str.maketrans({",": "٬", ".": "٫"}))), base=larger(10)),
    Case("Persian digits", each("insights", "impressions", persian)),
    Case("shortened figures", each("insights", "impressions", lambda x: f"{int(x) / 1000:.1f}K"), (REFUSED, TOLD), "impressions"),
    Case("a stated point against commas", several(numbers(localised(".", ",")), separated(";")), (REFUSED,), "decimal_comma|spend|comma", {"decimal_comma": "false"}),
    Case("a stated comma against points", numbers(lambda x, d: f"{x:.{d}f}"), (REFUSED, RIGHT), "", {"decimal_comma": "true"}),
    Case("words in a third of the figures", some("insights", "spend", lambda _: "n. v.", 3), (REFUSED,), "spend"),
    Case("no figure can be read", each("insights", "spend", lambda x: f"~{x}~"), (REFUSED,), "spend"),
    Case("day, month, year", moments("insights", "created_at", written("%d/%m/%Y"))),
    Case("month, day, year", moments("insights", "created_at", written("%m/%d/%Y"))),
    Case("day, month, two digits", moments("insights", "created_at", written("%d.%m.%y")), (RIGHT, REFUSED)),
    Case("day, month, year of leads and events", several(moments("leads", "added_date", written("%d-%m-%Y %H:%M")), moments("events", "created_at", written("%d-%m-%Y %H:%M:%S"))), (RIGHT,)),
    Case("American leads, European delivery", several(moments("leads", "added_date", written("%m/%d/%Y %I:%M:%S %p")), moments("insights", "created_at", written("%d/%m/%Y")))),
    Case("days that could be months, delivery alone", moments("insights", "created_at", written("%d/%m/%Y")), (REFUSED, SAID), base=only_early_days),
    Case("days that could be months the American way", moments("insights", "created_at", written("%m/%d/%Y")), (REFUSED, SAID), base=only_early_days),
    Case("a stated order against the column", moments("insights", "created_at", written("%m/%d/%Y")), (REFUSED,), "date_order|created_at", {"date_order": "dmy"}),
    Case("slashes, year first", moments("insights", "created_at", written("%Y/%m/%d"))),
    Case("no separators", moments("insights", "created_at", written("%Y%m%d")), (RIGHT, REFUSED)),
    Case("days of a spreadsheet as numbers", moments("insights", "created_at", lambda x: (x - pd.Timestamp("1899-12-30")).dt.days.astype(str)), (RIGHT, REFUSED)),
    Case("seconds since 1970", moments("leads", "added_date", lambda x: x.dt.tz_localize("Africa/Cairo").map(lambda m: str(int(m.timestamp()))))),
    Case("milliseconds since 1970", moments("leads", "added_date", lambda x: x.dt.tz_localize("Africa/Cairo").map(lambda m: f"{int(m.timestamp())}000"))),
    Case("month's short name, two digits", moments("insights", "created_at", written("%d-%b-%y"))),
    Case("month's name in capitals", moments("insights", "created_at", lambda x: x.dt.strftime("%d-%b-%Y").str.upper())),
    Case("month's name first", moments("leads", "added_date", written("%B %d, %Y %H:%M:%S"))),
    Case("weekday first", moments("insights", "created_at", written("%A, %B %d, %Y"))),
    Case("RFC 2822", moments("leads", "added_date", lambda x: x.dt.tz_localize("Africa/Cairo").map(lambda m: m.strftime("%a, %d %b %Y %H:%M:%S %z")))),
    Case("JavaScript's own", moments("events", "created_at", written("%a %b %d %Y %H:%M:%S GMT+0300 (Eastern European Summer Time)"))),
    Case("ISO with milliseconds and zone", moments("events", "created_at", lambda x: x.dt.tz_localize("Africa/Cairo").dt.tz_convert("UTC").dt.strftime("%Y-%m-%dT%H:%M:%S.000Z"))),
    Case("months in French", moments("insights", "created_at", in_words(FRENCH_MONTHS)), (RIGHT, REFUSED), ""),
    Case("months in Arabic", moments("insights", "created_at", in_words(ARABIC_MONTHS, arabic)), (RIGHT, REFUSED)),
    Case("months in the Levant's Arabic", moments("insights", "created_at", in_words(LEVANTINE_MONTHS)), (RIGHT, REFUSED)),
    Case("ISO days in Arabic digits", each("leads", "added_date", arabic)),
    Case("Arabic clock without seconds", moments("leads", "added_date", lambda x: x.dt.strftime("%d/%m/%Y %I:%M %p").str.replace("AM", "ص").str.replace("PM", "م")), (RIGHT, REFUSED)),
    Case("half ISO, half day first", some("leads", "added_date", lambda x: f"{x[8:10]}/{x[5:7]}/{x[:4]} {x[11:]}", 2), (RIGHT, REFUSED, TOLD)),
    Case("a third of the days cannot be read", some("leads", "added_date", lambda _: "soon", 3), (REFUSED,), "added_date"),
    Case("one day in twenty cannot be read", some("leads", "added_date", lambda _: "#####", 20), (TOLD,), "added_date|date"),
    Case("days shown as hash marks by a spreadsheet", each("insights", "created_at", lambda _: "########"), (REFUSED,), "created_at"),
    Case("weeks instead of days", moments("insights", "created_at", written("%G-W%V")), (REFUSED,), "created_at"),
    Case("months instead of days", moments("insights", "created_at", written("%B %Y")), (REFUSED,), "created_at"),
    Case("months as numbers instead of days", moments("insights", "created_at", written("%Y-%m")), (REFUSED,), "created_at"),
    Case("a file of Europe and one of America", two_countries),
    Case("no leading zeros, two digits", moments("insights", "created_at", lambda x: x.map(lambda d: f"{d.month}/{d.day}/{d:%y}"))),
    Case("days alone where moments are asked", moments("leads", "added_date", written("%Y-%m-%d")), (RIGHT, SAID)),
    Case("money in brackets, as accountants write credits", some("insights", "spend", "({})".format, 9), (TOLD, REFUSED), "spend|negative"),
    Case("money with a minus behind", some("insights", "spend", "{}-".format, 9), (TOLD, REFUSED), "spend|negative"),
    Case("counts with decimals", several(each("insights", "impressions", "{}.00".format), each("insights", "clicks", "{},0".format)), (RIGHT, REFUSED)),
]  # fmt: skip
