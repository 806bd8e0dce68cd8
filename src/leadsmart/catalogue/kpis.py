"""The KPIs, one entry each: what is summed or divided, how to read it, and where it is shown.

A KPI is a sum over delivery or lead rows, or a ratio of such sums. Whatever computes or shows KPIs looks them up when
it is called, so that a new one is a new entry here. Formulas, tables, ranges, cards and the definitions page follow.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Flag, auto
from typing import Final

import pandas as pd

from leadsmart.vocabulary import FEEDBACK_BOTH, UNIT_COUNT, UNIT_MONEY, UNIT_RATIO, UNIT_SHARE

#: Rows that a sum is taken over: those of `measures.delivery_frame` and of `measures.lead_frame`.
DELIVERY: Final = "delivery"
LEADS: Final = "leads"
#: Scales of intervals: shares, and ratios that may exceed one.
LOGIT: Final = "logit"
LOG: Final = "log"


class Place(Flag):
    """Where a KPI appears on screen; CSV files always have all of them."""

    NOWHERE = 0
    CARDS = auto()
    #: The table of weeks on screen.
    WEEKS = auto()
    DRILL_DOWN = auto()
    #: Tables by group, with the range of the ratio beside it.
    RANGES = auto()
    #: A client beside other business users.
    BENCHMARKS = auto()
    #: What hangs on a single business user.
    ONE_USER_OUT = auto()
    #: The summary of each market, and what moved since the run compared with.
    MARKETS = auto()


@dataclass(frozen=True)
class Kpi:
    """One KPI.

    Attributes
    ----------
    name : str
        Column in tables.
    label : str
        Name on screen; empty for what has none.
    unit : str
        One of the vocabulary.
    reading : str
        How to read it; empty where the definitions page does not list it.
    rows : str
        Of a sum: "delivery" or "leads".
    counts : callable, optional
        Of a sum: what each of the rows adds; without it the value of the column `name`.
    counted : str
        Of a sum of leads: what is counted, in words.
    numerator : tuple of str
        Of a ratio: the sums that are added up above the line.
    denominator : str
        Of a ratio: the sum below the line; it is the n beside the value.
    factor : float
        Of a ratio: what the numerator is multiplied by.
    scale : str
        Of a ratio: the scale its interval is made on; empty for no interval.
    matures : bool
        Whether it needs time, so that changes compare leads of equal age.
    verdicts_of : str
        Whose verdicts count where groups are compared by it, as a kind of feedback; empty for everybody's.
    note : str
        What must be said beside the value.
    head : str
        Name in the head of a column, where `label` is too long.
    shown : Place
    """

    name: str
    label: str
    unit: str
    reading: str = ""
    rows: str = ""
    counts: Callable[[pd.DataFrame], pd.Series] | None = None
    counted: str = ""
    numerator: tuple[str, ...] = ()
    denominator: str = ""
    factor: float = 1
    scale: str = ""
    matures: bool = False
    verdicts_of: str = ""
    note: str = ""
    head: str = ""
    shown: Place = Place.NOWHERE

    @property
    def formula(self) -> str:
        """How it is computed, in words for a sum.

        >>> KPIS["cpm"].formula, KPIS["spend"].formula
        ('1000 * spend / impressions', 'Σ spend of the delivery rows')
        """
        if self.rows:
            return self.counted or f"Σ {self.name} of the {self.rows} rows"
        over = " + ".join(self.numerator)
        over = over if len(self.numerator) == 1 else f"({over})"
        return f"{'' if self.factor == 1 else f'{self.factor:g} * '}{over} / {self.denominator}"

    def parts(self, sums: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
        """Numerator, times the factor, and denominator of each row of a table of sums."""
        over = sums[list(self.numerator)].sum(axis=1, skipna=False)
        return self.factor * over, sums[self.denominator]


_EVERYWHERE = Place.CARDS | Place.WEEKS | Place.DRILL_DOWN | Place.RANGES | Place.MARKETS

#: In the order of the cards and of the columns of tables.
KPIS: Final[dict[str, Kpi]] = {
    kpi.name: kpi
    for kpi in (
        Kpi(
            "spend", "Spend", UNIT_MONEY, "What the ad platform charged", rows=DELIVERY,
            shown=Place.CARDS | Place.WEEKS | Place.DRILL_DOWN | Place.MARKETS,
        ),
        Kpi(
            "impressions", "Impressions", UNIT_COUNT, "How often ads were shown", rows=DELIVERY,
            shown=Place.CARDS | Place.DRILL_DOWN,
        ),
        Kpi(
            "reach", "Reach, summed", UNIT_COUNT, "An upper limit: a person reached on two days counts twice",
            rows=DELIVERY, note="added up over days and ad sets, so that people count again", shown=Place.CARDS,
        ),
        Kpi(
            "frequency", "Frequency", UNIT_RATIO, "Too low, as reach is too high: it doesn't add up",
            numerator=("impressions",), denominator="reach", scale=LOG,
            note="per summed reach, hence lower than in truth", shown=Place.CARDS,
        ),
        Kpi(
            "clicks", "Clicks", UNIT_COUNT, "How often ads were clicked", rows=DELIVERY,
            shown=Place.CARDS | Place.DRILL_DOWN,
        ),
        Kpi(
            "ctr", "CTR", UNIT_SHARE, "How many of those who see the ad click it",
            numerator=("clicks",), denominator="impressions", scale=LOGIT,
            shown=Place.CARDS | Place.WEEKS | Place.DRILL_DOWN | Place.RANGES | Place.BENCHMARKS,
        ),
        Kpi(
            "cpc", "CPC", UNIT_MONEY, "What a click costs",
            numerator=("spend",), denominator="clicks", scale=LOG,
            shown=Place.CARDS | Place.DRILL_DOWN | Place.BENCHMARKS,
        ),
        Kpi(
            "cpm", "CPM", UNIT_MONEY, "What a thousand impressions cost",
            numerator=("spend",), denominator="impressions", factor=1000, scale=LOG, shown=Place.CARDS,
        ),
        Kpi(
            "leads", "Leads", UNIT_COUNT, "People who left their contact",
            rows=LEADS, counts=lambda leads: leads["lead_id"].notna(), counted="number of leads",
            shown=Place.CARDS | Place.WEEKS | Place.DRILL_DOWN | Place.MARKETS,
        ),
        Kpi(
            "lead_rate", "Lead rate", UNIT_SHARE, "How many of those who click leave their contact",
            numerator=("leads",), denominator="clicks", scale=LOG, shown=Place.CARDS | Place.DRILL_DOWN,
        ),
        Kpi(
            "cpl", "CPL", UNIT_MONEY, "What a lead costs, good or bad",
            numerator=("spend",), denominator="leads", scale=LOG,
            shown=_EVERYWHERE | Place.BENCHMARKS | Place.ONE_USER_OUT,
        ),
        Kpi(
            "verdicts", "Verdicts", UNIT_COUNT, "Leads that sales judged",
            rows=LEADS, counts=lambda leads: leads["is_verdict"],
            counted="number of leads that are qualified or disqualified", matures=True,
        ),
        Kpi(
            "verdict_coverage", "Verdict coverage", UNIT_SHARE, "How much of the quality is known at all",
            numerator=("verdicts",), denominator="leads", scale=LOGIT, matures=True, head="Verdicts",
            shown=_EVERYWHERE | Place.ONE_USER_OUT,
        ),
        Kpi(
            "qualified_rate", "Qualified rate", UNIT_SHARE, "Quality among those that sales judged",
            numerator=("qualified",), denominator="verdicts", scale=LOGIT, matures=True,
            verdicts_of=FEEDBACK_BOTH, head="Qualified",
            shown=_EVERYWHERE | Place.BENCHMARKS | Place.ONE_USER_OUT,
        ),
        Kpi(
            "qualified_bound_low", "", UNIT_SHARE,
            "Where the qualified rate would lie if every lead without a verdict were disqualified",
            numerator=("qualified",), denominator="leads",
        ),
        Kpi(
            "qualified_bound_high", "", UNIT_SHARE, "Where it would lie if they were all qualified",
            numerator=("qualified", "no_verdict"), denominator="leads",
        ),
        Kpi(
            "qualified_share", "Qualified share", UNIT_SHARE,
            "Only between cohorts of equal age: young leads had no time yet",
            numerator=("qualified",), denominator="leads",
        ),
        Kpi(
            "qualified", "Qualified leads", UNIT_COUNT, "What sales call qualified, by the market's parameters",
            rows=LEADS, counts=lambda leads: leads["is_qualified"],
            counted="number of leads with a qualified status", matures=True, head="Qualified",
            shown=Place.CARDS | Place.DRILL_DOWN,
        ),
        Kpi(
            "disqualified", "", UNIT_COUNT, rows=LEADS,
            counts=lambda leads: leads["is_verdict"] & ~leads["is_qualified"],
            counted="number of leads with a disqualified status", matures=True,
        ),
        Kpi(
            "no_verdict", "", UNIT_COUNT, rows=LEADS, counts=lambda leads: ~leads["is_verdict"],
            counted="number of leads without a verdict", matures=True,
        ),
        Kpi(
            "cpql", "CPQL", UNIT_MONEY, "What a qualified lead costs",
            numerator=("spend",), denominator="qualified", scale=LOG, matures=True, verdicts_of=FEEDBACK_BOTH,
            shown=Place.CARDS | Place.DRILL_DOWN | Place.RANGES | Place.ONE_USER_OUT | Place.MARKETS,
        ),
        Kpi(
            "deals", "Deals", UNIT_COUNT, "What sales call a deal, by the market's parameters",
            rows=LEADS, counts=lambda leads: leads["is_deal"], counted="number of leads with a deal status",
            matures=True, shown=Place.CARDS | Place.DRILL_DOWN,
        ),
        # these two come from the history of leads, see `insights.journey`
        Kpi(
            "contacted_within_day", "Contacted within a day", UNIT_SHARE, note="of leads with a history",
            shown=Place.CARDS,
        ),
        Kpi("step_rate", "Step rate", UNIT_SHARE),
    )
}  # fmt: skip

#: Value of ``kpi_priority`` -> the cards that lead the page.
LEADING_CARDS: Final[dict[str, tuple[str, ...]]] = {
    "volume": ("leads", "spend", "cpl", "clicks", "impressions", "qualified"),
    "quality": ("qualified_rate", "verdict_coverage", "qualified", "cpql", "leads", "spend"),
    "cost": ("cpql", "cpl", "spend", "cpc", "cpm", "leads"),
    "speed": ("contacted_within_day", "verdict_coverage", "leads", "qualified_rate", "spend", "cpl"),
}


def kpis_in(place: Place, first: Iterable[str] = ()) -> list[Kpi]:
    """The KPIs shown in a place, in the order of the catalogue.

    Parameters
    ----------
    place : Place
    first : iterable of str
        Names of those that lead.

    Returns
    -------
    list of Kpi

    Examples
    --------
    >>> [kpi.name for kpi in kpis_in(Place.BENCHMARKS, first=["qualified_rate"])]
    ['qualified_rate', 'ctr', 'cpc', 'cpl']
    """
    return [KPIS[name] for name in dict.fromkeys((*first, *KPIS)) if place in KPIS[name].shown]


def sums(rows: str = "") -> list[Kpi]:
    """The KPIs that are sums, of all rows or of "delivery" or "leads" only."""
    return [kpi for kpi in KPIS.values() if kpi.rows and rows in ("", kpi.rows)]


def ratios() -> list[Kpi]:
    """The KPIs that are ratios of sums."""
    return [kpi for kpi in KPIS.values() if kpi.denominator]


def lead_costs() -> list[str]:
    """Names of the costs of leads: without spend there is none, though leads may come for what was spent before.

    >>> {"cpl", "cpql"} <= set(lead_costs()), "cpc" in lead_costs()
    (True, False)
    """
    return [k.name for k in ratios() if k.unit == UNIT_MONEY and KPIS[k.denominator].rows == LEADS]
