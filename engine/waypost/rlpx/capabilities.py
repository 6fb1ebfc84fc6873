"""What both ends of a connection speak (rlpx.md, "Message ID-based Multiplexing")."""

from collections.abc import Iterable
from dataclasses import dataclass

from waypost.errors import ConfigError

BASE_ID_COUNT = 0x10  # 0x00 to 0x0f are those of "p2p"
_NAME_SIZE_MAX_B = 8
_VERSION_MAX = 0xFFFFFFFF


@dataclass(frozen=True, slots=True, order=True)
class Capability:
    """A protocol over RLPx: an ASCII name of at most 8 characters, a version, and how many message
    ids it has. Raises ConfigError.
    """

    name: str
    version: int
    id_count: int

    def __post_init__(self) -> None:
        if not (self.name.isascii() and 1 <= len(self.name) <= _NAME_SIZE_MAX_B):
            raise ConfigError(f"a capability's name is 1 to {_NAME_SIZE_MAX_B} ASCII characters")
        if not (0 <= self.version <= _VERSION_MAX and 1 <= self.id_count <= 0xFFFF):
            raise ConfigError("a capability has a version of 32 bits and 1 to 65535 message ids")


@dataclass(frozen=True, slots=True)
class Shared:
    """A capability that both ends have; its message code c is message id `offset` + c."""

    capability: Capability
    offset: int


def share(ours: Iterable[Capability], theirs: Iterable[tuple[bytes, int]]) -> tuple[Shared, ...]:
    """In the order of names, of each the highest version that both have."""
    offered = set(theirs)
    best: dict[str, Capability] = {}
    for capability in sorted(ours):  # the highest version comes last
        if (capability.name.encode(), capability.version) in offered:
            best[capability.name] = capability
    shared, offset = [], BASE_ID_COUNT
    for name in sorted(best):
        shared.append(Shared(best[name], offset))
        offset += best[name].id_count
    return tuple(shared)
