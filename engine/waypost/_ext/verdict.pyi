from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple, NoReturn, final

from waypost.errors import RpcError

class Outcome(StrEnum):
    """The three kinds of verdict."""

    TRUSTED = "trusted"
    UNTRUSTED = "untrusted"
    UNKNOWN = "unknown"

class Reason(StrEnum):
    """Why a server is untrusted. Where several hold, the first of this list is given."""

    HALTED = "halted"
    """The whole registry is switched off."""
    NOT_LISTED = "not-listed"
    REMOVED = "removed"
    PROVIDER_NOT_TRUSTED = "provider-not-trusted"
    """It is listed by a provider that the user does not trust."""
    SERVER_PENDING = "server-pending"
    SERVER_SUSPENDED = "server-suspended"
    PROVIDER_UNKNOWN = "provider-unknown"
    PROVIDER_PENDING = "provider-pending"
    PROVIDER_SUSPENDED = "provider-suspended"
    PROVIDER_RETIRED = "provider-retired"
    EPOCH_PASSED = "epoch-passed"
    """Its provider dropped all that it had listed."""
    EXPIRED = "expired"
    PROVIDER_EXPIRED = "provider-expired"
    NOT_FINAL = "not-final"
    """It is trusted at the head, but not at the finalized block, and the user wants both."""

class Source(StrEnum):
    """Where a verdict comes from."""

    SNAPSHOT = "snapshot"
    """The registry's words."""
    PROOF = "proof"
    """The registry's words, proven against the state root of a block."""
    OWN = "own"
    """The user's own list of servers: no registry was asked."""

class Block(NamedTuple):
    """The block whose state was read. `timestamp` is the chain's clock, in seconds since 1970."""

    number: int
    hash: bytes
    timestamp: int

@final
class Verdict:
    """The verdict on one server of one kind: immutable, equal by its fields.

    `reason` is given if and only if the server is UNTRUSTED, `error` if and only if the verdict is
    UNKNOWN. `block`, `word` (the server's packed word) and `provider_id` are None where no
    registry answered.
    """

    def __init__(
        self,
        outcome: Outcome,
        node_id: bytes,
        reason: Reason | None = None,
        error: RpcError | None = None,
        provider_id: int | None = None,
        block: Block | None = None,
        word: int | None = None,
        source: Source = ...,
    ) -> None: ...
    @property
    def outcome(self) -> Outcome: ...
    @property
    def node_id(self) -> bytes:
        """32 bytes."""
    @property
    def reason(self) -> Reason | None: ...
    @property
    def error(self) -> RpcError | None: ...
    @property
    def provider_id(self) -> int | None: ...
    @property
    def block(self) -> Block | None: ...
    @property
    def word(self) -> int | None: ...
    @property
    def source(self) -> Source: ...
    @property
    def trusted(self) -> bool:
        """True only for TRUSTED: not for UNKNOWN."""
    @property
    def why(self) -> str:
        """The reason or the error in words; empty for a trusted server."""
    def __bool__(self) -> NoReturn:
        """A verdict is no bool: "unknown" is neither."""
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __reduce__(self) -> tuple[type[Verdict], tuple[object, ...]]: ...

def judge_words(
    node_ids: Sequence[bytes],
    resources: bytes,
    block: Block,
    registry: int,
    providers: Mapping[int, int],
    source: Source = ...,
) -> list[Verdict]:
    """One verdict for each node id: a server is trusted if the registry, its provider and its own
    word all say so, at the timestamp of the block.

    `resources` has 32 bytes for each node id, in the same order. `providers` holds the words of
    the providers that the user trusts, by their ids. A status that no registry of this version
    has makes the verdict UNKNOWN (`bad-answer`). Raises ConfigError if there is not one word for
    each node id.
    """
