"""Words of servers that were read before, kept for as long as the chain shows that they hold.

Every change of a kind raises the version in its word. So words that were read at a block, the
anchor, still hold at a later block if the anchor is an ancestor of it and the kind's word is the
same at both. Equal words on two branches show nothing: each may have had its own change in the
same block. Which of the two is the case is for the reader to find out (`reading`): a shelf only
remembers. Nothing here is a verdict, so an expiry, a halt and a provider's fall count at once.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import compress, islice, takewhile

from waypost.config import RegistryConfig
from waypost.trust.reading.packed import WORD_SIZE_B, PackedWords
from waypost.trust.verdict import Block
from waypost.trust.words import Status

_STATUS_AT = 23  # of the 32 bytes of a server's word: its bits 64 to 71
_UNLISTED = frozenset(map(int, (Status.NONE, Status.REMOVED)))


class Shelf:
    """The words of servers of one kind, all as they are in the state after block `anchor`.

    Servers that are not listed are kept apart and for a shorter time: anybody can make up node
    ids. In each part the one that was not asked about for longest goes first. `now` is any clock
    that never goes back, in seconds.
    """

    def __init__(self, config: RegistryConfig) -> None:
        self.anchor: Block | None = None
        self.kind_word = 0
        self._fresh = PackedWords()
        self._fresh_at = 0.0
        count_max = config.cache_count_max
        self._listed = _Part(count_max, config.cache_lifetime_s)
        self._unlisted = _Part(count_max, config.cache_lifetime_unlisted_s)

    def __len__(self) -> int:
        self._settle()
        return len(self._listed.words) + len(self._unlisted.words)

    def words_of(self, node_ids: Sequence[bytes], now: float) -> dict[bytes, bytes]:
        """The words of those of these servers that are known."""
        self._settle()
        found = self._listed.find(node_ids, now)
        if len(found) < len(node_ids):
            found |= self._unlisted.find(node_ids, now)
        return found

    def keep(self, block: Block, kind_word: int, words: PackedWords, now: float) -> None:
        """Takes words that were read at this block, at which those it has must hold too.

        They get their places when the shelf is next used: who waits for them need not wait for it.
        """
        self._settle()
        self.anchor, self.kind_word = block, kind_word
        self._fresh, self._fresh_at = words, now

    def clear(self) -> None:
        """Forgets every word."""
        self.anchor = None
        self._fresh = PackedWords()
        self._listed.clear()
        self._unlisted.clear()

    def _settle(self) -> None:
        """Gives the words that came last their places."""
        fresh, self._fresh = self._fresh, PackedWords()
        if not fresh:
            return
        listed, unlisted = fresh.by_id, dict[bytes, bytes]()
        statuses = fresh.packed[_STATUS_AT::WORD_SIZE_B]
        if any(status in statuses for status in _UNLISTED):  # else there is nothing to take apart
            are_unlisted = [status in _UNLISTED for status in statuses]
            unlisted = dict(compress(listed.items(), are_unlisted))
            listed = {id_: word for id_, word in listed.items() if id_ not in unlisted}
        self._listed.put(listed, unlisted, self._fresh_at)
        self._unlisted.put(unlisted, listed, self._fresh_at)


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
    """Words, the one used longest ago first.

    A table at a time: whoever asks for thousands, mostly for the same ones again, would otherwise
    wait for this longer than for the node.
    """

    def __init__(self, count_max: int, lifetime_s: float) -> None:
        self.words: dict[bytes, bytes] = {}
        self._read_at: dict[bytes, float] = {}  # of the same servers, the oldest first
        self._count_max = count_max
        self._lifetime_s = lifetime_s

    def find(self, node_ids: Sequence[bytes], now: float) -> dict[bytes, bytes]:
        """The words of those of these servers that are in it, which are those used last now."""
        self._drop(
            takewhile(lambda id_: now - self._read_at[id_] >= self._lifetime_s, self._read_at)
        )
        if not self.words:
            return {}
        words = zip(node_ids, map(self.words.get, node_ids), strict=True)
        found = {id_: word for id_, word in words if word is not None}
        if len(found) == len(self.words):
            self.words = found.copy()
        else:
            for node_id in found:
                del self.words[node_id]
            self.words.update(found)
        return found

    def put(self, words: Mapping[bytes, bytes], gone: Mapping[bytes, bytes], now: float) -> None:
        """Takes these words as those used last, and forgets those of other servers."""
        self._drop(words.keys() & self.words.keys())
        self._drop(gone.keys() & self.words.keys())
        self.words.update(words)
        self._read_at.update(dict.fromkeys(words, now))
        self._drop(islice(self.words, max(0, len(self.words) - self._count_max)))

    def clear(self) -> None:
        self.words.clear()
        self._read_at.clear()

    def _drop(self, node_ids: Iterable[bytes]) -> None:
        for node_id in list(node_ids):
            del self.words[node_id], self._read_at[node_id]
