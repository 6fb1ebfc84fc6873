"""Which envelopes go to which peers.

Peers that want the same and have been considered for the same are served together: the pool is
filtered once for all of them, and a packet is written once for those who know none of it.
"""

from collections.abc import Iterable, Iterator, Sequence

from waypost._ext.bloom import FULL, matching_at
from waypost._ext.entry import Entry
from waypost._ext.rlp import encode_list
from waypost.config import WhisperConfig
from waypost.whisper.packets import LIST_HEADER_SIZE_MAX_B
from waypost.whisper.peer import Peer
from waypost.whisper.pool import Pool


class Relay:
    """Serves peers from a pool: each is sent one packet at a time, and is compared with at most
    config.scan_count_max envelopes at a time, fewer where many peers want each something else.
    """

    def __init__(self, pool: Pool, config: WhisperConfig) -> None:
        self._pool = pool
        self._packet_size_max_b = config.packet_size_max_b - LIST_HEADER_SIZE_MAX_B
        self._transmit_size_max_b = config.transmit_size_max_b
        self._scan_count_max = config.scan_count_max
        self._scan_total_count_max = config.scan_total_count_max
        self._share_b = 0  # of each peer in what is sent at a time

    def is_behind(self, peer: Peer) -> bool:
        """Whether there are envelopes that the peer was not considered for."""
        return peer.ready and not peer.held and peer.cursor < self._pool.next_number

    def packets(self, peers: Iterable[Peer], now_s: int) -> Iterator[tuple[Peer, bytes]]:
        """The next packet of each that is to have one."""
        behind = [peer for peer in peers if self.is_behind(peer)]
        self._share_b = self._transmit_size_max_b // max(1, len(behind))
        alike: dict[int, dict[tuple[bytes, float], list[Peer]]] = {}
        for peer in behind:
            wishes = alike.setdefault(peer.cursor, {})
            wishes.setdefault((peer.bloom, peer.pow_min), []).append(peer)
        kind_count = sum(len(wishes) for wishes in alike.values())
        scan_count = max(1, self._scan_total_count_max // max(1, kind_count))
        for cursor, wishes in alike.items():
            entries, end = self._pool.since(cursor, min(scan_count, self._scan_count_max))
            topics = b"".join([entry.envelope.topic for entry in entries])
            for (bloom, pow_min), members in wishes.items():
                wanted = entries
                if bloom != FULL:
                    wanted = [entries[at] for at in matching_at(bloom, topics)]
                yield from self._serve(members, wanted, pow_min, end, now_s)

    def _serve(
        self, members: list[Peer], wanted: Sequence[Entry], pow_min: float, end: int, now_s: int
    ) -> Iterator[tuple[Peer, bytes]]:
        """The next packet for peers that are alike; they are considered for what is before end, or
        before what has no room in the packet. One envelope always has.
        """
        everyone = sum(peer.bit for peer in members)
        chosen: list[Entry] = []
        known, left_b = 0, min(self._share_b, self._packet_size_max_b)
        for entry in wanted:
            envelope = entry.envelope
            if entry.pow < pow_min or envelope.expiry_s < now_s:
                continue
            if entry.known & everyone == everyone:
                continue
            left_b -= len(envelope.raw)
            if left_b < 0 and chosen:
                end = entry.number
                break
            known |= entry.known
            chosen.append(entry)
        for peer in members:
            peer.cursor = end
        if chosen:
            yield from self._written(chosen, members, known)
            for entry in chosen:
                entry.known |= everyone

    def _written(
        self, chosen: list[Entry], members: list[Peer], known: int
    ) -> Iterator[tuple[Peer, bytes]]:
        """The packet for each: the same for all whose bits are not in known."""
        shared = b""
        for peer in members:
            if peer.bit & known:
                lacked = [entry for entry in chosen if not entry.known & peer.bit]
                if lacked:
                    yield peer, _packet(lacked)
            else:
                shared = shared or _packet(chosen)
                yield peer, shared


def _packet(entries: list[Entry]) -> bytes:
    return encode_list(b"".join([entry.envelope.raw for entry in entries]))
