"""Every cleaning rule with its action: the one table that ledger, pages and tests refer to."""

from dataclasses import dataclass
from typing import Final

from leadsmart.vocabulary import (
    AD_PERFORMANCE,
    CAMPAIGNS,
    EXPORT_FILES,
    LEADS,
    STATUS_EVENTS,
    TABLES,
)

KEPT: Final = "kept"
#: In order, but nothing that the table is about.
EXCLUDED: Final = "excluded"
DUPLICATE: Final = "duplicate"
MERGED: Final = "merged"
QUARANTINED: Final = "quarantined"
REPAIRED: Final = "repaired"
FLAGGED: Final = "flagged"

#: The rules whose rows go into another row, and their spend with them.
SAME_DAY: Final = "same_day"
FINER_ROW: Final = "finer_row"


@dataclass(frozen=True)
class Rule:
    """What happens to which rows of a table.

    Attributes
    ----------
    name : str
        Unique within a table.
    table : str
    action : str
        One of the ledger's actions.
    description : str
        A sentence for readers; for a quarantined row also the reason that stands beside it.
    """

    name: str
    table: str
    action: str
    description: str


def _for(tables: tuple[str, ...], name: str, action: str, description: str) -> list[Rule]:
    return [Rule(name, table, action, description) for table in tables]


_DATED: Final = (AD_PERFORMANCE, LEADS, STATUS_EVENTS)

CLEANING_RULES: Final[tuple[Rule, ...]] = (
    # --- a row is removed by the first that applies ---
    Rule("total_line", AD_PERFORMANCE, DUPLICATE, "The line states a total of other rows."),
    *_for(TABLES, "unparsable_line", QUARANTINED, "The line has too few or too many fields, or its quotes never close."),
    *_for(TABLES, "missing_id", QUARANTINED, "An id that identifies the row is empty or is no id."),
    Rule("test_lead", LEADS, EXCLUDED, "An ad platform's testing tool wrote the lead."),
    Rule("test_lead", STATUS_EVENTS, EXCLUDED, "The event's lead was written by an ad platform's testing tool."),
    Rule("no_delivery", AD_PERFORMANCE, EXCLUDED, "Spend is empty, and reach, impressions and clicks are empty or zero: nothing was delivered that day."),
    *_for((AD_PERFORMANCE, LEADS), "unknown_campaign", QUARANTINED, "The row's campaign is not in the campaigns table."),
    Rule("unknown_lead", STATUS_EVENTS, QUARANTINED, "The event's lead is not in the leads table."),
    Rule("missing_status", STATUS_EVENTS, QUARANTINED, "The event names no status."),
    Rule("contact_in_text", STATUS_EVENTS, QUARANTINED, "The status holds an e-mail or a phone, or is a person's name."),
    *_for(_DATED, "unreadable_date", QUARANTINED, "The date is empty or can't be read."),
    *_for(_DATED, "ambiguous_date", QUARANTINED, "The date can be read day first and month first, and the column proves neither alone."),
    *_for(_DATED, "date_before_platform", QUARANTINED, "The date lies before the platform existed."),
    *_for(_DATED, "future_date", QUARANTINED, "The date lies after the export's last day."),
    Rule("unreadable_spend", AD_PERFORMANCE, QUARANTINED, "The spend is empty or is no number."),
    Rule("negative_amount", AD_PERFORMANCE, QUARANTINED, "Spend, reach, impressions or clicks are negative."),
    *_for(TABLES, "exact_duplicate", DUPLICATE, "The same row is there again with the same values."),
    *_for((CAMPAIGNS, LEADS), "superseded", DUPLICATE, "The same id comes again with other values; the last row counts."),
    Rule("restated", AD_PERFORMANCE, DUPLICATE, "A later file states the same ad set and day again; the later file counts."),
    Rule(SAME_DAY, AD_PERFORMANCE, MERGED, "Two rows of one file for the same ad set and day are one: spend, impressions and clicks are summed, reach, which does not add up, is the largest."),
    Rule(FINER_ROW, AD_PERFORMANCE, MERGED, "Rows of a file that breaks delivery down further, such as by age or hour, are one per ad set and day: spend, impressions and clicks are summed, reach is the largest."),
    # --- repaired: the row is kept with another value ---
    *_for(TABLES, "correction", REPAIRED, "Changed by the reviewed file params/_corrections.yml."),
    *_for(TABLES, "id_reformatted", REPAIRED, "An id written as 123.0, 1,234 or c:123, as a spreadsheet's formula, with blanks or with Salesforce's checksum is an id again."),
    *_for((CAMPAIGNS, AD_PERFORMANCE), "number_reformatted", REPAIRED, "A number with separators, a currency or Arabic digits is a number again."),
    *_for(TABLES, "date_reformatted", REPAIRED, "A date that is not written as ISO, or has a zone of its own, is read as a moment of the market's zone."),
    *_for(TABLES, "skipped_hour", REPAIRED, "A local time that daylight saving skips is moved to the next one that exists."),
    Rule("invisible_characters", CAMPAIGNS, REPAIRED, "Invisible characters and superfluous blanks are taken out of the project's name."),
    Rule("stop_before_start", CAMPAIGNS, REPAIRED, "A stop before the start is left empty."),
    *_for((CAMPAIGNS, LEADS), "contact_in_text", REPAIRED, "An e-mail or phone in a project, channel or status, or a person's name as a status, is replaced."),
    Rule("missing_status", LEADS, REPAIRED, "A lead without a status is UNKNOWN."),
    Rule("older_status", LEADS, REPAIRED, "The lead's own status is older than its last event: it says nothing yet, or the history has it before; the last event's counts."),
    Rule("unobserved_status", LEADS, REPAIRED, "A new lead without an event is UNKNOWN, as the market's own statuses stay new where the history goes on."),
    *_for((LEADS, STATUS_EVENTS), "status_alias", REPAIRED, "Another spelling of a status, listed in status_aliases, is replaced."),
    Rule("placeholder_contact", LEADS, REPAIRED, "A name, e-mail or phone that stands for erased ones, or for those of more than 20 leads, is empty."),
    Rule("text_scrubbed", LEADS, REPAIRED, "E-mails, phones, links, handles, long numbers and the lead's own name in its text are replaced."),
    # --- flagged: the row is kept as it is ---
    Rule("unusable_date", CAMPAIGNS, FLAGGED, "Start or stop can't be read, can be read in two ways, or lies before the platform existed; it is left empty."),
    Rule("unreadable_budget", CAMPAIGNS, FLAGGED, "The daily budget is empty, negative or no number; it is left empty."),
    Rule("missing_user", CAMPAIGNS, FLAGGED, "No business user is named."),
    Rule("missing_project", CAMPAIGNS, FLAGGED, "No project is named."),
    *_for(TABLES, "repeated_hour", FLAGGED, "A local time that occurs twice when daylight saving ends is taken as the first."),
    Rule("unreadable_count", AD_PERFORMANCE, FLAGGED, "Reach, impressions or clicks are empty or no number; they are left empty."),
    Rule("spread_over_days", AD_PERFORMANCE, FLAGGED, "A row for several days is spread evenly over them, as coarse_delivery says; its reach is left out."),
    Rule("clicks_above_impressions", AD_PERFORMANCE, FLAGGED, "More clicks than impressions."),
    Rule("reach_above_impressions", AD_PERFORMANCE, FLAGGED, "More people reached than impressions."),
    Rule("day_outside_campaign", AD_PERFORMANCE, FLAGGED, "The day lies before the campaign's start or after its stop."),
    Rule("lost_phone", LEADS, FLAGGED, "A spreadsheet turned the phone into scientific notation; its last digits are lost."),
    Rule("invalid_phone", LEADS, FLAGGED, "The phone is no valid number."),
    Rule("invalid_email", LEADS, FLAGGED, "The e-mail is no valid address."),
    Rule("lead_before_campaign", LEADS, FLAGGED, "The lead arrived before its campaign started."),
    Rule("repeat_person", LEADS, FLAGGED, "The same person, by phone or e-mail, is already a lead of the campaign."),
    Rule("no_history", LEADS, FLAGGED, "The lead has no status event."),
    Rule("status_differs", LEADS, FLAGGED, "The lead's own status is not that of its last event, nor is it older; it counts."),
    *_for((LEADS, STATUS_EVENTS), "unknown_status", FLAGGED, "The status is in no list of the parameters; it is kept and counts as undecided."),
    Rule("event_before_lead", STATUS_EVENTS, FLAGGED, "The event lies before the lead's arrival."),
    Rule("batch_entry", STATUS_EVENTS, FLAGGED, "Entered together with those of at least two other leads by the same user in the same minute."),
)  # fmt: skip


def find_rule(table: str, name: str) -> Rule:
    """The rule of a table by its name.

    Parameters
    ----------
    table : str
    name : str

    Returns
    -------
    Rule
    """
    return next(rule for rule in rules_of(table) if rule.name == name)


def rules_of(table: str) -> list[Rule]:
    """The rules of a table, in the order of application."""
    return [rule for rule in CLEANING_RULES if rule.table == table]


def format_rules() -> str:
    """All rules as a Markdown table: one line per rule, with the files of the export that it applies to."""
    files: dict[tuple[str, str, str], list[str]] = {}
    for rule in CLEANING_RULES:
        files.setdefault((rule.name, rule.action, rule.description), []).append(EXPORT_FILES[rule.table])
    rows = [
        f"| `{name}` | {action} | {what} | {', '.join(where)} |"
        for (name, action, what), where in files.items()
    ]
    head = ["| Rule | What happens | To which rows | In which file |", "|:-----|:-----|:-----|:-----|"]
    caption = ': The rules of cleaning {tbl-colwidths="[22,12,44,22]"}'
    return "\n".join([*head, *rows, "", caption])
