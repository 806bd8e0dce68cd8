"""A new market's parameter file, written from what an export shows; every line says where it comes from."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from leadsmart.cleaning.reading.market_evidence import ExportEvidence, MarketEvidence
from leadsmart.errors import ParameterError
from leadsmart.formats import format_count
from leadsmart.params import DEFAULTS_FILE, check_market_name
from leadsmart.report.project.files import write_atomically
from leadsmart.vocabulary import MARKET_LOOKUP
from leadsmart.yaml_text import YAML_SUFFIXES, format_scalar, read_yaml

#: Fewer phones with a country code say nothing of a market.
_FEW_PHONES: Final = 20
#: Share of those phones from which a region is the market's.
_MOST: Final = 0.5
_NAMED: Final = 5
_ORDERS: Final = {"dmy": "the day comes first", "mdy": "the month comes first"}


@dataclass(frozen=True)
class NewMarket:
    """A market's parameter file as it is to be written.

    Attributes
    ----------
    name : str
    text : str
        Of the file.
    to_do : tuple of str
        What only a person can do or confirm.
    """

    name: str
    text: str
    to_do: tuple[str, ...]


def draft_market(name: str, evidence: ExportEvidence, params_dir: Path) -> NewMarket:
    """Draft a market's parameters from what an export shows.

    Parameters
    ----------
    name : str
    evidence : ExportEvidence
        With the market in it.
    params_dir : Path
        Its ``_defaults.yml`` holds what need not be stated.

    Returns
    -------
    NewMarket

    Raises
    ------
    ParameterError
        If the name is none that a market may have.
    """
    check_market_name(name)
    market = evidence.markets[name]
    defaults = read_yaml(params_dir / DEFAULTS_FILE, ParameterError)
    stated = {**_money(evidence, market), **_dates(market), **_phones(market)}
    differing = {key: entry for key, entry in stated.items() if defaults.get(key) != entry[0]}
    # a project's name may hold what ends a line
    lines = [f"# {' '.join(line.split())}" for line in _found(market)]
    lines += [f"market: {format_scalar(name)}", f"title: {format_scalar(name.replace('-', ' ').title())}"]
    lines += [f"{key}: {value}   # {source}" for key, (value, source) in differing.items()]
    confirm = [
        f"{key} is {defaults.get(key)}, which is the default{hint}"
        for key, hint in (("currency", ""), ("timezone", _zone_hint(market, defaults.get("timezone"))))
        if key not in stated
    ]
    lines += [f"# to be confirmed: {line}" for line in confirm]
    to_do = [*_projects_to_do(name, evidence, market), *(f"confirm that {line}" for line in confirm)]
    return NewMarket(name, "\n".join(lines) + "\n", tuple(to_do))


def write_market(market: NewMarket, params_dir: Path) -> Path:
    """Write a drafted file.

    Parameters
    ----------
    market : NewMarket
    params_dir : Path

    Returns
    -------
    Path
        The new file.

    Raises
    ------
    ParameterError
        If the market has one already.
    """
    refuse_known_market(market.name, params_dir)
    path = params_dir / f"{market.name}{YAML_SUFFIXES[0]}"
    write_atomically(path, market.text)
    return path


def refuse_known_market(name: str, params_dir: Path) -> None:
    """Refuse to overwrite the parameters of a market, with a ParameterError."""
    check_market_name(name)
    for suffix in YAML_SUFFIXES:
        path = params_dir / f"{name}{suffix}"
        if path.exists():
            raise ParameterError(
                "is there already",
                remedy="Change it, or delete it first",
                file=f"{params_dir.name}/{path.name}",
            )


def _found(market: MarketEvidence) -> list[str]:
    if not market.campaigns:
        return ["No campaign of the export is in this market yet."]
    names = _shortened(list(market.projects))
    counts = f"{format_count(market.campaigns)} campaigns and {format_count(market.leads)} leads"
    return [f"{counts} of the export, by {MARKET_LOOKUP} or the column market.", f"Projects: {names}"]


def _money(evidence: ExportEvidence, market: MarketEvidence) -> dict[str, tuple[str, str]]:
    found: dict[str, tuple[str, str]] = {}
    if len(evidence.currencies) == 1:
        [currency] = evidence.currencies
        found["currency"] = (currency, "stated by the mapping")
    if market.decimal_marks == {","}:
        found["decimal_comma"] = ("true", "amounts have one or two digits behind a comma")
    return found


def _dates(market: MarketEvidence) -> dict[str, tuple[str, str]]:
    if len(market.date_orders) != 1:
        return {}
    [order] = market.date_orders
    return {"date_order": (order, f"dates show that {_ORDERS[order]}")}


def _phones(market: MarketEvidence) -> dict[str, tuple[str, str]]:
    region, count, total = _main_region(market)
    if not region:
        return {}
    source = f"{format_count(count)} of {format_count(total)} phones with a country code"
    # NO is Norway, and a country code is a text
    return {"phone_region": (format_scalar(region), source)}


def _main_region(market: MarketEvidence) -> tuple[str, int, int]:
    """Where most phones with a country code are from, how many, and of how many; no region where there is none."""
    total = sum(market.phone_regions.values())
    region, count = next(iter(market.phone_regions.items()), ("", 0))
    is_clear = total >= _FEW_PHONES and count > _MOST * total
    return region if is_clear else "", count, total


def _zone_hint(market: MarketEvidence, default: str) -> str:
    region, *_ = _main_region(market)
    if not region or len(market.time_zones) != 1 or default in market.time_zones:
        return ""
    return f"; most phones are from {region}, where it is {market.time_zones[0]}"


def _projects_to_do(name: str, evidence: ExportEvidence, market: MarketEvidence) -> list[str]:
    alike = evidence.projects_like(name)
    if alike:
        return [f"name these projects in {MARKET_LOOKUP}.csv if they are {name}'s: {_shortened(alike)}"]
    if not market.campaigns:
        others = _shortened(list(evidence.unassigned)) or "none"
        return [f"name its projects in {MARKET_LOOKUP}.csv; projects of no market are: {others}"]
    if not market.leads:
        return ["no lead is in it: let `leadsmart check` say what does not join"]
    return []


def _shortened(names: list[str]) -> str:
    rest = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {rest} more" if rest > 0 else "")
