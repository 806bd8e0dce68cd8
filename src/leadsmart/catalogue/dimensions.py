"""The dimensions, one entry each: the column, which rows have it, and its name on screen.

Groups of a dimension of leads are people. `measures.aggregate_kpis` hides what a breakdown by one says of few of them.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

#: Which rows have a dimension: all rows of a campaign; all rows of a day, delivered or arrived; rows of delivery only; leads
#: only.
CAMPAIGN: Final = "campaign"
DAY: Final = "day"
DELIVERY: Final = "delivery"
LEAD: Final = "lead"


@dataclass(frozen=True)
class Dimension:
    """One dimension.

    Attributes
    ----------
    column : str
        In the frames of campaigns, delivery or leads.
    level : {"campaign", "day", "delivery", "lead"}
    label : str
        Singular name on screen.
    key : str
        Name in the address of the drill-down, which ``assets/explore.js`` has to know; empty where it does not offer it.
    beside : tuple of str
        Dimensions of the same level that stand beside it in tables.
    """

    column: str
    level: str
    label: str
    key: str = ""
    beside: tuple[str, ...] = ()


#: In the order in which the drill-down offers them.
DIMENSIONS: Final[dict[str, Dimension]] = {
    dimension.column: dimension
    for dimension in (
        Dimension("channel", CAMPAIGN, "Channel", key="channel"),
        Dimension("user_id", CAMPAIGN, "Business user", key="user"),
        Dimension("project_name", CAMPAIGN, "Project", key="project"),
        Dimension(
            "campaign_id", CAMPAIGN, "Campaign", key="campaign", beside=("project_name", "user_id", "channel")
        ),
        Dimension("market", CAMPAIGN, "Market"),
        Dimension("week", DAY, "Week"),
        Dimension("weekday", DAY, "Weekday"),
        Dimension("ad_set_id", DELIVERY, "Ad set"),
        Dimension("hour", LEAD, "Hour"),
        Dimension("form_variant", LEAD, "Form variant"),
    )
}


def levels_of(columns: Collection[str]) -> set[str]:
    """The levels that a grouping mixes.

    Parameters
    ----------
    columns : Collection[str]

    Returns
    -------
    set[str]

    Raises
    ------
    ValueError
        If a column is no dimension: nobody knows then whether its groups are people.
    """
    unknown = [column for column in columns if column not in DIMENSIONS]
    if unknown:
        raise ValueError(f"{unknown[0]} is no dimension of the catalogue; known are {', '.join(DIMENSIONS)}")
    return {DIMENSIONS[column].level for column in columns}
