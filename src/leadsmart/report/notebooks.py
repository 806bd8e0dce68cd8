"""The notebooks of the report, each declared once: for whom it runs, what it reads and what it writes.

Schedule, navigation, freshness, publishing, the making of what is missing and the records of a run follow from the
declarations. A new notebook is one more of them, beside its ``.ipynb``.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, StrEnum
from fnmatch import fnmatchcase
from graphlib import TopologicalSorter

from leadsmart.errors import NotebookError
from leadsmart.vocabulary import ALL_MARKETS, UNASSIGNED

CLEANING, INSIGHTS, CLASSIFICATION, SUMMARY = "01_cleaning", "02_insights", "03_classification", "04_summary"
EXPLORE = "05_explore"
POOLED, OVERVIEW = "pooled_model", "overview"

CLEAN_TABLES, LEDGER_FILE, DATA_QUALITY_FILE = "clean/*.parquet", "ledger.csv", "data_quality.json"
MODEL_FILE, CARD_FILE, EXTRACTS_FILE = "model/model.skops", "model/card.json", "pooled/extracts.parquet"
SUMMARY_FILE = "summary.json"


class Of(StrEnum):
    """Of which market a notebook reads another one's files."""

    #: Its own market; of a notebook that runs once, the only files there are.
    OWN = "own"
    #: All markets, each up to date before the notebook runs.
    EVERY = "every"
    #: All markets with a published result of this export, whatever parameters it was run with.
    PUBLISHED = "published"
    #: The campaigns of no known market.
    UNASSIGNED = "unassigned"


class RunInput(Enum):
    """What a notebook reads that no other notebook wrote."""

    MARKET_ROWS = "rows of the market"
    #: Only in a report for a client, to compare with.
    OTHER_USERS_ROWS = "rows of other business users"
    EXPORT_FILES = "files of the export"
    FAILURES = "failures"
    EARLIER_RUN = "the run compared with"


@dataclass(frozen=True)
class Reads:
    """Files of another notebook.

    Attributes
    ----------
    notebook : str
        Its name.
    files : tuple of str
        Patterns of names below its folder.
    of : Of
        Of which market.
    """

    notebook: str
    files: tuple[str, ...]
    of: Of = Of.OWN

    def markets(self, market: str, every: Iterable[str]) -> tuple[str, ...]:
        """Whose files a notebook of `market` reads, where `every` names all markets there are."""
        if self.of == Of.OWN:
            return (NOTEBOOKS[self.notebook].folder(market),)
        return (UNASSIGNED,) if self.of == Of.UNASSIGNED else tuple(every)


@dataclass(frozen=True)
class Notebook:
    """The declaration of a notebook.

    Attributes
    ----------
    name : str
        Of its file, without the ending.
    title : str
        Of its page.
    reads : tuple of Reads or RunInput
        All that it may read besides its own files.
    writes : tuple of str
        Patterns of all that it may write below its folder, where nobody else writes them.
    runs_once : bool
        Whether it runs once for all markets, instead of for each.
    for_unassigned : bool
        Whether it also runs for the campaigns of no known market.
    """

    name: str
    title: str
    reads: tuple[Reads | RunInput, ...]
    writes: tuple[str, ...]
    runs_once: bool = False
    for_unassigned: bool = False

    @property
    def sources(self) -> tuple[Reads, ...]:
        """What it reads of other notebooks."""
        return tuple(read for read in self.reads if isinstance(read, Reads))

    @property
    def runs_last(self) -> bool:
        """Whether it reads how all other notebooks of a run ended."""
        return RunInput.FAILURES in self.reads or RunInput.EARLIER_RUN in self.reads

    @property
    def needs_script(self) -> bool:
        """Whether its page does nothing without a script beside it."""
        return any(pattern.endswith(".js") for pattern in self.writes)

    @property
    def copy(self) -> str:
        """Its executed copy, seen from the folder of its files."""
        return f"../{self.name}.ipynb" if self.runs_once else f"{self.name}.ipynb"

    def folder(self, market: str) -> str:
        """The folder of its files for a market, below that of all outputs."""
        return ALL_MARKETS if self.runs_once else market

    def may_read(self, notebook: str, file: str, market: str, own: str) -> bool:
        """Whether it may read a file of another notebook and market, when it runs for the market `own`."""
        return any(
            read.notebook == notebook and market in read.markets(own, [market]) and _matches(file, read.files)
            for read in self.sources
        )

    def may_write(self, file: str) -> bool:
        """Whether it may write a file of this name below its folder."""
        return _matches(file, self.writes)

    def undeclared(self, kind: str, what: str) -> NotebookError:
        """The error of a notebook that ``reads`` or ``writes`` what its declaration does not name."""
        return NotebookError(
            f"it {kind} {what}, which its declaration does not name",
            remedy=f"Add it to `{kind}` of {self.name} in leadsmart/report/notebooks.py, or leave it",
            file=f"{self.name}.ipynb",
        )


def find_notebook(name: str) -> Notebook:
    """The declaration of a notebook.

    Parameters
    ----------
    name : str
        Of its file, without the ending.

    Returns
    -------
    Notebook
        Its reads, writes and title.

    Raises
    ------
    NotebookError
        If there is none.
    """
    if name not in NOTEBOOKS:
        raise NotebookError(
            "it is not declared", remedy="Declare it in leadsmart/report/notebooks.py", file=f"{name}.ipynb"
        )
    return NOTEBOOKS[name]


def in_run_order(notebooks: Iterable[Notebook]) -> list[Notebook]:
    """The same notebooks, each behind those it reads; else as they were declared."""
    known = {notebook.name: notebook for notebook in notebooks}
    graph = {
        n.name: [o for o in known if o != n.name] if n.runs_last else [read.notebook for read in n.sources]
        for n in known.values()
    }
    return [known[name] for name in TopologicalSorter(graph).static_order()]


def _matches(file: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(file, pattern) for pattern in patterns)


def _tables(*names: str) -> tuple[str, ...]:
    return tuple(f"tables/{name}.csv" for name in names)


_CLEANED = Reads(CLEANING, (CLEAN_TABLES, DATA_QUALITY_FILE))

#: Name -> notebook, in the order in which pages are listed.
NOTEBOOKS: dict[str, Notebook] = {
    notebook.name: notebook
    for notebook in (
        Notebook(
            SUMMARY,
            "Summary",
            reads=(
                _CLEANED,
                Reads(INSIGHTS, ("benchmarks.json", "evidence.json", "kpis.json")),
                Reads(CLASSIFICATION, ("data_gaps.json", CARD_FILE)),
            ),
            writes=(
                "findings.json",
                "recommendations.json",
                SUMMARY_FILE,
                *_tables("findings", "recommendation_*", "recommendations_left_out"),
            ),
        ),
        Notebook(
            CLEANING,
            "Data quality",
            reads=(RunInput.MARKET_ROWS,),
            writes=(
                CLEAN_TABLES,
                "quarantine/*.parquet",
                LEDGER_FILE,
                DATA_QUALITY_FILE,
                *_tables("assumptions", "completeness", "feedback", "feedback_kinds"),
                *_tables("likely_duplicates", "unknown_statuses", "unread_columns"),
            ),
            for_unassigned=True,
        ),
        Notebook(
            INSIGHTS,
            "Insights",
            reads=(_CLEANED, RunInput.OTHER_USERS_ROWS),
            writes=(
                "benchmarks.json",
                "evidence.json",
                "kpis.json",
                *_tables("ad_sets", "benchmarks", "best_campaigns", "campaigns", "channels", "decisions"),
                *_tables("definition_sensitivity", "ended_lessons", "form_variants", "funnel", "hand_overs"),
                *_tables("health_*", "kpis", "leads_by_hour", "one_user_left_out", "projects"),
                *_tables("time_to_*", "transitions", "users", "weekly", "worst_campaigns"),
                *_tables("bottleneck_users", "finding_*", "quality_variance"),
            ),
        ),
        Notebook(
            EXPLORE, "Explore", reads=(_CLEANED, Reads(INSIGHTS, ("kpis.json",))), writes=("explore.js",)
        ),
        Notebook(
            CLASSIFICATION,
            "Lead classifier",
            reads=(_CLEANED, Reads(POOLED, (EXTRACTS_FILE,))),
            writes=(
                MODEL_FILE,
                CARD_FILE,
                "model/message_intents.skops",
                "data_gaps.json",
                "scored_leads.csv",
                *_tables("data_gaps", "labels", "message_intents", "open_message_intents", "score_*"),
            ),
        ),
        Notebook(
            POOLED,
            "Pooled model",
            reads=(Reads(CLEANING, (CLEAN_TABLES,), Of.EVERY),),
            writes=(EXTRACTS_FILE, *_tables("labelled_leads")),
            runs_once=True,
        ),
        Notebook(
            OVERVIEW,
            "All markets",
            reads=(
                Reads(SUMMARY, (SUMMARY_FILE,), Of.PUBLISHED),
                Reads(CLEANING, (CLEAN_TABLES, DATA_QUALITY_FILE), Of.UNASSIGNED),
                RunInput.EXPORT_FILES,
                RunInput.FAILURES,
                RunInput.EARLIER_RUN,
            ),
            writes=_tables("changes", "joins", "markets", "unassigned_projects", "unknown_campaigns"),
            runs_once=True,
        ),
    )
}

MARKET_NOTEBOOKS = tuple(notebook for notebook in NOTEBOOKS.values() if not notebook.runs_once)
SHARED_NOTEBOOKS = tuple(notebook for notebook in NOTEBOOKS.values() if notebook.runs_once)
