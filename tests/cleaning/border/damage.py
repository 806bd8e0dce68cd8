"""Ways in which other systems, spreadsheets and people change an export, each with what may come of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

import pandas as pd
from cleaning.border.export import Damage, Tables

#: What may come of a case.
RIGHT: Final = "right"
REFUSED: Final = "refused"
TOLD: Final = "told"
SAID: Final = "right and said"
#: Never allowed: other figures without a word.
SILENT: Final = "silent"


@dataclass(frozen=True)
class Case:
    """A damage and what may come of it.

    Attributes
    ----------
    name : str
    damage : callable
        Changes the tables it is given, or returns others; a key that is no table is a file's name.
    allowed : tuple of str
        ``right``: the flawless figures. ``right and said``: these, and a line on the terminal. ``refused``: one
        message with file, place, count and remedy. ``told``: other figures, and a line on the terminal says so.
    says : str
        Pattern that a message or a line must match, whatever comes.
    params : mapping
        Parameters of the run.
    base : callable, optional
        Changes the flawless export before its true figures are counted.
    """

    name: str
    damage: Damage
    allowed: tuple[str, ...] = (RIGHT,)
    says: str = ""
    params: Mapping[str, str] = field(default_factory=dict)
    base: Damage | None = None


def each(table: str, column: str, change: Callable[[str], str]) -> Damage:
    """Change every cell of a column."""

    def damage(t: Tables) -> None:
        t[table][column] = t[table][column].map(change)

    return damage


def nothing(_: Tables) -> None:
    """Leave the export as it is."""


def several(*damages: Damage) -> Damage:
    def damage(t: Tables) -> Tables:
        for one in damages:
            t = one(t) or t
        return t

    return damage


def some(table: str, column: str, change: Callable[[str], str], every: int, offset: int = 0) -> Damage:
    """Change each cell of one row in `every`."""

    def damage(t: Tables) -> None:
        rows = t[table].index[t[table].index % every == offset]
        t[table].loc[rows, column] = t[table].loc[rows, column].map(change)

    return damage


def text_of(rows: pd.DataFrame, separator: str = ",", **options: object) -> str:
    return rows.to_csv(index=False, sep=separator, lineterminator="\n", **options)


def rename(table: str, **names: str) -> Damage:
    def damage(t: Tables) -> None:
        t[table] = t[table].rename(columns=names)

    return damage


def add_column(table: str, name: str, value: object) -> Damage:
    def damage(t: Tables) -> None:
        t[table][name] = value

    return damage


def moments(table: str, column: str, change: Callable[[pd.Series], pd.Series]) -> Damage:
    def damage(t: Tables) -> None:
        t[table][column] = change(pd.to_datetime(t[table][column])).astype("str")

    return damage


def shifted(hours: float, form: str = "%Y-%m-%d %H:%M:%S") -> Callable[[pd.Series], pd.Series]:
    return lambda x: (x + pd.Timedelta(hours=hours)).dt.strftime(form)


def written(form: str) -> Callable[[pd.Series], pd.Series]:
    return lambda x: x.dt.strftime(form)


def as_utc(form: str = "%Y-%m-%dT%H:%M:%SZ") -> Callable[[pd.Series], pd.Series]:
    return lambda x: x.dt.tz_localize("Africa/Cairo").dt.tz_convert("UTC").dt.strftime(form)


def since_august(rows: pd.DataFrame) -> pd.Series:
    return rows["created_at"] >= "2024-08-01"


def arabic(x: str) -> str:
    return x.translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))


def two_files(first: str, second: str, day: str = "2024-08-01") -> Damage:
    """Delivery in two files: before and since a day."""

    def damage(t: Tables) -> Tables:
        early, late = cut(t, day)
        return {k: v for k, v in t.items() if k != "insights"} | {first: early, second: late}

    return damage


def cut(t: Tables, day: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    is_early = t["insights"]["created_at"] < day
    return t["insights"][is_early], t["insights"][~is_early]
