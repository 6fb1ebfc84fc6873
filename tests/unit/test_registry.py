"""The registry from end to end: on the embedded chain, and on real nodes by each way to them."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.chains import ANVIL_KEY, GENESIS_S, running_anvil
from waypost._ext.secp256k1 import SecretKey
from waypost.config import RegistryConfig
from waypost.errors import ConfigError, RegistryError, RpcError
from waypost.keys import PrivateKey
from waypost.net.rpc import ChainRpc, RpcEndpoint
from waypost.net.trust.registry import Registry
from waypost.trust.embedded import EmbeddedChain
from waypost.trust.policy import TrustPolicy
from waypost.trust.verdict import Outcome, Reason, Source
from waypost.trust.words import Status

KIND = "whisper.mailserver"
NODES = [SecretKey(bytes([number]) * 32) for number in range(1, 9)]
STRANGER = bytes(range(32))


@pytest.fixture
async def registry(chain_endpoint: RpcEndpoint) -> AsyncIterator[Registry]:
    """A fresh registry on each chain, whose every role is held by the one funded account."""
    async with await Registry.deploy(chain_endpoint, SecretKey(ANVIL_KEY)) as registry:
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


async def test_many_servers_take_several_transactions(embedded: EmbeddedChain) -> None:
    config = RegistryConfig(batch_count_max=3, chunk_count_max=2, page_count_max=3)
    async with await Registry.deploy(embedded, SecretKey(ANVIL_KEY), config=config) as registry:
        before = embedded.head.number
        await enlist(registry, 1, NODES)
        assert embedded.head.number == before + 3
        assert await reasons(registry, 1) == [None] * 8
        assert [server.node_id for server in await registry.servers(KIND)] == [
            key.node_id for key in NODES
        ]
        await registry.remove_servers(KIND, [key.node_id for key in NODES[:4]])
        assert await reasons(registry, 1) == [Reason.REMOVED] * 4 + [None] * 4


async def test_everything_that_is_registered_can_be_listed(registry: Registry) -> None:
    assert await registry.servers(KIND) == []
    await registry.register_provider("https://example.org/two.json", b"\x02" * 32)
    await enlist(registry, 1, NODES[:2])
    one, two = await registry.providers()
    owner = SecretKey(ANVIL_KEY).address
    assert (one.id, one.owner, one.status, one.epoch) == (1, owner, Status.ACTIVE, 1)
    assert (two.id, two.owner, two.status) == (2, owner, Status.PENDING)
    assert (two.metadata_hash, two.pending_owner) == (b"\x02" * 32, bytes(20))
    servers = await registry.servers(KIND)
    assert [server.node_id for server in servers] == [key.node_id for key in NODES[:2]]
    assert [server.word.provider_id for server in servers] == [1, 1]
    assert await registry.servers("push.notify") == []


async def test_times_run_out_by_the_clock_of_the_chain(embedded: EmbeddedChain) -> None:
    """A server's expiry, then its provider's. Only a transaction moves the clock."""
    now_s = GENESIS_S
    rpc = ChainRpc(embedded, clock=lambda: now_s)
    async with await Registry.deploy(rpc, SecretKey(ANVIL_KEY)) as registry:
        await enlist(registry, 1, NODES[:2])
        await registry.renew_servers(KIND, [NODES[0].node_id], now_s + 60)
        assert (await reasons(registry, 1))[:2] == [None, None]
        now_s += 60
        assert (await reasons(registry, 1))[:2] == [None, None]  # no block has come since
        await registry.heartbeat(1, now_s + 60)
        assert (await reasons(registry, 1))[:2] == [Reason.EXPIRED, None]
        now_s += 60
        await registry.register_provider()
        assert (await reasons(registry, 1))[:2] == [Reason.EXPIRED, Reason.PROVIDER_EXPIRED]
        with pytest.raises(RegistryError, match=r"TtlOutOfRange\(given=0"):
            await registry.heartbeat(1, now_s)


async def test_a_consent_serves_once_for_one_provider_and_in_time(embedded: EmbeddedChain) -> None:
    now_s = GENESIS_S
    rpc = ChainRpc(embedded, clock=lambda: now_s)
    key = NODES[0]
    async with await Registry.deploy(rpc, SecretKey(ANVIL_KEY)) as registry:
        two = await registry.register_provider()
        await registry.activate_provider(two)
        consent = await registry.consent(KIND, key.node_id, 1, lifetime_s=60)
        binding = consent.signed_by(key)
        with pytest.raises(RegistryError, match="BadNodeSignature"):
            await registry.add_servers(two, [binding])
        with pytest.raises(RegistryError, match="BadNodeSignature"):
            await registry.add_servers(1, [binding._replace(flags=1)])
        assert await registry.add_servers(1, [binding, binding]) == [key.node_id]
        assert await registry.add_servers(1, [binding]) == []
        other = (await registry.consent(KIND, key.node_id, two)).signed_by(key)
        with pytest.raises(RegistryError, match=r"AlreadyListed.*move it"):
            await registry.add_servers(two, [other])
        await registry.remove_servers(KIND, [key.node_id])
        with pytest.raises(RegistryError, match="BadNodeSignature"):
            await registry.add_servers(1, [binding])
        again = await registry.consent(KIND, key.node_id, 1, lifetime_s=60)
        assert (consent.nonce, again.nonce) == (0, 1)
        now_s += 61
        await registry.bump_epoch(1)
        with pytest.raises(RegistryError, match=r"SignatureExpired\(deadline="):
            await registry.add_servers(1, [again.signed_by(key)])


async def test_nobody_does_what_is_anothers_to_do(embedded: EmbeddedChain) -> None:
    admin, stranger = SecretKey(ANVIL_KEY), SecretKey(b"\x09" * 32)
    async with (
        await Registry.deploy(embedded, admin) as registry,
        Registry(embedded, registry.address, account=stranger) as theirs,
        Registry(embedded, registry.address) as reader,
    ):
        mine = await theirs.register_provider()
        assert (await theirs.providers())[mine - 1].owner == stranger.address
        refused = rf"NotAuthorized\(id=1, caller=0x{stranger.address.hex()}\)"
        with pytest.raises(RegistryError, match=f"bumpEpoch.*{refused}"):
            await theirs.bump_epoch(1)
        with pytest.raises(RegistryError, match="AccessControlUnauthorizedAccount"):
            await theirs.activate_provider(mine)
        with pytest.raises(RegistryError, match=r"UnknownProvider\(id=9\)"):
            await registry.activate_provider(9)
        with pytest.raises(ConfigError, match="give an account that signs it"):
            await reader.register_provider()
        with pytest.raises(ConfigError, match="at most 32 ASCII characters"):
            await registry.suspend_provider(1, "x" * 33)


async def test_roles_can_be_given_away_at_deployment(embedded: EmbeddedChain) -> None:
    deployer, curator = PrivateKey.from_bytes(ANVIL_KEY), PrivateKey.from_bytes(b"\x09" * 32)
    async with (
        await Registry.deploy(embedded, deployer, curator=curator.address) as registry,
        Registry(embedded, registry.address, account=curator) as curators,
    ):
        two = await registry.register_provider()
        with pytest.raises(RegistryError, match="AccessControlUnauthorizedAccount"):
            await registry.activate_provider(two)
        await curators.activate_provider(two)
        assert (await registry.providers())[1].status is Status.ACTIVE


async def test_transactions_at_the_same_time_get_successive_nonces(registry: Registry) -> None:
    ids = await asyncio.gather(*(registry.register_provider() for _ in range(5)))
    assert sorted(ids) == [2, 3, 4, 5, 6]


async def test_the_users_own_server_is_trusted_without_a_registry() -> None:
    policy = TrustPolicy().with_own_servers([STRANGER])
    async with Registry("http://127.0.0.1:1", bytes(20)) as registry:
        (verdict,) = await registry.verify(KIND, [STRANGER], trust=policy)
    assert (verdict.trusted, verdict.source) == (True, Source.OWN)


async def test_no_transaction_goes_to_another_chain(registry: Registry) -> None:
    """A wrong chain id: neither a verdict nor a transaction."""
    account = SecretKey(ANVIL_KEY)
    async with Registry(registry._rpc, registry.address, chain_id=1, account=account) as wrong:
        (verdict,) = await wrong.verify(KIND, [STRANGER])
        assert verdict.error is not None
        assert verdict.error.reason == "wrong-chain"
        with pytest.raises(RpcError, match="wrong-chain"):
            await wrong.bump_epoch(1)
    assert (await registry.providers())[0].epoch == 1


async def test_a_server_is_unknown_once_the_node_is_stopped() -> None:
    with running_anvil() as url:
        registry = await Registry.deploy(url, SecretKey(ANVIL_KEY), chain_id=31337)
        await enlist(registry, 1, NODES[:1])
        (before,) = await registry.verify(KIND, [NODES[0].node_id])
    (after,) = await registry.verify(KIND, [NODES[0].node_id])
    await registry.close()
    assert before.trusted
    assert after.outcome is Outcome.UNKNOWN
    assert after.error is not None
    assert after.error.reason == "unreachable"
