"""What is not taken of what a server delivers, and why a server is left."""

from enum import StrEnum

from waypost._ext.envelope import Envelope
from waypost.mail.client.window import Window


class Refusal(StrEnum):
    """Why an envelope is not taken."""

    OUT_OF_RANGE = "out-of-range"  # sent at a time that was not asked for
    OUT_OF_ORDER = "out-of-order"  # sent at a time of which the server had given all
    WRONG_TOPIC = "wrong-topic"
    SURPLUS = "surplus"  # not of the topics, but of their bloom: many servers look no closer
    LOW_WORK = "low-work"
    NO_LIFETIME = "no-lifetime"  # a ttl of 0, over which any work is infinite
    REPEATED = "repeated"  # the same server gave it before


class Fault(StrEnum):
    """Why a server is left for another one."""

    UNREACHABLE = "unreachable"
    CLOSED = "closed"  # the connection ended
    SLOW = "slow"
    REFUSED = "refused"  # it answered that it does not serve the request
    REVOKED = "revoked"  # it is trusted no more
    MALFORMED = "malformed"
    UNASKED = "unasked"  # too much that was not asked for
    BEYOND_LIMIT = "beyond-limit"  # more in a page than was asked for
    LAST_HASH = "last-hash"  # its page ends with an envelope that it did not give
    STUCK_CURSOR = "stuck-cursor"  # the next page is the same one
    ENDLESS = "endless"  # page after page without anything new
    CROWDED = "crowded"  # more in one second than can be told from repetitions

    @property
    def lie(self) -> bool:
        """No honest server does it, whatever befalls it."""
        return self in _LIES


_LIES = frozenset(
    {
        Fault.MALFORMED,
        Fault.UNASKED,
        Fault.BEYOND_LIMIT,
        Fault.LAST_HASH,
        Fault.STUCK_CURSOR,
        Fault.ENDLESS,
        Fault.CROWDED,
    }
)


def inspect(
    envelope: Envelope, window: Window, lower_s: int, upper_s: int, pow_min: float
) -> Refusal | None:
    """Why an envelope is not taken as an answer for the times lower_s to upper_s, or None."""
    if not lower_s <= envelope.sent_s <= upper_s:
        return Refusal.OUT_OF_RANGE
    if window.topics and envelope.topic not in window.topics:
        return Refusal.SURPLUS if envelope.matches(window.bloom) else Refusal.WRONG_TOPIC
    if not (window.topics or window.everything or envelope.matches(window.bloom)):
        return Refusal.WRONG_TOPIC
    if envelope.ttl_s == 0:
        return Refusal.NO_LIFETIME
    return Refusal.LOW_WORK if envelope.pow < pow_min else None
