"""The changes of a registry, from the events of contracts/src/interfaces/IServerRegistry.sol.

Every event carries the whole new word, so the changes alone say what the registry holds now;
except a server's `list_index`, which moves without an event when another one is removed.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from waypost._ext.digest import keccak256
from waypost.errors import RpcError
from waypost.trust.words import KindWord, ProviderWord, ResourceWord

_WORD_SIZE_B = 32


@dataclass(frozen=True, slots=True)
class Place:
    """Where on the chain something is told: a block, and a log among all those of the block."""

    block_number: int
    block_hash: bytes
    log_index: int


@dataclass(frozen=True, slots=True)
class ProviderChange(Place):
    """A provider was registered, or has another word. `reason` is the curator's, 32 bytes."""

    provider_id: int
    word: ProviderWord
    reason: bytes


@dataclass(frozen=True, slots=True)
class ServerChange(Place):
    """A server was listed, changed, moved or removed.

    `kind` is its form on chain. `provider_id` is who lists it or, of one that was removed, listed
    it: the word of that one names nobody.
    """

    kind: bytes
    node_id: bytes
    provider_id: int
    word: ResourceWord


@dataclass(frozen=True, slots=True)
class KindChange(Place):
    """The limits of a kind were set. Changes of its servers are told one by one instead."""

    kind: bytes
    word: KindWord


@dataclass(frozen=True, slots=True)
class Halted(Place):
    """The registry was halted, or set going again."""

    halted: bool


@dataclass(frozen=True, slots=True)
class Deprecated(Place):
    """Another registry takes this one's place."""

    successor: bytes


@dataclass(frozen=True, slots=True)
class Rewound:
    """The chain was reorganised: what was told of blocks after this one does not hold.

    What the new blocks bring is told next, perhaps in part the same again.
    """

    block_number: int
    block_hash: bytes


Change: TypeAlias = ProviderChange | ServerChange | KindChange | Halted | Deprecated

_Decoder: TypeAlias = Callable[[Place, Sequence[bytes], Sequence[bytes]], Change]


def decode_log(place: Place, topics: Sequence[bytes], data: bytes) -> Change:
    """The change that a log of the registry tells. Raises RpcError (`bad-answer`).

    `topics` are 32 bytes each.
    """
    decoder, topic_count, size_b = _EVENTS.get(topics[0] if topics else b"", _NO_EVENT)
    if len(topics) != topic_count or len(data) < size_b:
        raise RpcError("bad-answer", "a log that is none of the events that were asked for")
    words = [data[at : at + _WORD_SIZE_B] for at in range(0, size_b, _WORD_SIZE_B)]
    return decoder(place, topics[1:], words)


def _provider(place: Place, topics: Sequence[bytes], words: Sequence[bytes]) -> ProviderChange:
    word = ProviderWord.unpack(_number(words[0]))
    return ProviderChange(*_of(place), _uint32(topics[0]), word, words[1])


def _registered(place: Place, topics: Sequence[bytes], words: Sequence[bytes]) -> ProviderChange:
    # The URI that follows is anybody's bytes, and nothing here needs it.
    return _provider(place, topics, [words[0], bytes(_WORD_SIZE_B)])


def _server(place: Place, topics: Sequence[bytes], words: Sequence[bytes]) -> ServerChange:
    kind, node_id, provider_id = topics
    word = ResourceWord.unpack(_number(words[0]))
    return ServerChange(*_of(place), kind, node_id, _uint32(provider_id), word)


def _kind(place: Place, topics: Sequence[bytes], words: Sequence[bytes]) -> KindChange:
    return KindChange(*_of(place), topics[0], KindWord.unpack(_number(words[0])))


def _halted(place: Place, topics: Sequence[bytes], words: Sequence[bytes]) -> Halted:
    return Halted(*_of(place), _below(words[0], 2) == 1)


def _deprecated(place: Place, topics: Sequence[bytes], words: Sequence[bytes]) -> Deprecated:
    return Deprecated(*_of(place), _below(words[0], 1 << 160).to_bytes(20, "big"))


# By the hash of the signature: what reads the event, its topics, and the bytes that are read.
_EVENTS: dict[bytes, tuple[_Decoder, int, int]] = {
    keccak256(signature): (decoder, topic_count, word_count * _WORD_SIZE_B)
    for signature, decoder, topic_count, word_count in (
        (b"ProviderRegistered(uint32,address,uint256,bytes32,string)", _registered, 3, 1),
        (b"ProviderChanged(uint32,uint256,bytes32)", _provider, 2, 2),
        (b"ResourceChanged(bytes32,bytes32,uint32,uint256)", _server, 4, 1),
        (b"KindChanged(bytes32,uint256)", _kind, 2, 1),
        (b"Halted(bool)", _halted, 1, 1),
        (b"Deprecated(address)", _deprecated, 1, 1),
    )
}
_NO_EVENT = (_halted, -1, 0)

EVENT_TOPICS = tuple(_EVENTS)
"""The first topics of the logs that tell changes."""


def _of(place: Place) -> tuple[int, bytes, int]:
    return place.block_number, place.block_hash, place.log_index


def _number(word: bytes) -> int:
    return int.from_bytes(word, "big")


def _uint32(word: bytes) -> int:
    return _below(word, 1 << 32)


def _below(word: bytes, bound: int) -> int:
    if (number := _number(word)) >= bound:
        raise RpcError("bad-answer", "a log with a number that its event cannot hold")
    return number
