"""What is known about one server: trusted, untrusted for a reason, or unknown because of an error.

A verdict is never a bare bool: a registry that could not be asked says nothing about a server, and
code that treats "unknown" as either answer is wrong.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, NoReturn

from waypost.errors import RpcError


class Outcome(StrEnum):
    """The three kinds of verdict."""

    TRUSTED = "trusted"
    UNTRUSTED = "untrusted"
    UNKNOWN = "unknown"


class Reason(StrEnum):
    """Why a server is untrusted. Where several hold, the first of this list is given."""

    HALTED = "halted"  # the whole registry is switched off
    NOT_LISTED = "not-listed"
    REMOVED = "removed"
    PROVIDER_NOT_TRUSTED = "provider-not-trusted"  # by a provider that the user does not trust
    SERVER_PENDING = "server-pending"
    SERVER_SUSPENDED = "server-suspended"
    PROVIDER_UNKNOWN = "provider-unknown"
    PROVIDER_PENDING = "provider-pending"
    PROVIDER_SUSPENDED = "provider-suspended"
    PROVIDER_RETIRED = "provider-retired"
    EPOCH_PASSED = "epoch-passed"  # the provider dropped all that it had listed
    EXPIRED = "expired"
    PROVIDER_EXPIRED = "provider-expired"


class Source(StrEnum):
    """Where a verdict comes from."""

    SNAPSHOT = "snapshot"  # the registry's batched read
    OWN = "own"  # the user's own list of servers: no registry was asked


class Block(NamedTuple):
    """The block whose state was read. `timestamp` is the chain's clock, in seconds since 1970."""

    number: int
    hash: bytes
    timestamp: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """The verdict on one server of one kind.

    `reason` is given if and only if the server is UNTRUSTED, `error` if and only if the verdict is
    UNKNOWN. `block`, `word` (the server's packed word) and `provider_id` are None where no
    registry answered.
    """

    outcome: Outcome
    node_id: bytes
    reason: Reason | None = None
    error: RpcError | None = None
    provider_id: int | None = None
    block: Block | None = None
    word: int | None = None
    source: Source = Source.SNAPSHOT

    @property
    def trusted(self) -> bool:
        """True only for TRUSTED: not for UNKNOWN."""
        return self.outcome is Outcome.TRUSTED

    @property
    def why(self) -> str:
        """The reason or the error in words; empty for a trusted server."""
        return str(self.reason or self.error or "")

    def __bool__(self) -> NoReturn:
        raise TypeError("a verdict is no bool: ask verdict.trusted, or compare verdict.outcome")

    def __str__(self) -> str:
        return f"{self.outcome}: {self.why}" if self.why else str(self.outcome)
