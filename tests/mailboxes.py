"""Mail servers without a network: scripted pages of envelopes, honest or not."""

from dataclasses import dataclass

from tests.whispers import packet
from waypost._ext.envelope import Envelope
from waypost.config import MailClientConfig, WhisperConfig
from waypost.mail.client.history import History, Page
from waypost.mail.client.window import Window

NO_HASH = bytes(32)
CONFIG = MailClientConfig(whisper=WhisperConfig(pow_min=0.0), page_limit=10, overlap_s=5)


def envelope(sent_s: int, number: int = 0, topic: bytes = b"mail", ttl_s: int = 50) -> Envelope:
    return Envelope.create(expiry_s=sent_s + ttl_s, ttl_s=ttl_s, topic=topic, data=b"%d" % number)


SENT = [envelope(second, number) for second in range(100, 140) for number in range(2)]


@dataclass
class Answer:
    """What a server says to one page: packets of 127, then 125."""

    packets: list[bytes]
    last_hash: bytes = NO_HASH
    cursor: bytes = b""


@dataclass
class Mailbox:
    """An honest server."""

    envelopes: list[Envelope]
    newest_first: bool = False
    batch: bool = True

    def answer(self, page: Page) -> Answer:
        def key(one: Envelope) -> bytes:
            return one.sent_s.to_bytes(4, "big") + one.hash

        held = {one.hash: one for one in self.envelopes}.values()
        asked = [one for one in held if page.lower_s <= one.sent_s <= page.upper_s]
        asked.sort(key=key, reverse=self.newest_first)
        if page.cursor:
            after = [
                one
                for one in asked
                if (key(one) < page.cursor if self.newest_first else key(one) > page.cursor)
            ]
            asked = after
        given = asked[: page.limit]
        packets = [packet(*given)] if self.batch and given else [one.raw for one in given]
        full = len(given) == page.limit
        cursor = key(given[-1]) if full else b""
        return Answer(packets, given[-1].hash if given else NO_HASH, cursor)


def fetch(history: History, server: Mailbox, page_count: int = 1_000) -> list[Envelope]:
    """What a history gets of a server until it is done, at fault, or had so many pages."""
    fresh = []
    for _ in range(page_count):
        answer = server.answer(history.page())
        for payload in answer.packets:
            fresh += history.receive(payload)
        history.completed(answer.last_hash, answer.cursor)
        if history.done or history.fault:
            break
    return fresh


def window(since_s: int = 0, until_s: int = 1_000, topics: tuple[bytes, ...] = ()) -> Window:
    return Window.of(since_s, until_s, topics)
