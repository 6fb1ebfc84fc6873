"""Words of servers that were read before, kept for as long as the chain shows that they hold.

Every change of a kind raises the version in its word. So words that were read at a block, the
anchor, still hold at a later block if the anchor is an ancestor of it and the kind's word is the
same at both. Equal words on two branches show nothing: each may have had its own change in the
same block. Which of the two is the case is for the reader to find out (`reading`): a shelf only
remembers. Nothing here is a verdict, so an expiry, a halt and a provider's fall count at once.
"""

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import TypeAlias

from waypost.config import RegistryConfig
from waypost.trust.verdict import Block
from waypost.trust.words import Status

_STATUS_AT = 23  # of the 32 bytes of a server's word: its bits 64 to 71
_UNLISTED = frozenset(map(int, (Status.NONE, Status.REMOVED)))

_Entry: TypeAlias = tuple[bytes, float]  # a word, and when it was read


class Shelf:
    """The words of servers of one kind, all as they are in the state after block `anchor`.

    Servers that are not listed are kept apart and for a shorter time: anybody can make up node
    ids. In each part the one that was not asked about for longest goes first. `now` is any clock
    that never goes back, in seconds.
    """

    def __init__(self, config: RegistryConfig) -> None:
        self.anchor: Block | None = None
        self.kind_word = 0
        count_max = config.cache_count_max
        self._listed = _Part(count_max, config.cache_lifetime_s)
        self._unlisted = _Part(count_max, config.cache_lifetime_unlisted_s)

    def __len__(self) -> int:
        return len(self._listed.words) + len(self._unlisted.words)

    def words_of(self, node_ids: Iterable[bytes], now: float) -> dict[bytes, bytes]:
        """The words of those of these servers that are known."""
        if not self:
            return {}
        found = {}
        for node_id in node_ids:
            word = self._listed.get(node_id, now) or self._unlisted.get(node_id, now)
            if word is not None:
                found[node_id] = word
        return found

    def keep(self, block: Block, kind_word: int, words: Mapping[bytes, bytes], now: float) -> None:
        """Takes words that were read at this block, at which those it has must hold too."""
        self.anchor, self.kind_word = block, kind_word
        listed: dict[bytes, _Entry] = {}
        unlisted: dict[bytes, _Entry] = {}
        for node_id, word in words.items():
            (unlisted if word[_STATUS_AT] in _UNLISTED else listed)[node_id] = (word, now)
        self._listed.put(listed, unlisted)
        self._unlisted.put(unlisted, listed)

    def clear(self) -> None:
        """Forgets every word."""
        self.anchor = None
        self._listed.words.clear()
        self._unlisted.words.clear()


class Cache:
    """A shelf for each kind, at most `config.cache_kind_count_max`."""

    def __init__(self, config: RegistryConfig) -> None:
        self._config = config
        self._shelves: dict[bytes, Shelf] = {}

    def __len__(self) -> int:
        return sum(map(len, self._shelves.values()))

    def shelf(self, kind: bytes) -> Shelf:
        """The shelf of a kind in its on-chain form."""
        shelf = self._shelves.pop(kind, None) or Shelf(self._config)
        self._shelves[kind] = shelf
        if len(self._shelves) > self._config.cache_kind_count_max:
            del self._shelves[next(iter(self._shelves))]
        return shelf


class _Part:
    """Words with the time at which they were read, the one used longest ago first."""

    def __init__(self, count_max: int, lifetime_s: float) -> None:
        self.words: dict[bytes, _Entry] = {}
        self._count_max = count_max
        self._lifetime_s = lifetime_s

    def get(self, node_id: bytes, now: float) -> bytes | None:
        entry = self.words.pop(node_id, None)
        if entry is None or now - entry[1] >= self._lifetime_s:
            return None
        self.words[node_id] = entry
        return entry[0]

    def put(self, entries: dict[bytes, _Entry], gone: dict[bytes, _Entry]) -> None:
        """Takes these words as those used last, and forgets those of other servers.

        A table at a time: to look up the few that are in two costs less than to ask for each.
        """
        for known in (entries.keys() & self.words.keys(), self.words.keys() & gone.keys()):
            for node_id in known:
                del self.words[node_id]
        self.words.update(entries)
        for node_id in list(islice(self.words, max(0, len(self.words) - self._count_max))):
            del self.words[node_id]
