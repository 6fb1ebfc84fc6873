"""What exists while a node runs: its sockets, its machine, and the tasks that wait for it."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from weakref import WeakSet

from waypost._ext.call import Call
from waypost._ext.datagrams import Outbox
from waypost._ext.record import ENR
from waypost.config import NodeConfig
from waypost.discv5.endpoints import Families
from waypost.discv5.lookups import LookupRun
from waypost.discv5.machine import Event, Machine
from waypost.errors import ConfigError, NodeError
from waypost.keys import PrivateKey
from waypost.net import entropy
from waypost.net.clock import monotonic, wall_clock_ms
from waypost.net.discv5.endpoint import Endpoint, bind_all, bound_endpoint
from waypost.net.discv5.stream import Stream
from waypost.net.discv5.udp import UdpDriver
from waypost.net.discv5.walk import RandomWalk


class LiveNode:
    """A machine on its driver. Made in a running event loop; `open` begins, `close` ends it."""

    def __init__(
        self,
        key: PrivateKey,
        listen: Sequence[Endpoint],
        external: Sequence[Endpoint],
        pairs: Mapping[str, bytes],
        config: NodeConfig,
    ) -> None:
        sockets = bind_all(listen, config.receive_buffer_b)
        try:
            self.addresses = [bound_endpoint(opened) for opened in sockets]
            endpoints = own_endpoints(self.addresses, external)
            record = ENR.create(key, {**endpoints, **pairs}, seq=wall_clock_ms())
            outbox = Outbox(config.outbox_count_max)
            self.machine = Machine(
                key.secret_key,
                record,
                config.discv5,
                entropy.seed(),
                outbox,
                monotonic(),
                families=Families(
                    ipv4=any(not address.ipv6 for address in self.addresses),
                    ipv6=any(address.ipv6 for address in self.addresses),
                ),
            )
            self.driver = UdpDriver(sockets, self.machine, outbox, self._on_progress)
        except BaseException:
            for opened in sockets:
                opened.close()
            raise
        self._loop = asyncio.get_running_loop()
        self._config = config
        self._waiting: dict[Call | LookupRun, asyncio.Future[None]] = {}
        self._streams: WeakSet[Stream[Event]] = WeakSet()
        self._walks: WeakSet[RandomWalk] = WeakSet()

    async def open(self, bootnodes: Iterable[ENR]) -> None:
        """Starts to serve, and to fill the table from the bootnodes."""
        self.machine.bootstrap(bootnodes, monotonic())
        await self.driver.open()

    async def close(self) -> None:
        """Stops serving. Who still waits for an answer gets a NodeError; streams and walks end."""
        await self.driver.close()
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(NodeError("the node was closed before an answer came"))
        for stream in self._streams:
            stream.close()
        for walk in self._walks:
            walk.close()

    async def finish(self, asked: Call | LookupRun) -> None:
        """Waits until what was asked is done. A request that nobody waits for is forgotten."""
        self._waiting[asked] = future = self._loop.create_future()
        self.driver.wake()
        try:
            await future
        except asyncio.CancelledError:
            if isinstance(asked, Call):
                self.machine.cancel(asked, monotonic())
            raise
        finally:
            del self._waiting[asked]

    def look(self, target: bytes) -> LookupRun:
        """Starts a lookup."""
        self.driver.wake()
        return self.machine.lookup(target, monotonic())

    def stream(self) -> Stream[Event]:
        """A stream of the events from now on."""
        stream: Stream[Event] = Stream(self._config.event_count_max)
        self._streams.add(stream)
        return stream

    def follow(self, walk: RandomWalk) -> None:
        """Keeps a walk going for as long as someone holds it."""
        self._walks.add(walk)

    def _on_progress(self) -> None:
        for done in self.machine.drain_finished():
            future = self._waiting.get(done)
            if future is not None and not future.done():
                future.set_result(None)
        for event in self.machine.drain_events():
            for stream in self._streams:
                stream.put(event)
        if self._walks:  # to iterate over no weak references costs a microsecond
            for walk in self._walks:
                walk.advance()


def own_endpoints(
    listening: Iterable[Endpoint], external: Iterable[Endpoint]
) -> dict[str, bytes | int]:
    """Where a node is, as pairs of its record, so far as that is known. Raises ConfigError."""
    known = {here.ipv6: here for here in listening}
    ports = {ipv6: here.port for ipv6, here in known.items()}
    for there in external:
        if there.ipv6 not in known or there.unspecified:
            raise ConfigError(f"external {there} is not what others can reach this node at")
        known[there.ipv6] = Endpoint(there.host, there.port or ports[there.ipv6])
    pairs: dict[str, bytes | int] = {}
    for ipv6, endpoint in known.items():
        if not endpoint.unspecified:
            suffix = "6" if ipv6 else ""
            pairs |= {f"ip{suffix}": endpoint.ip, f"udp{suffix}": endpoint.port}
    return pairs
