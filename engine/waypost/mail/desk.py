"""Whether a request (126) is served: the checks of status-go's mail servers, in their order.

rate, work, decryption, signature, then what is asked for. Two are ours: an encrypted request is
of this time, and what is signed is served once, whatever is around it, so that who recorded one
does not have its answer. Real clients make a new one for each page, with random padding.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from waypost._ext.bloom import FULL
from waypost._ext.digest import keccak256
from waypost._ext.envelope import Envelope
from waypost._ext.secp256k1 import SecretKey, decompress
from waypost.config import MailServerConfig
from waypost.errors import EnvelopeError, MailError, MessageError
from waypost.mail import items
from waypost.mail.archive import Query
from waypost.mail.completion import Failed
from waypost.mail.limits import RateLimit, Recent
from waypost.mail.request import Form, MailRequest, decode, decode_plain, plain_id
from waypost.rlpx.admission import address_of
from waypost.whisper.message import Message

UPPER_MARGIN_S = 60  # past our clock: for senders whose clock is ahead

# What a client is told, in the words of real servers where they have some.
TEXTS = {
    "rate": "rate limit exceeded",
    "low-work": "PoW() is too low",
    "stale": "request is invalid: its time is not ours: check your clock",
    "replayed": "request is invalid: it was served before: send a new one",
    "sealed": "failed to decrypt p2p request",
    "unsigned": "Wrong signature of p2p request",
    "wrong-signer": "Wrong signature of p2p request",
    "undersized": "Undersized p2p request",
    "undersized-bloom": "Undersized bloom filter in p2p request",
    "reversed-range": "query range is invalid: lower > upper",
    "empty-range": "query range is invalid: it lies in the future",
    "huge-range": "query range too big",
    "high-limit": "request is invalid: limit exceeds the maximum allowed value",
    "empty-bloom": "request is invalid: bloom filter is empty",
    "too-many-topics": "request is invalid: too many topics",
}


@dataclass(frozen=True, slots=True)
class Order:
    """A request that is served: what to take from the archive, and whether in bundles."""

    request_id: bytes
    query: Query
    batch: bool


@dataclass(frozen=True, slots=True)
class Breach:
    """Not even a request: disconnect with `Reason.SUBPROTOCOL`."""

    refusal: str


class Desk:
    """Takes requests. The keys open them: the server's own first, then those of passwords.

    work is the network's proof of work. `refusals` counts by name. `now` is in seconds since 1970.
    """

    def __init__(
        self,
        keys: Sequence[SecretKey | bytes],
        config: MailServerConfig | None = None,
        *,
        work: str = "leading",
    ) -> None:
        self.config = config = config or MailServerConfig()
        self.refusals: Counter[str] = Counter()
        self._keys = tuple(keys)
        self._work = work
        self._peers, self._hosts = (
            RateLimit(config.request_interval_s, count_max, config.source_count_max)
            for count_max in (config.peer_request_count_max, config.host_request_count_max)
        )
        self._recent = Recent(config.recent_request_count_max)

    def open(self, peer: bytes, host: str, payload: bytes, now: float) -> Order | Failed | Breach:
        """What to do about the packet of a peer (node id, 32 bytes) at a numeric host."""
        try:
            envelope = Envelope.parse(payload, self._work)
            request_id: bytes | None = envelope.hash
        except EnvelopeError:
            envelope, request_id = None, plain_id(payload)
        if request_id is None:
            return Breach(self._count("neither-envelope-nor-list"))
        try:
            if not (self._hosts.admits(address_of(host), now) and self._peers.admits(peer, now)):
                raise _refused("rate")
            if envelope is None:
                request = decode_plain(payload)
            else:
                request = decode(self._unsealed(envelope, peer, now))
            return Order(request_id, self._query(request, int(now)), request.batch)
        except MailError as refusal:
            self._count(refusal.reason)
            text = TEXTS.get(refusal.reason) or f"request is invalid: {refusal}"
            return Failed(request_id, text)

    def _count(self, refusal: str) -> str:
        self.refusals[refusal] += 1
        return refusal

    def _unsealed(self, envelope: Envelope, peer: bytes, now: float) -> bytes:
        if envelope.ttl_s == 0 or envelope.pow < self.config.pow_min:
            raise _refused("low-work")
        if abs(now - envelope.sent_s) > self.config.request_skew_s_max:
            raise _refused("stale")
        message = self._message(envelope.data)
        if message.signer is None:
            raise _refused("unsigned")
        if self.config.signer_is_peer and keccak256(decompress(message.signer)) != peer:
            raise _refused("wrong-signer")
        signed = message.signer + message.payload + message.padding  # all else can be changed
        if not self._recent.is_new(keccak256(signed)):
            raise _refused("replayed")
        return message.payload

    def _message(self, data: bytes) -> Message:
        for key in self._keys:
            try:
                return Message.open(data, key)
            except MessageError:
                continue
        raise _refused("sealed")

    def _query(self, request: MailRequest, now_s: int) -> Query:
        upper_s = request.upper_s or now_s + UPPER_MARGIN_S
        if upper_s < request.lower_s:
            raise _refused("reversed-range")
        upper_s = min(upper_s, now_s + UPPER_MARGIN_S)  # wnode asks up to the end of 32 bits
        if upper_s < request.lower_s:
            raise _refused("empty-range")
        if 0 < self.config.range_s_max < upper_s - request.lower_s:
            raise _refused("huge-range")
        if request.limit > self.config.limit_max:
            raise _refused("high-limit")
        if not request.bloom and not request.topics:
            raise _refused("empty-bloom")
        if len(request.topics) > self.config.topic_count_max:
            raise _refused("too-many-topics")
        sent_s = int.from_bytes(request.cursor[:4], "big")
        if request.cursor and not request.lower_s <= sent_s <= upper_s:
            raise items.refused("bad-cursor")
        return Query(
            lower_s=request.lower_s,
            upper_s=upper_s,
            topics=frozenset(request.topics) or None,
            bloom=None if request.topics or request.bloom == FULL else request.bloom,
            limit=request.limit or self._unnamed_limit(request),
            cursor=request.cursor,
            newest_first=self.config.newest_first,
        )

    def _unnamed_limit(self, request: MailRequest) -> int:
        """go-ethereum's clients know no cursor: what one answer has not, they never get."""
        if request.form is Form.LEGACY and not request.cursor:
            return self.config.legacy_limit
        return self.config.limit_default


def _refused(reason: str) -> MailError:
    return MailError(reason, TEXTS[reason])
