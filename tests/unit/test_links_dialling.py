"""Dials of RLPx: shared, refused, and why one fails."""

import asyncio
import socket

import pytest

from tests.links import SHH, RawPeer, Talker, parties
from waypost.config import HostConfig, RlpxConfig
from waypost.errors import ConfigError, LinkError
from waypost.keys import PrivateKey
from waypost.net.rlpx.channel import Channel
from waypost.net.rlpx.host import RlpxHost
from waypost.rlpx.basics import Reason
from waypost.rlpx.capabilities import Capability
from waypost.rlpx.connection import Disconnected

HASTY = HostConfig(rlpx=RlpxConfig(handshake_timeout_s=0.2), dial_timeout_s=0.2)


@pytest.fixture
async def join():
    async with parties() as join:
        yield join


async def test_callers_share_a_dial_and_the_link(join):
    one, other = await join(), await join()
    first, *others = await asyncio.gather(*(one.dial(other) for _ in range(20)))
    assert all(link is first for link in others)
    assert await one.dial(other) is first
    assert await one.host.dial(other.key.public_key, "127.0.0.1", other.host.port) is first
    back = await other.dial(one)  # the link is there, in the other direction
    assert back.inbound
    assert (len(one.talker.links), len(other.talker.links)) == (1, 1)
    assert not one.host.refusals | other.host.refusals


async def test_a_caller_that_goes_away_takes_the_dial_from_no_one(join):
    one, other = await join(), await join()
    calls = [asyncio.create_task(one.dial(other)) for _ in range(2)]
    await asyncio.sleep(0)
    calls[0].cancel()
    assert (await calls[1]).node_id == other.key.node_id
    assert calls[0].cancelled()


async def test_nobody_is_there(join):
    one = await join()
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        key, port = PrivateKey.generate().public_key, deaf.getsockname()[1]
        for host in ("127.0.0.1", "name.invalid", "\0", "a" * 300):
            with pytest.raises(LinkError, match="unreachable") as raised:
                await one.host.dial(key, host, port)
            assert raised.value.reason == "unreachable"


async def test_a_peer_that_says_nothing(join):
    one = await join(config=HASTY)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(1)
        with pytest.raises(LinkError, match="does not finish the handshake") as raised:
            await one.host.dial(PrivateKey.generate().public_key, *silent.getsockname())
    assert raised.value.reason == "timeout"
    assert one.host.refusals == {"handshake-timeout": 1}


async def test_a_peer_that_is_gone_when_it_is_reached(join, monkeypatch):
    """The system knows no more whom the socket was connected with."""
    made = Channel.connection_made

    def nameless(channel, transport):
        monkeypatch.setattr(transport, "get_extra_info", lambda name: None)
        made(channel, transport)

    one, other = await join(), await join()
    monkeypatch.setattr(Channel, "connection_made", nameless)
    async with asyncio.timeout(20):
        with pytest.raises(LinkError, match="hung up in the handshake") as raised:
            await one.dial(other)
    assert raised.value.reason == "refused"


async def test_a_network_that_says_nothing(join):
    one = await join(config=HASTY)
    with socket.socket() as full, socket.socket() as filler:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        filler.setblocking(False)
        filler.connect_ex(full.getsockname())  # the system takes no more than this
        with pytest.raises(LinkError, match="takes no connection") as raised:
            await one.host.dial(PrivateKey.generate().public_key, *full.getsockname())
    assert raised.value.reason == "timeout"


async def test_another_key_at_the_address(join):
    one, other = await join(), await join()
    with pytest.raises(LinkError, match="it has another key") as raised:
        await one.host.dial(PrivateKey.generate().public_key, "127.0.0.1", other.host.port)
    assert raised.value.reason == "refused"  # it cannot say more: it could not read us
    assert other.host.refusals == {"handshake-mac": 1}


async def test_nothing_is_shared(join):
    one, other = await join(), await join(Talker(Capability("bzz", 1, 4)))
    with pytest.raises(LinkError, match="no protocol of ours") as raised:
        await one.dial(other)
    assert raised.value.reason == "nothing-shared"
    assert dict(one.host.links) == dict(other.host.links) == {}


async def test_a_peer_with_enough_links_says_so_before_its_hello(join):
    full = await join(config=HostConfig(link_count_max=1, inbound_count_max=1))
    first, second = await join(), await join()
    link = await first.dial(full)
    with pytest.raises(LinkError, match="says: too many peers") as raised:
        await second.dial(full)
    assert raised.value.reason == "refused"
    assert full.host.refusals == {"too-many-peers": 1}
    with pytest.raises(LinkError, match="link_count_max") as raised:
        await full.dial(second)
    assert raised.value.reason == "too-many"
    link.disconnect()
    await full.talker.until(lambda: full.talker.ends)
    await full.dial(second)


async def test_places_are_kept_for_those_we_dial(join):
    host = await join(config=HostConfig(link_count_max=2, inbound_count_max=1))
    first, second = await join(), await join()
    await first.dial(host)
    with pytest.raises(LinkError, match="too many peers"):
        await second.dial(host)
    assert not (await host.dial(second)).inbound


async def test_dials_at_once_are_bounded(join):
    one, other = await join(config=HostConfig(dial_count_max=1)), await join()
    running = asyncio.create_task(one.dial(other))
    await asyncio.sleep(0)
    with pytest.raises(LinkError, match="dial_count_max"):
        await one.host.dial(PrivateKey.generate().public_key, "127.0.0.1", 1)
    await running


async def test_closing_the_host_ends_a_dial(join):
    one = await join()
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(1)
        key = PrivateKey.generate().public_key
        running = asyncio.create_task(one.host.dial(key, *silent.getsockname()))
        accepted, _ = await asyncio.get_running_loop().run_in_executor(None, silent.accept)
        with accepted:
            await one.host.close()
            with pytest.raises(LinkError, match="closed"):
                await running


async def test_a_caller_and_its_dial_cancelled_at_once(join):
    """As at the end of a loop: who is cancelled must not hear of a mere LinkError, and go on."""
    one = await join()
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(1)
        key = PrivateKey.generate().public_key
        before = asyncio.all_tasks()
        caller = asyncio.create_task(one.host.dial(key, *silent.getsockname()))
        await asyncio.sleep(0)
        for task in asyncio.all_tasks() - before - {caller}:
            task.cancel()
        await asyncio.sleep(0)
        caller.cancel()
        await asyncio.wait({caller}, timeout=20)
        assert caller.cancelled()


async def test_a_peer_that_dials_us_while_we_cannot_reach_it(join):
    one, other = await join(config=HostConfig(dial_timeout_s=2.0)), await join()
    with socket.socket() as full, socket.socket() as filler:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        filler.setblocking(False)
        filler.connect_ex(full.getsockname())  # the system takes no more than this
        ours = asyncio.create_task(one.host.dial(other.point, *full.getsockname()))
        await asyncio.sleep(0)
        await other.dial(one)
        assert (await ours).inbound


async def test_what_cannot_be_dialled_raises(join):
    one = await join()
    with pytest.raises(LinkError, match="own key") as raised:
        await one.dial(one)
    assert raised.value.reason == "self"
    for key in (b"", bytes(64), b"\x05" + bytes(32), bytes(65)):
        with pytest.raises(ConfigError, match="point"):
            await one.host.dial(key, "127.0.0.1", 30303)
    for port in (0, -1, 65536):
        with pytest.raises(ConfigError, match="port"):
            await one.host.dial(one.point, "127.0.0.1", port)
    for talkers in ((Talker(), Talker()), (Talker(Capability("a", 1, 1)),) * 2):
        with pytest.raises(ConfigError, match="twice"):
            RlpxHost(one.key, talkers)
    with pytest.raises(ConfigError, match="endpoint"):
        RlpxHost(one.key, [Talker()], listen="here")


async def test_the_first_of_two_connections_to_a_node_stays(join):
    host = await join()
    key = PrivateKey.generate()
    first = await (await RawPeer(key).connect(host)).greet()
    await host.talker.until(lambda: host.talker.links)
    second = await (await RawPeer(key).connect(host)).greet()
    assert await second.end() == Disconnected(Reason.ALREADY_CONNECTED, by_peer=True)
    assert host.host.refusals == {"already-connected": 1}
    [link] = host.host.links.values()
    await first.send()
    assert not link.closed


async def test_two_handshakes_of_a_node_at_once_make_one_link(join):
    host = await join()
    key = PrivateKey.generate()
    peers = [await RawPeer(key).connect(host) for _ in range(2)]
    for peer in peers:  # both are past the first question: is it wanted?
        await peer.send()
        while peer.machine.peer is None:
            await peer.read()
    for peer in peers:
        await peer.send()
    assert await peers[1].end() == Disconnected(Reason.ALREADY_CONNECTED, by_peer=True)
    assert len(host.talker.links) == 1
    assert host.host.refusals == {"already-connected": 1}


@pytest.mark.parametrize("attempt", range(10))
async def test_dials_that_cross_leave_one_link(join, attempt):
    one, other = await join(), await join()
    ours, theirs = await asyncio.gather(one.dial(other), other.dial(one))
    assert (ours.node_id, theirs.node_id) == (other.key.node_id, one.key.node_id)
    for party in (one, other):
        settled = party.talker
        await settled.until(lambda: len(settled.links) == len(settled.ends) + 1)  # noqa: B023
    [link], [back] = one.host.links.values(), other.host.links.values()
    assert link.inbound != back.inbound
    await one.talker.round_trip(link)


async def test_crossing_dials_are_settled_by_node_id_at_both_ends(join):
    """The host's dial is open; the peer's own comes through a moment later."""
    host = await join()
    keys = iter(PrivateKey.generate, None)
    lower = next(key for key in keys if key.node_id < host.key.node_id)
    higher = next(key for key in keys if key.node_id > host.key.node_id)
    for key in (lower, higher):
        peer = await join(key=key)
        mine = await host.dial(peer)
        crossing = await (await RawPeer(key).connect(host)).greet()
        if key is lower:
            assert await mine.wait_closed() == Disconnected(Reason.ALREADY_CONNECTED, False)
            assert host.host.links[key.node_id].inbound
        else:
            assert await crossing.end() == Disconnected(Reason.ALREADY_CONNECTED, True)
            assert host.host.links[key.node_id] is mine
    assert SHH in mine.capabilities
