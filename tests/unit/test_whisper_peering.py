"""Peers that a node finds: how many, which, how often they are dialled, and who is no use."""

import asyncio
import socket
from contextlib import asynccontextmanager
from functools import partial

import pytest

from tests.links import Talker
from tests.mailers import archived, meeting, serving
from tests.neighbours import envelope, neighbours
from tests.watched import Watched
from tests.whisper_nodes import mail
from waypost._ext.record import ENR
from waypost.config import (
    Discv5Config,
    HostConfig,
    NodeConfig,
    PeeringConfig,
    RlpxConfig,
    TableConfig,
)
from waypost.errors import ConfigError, LinkError, NodeError
from waypost.keys import PrivateKey
from waypost.net.discv5.node import Node
from waypost.net.rlpx.host import RlpxHost
from waypost.net.run import run, until
from waypost.net.whisper.keeping import Backoff
from waypost.net.whisper.peering import Peering
from waypost.rlpx.capabilities import Capability

HASTY = HostConfig(
    redial_wait_min_s=0.002, redial_wait_max_s=0.01, redial_refused_wait_s=0.01, linger_s=0.1
)


def record(host="127.0.0.1", port=30303, key=None, seq=1, **changes):
    """Of a node at one host by UDP and TCP."""
    family = "6" if ":" in host else ""
    pairs = {f"ip{family}": host, f"udp{family}": 30303, f"tcp{family}": port}
    return ENR.create(key or PrivateKey.generate(), seq=seq, **pairs | changes)


async def reached(condition):
    assert await until(condition, 60.0)


class Discovery(Watched):
    """Its walks show what they are given, each record once; then they wait, until it is closed."""

    def __init__(self, *records):
        super().__init__()
        self.records = list(records)
        self.walk_count = self.read_count = 0
        self.closed = False

    def show(self, *records):
        self.records += records
        self.changed()

    def close(self):
        self.closed = True
        self.changed()

    async def walk(self):
        at = 0
        while not self.closed:
            if at < len(self.records):
                at += 1
                self.read_count += 1
                yield self.records[at - 1]
            else:
                await self.until(partial(self._has_news, at), 60.0)

    def _has_news(self, seen_count):
        return self.closed or len(self.records) > seen_count

    def __call__(self):
        if self.closed:
            raise NodeError("it is closed")
        self.walk_count += 1
        return self.walk()


class Lines(Watched):
    """Whom a peering dials: a link opens where it is let, and lasts until it is hung up."""

    def __init__(self):
        super().__init__()
        self.dialled = []
        self.open = {}  # by host and port
        self.refused = set()
        self.unanswered = set()
        self.ringing_count = self.ringing_count_max = 0

    async def dial(self, peer):
        where = peer.host, peer.port
        self.dialled.append(where)
        self.ringing_count += 1
        self.ringing_count_max = max(self.ringing_count, self.ringing_count_max)
        try:
            await self.until(lambda: where not in self.unanswered)
            if where in self.refused:
                raise LinkError("unreachable", "nobody is there")
        finally:
            self.ringing_count -= 1
        self.open[where] = link = Line()
        return link

    def hang_up(self, where):
        self.open.pop(where).closed.set()


class Line:
    def __init__(self):
        self.closed = asyncio.Event()

    async def wait_closed(self):
        await self.closed.wait()


@asynccontextmanager
async def peering(discovery, dial, host_config=HASTY, **settings):
    finder = Peering(dial, PeeringConfig(**settings), host_config)
    task = asyncio.create_task(finder.run(discovery))
    try:
        yield finder
        assert not task.done()
    finally:
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert finder.peer_count == 0


# ---- which, and how many


async def test_as_many_as_are_wanted_are_dialled_and_no_more_are_looked_for():
    lines, discovery = Lines(), Discovery(*[record(port=port) for port in (1, 2, 3)])
    async with peering(discovery, lines.dial, peer_count=3) as finder:
        await reached(lambda: finder.peer_count == 3)
        assert lines.dialled == [("127.0.0.1", port) for port in (1, 2, 3)]
        discovery.show(*[record(port=port) for port in range(4, 20)])
        lines.hang_up(("127.0.0.1", 2))
        await reached(lambda: finder.outcomes["connected"] == 4)
        assert lines.dialled[3:] == [("127.0.0.1", 4)]
        assert discovery.read_count < 10
        assert finder.peer_count == 3


async def test_no_more_dials_run_than_are_wanted_and_one_of_a_node():
    lines, one = Lines(), PrivateKey.generate()
    shown = [record(port=1, key=one), record(port=1, key=one, seq=2)]
    shown += [record(port=port) for port in range(2, 10)]
    lines.unanswered = {("127.0.0.1", port) for port in range(1, 10)}
    async with peering(Discovery(*shown), lines.dial, peer_count=4):
        await reached(lambda: len(lines.dialled) == 4)
        assert [port for _, port in lines.dialled] == [1, 2, 3, 4]
        lines.refused = set(lines.unanswered)
        lines.unanswered = set()
        lines.changed()
        await reached(lambda: len(set(lines.dialled)) == 9)
        assert lines.ringing_count_max == 4


async def test_found_peers_of_the_internet_are_of_different_subnets():
    hosts = ["8.8.8.1", "8.8.8.2", "8.8.9.1", "2a00:1:1::1", "2a00:1:1:ffff::1", "2a00:1:2::1"]
    lines = Lines()
    discovery = Discovery(*[record(host) for host in hosts])
    async with peering(discovery, lines.dial, peer_count=6) as finder:
        await reached(lambda: finder.outcomes["crowded"] >= 2 and finder.peer_count == 4)
        assert {host for host, _ in lines.open} == {hosts[at] for at in (0, 2, 3, 5)}
        lines.refused = {("8.8.8.1", 30303)}
        lines.hang_up(("8.8.8.1", 30303))
        await reached(lambda: ("8.8.8.2", 30303) in lines.open)
        assert finder.peer_count <= 4


async def test_those_of_a_local_network_need_not_be():
    lines = Lines()
    discovery = Discovery(*[record(f"192.168.1.{number}") for number in range(1, 5)])
    async with peering(discovery, lines.dial) as finder:
        await reached(lambda: finder.peer_count == 4)


@pytest.mark.parametrize("shown", [
    record(tcp=None),
    record("8.8.8.8", tcp=None, ip6="::1", udp6=30303, tcp6=22),
    record("8.8.8.8", tcp=None, ip6="fd00::1", udp6=30303, tcp6=22),
    record("192.168.1.1", tcp=None, ip6="::1", tcp6=22),
])  # fmt: skip
async def test_a_record_that_leads_nowhere_or_into_this_machine_is_not_dialled(shown):
    lines = Lines()
    async with peering(Discovery(shown, record()), lines.dial) as finder:
        await reached(lambda: finder.peer_count == 1)
        assert lines.dialled == [("127.0.0.1", 30303)]
        assert finder.outcomes == {"no-endpoint": 1, "connected": 1}


# ---- again


async def test_a_node_that_fails_is_dialled_again_at_its_newest_endpoint():
    lines, key = Lines(), PrivateKey.generate()
    lines.refused = {("127.0.0.1", 1)}
    discovery = Discovery(record(port=1, key=key))
    async with peering(discovery, lines.dial) as finder:
        await reached(lambda: len(lines.dialled) >= 3)
        discovery.show(record(port=2, key=key, seq=2))
        await reached(lambda: finder.peer_count == 1)
        assert list(lines.open) == [("127.0.0.1", 2)]
        lines.hang_up(("127.0.0.1", 2))
        await reached(lambda: finder.outcomes["connected"] == 2)


async def test_those_that_fail_leave_where_others_want_to_be_known():
    lines = Lines()
    useless = [record(port=port) for port in range(1, 41)]
    lines.refused = {("127.0.0.1", port) for port in range(1, 41)}
    discovery = Discovery(*useless, record(port=99))
    async with peering(discovery, lines.dial, peer_count=2, known_count_max=4) as finder:
        await reached(lambda: finder.peer_count == 1)
        assert list(lines.open) == [("127.0.0.1", 99)]
        assert len(finder._known) <= 4
        assert set(lines.dialled) == lines.refused | {("127.0.0.1", 99)}


async def test_another_walk_shows_again_who_was_forgotten():
    lines, discovery = Lines(), Discovery(*[record(port=port) for port in (1, 2, 3)])
    lines.refused = {("127.0.0.1", port) for port in (1, 2, 3)}
    bounds = {"peer_count": 1, "known_count_max": 1, "walk_s_max": 0.5}
    async with peering(discovery, lines.dial, **bounds) as finder:
        await reached(lambda: len(set(lines.dialled)) == 3)
        lines.refused = set()
        await reached(lambda: finder.peer_count == 1)
    assert discovery.walk_count > 1


async def test_when_discovery_is_closed_the_peers_stay():
    lines, discovery = Lines(), Discovery(record(port=1))
    async with peering(discovery, lines.dial, walk_s_max=0.02) as finder:
        await reached(lambda: finder.peer_count == 1)
        discovery.close()
        lines.hang_up(("127.0.0.1", 1))
        await reached(lambda: finder.outcomes["connected"] == 2)


def test_a_node_is_left_alone_ever_longer_until_a_link_with_it_lasts():
    config = HostConfig(redial_wait_min_s=1.0, redial_wait_max_s=4.0, redial_refused_wait_s=35.0)
    backoff = Backoff(config)
    for longest_s in (1.0, 2.0, 4.0, 4.0):
        assert longest_s / 2 <= backoff.after_failure("timeout") <= longest_s
    assert backoff.after_failure("refused") == 35.0
    assert 2.0 <= backoff.after_link(3.9) <= 4.0
    assert 0.5 <= backoff.after_link(4.0) <= 1.0
    assert 1.0 <= backoff.after_link(0.0) <= 2.0


@pytest.mark.parametrize("settings", [
    {"peer_count": -1},
    {"peer_count": 9, "known_count_max": 8},
    {"peer_count": 0, "known_count_max": 0},
    {"walk_s_max": 0},
    {"subnet_bits_ipv4": 33},
    {"subnet_bits_ipv6": 0},
])  # fmt: skip
def test_what_cannot_be_wanted(settings):
    with pytest.raises(ConfigError):
        PeeringConfig(**settings)


# ---- over sockets


@asynccontextmanager
async def useless(me):
    """Records of nodes that are none for us: of a node itself, of a port where nobody is, of one
    that is silent, of another key's, and of a node that speaks something else.
    """
    eth = Talker(Capability("eth", 68, 17))
    with (
        PrivateKey.generate() as key,
        socket.create_server(("127.0.0.1", 0)) as silent,
        socket.create_server(("127.0.0.1", 0)) as nobody,
    ):
        silent_port, nobody_port = silent.getsockname()[1], nobody.getsockname()[1]
        nobody.close()
        async with RlpxHost(key, [eth], listen="127.0.0.1:0") as other:
            yield [
                record(key=me.key, port=me.port),
                record(port=nobody_port),
                record(port=silent_port),
                record(port=me.port),
                record(key=key, port=other.port),
            ]


async def test_nodes_that_are_no_use_keep_nobody_from_being_found():
    async with neighbours() as join:
        impatient = {"rlpx": RlpxConfig(handshake_timeout_s=0.5)}
        node, good = await join(host=impatient), await join()
        async with useless(node) as shown:
            discovery = Discovery(*shown, record(key=good.key, port=good.port))
            settings = {"host_config": HASTY, "peer_count": 6}
            async with peering(discovery, node.link, **settings) as finder:
                await reached(lambda: good.key.node_id in node.peers)
                troubles = {"self", "unreachable", "timeout", "refused", "nothing-shared"}
                await reached(lambda: set(finder.outcomes) >= {"connected", *troubles})
                assert finder.peer_count == 1
                sent = envelope()
                good.post(sent)
                await reached(lambda: node.hashes == [sent.hash])
                good.send(node.key.node_id, 127, b"\xc0")
                await reached(lambda: node.refusals["untrusted"] == 1)
        assert [*node.peers] == [good.key.node_id]


LIVELY = NodeConfig(discv5=Discv5Config(table=TableConfig(check_interval_min_s=0.1)))


@asynccontextmanager
async def found(path, bootnode, **settings):
    """A mail server that knows one node of discovery."""
    key, known = PrivateKey.generate(), [bootnode.record]
    async with (
        Node(key, listen="127.0.0.1:0", bootnodes=known, config=LIVELY) as node,
        serving(path, key, node=node, host=HASTY, **settings) as server,
    ):
        yield server


async def test_mail_servers_find_each_other(tmp_path):
    async with (
        Node(listen="127.0.0.1:0", config=LIVELY) as bootnode,
        found(tmp_path / "1", bootnode) as one,
        found(tmp_path / "2", bootnode) as two,
        found(tmp_path / "3", bootnode) as three,
    ):
        servers = one, two, three
        await reached(lambda: all(each.stats.peer_count == 2 for each in servers))
        async with meeting(one) as sender:
            sender.post(mail(1), mail(2))
            for server in servers:
                await archived(server, 2)
        assert all(each.healthy for each in servers)
        await reached(lambda: sum(each.stats.found["connected"] for each in servers) >= 3)
        await two.close()
        await reached(lambda: one.stats.peer_count == three.stats.peer_count == 1)


async def test_a_server_that_wants_none_finds_none(tmp_path):
    async with (
        Node(listen="127.0.0.1:0", config=LIVELY) as bootnode,
        found(tmp_path / "1", bootnode, peering=PeeringConfig(peer_count=0)) as one,
        found(tmp_path / "2", bootnode) as two,
    ):
        await reached(lambda: two.stats.found_peer_count == 1)
        assert (one.stats.found, one.stats.found_peer_count) == ({}, 0)
        assert one.stats.peer_count == 1


def test_servers_find_each_other_on_uvloop(tmp_path):
    run(test_mail_servers_find_each_other(tmp_path))
