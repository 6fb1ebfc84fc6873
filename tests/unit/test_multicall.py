"""Many calls at once, on real chains and by every rung: each fails alone and says how."""

from collections.abc import Sequence
from typing import Any

import pytest

from tests.small_contracts import (
    BYTES_LISTING,
    INVALID,
    LISTING,
    LOOP,
    REVERT,
    REVERT_WORD,
    STOP,
    WRITE,
    creation,
    deploy,
    moody,
)
from waypost._ext.digest import keccak256
from waypost.config import RegistryConfig
from waypost.errors import ConfigError, RpcError
from waypost.net.rpc import Rpc, RpcEndpoint, rpc_at
from waypost.net.trust.multicall import ForeignRegistry, Multicall
from waypost.trust.exchange import Answer, Call
from waypost.trust.multicall.calls import CallFailure
from waypost.trust.multicall.foreign import Key, ListingView
from waypost.trust.policy import TrustPolicy
from waypost.trust.reading.ladder import multicall3
from waypost.trust.verdict import Outcome, Reason, Source

NOBODY = b"\x77" * 20
RUNGS = ["override", "deployless", "batch", "singly"]
IDS = [keccak256(bytes([number])) for number in range(8)]


class Without:
    """A node that lacks what comes before a rung of the ladder; it counts requests."""

    def __init__(self, rpc: Rpc, rung: str) -> None:
        self.rpc, self.rank = rpc, RUNGS.index(rung)
        self.request_count = self.call_count = 0

    async def request(self, call: Call) -> Any:
        self.request_count += 1
        if call.method == "eth_call":
            self.call_count += 1
            if self.rank > 0 and len(call.params) > 2:
                raise RpcError("rpc-error", "too many arguments, want at most 2", code=-32602)
            if self.rank > 1 and "to" not in call.params[0]:
                raise RpcError("rpc-error", "invalid argument 0: to is missing", code=-32602)
        return await self.rpc.request(call)

    async def batch(self, calls: Sequence[Call]) -> list[Answer]:
        self.request_count += 1
        if self.rank > 2:
            raise RpcError("rpc-error", "batches are not supported", code=-32600)
        return await self.rpc.batch(calls)

    async def close(self) -> None:
        await self.rpc.close()


def reasons(results: list[bytes | CallFailure]) -> list[str]:
    return [result.reason if isinstance(result, CallFailure) else "" for result in results]


@pytest.fixture(params=["embedded", "anvil-http", "geth-http"])
def endpoint(request: pytest.FixtureRequest) -> RpcEndpoint:
    if request.param == "embedded":
        chain: RpcEndpoint = request.getfixturevalue("embedded")
        return chain
    url: str = request.getfixturevalue(request.param.replace("-http", "_node")).http
    return url


@pytest.mark.parametrize("rung", RUNGS)
async def test_each_call_fails_alone_and_says_how(endpoint: RpcEndpoint, rung: str) -> None:
    contract = await deploy(endpoint, creation(moody()))
    moods = [STOP, REVERT, REVERT_WORD, INVALID, LOOP, 0x60, 0xFF]
    calls = [(contract, bytes([mood]) + bytes(31)) for mood in moods] + [(NOBODY, b"\1")]
    node = Without(rpc_at(endpoint, RegistryConfig()), rung)
    async with Multicall(node) as chain:
        results = await chain.read(calls)
        again = await chain.read(calls[5:7])
    assert results[0] == b""
    assert reasons(results)[1:3] == ["reverted", "reverted"]
    assert isinstance(results[2], CallFailure)
    assert results[2].data == (42).to_bytes(32, "big")
    assert reasons(results)[3] == "failed"
    assert reasons(results)[4] == "out-of-gas"
    assert results[5:7] == again == [data for _, data in calls[5:7]]
    assert reasons(results)[7] == "no-contract"
    assert all(result.answered for result in results if isinstance(result, CallFailure))
    await node.close()


@pytest.mark.parametrize("rung", RUNGS)
async def test_many_calls_keep_their_order(embedded: RpcEndpoint, rung: str) -> None:
    contract = await deploy(embedded, creation(moody()))
    words = [bytes([0xF0]) + bytes(29) + number.to_bytes(2, "big") for number in range(400)]
    node = Without(rpc_at(embedded, RegistryConfig()), rung)
    async with Multicall(node) as chain:
        assert await chain.read([(contract, word) for word in words]) == words
        node.request_count = 0
        await chain.read([(contract, word) for word in words])
    counts = {"override": 2, "deployless": 4, "batch": 6, "singly": 401}
    assert node.request_count == counts[rung]


async def test_a_reader_of_ours_lets_nothing_be_written(embedded: RpcEndpoint) -> None:
    contract = await deploy(embedded, creation(moody()))
    async with Multicall(embedded) as chain:
        results = await chain.read([(contract, bytes([WRITE]))])
    assert results == [b""] or reasons(results)[0] in ("failed", "reverted")


async def test_multicall3_is_used_only_if_its_code_is_there(
    embedded: RpcEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    contract = await deploy(embedded, creation(moody()))
    word = b"\xff" * 32
    node = Without(rpc_at(embedded, RegistryConfig()), "override")
    seen: list[Any] = []
    plain = node.rpc.request

    async def request(call: Call) -> Any:
        if call.method == "eth_getCode" and call.params[0] == f"0x{multicall3.ADDRESS.hex()}":
            return "0x6001"
        if call.method == "eth_call":
            seen.append(call.params[0].get("to"))
        return await plain(call)

    monkeypatch.setattr(node.rpc, "request", request)
    async with Multicall(node) as chain:
        assert await chain.read([(contract, word)]) == [word]
    assert f"0x{multicall3.ADDRESS.hex()}" not in seen
    monkeypatch.setattr(multicall3, "CODE_HASH", keccak256(b"\x60\x01"))
    async with Multicall(node) as chain:
        assert await chain.read([(contract, word)]) == [word]  # where it does not run: one down
    assert f"0x{multicall3.ADDRESS.hex()}" in seen


async def test_calls_at_one_block_of_the_callers(embedded: RpcEndpoint) -> None:
    contract = await deploy(embedded, creation(moody()))
    async with Multicall(embedded) as chain:
        block = await chain.head()
        results = await chain.read([(contract, b"\xff" * 32)], block=block)
        gone = await chain.read([(contract, b"")], block=block._replace(hash=bytes(32)))
    assert results == [b"\xff" * 32]
    assert isinstance(gone[0], CallFailure)
    assert not gone[0].answered


async def test_what_is_no_call_is_the_callers_mistake(embedded: RpcEndpoint) -> None:
    async with Multicall(embedded) as chain:
        assert await chain.read([]) == []
        with pytest.raises(ConfigError, match="an address"):
            await chain.read([("0x12", b"")])


async def test_another_chain_is_refused(embedded: RpcEndpoint) -> None:
    async with Multicall(embedded, chain_id=1) as chain:
        with pytest.raises(RpcError, match="wrong-chain"):
            await chain.read([(NOBODY, b"")])


# --------------------------------------------------------------------------- foreign registries


@pytest.mark.parametrize(
    ("runtime", "signature", "slot_of"),
    [
        (LISTING, "isListed(bytes32)", lambda node_id: node_id),
        (LISTING, "allowed(address)", lambda node_id: bytes(12) + node_id[12:]),
        (BYTES_LISTING, "exists(bytes)", lambda node_id: node_id),
    ],
)
async def test_a_foreign_registry_tells_whom_it_lists(
    endpoint: RpcEndpoint, runtime: bytes, signature: str, slot_of: Any
) -> None:
    listed = {slot_of(node_id): 1 for node_id in IDS[::2]}
    address = await deploy(endpoint, creation(runtime, listed))
    policy = TrustPolicy().with_own_servers([IDS[1]])
    async with ForeignRegistry(endpoint, address, signature) as registry:
        verdicts = await registry.verify("push.notify", [*IDS, IDS[0]], policy)
    assert [v.trusted for v in verdicts] == [
        True,
        True,
        True,
        False,
        True,
        False,
        True,
        False,
        True,
    ]
    assert [v.source for v in verdicts[:2]] == [Source.SNAPSHOT, Source.OWN]
    assert verdicts[3].reason is Reason.NOT_LISTED
    assert len({v.block for v in verdicts if v.source is not Source.OWN}) == 1


async def test_words_are_accepted_as_the_adaptor_says(embedded: RpcEndpoint) -> None:
    address = await deploy(embedded, creation(LISTING, {IDS[0]: 2, IDS[1]: 3}))
    accept = {"accept": lambda word: word == 2}
    async with ForeignRegistry(embedded, address, "statusOf(bytes32)", **accept) as registry:
        verdicts = await registry.verify("push.notify", IDS[:3])
    assert [v.trusted for v in verdicts] == [True, False, False]
    assert [v.word for v in verdicts] == [2, 3, 0]


async def test_what_a_foreign_registry_does_not_say_is_unknown(embedded: RpcEndpoint) -> None:
    address = await deploy(embedded, creation(moody()))
    for selector_byte, cause in [(STOP, "bad-answer"), (REVERT, "reverted"), (LOOP, "out-of-gas")]:
        name = next(
            f"f{number}(bytes32)"
            for number in range(10_000)
            if keccak256(f"f{number}(bytes32)".encode())[0] == selector_byte
        )
        async with ForeignRegistry(embedded, address, name) as registry:
            (verdict,) = await registry.verify("push.notify", IDS[:1])
        assert verdict.outcome is Outcome.UNKNOWN
        assert verdict.error is not None
        assert verdict.error.reason == cause
    async with ForeignRegistry(embedded, NOBODY) as registry:
        (verdict,) = await registry.verify("push.notify", IDS[:1])
    assert verdict.error is not None
    assert verdict.error.reason == "no-code"


@pytest.mark.parametrize("signature", ["isListed", "f()", "f(bytes32,bytes32)", "f(uint8)", ""])
def test_a_view_of_another_form_is_refused(signature: str) -> None:
    with pytest.raises(ConfigError, match="a view is"):
        ListingView(signature)


def test_a_key_is_what_the_parameter_takes() -> None:
    (node_id,) = IDS[:1]
    by_address = ListingView("f(bytes32)", Key.ADDRESS).calldata(node_id)
    assert by_address[4:] == bytes(12) + node_id[12:]
    assert ListingView("f(bytes)", Key.ADDRESS).calldata(node_id)[4:] == (
        (32).to_bytes(32, "big") + (20).to_bytes(32, "big") + node_id[12:] + bytes(12)
    )
    with pytest.raises(ConfigError, match="does not fit"):
        ListingView("f(address)", Key.NODE_ID)
