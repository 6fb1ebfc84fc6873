"""Whole verifications over HTTP, by a node on this machine whose registry lists 10,000 servers.

Each is measured next to what it is compared with, in turns. Words are read each time, as for the
first time, unless it says that they are kept.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from functools import partial
from statistics import median
from time import perf_counter
from typing import Any

from benchmarks.cases import Comparison
from benchmarks.web3_reads import reader
from tests.chains import find_anvil
from tests.listed import KIND, NODE_IDS, Listed, listed_on_anvil
from tests.tap import Exchanged, Tap, connect_bare
from waypost.config import RegistryConfig
from waypost.errors import RpcError
from waypost.net.run import run
from waypost.net.trust.registry import Registry
from waypost.trust.kind import kind_word
from waypost.trust.reading.cache import Cache
from waypost.trust.reading.known import AT_ONCE
from waypost.trust.reading.ladder.storage_values import StorageValues

THOUSAND = NODE_IDS[:1000]
TURNS = 60
ROW_COUNT = 7
WARM_UP_COUNT = 2

Seconds = tuple[float, float]
Timed = Callable[[], Awaitable[float]]


async def seconds_of(work: Awaitable[object]) -> float:
    """Until the result is there; to let go of it again is not counted."""
    start = perf_counter()
    _result = await work
    return perf_counter() - start


async def in_turns(one: Timed, other: Timed, turns: int = TURNS) -> Seconds:
    """Seconds of the one and of the other: medians."""
    times = [(await one(), await other()) for _ in range(WARM_UP_COUNT + turns)]
    ones, others = zip(*times[WARM_UP_COUNT:], strict=True)
    return median(ones), median(others)


def in_a_row(timed: Timed) -> Timed:
    """The median of a few: the first one after much else pays for what that has left behind."""

    async def times() -> float:
        return median([await timed() for _ in range(ROW_COUNT)])

    return times


def forget(registry: Registry) -> None:
    """Has it read each word again."""
    registry._reader._cache = Cache(RegistryConfig())  # type: ignore[union-attr]


@asynccontextmanager
async def probed(
    listed: Listed, node_ids: Sequence[bytes], lacking: Sequence[str] = ()
) -> AsyncIterator[Registry]:
    """A registry that knows its node, and may not use what that is said to lack."""
    async with Registry(*listed) as registry:
        for _ in range(2):
            verdicts = await registry.verify(KIND, node_ids)
            assert all(verdict.trusted for verdict in verdicts), verdicts[0].why
            for name in lacking:
                missing = RpcError("unsupported", "left out of this measurement")
                registry._endpoint.learned.lacking[name] = missing
            forget(registry)
        yield registry


def reads(registry: Registry, node_ids: Sequence[bytes]) -> Timed:
    """A verification for which all words have to be read."""

    async def timed() -> float:
        forget(registry)
        return await seconds_of(registry.verify(KIND, node_ids))

    return timed


async def exchanged(listed: Listed, lacking: Sequence[str]) -> list[Exchanged]:
    """What goes over the wire when a thousand servers are verified."""
    tap = Tap(listed.url)
    async with (
        tap.open() as url,
        probed(Listed(url, listed.address), THOUSAND, lacking) as registry,
    ):
        tap.exchanged.clear()
        await registry.verify(KIND, THOUSAND)
    return tap.exchanged


async def beside_bare_exchange(listed: Listed, *lacking: str) -> Seconds:
    recorded = await exchanged(listed, lacking)
    connection = await connect_bare(listed.url)
    async with probed(listed, THOUSAND, lacking) as registry:
        seconds = await in_turns(
            reads(registry, THOUSAND), lambda: seconds_of(connection.repeat(recorded))
        )
    connection.close()
    return seconds


async def beside_web3(listed: Listed) -> Seconds:
    read = reader(listed, kind_word(KIND), THOUSAND)

    async def theirs() -> float:
        start = perf_counter()
        assert len(read()) == len(THOUSAND)
        return perf_counter() - start

    async with probed(listed, THOUSAND) as registry:
        return await in_turns(in_a_row(reads(registry, THOUSAND)), theirs, turns=3)


async def beside_a_tenth(listed: Listed) -> Seconds:
    async with probed(listed, NODE_IDS) as of_all, probed(listed, THOUSAND) as of_a_tenth:
        ten = in_a_row(reads(of_all, NODE_IDS))
        return await in_turns(ten, in_a_row(reads(of_a_tenth, THOUSAND)), turns=7)


async def kept_beside_read(listed: Listed) -> Seconds:
    async with probed(listed, NODE_IDS) as keeping, probed(listed, NODE_IDS) as reading:
        kept = in_a_row(lambda: seconds_of(keeping.verify(KIND, NODE_IDS)))
        return await in_turns(kept, in_a_row(reads(reading, NODE_IDS)), turns=7)


def on_anvil(
    measurement: Callable[..., Coroutine[Any, Any, Seconds]], *lacking: str
) -> Seconds | None:
    """None where there is no anvil."""
    if find_anvil() is None:
        return None
    with listed_on_anvil() as listed:
        return run(measurement(listed, *lacking))


COMPARISONS = [
    Comparison(
        name="1000 servers / the bare exchange",
        measure=partial(on_anvil, beside_bare_exchange),
        cost_max=1.5,
    ),
    Comparison(
        name="the same by eth_getStorageValues",
        measure=partial(on_anvil, beside_bare_exchange, AT_ONCE),
    ),
    Comparison(
        name="the same by snapshot, pinned",
        measure=partial(on_anvil, beside_bare_exchange, AT_ONCE, StorageValues.name),
    ),
    Comparison(
        name="1000 servers / web3.py and Multicall3",
        measure=partial(on_anvil, beside_web3),
        cost_max=1 / 200,
    ),
    Comparison(
        name="10,000 servers / 1000 servers",
        measure=partial(on_anvil, beside_a_tenth),
        cost_max=12,
    ),
    Comparison(
        name="10,000 servers that are kept / read",
        measure=partial(on_anvil, kept_beside_read),
        cost_max=1,
    ),
]
