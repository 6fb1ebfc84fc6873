"""The registry's words: one 32-byte fact for each server, provider and kind, and one for the
registry itself.

A word is an unsigned 256-bit integer with its fields packed low bit first. The layouts are those
of `contracts/src/` and never change: a registry that needs others has another version.
"""

from collections.abc import Iterable, Iterator
from enum import IntEnum
from typing import NamedTuple

from waypost.errors import ConfigError

REGISTRY_VERSION = 1

_RESOURCE_WIDTHS = (32, 32, 8, 24, 40, 40, 48, 32)
_PROVIDER_WIDTHS = (160, 8, 32, 40, 16)
_REGISTRY_WIDTHS = (16, 8, 32, 64)
_KIND_WIDTHS = (64, 64, 40, 40, 16)


class Status(IntEnum):
    """The state of a provider or of a server."""

    NONE = 0
    PENDING = 1
    ACTIVE = 2
    SUSPENDED = 3
    REMOVED = 4  # a tombstone: the nonce stays, so that an old signature is void
    CHALLENGED = 5


class ResourceWord(NamedTuple):
    """One server of one kind. Times are in seconds since 1970; `expires_at` 0 means never."""

    provider_id: int = 0
    epoch: int = 0
    status: int = 0
    flags: int = 0
    registered_at: int = 0
    expires_at: int = 0
    nonce: int = 0
    list_index: int = 0  # place in the kind's list: moves when another server is removed

    @classmethod
    def unpack(cls, word: int) -> "ResourceWord":
        return cls(*_split(word, _RESOURCE_WIDTHS))

    def pack(self) -> int:
        return _join(self, _RESOURCE_WIDTHS)


class ProviderWord(NamedTuple):
    """One provider. `owner` is an Ethereum address as an integer; `valid_until` 0: for ever."""

    owner: int = 0
    status: int = 0
    epoch: int = 0
    valid_until: int = 0
    flags: int = 0

    @classmethod
    def unpack(cls, word: int) -> "ProviderWord":
        return cls(*_split(word, _PROVIDER_WIDTHS))

    def pack(self) -> int:
        return _join(self, _PROVIDER_WIDTHS)


class RegistryWord(NamedTuple):
    """The registry as a whole. `halted` other than 0 means that nothing in it is to be trusted."""

    version: int = 0
    halted: int = 0
    provider_count: int = 0
    deploy_block: int = 0

    @classmethod
    def unpack(cls, word: int) -> "RegistryWord":
        return cls(*_split(word, _REGISTRY_WIDTHS))

    def pack(self) -> int:
        return _join(self, _REGISTRY_WIDTHS)


class KindWord(NamedTuple):
    """One kind: a counter of the changes of its servers, and the limits of their lifetimes."""

    version: int = 0
    last_block: int = 0
    ttl_s_min: int = 0
    ttl_s_max: int = 0
    flags: int = 0

    @classmethod
    def unpack(cls, word: int) -> "KindWord":
        return cls(*_split(word, _KIND_WIDTHS))

    def pack(self) -> int:
        return _join(self, _KIND_WIDTHS)


def _split(word: int, widths: Iterable[int]) -> Iterator[int]:
    for width in widths:
        yield word & ((1 << width) - 1)
        word >>= width


def _join(fields: Iterable[int], widths: Iterable[int]) -> int:
    word = shift = 0
    for field, width in zip(fields, widths, strict=True):
        if not 0 <= field < 1 << width:
            raise ConfigError(f"{field} does not fit into the {width} bits of its field")
        word |= field << shift
        shift += width
    return word
