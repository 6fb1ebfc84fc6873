from typing import final

from waypost._ext.envelope import Envelope

@final
class Entry:
    """An envelope of a pool, and who has it."""

    known: int
    """The bits of the peers that have it."""

    def __init__(self, envelope: Envelope, pow: float, known: int, number: int) -> None: ...
    @property
    def envelope(self) -> Envelope: ...
    @property
    def pow(self) -> float:
        """The work that it had when it came."""

    @property
    def number(self) -> int:
        """Its place in the order of the pool."""
