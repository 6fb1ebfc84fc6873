"""The registry from end to end: against the embedded chain, over HTTP, and against anvil."""
from collections.abc import AsyncIterator

import pytest
from waypost._ext.secp256k1 import SecretKey
from waypost.errors import RegistryError
from waypost.net.registry import Registry
from waypost.trust.embedded import EmbeddedChain
from waypost.trust.verdict import Outcome, Reason
from waypost.trust.words import Status

from tests.chains import ANVIL_KEY, node, serve

KIND = "whisper.mailserver"
NODES = [SecretKey(bytes([number]) * 32) for number in range(1, 9)]
STRANGER = bytes(range(32))


@pytest.fixture(params=["embedded", "http", "anvil"])
async def registry(request: pytest.FixtureRequest) -> AsyncIterator[Registry]:
    """A fresh registry whose every role is held by the one funded account."""
    account = SecretKey(ANVIL_KEY)
    chain: EmbeddedChain = request.getfixturevalue("embedded")
    if request.param == "http":
        async with serve(node(chain)) as url, await Registry.deploy(url, account) as registry:
            yield registry
    else:
        endpoint = chain if request.param == "embedded" else request.getfixturevalue("anvil")
        async with await Registry.deploy(endpoint, account) as registry:
            yield registry


async def enlist(registry: Registry, provider_id: int, keys: list[SecretKey]) -> None:
    consents = [await registry.consent(KIND, key.node_id, provider_id) for key in keys]
    signed = zip(consents, keys, strict=True)
    await registry.add_servers(provider_id, [consent.signed_by(key) for consent, key in signed])


async def reasons(registry: Registry, *trust: int) -> list[Reason | None]:
    verdicts = await registry.verify(KIND, [key.node_id for key in NODES], trust=trust)
    assert len({verdict.block for verdict in verdicts}) == 1
    assert not any(verdict.error for verdict in verdicts)
    return [verdict.reason for verdict in verdicts]


async def test_a_server_is_trusted_from_its_listing_to_its_removal(registry: Registry) -> None:
    ids = [NODES[0].node_id, STRANGER]
    before = await registry.verify(KIND, ids)
    await enlist(registry, 1, NODES[:1])
    listed = await registry.verify(KIND, ids)
    await registry.remove_servers(KIND, ids[:1])
    removed = await registry.verify(KIND, ids)

    assert [v.reason for v in before] == [Reason.NOT_LISTED, Reason.NOT_LISTED]
    assert [v.outcome for v in listed] == [Outcome.TRUSTED, Outcome.UNTRUSTED]
    assert [v.reason for v in removed] == [Reason.REMOVED, Reason.NOT_LISTED]
    assert [v.provider_id for v in listed] == [1, None]
    assert [v.node_id for v in listed] == ids
    assert listed[0].block.number < removed[0].block.number
    assert len(listed[0].block.hash) == 32


async def test_every_act_of_a_provider_or_curator_shows_in_the_verdict(registry: Registry) -> None:
    await enlist(registry, 1, NODES[:2])
    two = await registry.register_provider("https://example.org/two.json")
    assert two == 2
    with pytest.raises(RegistryError, match=r"ProviderNotActive\(id=2\)"):
        await enlist(registry, two, NODES[2:4])
    await registry.activate_provider(two, "reviewed")
    await enlist(registry, two, NODES[2:4])

    rest = [Reason.NOT_LISTED] * 4
    ok = [None, None]
    assert await reasons(registry, 1, 2) == ok + ok + rest
    assert await reasons(registry, 1) == ok + [Reason.PROVIDER_NOT_TRUSTED] * 2 + rest
    assert await reasons(registry) == [Reason.PROVIDER_NOT_TRUSTED] * 4 + rest

    await registry.suspend_provider(two, "spam")
    assert await reasons(registry, 1, 2) == ok + [Reason.PROVIDER_SUSPENDED] * 2 + rest
    await registry.set_provider_status(two, Status.PENDING)
    assert await reasons(registry, 1, 2) == ok + [Reason.PROVIDER_PENDING] * 2 + rest
    await registry.activate_provider(two)
    await registry.set_provider_status(two, Status.CHALLENGED)
    assert await reasons(registry, 1, 2) == ok + ok + rest
    await registry.bump_epoch(1)
    assert await reasons(registry, 1, 2) == [Reason.EPOCH_PASSED] * 2 + ok + rest
    await registry.retire_provider(two)
    retired = [Reason.PROVIDER_RETIRED] * 2
    assert await reasons(registry, 1, 2) == [Reason.EPOCH_PASSED] * 2 + retired + rest
    await registry.set_halted(True)
    assert await reasons(registry, 1, 2) == [Reason.HALTED] * 8
