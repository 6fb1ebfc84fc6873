"""One registry, many callers and several endpoints: what is merged, what stands in, what waits."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest

from tests.chains import ANVIL_KEY, GENESIS_S, hang, node, serve
from tests.faults import bad_gateway, faulty, on, scripted
from waypost._ext.secp256k1 import SecretKey
from waypost.config import RegistryConfig
from waypost.errors import ConfigError, RpcError
from waypost.net.rpc import ChainRpc
from waypost.net.trust.registry import Registry
from waypost.trust.embedded import EmbeddedChain
from waypost.trust.exchange import Answer, Call
from waypost.trust.policy import TrustPolicy
from waypost.trust.verdict import Outcome, Reason, Verdict

KIND = "whisper.mailserver"
SERVERS = [SecretKey(bytes([number]) * 32) for number in range(1, 4)]
IDS = [server.node_id for server in SERVERS]
STRANGERS = [bytes([number]) * 32 for number in range(100, 140)]
HASTY = RegistryConfig(request_timeout_s=0.3, verify_timeout_s=1.0)


class Line(ChainRpc):
    """The way to an embedded chain: it notes requests, and can hold them up."""

    def __init__(self, chain: EmbeddedChain) -> None:
        super().__init__(chain, lambda: GENESIS_S)
        self.requests: list[list[str]] = []
        self.open = asyncio.Event()
        self.open.set()

    async def request(self, call: Call) -> Any:
        self.requests.append([call.method])
        await self.open.wait()
        return await super().request(call)

    async def batch(self, calls: Sequence[Call]) -> list[Answer]:
        self.requests.append([call.method for call in calls])
        await self.open.wait()
        return await super().batch(calls)


@pytest.fixture
def line(embedded: EmbeddedChain) -> Line:
    return Line(embedded)


@pytest.fixture
async def registry(line: Line) -> AsyncIterator[Registry]:
    """A registry whose provider 1 has listed all servers but the last."""
    async with await Registry.deploy(line, SecretKey(ANVIL_KEY)) as registry:
        for server in SERVERS[:-1]:
            consent = await registry.consent(KIND, server.node_id, 1)
            await registry.add_servers(1, [consent.signed_by(server)])
        yield registry


def trusted(verdicts: Sequence[Verdict]) -> list[bool]:
    return [verdict.trusted for verdict in verdicts]


def causes(verdicts: Sequence[Verdict]) -> set[str]:
    """Why all of them are unknown."""
    assert {verdict.outcome for verdict in verdicts} == {Outcome.UNKNOWN}
    return {verdict.error.reason for verdict in verdicts if verdict.error}


# ----------------------------------------------------------------------------- many callers


async def test_callers_that_come_during_a_read_share_the_next(
    line: Line, registry: Registry
) -> None:
    await registry.verify(KIND, IDS[:1])
    line.requests.clear()
    line.open.clear()
    first = asyncio.create_task(registry.verify(KIND, STRANGERS[:1]))
    await asyncio.sleep(0)
    others = [asyncio.create_task(registry.verify(KIND, [id_])) for id_ in STRANGERS + IDS]
    await asyncio.sleep(0.01)
    assert len(line.requests) == 1
    line.open.set()
    assert trusted(await first) == [False]
    found = [verdict for task in others for verdict in await task]
    assert [verdict.node_id for verdict in found] == STRANGERS + IDS
    assert trusted(found) == [False] * len(STRANGERS) + [True, True, False]
    assert len(line.requests) == 2


async def test_a_caller_that_gives_up_harms_no_other(line: Line, registry: Registry) -> None:
    line.open.clear()
    quitters = [asyncio.create_task(registry.verify(KIND, IDS[:1])) for _ in range(2)]
    await asyncio.sleep(0)
    stayer = asyncio.create_task(registry.verify(KIND, IDS[1:]))
    await asyncio.sleep(0)
    for quitter in quitters:
        quitter.cancel()
    await asyncio.sleep(0)
    line.open.set()
    assert trusted(await stayer) == [True, False]
    assert all(quitter.cancelled() for quitter in quitters)


async def test_callers_share_facts_and_not_trust(line: Line, registry: Registry) -> None:
    policies = [TrustPolicy(frozenset(ids)) for ids in ([1], [2], [1, 2], [])]
    await registry.verify(KIND, IDS[:1])
    line.requests.clear()
    found = await asyncio.gather(*(registry.verify(KIND, IDS[:1], one) for one in policies))
    assert [verdict.trusted for (verdict,) in found] == [True, False, True, False]
    assert found[1][0].reason is Reason.PROVIDER_NOT_TRUSTED
    assert len(line.requests) == 1  # all were there before the read began


async def test_more_providers_than_one_read_may_name_take_two(
    line: Line, registry: Registry
) -> None:
    await registry.verify(KIND, IDS[:1])
    line.requests.clear()
    policies = [
        TrustPolicy(frozenset(range(1, 201))),
        TrustPolicy(frozenset([1, *range(300, 499)])),
    ]
    found = await asyncio.gather(*(registry.verify(KIND, IDS[:1], one) for one in policies))
    assert [verdict.trusted for (verdict,) in found] == [True, True]
    assert len(line.requests) == 2


async def test_closing_tells_those_who_wait(line: Line, registry: Registry) -> None:
    line.open.clear()
    asked = asyncio.create_task(registry.verify(KIND, IDS))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    await registry.close()
    assert causes(await asked) == {"closed"}
    line.open.set()
    assert trusted(await registry.verify(KIND, IDS)) == [True, True, False]


# ------------------------------------------------------------------------- several endpoints


async def test_an_endpoint_that_fails_is_stood_in_for(
    embedded: EmbeddedChain, registry: Registry
) -> None:
    bad = on("eth_getBlockByNumber", bad_gateway)
    async with faulty(ChainRpc(embedded), bad) as first, serve(node(embedded)) as second:
        ways = [first.http, second]
        config = RegistryConfig(backoff_min_s=60.0)
        async with Registry(ways, registry.address, config=config) as asked:
            assert trusted(await asked.verify(KIND, IDS)) == [True, True, False]
            assert [len(await asked.providers()), asked.stats().fail_over_count] == [1, 1]
            count = len(first.seen)
            assert trusted(await asked.verify(KIND, IDS)) == [True, True, False]
            assert len(first.seen) == count  # it is left alone for a while
            states = [endpoint.is_well for endpoint in asked.stats().endpoints]
            assert states == [False, True]


async def test_an_endpoint_that_failed_comes_back(
    embedded: EmbeddedChain, registry: Registry
) -> None:
    config = RegistryConfig(backoff_min_s=0.05)
    async with (
        faulty(ChainRpc(embedded), on("eth_chainId", bad_gateway)) as first,
        Registry([first.http, embedded], registry.address, config=config) as asked,
    ):
        await asked.verify(KIND, IDS)
        first.script = scripted()
        await asyncio.sleep(0.06)
        count = len(first.seen)
        assert trusted(await asked.verify(KIND, IDS)) == [True, True, False]
        assert len(first.seen) > count
        assert all(endpoint.is_well for endpoint in asked.stats().endpoints)


@pytest.mark.parametrize("count", [1, 2, 4])
async def test_endpoints_that_hang_are_given_up_at_the_deadline(
    registry: Registry, count: int
) -> None:
    async with serve(hang) as url:
        started = time.monotonic()
        async with Registry([url] * count, registry.address, config=HASTY) as asked:
            verdicts = await asked.verify(KIND, IDS)
        assert time.monotonic() - started < HASTY.verify_timeout_s + 10  # of 60 that they hang
    assert causes(verdicts) == {"timeout"}


async def test_a_hanging_endpoint_leaves_time_for_the_others(
    embedded: EmbeddedChain, registry: Registry
) -> None:
    config = RegistryConfig(verify_timeout_s=3.0)  # a third for each endpoint
    async with (
        serve(hang) as url,
        Registry([url, url, embedded], registry.address, config=config) as asked,
    ):
        assert trusted(await asked.verify(KIND, IDS)) == [True, True, False]


async def test_endpoints_of_two_chains_are_never_mixed(registry: Registry, line: Line) -> None:
    class Elsewhere(Line):
        async def request(self, call: Call) -> Any:
            return "0x539" if call.method == "eth_chainId" else await super().request(call)

    chain = line._chain
    config = RegistryConfig(verify_timeout_s=2.0)
    async with Registry([line, Elsewhere(chain)], registry.address, config=config) as asked:
        assert trusted(await asked.verify(KIND, IDS)) == [True, True, False]
        line.open.clear()
        assert causes(await asked.verify(KIND, IDS)) == {"wrong-chain"}


async def test_an_endpoint_that_lags_is_stood_in_for(registry: Registry, line: Line) -> None:
    class Lagging(Line):
        async def request(self, call: Call) -> Any:
            result = await super().request(call)
            if call.method == "eth_getBlockByNumber" and not self.is_fresh:
                result = {**result, "timestamp": hex(int(result["timestamp"], 16) - 3600)}
            return result

        async def batch(self, calls: Sequence[Call]) -> list[Answer]:
            return [await self.request(call) for call in calls]

        is_fresh = True

    config = RegistryConfig(backoff_min_s=0.01, verify_timeout_s=2.0)
    lagging = Lagging(line._chain)
    async with Registry([lagging, line], registry.address, config=config) as asked:
        lagging.open.clear()
        assert trusted(await asked.verify(KIND, IDS)) == [True, True, False]  # of the second
        lagging.open.set()
        lagging.is_fresh = False
        await asyncio.sleep(0.02)
        verdicts = await asked.verify(KIND, IDS)
        assert trusted(verdicts) == [True, True, False]
        error = asked.stats().endpoints[0].error
        assert error is not None
        assert error.startswith("stale")


async def test_a_registry_needs_an_endpoint() -> None:
    with pytest.raises(ConfigError, match="at least one node"):
        Registry([], bytes(20))


# --------------------------------------------------------------------------- its own writes


async def test_a_read_after_a_transaction_waits_for_its_block(
    registry: Registry, line: Line
) -> None:
    class Late(Line):
        """Shows the block before the head for a while, as a busy node does."""

        late_count = 0

        async def request(self, call: Call) -> Any:
            if self.late_count and call.method == "eth_getBlockByNumber":
                self.late_count -= 1
                head = int((await super().request(call))["number"], 16)
                call = Call(call.method, [hex(head - 1), False])
            return await super().request(call)

        async def batch(self, calls: Sequence[Call]) -> list[Answer]:
            return [await self.request(call) for call in calls]

    late = Late(line._chain)
    async with Registry(late, registry.address, account=SecretKey(ANVIL_KEY)) as asked:
        assert trusted(await asked.verify(KIND, IDS[:1])) == [True]
        await asked.remove_servers(KIND, IDS[:1])
        late.late_count = 3
        (verdict,) = await asked.verify(KIND, IDS[:1])
        assert verdict.reason is Reason.REMOVED
        assert late.late_count == 0


async def test_a_block_of_our_own_that_never_shows_is_no_verdict(
    registry: Registry, line: Line
) -> None:
    config = RegistryConfig(catch_up_timeout_s=0.1)
    async with Registry(line, registry.address, config=config) as asked:
        asked._sources.wrote(10_000)
        assert causes(await asked.verify(KIND, IDS)) == {"behind"}
        with pytest.raises(RpcError, match="behind"):
            await asked.providers()


# ------------------------------------------------------------------------------- what it did


async def test_a_registry_tells_what_it_did(registry: Registry, line: Line) -> None:
    async with Registry(line, registry.address) as asked:
        await asked.verify(KIND, IDS)
        await asyncio.gather(*(asked.verify(KIND, IDS) for _ in range(3)))
        stats = asked.stats()
    assert (stats.read_count, stats.merged_count) == (2, 2)
    assert (stats.kept_count, stats.cached_count) == (len(IDS), len(IDS))
    (endpoint,) = stats.endpoints
    assert (endpoint.rung, endpoint.is_well, endpoint.error) == (
        "eth_getStorageValues",
        True,
        None,
    )
    assert endpoint.request_count == 6  # one is for a block that does not exist
    assert endpoint.head is not None
