"""Verdicts against the contract itself: words are written into its storage, and both are asked."""

import asyncio
import json
from importlib import resources

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.chains import ANVIL_KEY, GENESIS_S
from tests.exchanges import run
from tests.verifications import verify
from waypost._ext.secp256k1 import SecretKey
from waypost.config import RegistryConfig
from waypost.net.trust.registry import Registry
from waypost.trust.administration.abi import registry_abi
from waypost.trust.embedded import EmbeddedChain
from waypost.trust.endpoint import Endpoint
from waypost.trust.exchange import Call
from waypost.trust.kind import kind_word
from waypost.trust.policy import TrustPolicy
from waypost.trust.verdict import Reason
from waypost.trust.words import REGISTRY_VERSION, ProviderWord, RegistryWord, ResourceWord, Status

KIND = "whisper.mailserver"
ABI = registry_abi()
ARTIFACT = resources.files("waypost.trust") / "artifacts/ServerRegistry.json"
BASE_SLOT = json.loads(ARTIFACT.read_text("utf-8"))["storage"]["base"]


class World:
    """A registry on an embedded chain, and a way to write its storage and to read its answers."""

    def __init__(self, chain: EmbeddedChain, address: bytes) -> None:
        self.chain = chain
        self.address = address
        self.written = 0

    def ask(self, function: str, *args: object) -> object:
        message = {"to": self.text, "data": "0x" + ABI.calldata(function, *args).hex()}
        answer = self.chain.answer(Call("eth_call", [message, "latest"]), GENESIS_S)
        return ABI.returned(function, bytes.fromhex(answer[2:]))[0]

    def write(self, slot: bytes, word: int) -> None:
        words = {int.from_bytes(slot, "big"): word}
        self.chain.rewrite(self.address, GENESIS_S, words=words)

    @property
    def text(self) -> str:
        return "0x" + self.address.hex()


@pytest.fixture(scope="module")
def world() -> World:
    """The contract's code on a new chain, as it is after its deployment on another."""
    other = EmbeddedChain(GENESIS_S)
    address = asyncio.run(Registry.deploy(other, SecretKey(ANVIL_KEY))).address
    world = World(EmbeddedChain(GENESIS_S), address)
    code = other.answer(Call("eth_getCode", [world.text, "latest"]), GENESIS_S)
    world.chain.rewrite(address, GENESIS_S, code=bytes.fromhex(code[2:]))
    world.write(bytes.fromhex(BASE_SLOT[2:]), RegistryWord(REGISTRY_VERSION).pack())
    return world


TIMES = st.sampled_from([0, 1, GENESIS_S - 1, GENESIS_S, GENESIS_S + 1, 2**40 - 1])
ACTIVE_MOSTLY = st.sampled_from([*Status, *[Status.ACTIVE] * 8])


@settings(max_examples=200)
@given(
    resource=st.builds(
        ResourceWord,
        provider_id=st.just(0),
        epoch=st.integers(1, 2),
        status=ACTIVE_MOSTLY,
        flags=st.integers(0, 2**24 - 1),
        registered_at=TIMES,
        expires_at=TIMES,
        nonce=st.integers(0, 2**48 - 1),
        list_index=st.integers(0, 2**32 - 1),
    ),
    provider=st.builds(
        ProviderWord,
        owner=st.integers(0, 2**160 - 1),
        status=ACTIVE_MOSTLY,
        epoch=st.integers(1, 2),
        valid_until=TIMES,
        flags=st.integers(0, 2**16 - 1),
    ),
    is_chosen=st.sampled_from([True, True, True, False]),
)
def test_a_verdict_is_trusted_where_the_contract_says_so(
    world: World, resource: ResourceWord, provider: ProviderWord, is_chosen: bool
) -> None:
    world.written += 1
    provider_id = 1000 + world.written
    node_id = provider_id.to_bytes(32, "big")
    resource = resource._replace(provider_id=provider_id)
    world.write(world.ask("resourceSlot", kind_word(KIND), node_id), resource.pack())
    world.write(world.ask("providerSlot", provider_id), provider.pack())

    chosen = [provider_id, 7] if is_chosen else [7]
    exchange = verify(
        Endpoint(world.address), KIND, [node_id], TrustPolicy(frozenset(chosen)), RegistryConfig()
    )
    (verdict,) = run(exchange, lambda call: world.chain.answer(call, GENESIS_S))

    assert verdict.word == resource.pack()
    assert verdict.trusted == world.ask("isTrusted", kind_word(KIND), node_id, chosen)
    if not is_chosen and resource.status == Status.ACTIVE:
        assert verdict.reason is Reason.PROVIDER_NOT_TRUSTED
