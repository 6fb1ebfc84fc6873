"""Whether another mail server may copy from this one.

At real servers anyone may: whoever asks gets the whole archive for nothing. Here it is for the
servers that the operator names, unless the settings open it.
"""

from collections import Counter
from collections.abc import Container
from dataclasses import dataclass

from waypost._ext.bloom import FULL
from waypost.config import MailServerConfig
from waypost.errors import MailError
from waypost.mail.archive import Query
from waypost.mail.desk import Breach
from waypost.mail.limits import RateLimit
from waypost.mail.sync import decode_request

TEXTS = {
    "stranger": "this mail server is copied only by those that it knows",
    "rate": "requests per seconds limit exceeded",
}


@dataclass(frozen=True, slots=True)
class SyncOrder:
    """A request that is served: what to take from the archive."""

    query: Query


@dataclass(frozen=True, slots=True)
class SyncFailed:
    """Answer with this error; real servers also disconnect."""

    text: str


class SyncDesk:
    """Takes requests of other servers. known: the node ids (32 bytes) of those that may ask."""

    def __init__(self, known: Container[bytes], config: MailServerConfig | None = None) -> None:
        self.config = config = config or MailServerConfig()
        self.refusals: Counter[str] = Counter()
        self._known = known
        self._peers = RateLimit(
            config.request_interval_s, config.peer_request_count_max, config.source_count_max
        )

    def open(self, peer: bytes, payload: bytes, now: float) -> SyncOrder | SyncFailed | Breach:
        """What to do about the packet 123 of a peer (node id, 32 bytes)."""
        if not self.config.sync_open and peer not in self._known:
            return self._failed("stranger")
        if not self._peers.admits(peer, now):
            return self._failed("rate")
        try:
            request = decode_request(payload)
        except MailError as refusal:
            self.refusals[refusal.reason] += 1
            return Breach(refusal.reason)
        bloom = None if request.bloom in (b"", FULL) else request.bloom
        return SyncOrder(
            Query(
                lower_s=request.lower_s,
                upper_s=request.upper_s,
                bloom=bloom,
                limit=request.limit,
                cursor=request.cursor,
            )
        )

    def _failed(self, refusal: str) -> SyncFailed:
        self.refusals[refusal] += 1
        return SyncFailed(TEXTS[refusal])
