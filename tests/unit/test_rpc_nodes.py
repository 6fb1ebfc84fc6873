"""Each transport against real nodes: anvil and geth, over HTTP, WebSocket and IPC."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.chains import ANVIL_KEY
from waypost._ext.secp256k1 import SecretKey
from waypost.config import RegistryConfig
from waypost.errors import RpcError
from waypost.net.rpc import Rpc, Subscribing, rpc_at
from waypost.net.trust.registry import Registry
from waypost.trust.exchange import Call

CHAIN, WRONG = Call("eth_chainId"), Call("eth_nothing")


@pytest.fixture
async def rpc(node_endpoint: str) -> AsyncIterator[Rpc]:
    rpc = rpc_at(node_endpoint, RegistryConfig())
    yield rpc
    await rpc.close()


async def test_a_request(rpc: Rpc) -> None:
    assert await rpc.request(CHAIN) in ("0x7a69", "0x539")
    with pytest.raises(RpcError) as raised:
        await rpc.request(WRONG)
    assert raised.value.reason == "rpc-error"
    assert raised.value.code is not None


async def test_a_batch(rpc: Rpc) -> None:
    first, second, third = await rpc.batch([CHAIN, WRONG, CHAIN])
    assert first == third
    assert isinstance(second, RpcError)
    assert second.reason == "rpc-error"


async def test_many_at_once(rpc: Rpc) -> None:
    blocks = [
        Call("eth_getBlockByNumber", [hex(number % 2 * 2**40), False]) for number in range(64)
    ]
    chains = await asyncio.gather(*(rpc.request(CHAIN) for _ in range(64)))
    assert len(set(chains)) == 1
    told = await asyncio.gather(*(rpc.request(block) for block in blocks))
    assert [block is None for block in told] == [False, True] * 32


async def test_an_answer_of_megabytes(rpc: Rpc) -> None:
    code = "0x620fffff6000f3"  # PUSH3 1048575, PUSH1 0, RETURN: so many zeros
    where = "0x" + "ab" * 20
    call = Call("eth_call", [{"to": where}, "latest", {where: {"code": code}}])
    assert await rpc.request(call) == "0x" + "00" * 0xFFFFF


async def test_new_blocks_are_told(rpc: Rpc, node_endpoint: str) -> None:
    if not isinstance(rpc, Subscribing):
        pytest.skip("a node cannot tell anything over HTTP without being asked")
    heads = rpc.subscribe("newHeads")
    await heads.open()
    async with await Registry.deploy(node_endpoint, SecretKey(ANVIL_KEY)):
        head = await asyncio.wait_for(anext(heads), 20)
    await heads.aclose()
    assert int(head["number"], 16) > 0
    assert len(head["hash"]) == 66
