"""The parameters of a market: one frozen model, read from ``params/_defaults.yml`` and ``params/<market>.yml``."""

import difflib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    model_validator,
)

from leadsmart.errors import MAX_EXAMPLES, InputProblems, ParameterError, shorten
from leadsmart.parameter_types import (
    Count,
    Day,
    FlagOrAuto,
    MarketName,
    Names,
    OptionalDay,
    OptionalMode,
    OptionalTarget,
    OptionalTimeZone,
    PhoneRegion,
    Share,
    StatusAliases,
    Statuses,
    TimeZone,
    Title,
    UserIds,
)
from leadsmart.vocabulary import (
    ALL_MARKETS,
    CLIENT,
    OUTCOME_DISQUALIFIED,
    OUTCOME_JUNK,
    OUTCOME_QUALIFIED,
    OUTCOME_UNDECIDED,
    OUTCOME_UNREACHABLE,
    UNASSIGNED,
)
from leadsmart.yaml_text import (
    YAML_SUFFIXES,
    find_place,
    find_yaml,
    format_scalar,
    quote_remedy,
    read_yaml,
)

DEFAULTS_FILE = "_defaults.yml"
CORRECTIONS_FILE = "_corrections.yml"
#: What messages call parameters that were changed for one run.
CHANGED = "changed for this run"
#: Parameters that no market has of its own.
_OF_THE_PROJECT: Final = frozenset({"raw_retention_days", "published_mode"})
_RESTORE = "Restore it, or let `leadsmart init . --upgrade` lay it out again"


class Params(BaseModel):
    """What a report on one market is to show. ``params/_defaults.yml`` explains every field.

    ``user_ids`` is None for all users. ``as_of``, ``period_start`` and ``period_end`` are None for "take
    it from the data".
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=False, allow_inf_nan=False)

    market: MarketName
    title: Title

    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    timezone: TimeZone
    event_timezone: OptionalTimeZone
    date_order: Literal["auto", "ymd", "dmy", "mdy"]
    decimal_comma: FlagOrAuto
    coarse_delivery: Literal["refuse", "spread"]
    phone_region: PhoneRegion
    default_channel: Annotated[str, Field(min_length=1, max_length=60)]
    form_fields: Names
    safe_form_fields: Names

    period_start: OptionalDay
    period_end: OptionalDay
    as_of: OptionalDay
    user_ids: UserIds
    audience: Literal["internal", "client"]

    qualified_statuses: Statuses
    disqualified_statuses: Statuses
    junk_statuses: Statuses
    unreachable_statuses: Statuses
    undecided_statuses: Statuses
    deal_statuses: Statuses
    status_aliases: StatusAliases
    funnel_stages: dict[str, Statuses]
    intent_statuses: dict[Literal["high", "medium", "low", "junk"], Statuses]

    kpi_priority: Literal["volume", "quality", "cost", "speed"]
    target_cpl: OptionalTarget
    target_cpql: OptionalTarget

    minimum_leads: Count
    minimum_verdicts: Count
    minimum_users: Annotated[Count, Field(ge=2)]
    minimum_people: Count
    minimum_decision_verdicts: Annotated[Count, Field(ge=5)]
    minimum_decision_coverage: Annotated[float, Field(ge=0.2, le=1)]
    practical_margin: Annotated[float, Field(gt=0, lt=1)]
    false_discovery_rate: Annotated[float, Field(gt=0, lt=0.5)]

    repeat_leads: Literal["count", "once"]
    max_quarantine_share: Share
    max_unjoined_share: Share
    platform_start: Day

    target: Literal["qualified_given_verdict", "qualified_within_horizon"]
    horizon_days: Annotated[int, Field(ge=1, le=3_650)]
    grade_bounds: dict[Literal["A", "B", "C"], Share]

    raw_retention_days: Annotated[int, Field(ge=0, le=36_500)]
    published_mode: OptionalMode

    seed: Annotated[int, Field(ge=0, lt=2**32)]
    cell_timeout: Annotated[int, Field(ge=1, le=86_400)]

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
    found = {path.stem for suffix in YAML_SUFFIXES for path in params_dir.glob(f"*{suffix}")}
    return sorted(name for name in found if not name.startswith(("_", ".")))


def load_params(market: str, params_dir: Path, overrides: Mapping[str, Any] | None = None) -> Params:
    """Read the parameters of one market.

    Parameters
    ----------
    market : str
        Name of a file ``<market>.yml`` (or ``.yaml``) in `params_dir`.
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
    check_market_name(market)
    own = find_yaml(params_dir, market, ParameterError)
    if own is None:
        known = list_markets(params_dir)
        close = difflib.get_close_matches(market, known, n=1)
        hint = f"Did you mean {close[0]}?" if close else f"Known markets: {', '.join(known) or 'none'}"
        raise ParameterError(
            f"no market {market!r}: {market}.yml does not exist", remedy=hint, file=params_dir.name
        )
    stated = _read_flat(own)
    if stated.get("market") != market:
        found = f"market {stated['market']!r}" if "market" in stated else "no market"
        line = f"market: {format_scalar(market)}"
        raise ParameterError(f"the file states {found}", remedy=f"Write `{line}` in it", file=own.name)
    return _validate(stated, overrides, own, params_dir / DEFAULTS_FILE)


def check_market_name(name: str) -> None:
    """Refuse a name that no market may have, with a ParameterError."""
    try:
        TypeAdapter(MarketName).validate_python(name)
    except ValidationError as error:
        reason = error.errors()[0]["msg"].removeprefix("Value error, ")
        raise ParameterError(
            f"{name!r} can't be a market: {reason}", remedy="Rename it, for example to new-cairo"
        ) from error


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
    return _validate(stand_in, overrides, params_dir / DEFAULTS_FILE).model_copy(
        update={"market": UNASSIGNED}
    )


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


def _read_flat(path: Path) -> dict[str, Any]:
    values = read_yaml(path, ParameterError, restore=_RESTORE)
    if not isinstance(values, dict):
        raise ParameterError("expected lines of `name: value`", remedy="Mend the file", file=path.name)
    return values


def _validate(stated: Mapping[str, Any], overrides: Mapping[str, Any] | None, *files: Path) -> Params:
    """Parameters of what is stated over the defaults; `files` state what no override does, the first one wins."""
    values = {**_read_flat(files[-1]), **stated, **(overrides or {})}

    def place(location: Sequence[str | int]) -> str:
        if location and location[0] in (overrides or {}):
            return CHANGED
        places = [find_place(path, location) for path in files]
        return next((p for p, path in zip(places, files, strict=True) if p != path.name), files[0].name)

    unknown = [name for name in values if name not in Params.model_fields]
    problems = [_unknown_parameter(name, place([name])) for name in unknown[:MAX_EXAMPLES]]
    if unknown[MAX_EXAMPLES:]:
        problems.append(
            ParameterError(
                "more unknown parameters",
                remedy=f"params/{DEFAULTS_FILE} lists all parameters",
                count=len(unknown[MAX_EXAMPLES:]),
                examples=unknown[MAX_EXAMPLES:],
            )
        )
    remedy = f"State it in params/{DEFAULTS_FILE}"
    problems += [
        ParameterError(f"{name} is the same for all markets", remedy=remedy, file=place([name]))
        for name in sorted(_OF_THE_PROJECT & {*stated, *(overrides or {})})
    ]
    known = {name: value for name, value in values.items() if name in Params.model_fields}
    try:
        params = Params(**known)
    except ValidationError as error:
        problems += [_parameter_error(detail, place(detail["loc"])) for detail in error.errors()]
    if len(problems) > 1:
        raise InputProblems(problems)
    if problems:
        raise problems[0]
    return params


def _unknown_parameter(name: object, file: str) -> ParameterError:
    text = shorten(str(name))
    close = difflib.get_close_matches(text, Params.model_fields, n=1, cutoff=0.5)
    remedy = f"Did you mean {close[0]}?" if close else f"params/{DEFAULTS_FILE} lists all parameters"
    return ParameterError(f"unknown parameter {text!r}", remedy=remedy, file=file)


def _parameter_error(detail: Mapping[str, Any], file: str) -> ParameterError:
    name = ".".join(str(part) for part in detail["loc"])
    if detail["type"] == "missing":
        return ParameterError(
            f"parameter {name!r} has no value",
            remedy=f"Add it to params/{DEFAULTS_FILE}, or let `leadsmart init . --upgrade` bring the file of this version",
            file=file,
        )
    value = detail["input"]
    problem = detail["msg"].removeprefix("Value error, ")
    return ParameterError(
        f"parameter {name!r}: {problem}" if name else problem,
        remedy=quote_remedy(detail, f"See the comment in params/{DEFAULTS_FILE}"),
        file=file,
        examples=[value] if name and not isinstance(value, dict) else [],
    )
