"""New leads scored in batch by a published model: read, cleaned, and judged by what was known when each arrived."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from leadsmart.classification.scoring import score_new_leads
from leadsmart.classification.storage import load_model
from leadsmart.cleaning.intake import clean_new_leads
from leadsmart.cleaning.values.keys import contact_key
from leadsmart.market import Market
from leadsmart.report.provenance.artifacts import read_published


@dataclass(frozen=True)
class ScoredFile:
    """What became of a file of new leads.

    Attributes
    ----------
    scored : DataFrame
        One row per lead, best first, with the columns of ``scored_leads.csv``.
    left_out : dict
        Cleaning rule -> rows of the file that it removed.
    verdict : str
        That of the model.
    use : str
        What the list takes from it: ``probability``, ``order`` or ``rules``.
    """

    scored: pd.DataFrame
    left_out: dict[str, int]
    verdict: str
    use: str


def score_file(path: Path, outputs: Path, market: str) -> ScoredFile:
    """Score a file of new leads with the market's published model.

    Parameters
    ----------
    path : Path
        Leads, in the form of the export's ``campaign_leads.csv``.
    outputs : Path
        Folder of published results.
    market : str

    Returns
    -------
    ScoredFile

    Raises
    ------
    InputError, ModelError
        If the file or what is published can't be used.
    """
    published = read_published(outputs, market)
    model = load_model(published.model)
    cleaned = clean_new_leads(path, published.tables, published.params, contact_key(published.params))
    scored = score_new_leads(model, cleaned.rows, Market(published.tables, published.params), published.use)
    left_out = {str(rule): int(n) for rule, n in cleaned.removed.items()}
    return ScoredFile(scored, left_out, published.verdict, published.use)
