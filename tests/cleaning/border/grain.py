"""Delivery by other grains than ad set and day: finer, coarser, restated, with totals."""

from collections.abc import Mapping
from typing import Final

import pandas as pd
from cleaning.border.damage import REFUSED, RIGHT, SAID, TOLD, Case, several, text_of
from cleaning.border.export import Damage, Tables


def break_down(column: str, shares: Mapping[str, float], *, keep: bool = True) -> Damage:
    """Each row in parts whose figures add up to it."""

    def damage(t: Tables) -> None:
        rows, parts = t["insights"], []
        left = {name: rows[name].astype(float) for name in ("spend", "impressions", "clicks")}
        for position, (value, share) in enumerate(shares.items()):
            is_last = position == len(shares) - 1
            part = rows.copy()
            for name in left:
                own = rows[name].astype(float) * share
                own = own.round(2) if name == "spend" else own.astype(int)
                own = left[name] if is_last else own
                left[name] = left[name] - own
                part[name] = own.map("{:.2f}".format if name == "spend" else "{:.0f}".format)
            parts.append(part.assign(**{column: value}) if keep else part)
        t["insights"] = pd.concat(parts).sort_index(kind="stable").reset_index(drop=True)

    return damage


def halve(
    column: str | None, values: tuple[str, ...] = ("Mobile", "Desktop"), *, apart: bool = False
) -> Damage:
    """Each row in equal parts: the flawless figures are whole multiples of the parts'."""

    def damage(t: Tables) -> None:
        rows, n = t["insights"], len(values)
        cents = (rows["spend"].astype(float) * 100).round().astype(int)
        part = rows.assign(
            spend=cents.floordiv(n).map(lambda x: f"{x / 100:.2f}"),
            impressions=rows["impressions"].astype(int).floordiv(n).astype(str),
            clicks=rows["clicks"].astype(int).floordiv(n).astype(str),
        )
        parts = [part.assign(**{column: value}) if column else part for value in values]
        made = pd.concat(parts) if apart else pd.concat(parts).sort_index(kind="stable")
        t["insights"] = made.reset_index(drop=True)

    return damage


def evenly(n: int) -> Damage:
    """Figures that can be divided by `n`, so that parts lose nothing."""

    def damage(t: Tables) -> None:
        rows = t["insights"]
        cents = (rows["spend"].astype(float) * 100).round().astype(int)
        t["insights"] = rows.assign(
            spend=(cents // n * n).map(lambda x: f"{x / 100:.2f}"),
            impressions=(rows["impressions"].astype(int) // n * n).astype(str),
            clicks=((rows["clicks"].astype(int) // n + 1) * n).astype(str),
        )

    return damage


def coarsen(step: str, *, columns: str) -> Damage:
    """Rows per week, fortnight or month; `columns` says how the file states them."""

    def damage(t: Tables) -> None:
        rows = t["insights"]
        day = pd.to_datetime(rows["created_at"])
        period = day.dt.to_period(step) if step != "2W" else None
        first = (
            period.dt.start_time
            if period is not None
            else day - pd.to_timedelta((day - pd.Timestamp("2024-06-03")).dt.days % 14, "D")
        )
        last = period.dt.end_time.dt.normalize() if period is not None else first + pd.Timedelta(days=13)
        figures = {name: rows[name].astype(float) for name in ("reach", "spend", "clicks", "impressions")}
        made = rows.assign(**figures, first=first, last=last)
        made = made.groupby(["ad_set_id", "campaign_id", "first", "last"], as_index=False)[
            list(figures)
        ].sum()
        for name in figures:
            made[name] = made[name].map("{:.2f}".format if name == "spend" else "{:.0f}".format)
        first, last = made.pop("first").dt.strftime("%Y-%m-%d"), made.pop("last").dt.strftime("%Y-%m-%d")
        if columns == "both":
            made = made.assign(reporting_starts=first, reporting_ends=last)
        elif columns == "range":
            made = made.assign(created_at=first + " - " + last)
        else:
            made = made.assign(created_at=first)
        t["insights"] = made

    return damage


def restate_in_file(every: int, factor: float) -> Damage:
    def damage(t: Tables) -> None:
        rows = t["insights"]
        again = rows[rows.index % every == 0]
        spend = again["spend"].astype(float).mul(factor).map("{:.2f}".format)
        t["insights"] = pd.concat([rows, again.assign(spend=spend)], ignore_index=True)

    return damage


def twice(t: Tables) -> None:
    t["insights"] = pd.concat([t["insights"]] * 2, ignore_index=True)


def total_line(
    label: str, *, at: str = "end", factor: float = 1.0, place: str = "ad_set_id", blank: str = ""
) -> Damage:
    """A line with the sum of all, its label in one of the id columns."""

    def damage(t: Tables) -> None:
        rows = t["insights"]
        total = dict.fromkeys(rows.columns, blank) | {
            "spend": f"{rows['spend'].astype(float).sum() * factor:.2f}",
            "impressions": str(rows["impressions"].astype(int).sum()),
            "clicks": str(rows["clicks"].astype(int).sum()),
        }
        if label:
            total[place] = label
        made = [rows, pd.DataFrame([total])]
        t["insights"] = pd.concat(made if at == "end" else made[::-1], ignore_index=True)

    return damage


def subtotals(label: str, *, keeps_campaign: bool) -> Damage:
    """A line below each campaign's rows with their sum."""

    def damage(t: Tables) -> None:
        parts = []
        for campaign, rows in t["insights"].groupby("campaign_id", sort=False):
            total = dict.fromkeys(rows.columns, "") | {
                "ad_set_id": label,
                "campaign_id": campaign if keeps_campaign else "",
                "spend": f"{rows['spend'].astype(float).sum():.2f}",
                "impressions": str(rows["impressions"].astype(int).sum()),
                "clicks": str(rows["clicks"].astype(int).sum()),
            }
            parts += [rows, pd.DataFrame([total])]
        t["insights"] = pd.concat(parts, ignore_index=True)

    return damage


def report_days(t: Tables) -> None:
    day = t["insights"].pop("created_at").str[:10]
    t["insights"] = t["insights"].assign(reporting_starts=day, reporting_ends=day)


def hours(t: Tables) -> None:
    """Three rows a day at different hours."""
    halve("hour", ("08:00:00", "13:00:00", "22:00:00"))(t)
    rows = t["insights"]
    t["insights"] = rows.assign(created_at=rows["created_at"].str[:10] + " " + rows.pop("hour"))


REGIONS: Final = {"Cairo": 0.5, "Giza": 0.3, "Alexandria": 0.2}


def beside_whole_period(t: Tables) -> None:
    """A day of its own beside the first and last day of the report."""
    day = t["insights"].pop("created_at").str[:10]
    t["insights"] = t["insights"].assign(Day=day, reporting_starts="2024-06-03", reporting_ends="2024-09-20")


def add_coarse_file(step: str) -> Damage:
    """Beside the daily file another of the same delivery by month or week."""

    def damage(t: Tables) -> Tables:
        coarse = {"insights": t["insights"].copy()}
        coarsen(step, columns="both")(coarse)
        return t | {"insights_2.csv": coarse["insights"]}

    return damage


def coarse_since_august(t: Tables) -> Tables:
    """Days until the end of July, weeks since."""
    is_early = t["insights"]["created_at"] < "2024-07-29"
    coarse = {"insights": t["insights"][~is_early].copy()}
    coarsen("W", columns="first")(coarse)
    rows = pd.concat([t["insights"][is_early], coarse["insights"]], ignore_index=True)
    return t | {"insights": rows[t["insights"].columns]}


GRAIN: Final = [
    Case("a breakdown by region", break_down("Region", REGIONS)),
    Case("a breakdown by country, unequal", break_down("Country", {"EG": 0.7, "AE": 0.2, "SA": 0.1})),
    Case("a breakdown by device in equal halves", halve("Impression device"), base=evenly(2)),
    Case("a breakdown by platform and placement", several(halve("Placement", ("feed", "reels")), halve("Publisher platform", ("facebook", "instagram"))), base=evenly(4)),
    Case("a breakdown whose column is left out, unequal", break_down("Region", REGIONS, keep=False), (RIGHT, REFUSED)),
    Case("a breakdown whose column is left out, equal halves", halve(None), (SAID, REFUSED), base=evenly(2)),
    Case("a breakdown by hour of the day in a column", halve("Time of day (ad account time zone)", ("08:00:00 - 08:59:59", "13:00:00 - 13:59:59", "22:00:00 - 22:59:59")), base=evenly(3)),
    Case("rows at three hours of a day", hours, base=evenly(3)),
    Case("a breakdown by a column of nobody's words", halve("zzz", ("p", "q")), (RIGHT, REFUSED, SAID), base=evenly(2)),
    Case("the period's first and last day, day by day", report_days),
    Case("rows per week with both days", coarsen("W", columns="both"), (REFUSED,), "day"),
    Case("rows per month with both days", coarsen("M", columns="both"), (REFUSED,), "day"),
    Case("rows per fortnight with both days", coarsen("2W", columns="both"), (REFUSED,), "day"),
    Case("rows per month, the first day alone", coarsen("M", columns="first"), (REFUSED, SAID), ""),
    Case("rows per week, the first day alone", coarsen("W", columns="first"), (REFUSED, SAID), ""),
    Case("rows per quarter with both days", coarsen("Q", columns="both"), (REFUSED,), "day"),
    Case("rows per week as a range of days", coarsen("W", columns="range"), (REFUSED,), "created_at|day"),
    Case("one key in ten restated in the same file", restate_in_file(10, 1.07), (REFUSED,), ""),
    Case("one key in three restated in the same file", restate_in_file(3, 0.9), (REFUSED,), ""),
    Case("every row twice", twice, (SAID, REFUSED)),
    Case("a total at the end", total_line("Total"), (RIGHT,)),
    Case("a total on top without a word", total_line("", at="top"), (RIGHT,)),
    Case("a total in Arabic", total_line("الإجمالي"), (RIGHT,)),
    Case("a total in German", total_line("Gesamt"), (RIGHT,)),
    Case("a total in French", total_line("Total général"), (RIGHT,)),
    Case("a grand total in capitals in the campaign's column", total_line("GRAND TOTAL", place="campaign_id"), (RIGHT,)),
    Case("a total with dashes for ids", total_line("Total: Account", blank="--"), (RIGHT,)),
    Case("a stated total that its rows do not add up to", total_line("Total", factor=1.01), (SAID,), r"362,|482,|total"),
    Case("subtotals in the middle", subtotals("Subtotal", keeps_campaign=True)),
    Case("subtotals without a word or a campaign", subtotals("", keeps_campaign=False)),
    Case("subtotals of a campaign without a word", subtotals("", keeps_campaign=True)),
    Case("blank lines between rows", lambda t: t | {"insights": text_of(t["insights"]).replace("\n", "\n\n", 40)}),
    Case("rows of separators alone", lambda t: t | {"insights": text_of(t["insights"]).replace("\n", "\n,,,,,,\n", 3)}),
    Case("a day beside the report's whole period", beside_whole_period),
    Case("a file by month beside the daily one", add_coarse_file("M"), (REFUSED, RIGHT)),
    Case("a file by week beside the daily one", add_coarse_file("W"), (REFUSED, RIGHT)),
    Case("days until July, weeks since", coarse_since_august, (REFUSED, SAID, TOLD)),
]  # fmt: skip
