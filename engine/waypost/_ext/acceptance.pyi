"""Whether a node takes envelopes: the rules of go-ethereum's `Whisper.add`, in its order.

Two come before them: a ttl of 0, which would pass for infinite work, and one beyond the expiry,
where go-ethereum's numbers wrap. No honest sender makes either.
"""

from waypost._ext.envelope import Envelope

REFUSALS: tuple[str, ...]
"""Why an envelope is not taken, in the order of the checks."""

def assess(
    envelopes: list[Envelope],
    now_s: int,
    *,
    skew_s_max: int,
    size_max_b: int,
    pow_min: float,
    bloom: bytes,
) -> list[float | str]:
    """Of each envelope the work that it has at now_s (seconds since 1970), or one of REFUSALS.

    The work of one from the future is less than its own: its ttl counts from now. bloom is the
    node's filter, 64 bytes; raises ConfigError where it is not.
    """
