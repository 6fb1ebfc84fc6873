"""Oversight: what the curator and the guardian do with providers and kinds."""

from waypost.errors import ConfigError
from waypost.net.trust.administration.base import Acts
from waypost.trust.kind import kind_word
from waypost.trust.words import Status

_REASON_SIZE_MAX_B = 32


class Oversight(Acts):
    """What curator and guardian are for. A `reason` is at most 32 ASCII characters."""

    async def activate_provider(self, provider_id: int, reason: str = "") -> None:
        """Curator: vouches for a provider."""
        await self.set_provider_status(provider_id, Status.ACTIVE, reason)

    async def set_provider_status(
        self, provider_id: int, status: Status, reason: str = ""
    ) -> None:
        """Curator: makes a provider pending, active, suspended or challenged."""
        await self._transact("setProviderStatus", provider_id, status, reason_word(reason))

    async def suspend_provider(self, provider_id: int, reason: str = "") -> None:
        """Guardian: suspends a provider. Only the curator restores it."""
        await self._transact("suspendProvider", provider_id, reason_word(reason))

    async def set_kind(self, kind: str, ttl_s_min: int, ttl_s_max: int, flags: int = 0) -> None:
        """Curator: limits how long listings of a kind last, in seconds; a maximum of 0 is none."""
        await self._transact("setKind", kind_word(kind), ttl_s_min, ttl_s_max, flags)


def reason_word(reason: str) -> bytes:
    """A reason as it goes on chain, 32 bytes. Raises ConfigError."""
    if len(reason) > _REASON_SIZE_MAX_B or not reason.isascii():
        raise ConfigError(f"a reason is at most 32 ASCII characters: {reason!r} is not")
    return reason.encode("ascii").ljust(_REASON_SIZE_MAX_B, b"\0")
