"""Peers that are slow, many, silent or false, and a good one beside them."""

import asyncio
import random
import socket
from contextlib import suppress

import pytest

from tests.links import ECHO, RawPeer, parties
from waypost.config import HostConfig, RlpxConfig
from waypost.net.run import until
from waypost.rlpx.basics import Reason
from waypost.rlpx.connection import Disconnected

FAST = RlpxConfig(handshake_timeout_s=1.0)


@pytest.fixture
async def join():
    async with parties() as join:
        yield join


async def counted(host, name, count):
    """Until so many were refused for it."""
    assert await until(lambda: host.refusals[name] == count, 20.0)


async def test_connections_from_one_address_are_bounded(join):
    host = await join(config=HostConfig(address_count_max=2))
    peers = [await (await RawPeer().connect(host)).greet() for _ in range(2)]
    third = await RawPeer().connect(host)
    assert await third.end() is None  # closed without a word
    assert host.host.refusals == {"address": 1}
    await (await RawPeer().connect(host, "127.0.0.2")).greet()
    await host.talker.until(lambda: len(host.talker.links) == 3)
    peers[0].socket.close()
    await host.talker.until(lambda: host.talker.ends)
    assert host.talker.ends[0][1] == Disconnected(None, by_peer=True)
    fourth = await (await RawPeer().connect(host)).greet()
    assert fourth.machine.peer is not None


async def test_handshakes_at_once_are_bounded(join):
    config = HostConfig(pending_count_max=3, address_pending_count_max=2)
    host = await join(config=config)
    waiting = [await RawPeer().connect(host) for _ in range(2)]
    assert await (await RawPeer().connect(host)).end() is None
    assert host.host.refusals == {"address-pending": 1}
    await RawPeer().connect(host, "127.0.0.2")
    assert await (await RawPeer().connect(host, "127.0.0.3")).end() is None
    assert host.host.refusals == {"address-pending": 1, "pending": 1}
    await waiting[0].greet()
    await host.talker.until(lambda: host.talker.links)
    await (await RawPeer().connect(host, "127.0.0.3")).greet()


async def test_connections_in_an_interval_are_bounded(join):
    host = await join(config=HostConfig(address_interval_count_max=2))
    for _ in range(2):
        (await RawPeer().connect(host)).socket.close()
    await counted(host.host, "handshake-truncated", 2)
    assert await (await RawPeer().connect(host)).end() is None
    assert host.host.refusals["address-rate"] == 1


async def test_a_handshake_that_is_late(join):
    host = await join(config=HostConfig(rlpx=FAST))
    silent, greedy = await RawPeer().connect(host), await RawPeer().connect(host, "127.0.0.2")
    await greedy.send()  # the auth, and no Hello
    assert await silent.end() is None
    assert await greedy.end() == Disconnected(Reason.PING_TIMEOUT, by_peer=True)
    assert host.host.refusals == {"handshake-timeout": 2}


async def test_a_replayed_handshake_gets_nowhere(join):
    host = await join()
    peer = await RawPeer().connect(host)
    auth = peer.machine.drain_output()
    await peer.send(auth)
    while peer.machine.peer is None:
        await peer.read()
    hello = peer.machine.drain_output()
    await peer.send(hello)
    await host.talker.until(lambda: host.talker.links)
    peer.socket.close()
    await host.talker.until(lambda: host.talker.ends)
    replay = await RawPeer().connect(host, "127.0.0.2")
    await replay.send(auth + hello)
    await counted(host.host, "header-mac", 1)
    assert len(host.talker.links) == 1


@pytest.mark.parametrize(("said", "refusal"), [
    (bytes(400), "handshake-size"),
    (b"\xff\xff" + bytes(400), "handshake-size"),
    (b"\x01\x90" + bytes(400), "handshake-mac"),
])  # fmt: skip
async def test_what_is_no_handshake_is_closed_at_once(join, said, refusal):
    host = await join()
    peer = await RawPeer().connect(host)
    await peer.send(said)
    assert await peer.end() is None
    assert host.host.refusals == {refusal: 1}


async def test_a_peer_that_does_not_hang_up_is_cut_off(join):
    host = await join()
    peer = await (await RawPeer().connect(host)).greet()
    await host.talker.until(lambda: host.talker.links)
    host.talker.links[0].disconnect()
    assert await peer.end() == Disconnected(Reason.REQUESTED, by_peer=True)  # the socket, too
    async with asyncio.timeout(20.0):
        await host.host.close()


async def test_a_peer_that_does_not_read_is_cut_off(join):
    host = await join(config=HostConfig(write_timeout_s=0.2))
    await (await RawPeer().connect(host)).greet()
    await host.talker.until(lambda: host.talker.links)
    [link] = host.talker.links
    async with asyncio.timeout(20.0):
        while await link.writable():
            link.send("shh", 0, noise(1 << 16))
    assert await link.wait_closed() == Disconnected(1, by_peer=False, refusal="not-reading")
    assert host.host.refusals == {"not-reading": 1}


async def test_what_waits_for_a_peer_is_bounded(join):
    config = HostConfig(rlpx=RlpxConfig(output_size_max_b=1 << 21))
    host = await join(config=config)
    await (await RawPeer().connect(host)).greet()
    await host.talker.until(lambda: host.talker.links)
    [link] = host.talker.links
    largest = 0
    while not link.closed:
        link.send("shh", 0, noise(1 << 16))
        await asyncio.sleep(0)
        largest = max(largest, link.output_size_b)
    assert largest < (1 << 21) + 2 * config.output_high_b
    assert host.host.refusals == {"output": 1}


class Crowd:
    """Slow peers: of 30, 10 write a handshake by the byte, 10 a message, and 10 read by the byte.

    A second of theirs is a twentieth of one, and so are the timeouts that they run into, but for
    the handshake's: they come in dozens at once.
    """

    SCALE = 20.0
    CONFIG = HostConfig(
        rlpx=RlpxConfig(
            handshake_timeout_s=1.0, ping_interval_s=15 / SCALE, silence_timeout_s=30 / SCALE
        ),
        write_timeout_s=20 / SCALE,
        address_count_max=1000,
        address_pending_count_max=1000,
        address_interval_count_max=10_000,
    )

    def __init__(self):
        self.gate = asyncio.Semaphore(12)

    async def run(self, host, count):
        """Until it is cancelled."""
        ways = [self.writes_its_handshake, self.writes_a_message, self.reads]
        await asyncio.gather(*(ways[number % 3](host, number) for number in range(count)))

    async def writes_its_handshake(self, host, number):
        peer = await RawPeer().connect(host, f"127.0.1.{number % 250 + 1}")
        await self.write_slowly(peer, peer.machine.drain_output())

    async def writes_a_message(self, host, number):
        peer = await self.greeted(RawPeer(), host, f"127.0.2.{number % 250 + 1}")
        peer.machine.send("shh", ECHO, noise(1 << 12))
        await self.write_slowly(peer, peer.machine.drain_output())

    async def reads(self, host, number):
        peer = RawPeer()
        peer.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        await self.greeted(peer, host, f"127.0.3.{number % 250 + 1}")
        for _ in range(64):  # asks for a lot
            peer.machine.send("shh", ECHO, noise(1 << 13))
        with suppress(ConnectionError):
            await peer.send()
        byte = await peer.read(1)
        while byte:
            await asyncio.sleep(1 / self.SCALE)
            byte = await peer.read(1)

    async def greeted(self, peer, host, address):
        async with self.gate:
            return await (await peer.connect(host, address)).greet()

    async def write_slowly(self, peer, data):
        with suppress(ConnectionError):
            for byte in data:
                await peer.send(bytes([byte]))
                await asyncio.sleep(1 / self.SCALE)


async def turns_of(work):
    """The turns of the loop that it takes: of these a busy machine needs no more than others."""
    task, turns = asyncio.create_task(work), 0
    while not task.done():
        await asyncio.sleep(0)
        turns += 1
    await task
    return turns


async def test_slow_peers_do_not_delay_a_good_one(join):
    """500 of them; a round trip of the good one still takes a few turns."""
    host, good = await join(config=Crowd.CONFIG), await join()
    [listener] = host.host._server.sockets
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 14)  # else megabytes for each
    link = await good.dial(host)
    crowd = asyncio.create_task(Crowd().run(host, 500))
    refusals, turns = host.host.refusals, []
    while refusals.total() < 500:
        turns.append(await turns_of(good.talker.round_trip(link)))
        await asyncio.sleep(0.01)
    crowd.cancel()
    assert set(refusals) == {"handshake-timeout", "silence", "not-reading"}
    assert min(refusals.values()) > 100
    assert max(turns) < 20
    assert list(host.host.links.values()) == [host.talker.links[0]]


def noise(size):
    """What does not compress."""
    return random.Random(size).randbytes(size)
