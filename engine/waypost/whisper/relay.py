"""Which envelopes go to which peers.

Peers that want the same and have been considered for the same are served together: the pool is
filtered once for all of them, and a packet is written once for those who know none of it.
"""

from collections.abc import Iterable, Iterator, Sequence

from waypost._ext.bloom import FULL
from waypost._ext.envelope import Envelope
from waypost._ext.rlp import encode_list
from waypost.whisper.peer import Peer
from waypost.whisper.pool import Entry, Pool

LIST_HEADER_SIZE_MAX_B = 4


class Relay:
    """Serves peers from a pool: a peer is sent one packet at a time, of at most packet_size_max_b,
    and is compared with at most scan_count_max envelopes at a time.
    """

    def __init__(self, pool: Pool, packet_size_max_b: int, scan_count_max: int) -> None:
        self.sent_count = 0  # envelopes, once for each peer
        self._pool = pool
        self._body_size_max_b = packet_size_max_b - LIST_HEADER_SIZE_MAX_B
        self._scan_count_max = scan_count_max

    def has_room(self, envelope: Envelope) -> bool:
        """Whether it fits a packet."""
        return len(envelope.raw) <= self._body_size_max_b

    def is_behind(self, peer: Peer) -> bool:
        """Whether there are envelopes that the peer was not considered for."""
        return peer.ready and not peer.held and peer.cursor < self._pool.next_number

    def packets(self, peers: Iterable[Peer], now_s: int) -> Iterator[tuple[Peer, bytes]]:
        """The next packet of each that is to have one."""
        alike: dict[tuple[bytes, float, int], list[Peer]] = {}
        for peer in peers:
            if self.is_behind(peer):
                alike.setdefault((peer.bloom, peer.pow_min, peer.cursor), []).append(peer)
        for (bloom, pow_min, cursor), members in alike.items():
            entries = self._pool.since(cursor, self._scan_count_max)
            everyone = sum(peer.bit for peer in members)
            chosen, cursor = self._choose(entries, bloom, pow_min, everyone, now_s)
            for peer in members:
                peer.cursor = cursor
            if chosen:
                yield from self._written(chosen, members)
                for entry in chosen:
                    entry.known |= everyone

    def _choose(
        self, entries: Sequence[Entry], bloom: bytes, pow_min: float, everyone: int, now_s: int
    ) -> tuple[list[Entry], int]:
        """As many as fit a packet, and the number to go on from."""
        chosen: list[Entry] = []
        left_b = self._body_size_max_b
        takes_all = bloom == FULL
        for entry in entries:
            envelope = entry.envelope
            if (
                entry.pow < pow_min
                or entry.known & everyone == everyone
                or not (takes_all or envelope.matches(bloom))
                or envelope.expiry_s < now_s
            ):
                continue
            left_b -= len(envelope.raw)
            if left_b < 0:
                return chosen, entry.number
            chosen.append(entry)
        end = entries[-1].number + 1 if len(entries) == self._scan_count_max else None
        return chosen, self._pool.next_number if end is None else end

    def _written(self, chosen: list[Entry], members: list[Peer]) -> Iterator[tuple[Peer, bytes]]:
        """The packet for each: the same for all those who know none of it."""
        known = 0
        for entry in chosen:
            known |= entry.known
        shared = b""
        for peer in members:
            if peer.bit & known:
                wanted = [entry for entry in chosen if not entry.known & peer.bit]
                if wanted:
                    self.sent_count += len(wanted)
                    yield peer, _packet(wanted)
            else:
                shared = shared or _packet(chosen)
                self.sent_count += len(chosen)
                yield peer, shared


def _packet(entries: list[Entry]) -> bytes:
    return encode_list(b"".join([entry.envelope.raw for entry in entries]))
