"""What an entry of a mapping takes from other files: campaigns' properties, joins, and the words for statuses."""

import unicodedata
from collections import Counter
from collections.abc import Sequence
from typing import Any

from leadsmart.cleaning.mapping.model import CAMPAIGN_NAME, OPEN_QUESTION
from leadsmart.cleaning.mapping.proposing.drafts import STATUS, STEMS, Draft, listed
from leadsmart.cleaning.mapping.proposing.matching import TableMatch, match_table
from leadsmart.cleaning.mapping.proposing.systems import CURRENCY, load_systems
from leadsmart.parameter_types import canonical_status
from leadsmart.vocabulary import (
    AD_PERFORMANCE,
    CAMPAIGNS,
    KNOWN_STATUSES,
    LEADS,
    MARKET_LOOKUP,
    STATUS_EVENTS,
    UNTOUCHED_STATUSES,
)


def campaigns_of_others(drafts: list[Draft]) -> list[Draft]:
    """Campaigns that delivery names, and leads where they name others, where no file lists the campaigns."""
    delivery = [d for d in drafts if d.match.table == AD_PERFORMANCE and "campaign_id" in d.match.columns]
    known = {value for draft in delivery for value in draft.ids("campaign_id")}
    leads = [
        d
        for d in drafts
        if d.match.table == LEADS
        and CAMPAIGN_NAME in d.match.columns
        and not known.issuperset(d.ids("campaign_id"))
    ]
    found = []
    # of a campaign that several files name the last counts, and delivery says more
    for draft in [*leads, *delivery]:
        columns = draft.match.columns
        more = match_table(draft.preview, CAMPAIGNS) if draft in delivery else None
        used = {header for match in columns.values() for header in match.headers}
        own = {c: m for c, m in more.columns.items() if not used & {*m.headers}} if more else {}
        names = {c: m for c, m in columns.items() if c in (CAMPAIGN_NAME, CURRENCY)}
        match = TableMatch(CAMPAIGNS, draft.match.system, {"id": columns["campaign_id"], **own, **names})
        new = Draft(draft.preview, match, {**draft.entry, "table": STEMS[CAMPAIGNS]})
        new.ask("no file lists the campaigns, so they are taken from here, without what it does not say")
        found.append(new)
    return found


def complete_campaigns(draft: Draft, everything: list[Draft], markets: Sequence[str]) -> None:
    """What campaigns of other systems lack: project, business user, market, channel."""
    columns, constants = draft.entry["columns"], {}
    name = draft.match.columns.get(CAMPAIGN_NAME)
    if "project_name" not in columns and name is not None:
        names = draft.values(CAMPAIGN_NAME)
        separator = next(
            (s for s in (" | ", " / ", " _ ", " – ") if sum(s in n for n in names) >= 0.8 * len(names)), None
        )
        columns["project_name"] = (
            {"header": name.headers[0], "separator": separator} if separator else name.headers[0]
        )
        shown = "the first part of" if separator else ""
        draft.ask(
            f"columns.project_name is {shown} {name.headers[0]!r}: no column names the project".replace(
                "  ", " "
            )
        )
    if "user_id" not in columns:
        constants["user_id"] = "1"
        draft.ask("constants.user_id is 1: no column names the business user, so all campaigns are one's")
    if "market" not in columns and not any(d.match.table == MARKET_LOOKUP for d in everything):
        _find_market(draft, columns, constants, markets)
    if "channel" not in columns:
        _find_channel(draft, constants, everything)
    if constants:
        draft.entry["constants"] = constants


def _find_channel(draft: Draft, constants: dict[str, str], everything: list[Draft]) -> None:
    """The channel of the system that lists the campaigns, or of the one system that delivers for them."""
    systems = [draft.match.system]
    if not systems[0].channel:
        delivery = [d.match for d in everything if d.match.table == AD_PERFORMANCE and d.match.is_proven]
        systems = list({match.system.name: match.system for match in delivery}.values())
    channels = {system.channel for system in systems}
    if len(channels) == 1 and (channel := channels.pop()):
        constants["channel"] = channel
        draft.evidence["constants", "channel"] = systems[0].name
    else:
        draft.ask("no column names the channel, so the parameter default_channel counts for all campaigns")


def _find_market(
    draft: Draft, columns: dict[str, Any], constants: dict[str, str], markets: Sequence[str]
) -> None:
    """The market that the names of campaigns or projects speak of."""
    for column in ("project_name", CAMPAIGN_NAME):
        texts = [text.casefold() for text in draft.values(column)]
        words = {market: market.replace("-", " ") for market in markets}
        counted = Counter(m for text in texts for m in markets if words[m] in text)
        if not counted:
            continue
        if len(counted) == 1 and counted.total() == len(texts):
            [constants["market"]] = counted
            draft.ask(f"constants.market is {constants['market']}: all campaigns have it in their names")
            return
        header = draft.match.columns[column].headers[0]
        columns["market"] = {"header": header, "contains": {words[m].title(): m for m in counted}}
        without = sum(not any(words[m] in text for m in markets) for text in texts)
        draft.ask(
            f"columns.market is found in {header!r}: {listed(counted)}; {without:,} campaigns name none"
        )
        return
    constants["market"] = OPEN_QUESTION


def join_draft(draft: Draft, everything: list[Draft]) -> None:
    """Whether the ids of a file are those of another, or by what name its rows find their campaign."""
    target, key, id_column = {
        AD_PERFORMANCE: (CAMPAIGNS, "campaign_id", "id"),
        LEADS: (CAMPAIGNS, "campaign_id", "id"),
        STATUS_EVENTS: (LEADS, "lead_id", "id"),
    }.get(draft.match.table, (None, "", ""))
    if target is None:
        return
    others = [other for other in everything if other.match.table == target]
    if key in draft.match.columns:
        known = {value for other in others for value in other.ids(id_column)}
        values = draft.ids(key)
        joined = sum(value in known for value in values)
        place = f"{joined:,} of {len(values):,} ids are in {STEMS[target]}"
        draft.evidence["columns", key] += (
            f"; {place}" if others else f"; no file of {STEMS[target]} to join with"
        )
        if others and joined < len(values):
            odd = Counter(value for value in values if value not in known)
            draft.ask(f"columns.{key}: only {place}; others are {listed(odd)}")
    elif CAMPAIGN_NAME in draft.match.columns:
        _join_by_name(draft, others)
    elif target == CAMPAIGNS:
        draft.entry.setdefault("constants", {})["campaign_id"] = OPEN_QUESTION
        draft.ask("no column names the campaign, by id or by name")


def _join_by_name(draft: Draft, campaigns: list[Draft]) -> None:
    header = draft.match.columns[CAMPAIGN_NAME].headers[0]
    named = Counter(
        " ".join(name.casefold().split())
        for other in campaigns
        for name in other.values(CAMPAIGN_NAME) or other.values("project_name")
    )
    rows = [" ".join(name.casefold().split()) for name in draft.values(CAMPAIGN_NAME)]
    shared = sum(named[name] > 1 for name in rows)
    draft.entry["joins"] = {"campaign_id": {"header": header, "several": "running"} if shared else header}
    if not campaigns:
        draft.ask(f"joins.campaign_id is by the name in {header!r}; no file of campaigns to join with")
        return
    joined = sum(name in named for name in rows)
    text = f"joins.campaign_id is by the name in {header!r}: {joined:,} of {len(rows):,} names are campaigns'"
    if shared:
        text += (
            f", {shared:,} of them of several campaigns: such a row goes to the one that ran on its day and started last, "
            "so that figures of single campaigns may be their namesakes'"
        )
    if joined < len(rows):
        text += f"; no campaign is called {listed(Counter(name for name in rows if name not in named))}"
    draft.ask(text)


def propose_statuses(drafts: list[Draft]) -> tuple[dict[str, str], list[str]]:
    """Statuses that are none of ours, as we take them, and what is to be confirmed."""
    counted: Counter[str] = Counter()
    for draft in drafts:
        counted.update(draft.values(STATUS.get(draft.match.table, "")))
    foreign = {word: n for word, n in counted.most_common() if canonical_status(word) not in KNOWN_STATUSES}
    used = {draft.match.system.name for draft in drafts}

    def hits(statuses: dict[str, str], is_used: bool) -> tuple[bool, int]:
        return is_used, len({*map(_bare, foreign)} & {*map(_bare, statuses)})

    systems = sorted(load_systems(), key=lambda s: hits(s.statuses, s.name in used))
    words = {_bare(word): status for system in systems for word, status in system.statuses.items()}
    found = {word: words.get(_bare(word), canonical_status(word)) for word in foreign}
    unsure = [word for word in foreign if found[word] not in UNTOUCHED_STATUSES]
    return found, [
        f"statuses.{word} is {found[word]} ({foreign[word]:,} {'row' if foreign[word] == 1 else 'rows'})"
        + ("" if found[word] in KNOWN_STATUSES else ": it is none of ours")
        for word in unsure
    ]


def _bare(word: str) -> str:
    """A word as it is compared: in lower case, without the marks that Arabic and accents may leave out.

    >>> _bare("اتصل لاحقًا") == _bare("اتصل لاحقا")
    True
    """
    return "".join(c for c in unicodedata.normalize("NFKD", word.casefold()) if not unicodedata.combining(c))
