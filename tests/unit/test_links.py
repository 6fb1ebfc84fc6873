"""RLPx hosts over loopback: what their users see, and how links end."""

import asyncio
import random

import pytest

from tests.links import ECHO, SHH, RawPeer, Talker, parties
from waypost.config import HostConfig, RlpxConfig
from waypost.errors import ConfigError, LinkError, NodeError
from waypost.net.run import until
from waypost.rlpx.basics import Reason
from waypost.rlpx.capabilities import Capability
from waypost.rlpx.connection import Disconnected


@pytest.fixture
async def join():
    async with parties() as join:
        yield join


async def test_two_hosts_talk(join):
    one, other = await join(), await join()
    link = await one.dial(other)
    await other.talker.until(lambda: other.talker.links)
    [back] = other.talker.links
    assert (link.point, back.point) == (other.point, one.point)
    assert (link.node_id, back.node_id) == (other.key.node_id, one.key.node_id)
    assert (link.inbound, back.inbound) == (False, True)
    assert (link.host, link.port) == ("127.0.0.1", other.host.port)
    assert link.hello.client_id == b"waypost"
    assert link.hello.listen_port == other.host.port
    assert link.capabilities == (SHH,)
    assert dict(one.host.links) == {other.key.node_id: link}
    assert dict(other.host.links) == {one.key.node_id: back}
    await one.talker.round_trip(link, b"\xc1\x05")
    await other.talker.until(lambda: other.talker.received_from)
    assert other.talker.received_from.popleft() == (back, ECHO, b"\xc1\x05")
    await other.talker.round_trip(back)
    assert not one.host.refusals | other.host.refusals


async def test_the_end_is_told_to_both_with_its_reason(join):
    one, other = await join(), await join()
    link = await one.dial(other)
    link.send("shh", 3, b"\xc0")
    link.disconnect(Reason.USELESS_PEER)
    link.send("shh", 4, b"\xc0")
    assert link.closed
    assert one.talker.ends == []
    why = Disconnected(Reason.USELESS_PEER, by_peer=False)
    assert await link.wait_closed() == why
    assert await link.wait_closed() == why
    assert one.talker.ends == [(link, why)]
    assert dict(one.host.links) == {}
    await other.talker.until(lambda: other.talker.ends)
    [(back, told)] = other.talker.ends
    assert told == Disconnected(Reason.USELESS_PEER, by_peer=True)
    assert [code for _, code, _ in other.talker.received_from] == [3]
    assert not await back.writable()
    assert dict(other.host.links) == {}


async def test_closing_says_quitting_and_waits_for_no_one_long(join):
    one, other = await join(), await join()
    link = await one.dial(other)
    async with asyncio.timeout(20.0):
        await other.host.close()
        assert await link.wait_closed() == Disconnected(Reason.QUITTING, by_peer=True)
    with pytest.raises(LinkError, match="unreachable"):
        await one.dial(other)
    with pytest.raises(LinkError, match="closed"):
        await other.dial(one)
    await other.host.close()


async def test_a_host_that_stops_listening_keeps_its_links(join):
    host, guest = await join(), await join()
    link = await guest.dial(host)
    arriving = await RawPeer().connect(host)  # the system has let it in, maybe the host has, too
    host.host.stop_listening()
    host.host.stop_listening()
    assert await arriving.end() is None
    with pytest.raises(LinkError, match="unreachable"):
        await (await join()).dial(host)
    await guest.talker.round_trip(link)
    assert not (await host.dial(await join())).inbound
    assert not host.host.refusals


async def test_messages_of_16_mib_both_ways(join):
    one, other = await join(), await join()
    link = await one.dial(other)
    for payload in (noise((1 << 24) - (1 << 12)), bytes((1 << 24) - 1)):
        await one.talker.round_trip(link, payload)
    with pytest.raises(ConfigError, match="at most"):
        link.send("shh", 0, bytes(1 << 24))


async def test_a_writer_goes_no_faster_than_its_reader(join):
    one, other = await join(), await join()
    link = await one.dial(other)
    await other.talker.until(lambda: other.talker.links)
    [back] = other.talker.links
    back.pause()
    back.pause()
    sent, largest = 0, 0

    async def write():
        nonlocal sent, largest
        while await link.writable():
            link.send("shh", 0, noise(1 << 16))
            sent, largest = sent + 1, max(largest, link.output_size_b)

    writing = asyncio.create_task(write())
    done, _ = await asyncio.wait({writing}, timeout=0.3)  # the system's buffers are full
    assert not done
    stuck_at = sent
    assert largest < one.host.config.output_high_b + (1 << 17)
    assert not other.talker.received_from
    back.resume()
    await other.talker.until(lambda: len(other.talker.received_from) > 2 * stuck_at)
    link.disconnect()
    await writing
    await other.talker.until(lambda: other.talker.ends)
    received = len(other.talker.received_from)
    assert received <= sent
    assert all(each == (back, 0, noise(1 << 16)) for each in other.talker.received_from)


async def test_a_pause_is_not_silence(join):
    """The one that pauses says that it is there, and does not take the other's silence ill."""
    hasty = RlpxConfig(ping_interval_s=0.05, silence_timeout_s=1.0)
    one, other = (
        await join(config=HostConfig(rlpx=hasty)),
        await join(config=HostConfig(rlpx=hasty)),
    )
    link = await one.dial(other)
    link.pause()
    ended, _ = await asyncio.wait({asyncio.ensure_future(link.wait_closed())}, timeout=1.5)
    assert not ended
    assert not other.talker.ends
    link.resume()
    await one.talker.round_trip(link)
    assert not one.host.refusals | other.host.refusals


async def test_a_pause_does_not_hide_the_end(join):
    one, other = await join(), await join()
    link = await one.dial(other)
    link.pause()
    link.disconnect()
    assert await link.wait_closed() == Disconnected(Reason.REQUESTED, by_peer=False)
    link.resume()
    link.pause()
    await asyncio.wait_for(one.host.close(), 20.0)


async def test_a_subprotocol_that_fails_costs_one_link(join, caplog):
    one, other, good = await join(), await join(), await join()

    def fail(link, code, payload):
        if code == 9:
            raise LookupError("of the subprotocol")

    one.talker.on_message = fail
    bad_link, good_link = await other.dial(one), await good.dial(one)
    for code in (8, 9, 10):
        bad_link.send("shh", code, b"\xc0")
    assert await bad_link.wait_closed() == Disconnected(Reason.SUBPROTOCOL, by_peer=True)
    await one.talker.until(lambda: one.talker.ends)
    assert one.talker.ends[0][1] == Disconnected(Reason.SUBPROTOCOL, by_peer=False)
    assert [code for _, code, _ in one.talker.received_from] == [8]
    assert one.host.refusals == {"subprotocol-error": 1}
    assert "LookupError: of the subprotocol" in caplog.text
    await good.talker.round_trip(good_link)


@pytest.mark.parametrize("failing", ["connected", "disconnected"])
async def test_a_subprotocol_that_fails_at_either_end_of_a_link(join, failing, monkeypatch):
    one, other = await join(), await join()

    def fail(*arguments):
        raise LookupError

    monkeypatch.setattr(one.talker, failing, fail)
    link = await other.dial(one)
    if failing == "disconnected":
        await one.dial(other)
        link.disconnect()
    await link.wait_closed()
    assert await until(lambda: one.host.refusals == {"subprotocol-error": 1}, 20.0)
    assert await until(lambda: not one.host.links, 20.0)


async def test_messages_go_to_who_speaks_their_protocol(join):
    other_kind = Capability("bzz", 1, 4)
    talkers = Talker(), Talker(other_kind)
    one, both, other = await join(), await join(*talkers), await join(Talker(other_kind))
    await one.dial(both)
    link = await other.dial(both)
    await other.talker.round_trip(link)
    assert [len(talker.links) for talker in talkers] == [1, 1]
    assert [len(talker.received_from) for talker in talkers] == [0, 1]
    with pytest.raises(ConfigError, match="no message"):
        link.send("shh", ECHO, b"")


async def test_hundreds_of_links(join):
    many = HostConfig(address_count_max=300, address_interval_count_max=300)
    hub, others = await join(config=many), [await join(listen=None) for _ in range(200)]
    gate = asyncio.Semaphore(8)

    async def come_and_talk(party):
        async with gate:
            link = await party.dial(hub)
        for _ in range(5):
            await party.talker.round_trip(link, b"\xc2\x01\x02")

    await asyncio.gather(*(come_and_talk(party) for party in others))
    assert len(hub.host.links) == len(others)
    assert len(hub.talker.received_from) == 5 * len(others)
    assert {link.hello.listen_port for link in hub.talker.links} == {0}
    await hub.host.close()
    for party in others:
        await party.talker.until(lambda talker=party.talker: talker.ends)
        assert party.talker.ends[0][1] == Disconnected(Reason.QUITTING, by_peer=True)


async def test_where_a_host_listens(join):
    one = await join()
    with pytest.raises(NodeError, match=r"TCP 127.0.0.1:\d+ is in use"):
        await join(listen=f"127.0.0.1:{one.host.port}")
    silent = await join(listen=None)
    assert silent.host.port is None


def noise(size):
    """What does not compress."""
    return random.Random(size).randbytes(size)
