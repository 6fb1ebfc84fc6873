"""Tens of Whisper nodes in virtual time, whose links break and come back: every envelope reaches
every full node once, and a light node what its bloom lets through.
"""

import heapq
import random
from collections import Counter

import pytest

from waypost._ext.bloom import bloom_of
from waypost._ext.envelope import Envelope
from waypost.config import RateConfig, WhisperConfig
from waypost.whisper.effects import Arrival, Send
from waypost.whisper.machine import Whisper

START = 1_546_300_800.0
NO_LIMIT = RateConfig(packets_per_s=float("inf"), bytes_per_s=float("inf"))
LATENCY_S = (0.01, 0.2)
TTL_S = 60
TOPICS = [number.to_bytes(4, "little") for number in range(1, 31)]


class Network:
    """Nodes, what is under way between them, and the time. The same seed gives the same run."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.now = START
        self.nodes = {}
        self.links = {}  # {both names: a number that is new each time it is open}
        self.arrived = {}  # {name: how often each envelope came}
        self.sent = Counter()  # of an envelope over a link, while that is open
        self._queue = []
        self._count = 0

    def add(self, **settings):
        name = len(self.nodes).to_bytes(32, "big")
        config = WhisperConfig(pow_min=0.0, node_rate=NO_LIMIT, address_rate=NO_LIMIT, **settings)
        self.nodes[name] = Whisper(config)
        self.arrived[name] = Counter()
        return name

    def link(self, one, other):
        self._count += 1
        self.links[frozenset((one, other))] = self._count
        self.nodes[one].connected(other, "203.0.113.1", self.now)
        self.nodes[other].connected(one, "203.0.113.1", self.now)

    def cut(self, ends):
        """What is under way on the link is lost."""
        one, other = ends
        del self.links[ends]
        self.nodes[one].disconnected(other)
        self.nodes[other].disconnected(one)

    def post(self, name, envelope):
        self.nodes[name].post([envelope], self.now)

    def run_until(self, end):
        self._collect()
        while (due := self._next()) <= end:
            self.now = max(self.now, due)
            while self._queue and self._queue[0][0] <= self.now:
                _, _, link, source, name, code, payload = heapq.heappop(self._queue)
                if self.links.get(frozenset((source, name))) == link:
                    self.nodes[name].receive(source, code, payload, self.now)
            for node in self.nodes.values():
                if node.deadline() <= self.now:
                    node.tick(self.now)
            self._collect()
        self.now = end

    def _next(self):
        due = min(node.deadline() for node in self.nodes.values())
        return min(due, self._queue[0][0]) if self._queue else due

    def _collect(self):
        for name, node in self.nodes.items():
            for effect in node.drain():
                if isinstance(effect, Send):
                    self._put(name, effect)
                elif isinstance(effect, Arrival):
                    self.arrived[name].update(each.hash for each in effect.envelopes)

    def _put(self, name, send):
        link = self.links.get(frozenset((name, send.peer)))
        if link is None:
            return
        if send.code == 1:
            hashes = [each.hash for each in Envelope.parse_list(send.payload)]
            self.sent.update((link, name, hash) for hash in hashes)
        self._count += 1
        due = self.now + self.random.uniform(*LATENCY_S)
        earlier = [each[0] for each in self._queue if each[2:5] == (link, name, send.peer)]
        due = max([due, *earlier])  # a stream keeps its order
        heapq.heappush(
            self._queue, (due, self._count, link, name, send.peer, send.code, send.payload)
        )


def envelope(network, number):
    sent_s = int(network.now) + network.random.randrange(-5, 5)  # clocks differ
    return Envelope.create(
        expiry_s=sent_s + TTL_S,
        ttl_s=TTL_S,
        topic=network.random.choice(TOPICS),
        data=number.to_bytes(4, "big"),
    )


def ring_with_chords(network, names):
    """Links between all names, which a ring is enough for, and as many more."""
    ring = [frozenset(pair) for pair in zip(names, names[1:] + names[:1], strict=True)]
    chords = {frozenset(network.random.sample(names, 2)) for _ in names} - set(ring)
    return ring, sorted(chords, key=sorted)


@pytest.mark.parametrize("seed", range(3))
def test_every_envelope_reaches_whom_it_should_once(seed):
    network = Network(seed)
    draw = network.random
    full = [network.add() for _ in range(24)]
    ring, chords = ring_with_chords(network, full)
    for ends in ring + chords:
        network.link(*ends)
    lights = set()
    for _ in range(8):
        light = network.add(light=True, bloom=bloom_of(draw.sample(TOPICS, 3)))
        lights.add(light)
        for ends in draw.sample(full, 2):
            network.link(light, ends)
    posted, author = [], {}
    for number in range(60):
        network.run_until(network.now + draw.uniform(0, 0.5))
        posted.append(envelope(network, number))
        author[posted[-1].hash] = draw.choice([*full, *sorted(lights)])
        network.post(author[posted[-1].hash], posted[-1])
        if number % 3 == 0:
            network.cut(draw.choice([ends for ends in network.links if ends <= set(full)]))
        missing = [ends for ends in ring + chords if ends not in network.links]
        if number % 3 == 1 and missing:
            network.link(*draw.choice(missing))
    for ends in ring:
        if ends not in network.links:
            network.link(*ends)
    network.run_until(network.now + 15)
    assert max(network.sent.values()) == 1
    assert all(author[hash] == name for _, name, hash in network.sent if name in lights)
    for name, arrived in network.arrived.items():
        node = network.nodes[name]
        expected = {each.hash for each in posted if each.matches(node.config.bloom)}
        assert set(node.pool.entries) >= expected
        assert set(arrived) <= expected
        assert set(arrived.values()) <= {1}
        assert not node.refusals
    network.run_until(network.now + TTL_S)
    assert all(not node.pool.entries for node in network.nodes.values())
