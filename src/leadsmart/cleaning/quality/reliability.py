"""The verdict on a market's data, with its reason."""

from collections.abc import Mapping
from typing import Final

import pandas as pd

from leadsmart.cleaning.quality.ledger import quarantine_shares
from leadsmart.cleaning.tables.rules import FLAGGED, KEPT, REPAIRED, find_rule
from leadsmart.formats import format_count, format_percent
from leadsmart.market_tables import look_up
from leadsmart.params import Params
from leadsmart.vocabulary import (
    AD_PERFORMANCE,
    CAMPAIGNS,
    DATA_GOOD,
    DATA_NOT_RELIABLE,
    DATA_USABLE,
    EXPORT_FILES,
    LEADS,
    NOT_SUPPORTED,
    UNASSIGNED,
)

#: A flag on more of a table's rows than this has to be known to read the report.
NOTABLE_FLAG_SHARE: Final = 0.1
#: What a reader has to know of the whole market; other flags and repairs say something about single rows only.
NOTABLE_FLAGS: Final = frozenset(
    {
        "no_history", "status_differs", "older_status", "unobserved_status", "day_outside_campaign", "lead_before_campaign", "unreadable_count",
        "unusable_date", "unknown_status", "clicks_above_impressions", "invalid_phone", "invalid_email",
    }
)  # fmt: skip
#: Where more of the leads have a status without a meaning, every figure on quality would be wrong.
MOST_UNKNOWN_STATUSES: Final = 0.5


def assess_reliability(
    ledger: pd.DataFrame, assumptions: pd.DataFrame, params: Params, stray_shares: Mapping[str, float]
) -> tuple[str, str]:
    """Say whether a market's data can be relied on.

    Parameters
    ----------
    ledger : DataFrame
        See `build_ledger`.
    assumptions : DataFrame
        See `assess_assumptions`.
    params : Params
    stray_shares : mapping
        Table -> share of the market's rows that is missing if all rows whose campaign the export lacks were its.

    Returns
    -------
    (str, str)
        One of the vocabulary's ``DATA_VERDICTS`` and a sentence that says why.
    """
    kept = ledger[ledger["action"] == KEPT].set_index("table")["rows"]
    for table in (CAMPAIGNS, AD_PERFORMANCE, LEADS):
        if kept.get(table, 0) == 0:
            return DATA_NOT_RELIABLE, f"No row of {EXPORT_FILES[table]} is left after cleaning."
    shares = quarantine_shares(ledger)
    beyond = shares[shares["share"] > params.max_quarantine_share]
    if len(beyond):
        worst = beyond.iloc[0]
        why = _lower(find_rule(worst["table"], worst["rule"]).description).rstrip(".")
        reason = (
            f"The rule {worst['rule']} ({why}) took {_rows(worst['rows'])} ({format_percent(worst['share'])}) out "
            f"of {EXPORT_FILES[worst['table']]}; more than {format_percent(params.max_quarantine_share)} makes the "
            "rest unreliable."
        )
        # what belongs to nothing in the export has to lie somewhere, and says nothing against the rest
        gathered = " Rows of unknown campaigns and leads of the whole export are gathered here."
        is_stray = params.market == UNASSIGNED and worst["rule"] in ("unknown_campaign", "unknown_lead")
        return DATA_NOT_RELIABLE, reason + (gathered if is_stray else "")
    for table, share in stray_shares.items():
        if share > params.max_unjoined_share and params.market != UNASSIGNED:
            return DATA_NOT_RELIABLE, (
                f"Rows of {EXPORT_FILES[table]} belong to campaigns that the export lacks: up to {format_percent(share)} "
                f"of this market's may be among them, and more than {format_percent(params.max_unjoined_share)} makes "
                "the rest unreliable."
            )
    flags = ledger[ledger["action"].isin([FLAGGED, REPAIRED]) & ledger["rule"].isin(NOTABLE_FLAGS)]
    flags = flags.assign(share=flags["rows"] / look_up(flags["table"], kept))
    unknown = flags.loc[flags["table"].eq(LEADS) & flags["rule"].eq("unknown_status"), "share"].sum()
    if unknown > MOST_UNKNOWN_STATUSES:
        return DATA_NOT_RELIABLE, (
            f"{format_percent(unknown)} of the leads have a status that no parameter explains, so that nobody can tell "
            "what became of them; say in status_aliases which of ours each is."
        )
    notable = flags[flags["share"] > NOTABLE_FLAG_SHARE].sort_values("share", ascending=False, kind="stable")
    if len(notable):
        flagged = [
            f"{format_percent(flag['share'])} of the rows of {EXPORT_FILES[flag['table']]} "
            f"{'carry a flag' if flag['action'] == FLAGGED else 'were changed'} "
            f"({_lower(find_rule(flag['table'], flag['rule']).description).rstrip('.')})"
            for flag in notable.to_dict("records")
        ]
        return DATA_USABLE, f"{'; '.join(flagged)}; {_quarantined(shares)}."
    failed = assumptions.loc[assumptions["verdict"] == NOT_SUPPORTED, "assumption"]
    if len(failed):
        return DATA_USABLE, f"It does not hold that {_lower(failed.iloc[0])}; {_quarantined(shares)}."
    return DATA_GOOD, f"Every row is accounted for, and {_quarantined(shares)}."


def _quarantined(shares: pd.DataFrame) -> str:
    rows = int(shares["rows"].sum())
    if rows == 0:
        return "no row had to be taken out"
    return f"{_rows(rows)} {'was' if rows == 1 else 'were'} taken out"


def _rows(count: int) -> str:
    return f"{format_count(count)} {'row' if count == 1 else 'rows'}"


def _lower(sentence: str) -> str:
    return sentence[0].lower() + sentence[1:]
