"""Whether a node takes an envelope, and why not."""

from enum import StrEnum

from waypost._ext.acceptance import assess
from waypost._ext.bloom import FULL
from waypost._ext.envelope import Envelope
from waypost.config import WhisperConfig


class Refusal(StrEnum):
    """Why an envelope is not taken, in the order of the checks."""

    TTL_BEYOND_EXPIRY = "ttl-beyond-expiry"  # sent before 1970: go-ethereum's numbers wrap there
    NO_LIFETIME = "no-lifetime"  # a ttl of 0, over which any work is infinite
    FROM_THE_FUTURE = "from-the-future"
    VERY_OLD = "very-old"
    EXPIRED = "expired"  # a little late: dropped in silence, where the others are a peer's fault
    TOO_LARGE = "too-large"
    LOW_WORK = "low-work"
    BLOOM_MISMATCH = "bloom-mismatch"


def refusal(
    envelope: Envelope, now_s: int, config: WhisperConfig, *, bloom: bytes = FULL
) -> Refusal | None:
    """Why a node refuses an envelope at now_s (seconds since 1970), or None: it takes it.

    bloom is the filter of 64 bytes that the node announced. Raises ConfigError where it is not,
    and where the envelope's work was measured in another way than the network's.
    """
    config.check_work(envelope.work)
    (answer,) = assess(
        [envelope],
        now_s,
        skew_s_max=config.skew_s_max,
        size_max_b=config.envelope_size_max_b,
        pow_min=config.pow_min,
        bloom=bloom,
    )
    return Refusal(answer) if isinstance(answer, str) else None
