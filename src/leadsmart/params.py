"""The parameters of a market: one frozen model, read from ``params/_defaults.yml`` and ``params/<market>.yml``."""

import datetime as dt
import difflib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from leadsmart.errors import ParameterError
from leadsmart.vocabulary import (
    OUTCOME_DISQUALIFIED,
    OUTCOME_JUNK,
    OUTCOME_QUALIFIED,
    OUTCOME_UNDECIDED,
    OUTCOME_UNREACHABLE,
    RESERVED_MARKETS,
)

DEFAULTS_FILE = "_defaults.yml"
MARKET_NAME = re.compile(r"[a-z0-9-]+")


def canonical_status(text: str) -> str:
    """Spell a status as the vocabulary does: trimmed, upper case, spaces and hyphens as underscores.

    >>> canonical_status(" not-qualified ")
    'NOT_QUALIFIED'
    """
    return re.sub(r"[\s\-_]+", "_", text.strip()).upper()


def _market_name(name: str) -> str:
    if not MARKET_NAME.fullmatch(name):
        raise ValueError("a market's name has only lower-case letters, digits and hyphens")
    if name in RESERVED_MARKETS:
        raise ValueError(f"{name!r} is a reserved name")
    return name


def _time_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError("not a time zone of the IANA database, such as Africa/Cairo") from error
    return name


def _all_or_ids(value: object) -> object:
    if value is None or value == "all":
        return None
    items = value if isinstance(value, list | tuple) else [value]
    return tuple(str(item) for item in items)


def _as_tuple(value: object) -> object:
    return tuple(value) if isinstance(value, list | set | frozenset) else value


Statuses = Annotated[
    tuple[str, ...],
    BeforeValidator(_as_tuple),
    AfterValidator(lambda statuses: tuple(canonical_status(s) for s in statuses)),
]
Share = Annotated[float, Field(ge=0, le=1)]


class Params(BaseModel):
    """What a report on one market is to show. ``params/_defaults.yml`` explains every field.

    ``user_ids`` is None for all users. ``as_of``, ``period_start`` and ``period_end`` are None for "take
    it from the data".
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=False, allow_inf_nan=False)

    market: Annotated[str, AfterValidator(_market_name)]
    title: Annotated[str, Field(min_length=1, max_length=60)]

    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    timezone: Annotated[str, AfterValidator(_time_zone)]
    date_order: Literal["ymd", "dmy", "mdy"]
    decimal_comma: bool
    phone_region: Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
    default_channel: Annotated[str, Field(min_length=1)]

    period_start: dt.date | None
    period_end: dt.date | None
    as_of: dt.date | None
    user_ids: Annotated[tuple[str, ...] | None, BeforeValidator(_all_or_ids)]

    qualified_statuses: Statuses
    disqualified_statuses: Statuses
    junk_statuses: Statuses
    unreachable_statuses: Statuses
    undecided_statuses: Statuses
    deal_statuses: Statuses
    status_aliases: dict[str, str]
    funnel_stages: dict[str, Statuses]
    intent_statuses: dict[Literal["high", "medium", "low", "junk"], Statuses]

    kpi_priority: Literal["volume", "quality", "cost", "speed"]
    target_cpl: Annotated[float, Field(gt=0)] | None
    target_cpql: Annotated[float, Field(gt=0)] | None

    minimum_leads: Annotated[int, Field(ge=1)]
    minimum_verdicts: Annotated[int, Field(ge=1)]
    minimum_users: Annotated[int, Field(ge=2)]
    minimum_decision_verdicts: Annotated[int, Field(ge=5)]
    minimum_decision_coverage: Annotated[float, Field(ge=0.2, le=1)]
    practical_margin: Annotated[float, Field(gt=0, lt=1)]
    false_discovery_rate: Annotated[float, Field(gt=0, lt=0.5)]

    repeat_leads: Literal["count", "once"]
    max_quarantine_share: Share
    platform_start: dt.date

    target: Literal["qualified_given_verdict", "qualified_within_horizon"]
    horizon_days: Annotated[int, Field(ge=1)]
    grade_bounds: dict[Literal["A", "B", "C"], Share]

    seed: int
    cell_timeout: Annotated[int, Field(ge=1)]

    @model_validator(mode="after")
    def _consistent(self) -> "Params":
        seen: dict[str, str] = {}
        for outcome, statuses in self.outcome_statuses.items():
            for status in statuses:
                if status in seen:
                    raise ValueError(f"status {status} is listed as {seen[status]} and as {outcome}; keep one")
                seen[status] = outcome
        if not self.qualified_statuses:
            raise ValueError("qualified_statuses is empty; name at least one status")
        if self.period_start and self.period_end and self.period_start > self.period_end:
            raise ValueError(f"period_start {self.period_start} is after period_end {self.period_end}")
        bounds = [self.grade_bounds.get(grade) for grade in "ABC"]
        if None in bounds or bounds != sorted(bounds, reverse=True):
            raise ValueError("grade_bounds needs A, B and C, each at most the one before")
        return self

    @property
    def outcome_statuses(self) -> dict[str, tuple[str, ...]]:
        """Outcome -> the statuses that mean it, under this market's lead definition."""
        return {
            OUTCOME_QUALIFIED: self.qualified_statuses,
            OUTCOME_DISQUALIFIED: self.disqualified_statuses,
            OUTCOME_JUNK: self.junk_statuses,
            OUTCOME_UNREACHABLE: self.unreachable_statuses,
            OUTCOME_UNDECIDED: self.undecided_statuses,
        }


def list_markets(params_dir: Path) -> list[str]:
    """Names of the markets that have a file in `params_dir`, sorted."""
    return sorted(p.stem for p in params_dir.glob("*.yml") if not p.stem.startswith("_"))


def load_params(market: str, params_dir: Path, overrides: Mapping[str, Any] | None = None) -> Params:
    """Read the parameters of one market.

    Parameters
    ----------
    market : str
        Name of a file ``<market>.yml`` in `params_dir`.
    params_dir : Path
        Folder with ``_defaults.yml`` and the market files.
    overrides : mapping, optional
        Parameters that win over both files.

    Raises
    ------
    ParameterError
        If a file is missing or not flat YAML, a parameter is unknown, missing or of the wrong type, or the
        file states another market than its name.
    """
    try:
        _market_name(market)
    except ValueError as error:
        raise ParameterError(
            f"{market!r} can't be a market: {error}", remedy="Rename it, for example to new-cairo"
        ) from error
    defaults, own = params_dir / DEFAULTS_FILE, params_dir / f"{market}.yml"
    if not own.is_file():
        known = list_markets(params_dir)
        close = difflib.get_close_matches(market, known, n=1)
        hint = f"Did you mean {close[0]}?" if close else f"Known markets: {', '.join(known) or 'none'}"
        raise ParameterError(f"no market {market!r}: {own.name} does not exist", remedy=hint, file=str(params_dir))
    stated = _read_flat_yaml(own)
    if stated.get("market") != market:
        raise ParameterError(
            f"the file states market {stated.get('market')!r}", remedy=f"Write `market: {market}` in it", file=own.name
        )
    values = {**_read_flat_yaml(defaults), **stated, **(overrides or {})}
    return _validate(values, file=own.name)


def _read_flat_yaml(path: Path) -> dict[str, Any]:
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ParameterError("the file does not exist", remedy="Restore it from the repository", file=str(path)) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        reason = " ".join(str(error).split())
        raise ParameterError(f"not valid YAML: {reason}", remedy="Mend the file", file=path.name) from error
    if not isinstance(values, dict):
        raise ParameterError("expected lines of `name: value`", remedy="Mend the file", file=path.name)
    return values


def _validate(values: dict[str, Any], file: str) -> Params:
    unknown = [name for name in values if name not in Params.model_fields]
    if unknown:
        close = difflib.get_close_matches(str(unknown[0]), Params.model_fields, n=1, cutoff=0.5)
        remedy = f"Did you mean {close[0]}?" if close else "params/_defaults.yml lists all parameters"
        raise ParameterError(f"unknown parameter {unknown[0]!r}", remedy=remedy, file=file, examples=unknown[1:])
    try:
        return Params(**values)
    except ValidationError as error:
        raise _parameter_error(error, file) from error


def _parameter_error(error: ValidationError, file: str) -> ParameterError:
    first = error.errors()[0]
    name = ".".join(str(part) for part in first["loc"]) or None
    if first["type"] == "missing":
        return ParameterError(
            f"parameter {name!r} has no value", remedy=f"Add it to params/{DEFAULTS_FILE}", file=file, column=None
        )
    examples = [first["input"]] if name and not isinstance(first["input"], dict) else []
    problem = first["msg"].removeprefix("Value error, ")
    return ParameterError(
        f"parameter {name!r}: {problem}" if name else problem,
        remedy=f"See the comment in params/{DEFAULTS_FILE}",
        file=file,
        examples=examples,
    )
