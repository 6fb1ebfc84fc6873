"""How soon a finder lets go of a server: within the block that ends its trust."""

import asyncio

import pytest

from tests.chains import ANVIL_KEY, GENESIS_S
from tests.crowds import KIND, Crowd, World, server
from tests.nodes import key
from waypost._ext.secp256k1 import SecretKey
from waypost.config import FinderConfig, RegistryConfig
from waypost.errors import NothingTrusted, RpcError
from waypost.net.finder import ServerFinder
from waypost.net.rpc import RpcEndpoint
from waypost.net.run import until
from waypost.net.trust.registry import Registry
from waypost.trust.candidates import Candidates
from waypost.trust.verdict import Block, Outcome, Reason, Verdict

# Nothing but the blocks themselves can make a finder look again.
PATIENT = {"recheck_interval_s": 600.0, "retry_interval_s": 600.0, "head_interval_s": 600.0}
SILENT = RegistryConfig(watch_interval_s=600.0, watch_silence_s_max=600.0)


@pytest.fixture(params=["embedded", "anvil-ws", "anvil-ipc", "geth-ws"])
def telling_endpoint(request: pytest.FixtureRequest) -> RpcEndpoint:
    """Nodes that tell of new blocks by themselves."""
    if request.param == "embedded":
        return request.getfixturevalue("embedded")
    program, way = request.param.split("-")
    return getattr(request.getfixturevalue(f"{program}_node"), way)


async def test_a_revoked_server_is_let_go_of_within_one_block(
    telling_endpoint: RpcEndpoint,
) -> None:
    account = SecretKey(ANVIL_KEY)
    async with await Registry.deploy(telling_endpoint, account, config=SILENT) as registry:
        world = World(None, registry)
        await world.enlist(1, 2)
        crowd, revoked = Crowd(), []
        crowd.announce(server(1), server(2))
        config = FinderConfig(batch_interval_s=0.02, settle_s=0.01, **PATIENT)
        async with ServerFinder(crowd, registry, KIND, config=config) as finder:
            finder.on_revoked(lambda *gone: revoked.append(gone))
            assert await until(lambda: len(finder.servers) == 2, 20.0)
            block = (await registry.overview()).block_number

            await registry.remove_servers(KIND, [key(1).node_id])
            assert await until(lambda: len(revoked) == 1, 20.0)
            gone, verdict = revoked.pop()
            assert gone.record == server(1)
            assert gone.verdict.trusted
            assert (verdict.reason, verdict.block.number) == (Reason.REMOVED, block + 1)
            assert [one.record for one in finder.servers] == [server(2)]

            await registry.suspend_provider(1)
            assert await until(lambda: len(revoked) == 1, 20.0)
            gone, verdict = revoked.pop()
            assert gone.record == server(2)
            assert verdict.reason is Reason.PROVIDER_SUSPENDED
            assert verdict.block.number == block + 2


async def test_a_lapse_is_noticed_with_the_block_that_brings_it(world, embedded) -> None:
    await world.enlist(1, 2)
    await world.registry.renew_servers(KIND, [key(1).node_id], GENESIS_S + 100)
    await world.registry.heartbeat(1, GENESIS_S + 200)
    world.crowd.announce(server(1), server(2))
    revoked = []
    async with world.finder(**PATIENT) as finder:
        finder.on_revoked(lambda gone, verdict: revoked.append((gone.node_id, verdict.reason)))
        assert await until(lambda: len(finder.servers) == 2, 20.0)
        embedded.mine(GENESIS_S + 99)
        await asyncio.sleep(0.1)
        assert revoked == []
        embedded.mine(GENESIS_S + 100)
        assert await until(lambda: revoked, 20.0)
        embedded.mine(GENESIS_S + 200)
        assert await until(lambda: len(revoked) == 2, 20.0)
    assert revoked == [
        (key(1).node_id, Reason.EXPIRED),
        (key(2).node_id, Reason.PROVIDER_EXPIRED),
    ]


async def test_a_registry_that_does_not_answer_revokes_nobody(world, embedded) -> None:
    await world.enlist(1)
    world.crowd.announce(server(1))
    revoked = []
    async with world.finder(**PATIENT) as finder:
        finder.on_revoked(lambda *gone: revoked.append(gone))
        assert await until(lambda: finder.servers, 20.0)
        world.line.error = "unreachable"
        embedded.mine(GENESIS_S)
        assert await until(lambda: not finder.servers, 20.0)
        with pytest.raises(NothingTrusted, match="1 unknown"):
            await finder.pick(timeout=0.1)
    assert revoked == []


async def test_without_notifications_it_looks_at_intervals(world) -> None:
    class Deaf:
        """A registry behind something that only verifies."""

        async def verify(self, *question):
            return await world.registry.verify(*question)

    await world.enlist(1)
    world.crowd.announce(server(1))
    revoked = []
    config = FinderConfig(**PATIENT | {"head_interval_s": 0.05, "batch_interval_s": 0.02})
    async with ServerFinder(world.crowd, Deaf(), KIND, config=config) as finder:
        finder.on_revoked(lambda *gone: revoked.append(gone))
        assert await until(lambda: finder.servers, 20.0)
        await world.registry.bump_epoch(1)
        assert await until(lambda: revoked, 20.0)
    assert revoked[0][1].reason is Reason.EPOCH_PASSED


async def test_a_closed_registry_ends_a_finder(world) -> None:
    async with world.finder(**PATIENT) as finder:
        picking = asyncio.create_task(finder.pick())
        await asyncio.sleep(0.05)
        await world.registry.close()
        with pytest.raises(RpcError, match="closed"):
            await picking


def test_an_answer_that_was_overtaken_is_not_believed() -> None:
    candidates = Candidates(10)
    candidates.offer(server(1))

    def verdict(outcome: Outcome, number: int) -> Verdict:
        reason = Reason.REMOVED if outcome is Outcome.UNTRUSTED else None
        return Verdict(outcome, key(1).node_id, reason, block=Block(number, bytes(32), 0))

    assert candidates.judge(verdict(Outcome.TRUSTED, 5), 1.0)
    assert candidates.judge(verdict(Outcome.UNTRUSTED, 7), 3.0)
    assert candidates.judge(verdict(Outcome.TRUSTED, 6), 2.0) is None
    assert candidates.trusted() == []
    assert candidates.judge(verdict(Outcome.TRUSTED, 6), 4.0), "the chain was reorganised"
    assert len(candidates.trusted()) == 1
