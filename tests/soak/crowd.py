"""The honest peers of a soak: full and light nodes, who send envelopes and get those of others.

Each envelope has to reach every full peer and every light one whose bloom lets it through, once,
and its sender never; and the server has to acknowledge it.
"""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from itertools import cycle

from tests.soak.plan import TOPICS, Plan, letter
from tests.soak.wire import Wire, address, home, waited
from waypost._ext.digest import keccak256
from waypost._ext.envelope import Envelope
from waypost._ext.rlp import encode_list
from waypost.net.clock import monotonic, wall_clock_s
from waypost.net.whisper.node import WhisperNode
from waypost.whisper.effects import Acknowledged, Arrival
from waypost.whisper.envelope import bloom_of, matches

PEERS_AN_ADDRESS = 12  # a server takes 32
DIALS_AT_ONCE = 8
BUNDLE_MAX = 4  # envelopes in one packet of a sender
LIGHT_TOPIC_COUNT = 8


@dataclass(slots=True)
class Posted:
    """An envelope on its way. The sets of peers are integers, a bit each."""

    at: float
    wanted: int
    seen: int = 0


@dataclass(slots=True)
class Crowd:
    plan: Plan
    nodes: dict[WhisperNode, int] = field(default_factory=dict)  # the bit of each
    wanting: dict[bytes, int] = field(default_factory=lambda: dict.fromkeys(TOPICS, 0))
    flying: dict[bytes, Posted] = field(default_factory=dict)
    packets: dict[bytes, list[bytes]] = field(default_factory=dict)  # not acknowledged
    acknowledged: list[bytes] = field(default_factory=list)
    latencies_s: list[float] = field(default_factory=list)  # until the last one had it
    posted_count: int = 0
    delivered_count: int = 0
    twice_count: int = 0
    astray_count: int = 0
    missing_count: int = 0
    lost_count: int = 0  # links

    # ---- who they are

    async def gather(self, opened: AsyncExitStack) -> None:
        gate = asyncio.Semaphore(DIALS_AT_ONCE)
        random = self.plan.random("crowd")
        joining = []
        for number in range(self.plan.peer_count):
            topics = random.sample(TOPICS, LIGHT_TOPIC_COUNT)
            is_light = random.random() < self.plan.light_share
            joining.append(self._join(opened, gate, number, topics if is_light else []))
        await asyncio.gather(*joining)

    async def _join(
        self, opened: AsyncExitStack, gate: asyncio.Semaphore, number: int, topics: list[bytes]
    ) -> None:
        home.set(address(1, number // PEERS_AN_ADDRESS))
        config = self.plan.whisper(confirmations=True)
        if topics:
            config = self.plan.whisper(confirmations=True, light=True, bloom=bloom_of(topics))
        key = opened.enter_context(self.plan.key("peer", number))
        node = WhisperNode(key, config=config)
        bit = 1 << number
        node.on_arrival(lambda arrival: self._arrived(node, arrival, bit))
        node.on_acknowledged(self._acknowledged)
        async with gate:
            await opened.enter_async_context(node)
            await node.dial(self.plan.enode)
        node.on_disconnected(lambda _: self._lost())
        self.nodes[node] = bit
        for topic in TOPICS:
            if matches(config.bloom, bloom_of([topic])):
                self.wanting[topic] |= bit

    def _lost(self) -> None:
        self.lost_count += 1

    # ---- what they send

    async def send(self, stop: asyncio.Event) -> None:
        """One after the other, at the rate of the plan."""
        random = self.plan.random("mail")
        begun, due_s = monotonic(), 0.0
        for node in cycle(random.sample(list(self.nodes), len(self.nodes))):
            if await waited(stop, begun + due_s - monotonic()):
                return
            count = random.randint(1, BUNDLE_MAX)
            now_s = wall_clock_s()
            self._post(node, [letter(random, now_s, self.plan.ttl_s) for _ in range(count)])
            due_s += count / self.plan.envelopes_per_s

    def _post(self, node: WhisperNode, envelopes: list[Envelope]) -> None:
        others = ~self.nodes[node]
        for envelope in envelopes:
            wanted = self.wanting[envelope.topic] & others
            self.flying[envelope.hash] = Posted(monotonic(), wanted)
        packet = encode_list(b"".join(envelope.raw for envelope in envelopes))
        self.packets[keccak256(packet)] = [envelope.hash for envelope in envelopes]
        self.posted_count += len(envelopes)
        node.post(*envelopes)

    # ---- what they get

    def _arrived(self, node: WhisperNode, arrival: Arrival, bit: int) -> None:
        now = monotonic()
        for envelope in arrival.envelopes:
            posted = self.flying.get(envelope.hash)
            if posted is None or not posted.wanted & bit:
                self.astray_count += 1
                continue
            self.twice_count += bool(posted.seen & bit)
            posted.seen |= bit
            self.delivered_count += 1
            if posted.seen == posted.wanted:
                self.latencies_s.append(now - posted.at)
                del self.flying[envelope.hash]
        node.acknowledge(arrival)

    def _acknowledged(self, taken: Acknowledged) -> None:
        self.acknowledged += self.packets.pop(taken.batch_hash, [])

    def settle(self, age_s: float) -> None:
        """Give up what is older than that."""
        now = monotonic()
        for hash, posted in list(self.flying.items()):
            if posted.at + age_s < now:
                self.missing_count += (posted.wanted & ~posted.seen).bit_count()
                del self.flying[hash]

    def twice(self) -> int:
        """Deliveries beyond the first."""
        nodes = sum(node.stats()["envelopes_duplicate"] for node in self.nodes)
        return self.twice_count + nodes


async def run(plan: Plan, wire: Wire) -> None:
    crowd = Crowd(plan)
    stop = asyncio.Event()
    async with AsyncExitStack() as opened:
        await crowd.gather(opened)
        wire.tell(ready=len(crowd.nodes))
        sending = asyncio.create_task(crowd.send(stop))
        settling = asyncio.create_task(settle(crowd))
        await wire.stopped()
        stop.set()
        await sending
        await waited(asyncio.Event(), plan.ttl_s / 2)
        settling.cancel()
        crowd.settle(0.0)
        lost_count = crowd.lost_count
        refusals = sum((node.refusals.total() for node in crowd.nodes), 0)
    plan.path("acknowledged").write_text("".join(f"{each.hex()}\n" for each in crowd.acknowledged))
    wire.tell(
        posted=crowd.posted_count,
        acknowledged=len(crowd.acknowledged),
        delivered=crowd.delivered_count,
        missing=crowd.missing_count,
        twice=crowd.twice(),
        astray=crowd.astray_count,
        lost_links=lost_count,
        refused_by_peers=refusals,
        latencies_s=sorted(crowd.latencies_s),
    )


async def settle(crowd: Crowd) -> None:
    while True:
        await asyncio.sleep(crowd.plan.ttl_s)
        crowd.settle(2 * crowd.plan.ttl_s)
