"""RLPx hosts over loopback: what their users see, and how links end."""

import asyncio

import pytest

from tests.links import ECHO, SHH, parties
from waypost.errors import LinkError
from waypost.rlpx.basics import Reason
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
    async with asyncio.timeout(1.0):  # the peer hangs up: there is nothing to linger for
        await other.host.close()
        assert await link.wait_closed() == Disconnected(Reason.QUITTING, by_peer=True)
    with pytest.raises(LinkError, match="unreachable"):
        await one.dial(other)
    with pytest.raises(LinkError, match="closed"):
        await other.dial(one)
    await other.host.close()
