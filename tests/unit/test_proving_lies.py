"""Forged proofs, and nodes that lag, end to end: the right verdict or UNKNOWN with its cause."""

from collections.abc import AsyncIterator, Callable, Sequence
from copy import deepcopy
from random import Random
from typing import Any

import pytest

from tests.chains import ANVIL_KEY, GENESIS_S
from tests.faults import CLUMSY, LIES, Fault, Reply, chance, faulty, lie, on, swap_between
from tests.furnished import IDS, KIND, SERVERS, causes_in
from waypost import EmbeddedChain, HeaderAgreement, Registry, TrustedEndpoint, TrustPolicy
from waypost._ext.secp256k1 import SecretKey
from waypost.config import RegistryConfig
from waypost.errors import RpcError
from waypost.net.rpc import ChainRpc
from waypost.net.trust.state_roots import StateRootSource
from waypost.trust.exchange import Answer, Call
from waypost.trust.policy import GrantAt
from waypost.trust.verdict import Reason

TRUTH = [None, Reason.REMOVED, Reason.NOT_LISTED, Reason.NOT_LISTED]
CHAIN_ID = 31337
PATIENT = RegistryConfig()  # where no time runs out: a busy machine is slow, not wrong
HASTY = RegistryConfig(verify_timeout_s=1.0)


@pytest.fixture
async def registry(embedded: EmbeddedChain) -> AsyncIterator[Registry]:
    """Lists the first server; the second one was listed until the last block."""
    async with await Registry.deploy(embedded, SecretKey(ANVIL_KEY)) as registry:
        for server in SERVERS[:2]:
            consent = await registry.consent(KIND, server.node_id, 1)
            await registry.add_servers(1, [consent.signed_by(server)])
        await registry.remove_servers(KIND, IDS[1:2])
        yield registry


def proven(
    endpoint: Any,
    registry: Registry,
    source: StateRootSource,
    config: RegistryConfig = PATIENT,
) -> Registry:
    return Registry(
        endpoint, registry.address, chain_id=CHAIN_ID, state_roots=source, config=config
    )


async def causes_of(asked: Registry) -> set[str]:
    """Every verdict is right, or UNKNOWN with a cause. Returns the causes."""
    return causes_in(await asked.verify(KIND, IDS), TRUTH)


def of_result(change: Callable[[dict[str, Any]], None]) -> Fault:
    """A fault that changes the result of eth_getProof."""

    def fault(reply: Reply, _random: Random) -> None:
        reply.document = deepcopy(reply.document)
        change(reply.document["result"])

    return fault


def instead(result: dict[str, Any]) -> Fault:
    return of_result(lambda told: told.update(deepcopy(result)))


@of_result
def swap_proofs(told: dict[str, Any]) -> None:
    first, *_, last = told["storageProof"]
    first["proof"], last["proof"] = last["proof"], first["proof"]


@of_result
def swap_keys(told: dict[str, Any]) -> None:
    """The proof of a listed server as that of one who is not."""
    *_, listed, _, _, stranger = told["storageProof"]
    listed["key"], stranger["key"] = stranger["key"], listed["key"]


@of_result
def leave_out_a_node(told: dict[str, Any]) -> None:
    told["storageProof"][-1]["proof"].pop()


@of_result
def end_early(told: dict[str, Any]) -> None:
    """As if the path ended there: nothing is listed."""
    for entry in told["storageProof"]:
        entry["proof"] = entry["proof"][:1]


@of_result
def empty_storage(told: dict[str, Any]) -> None:
    for entry in told["storageProof"]:
        entry["proof"], entry["value"] = [], "0x0"


@of_result
def no_account(told: dict[str, Any]) -> None:
    told["accountProof"] = told["accountProof"][:-1]


@of_result
def pad(told: dict[str, Any]) -> None:
    told["accountProof"].append(told["accountProof"][0])


@pytest.mark.parametrize(
    "fault",
    [
        *(swap_proofs, swap_keys, leave_out_a_node, end_early, empty_storage, no_account, pad),
        *(lie, swap_between),
    ],
)
async def test_forged_proofs_prove_nothing(
    embedded: EmbeddedChain, registry: Registry, fault: Fault
) -> None:
    async with (
        faulty(ChainRpc(embedded), on("eth_getProof", fault)) as proxy,
        proven(proxy.http, registry, TrustedEndpoint(embedded)) as asked,
    ):
        assert await causes_of(asked) == {"bad-proof"}


@pytest.mark.parametrize("fault", ["stale", "other-contract"])
async def test_true_proofs_of_something_else_prove_nothing(
    embedded: EmbeddedChain, registry: Registry, fault: str
) -> None:
    """An older block's, in which the second server was still listed; another registry's."""
    address = registry.address
    if fault == "other-contract":
        async with await Registry.deploy(embedded, SecretKey(ANVIL_KEY)) as other:
            address = other.address
    calls: list[Call] = []

    def script(asked: Sequence[Call]) -> Fault | None:
        (call,) = asked
        if call.method != "eth_getProof":
            return None
        calls.append(call)
        text = f"0x{address.hex()}"
        at = hex(embedded.head.number - (fault == "stale"))
        return instead(embedded.answer(Call(call.method, [text, call.params[1], at]), GENESIS_S))

    async with (
        faulty(ChainRpc(embedded), script) as proxy,
        proven(proxy.http, registry, TrustedEndpoint(embedded)) as asked,
    ):
        assert await causes_of(asked) == {"bad-proof"}
        assert calls


async def test_another_contract_is_not_taken_for_the_registry(
    embedded: EmbeddedChain, registry: Registry
) -> None:
    source = TrustedEndpoint(embedded)
    async with Registry(
        embedded,
        registry.address,
        chain_id=CHAIN_ID,
        state_roots=source,
        code_hash=b"\x11" * 32,
    ) as asked:
        assert await causes_of(asked) == {"wrong-code"}
    async with Registry(embedded, bytes(20), chain_id=CHAIN_ID, state_roots=source) as asked:
        assert await causes_of(asked) == {"no-code"}


@pytest.mark.parametrize("field", ["stateRoot", "hash", "parentHash"])
async def test_a_header_that_was_changed_is_noticed(
    embedded: EmbeddedChain, registry: Registry, field: str
) -> None:
    def forge(reply: Reply, _random: Random) -> None:
        reply.document["result"][field] = f"0x{'11' * 32}"

    async with faulty(ChainRpc(embedded), on("eth_getBlockByNumber", forge)) as proxy:
        source = TrustedEndpoint(proxy.http)
        async with proven(embedded, registry, source) as asked:
            assert await causes_of(asked) == {"bad-header"}
        await source.close()


async def test_the_header_of_another_chain_convinces_nobody(
    embedded: EmbeddedChain, registry: Registry
) -> None:
    """It has the right number, and its own registry at the same address."""
    other = EmbeddedChain(GENESIS_S, funded={SecretKey(ANVIL_KEY).address: 10**24})
    async with await Registry.deploy(other, SecretKey(ANVIL_KEY)) as twin:
        assert twin.address == registry.address
        for server in SERVERS[:3]:
            consent = await twin.consent(KIND, server.node_id, 1)
            await twin.add_servers(1, [consent.signed_by(server)])
    assert other.head.number == embedded.head.number
    source = HeaderAgreement([other, embedded, EmbeddedChainAgain(embedded)], agree=2)
    async with proven([other, embedded], registry, source) as asked:
        assert await causes_of(asked) == set()  # the second node stands in for the first
    async with proven(other, registry, source) as asked:
        causes = await causes_of(asked)
        assert causes
        assert causes <= {"bad-proof", "rpc-error"}


class EmbeddedChainAgain:
    """The same chain at another endpoint."""

    def __init__(self, chain: EmbeddedChain) -> None:
        self._rpc = ChainRpc(chain)

    async def request(self, call: Call) -> Any:
        return await self._rpc.request(call)

    async def batch(self, calls: Sequence[Call]) -> list[Answer]:
        return await self._rpc.batch(calls)

    async def close(self) -> None:
        pass


class Lagging(EmbeddedChainAgain):
    """A node whose head is so many blocks behind, and which knows no block that is newer."""

    def __init__(self, chain: EmbeddedChain, count: int) -> None:
        super().__init__(chain)
        self._chain, self._count = chain, count

    async def request(self, call: Call) -> Any:
        head = self._chain.head.number - self._count
        if call.method == "eth_getBlockByNumber" and call.params[0] == "latest":
            return await super().request(Call(call.method, [hex(head), False]))
        if call.method == "eth_getProof":
            hash_ = call.params[2]["blockHash"]
            block = await super().request(Call("eth_getBlockByHash", [hash_, False]))
            if int(block["number"], 16) > head:
                raise RpcError("rpc-error", "header for hash not found", code=-32000)
        return await super().request(call)


class OnlyHead(EmbeddedChainAgain):
    """A node that proves the state of its head and no older one, as reth does by default."""

    def __init__(self, chain: EmbeddedChain) -> None:
        super().__init__(chain)
        self._chain = chain

    async def request(self, call: Call) -> Any:
        hash_ = f"0x{self._chain.head.hash.hex()}"
        if call.method == "eth_getProof" and call.params[2]["blockHash"] != hash_:
            words = "distance to target block exceeds maximum proof window"
            raise RpcError("rpc-error", words, code=-32000)
        return await super().request(call)


async def test_a_node_that_lags_proves_at_a_block_that_it_has(
    embedded: EmbeddedChain, registry: Registry
) -> None:
    for _ in range(20):
        embedded.mine(GENESIS_S)
    async with proven(Lagging(embedded, 3), registry, TrustedEndpoint(embedded)) as asked:
        verdicts = await asked.verify(KIND, IDS)
        assert [verdict.reason for verdict in verdicts] == TRUTH
        (number,) = {verdict.block.number for verdict in verdicts if verdict.block}
        assert number == embedded.head.number - 3


async def test_a_node_that_wants_an_old_state_is_refused(
    embedded: EmbeddedChain, registry: Registry
) -> None:
    """The second server was listed then."""
    for _ in range(20):
        embedded.mine(GENESIS_S)
    async with proven(Lagging(embedded, 21), registry, TrustedEndpoint(embedded)) as asked:
        assert await causes_of(asked) == {"behind"}


async def test_a_node_that_proves_its_head_only(
    embedded: EmbeddedChain, registry: Registry
) -> None:
    """The sources have the newer block, too, by the time that the node refuses the older."""
    embedded.mine(GENESIS_S)
    true = TrustedEndpoint(embedded)

    class Behind:
        """Names the parent of the head as the head."""

        async def header(self, at: Any = "latest") -> Any:
            return await true.header(embedded.head.number - 1 if at == "latest" else at)

        async def close(self) -> None:
            pass

    async with proven(OnlyHead(embedded), registry, Behind()) as asked:
        assert await causes_of(asked) == set()


async def test_a_node_without_proofs_is_no_help(
    embedded: EmbeddedChain, registry: Registry
) -> None:
    class Without(EmbeddedChainAgain):
        async def request(self, call: Call) -> Any:
            if call.method == "eth_getProof":
                raise RpcError("rpc-error", "the method does not exist", code=-32601)
            return await super().request(call)

    async with proven(Without(embedded), registry, TrustedEndpoint(embedded)) as asked:
        assert await causes_of(asked) == {"unsupported"}


async def test_a_source_that_hangs_ends_at_the_deadline(
    embedded: EmbeddedChain, registry: Registry
) -> None:
    async with (
        faulty(ChainRpc(embedded), lambda _calls: CLUMSY[0]) as proxy,
        proven(embedded, registry, TrustedEndpoint(proxy.http), HASTY) as asked,
    ):
        assert await causes_of(asked) == {"timeout"}


@pytest.mark.parametrize("part", range(3))
async def test_chaos(embedded: EmbeddedChain, registry: Registry, part: int) -> None:
    """Random faults and lies of the node that proves and of one of three that tell headers."""
    causes: set[str] = set()
    for seed in range(15 * part, 15 * (part + 1)):
        script = chance(seed, [*CLUMSY[1:], *LIES], rate=0.4)
        async with (
            faulty(ChainRpc(embedded), script, seed) as proxy,
            proven(
                proxy.http,
                registry,
                HeaderAgreement([proxy.http, embedded, EmbeddedChainAgain(embedded)], agree=2),
            ) as asked,
        ):
            causes |= await causes_of(asked) | await causes_of(asked)
            proxy.script = lambda _calls: None
    assert "bad-proof" in causes


async def test_trust_is_granted_at_the_finalized_block_by_proof(
    embedded: EmbeddedChain, registry: Registry
) -> None:
    true = TrustedEndpoint(embedded)
    head = embedded.head.number
    final = head

    class Source:
        async def header(self, at: Any = "latest") -> Any:
            return await true.header(final if at == "finalized" else at)

        async def close(self) -> None:
            pass

    policy = TrustPolicy(default_grant_at=GrantAt.FINALIZED)
    async with proven(embedded, registry, Source()) as asked:
        (verdict,) = await asked.verify(KIND, IDS[:1], policy)
        assert verdict.trusted
        final = head - 3  # before it was listed
        (verdict,) = await asked.verify(KIND, IDS[:1], policy)
        assert verdict.reason is Reason.NOT_FINAL
        final = head - 1
        (verdict,) = await asked.verify(KIND, IDS[1:2], policy)
        assert verdict.reason is Reason.REMOVED  # what takes trust away counts at the head
