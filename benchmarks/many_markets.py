"""A project of many small markets: samples of eight markets side by side, each with ids and names of its own."""

import shutil
from pathlib import Path

import pandas as pd

from leadsmart.sample import SampleTables, make_sample
from leadsmart.sample.export import write_tables

ROOT = Path(__file__).parents[1]
SOURCES = ("notebooks", "docs", "assets", "_quarto.yml", "index.qmd")
IDS = ("id", "campaign_id", "ad_set_id", "user_id", "lead_id")
LEADS = 800


def copy_project(folder: Path) -> Path:
    """The project without its data and results, to run in."""
    folder.mkdir(parents=True)
    for name in SOURCES:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copyfile
        copy(ROOT / name, folder / name)
    shutil.copytree(ROOT / "params", folder / "params")
    return folder


def make_many_markets(folder: Path, count: int, leads: int = LEADS) -> Path:
    """A project with `count` markets in ``params/`` and an export of theirs in ``data/``.

    Parameters
    ----------
    folder : Path
        Does not exist yet.
    count : int
    leads : int
        Leads of eight markets together.
    """
    copy_project(folder)
    for path in (folder / "params").glob("[!_]*.yml"):
        path.unlink()
    parts: list[SampleTables] = []
    while not parts or len(_markets(parts)) < count:
        parts.append(_numbered(make_sample(leads=leads, seed=len(parts), defects=False)[0], len(parts) + 1))
    kept = _markets(parts)[:count]
    for market in kept:
        path = folder / "params" / f"{market}.yml"
        path.write_text(f"market: {market}\ntitle: {market.replace('-', ' ').title()}\n", encoding="utf-8")
    write_tables(_of_markets(_together(parts), kept), folder / "data", {"sample": True}, overwrite=False)
    return folder


def _markets(parts: list[SampleTables]) -> list[str]:
    return pd.concat([part.project_markets["market"] for part in parts]).unique().tolist()


def _numbered(tables: SampleTables, number: int) -> SampleTables:
    """The tables with `number` in every id, project and market."""

    def mark(table: pd.DataFrame) -> pd.DataFrame:
        marked = {name: f"{number}" + table[name].str.zfill(7) for name in IDS if name in table}
        if "project_name" in table:
            marked["project_name"] = table["project_name"] + f" {number}"
        if "market" in table:
            marked["market"] = table["market"] + f"-{number}"
        return table.assign(**marked)

    return SampleTables(*map(mark, tables))


def _together(parts: list[SampleTables]) -> SampleTables:
    return SampleTables(*(pd.concat(tables, ignore_index=True) for tables in zip(*parts, strict=True)))


def _of_markets(tables: SampleTables, markets: list[str]) -> SampleTables:
    """Only what belongs to some markets, so that nothing is left without one."""
    projects = tables.project_markets[tables.project_markets["market"].isin(markets)]
    campaigns = tables.campaigns[tables.campaigns["project_name"].isin(projects["project_name"])]
    leads = tables.campaign_leads[tables.campaign_leads["campaign_id"].isin(campaigns["id"])]
    return SampleTables(
        campaigns=campaigns,
        insights=tables.insights[tables.insights["campaign_id"].isin(campaigns["id"])],
        campaign_leads=leads,
        lead_status_changes=tables.lead_status_changes[
            tables.lead_status_changes["lead_id"].isin(leads["id"])
        ],
        project_markets=projects,
    )
