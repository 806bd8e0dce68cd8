"""What is computed once of a market stays as it was, whatever the functions that share it do with it."""

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Hashable, Iterator

import pandas as pd
import pytest
from insights.builders_insights import make_params, make_tables

from leadsmart import insights
from leadsmart.insights.kpi.measures import aggregate_kpis, lead_frame
from leadsmart.market import Market, computed_once
from leadsmart.sample import sample_market


def functions_of_a_market() -> Iterator[Callable[[Market], object]]:
    """Public functions of insights that need a market and nothing else."""
    for found in pkgutil.walk_packages(insights.__path__, f"{insights.__name__}."):
        module = importlib.import_module(found.name)
        for name, function in inspect.getmembers(module, inspect.isfunction):
            if name.startswith("_") or function.__module__ != module.__name__:
                continue
            first, *rest = inspect.signature(function).parameters.values() or [None]
            if first and first.annotation is Market and all(p.default is not p.empty for p in rest):
                yield function


def test_no_function_of_a_market_changes_what_others_share(monkeypatch: pytest.MonkeyPatch):
    tables, _ = sample_market("gulf", seed=7)
    market = Market(tables, make_params(as_of="2024-12-31"))
    originals: dict[tuple, object] = {}
    compute = Market.once

    def keep_copy(self: Market, *key: Hashable) -> object:
        result = compute(self, *key)
        if self is market and isinstance(result, pd.DataFrame | pd.Series):
            originals.setdefault(key, result.copy(deep=True))
        return result

    monkeypatch.setattr(Market, "once", keep_copy)
    before = {name: table.copy(deep=True) for name, table in tables._asdict().items()}
    functions = list(functions_of_a_market())
    for function in functions:
        function(market)
    assert len(functions) > 20 and len(originals) > 10
    for name, table in tables._asdict().items():
        pd.testing.assert_frame_equal(table, before[name])
    for key, original in originals.items():
        pd.testing.assert_frame_equal(pd.DataFrame(market._computed[key]), pd.DataFrame(original))


def test_a_caller_may_change_what_it_was_given():
    market = Market(make_tables(delivery=[{}], leads=[{}]), make_params())
    first = aggregate_kpis(market, ["channel"])
    first["spend"] = -1.0
    first.loc[0, "leads"] = -1.0
    assert aggregate_kpis(market, ["channel"])[["spend", "leads"]].values.tolist() == [[100, 1]]


def test_a_breakdown_is_computed_once_however_its_dimensions_are_given():
    market = Market(make_tables(delivery=[{}], leads=[{}]), make_params())
    aggregate_kpis(market, ["channel"])
    computed = set(market._computed)
    assert aggregate_kpis(market, ("channel",)).equals(aggregate_kpis(market, ["channel"]))
    assert set(market._computed) == computed and len(lead_frame(market)) == 1
    aggregate_kpis(market)
    assert len(market._computed) == len(computed) + 1


def test_arguments_come_by_position_so_that_no_result_is_computed_twice():
    @computed_once
    def leads_of(market: Market, channel: str) -> int:
        return len(market.tables.leads)

    market = Market(make_tables(leads=[{}]), make_params())
    assert leads_of(market, "facebook") == 1
    with pytest.raises(TypeError, match="by position"):
        leads_of(market, channel="facebook")
