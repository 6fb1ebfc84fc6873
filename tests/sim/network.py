"""A network in one process: seeded, in virtual time, with latency, loss, reordering and
duplication.

The machines are the production ones. The same seed gives the same run, datagram for datagram: a
failing seed replays.
"""

import heapq
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count

from waypost._ext.address import pack
from waypost._ext.datagrams import Outbox
from waypost._ext.record import ENR, RecordCache
from waypost._ext.secp256k1 import SecretKey
from waypost.config import Discv5Config
from waypost.discv5.machine import Machine


@dataclass(frozen=True)
class Weather:
    """What happens to a datagram on its way. Probabilities are of 1; a duplicated one arrives
    twice.
    """

    latency_s: tuple[float, float] = (
        0.01,
        0.08,
    )  # uniform: two datagrams of one path may overtake each other
    loss: float = 0.0
    duplication: float = 0.0


class Host:
    """One machine at one address."""

    def __init__(self, machine: Machine, address: bytes) -> None:
        self.machine = machine
        self.address = address
        self.up = True
        self.finished: list[object] = []
        self.events: list[object] = []


class Network:
    """Hosts, a clock and the datagrams under way."""

    def __init__(self, seed: int, weather: Weather | None = None) -> None:
        self.random = random.Random(seed)
        self.weather = weather or Weather()
        self.now = 0.0
        self.hosts: dict[bytes, Host] = {}
        self.delivered = 0
        self.tap: Callable[[bytes, bytes, bytes], bool] | None = None
        """Sees (data, source, destination) of each datagram; False loses it."""
        self._outbox = Outbox(1024)
        self._records = RecordCache(100_000)
        self._queue: list[tuple[float, int, Host, bytes, bytes]] = []
        self._serial = count()
        self._wake_at: dict[Host, float] = {}

    def add(
        self, config: Discv5Config | None = None, host: str | None = None, **pairs: object
    ) -> Host:
        """A new node on an Internet address of its own subnet."""
        index = len(self.hosts)
        host = host or f"{20 + index // 60_000}.{index // 250 % 250}.{index % 250}.7"
        secret = SecretKey(self.random.randbytes(32))
        record = ENR.create(secret, ip=host, udp=30303, **pairs)
        machine = Machine(
            secret,
            record,
            config or Discv5Config(),
            self.random.randbytes(32),
            self._outbox,
            self.now,
            records=self._records,
        )
        added = Host(machine, pack(host, 30303))
        self.hosts[added.address] = added
        self.settle(added)
        return added

    def settle(self, host: Host) -> None:
        """Send what a host has queued, take what has finished, set its timer."""
        for data, destination in self._outbox.drain():
            self._send(data, host.address, destination)
        host.finished += host.machine.drain_finished()
        host.events.extend(host.machine.drain_events())
        deadline = max(host.machine.deadline(), self.now)
        if deadline < self._wake_at.get(host, float("inf")):
            self._wake_at[host] = deadline
            self._push(deadline, host, b"", b"")

    def run(self, seconds: float) -> None:
        """Let virtual time pass."""
        for _ in self._turns(self.now + seconds):
            pass

    def run_until(self, done: Callable[[], bool], seconds: float) -> bool:
        """Let time pass until done() holds, for at most so many virtual seconds."""
        return done() or any(done() for _ in self._turns(self.now + seconds))

    def _turns(self, until: float) -> Iterator[None]:
        while self._queue and self._queue[0][0] <= until:
            self.now, _, host, data, source = heapq.heappop(self._queue)
            if not host.up:
                continue
            if data:
                self.delivered += 1
                host.machine.receive(data, source, self.now)
            elif self._wake_at.get(host) == self.now:
                del self._wake_at[host]
                host.machine.tick(self.now)
            else:  # an earlier deadline took its place
                continue
            self.settle(host)
            yield
        self.now = until

    def _send(self, data: bytes, source: bytes, destination: bytes) -> None:
        receiver = self.hosts.get(destination)
        if receiver is None or (self.tap is not None and not self.tap(data, source, destination)):
            return
        copies = 1 + (self.random.random() < self.weather.duplication)
        for _ in range(copies):
            if self.random.random() >= self.weather.loss:
                delay = self.random.uniform(*self.weather.latency_s)
                self._push(self.now + delay, receiver, data, source)

    def _push(self, when: float, host: Host, data: bytes, source: bytes) -> None:
        heapq.heappush(self._queue, (when, next(self._serial), host, data, source))
