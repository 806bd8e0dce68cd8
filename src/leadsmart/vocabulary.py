"""The words of the project: tables, columns, statuses, outcomes, verdicts and units.

Every other module takes its names from here, so that a column is spelled once. Names of KPIs and dimensions are in the
catalogue.
"""

from typing import Final

# --- tables -----------------------------------------------------------------------------------------

CAMPAIGNS: Final = "campaigns"
AD_PERFORMANCE: Final = "ad_performance"
LEADS: Final = "leads"
STATUS_EVENTS: Final = "status_events"

#: Clean table -> the stem of the export file it is made from.
EXPORT_FILES: Final[dict[str, str]] = {
    CAMPAIGNS: "campaigns",
    AD_PERFORMANCE: "insights",
    LEADS: "campaign_leads",
    STATUS_EVENTS: "lead_status_changes",
}
TABLES: Final = tuple(EXPORT_FILES)

#: Tables that an export may lack, or have without a row; what depends on them is left out in one clear sentence.
OPTIONAL_TABLES: Final = frozenset({STATUS_EVENTS})

#: The optional look-up project -> market that may lie beside the four exports.
MARKET_LOOKUP: Final = "project_markets"

#: Columns that an export must have, per table, under the names the platform gives them.
REQUIRED_EXPORT_COLUMNS: Final[dict[str, tuple[str, ...]]] = {
    CAMPAIGNS: ("id", "daily_budget", "start_time", "stop_time", "user_id", "project_name"),
    AD_PERFORMANCE: ("ad_set_id", "campaign_id", "reach", "spend", "clicks", "impressions", "created_at"),
    LEADS: ("id", "campaign_id", "name", "email", "phone", "lead_status", "added_date"),
    STATUS_EVENTS: ("lead_id", "status", "created_at"),
}

#: Columns that an export may have; what depends on them is left out in one clear sentence without them.
OPTIONAL_EXPORT_COLUMNS: Final[dict[str, tuple[str, ...]]] = {
    CAMPAIGNS: ("channel", "market"),
    AD_PERFORMANCE: (),
    LEADS: ("message", "form_variant", "message_intent", "is_test"),
    STATUS_EVENTS: (),
}

#: Column of clean leads: the form fields, comma-separated, whose answer differs between files that state the lead;
#: missing where only one file does.
CHANGED_ANSWERS: Final = "changed_answers"

#: Reserved names in ``outputs/`` that no market may have.
UNASSIGNED: Final = "unassigned"
ALL_MARKETS: Final = "all-markets"
#: Stands for the campaign of leads that name none.
NO_CAMPAIGN: Final = "no-campaign"
RESERVED_MARKETS: Final = frozenset({"site", UNASSIGNED, ALL_MARKETS})


# --- audiences --------------------------------------------------------------------------------------

#: Whom a report is for: everybody's figures for ourselves, or one customer's alone.
INTERNAL: Final = "internal"
CLIENT: Final = "client"

# --- statuses and outcomes --------------------------------------------------------------------------

#: Statuses that the platform is known to write. Others are kept, flagged and listed, never guessed.
KNOWN_STATUSES: Final = frozenset(
    {
        "ALREADY_BOUGHT", "CALL_AGAIN", "DONE_DEAL", "FOLLOW_UP", "HIGH_INTEREST", "LOW_BUDGET",
        "MEETING_DONE", "NEW_LEAD", "NOT_QUALIFIED", "NO_ANSWER", "QUALIFIED", "RESALE_REQUEST", "SPAM",
        "SWITCHED_OFF", "UNKNOWN", "WHATSAPP", "WRONG_NUMBER",
    }
)  # fmt: skip

#: Statuses that say nothing was done with the lead yet.
UNTOUCHED_STATUSES: Final = frozenset({"NEW_LEAD", "UNKNOWN"})

#: What a status means under a market's lead definition.
OUTCOME_QUALIFIED: Final = "qualified"
OUTCOME_DISQUALIFIED: Final = "disqualified"
OUTCOME_JUNK: Final = "junk"
OUTCOME_UNREACHABLE: Final = "unreachable"
OUTCOME_UNDECIDED: Final = "undecided"
OUTCOMES: Final = (
    OUTCOME_QUALIFIED,
    OUTCOME_DISQUALIFIED,
    OUTCOME_JUNK,
    OUTCOME_UNREACHABLE,
    OUTCOME_UNDECIDED,
)

#: Which verdicts a business user records; only users of both kinds are compared on quality.
FEEDBACK_BOTH: Final = "both kinds"
FEEDBACK_ONLY_QUALIFIED: Final = "only qualified"
FEEDBACK_ONLY_DISQUALIFIED: Final = "only disqualified"
FEEDBACK_NONE: Final = "no verdict"

# --- verdicts ---------------------------------------------------------------------------------------

SUPPORTED: Final = "supported"
NOT_SUPPORTED: Final = "not supported"
NOT_ENOUGH_DATA: Final = "not enough data"
FINDING_VERDICTS: Final = (SUPPORTED, NOT_SUPPORTED, NOT_ENOUGH_DATA)

MODEL_READY: Final = "Ready"
MODEL_OK: Final = "OK"
MODEL_NOT_READY: Final = "Not ready"

#: What a call list takes from a score: probabilities and grades too, the order of the leads alone, or nothing.
USE_PROBABILITY: Final = "probability"
USE_ORDER: Final = "order"
USE_RULES: Final = "rules"

DATA_GOOD: Final = "good"
DATA_USABLE: Final = "usable"
DATA_NOT_RELIABLE: Final = "not reliable"
DATA_VERDICTS: Final = (DATA_GOOD, DATA_USABLE, DATA_NOT_RELIABLE)

# --- ledger -----------------------------------------------------------------------------------------

#: Exits add up to the raw rows and spend; the other actions are counted beside them.
LEDGER_EXITS: Final = ("kept", "excluded", "duplicate", "merged", "quarantined")
LEDGER_ACTIONS: Final = (*LEDGER_EXITS, "repaired", "flagged")
LEDGER_COLUMNS: Final = ("table", "rule", "action", "rows", "spend")

# --- units ------------------------------------------------------------------------------------------

UNIT_SHARE: Final = "share"
UNIT_MONEY: Final = "money"
UNIT_COUNT: Final = "count"
UNIT_RATIO: Final = "ratio"
UNIT_DAYS: Final = "days"
UNIT_AUC: Final = "auc"
#: A difference of shares, in percentage points.
UNIT_POINTS: Final = "points"

#: What a range is called: the second where its coverage was measured below 90 %.
RANGE_95: Final = "95 % range"
RANGE_INDICATIVE: Final = "indicative range"
