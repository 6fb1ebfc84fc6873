"""`Node`: a discv5 node on this machine's sockets."""

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from ipaddress import ip_address
from typing import Self, cast

from waypost._ext.call import Call, Pong
from waypost._ext.record import ENR
from waypost._ext.table import Table
from waypost._ext.wire import TalkHandler
from waypost.config import NodeConfig
from waypost.discv5.machine import Event
from waypost.errors import ConfigError, NodeError, RequestTimeout
from waypost.keys import PrivateKey
from waypost.net import entropy
from waypost.net.clock import monotonic
from waypost.net.discv5.endpoint import Endpoint, parse_endpoints
from waypost.net.discv5.live import LiveNode
from waypost.net.discv5.walk import RandomWalk

NODE_ID_SIZE_B = 32

Peer = ENR | str
"""A node to talk to: its record, or the record's text `enr:...`."""

Filter = Callable[[ENR], bool] | str | None
"""Which records are wanted: those for which it is true, those that have this key, or all."""


class Node:
    """Finds other nodes and talks to them over Discovery v5.1; use it in `async with`.

    key: the identity; without one the node makes its own, and wipes it in the end.
    bootnodes: the nodes to begin from.
    listen: "192.0.2.7:30303" or "[2001:db8::7]:30303", or one of each; port 0 is any free one.
    external: where others reach it, if that is elsewhere; without a port, the one it listens on.
        Its record names only endpoints that are known: given here, or listened on by address.
    pairs: further pairs of its record, such as a kind's entry: {"whisper.mailserver": b"..."}.

    Whatever asks a peer raises RequestTimeout when it does not answer, and NodeError when it
    cannot be asked: its record has no endpoint for us, or this node is not running.
    """

    def __init__(
        self,
        key: PrivateKey | None = None,
        *,
        bootnodes: Iterable[Peer] = (),
        listen: str | Sequence[str] = "0.0.0.0:0",
        external: str | Sequence[str] | None = None,
        pairs: Mapping[str, bytes] | None = None,
        config: NodeConfig | None = None,
    ) -> None:
        self._key = key
        self._bootnodes = [_record(peer) for peer in bootnodes]
        self._listen = parse_endpoints(listen, "listen")
        self._external = parse_endpoints(external or (), "external")
        self._pairs = dict(pairs or {})
        self._config = config or NodeConfig()
        self._handlers: dict[bytes, TalkHandler] = {}
        self._own_key: PrivateKey | None = None
        self._running: LiveNode | None = None

    # ---- its life

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(self, *_failure: object) -> None:
        await self.close()

    async def open(self) -> None:
        """Binds its sockets and begins from the bootnodes. Raises NodeError for a busy port."""
        if self._running is not None:
            raise NodeError("the node is running already: open it once")
        key = self._key
        if key is None:
            key = self._own_key = PrivateKey.generate()
        try:
            live = LiveNode(key, self._listen, self._external, self._pairs, self._config)
            self._running = live
            for protocol, handler in self._handlers.items():
                live.machine.register_talk(protocol, handler)
            await live.open(self._bootnodes)
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Ends it; closing twice is fine. Who waits for an answer gets NodeError."""
        live, self._running = self._running, None
        if live is not None:
            await live.close()
        if self._own_key is not None:
            self._own_key.close()

    @property
    def _live(self) -> LiveNode:
        if self._running is None:
            raise NodeError("the node is not running: use it inside `async with Node(...)`")
        return self._running

    # ---- what it is and knows

    @property
    def record(self) -> ENR:
        """Its own record as it is now."""
        return self._live.machine.record

    @property
    def addresses(self) -> list[Endpoint]:
        """The (host, port) that it listens on, one a family."""
        return list(self._live.addresses)

    @property
    def table(self) -> Table:
        """The routing table; to look at, not to change."""
        return self._live.machine.table

    def stats(self) -> dict[str, int]:
        """Counters since it was opened, and the sizes of its tables now."""
        return {**self._live.machine.stats(), **self._live.driver.stats()}

    def events(self) -> AsyncIterator[Event]:
        """What happens from now on; ends with the node. A slow reader loses the oldest events."""
        return self._live.stream()

    def update_record(self, pairs: Mapping[str, bytes | int | str | None]) -> ENR:
        """Changes pairs of its own record (None takes one away), and returns it, signed anew.

        Raises RecordError where nobody would take the record.
        """
        return self._live.machine.update_record(pairs)

    # ---- asking one peer

    async def ping(self, peer: Peer) -> Pong:
        """Its record's sequence number, and our endpoint as it sees it."""
        call = self._live.machine.ping(_record(peer), monotonic())
        return cast(Pong, await self._answer(call))

    async def find_node(self, peer: Peer, distances: Iterable[int]) -> list[ENR]:
        """The nodes it knows at these log distances (0..256) from itself; 0 is its own record."""
        call = self._live.machine.find_node(_record(peer), distances, monotonic())
        return cast(list[ENR], await self._answer(call))

    async def talk(self, peer: Peer, protocol: bytes, payload: bytes) -> bytes:
        """Its answer to a TALKREQ; empty where it does not speak the protocol."""
        call = self._live.machine.talk(_record(peer), protocol, payload, monotonic())
        return cast(bytes, await self._answer(call))

    async def _answer(self, call: Call) -> object:
        await self._live.finish(call)
        if call.error is not None:
            raise call.error
        return call.result

    def on_talk(self, protocol: bytes) -> Callable[[TalkHandler], TalkHandler]:
        """Decorates handler(node_id, address, payload) -> answer for TALKREQs of a protocol.

        It runs on the packet path, so it must be quick. Where it raises the peer gets an empty
        answer and `events` a TalkFailed.
        """

        def register(handler: TalkHandler) -> TalkHandler:
            self._handlers[protocol] = handler
            if self._running is not None:
                self._running.machine.register_talk(protocol, handler)
            return handler

        return register

    # ---- finding nodes

    async def resolve(self, who: Peer | bytes) -> ENR:
        """A node's newest record: from itself where we know it, else from those close to it.

        who: its record or its node id (32 bytes, or as hex). Raises NodeError if it is not found.
        """
        node_id = _node_id(who)
        known = None if isinstance(who, bytes) or not _is_record(who) else _record(who)
        contact = self.table.get(node_id)
        if contact is not None and (known is None or contact.record.seq > known.seq):
            known = contact.record
        if known is not None:
            with suppress(RequestTimeout, NodeError):
                for record in await self.find_node(known, [0]):
                    if record.node_id == node_id:
                        return record
        run = self._live.look(node_id)
        await self._live.finish(run)
        if node_id not in run.seen:
            raise NodeError(f"node {node_id.hex()} was not found: is it up, and the bootnodes?")
        return run.seen[node_id]

    async def lookup(self, target: Peer | bytes) -> list[ENR]:
        """The nodes closest to a target that answered, at most 16, closest first."""
        run = self._live.look(_node_id(target))
        await self._live.finish(run)
        return run.result

    def random_walk(self, filter: Filter = None, limit: int | None = None) -> AsyncIterator[ENR]:
        """Every node that lookups of random targets show, each once, as it is seen, and again when
        its record is newer.

        Without a limit it goes on for as long as the node runs; read it in one task.
        """
        live = self._live
        own_id = live.machine.record.node_id

        def wanted(record: ENR) -> bool:
            if record.node_id == own_id:
                return False
            return filter is None or (
                filter in record if isinstance(filter, str) else filter(record)
            )

        walk = RandomWalk(live.look, wanted, limit, self._config.walk)
        live.follow(walk)
        return walk

    def random_id(self) -> bytes:
        """A random node id: a target for a lookup."""
        return entropy.node_id()

    # ---- whom to serve

    def ban(self, what: Peer | bytes) -> None:
        """Drops every packet of a node (record, id) or an IP address (text); forgets the node."""
        self._live.machine.ban(_node_id_or_ip(what), monotonic())

    def permit(self, what: Peer | bytes) -> None:
        """Lifts a ban."""
        self._live.machine.permit(_node_id_or_ip(what))


def _is_record(who: Peer) -> bool:
    return isinstance(who, ENR) or who.startswith("enr:")


def _record(peer: Peer) -> ENR:
    return peer if isinstance(peer, ENR) else ENR.parse(peer)


def _node_id(who: Peer | bytes) -> bytes:
    if isinstance(who, str) and not _is_record(who):
        with suppress(ValueError):
            who = bytes.fromhex(who.removeprefix("0x"))
    node_id = who if isinstance(who, bytes) else _record(who).node_id
    if len(node_id) != NODE_ID_SIZE_B:
        raise ConfigError(f"a node id is {NODE_ID_SIZE_B} bytes, not {len(node_id)}")
    return node_id


def _node_id_or_ip(what: Peer | bytes) -> bytes:
    if isinstance(what, str):
        with suppress(ValueError):
            return ip_address(what).packed
    return _node_id(what)
