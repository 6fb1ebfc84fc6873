"""Whether a node takes an envelope: the rules of go-ethereum's `Whisper.add`, in its order.

Two come before them: a ttl of 0, which would pass for infinite work, and one beyond the expiry,
where go-ethereum's numbers wrap. No honest sender makes either.
"""

from enum import StrEnum

from waypost._ext.bloom import FULL
from waypost._ext.envelope import Envelope
from waypost.config import WhisperConfig


class Refusal(StrEnum):
    """Why an envelope is not taken."""

    TTL_BEYOND_EXPIRY = "ttl-beyond-expiry"  # sent before 1970: go-ethereum's numbers wrap there
    NO_LIFETIME = "no-lifetime"  # a ttl of 0, over which any work is infinite
    FROM_THE_FUTURE = "from-the-future"
    VERY_OLD = "very-old"
    EXPIRED = "expired"  # a little late: dropped in silence, where the others are a peer's fault
    TOO_LARGE = "too-large"
    LOW_WORK = "low-work"
    BLOOM_MISMATCH = "bloom-mismatch"


def refusal(
    envelope: Envelope,
    now_s: int,
    config: WhisperConfig,
    *,
    bloom: bytes = FULL,
    pow_min: float | None = None,
) -> Refusal | None:
    """Why a node refuses an envelope at now_s (seconds since 1970), or None: it takes it.

    bloom is the filter of 64 bytes that the node announced, pow_min its least work where that is
    not config's. Raises ConfigError where the bloom is none, and where the envelope's work was
    measured in another way than the network's.
    """
    config.check_work(envelope.work)
    if envelope.sent_s < 0:
        return Refusal.TTL_BEYOND_EXPIRY
    if envelope.ttl_s == 0:
        return Refusal.NO_LIFETIME
    if envelope.sent_s - config.skew_s_max > now_s:
        return Refusal.FROM_THE_FUTURE
    if envelope.expiry_s < now_s:
        late_s = now_s - envelope.expiry_s
        return Refusal.VERY_OLD if late_s > 2 * config.skew_s_max else Refusal.EXPIRED
    if envelope.size_b > config.envelope_size_max_b:
        return Refusal.TOO_LARGE
    if envelope.pow_at(now_s) < (config.pow_min if pow_min is None else pow_min):
        return Refusal.LOW_WORK
    return None if envelope.matches(bloom) else Refusal.BLOOM_MISMATCH
