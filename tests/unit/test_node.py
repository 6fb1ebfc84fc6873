"""Two and more real nodes over loopback: what a user sees of them, and how they end."""

import asyncio
import gc
import socket
from contextlib import AsyncExitStack

import pytest

from waypost._ext.address import unpack
from waypost._ext.record import ENR
from waypost.config import Discv5Config, NodeConfig
from waypost.errors import ConfigError, NodeError, RecordError, RequestTimeout
from waypost.keys import PrivateKey
from waypost.net.clock import monotonic
from waypost.net.discv5 import live as live_module
from waypost.net.discv5.node import Node
from waypost.net.discv5.udp import UdpDriver

V4, V6 = "127.0.0.1:0", "[::1]:0"
PATIENT = NodeConfig(  # where no time runs out: a busy machine is slow, not wrong
    discv5=Discv5Config(
        request_timeout_s=20.0, handshake_timeout_s=20.0, challenge_lifetime_s=20.0
    )
)
HASTY = NodeConfig(  # for those who ask nobody that answers
    discv5=Discv5Config(
        request_timeout_s=0.25, handshake_timeout_s=0.25, challenge_lifetime_s=20.0
    )
)


def has_ipv6():
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


needs_ipv6 = pytest.mark.skipif(not has_ipv6(), reason="this machine has no ::1")
families = pytest.mark.parametrize(
    "listen", [V4, pytest.param(V6, marks=needs_ipv6)], ids=["ipv4", "ipv6"]
)


@pytest.fixture(params=["ring", "loop"])
def both_ways(request, monkeypatch):
    """Runs a test over recvmmsg and over the loop's own datagram path."""

    def driver(*arguments):
        return UdpDriver(*arguments, batched=request.param == "ring")

    monkeypatch.setattr(live_module, "UdpDriver", driver)


async def until(condition, timeout_s=20.0):
    end = monotonic() + timeout_s
    while not condition():
        assert monotonic() < end, "the condition did not come true in time"
        await asyncio.sleep(0.005)


def silent_record(listen=V4):
    """A record of a bound endpoint where nobody answers, and its socket."""
    deaf = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    deaf.bind(("127.0.0.1", 0))
    with PrivateKey.generate() as key:
        record = ENR.create(key, ip="127.0.0.1", udp=deaf.getsockname()[1])
    return record, deaf


@families
@pytest.mark.usefixtures("both_ways")
async def test_two_nodes_ping_find_talk_and_look_each_other_up(listen):
    async with (
        Node(listen=listen, config=PATIENT) as a,
        Node(listen=listen, bootnodes=[a.record.text], config=PATIENT) as b,
    ):
        pong = await b.ping(a.record)
        assert pong.record_seq == a.record.seq
        assert (pong.host, pong.port) == b.addresses[0]

        @a.on_talk(b"echo")
        def echo(node_id, address, payload):
            return node_id + address + payload

        answer = await b.talk(a.record.text, b"echo", b"hello")
        assert answer[:32] == b.record.node_id
        assert unpack(answer[32:50]) == b.addresses[0]
        assert answer[50:] == b"hello"
        assert await b.talk(a.record, b"unknown", b"hello") == b""

        assert await b.find_node(a.record, [0]) == [a.record]
        await until(lambda: a.table.live_count and b.table.live_count)
        assert await b.lookup(a.record.node_id) == [a.record]
        assert (await a.resolve(b.record.node_id)) == b.record
        stats = b.stats()
        assert stats["udp_in"] > 0
        assert stats["udp_out_errors"] == stats["udp_out_unroutable"] == 0


@pytest.mark.usefixtures("both_ways")
async def test_sixty_four_talks_in_flight():
    async with Node(listen=V4, config=PATIENT) as a, Node(listen=V4, config=PATIENT) as b:
        a.on_talk(b"double")(lambda node_id, address, payload: 2 * payload)
        payloads = [i.to_bytes(2, "big") for i in range(512)]
        answers = []
        for start in range(0, len(payloads), 64):
            answers += await asyncio.gather(
                *(b.talk(a.record, b"double", each) for each in payloads[start : start + 64])
            )
        assert answers == [2 * payload for payload in payloads]
        assert b.stats()["requests"] == 0


@needs_ipv6
async def test_dual_stack_node_is_reached_over_both_families():
    async with (
        Node(listen=[V4, V6], config=PATIENT) as both,
        Node(listen=V4, config=PATIENT) as four,
        Node(listen=V6, config=PATIENT) as six,
    ):
        record = both.record
        assert [address.ipv6 for address in both.addresses] == [False, True]
        assert (record.ip, record.udp) == both.addresses[0]
        assert (record.ip6, record.udp6) == both.addresses[1]
        assert (await four.ping(record)).host == "127.0.0.1"
        assert (await six.ping(record)).host == "::1"
        assert (await both.ping(six.record)).host == "::1"
        with pytest.raises(NodeError, match="no UDP endpoint that this node can reach"):
            await four.ping(six.record)


async def test_small_network_is_walked_whole():
    async with AsyncExitStack() as stack:
        first = await stack.enter_async_context(Node(listen=V4, config=PATIENT))
        others = [
            await stack.enter_async_context(
                Node(
                    listen=V4,
                    bootnodes=[first.record],
                    pairs={"test.server": b"\x01"} if i % 4 == 0 else {},
                    config=PATIENT,
                )
            )
            for i in range(12)
        ]
        walker = await stack.enter_async_context(
            Node(listen=V4, bootnodes=[first.record], config=PATIENT)
        )
        everyone = {node.record.node_id for node in (first, *others)}
        async with asyncio.timeout(60):
            found = [record.node_id async for record in walker.random_walk(limit=13)]
            servers = [record async for record in walker.random_walk("test.server", limit=3)]
        assert sorted(found) == sorted(everyone)
        assert all("test.server" in record for record in servers)
        assert {record.node_id for record in servers} == {
            node.record.node_id for node in others[::4]
        }
        resolved = await walker.resolve(others[5].record.node_id.hex())
        assert resolved == others[5].record


async def test_silent_peer_times_out_and_others_are_not_held_up():
    record, deaf = silent_record()
    with deaf:
        async with Node(listen=V4, config=PATIENT) as a, Node(listen=V4, config=PATIENT) as b:
            lost = asyncio.create_task(a.ping(record))
            await a.ping(b.record)
            assert not lost.done()
            lost.cancel()
        async with Node(listen=V4, config=HASTY) as hasty:
            with pytest.raises(RequestTimeout):
                await hasty.ping(record)
            with pytest.raises(NodeError, match="was not found"):
                await hasty.resolve(record)


async def test_cancelled_request_leaves_nothing_behind():
    record, deaf = silent_record()
    with deaf:
        async with Node(listen=V4) as node:
            for _ in range(10):
                with pytest.raises(TimeoutError):
                    await asyncio.wait_for(node.ping(record), 0.005)
            assert node.stats()["requests"] == 0
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(node.ping(record), 0.005)


@pytest.mark.usefixtures("both_ways")
async def test_close_in_flight_tells_who_waits_and_ends_the_iterators():
    record, deaf = silent_record()
    with deaf:
        node = Node(listen=V4, bootnodes=[record])
        async with node:
            asked = [asyncio.create_task(node.ping(record)) for _ in range(20)]
            asked.append(asyncio.create_task(node.lookup(bytes(32))))
            read = [asyncio.create_task(anext(node.random_walk("no.such.key")))]
            read.append(asyncio.create_task(anext(node.events())))
            await asyncio.sleep(0.01)
        for outcome in await asyncio.gather(*asked, return_exceptions=True):
            assert isinstance(outcome, NodeError)
        for outcome in await asyncio.gather(*read, return_exceptions=True):
            assert isinstance(outcome, StopAsyncIteration)
        await node.close()
        with pytest.raises(NodeError, match="is not running"):
            await node.ping(record)
        assert len(asyncio.all_tasks()) == 1
        gc.collect()


async def test_kill_of_a_peer_in_flight():
    async with Node(listen=V4, config=HASTY) as a:
        async with Node(listen=V4, config=PATIENT) as b:
            await b.ping(a.record)
            record = b.record
        results = await asyncio.gather(
            *(a.talk(record, b"x", b"y") for _ in range(30)), return_exceptions=True
        )
        assert all(isinstance(result, RequestTimeout) for result in results)


async def test_busy_node_leaves_other_tasks_their_turn():
    async with Node(listen=V4, config=PATIENT) as a, Node(listen=V4, config=PATIENT) as b:
        a.on_talk(b"echo")(lambda node_id, address, payload: payload)
        stop = False
        count = 0

        async def ask():
            nonlocal count
            while not stop:
                await b.talk(a.record, b"echo", b"1234")
                count += 1

        tasks = [asyncio.create_task(ask()) for _ in range(64)]
        turns = 0
        while count < 1000:
            await asyncio.sleep(0)
            turns += 1
        stop = True
        await asyncio.gather(*tasks)
        assert turns > 1000 / 100  # in each the loop has handled some datagrams, but no more


async def test_events_tell_of_sessions_and_are_bounded():
    async with Node(listen=V4, config=PATIENT) as a, Node(listen=V4, config=PATIENT) as b:
        events = a.events()
        await b.ping(a.record)
        async with asyncio.timeout(20):
            event = await anext(events)
        assert type(event).__name__ == "SessionEstablished"
        assert event.record.node_id == b.record.node_id


async def test_failing_talk_handler_gives_an_empty_answer():
    async with Node(listen=V4, config=PATIENT) as a, Node(listen=V4, config=PATIENT) as b:
        events = a.events()
        a.on_talk(b"fails")(lambda *_: 1 / 0)
        assert await b.talk(a.record, b"fails", b"x") == b""
        async with asyncio.timeout(20):
            async for event in events:
                if type(event).__name__ == "TalkFailed":
                    assert event.protocol == b"fails"
                    break


async def test_banned_node_is_not_served():
    async with Node(listen=V4, config=PATIENT) as a, Node(listen=V4, config=PATIENT) as b:
        await b.ping(a.record)
        a.ban(b.record)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(b.ping(a.record), 0.25)
        a.permit(b.record.text)
        await b.ping(a.record)
        a.ban("127.0.0.1")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(b.ping(a.record), 0.25)


async def test_record_names_only_known_endpoints():
    with PrivateKey.generate() as key:
        async with Node(key, pairs={"test.server": b"\x07"}) as node:
            assert node.record.node_id == key.node_id
            assert (node.record.ip, node.record.udp) == (None, None)
            assert node.record["test.server"] == b"\x07"
            first_seq = node.record.seq
            await asyncio.sleep(0.002)
        async with Node(key, external="203.0.113.5") as node:
            assert (node.record.ip, node.record.udp) == ("203.0.113.5", node.addresses[0].port)
            assert node.record.seq > first_seq
        async with Node(key, external="203.0.113.5:9") as node:
            assert (node.record.ip, node.record.udp) == ("203.0.113.5", 9)


async def test_own_key_is_wiped_and_a_given_one_is_not():
    with PrivateKey.generate() as key:
        async with Node(key):
            pass
        assert not key.secret_key.closed
    node = Node()
    async with node:
        own = node._own_key
    assert own.secret_key.closed


async def test_busy_port_is_one_line():
    async with Node(listen=V4) as a:
        with pytest.raises(NodeError, match="is in use: choose another port"):
            await Node(listen=str(a.addresses[0])).open()
    async with Node(listen=V4) as a:
        with pytest.raises(NodeError, match="is running already"):
            await a.open()


@pytest.mark.parametrize(
    ("wrong", "error", "text"),
    [
        ({"listen": "localhost"}, ConfigError, "is not an endpoint"),
        ({"listen": [V4, V4]}, ConfigError, "one IPv4 and one IPv6"),
        ({"bootnodes": ["enr:-nonsense"]}, RecordError, "bad-text"),
        ({"external": "0.0.0.0:9"}, ConfigError, "external"),
        ({"external": "[::1]:9"}, ConfigError, "external"),
        ({"pairs": {"big": bytes(300)}}, RecordError, "too-long"),
    ],
)
async def test_wrong_settings_are_refused(wrong, error, text):
    with pytest.raises(error, match=text):
        await Node(**{"listen": V4, **wrong}).open()


async def test_wrong_ids_are_refused():
    async with Node(listen=V4) as node:
        for wrong in (b"short", "abcd", bytes(33)):
            with pytest.raises(ConfigError, match="a node id is 32 bytes"):
                await node.lookup(wrong)
        with pytest.raises(RecordError):
            await node.ping("not a record")
