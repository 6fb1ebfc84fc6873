"""The finder over a real registry, with candidates from a fake walk."""

import asyncio
import time
from collections import Counter

import pytest

from tests.crowds import FAST, KIND, Crowd, YesMan, server
from tests.nodes import key
from waypost.config import FinderConfig, RegistryConfig
from waypost.errors import ConfigError, NothingTrusted
from waypost.net.finder import ServerFinder
from waypost.net.run import until
from waypost.trust.policy import TrustPolicy
from waypost.trust.verdict import Outcome

# ---- batches


def test_batches_flush_at_20_ms_or_256():
    assert FinderConfig().batch_interval_s == 0.02
    assert FinderConfig().batch_count_max == 256 <= RegistryConfig().chunk_count_max


async def test_a_burst_is_verified_in_one_read(world):
    await world.enlist(1, 2)
    await world.registry.verify(KIND, [bytes(32)])  # finds out how the chain is read best
    world.line.reads = 0
    world.crowd.announce(*[server(index) for index in range(100)])
    async with world.finder(settle_s=10.0, batch_interval_s=1.0) as finder:
        assert await until(lambda: len(finder.servers) == 2, 20.0)
        assert world.line.reads == 1
        assert finder.account() == "100 candidates: 98 untrusted (98 not-listed), 2 trusted"


async def test_a_batch_waits_for_its_interval_from_its_first_candidate():
    crowd, registry = Crowd(), YesMan()
    config = FinderConfig(batch_interval_s=1.5)
    async with ServerFinder(crowd, registry, KIND, config=config):
        await asyncio.sleep(0)
        started = time.monotonic()
        for index in range(4):
            crowd.announce(server(index))
            await asyncio.sleep(0)
        assert registry.asked == []
        assert await until(lambda: registry.asked, 20.0)
        crowd.announce(server(9))
        assert await until(lambda: len(registry.asked) == 2, 20.0)
    (flushed_at, first), (_, second) = registry.asked
    assert flushed_at - started >= 1.49
    assert [len(first), len(second)] == [4, 1]


async def test_a_full_batch_does_not_wait():
    crowd, registry = Crowd(), YesMan()
    config = FinderConfig(batch_interval_s=60.0, batch_count_max=16)
    crowd.announce(*[server(index) for index in range(40)])
    async with ServerFinder(crowd, registry, KIND, config=config) as finder:
        assert await until(lambda: len(finder.servers) == 32, 20.0)
        assert [len(ids) for _, ids in registry.asked] == [16, 16]


# ---- picking


async def test_each_server_is_picked_as_often_as_any_other():
    crowd, registry = Crowd(), YesMan()
    crowd.announce(*[server(index) for index in range(8)])
    picks = 4000
    async with ServerFinder(crowd, registry, KIND, config=FinderConfig(**FAST)) as finder:
        assert await until(lambda: len(finder.servers) == 8, 20.0)
        counts = Counter([(await finder.pick()).node_id for _ in range(picks)])
    expected = picks / 8
    chi_square = sum((count - expected) ** 2 / expected for count in counts.values())
    assert len(counts) == 8
    assert chi_square < 45  # 7 degrees of freedom: exceeded once in seven million fair runs


async def test_the_first_to_answer_is_not_always_the_one():
    crowd, registry = Crowd(), YesMan()
    finder = ServerFinder(crowd, registry, KIND, config=FinderConfig(settle_s=1.0))
    async with finder:
        crowd.announce(server(0))
        picking = asyncio.create_task(finder.pick())
        assert await until(lambda: finder.servers, 20.0)
        crowd.announce(*[server(index) for index in range(1, 30)])
        await picking
    assert len(registry.asked[-1][1]) == 30


async def test_a_short_deadline_is_not_spent_on_waiting_for_others(world):
    await world.enlist(1)
    world.crowd.announce(server(1))
    async with world.finder(settle_s=60.0) as finder:
        assert await until(lambda: finder.servers, 20.0)
        assert (await finder.pick(timeout=4.0)).node_id == key(1).node_id


async def test_pick_waits_for_a_server_to_come(world):
    await world.enlist(1)
    async with world.finder() as finder:
        picking = asyncio.create_task(finder.pick())
        world.crowd.announce(server(2))
        await asyncio.sleep(0.1)
        assert not picking.done()
        world.crowd.announce(server(1))
        picked = await picking
    assert (picked.record, picked.provider_id, picked.own) == (server(1), 1, False)
    assert picked.verdict.trusted


async def test_nothing_trusted_says_what_was_seen(world):
    await world.enlist(1, 2)
    await world.registry.remove_servers(KIND, [key(2).node_id])
    world.crowd.announce(*[server(index) for index in range(1, 6)])
    async with world.finder(7) as finder:
        assert await until(lambda: finder.account().startswith("5 candidates: 5 untr"), 20.0)
        with pytest.raises(NothingTrusted) as failure:
            await finder.pick(timeout=0.3)
    assert str(failure.value) == (
        "no trusted whisper.mailserver in 0.3 s: 5 candidates: "
        "5 untrusted (3 not-listed, 1 provider-not-trusted, 1 removed)"
    )


async def test_nothing_seen_says_so(world):
    async with world.finder() as finder:
        with pytest.raises(NothingTrusted, match=r"in 0.05 s: no candidate$"):
            await finder.pick(timeout=0.05)


async def test_the_default_deadline_is_in_the_settings(world):
    async with world.finder(pick_timeout_s=0.1) as finder:
        with pytest.raises(NothingTrusted, match=r"in 0\.1 s"):
            await finder.pick()


# ---- unknown, revoked


async def test_unknown_is_never_picked_and_is_asked_for_again(world):
    await world.enlist(1)
    world.crowd.announce(server(1))
    world.line.error = "unreachable"
    async with world.finder() as finder:
        assert await until(lambda: "unknown" in finder.account(), 20.0)
        with pytest.raises(NothingTrusted, match=r"1 unknown \(1 unreachable: the line is cut\)"):
            await finder.pick(timeout=0.3)
        picking = asyncio.create_task(finder.pick())
        await asyncio.sleep(0.1)
        assert not picking.done()
        world.line.error = None
        assert (await picking).node_id == key(1).node_id


async def test_what_was_trusted_is_not_picked_while_the_registry_is_down(world):
    await world.enlist(1)
    world.crowd.announce(server(1))
    async with world.finder() as finder:
        await finder.pick()
        world.line.error = "unreachable"
        with pytest.raises(NothingTrusted, match="1 unknown"):
            await finder.pick(timeout=1.0)
        world.line.error = None
        await finder.pick()


async def test_a_registry_that_is_silent_confirms_nobody(world):
    await world.enlist(1)
    world.crowd.announce(server(1))
    async with world.finder() as finder:
        await finder.pick()
        world.line.silent = True
        with pytest.raises(NothingTrusted, match="did not confirm in time"):
            await finder.pick(timeout=0.2)


async def test_who_is_revoked_between_find_and_pick_is_refused(world):
    await world.enlist(1)
    world.crowd.announce(server(1))
    revoked, verdicts = [], []
    async with world.finder() as finder:
        finder.on_revoked(lambda server, _: revoked.append(server))
        finder.on_verdict(lambda record, verdict: verdicts.append((record, verdict.outcome)))
        assert await until(lambda: finder.servers, 20.0)
        await world.registry.suspend_provider(1)
        with pytest.raises(NothingTrusted, match="provider-suspended"):
            await finder.pick(timeout=1.0)
        assert [gone.record for gone in revoked] == [server(1)]
        assert verdicts == [(server(1), Outcome.TRUSTED), (server(1), Outcome.UNTRUSTED)]
        await world.registry.activate_provider(1)
        await finder._verify([key(1).node_id])
        assert (await finder.pick()).record == server(1)
    assert len(revoked) == 1


async def test_a_revocation_during_an_outage_is_told_after_it(world):
    await world.enlist(1)
    world.crowd.announce(server(1))
    revoked = []
    async with world.finder(recheck_interval_s=0.05) as finder:
        finder.on_revoked(lambda server, _: revoked.append(server))
        assert await until(lambda: finder.servers, 20.0)
        world.line.error = "unreachable"
        assert await until(lambda: "unknown" in finder.account(), 20.0)
        assert revoked == []
        world.line.error = None
        await world.registry.remove_servers(KIND, [key(1).node_id])
        assert await until(lambda: revoked, 20.0)


async def test_verdicts_are_drawn_again_in_time(world):
    world.crowd.announce(server(1))
    async with world.finder(recheck_interval_s=0.05) as finder:
        assert await until(lambda: "untrusted" in finder.account(), 20.0)
        await world.enlist(1)
        assert (await finder.pick()).node_id == key(1).node_id


# ---- the user's own


async def test_own_servers_are_allowed_and_marked(world):
    async with world.finder(own=[server(1), server(2).text]) as finder:
        picked = {(await finder.pick()).node_id for _ in range(40)}
        assert picked == {key(1).node_id, key(2).node_id}
        assert all(one.own and one.provider_id is None for one in finder.servers)


@pytest.mark.parametrize("trouble", ["cut", "silent"])
async def test_own_servers_need_no_registry(world, trouble):
    await world.enlist(1)
    world.crowd.announce(server(1))
    async with world.finder(own=[server(2)]) as finder:
        assert await until(lambda: len(finder.servers) == 2, 20.0)
        world.line.error = "unreachable" if trouble == "cut" else None
        world.line.silent = trouble == "silent"
        picked = await finder.pick(timeout=0.3)
        assert (picked.record, picked.own) == (server(2), True)


async def test_an_own_server_known_by_id_alone_is_found_and_kept_out_of_batches(world):
    policy = TrustPolicy().with_own_servers([key(1).node_id])
    world.line.silent = True
    world.crowd.announce(server(3), server(1))
    finder = ServerFinder(
        world.crowd, world.registry, KIND, policy, config=FinderConfig(settle_s=0.01)
    )
    async with finder:
        picked = await finder.pick(timeout=20.0)
    assert (picked.record, picked.own) == (server(1), True)


async def test_more_own_servers_than_a_batch_holds(world):
    records = [server(index) for index in range(40)]
    async with world.finder(own=records, batch_count_max=8) as finder:
        assert await until(lambda: len(finder.servers) == 40, 20.0)


# ---- async for, and several at once


async def test_async_for_yields_each_trusted_server_once(world):
    await world.enlist(1, 2, 3)
    world.crowd.announce(server(1), server(9), server(2))
    seen = []
    async with world.finder(recheck_interval_s=0.05) as finder:
        async with asyncio.timeout(20):
            async for found in finder:
                seen.append(found.node_id)
                if len(seen) == 2:
                    world.crowd.announce(server(3))
                if len(seen) == 3:
                    break
    assert set(seen) == {key(index).node_id for index in (1, 2, 3)}


async def test_two_consumers_at_once_both_get_all(world):
    await world.enlist(*range(1, 6))

    async def take(finder):
        taken = []
        async for found in finder:
            taken.append(found.node_id)
            if len(taken) == 5:
                return set(taken)

    async with world.finder() as finder, asyncio.timeout(20):
        taking = [asyncio.create_task(take(finder)) for _ in range(2)]
        picking = [asyncio.create_task(finder.pick()) for _ in range(3)]
        for index in range(1, 6):
            await asyncio.sleep(0.03)
            world.crowd.announce(server(index))
        everyone = {key(index).node_id for index in range(1, 6)}
        assert await asyncio.gather(*taking) == [everyone, everyone]
        assert {(await pick).node_id for pick in picking} <= everyone


async def test_a_newer_record_of_a_trusted_server_is_used(world):
    await world.enlist(1)
    world.crowd.announce(server(1, seq=5))
    async with world.finder() as finder:
        await finder.pick()
        world.crowd.announce(server(1, seq=4, port=4), server(1, seq=6, port=6))
        assert await until(lambda: finder.servers[0].record.seq == 6, 20.0)
        assert (await finder.pick()).record.udp == 6


async def test_impostors_do_not_push_out_a_trusted_server(world):
    await world.enlist(1)
    world.crowd.announce(server(1), *[server(index) for index in range(100, 600)])
    async with world.finder(candidate_count_max=20, batch_count_max=8) as finder:
        assert await until(lambda: finder.account().startswith("501 candidates"), 20.0)
        assert (await finder.pick()).record == server(1)
        assert len(finder._candidates) == 20


def test_what_cannot_be_is_refused_at_once():
    with pytest.raises(ConfigError, match="printable ASCII"):
        ServerFinder(Crowd(), YesMan(), "two words")
    with pytest.raises(ConfigError, match="provider id"):
        ServerFinder(Crowd(), YesMan(), KIND, [0])
    with pytest.raises(ConfigError, match="batch_count_max"):
        FinderConfig(batch_count_max=0)
