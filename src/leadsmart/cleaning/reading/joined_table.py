"""How much of a table was read and joined, and what became of the rest: for messages, the terminal and the page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from leadsmart.cleaning.parsing.sources import table_file
from leadsmart.errors import InputError
from leadsmart.formats import format_percent
from leadsmart.vocabulary import AD_PERFORMANCE, CAMPAIGNS, LEADS, STATUS_EVENTS

#: Why a row is in no figure; of several reasons the first counts.
UNPARSABLE, NO_ID, BAD_DATE, BAD_SPEND, NO_KEY, UNKNOWN_KEY = (
    "unparsable", "no id", "unreadable date", "unreadable spend", "no key", "unknown key",
)  # fmt: skip
#: Why a row is in no figure though nothing is wrong with it.
REPLACED: Final = "replaced"
#: Table -> the column by which its rows are joined, and the table and column that they look for.
KEYS: Final = {
    AD_PERFORMANCE: ("campaign_id", CAMPAIGNS, "id"),
    LEADS: ("campaign_id", CAMPAIGNS, "id"),
    STATUS_EVENTS: ("lead_id", LEADS, "id"),
}
#: Of the rows that were readable.
_NOT_JOINED: Final = (NO_KEY, UNKNOWN_KEY)


@dataclass(frozen=True)
class JoinedTable:
    """The rows of a table of the whole export.

    Attributes
    ----------
    table : str
    rows : int
        As read.
    replaced : int
        Rows that a newer file states again; not among the lost.
    lost : mapping
        Reason -> rows that are in no market's figures.
    lost_spend : float
        Of those rows.
    examples : sequence of str
        Keys that join nothing, most rows first.
    known : sequence of str
        Keys of the table that they look for.
    """

    table: str
    rows: int
    replaced: int
    lost: Mapping[str, int]
    lost_spend: float
    examples: Sequence[str]
    known: Sequence[str]

    @property
    def file(self) -> str:
        """What the table's file is usually called."""
        return table_file(self.table)

    @property
    def readable(self) -> int:
        """Rows whose ids, date and spend can be read."""
        return self.rows - sum(rows for reason, rows in self.lost.items() if reason not in _NOT_JOINED)

    @property
    def joined(self) -> int:
        """Readable rows of a campaign, or a lead, that the export has."""
        return self.rows - self.replaced - self.lost_rows

    @property
    def lost_rows(self) -> int:
        """Rows that are in no market's figures."""
        return sum(self.lost.values())

    @property
    def stray_rows(self) -> int:
        """Readable rows that no market can be told for, as their campaign or lead is not in the export."""
        return sum(self.lost.get(reason, 0) for reason in _NOT_JOINED)

    @property
    def lost_share(self) -> float:
        """Lost rows of those that no newer file states again."""
        counted = self.rows - self.replaced
        return self.lost_rows / counted if counted else 0.0

    @property
    def reasons(self) -> str:
        """Why rows are lost, most first; empty where none are."""
        return "; ".join(f"{rows:,} {self._reason(reason)}" for reason, rows in self.lost.items())

    @property
    def description(self) -> str:
        """How many rows are lost, and why."""
        spend = f" with a spend of {self.lost_spend:,.2f}" if self.lost_spend else ""
        share = format_percent(self.lost_share)
        return f"{self.lost_rows:,} of {self.rows:,} rows ({share}){spend} in no market's figures: {self.reasons}"

    def problem(self, share: float) -> InputError | None:
        """The error of a table of which more than a share is lost.

        Parameters
        ----------
        share : float
            See the parameter ``max_unjoined_share``.

        Returns
        -------
        InputError or None
        """
        if self.lost_share <= share:
            return None
        allowed = f"; max_unjoined_share allows {format_percent(share)}"
        worst = max(self.lost, key=lambda reason: self.lost[reason])
        if worst not in _NOT_JOINED:
            remedy = "Export the file again, or say how it is written with `leadsmart map`"
            return InputError(self.description + allowed, remedy=remedy, file=self.file)
        column, other, key = KEYS[self.table]
        there = " and ".join(f"'{value}'" for value in self.known) or "nothing"
        remedy = (
            "Export both files from one account and period with ids formatted as text, or say with `leadsmart map` how "
            f"they join: {table_file(other)} has {there} in its column {key}"
        )
        return InputError(
            self.description + allowed, remedy=remedy, file=self.file, column=column, examples=self.examples
        )

    def _reason(self, reason: str) -> str:
        entity = "lead" if self.table == STATUS_EVENTS else "campaign"
        return {
            UNPARSABLE: "that can't be parsed",
            NO_ID: "without an id",
            BAD_DATE: "without a date that can be read",
            BAD_SPEND: "without a spend that can be read",
            NO_KEY: f"of no {entity}",
            UNKNOWN_KEY: f"of a {entity} that the export lacks",
        }[reason]


def read_joined(entries: Sequence[Mapping[str, Any]]) -> list[JoinedTable]:
    """Joined tables as `dataclasses.asdict` made them plain."""
    return [JoinedTable(**entry) for entry in entries]
