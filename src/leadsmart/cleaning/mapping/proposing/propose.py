"""Propose a mapping for a folder of any files: what feeds which table, with the evidence for each line.

What is unsure becomes a line under ``confirm``, and nothing runs while there is one.
"""

import glob
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from leadsmart.cleaning.mapping.files import list_data_files, own_sources
from leadsmart.cleaning.mapping.model import (
    ID_COLUMNS,
    MAPPING_FILE,
    ExportMapping,
)
from leadsmart.cleaning.mapping.proposing.completing import (
    campaigns_of_others,
    complete_campaigns,
    join_draft,
    propose_statuses,
)
from leadsmart.cleaning.mapping.proposing.drafts import STATUS, STEMS, Draft, describe_draft, find_totals
from leadsmart.cleaning.mapping.proposing.matching import (
    TableMatch,
    match_file,
    match_table,
    settle_system,
)
from leadsmart.cleaning.mapping.proposing.preview import Preview, find_prefixes, preview_files
from leadsmart.cleaning.mapping.proposing.writing import write_mapping
from leadsmart.cleaning.parsing.columns import REQUIRED_COLUMNS
from leadsmart.cleaning.parsing.headers import snake_case
from leadsmart.errors import InputError
from leadsmart.parameter_types import canonical_status
from leadsmart.params import DEFAULTS_FILE, list_markets
from leadsmart.vocabulary import CAMPAIGNS, KNOWN_STATUSES, MARKET_LOOKUP, TABLES
from leadsmart.yaml_text import parse_yaml

#: Statuses are looked up where the share of rows whose status is one of ours is lower.
FEW: Final = 0.5


@dataclass(frozen=True)
class Proposal:
    """A proposed mapping.

    Attributes
    ----------
    text : str
        Of ``mapping.yml``, with evidence as comments; empty where no file needs a mapping.
    questions : tuple of str
        What has to be confirmed.
    summary : tuple of str
        Per file what becomes of it.
    problems : tuple of InputError
        Files that can't be read.
    """

    text: str
    questions: tuple[str, ...]
    summary: tuple[str, ...]
    problems: tuple[InputError, ...]

    @property
    def report(self) -> str:
        """What becomes of the files, as lines for the terminal."""
        count = len(self.questions)
        noun = "line" if count == 1 else "lines"
        last = "No file needs a mapping." if not self.text else f"{count} {noun} to look at, under confirm."
        return "\n".join([*self.summary, last, ""])


def propose_mapping(folder: Path, markets: Sequence[str] = ()) -> Proposal:
    """Look at all files of a folder and propose how they become the tables of an export.

    Parameters
    ----------
    folder : Path
    markets : sequence of str
        Known markets, one of which campaigns may name.

    Returns
    -------
    Proposal

    Raises
    ------
    InputError
        If the folder isn't there or holds no file with a table.
    """
    if not folder.is_dir():
        raise InputError("the folder does not exist", remedy="Check the path", file=str(folder))
    previews, problems = preview_files(list_data_files(folder))
    if not previews and not problems:
        raise InputError(
            "holds no CSV, TSV, XLSX or Parquet file with a header and rows",
            remedy="Name the folder with the files that the other system exported",
            file=str(folder),
        )
    own, drafts, unused = _assign(folder, _grouped(previews))
    proven = [draft.match.system for draft in drafts if draft.match.is_proven]
    for draft in drafts:
        if not draft.match.is_proven:
            draft.match = settle_system(draft.preview, draft.match, proven)
    everything = own + drafts
    if not any(draft.match.table == CAMPAIGNS for draft in everything):
        drafts = campaigns_of_others(drafts) + drafts
        everything = own + drafts
    for draft in drafts:
        describe_draft(draft)
    for draft in drafts:
        if draft.match.table == CAMPAIGNS:
            complete_campaigns(draft, everything, markets)
        join_draft(draft, everything)
    statuses, words = propose_statuses(drafts)
    asked: dict[str, list[str]] = {}
    for draft in drafts:
        for question in draft.questions:
            asked.setdefault(question, []).append(draft.name)
    questions = (*(f"{' and '.join(names)}: {question}" for question, names in asked.items()), *words)
    summary = [
        f"{d.name}: {d.match.system.name}, {len(d.preview.rows):,} rows, {d.preview.form}" for d in drafts
    ]
    summary += [f"{d.preview.source.name}: read as it is" for d in own]
    summary += [f"{p.source.name}: feeds no table" for p in unused]
    missing = [table for table in TABLES if not any(d.match.table == table for d in everything)]
    summary += [f"no file feeds {STEMS[table]}" for table in missing]
    text = write_mapping(drafts, statuses, questions, summary) if drafts else ""
    if text:
        # what is written has to be what is read
        ExportMapping(**parse_yaml(text))
    return Proposal(text, questions, tuple(summary), tuple(problems))


def save_mapping(proposal: Proposal, folder: Path) -> Path:
    """Write a proposed mapping beside the data.

    Parameters
    ----------
    proposal : Proposal
    folder : Path

    Returns
    -------
    Path
        The new file.

    Raises
    ------
    InputError
        If there is a mapping already, which somebody may have worked on.
    """
    target = folder / MAPPING_FILE
    if target.exists():
        raise InputError(
            "is there already", remedy="Delete it, or leave --write away to compare", file=MAPPING_FILE
        )
    target.write_text(proposal.text, encoding="utf-8")
    return target


def find_markets(start: Path) -> list[str]:
    """Markets of the project at or above a folder; none outside of one."""
    for folder in (start, *start.parents):
        if (folder / "params" / DEFAULTS_FILE).is_file():
            return list_markets(folder / "params")
    return []


def _grouped(previews: list[Preview]) -> list[tuple[str, Preview]]:
    """Files of one form whose names differ in numbers alone count as one, under a pattern."""
    groups: dict[tuple[str, tuple[str, ...]], list[Preview]] = {}
    for preview in previews:
        shape = re.sub(r"\d+", "*", preview.source.name) + (preview.sheet or "")
        groups.setdefault((shape, preview.fields), []).append(preview)
    found = []
    for (shape, _), group in groups.items():
        first = group[0]
        pattern = glob.escape(first.source.name) if len(group) == 1 else shape.removesuffix(first.sheet or "")
        found.append((pattern, replace(first, rows=tuple(row for preview in group for row in preview.rows))))
    return found


def _assign(folder: Path, files: list[tuple[str, Preview]]) -> tuple[list[Draft], list[Draft], list[Preview]]:
    """Files in the platform's own form, files that need a mapping, and files that feed no table."""
    claims: dict[str, str] = {}
    for table in (*TABLES, MARKET_LOOKUP):
        try:
            claims |= {source.name: table for source in own_sources(folder, table, ())}
        except InputError:
            # two files of one name: the proposal tells them apart
            continue
    own, drafts, unused = [], [], []
    for pattern, preview in files:
        claimed = claims.get(preview.source.name)
        native = match_table(preview, claimed) if claimed else None
        if claimed and native and _is_own(preview, claimed, native):
            own.append(Draft(preview, native, {"table": STEMS[claimed]}))
            continue
        match = match_file(preview)
        if match is None:
            unused.append(preview)
            continue
        entry = {"file": pattern, "table": STEMS[match.table]}
        drafts.append(find_totals(Draft(preview, match, entry)))
    order = [*TABLES, MARKET_LOOKUP]
    return own, sorted(drafts, key=lambda draft: order.index(draft.match.table)), unused


def _is_own(preview: Preview, table: str, match: TableMatch) -> bool:
    """Whether a file is in the platform's own form, to which nothing needs to be said."""
    names = {snake_case(name) for name in preview.fields}
    draft = Draft(preview, match, {"table": STEMS[table]})
    written = draft.values(STATUS.get(table, ""))
    known = sum(canonical_status(value) in KNOWN_STATUSES for value in written)
    return (
        names.issuperset(REQUIRED_COLUMNS[table])
        and not preview.title_lines + preview.footer
        and "total_lines" not in find_totals(draft).entry
        and not any(find_prefixes(draft.values(column)) for column in ID_COLUMNS)
        and known >= FEW * len(written)
    )
