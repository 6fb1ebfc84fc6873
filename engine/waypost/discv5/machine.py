"""The discv5 node without I/O. Feed it datagrams and time; drain its outbox, its events and what
has finished.

One turn of a driver, in this order: `receive` (or the wire's own `feed`) for each datagram,
`poll`, `tick` when the
deadline has come; then send the outbox, `drain_finished`, `drain_events`, and sleep until
`deadline`.
"""

from collections.abc import Iterable, Mapping

from waypost._ext.call import Call
from waypost._ext.codec import Codec
from waypost._ext.datagrams import Outbox
from waypost._ext.drbg import Drbg
from waypost._ext.record import ENR, RecordCache
from waypost._ext.secp256k1 import SecretKey
from waypost._ext.table import Table
from waypost._ext.wire import RecordAnnounced, SessionEstablished, TalkFailed, TalkHandler, Wire
from waypost.config import Discv5Config
from waypost.discv5.endpoints import Families
from waypost.discv5.liveness import Liveness
from waypost.discv5.lookups import LookupRun, Lookups
from waypost.discv5.records import RecordRefresh
from waypost.discv5.upkeep import Upkeep
from waypost.errors import ConfigError, NodeError

Event = SessionEstablished | RecordAnnounced | TalkFailed
Finished = Call | LookupRun


class Machine:
    """A discv5 v5.1 node (discv5-wire, discv5-theory) of one key.

    `seed` is 32 secret random bytes: all nonces, ephemeral keys and choices come from it. `now` is
    in seconds on any
    clock that does not go back. The outbox and the record cache may be shared by machines of one
    thread.
    """

    def __init__(
        self,
        secret: SecretKey,
        record: ENR,
        config: Discv5Config,
        seed: bytes,
        outbox: Outbox,
        now: float,
        *,
        families: Families | None = None,
        records: RecordCache | None = None,
    ) -> None:
        if len(seed) != 32:
            raise ConfigError(f"a seed is 32 random bytes, not {len(seed)}")
        drbg = Drbg(seed)
        families = families or Families()
        records = records or RecordCache(config.record_count_max)
        self.config = config
        self.families = families
        self.table = Table(record.node_id, config.table, drbg)
        self.wire = Wire(
            Codec(secret, record, config.protocol, drbg, outbox), self.table, records, config
        )
        self._secret = secret
        self._outbox = outbox
        calls = self.wire.calls
        self._refresh = RecordRefresh(self.table, calls, config.refresh_count_max)
        self._liveness = Liveness(self.table, calls, self._refresh, config.check_count_max)
        self._lookups = Lookups(record.node_id, self.table, calls, families, config.lookup)
        self._upkeep = Upkeep(self.table, self._lookups, drbg, config, now)
        self._events: list[Event] = []
        self._finished: list[Finished] = []

    # ---- in

    def receive(self, data: bytes, address: bytes, now: float) -> None:
        """Handle one datagram from an 18-byte address. Never raises for what a peer sends."""
        self.wire.receive(data, address, now)
        self.poll(now)

    def poll(self, now: float) -> None:
        """Digest what the wire has queued since the last poll."""
        for event in self.wire.drain_events():
            if isinstance(event, SessionEstablished):
                self._admit(event, now)
            elif isinstance(event, RecordAnnounced):
                self._renew(event, now)
            self._report(event)
        while finished := self.wire.calls.drain_finished():
            for call in finished:
                if call.owner is None:
                    self._finished.append(call)
                else:
                    call.owner.finished(call, now)

    def tick(self, now: float) -> None:
        """Run every timer that is due."""
        self.wire.calls.expire(now)
        self.poll(now)
        self._liveness.check(now)
        self._upkeep.look(now)
        self.poll(now)

    # ---- out

    def deadline(self) -> float:
        """When tick() is next needed, on the caller's clock."""
        return min(
            self.wire.calls.next_deadline(),
            self._liveness.next_deadline(),
            self._upkeep.next_deadline(),
        )

    def drain_events(self) -> list[Event]:
        """What happened since the last time, oldest first; at most config.event_count_max are
        kept.
        """
        events, self._events = self._events, []
        return events

    def drain_finished(self) -> list[Finished]:
        """The requests and lookups of our caller that have ended since the last time."""
        finished, self._finished = self._finished, []
        return finished

    def datagrams(self) -> list[tuple[bytes, bytes]]:
        """Drain the outbox: (datagram, 18-byte address), for a driver that needs bytes."""
        return self._outbox.drain()

    # ---- commands

    def ping(self, record: ENR, now: float) -> Call:
        """PING a node. The result is a Pong."""
        return self.wire.calls.ping(record, self._address_of(record), now)

    def find_node(self, record: ENR, distances: Iterable[int], now: float) -> Call:
        """Ask a node for its contacts at the given distances (0: its own record). The result is a
        list of ENR.
        """
        return self.wire.calls.find_node(record, self._address_of(record), tuple(distances), now)

    def talk(self, record: ENR, protocol: bytes, payload: bytes, now: float) -> Call:
        """Send a TALKREQ. The result is the payload of the answer, empty where the peer does not
        know the protocol.
        """
        return self.wire.calls.talk(record, self._address_of(record), protocol, payload, now)

    def lookup(self, target: bytes, now: float) -> LookupRun:
        """Find the nodes closest to a node id of 32 bytes."""
        if len(target) != 32:
            raise ConfigError(f"a node id is 32 bytes, not {len(target)}")
        return self._lookups.start(target, now, self._looked_up)

    def cancel(self, call: Call, now: float) -> None:
        """Forget a request: nobody waits for its answer any more."""
        self.wire.calls.cancel(call, now)

    def bootstrap(self, records: Iterable[ENR], now: float) -> None:
        """Begin from these nodes, and come back to them whenever the table is empty."""
        self._upkeep.begin(records, now)
        self.poll(now)

    def register_talk(self, protocol: bytes, handler: TalkHandler | None) -> None:
        """Answer TALKREQs of a protocol; None: no longer."""
        self.wire.on_talk(protocol, handler)

    def ban(self, what: bytes, now: float) -> None:
        """Drop every packet of a node id (32 bytes) or from an IP (4 or 16 bytes), and forget the
        node.
        """
        self.wire.ban(what)
        if len(what) == 32:
            self.table.remove(what, now)

    def permit(self, what: bytes) -> None:
        """Lift a ban."""
        self.wire.permit(what)

    # ---- what is known

    @property
    def record(self) -> ENR:
        """Our own record, as it is now."""
        return self.wire.codec.record

    def update_record(self, pairs: Mapping[str, bytes | int | str | None]) -> ENR:
        """Change pairs of our own record; it is signed again with a higher sequence number."""
        self.wire.codec.record = self.record.update(self._secret, pairs)
        return self.record

    def stats(self) -> dict[str, int]:
        """Counters since the start, and sizes as they are now."""
        wire = self.wire
        return {
            **wire.counters(),
            "challenges_sent": wire.challenges.sent,
            "challenges_resent": wire.challenges.resent,
            "challenges_refused": wire.challenges.refused,
            "answers_unmatched": wire.calls.unmatched,
            "records_refused": wire.calls.refused_records,
            "sessions_evicted": wire.sessions.evicted,
            "outbox_dropped": self._outbox.dropped,
            "sessions": len(wire.sessions),
            "challenges": len(wire.challenges),
            "requests": len(wire.calls),
            "lookups": len(self._lookups),
            "contacts": len(self.table),
            "contacts_live": self.table.live_count,
        }

    # ---- inside

    def _address_of(self, record: ENR) -> bytes:
        address = self.families.address_of(record)
        if address is None:
            raise NodeError(f"{record!r} has no UDP endpoint that this node can reach")
        return address

    def _admit(self, event: SessionEstablished, now: float) -> None:
        """A peer that proved its key at the endpoint of its record may enter the table; it is
        checked like any other.
        """
        address = self.families.address_of(event.record)
        if address == event.address:
            self.table.add(event.record, address, now, inbound=event.inbound)

    def _renew(self, event: RecordAnnounced, now: float) -> None:
        contact = self.table.get(event.node_id)
        if contact is not None and contact.record.seq < event.record_seq:
            self._refresh.ask(contact.record, event.address, now)

    def _report(self, event: Event) -> None:
        if len(self._events) < self.config.event_count_max:
            self._events.append(event)

    def _looked_up(self, run: LookupRun) -> None:
        self._finished.append(run)
