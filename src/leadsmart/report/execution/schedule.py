"""Which notebook of a run waits for which: in order within a market, those for all markets at their place."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from itertools import pairwise
from typing import TypeVar

from leadsmart.report.notebooks import CLASSIFICATION, CLEANING, MARKET_STEPS, OVERVIEW, POOLED
from leadsmart.vocabulary import ALL_MARKETS, UNASSIGNED

#: A notebook of a run: market and step.
Key = tuple[str, str]
T = TypeVar("T")


def plan(markets: Sequence[str], others: Sequence[str]) -> dict[Key, set[Key]]:
    """What each notebook of a run waits for.

    Parameters
    ----------
    markets : sequence of str
        Markets to run, the one to begin with first.
    others : sequence of str
        Markets of which only the clean tables are needed.

    Returns
    -------
    dict
        (market, step) -> those that must have ended, whether well or not; in an order in which they can run.
    """
    waits: dict[Key, set[Key]] = {(m, CLEANING): set() for m in (*markets, *others, UNASSIGNED)}
    pooled, overview = (ALL_MARKETS, POOLED), (ALL_MARKETS, OVERVIEW)
    for before, step in pairwise(MARKET_STEPS):
        if step == CLASSIFICATION:
            waits[pooled] = {(m, CLEANING) for m in (*markets, *others)}
        for market in markets:
            waits[(market, step)] = {(market, before), *({pooled} if step == CLASSIFICATION else ())}
    waits[overview] = set(waits)
    return waits


def run_all(
    waits: Mapping[Key, set[Key]],
    executor: Executor,
    start: Callable[[Key], Callable[[], T] | None],
    finish: Callable[[Key, T], None],
) -> None:
    """Run notebooks as soon as what they wait for has ended.

    Parameters
    ----------
    waits : mapping
        See `plan`.
    executor : Executor
    start : callable
        Told that a notebook's turn has come; returns what the executor is to call, or None where nothing is.
    finish : callable
        Given what came back.
    """
    waiting, ended = dict(waits), set()
    running: dict[Future[T], Key] = {}
    while waiting or running:
        ready = [key for key, needs in waiting.items() if needs <= ended]
        for key in ready:
            del waiting[key]
            call = start(key)
            if call is None:
                ended.add(key)
            else:
                running[executor.submit(call)] = key
        if ready and any(key in ended for key in ready):
            continue
        done, _ = wait(running, return_when=FIRST_COMPLETED)
        for future in done:
            key = running.pop(future)
            finish(key, future.result())
            ended.add(key)
