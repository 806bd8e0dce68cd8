"""Parameters that are changed for one run, as ``--param NAME=VALUE`` states them."""

from collections.abc import Iterable
from typing import Annotated, Any

from pydantic import TypeAdapter, ValidationError

from leadsmart.errors import ParameterError, shorten
from leadsmart.params import Params
from leadsmart.yaml_text import parse_value


def parse_overrides(pairs: Iterable[str]) -> dict[str, Any]:
    """Parameters as the command line states them.

    Parameters
    ----------
    pairs : iterable of str
        Each ``NAME=VALUE``; for the value see `parse_value`.

    Returns
    -------
    dict
        Parameter -> value: a number where the parameter is one, otherwise text as it is written.

    Raises
    ------
    ParameterError
        If one is no pair, its value is broken YAML, or it names the market.

    Examples
    --------
    >>> parse_overrides(["seed=7", "user_ids=[0102]"])
    {'seed': 7, 'user_ids': ['0102']}
    """
    values: dict[str, Any] = {}
    for pair in pairs:
        name, separator, text = pair.partition("=")
        if not separator or not name:
            raise ParameterError(
                f"--param {shorten(pair)!r} is not NAME=VALUE", remedy="Write for example --param seed=7"
            )
        try:
            values[name] = _as_number(name, parse_value(text))
        except ValueError as error:
            raise ParameterError(
                f"--param {shorten(pair)!r} is not a YAML value: {error}", remedy="Quote it"
            ) from error
    if "market" in values:
        raise ParameterError(
            "market is not a parameter to change", remedy="Name the market: leadsmart run new-cairo"
        )
    return values


def _as_number(name: str, value: object) -> object:
    """A text as the number or flag that the parameter is, where it is one; pages then show it so."""
    field = Params.model_fields.get(name)
    if field is None or not isinstance(value, str):
        return value
    kind: Any = Annotated[field.annotation, field]
    try:
        typed = TypeAdapter[Any](kind).validate_python(value)
    except ValidationError:
        return value
    return typed if isinstance(typed, int | float) else value
