"""The parameters of a market: one frozen model, read from ``params/_defaults.yml`` and ``params/<market>.yml``."""

import datetime as dt
import difflib
import re
from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from leadsmart.errors import InputProblems, ParameterError
from leadsmart.vocabulary import (
    ALL_MARKETS,
    CLIENT,
    KNOWN_STATUSES,
    OUTCOME_DISQUALIFIED,
    OUTCOME_JUNK,
    OUTCOME_QUALIFIED,
    OUTCOME_UNDECIDED,
    OUTCOME_UNREACHABLE,
    RESERVED_MARKETS,
    UNASSIGNED,
)

DEFAULTS_FILE = "_defaults.yml"
CORRECTIONS_FILE = "_corrections.yml"
#: What messages call parameters that were changed for one run.
CHANGED = "changed for this run"
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


def _title(text: str) -> str:
    # a title stands in markup of several kinds: HTML, Markdown, YAML, file names of exports
    if not re.fullmatch(r"[\w&'’()+,./:·–—-]+( [\w&'’()+,./:·–—-]+)*", text):
        raise ValueError("a title has letters, digits, single blanks and & ' ( ) + , . / : - only")
    return text


def _time_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError("not a time zone of the IANA database, such as Africa/Cairo") from error
    return name


def _day(value: object) -> object:
    # pydantic reads bare numbers as seconds since 1970, so that 20241001 would become a day of that year
    if value is None or (isinstance(value, dt.date) and not isinstance(value, dt.datetime)):
        return value
    try:
        if isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value.strip()):
            return dt.date.fromisoformat(value.strip())
    except ValueError as error:
        raise ValueError("no such day in the calendar") from error
    raise ValueError("expected a day written like 2024-10-01")


def _items(value: object) -> object:
    """Take one value, a comma-separated text or a list as a tuple without repeats, in order."""
    if isinstance(value, str):
        value = value.split(",")
    if isinstance(value, list | tuple):
        return tuple(dict.fromkeys(x.strip() if isinstance(x, str) else x for x in value))
    return value


def _all_or_ids(value: object) -> object:
    if value is None or (isinstance(value, str) and value.strip().lower() == "all"):
        return None
    ids = _items([value] if isinstance(value, int) else value)
    if not isinstance(ids, tuple) or not ids:
        raise ValueError("expected all, or a list of user ids such as [203, 466]")
    wrong = [x for x in ids if isinstance(x, bool) or not isinstance(x, int | str) or x == ""]
    if wrong:
        raise ValueError(f"{wrong[0]!r} is not a user id; write whole numbers or text")
    return tuple(dict.fromkeys(str(x) for x in ids))


def _canonical_statuses(statuses: tuple[str, ...]) -> tuple[str, ...]:
    canonical = tuple(dict.fromkeys(canonical_status(s) for s in statuses))
    if "" in canonical:
        raise ValueError("a status is empty")
    return canonical


def _canonical_aliases(aliases: dict[str, str]) -> dict[str, str]:
    canonical = {canonical_status(alias): canonical_status(status) for alias, status in aliases.items()}
    known = sorted(KNOWN_STATUSES & canonical.keys())
    if known:
        raise ValueError(
            f"{known[0]} is a status of its own, not another spelling; move it to another list of statuses instead"
        )
    return canonical


Day = Annotated[dt.date, BeforeValidator(_day)]
Statuses = Annotated[tuple[str, ...], BeforeValidator(_items), AfterValidator(_canonical_statuses)]
Share = Annotated[float, Field(ge=0, le=1)]


class Params(BaseModel):
    """What a report on one market is to show. ``params/_defaults.yml`` explains every field.

    ``user_ids`` is None for all users. ``as_of``, ``period_start`` and ``period_end`` are None for "take
    it from the data".
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=False, allow_inf_nan=False)

    market: Annotated[str, AfterValidator(_market_name)]
    title: Annotated[str, Field(min_length=1, max_length=60), AfterValidator(_title)]

    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    timezone: Annotated[str, AfterValidator(_time_zone)]
    date_order: Literal["ymd", "dmy", "mdy"]
    decimal_comma: bool
    phone_region: Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
    default_channel: Annotated[str, Field(min_length=1)]

    period_start: Day | None
    period_end: Day | None
    as_of: Day | None
    user_ids: Annotated[tuple[str, ...] | None, BeforeValidator(_all_or_ids)]
    audience: Literal["internal", "client"]

    qualified_statuses: Statuses
    disqualified_statuses: Statuses
    junk_statuses: Statuses
    unreachable_statuses: Statuses
    undecided_statuses: Statuses
    deal_statuses: Statuses
    status_aliases: Annotated[dict[str, str], AfterValidator(_canonical_aliases)]
    funnel_stages: dict[str, Statuses]
    intent_statuses: dict[Literal["high", "medium", "low", "junk"], Statuses]

    kpi_priority: Literal["volume", "quality", "cost", "speed"]
    target_cpl: Annotated[float, Field(gt=0)] | None
    target_cpql: Annotated[float, Field(gt=0)] | None

    minimum_leads: Annotated[int, Field(ge=1)]
    minimum_verdicts: Annotated[int, Field(ge=1)]
    minimum_users: Annotated[int, Field(ge=2)]
    minimum_people: Annotated[int, Field(ge=1)]
    minimum_decision_verdicts: Annotated[int, Field(ge=5)]
    minimum_decision_coverage: Annotated[float, Field(ge=0.2, le=1)]
    practical_margin: Annotated[float, Field(gt=0, lt=1)]
    false_discovery_rate: Annotated[float, Field(gt=0, lt=0.5)]

    repeat_leads: Literal["count", "once"]
    max_quarantine_share: Share
    platform_start: Day

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
                    raise ValueError(
                        f"status {status} is listed as {seen[status]} and as {outcome}; keep one"
                    )
                seen[status] = outcome
        if not self.qualified_statuses:
            raise ValueError("qualified_statuses is empty; name at least one status")
        if self.period_start and self.period_end and self.period_start > self.period_end:
            raise ValueError(f"period_start {self.period_start} is after period_end {self.period_end}")
        if self.period_start and self.as_of and self.period_start > self.as_of:
            raise ValueError(f"period_start {self.period_start} is after as_of {self.as_of}")
        if self.audience == CLIENT and self.user_ids is None:
            raise ValueError(
                "audience client needs user_ids; name the customer's business users, such as user_ids: [203, 466]"
            )
        bounds = [bound for _, bound in sorted(self.grade_bounds.items())]
        if len(bounds) < 3 or bounds != sorted(bounds, reverse=True):
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

    @property
    def targets(self) -> dict[str, float | None]:
        """KPI -> its target, where one can be set."""
        return {"cpl": self.target_cpl, "cpql": self.target_cpql}


def list_markets(params_dir: Path) -> list[str]:
    """Names of the markets that have a file in `params_dir`, sorted."""
    return sorted(p.stem for p in params_dir.glob("*.yml") if not p.stem.startswith(("_", ".")))


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

    Returns
    -------
    Params
        Valid ones.

    Raises
    ------
    ParameterError
        If a file is missing or not flat YAML, a parameter is unknown, missing or of the wrong type, or the
        file states another market than its name.
    InputProblems
        If more than one parameter is wrong; it holds a ParameterError for each.
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
        raise ParameterError(
            f"no market {market!r}: {own.name} does not exist", remedy=hint, file=params_dir.name
        )
    stated = _read_flat_yaml(own)
    if stated.get("market") != market:
        found = f"market {stated['market']!r}" if "market" in stated else "no market"
        line = yaml.safe_dump({"market": market}).strip()
        raise ParameterError(f"the file states {found}", remedy=f"Write `{line}` in it", file=own.name)
    return _validate({**_read_flat_yaml(defaults), **stated}, overrides, file=own.name)


def unassigned_params(params_dir: Path, overrides: Mapping[str, Any] | None = None) -> Params:
    """Make the parameters for campaigns of no known market: the defaults, under the reserved name.

    Parameters
    ----------
    params_dir : Path
        Folder with ``_defaults.yml``.
    overrides : mapping, optional
        Parameters that win over the defaults.

    Returns
    -------
    Params
        Valid ones.

    Raises
    ------
    ParameterError, InputProblems
        As `load_params`.
    """
    # no user may call a market so; the stand-in passes validation and is replaced
    stand_in = {"market": "no-market", "title": "Unassigned campaigns"}
    values = {**_read_flat_yaml(params_dir / DEFAULTS_FILE), **stand_in}
    return _validate(values, overrides, file=DEFAULTS_FILE).model_copy(update={"market": UNASSIGNED})


def params_for(market: str, params_dir: Path, overrides: Mapping[str, Any] | None = None) -> Params:
    """The parameters with which a notebook runs: those of a market, of ``unassigned``, or of ``all-markets``.

    What runs once for all markets has those of the first one.

    Parameters
    ----------
    market : str
        A market or one of the two reserved names.
    params_dir, overrides
        As for `load_params`.

    Returns
    -------
    Params
        Valid ones.

    Raises
    ------
    ParameterError, InputProblems
        As `load_params`.
    """
    if market == UNASSIGNED:
        return unassigned_params(params_dir, overrides)
    name = list_markets(params_dir)[0] if market == ALL_MARKETS else market
    return load_params(name, params_dir, overrides)


# Which of the two classes there is depends on how PyYAML was built.
class _UniqueKeys(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """YAML as usual, but a name that stands twice is an error instead of the last one winning."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        names = [self.construct_object(key) for key, _ in node.value]
        twice = [name for name in names if names.count(name) > 1]
        if twice:
            raise yaml.constructor.ConstructorError(
                problem=f"{twice[0]!r} stands twice", problem_mark=node.start_mark
            )
        return super().construct_mapping(node, deep)


def _read_flat_yaml(path: Path) -> dict[str, Any]:
    try:
        # _UniqueKeys is a SafeLoader
        values = yaml.load(path.read_text(encoding="utf-8"), Loader=_UniqueKeys)
    except OSError as error:
        raise ParameterError(
            f"can't be read: {error.strerror}", remedy="Restore it from the repository", file=str(path)
        ) from error
    except (yaml.YAMLError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise ParameterError(f"not valid YAML: {reason}", remedy="Mend the file", file=path.name) from error
    if not isinstance(values, dict):
        raise ParameterError("expected lines of `name: value`", remedy="Mend the file", file=path.name)
    return values


def _validate(stated: Mapping[str, Any], overrides: Mapping[str, Any] | None, file: str) -> Params:
    values = {**stated, **(overrides or {})}
    changed = dict.fromkeys(overrides or {}, CHANGED)
    problems = [_unknown_parameter(n, changed.get(n, file)) for n in values if n not in Params.model_fields]
    known = {name: value for name, value in values.items() if name in Params.model_fields}
    try:
        params = Params(**known)
    except ValidationError as error:
        for detail in error.errors():
            name = str(detail["loc"][0]) if detail["loc"] else ""
            problems.append(_parameter_error(detail, changed.get(name, file)))
    if len(problems) > 1:
        raise InputProblems(problems)
    if problems:
        raise problems[0]
    return params


def _unknown_parameter(name: object, file: str) -> ParameterError:
    close = difflib.get_close_matches(str(name), Params.model_fields, n=1, cutoff=0.5)
    remedy = f"Did you mean {close[0]}?" if close else f"params/{DEFAULTS_FILE} lists all parameters"
    return ParameterError(f"unknown parameter {name!r}", remedy=remedy, file=file)


def _parameter_error(detail: Mapping[str, Any], file: str) -> ParameterError:
    name = ".".join(str(part) for part in detail["loc"])
    if detail["type"] == "missing":
        return ParameterError(
            f"parameter {name!r} has no value", remedy=f"Add it to params/{DEFAULTS_FILE}", file=file
        )
    value = detail["input"]
    problem = detail["msg"].removeprefix("Value error, ")
    return ParameterError(
        f"parameter {name!r}: {problem}" if name else problem,
        remedy=f"See the comment in params/{DEFAULTS_FILE}",
        file=file,
        examples=[value] if name and not isinstance(value, dict) else [],
    )
