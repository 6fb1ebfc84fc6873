"""Finding peers: nodes that discovery shows are dialled until as many as are wanted stay.

The network can be full of records with nobody behind them, of nodes that take no more peers, and
of one owner's many. So a place is given to one node after the other, in the order in which they
were found, and no two places to nodes of one subnet; and none of them is trusted.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from ipaddress import IPv4Network, IPv6Network, ip_network

from waypost._ext.address import Scope, pack, scope
from waypost._ext.record import ENR
from waypost._ext.relay import may_relay
from waypost.config import HostConfig, PeeringConfig
from waypost.enode import Enode
from waypost.errors import ConfigError, LinkError, NodeError
from waypost.net.clock import monotonic
from waypost.net.whisper.keeping import Backoff, Dial

Walk = Callable[[], AsyncIterator[ENR]]
"""Begins a random walk, filtered to Whisper nodes. Raises NodeError where discovery is closed."""

_log = logging.getLogger(__name__)


class Peering:
    """Stays connected with config.peer_count of the nodes that walks show, as far as there are so
    many. One that is connected already counts, whoever dialled.

    `peer_count` is how many are connected now. `outcomes` counts what became of each try:
    "connected", "crowded" (another one has its subnet), "no-endpoint", or a LinkError's reason.
    """

    def __init__(self, dial: Dial, config: PeeringConfig, host_config: HostConfig) -> None:
        self.peer_count = 0
        self.outcomes: Counter[str] = Counter()
        self._dial = dial
        self._config = config
        self._host_config = host_config
        self._places = asyncio.Semaphore(config.peer_count)
        self._room = asyncio.Semaphore(config.known_count_max)
        self._known: dict[bytes, Enode] = {}  # by node id, each in a task of its own
        self._subnets: set[IPv4Network | IPv6Network] = set()  # of those in a place

    async def run(self, walk: Walk) -> None:
        """For ever: once discovery is closed, with the nodes that are known then. Run it once."""
        async with asyncio.TaskGroup() as tasks:
            with suppress(NodeError):
                while True:
                    with suppress(TimeoutError):
                        async with asyncio.timeout(self._config.walk_s_max):
                            await self._look(walk(), tasks)

    async def _look(self, walk: AsyncIterator[ENR], tasks: asyncio.TaskGroup) -> None:
        """Read a walk, a record whenever a place is free and nobody known waits for it. Raises
        NodeError at its end.
        """
        while True:
            async with self._places:
                pass
            record = await anext(walk, None)
            if record is None:
                raise NodeError("discovery was closed")
            peer = _reachable(record)
            if peer is None:
                self.outcomes["no-endpoint"] += 1
            elif record.node_id in self._known:
                self._known[record.node_id] = peer
            else:
                await self._room.acquire()
                self._known[record.node_id] = peer
                tasks.create_task(self._keep(record.node_id))

    async def _keep(self, node_id: bytes) -> None:
        """Dial a node again and again, until others want to be known instead."""
        backoff = Backoff(self._host_config)
        try:
            while True:
                async with self._places:
                    wait_s = await self._meet(self._known[node_id], backoff)
                if self._room.locked():
                    return
                await asyncio.sleep(wait_s)
        finally:
            del self._known[node_id]
            self._room.release()

    async def _meet(self, peer: Enode, backoff: Backoff) -> float:
        """Stay connected until the link ends; then, how long to leave the node alone."""
        subnet = self._subnet(peer)
        if subnet in self._subnets:
            self.outcomes["crowded"] += 1
            return backoff.after_failure("crowded")
        if subnet is not None:
            self._subnets.add(subnet)
        try:
            return backoff.after_link(await self._linked(peer))
        except LinkError as error:
            self.outcomes[error.reason] += 1
            _log.debug("a found peer is left", extra={"peer": str(peer), "detail": str(error)})
            # The place rests: else we would dial whom a flood of records names, as fast as it is.
            await asyncio.sleep(self._host_config.redial_wait_min_s)
            return backoff.after_failure(error.reason)
        finally:
            if subnet is not None:
                self._subnets.remove(subnet)

    async def _linked(self, peer: Enode) -> float:
        """How many seconds the link lasted. Raises LinkError."""
        link = await self._dial(peer)
        opened_at = monotonic()
        self.outcomes["connected"] += 1
        self.peer_count += 1
        try:
            _log.info("found a peer", extra={"peer": str(peer), "found": self.peer_count})
            await link.wait_closed()
        finally:
            self.peer_count -= 1
        return monotonic() - opened_at

    def _subnet(self, peer: Enode) -> IPv4Network | IPv6Network | None:
        """What a peer has for itself; None where it need not: on this machine, or a LAN."""
        config = self._config
        if scope(pack(peer.host, peer.port)) != Scope.SCOPE_INTERNET:
            return None
        bits = config.subnet_bits_ipv6 if ":" in peer.host else config.subnet_bits_ipv4
        return ip_network(f"{peer.host}/{bits}", strict=False)


def _reachable(record: ENR) -> Enode | None:
    """Where to dial a node: none of the Internet has us dial into our own machine, or LAN."""
    try:
        peer = Enode.of_record(record)
    except ConfigError:
        return None
    known = record.endpoint() or record.endpoint(ipv6=True)
    there = pack(peer.host, peer.port)
    return peer if known is not None and may_relay(there, known) else None
