"""Copying from another mail server: all that it has of a time, page by page.

What a server does wrong ends the copy by a MailError. Each page must bring envelopes, of the time
that was asked for and beyond those before, so it can neither lead us in circles nor feed us for
nothing: what it makes up must have its work.
"""

from collections import Counter

from waypost._ext.envelope import Envelope
from waypost.config import MailServerConfig, WhisperConfig
from waypost.errors import MailError
from waypost.mail.archive import position_of
from waypost.mail.sync import SyncRequest, decode_response, encode_request

ADVICE = {
    "unasked": "nothing was asked of it",
    "too-many": "it sent more envelopes than were asked for",
    "empty": "it sent a packet with nothing in it",
    "out-of-range": "it sent envelopes of another time than was asked for",
    "stuck": "its pages do not go on in one direction",
    "fruitless": "page after page, it sent nothing that we take",
}


class Sync:
    """The machine of one copy, of what was sent from lower_s to upper_s, both included.

    Send `request()`, give `receive` each answer until `asked` is False, and so on until `done`.
    `cursor` is where to go on, also in another life: keep it once what came before is committed.
    `refusals` counts envelopes that are not taken, by name: other servers may be less strict.
    """

    def __init__(
        self,
        lower_s: int,
        upper_s: int,
        *,
        cursor: bytes = b"",
        whisper: WhisperConfig | None = None,
        config: MailServerConfig | None = None,
    ) -> None:
        self.lower_s, self.upper_s, self.cursor = lower_s, upper_s, cursor
        self.asked = False
        self.done = False
        self.refusals: Counter[str] = Counter()
        self._whisper = whisper or WhisperConfig()
        self._config = config or MailServerConfig()
        self._rising: bool | None = None  # whether pages go on to later envelopes
        self._positions: list[bytes] = []  # of the page
        self._taken_count = 0  # of the page
        self._fruitless_count = 0  # pages before it, one after the other

    def request(self) -> bytes:
        """The payload of 123 for the next page."""
        self.asked, self._positions, self._taken_count = True, [], 0
        return encode_request(
            SyncRequest(
                lower_s=self.lower_s,
                upper_s=self.upper_s,
                limit=self._config.sync_limit,
                cursor=self.cursor,
            )
        )

    def receive(self, payload: bytes) -> list[Envelope]:
        """The envelopes of a payload of 124 that are taken. Raises MailError, and is of no more
        use then; its reason is `refused` where the server says so.
        """
        if not self.asked:
            raise _refused("unasked")
        self.asked = False
        response = decode_response(payload, self._whisper.work)
        if response.error:
            raise MailError("refused", response.error)
        if not (response.envelopes or response.final):
            raise _refused("empty")
        if len(self._positions) + len(response.envelopes) > self._config.sync_limit:
            raise _refused("too-many")
        taken = [each for each in response.envelopes if self._takes(each)]
        self._positions += [position_of(each) for each in response.envelopes]
        self._taken_count += len(taken)
        if response.final:
            self._end_page(response.cursor)
        self.asked = not response.final
        return taken

    def _takes(self, envelope: Envelope) -> bool:
        if not self.lower_s <= envelope.sent_s <= self.upper_s:
            raise _refused("out-of-range")
        if envelope.ttl_s == 0 or envelope.pow < self._whisper.pow_min:
            self.refusals["low-work"] += 1
            return False
        if envelope.size_b > self._whisper.envelope_size_max_b:
            self.refusals["too-large"] += 1
            return False
        return True

    def _end_page(self, cursor: bytes) -> None:
        self.done = not cursor
        if self.done:
            return
        first, last = (pick(self._positions, default=cursor) for pick in (min, max))
        rising = cursor > self.cursor if self.cursor else cursor >= last
        if rising:
            goes_on = self.cursor < first and last <= cursor
        else:
            goes_on = (not self.cursor or last < self.cursor) and cursor <= first
        if not goes_on or self._rising not in (None, rising):
            raise _refused("stuck")
        self._fruitless_count = 0 if self._taken_count else self._fruitless_count + 1
        if self._fruitless_count > self._config.sync_fruitless_page_count_max:
            raise _refused("fruitless")
        if self.cursor or first < last:  # else it may still be either
            self._rising = rising
        self.cursor = cursor


def _refused(reason: str) -> MailError:
    return MailError(reason, ADVICE[reason])
