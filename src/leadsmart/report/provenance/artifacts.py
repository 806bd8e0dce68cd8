"""What a run has published of a market, and whether it is still what the run wrote."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from pydantic import ValidationError

from leadsmart.errors import ModelError
from leadsmart.market_tables import MarketTables
from leadsmart.parameter_types import MARKET_NAME
from leadsmart.params import Params
from leadsmart.report.notebooks import CARD_FILE, MODEL_FILE
from leadsmart.report.project.files import read_json, sha256_of
from leadsmart.report.project.workspace import RUN_FILE
from leadsmart.vocabulary import TABLES


@dataclass(frozen=True)
class PublishedMarket:
    """A market as it was published.

    Attributes
    ----------
    params : Params
        Those of the run.
    tables : MarketTables
    model : Path
        Its bytes are those that the run wrote.
    verdict, use : str
        The evaluation's, from the model's card: how good the score is, and what a call list takes from it.
    """

    params: Params
    tables: MarketTables
    model: Path
    verdict: str
    use: str


def read_published(outputs: Path, market: str) -> PublishedMarket:
    """Read a market's clean tables, parameters and card, each file held against the hash in ``run.json``.

    Parameters
    ----------
    outputs : Path
        Folder of published results.
    market : str

    Returns
    -------
    PublishedMarket
        As it was published.

    Raises
    ------
    ModelError
        If nothing is published, a file is missing or not the one that the run wrote, or another version wrote it.
    """
    folder = outputs / market
    remedy = f"Run `leadsmart run {market}` first"
    if not MARKET_NAME.fullmatch(market):
        raise ModelError(f"no model of {market} is published", remedy=remedy, file=outputs.name)
    try:
        record = read_json(folder / RUN_FILE)
        params, hashes = Params(**record["parameters"]), record["outputs"]
    except FileNotFoundError as error:
        raise ModelError(f"no model of {market} is published", remedy=remedy, file=outputs.name) from error
    except (ValueError, KeyError, ValidationError) as error:
        raise ModelError(
            "not the record of a run of this version", remedy=remedy, file=f"{market}/{RUN_FILE}"
        ) from error
    for name in (MODEL_FILE, CARD_FILE, *(f"clean/{table}.parquet" for table in TABLES)):
        path, shown = folder / name, f"{market}/{name}"
        if not path.is_file():
            raise ModelError("the file does not exist", remedy=remedy, file=shown)
        if sha256_of(path) != hashes.get(name):
            raise ModelError("not the file that the run wrote: its hash differs", remedy=remedy, file=shown)
    card = read_json(folder / CARD_FILE)
    if "use" not in card:
        raise ModelError(
            "not the card of a model of this version", remedy=remedy, file=f"{market}/{CARD_FILE}"
        )
    tables = {table: pd.read_parquet(folder / "clean" / f"{table}.parquet") for table in TABLES}
    return PublishedMarket(params, MarketTables(**tables), folder / MODEL_FILE, card["verdict"], card["use"])
