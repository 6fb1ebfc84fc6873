"""A window of the past, page by page, from one server after another; each envelope once.

    open       a server begins, or takes over          -> page() says what to ask it
    receive    what it delivers (127)                  -> the envelopes that are new and asked for
    completed  it says that the page is whole (125)    -> done, or page() again, or a fault

Servers give their pages oldest first or newest first, and keep to it; the machine learns which.
What lies behind the edge of a whole page is settled, less an overlap in which servers may differ:
the next server is asked for the rest and the overlap, and hashes are kept of no more than that. A
cursor is of one server, and goes to no other.

`fault` is why this server must be left. What it gave until then stays, for envelopes prove
themselves; a page that it did not end is asked of the next one again.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from waypost._ext.envelope import Envelope
from waypost.config import MailClientConfig
from waypost.errors import EnvelopeError
from waypost.mail.client.inspection import Fault, Refusal, inspect
from waypost.mail.client.mark import HistoryMark
from waypost.mail.client.seen import Seen
from waypost.mail.client.window import Window

_NO_HASH = bytes(32)
_NO_LIE = (Refusal.SURPLUS, Refusal.LOW_WORK)  # its own settings may let them through
_LIST, _LONG_LIST = 0xC0, 0xF7


@dataclass(frozen=True, slots=True)
class Page:
    """What to ask of a server: times in seconds since 1970, both included."""

    lower_s: int
    upper_s: int
    limit: int
    cursor: bytes


class History:
    """The machine of one history. mark_s is since when a mark for the next one remembers."""

    def __init__(
        self,
        window: Window,
        config: MailClientConfig,
        *,
        mark: HistoryMark | None = None,
        mark_s: int | None = None,
    ) -> None:
        self.window = window
        self.done = False
        self.fault: Fault | None = None
        self.refused: Counter[Refusal] = Counter()
        self.fresh_count = 0
        self.page_count = 0
        self._config = config
        self._known = mark.hashes if mark else frozenset()
        since_s, until_s = window.since_s, window.until_s
        self._low_s, self._high_s = since_s, until_s  # what is missing lies between
        self._seen = Seen(config.seen_count_max, since_s, until_s)
        mark_s = until_s - config.overlap_s if mark_s is None else mark_s
        self._last = Seen(config.mark_count_max, max(since_s, mark_s), until_s)
        self._session = 0
        self.open()

    @property
    def unasked_count(self) -> int:
        """What this server delivered that was not asked for, or more than once."""
        return self._lie_count + self._surplus_count

    @property
    def progress(self) -> float:
        """The part of the window's time that is settled, 0 to 1."""
        if self.done:
            return 1.0
        span_s = self.window.until_s - self.window.since_s + 1
        return 1 - max(0, self._high_s - self._low_s + 1) / span_s

    def mark(self) -> HistoryMark:
        """Where the next history begins; once this one is done."""
        return HistoryMark(self._last.floor_s, frozenset(self._last))

    # ---- asking

    def open(self) -> None:
        """A server begins: nothing that the one before it said counts for it."""
        self.fault = None
        self._session += 1
        self._cursor = b""
        self._lower_s = max(self._low_s - self._config.overlap_s, self._seen.floor_s)
        self._upper_s = min(self._high_s + self._config.overlap_s, self._seen.ceiling_s)
        self._first_s: int | None = None
        self._last_s: int | None = None
        self._lie_count = 0
        self._surplus_count = 0
        self._barren_count = 0
        self._begin_page()

    def page(self) -> Page:
        """What to ask now."""
        self._begin_page()
        return Page(self._lower_s, self._upper_s, self._config.page_limit, self._cursor)

    def _begin_page(self) -> None:
        self._page_hashes: set[bytes] = set()
        self._page_delivered_count = 0
        self._page_new_count = 0

    # ---- what a server delivers

    def receive(self, payload: bytes) -> list[Envelope]:
        """Those of a packet (127, one envelope or a list of them) that are new and asked for."""
        if self.fault or self.done:
            return []
        try:
            envelopes = self._parse(payload)
        except EnvelopeError:
            self.fault = Fault.MALFORMED
            return []
        self._page_delivered_count += len(envelopes)
        if self._config.paged:
            if self._page_delivered_count > self._config.page_limit:
                self.fault = Fault.BEYOND_LIMIT
                return []
            self._page_hashes.update(envelope.hash for envelope in envelopes)
        return self._take(envelopes)

    def _parse(self, payload: bytes) -> list[Envelope]:
        head = payload[0] if payload else 0
        first = 1 if head <= _LONG_LIST else 1 + head - _LONG_LIST
        is_list = payload == b"\xc0" or payload[first : first + 1] >= bytes([_LIST])
        work = self._config.whisper.work
        parse_one = Envelope.parse
        return Envelope.parse_list(payload, work) if is_list else [parse_one(payload, work)]

    def _take(self, envelopes: Sequence[Envelope]) -> list[Envelope]:
        fresh = []
        for envelope in envelopes:
            refusal = self._inspect(envelope)
            if refusal is not None:
                self._refuse(refusal)
                continue
            if self._seen.full and not self._make_room():
                self.fault = Fault.CROWDED
                break
            if self._is_fresh(envelope):
                fresh.append(envelope)
        self.fresh_count += len(fresh)
        if self._lie_count > self._config.unasked_count_max:
            self.fault = Fault.UNASKED
        return fresh

    def _inspect(self, envelope: Envelope) -> Refusal | None:
        pow_min = self._config.whisper.pow_min
        refusal = inspect(envelope, self.window, self._lower_s, self._upper_s, pow_min)
        if refusal is None and self._seen.settled(envelope.sent_s):
            return Refusal.OUT_OF_ORDER
        return refusal

    def _is_fresh(self, envelope: Envelope) -> bool:
        """Whether the user does not have it; the order of this server is learnt on the way."""
        hash, sent_s = envelope.hash, envelope.sent_s
        if self._first_s is None:
            self._first_s = sent_s
        self._last_s = sent_s
        giver = self._seen.add(hash, sent_s, self._session)
        if giver == self._session:
            self._refuse(Refusal.REPEATED)
            return False
        self._page_new_count += 1
        if giver is not None:
            return False
        if sent_s >= self._last.floor_s:
            self._remember(hash, sent_s)
        return hash not in self._known

    def _refuse(self, refusal: Refusal) -> None:
        self.refused[refusal] += 1
        self._lie_count += refusal not in _NO_LIE
        self._surplus_count += refusal in _NO_LIE

    def _remember(self, hash: bytes, sent_s: int) -> None:
        if self._last.full:
            self._last.settle_oldest()
        if not self._last.full and not self._last.settled(sent_s):
            self._last.add(hash, sent_s, self._session)

    def fail(self, fault: Fault) -> None:
        """What the driver finds wrong with this server."""
        self.fault = self.fault or fault

    # ---- the end of a page

    def completed(self, last_hash: bytes, cursor: bytes) -> None:
        """The server says that the page is whole; with a cursor there is more."""
        if self.fault or self.done:
            return
        self.page_count += 1
        paged = self._config.paged
        if paged and last_hash != _NO_HASH and last_hash not in self._page_hashes:
            self.fault = Fault.LAST_HASH
        elif cursor and cursor == self._cursor:
            self.fault = Fault.STUCK_CURSOR
        elif cursor and self._is_endless():
            self.fault = Fault.ENDLESS
        elif cursor:
            self._cursor = cursor
            self._settle()
        else:
            self.done = True

    def _is_endless(self) -> bool:
        """Pages that a filter left empty are honest, but not one after another for ever."""
        self._barren_count = 0 if self._page_new_count else self._barren_count + 1
        return self._barren_count > self._config.barren_page_count_max

    def _settle(self) -> None:
        """What lies behind the edge of a whole page is known."""
        if self._first_s is None or self._last_s is None:
            return
        if self._last_s > self._first_s:
            self._low_s = max(self._low_s, self._last_s)
        elif self._last_s < self._first_s:
            self._high_s = min(self._high_s, self._last_s)
        overlap_s = self._config.overlap_s
        self._seen.settle(self._low_s - overlap_s, self._high_s + overlap_s)

    def _make_room(self) -> bool:
        """In a page longer than our memory the order of the server has to do."""
        if self._first_s is None or self._last_s is None or self._first_s == self._last_s:
            return False
        if self._last_s > self._first_s:
            return self._seen.settle_oldest()
        return self._seen.settle_newest()
