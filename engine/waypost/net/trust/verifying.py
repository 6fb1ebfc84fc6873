"""What a finder needs of a registry."""

from collections.abc import Iterable
from typing import Protocol, runtime_checkable

from waypost.net.trust.bell import Bell
from waypost.trust.policy import TrustPolicy
from waypost.trust.verdict import Verdict


class Verifier(Protocol):
    """Tells which servers may be trusted: a Registry, a Mirror of one, or whatever else does."""

    async def verify(
        self,
        kind: str,
        node_ids: Iterable[bytes],
        trust: TrustPolicy | Iterable[int] | None = None,
    ) -> list[Verdict]:
        """One verdict for each node id (32 bytes), in their order.

        They come from a block that was the head after the call began. What cannot be asked makes
        them UNKNOWN.
        """


@runtime_checkable
class Ringing(Protocol):
    """A Verifier that also knows when verdicts may have changed."""

    def bell(self) -> Bell:
        """What rings when a new block may be there."""
