"""A small, flawless export of two markets, counted without the library."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

MARKET = "new-cairo"
MARKETS = (MARKET, "gulf")
FILES = {
    "campaigns": "campaigns.csv",
    "insights": "insights.csv",
    "leads": "campaign_leads.csv",
    "events": "lead_status_changes.csv",
    "lookup": "project_markets.csv",
}
#: What a person is called who is nobody's customer.
NAMES = [
    "Mona Sabry",
    "Omar Nasr",
    "ليلى نبيل",
    "Hassan Lotfy",
    "كريم فاروق",
    "Sara Zaki",
    "Dina Halim",
    "Tarek Fahmy",
]
PROJECTS = {"Cedar Square": MARKET, "Ivory Towers": MARKET, "Meadow Park": MARKET, "Lotus Bay": "gulf"}

Tables = dict[str, pd.DataFrame]
Damage = Callable[[Tables], "Tables | None"]


@dataclass(frozen=True)
class Figures:
    """What a market's pages would show; None where nobody can say it."""

    campaigns: int | None = None
    spend: float | None = None
    impressions: int | None = None
    clicks: int | None = None
    leads: int | None = None
    qualified: int | None = None
    repeats: int | None = None
    events: int | None = None
    ad_sets: int | None = None
    days: int | None = None

    def differences(self, true: "Figures") -> list[str]:
        """Figures that differ from the true ones, by name; money by more than a cent."""
        pairs = {name: (mine, getattr(true, name)) for name, mine in vars(self).items()}
        return [
            f"{name} {mine:,} instead of {theirs:,}"
            for name, (mine, theirs) in pairs.items()
            if theirs is not None and not math.isclose(mine, theirs, rel_tol=1e-9, abs_tol=0.011)
        ]


@cache
def _flawless(seed: int) -> Tables:
    draw = np.random.default_rng(seed)
    campaigns, delivery, leads, events = [], [], [], []
    days = pd.date_range("2024-06-03", "2024-09-20")
    for number in range(20):
        campaign = str(120_210_000_345_006_501 + 7_919 * number)
        project = [*PROJECTS][number % 4]
        start = int(draw.integers(0, len(days) - 32))
        length = int(draw.integers(14, 30))
        run = days[start : start + length]
        campaigns.append(
            {
                "id": campaign,
                "daily_budget": "1500",
                "start_time": f"{run[0]:%Y-%m-%d} 00:00:00",
                "stop_time": f"{run[-1]:%Y-%m-%d} 23:59:59",
                "user_id": str(40 + number % 7),
                "project_name": project,
                "channel": ["facebook", "instagram"][number % 2],
            }
        )
        for ad_set in range(2):
            for day in run:
                spend = round(float(draw.gamma(9, 60)), 2)
                impressions = int(spend * draw.uniform(4, 9)) + 10
                delivery.append(
                    {
                        "ad_set_id": str(120_220_000_987_016_601 + 104_729 * (2 * number + ad_set)),
                        "campaign_id": campaign,
                        "reach": str(int(impressions * 0.83)),
                        "spend": f"{spend:.2f}",
                        "clicks": str(1 + int(impressions * draw.uniform(0.01, 0.04))),
                        "impressions": str(impressions),
                        "created_at": f"{day:%Y-%m-%d} 00:00:00",
                    }
                )
        for _ in range(20):
            number_of_lead = len(leads)
            lead = str(780_021 + 17 * number_of_lead)
            arrived = draw.choice(run) + np.timedelta64(int(draw.integers(8 * 3600, 23 * 3600)), "s")
            status = str(draw.choice(["NEW_LEAD", "QUALIFIED", "NOT_QUALIFIED", "NO_ANSWER", "FOLLOW_UP"]))
            leads.append(
                {
                    "id": lead,
                    "campaign_id": campaign,
                    "name": f"{NAMES[number_of_lead % len(NAMES)]} {_letters(number_of_lead)}",
                    "email": f"{_letters(number_of_lead).lower()}.{number_of_lead}@example.org",
                    "phone": f"+2010{20_000_000 + 13_577 * number_of_lead}",
                    "lead_status": status,
                    "added_date": f"{pd.Timestamp(arrived):%Y-%m-%d %H:%M:%S}",
                }
            )
            moments = [(pd.Timestamp(arrived), "NEW_LEAD")]
            if status != "NEW_LEAD":
                later = pd.Timestamp(arrived) + pd.Timedelta(seconds=int(draw.gamma(2, 40_000)) + 600)
                moments.append((later, status))
            events += [
                {"lead_id": lead, "status": what, "created_at": f"{when:%Y-%m-%d %H:%M:%S}"}
                for when, what in moments
            ]
    lookup = [{"project_name": project, "market": market} for project, market in PROJECTS.items()]
    made = zip(FILES, (campaigns, delivery, leads, events, lookup), strict=True)
    return {name: pd.DataFrame(rows, dtype="str") for name, rows in made}


def _letters(number: int) -> str:
    return "".join("BCDFGHKLMN"[int(digit)] for digit in f"{number:04}")


def make_export(seed: int = 7) -> Tables:
    """A fresh copy of the flawless export: 20 campaigns, two ad sets each, 400 leads, their whole history."""
    return {name: rows.copy() for name, rows in _flawless(seed).items()}


def write_export(tables: Mapping[str, Any], folder: Path) -> Path:
    """Write tables under their files' names; texts and bytes are written as they are."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in tables.items():
        path = folder / FILES.get(name, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(rows, bytes):
            path.write_bytes(rows)
        elif isinstance(rows, str):
            path.write_text(rows, encoding="utf-8", newline="")
        elif path.suffix == ".xlsx":
            rows.to_excel(path, index=False)
        else:
            rows.to_csv(path, index=False, lineterminator="\n")
    return path.parent if not tables else folder


def true_figures(tables: Tables, market: str = MARKET) -> Figures:
    """A market's figures, counted from the flawless tables without the library."""
    projects = {project for project, of in PROJECTS.items() if of == market}
    campaigns = set(tables["campaigns"].loc[tables["campaigns"]["project_name"].isin(projects), "id"])
    delivery = tables["insights"][tables["insights"]["campaign_id"].isin(campaigns)]
    leads = tables["leads"][tables["leads"]["campaign_id"].isin(campaigns)]
    return Figures(
        campaigns=len(campaigns),
        spend=round(float(delivery["spend"].astype(float).sum()), 2),
        impressions=int(delivery["impressions"].astype(int).sum()),
        clicks=int(delivery["clicks"].astype(int).sum()),
        leads=len(leads),
        qualified=int(leads["lead_status"].eq("QUALIFIED").sum()),
        repeats=0,
        events=int(tables["events"]["lead_id"].isin(leads["id"]).sum()),
        ad_sets=delivery["ad_set_id"].nunique(),
        days=sum_days(delivery["created_at"].str[:10]),
    )


def sum_days(days: pd.Series) -> int:
    """A number that differs as soon as one row stands on another day."""
    return sum(
        (day - pd.Timestamp("2024-01-01")).days ** 2 for day in pd.to_datetime(days.astype("str").unique())
    )
