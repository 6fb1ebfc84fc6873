from typing import final

from waypost._ext.codec import Codec

@final
class Challenge:
    """One WHOAREYOU that is waiting for its handshake."""

@final
class Challenges:
    """Open challenges, bounded in count, per Internet address and in time (discv5-theory,
    "Handshake").
    """

    def __init__(
        self,
        codec: Codec,
        count_max: int,
        per_ip_count_max: int,
        resend_count_max: int,
        lifetime_s: float,
    ) -> None: ...
    def __len__(self) -> int: ...
    @property
    def count_max(self) -> int: ...
    @property
    def per_ip_count_max(self) -> int: ...
    @property
    def resend_count_max(self) -> int: ...
    @property
    def lifetime_s(self) -> float: ...
    @property
    def sent(self) -> int: ...
    @property
    def resent(self) -> int: ...
    @property
    def refused(self) -> int: ...
