"""What a fault-injecting proxy does to each transport, and to verification."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Any

import pytest

from tests.chains import ANVIL_KEY, GENESIS_S, ask
from tests.faults import (
    CLUMSY,
    Fault,
    all_of,
    bad_gateway,
    chance,
    change_length,
    close,
    cut,
    delay,
    double,
    drop,
    empty,
    faulty,
    garbage,
    gone,
    leave_alone,
    leave_out,
    no_id,
    no_method,
    on,
    other_block,
    other_id,
    rate_limit,
    refuse,
    repeat,
    scripted,
    shuffle,
    swap_between,
    truncate,
    unlist,
    zero,
)
from tests.furnished import IDS, KIND, SERVERS, TRUTH, causes_in, furnished
from waypost._ext.secp256k1 import SecretKey
from waypost.config import RegistryConfig
from waypost.errors import RpcError
from waypost.net.rpc import ChainRpc, HttpRpc, Rpc, RpcEndpoint, rpc_at
from waypost.net.trust.registry import Registry
from waypost.trust.embedded import EmbeddedChain
from waypost.trust.exchange import Answer, Call

PATIENT = RegistryConfig()  # where no time runs out: a busy machine is slow, not wrong
HASTY = RegistryConfig(request_timeout_s=0.2, verify_timeout_s=1.0)
BRISK = RegistryConfig(request_timeout_s=1.0)  # where one answer is missing and others are not
VALUES = "eth_getStorageValues"
CHAIN, BLOCK = Call("eth_chainId"), Call("eth_blockNumber")


@pytest.mark.parametrize(
    ("fault", "over_http", "over_ws"),
    [
        (drop, "timeout", "timeout"),
        (close, "unreachable", "disconnected"),
        (cut, "truncated", "not-json"),
        (rate_limit, "rate-limited", "disconnected"),
        (bad_gateway, "http-status", "disconnected"),
        (garbage, "not-json", "not-json"),
        (truncate, "not-json", "not-json"),
        (other_id, "wrong-id", "timeout"),
        (no_id, "wrong-id", "bad-answer"),
        (repeat, "wrong-id", "timeout"),
        (leave_out, "bad-answer", "bad-answer"),
        (double, "bad-answer", "bad-answer"),
        (refuse, "rpc-error", "rpc-error"),
        (gone, "rpc-error", "rpc-error"),
    ],
)
async def test_each_fault_has_its_reason(
    embedded: EmbeddedChain, fault: Fault, over_http: str, over_ws: str
) -> None:
    for way, expected in (("http", over_http), ("ws", over_ws)):
        async with faulty(ChainRpc(embedded), scripted(None, fault)) as proxy:
            rpc = rpc_at(getattr(proxy, way), BRISK if expected == "timeout" else PATIENT)
            assert await rpc.request(CHAIN) == "0x7a69"
            with pytest.raises(RpcError) as raised:
                await rpc.request(CHAIN)
            assert raised.value.reason == expected
            assert await rpc.request(CHAIN) == "0x7a69"  # and then all is well again
            await rpc.close()


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (shuffle, ["0x7a69", "0x0", "0x7a69"]),
        (leave_out, {"no-answer"}),
        (refuse, {"rpc-error"}),
        (gone, ["rpc-error"] * 3),
        (double, "wrong-id"),
        (no_id, "wrong-id"),
        (unlist, "bad-answer"),
        (truncate, "not-json"),
        (drop, "timeout"),
    ],
)
async def test_each_fault_of_a_batch_has_its_reason(
    embedded: EmbeddedChain, fault: Fault, expected: object
) -> None:
    for way in ("http", "ws"):
        async with faulty(ChainRpc(embedded), scripted(fault)) as proxy:
            rpc = rpc_at(getattr(proxy, way), BRISK if expected == "timeout" else PATIENT)
            try:
                answers = await rpc.batch([CHAIN, BLOCK, CHAIN])
            except RpcError as error:
                told: object = error.reason
            else:
                told = [a.reason if isinstance(a, RpcError) else a for a in answers]
                if isinstance(expected, set):
                    told = set(told) - {"0x7a69", "0x0"}
            assert told == expected
            await rpc.close()


@pytest.fixture
async def registry(embedded: EmbeddedChain) -> AsyncIterator[Registry]:
    async with await furnished(embedded) as registry:
        yield registry


LATE_S = 10  # a busy machine; a drop that nobody cuts off takes six times as long


async def check(registry: Registry) -> set[str]:
    """Every verdict is right, or UNKNOWN with a cause. Returns the causes."""
    started = time.monotonic()
    verdicts = await registry.verify(KIND, IDS, trust=[1, 2])
    assert time.monotonic() - started < HASTY.verify_timeout_s + LATE_S
    return causes_in(verdicts, TRUTH)


async def recovers(registry: Registry) -> None:
    """All is well again, at the latest after a few times that a busy machine was late."""
    for _ in range(10):
        if causes := await check(registry):
            assert causes == {"timeout"}
        else:
            return
    pytest.fail("nothing but timeouts")


@pytest.mark.parametrize("way", ["http", "ws"])
@pytest.mark.parametrize("part", range(6))
async def test_chaos(embedded: EmbeddedChain, registry: Registry, way: str, part: int) -> None:
    """Random sequences of faults, 25 a part: never a wrong verdict, never past the deadline."""
    causes: set[str] = set()
    for seed in range(25 * part, 25 * (part + 1)):
        script = chance(seed, CLUMSY, rate=0.3)
        async with (
            faulty(ChainRpc(embedded), script, seed) as proxy,
            Registry(getattr(proxy, way), registry.address, config=HASTY) as asked,
        ):
            causes |= await check(asked) | await check(asked)
            proxy.script = scripted()
            await recovers(asked)
    assert len(causes) > 3


@pytest.mark.parametrize("fault", [zero, empty, change_length])
async def test_words_that_are_none_are_never_a_verdict(
    embedded: EmbeddedChain, registry: Registry, fault: Fault
) -> None:
    def script(calls: Sequence[Call]) -> Fault | None:
        return fault if "blockHash" in json.dumps([call.params for call in calls]) else None

    async with (
        faulty(ChainRpc(embedded), script) as proxy,
        Registry(proxy.http, registry.address, config=HASTY) as asked,
    ):
        assert await check(asked) != set()


@pytest.mark.parametrize("way", ["http", "ws"])
async def test_answers_that_take_their_time(
    embedded: EmbeddedChain, registry: Registry, way: str
) -> None:
    """Every answer is late, and some overtake others: in the end they are all there."""
    config = RegistryConfig(chunk_count_max=2)
    async with (
        faulty(ChainRpc(embedded), chance(0, [delay], rate=1.0)) as proxy,
        Registry(getattr(proxy, way), registry.address, config=config) as asked,
    ):
        assert await check(asked) == await check(asked) == set()


@pytest.mark.parametrize("lacks", [(), (VALUES,)])
@pytest.mark.parametrize("way", ["http", "ws"])
async def test_swapped_results_are_never_a_wrong_verdict(
    embedded: EmbeddedChain, registry: Registry, way: str, lacks: tuple[str, ...]
) -> None:
    """The result of the request before, under the id of the next: it does not fit the question."""
    config = RegistryConfig(
        chunk_count_max=3, cache_lifetime_s=1e-9, cache_lifetime_unlisted_s=1e-9
    )
    lacking = [on(method, no_method) for method in lacks]
    async with (
        faulty(ChainRpc(embedded), all_of(*lacking)) as proxy,
        Registry(getattr(proxy, way), registry.address, config=config) as asked,
    ):
        assert await check(asked) == set()
        proxy.script = all_of(*lacking, lambda _calls: swap_between)
        assert await check(asked) != set()


async def test_the_answer_of_another_block_is_no_answer(
    embedded: EmbeddedChain, registry: Registry
) -> None:
    """A node that lags behind, or one of several: what it says was right some blocks ago.

    Words from storage do not say of which block they are; a snapshot does.
    """
    forgetful = replace(PATIENT, cache_lifetime_s=1e-9, cache_lifetime_unlisted_s=1e-9)
    no_storage = on(VALUES, no_method)
    async with (
        faulty(ChainRpc(embedded), no_storage) as proxy,
        Registry(proxy.http, registry.address, config=forgetful) as asked,
    ):
        assert await check(asked) == set()
        reads = [call for calls in proxy.seen for call in calls if call.method == "eth_call"]
        old = embedded.answer(reads[-1], GENESIS_S)
        soon = ChainRpc(embedded, lambda: GENESIS_S + 12)
        account = SecretKey(ANVIL_KEY)
        async with Registry(soon, registry.address, account=account) as later:
            await later.remove_servers(KIND, IDS[:1])
        proxy.script = all_of(no_storage, on("eth_call", other_block(old)))
        verdicts = await asked.verify(KIND, IDS, trust=[1, 2])
        assert {v.error.reason for v in verdicts if v.error} == {"wrong-block"}
        assert not any(v.trusted for v in verdicts)


class Forgetful:
    """A node that reads, every second time, the block before the one that it is asked for."""

    def __init__(self, rpc: Rpc, *lacks: str) -> None:
        self._rpc, self._lacks, self._count = rpc, lacks, 0
        self.close = rpc.close

    async def request(self, call: Call) -> Any:
        if call.method in self._lacks:
            raise RpcError("rpc-error", "the method does not exist", code=-32601)
        where = call.params[-1] if call.params else None
        if isinstance(where, dict) and "blockHash" in where:
            self._count += 1
            if self._count % 2 == 0:
                named = Call("eth_getBlockByHash", [where["blockHash"], False])
                parent = (await self._rpc.request(named))["parentHash"]
                call = Call(call.method, [*call.params[:-1], {"blockHash": parent}])
        return await self._rpc.request(call)

    async def batch(self, calls: Sequence[Call]) -> list[Answer]:
        return await asyncio.gather(*map(self.request, calls), return_exceptions=True)


@pytest.mark.parametrize("lacks", [(), (VALUES,)])
@pytest.mark.parametrize("chain_endpoint", ["embedded", "anvil-http", "geth-http"], indirect=True)
async def test_chunks_of_two_blocks_are_no_answer(
    chain_endpoint: RpcEndpoint, lacks: tuple[str, ...]
) -> None:
    """What all chunks share tells them apart: a change of a server counts in its kind's word."""
    config = RegistryConfig(chunk_count_max=2)
    node = Forgetful(rpc_at(chain_endpoint, config), *lacks)
    async with await Registry.deploy(chain_endpoint, SecretKey(ANVIL_KEY)) as registry:
        for server in SERVERS:
            consent = await registry.consent(KIND, server.node_id, 1)
            await registry.add_servers(1, [consent.signed_by(server)])
        await registry.remove_servers(KIND, IDS[3:])
        async with Registry(node, registry.address, config=config) as asked:
            verdicts = await asked.verify(KIND, IDS)
    await node.close()
    assert {v.error.reason for v in verdicts if v.error} == {"wrong-block"}
    assert not verdicts[3].trusted


async def test_a_reorganisation_between_chunks(anvil: str) -> None:
    """The block that the first chunk was read at is gone before the second: both are read anew."""
    config = RegistryConfig(chunk_count_max=2)
    async with await Registry.deploy(anvil, SecretKey(ANVIL_KEY), config=config) as registry:
        for server in SERVERS:
            consent = await registry.consent(KIND, server.node_id, 1)
            await registry.add_servers(1, [consent.signed_by(server)])
        before = ask(anvil, "evm_snapshot")
        await registry.remove_servers(KIND, IDS)
        pinned = 0

        def reorganise(calls: Sequence[Call]) -> None:
            nonlocal pinned
            pinned += "blockHash" in json.dumps([call.params for call in calls])
            if pinned == 2:
                ask(anvil, "evm_revert", before)
                ask(anvil, "evm_mine")

        node = HttpRpc(anvil)
        async with (
            faulty(node, reorganise) as proxy,
            Registry(proxy.http, registry.address, config=config) as asked,
        ):
            verdicts = await asked.verify(KIND, IDS)
        await node.close()
        assert pinned > 2
        assert [v.trusted for v in verdicts] == [True] * 4
        assert len({v.block for v in verdicts}) == 1


async def test_a_node_that_wants_to_be_left_alone_is_asked_again_in_time(
    registry: Registry, embedded: EmbeddedChain
) -> None:
    async with faulty(ChainRpc(embedded)) as proxy:
        proxy.script = scripted(None, leave_alone(1), leave_alone(0))
        async with Registry(proxy.http, registry.address, config=PATIENT) as asked:
            started = time.monotonic()
            verdicts = await asked.verify(KIND, IDS, trust=[1, 2])
            assert [verdict.reason for verdict in verdicts] == TRUTH
            assert time.monotonic() - started >= 1.0


@pytest.mark.parametrize(
    ("wait_s", "request_count"), [(30, 1), (0, 1 + PATIENT.rate_limit_retry_count_max)]
)
async def test_it_is_left_alone_where_that_takes_too_long(
    registry: Registry, embedded: EmbeddedChain, wait_s: int, request_count: int
) -> None:
    async with faulty(ChainRpc(embedded), lambda _: leave_alone(wait_s)) as proxy:
        async with Registry(proxy.http, registry.address, config=PATIENT) as asked:
            started = time.monotonic()
            verdicts = await asked.verify(KIND, IDS, trust=[1, 2])
            assert {verdict.error.code for verdict in verdicts if verdict.error} == {429}
            assert time.monotonic() - started < LATE_S
        heads = [calls for calls in proxy.seen if calls[0].method == "eth_getBlockByNumber"]
        assert len(heads) == request_count


async def test_another_endpoint_is_asked_before_one_is_waited_for(
    registry: Registry, embedded: EmbeddedChain
) -> None:
    async with faulty(ChainRpc(embedded), lambda _: leave_alone(60)) as proxy:
        both = [proxy.http, ChainRpc(embedded)]
        async with Registry(both, registry.address, config=PATIENT) as asked:
            verdicts = await asked.verify(KIND, IDS, trust=[1, 2])
            assert [verdict.reason for verdict in verdicts] == TRUTH
            first, second = asked.stats().endpoints
            assert not first.is_well
            assert second.is_well
        heads = [calls for calls in proxy.seen if calls[0].method == "eth_getBlockByNumber"]
        assert len(heads) == 1
