"""Words of servers from a shelf, and beside them those that are read."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from waypost.errors import RpcError
from waypost.trust.exchange import Exchange
from waypost.trust.reading.cache import Shelf
from waypost.trust.reading.ladder.facts import Facts, agreeing
from waypost.trust.reading.ladder.rung import Part
from waypost.trust.reading.packed import PackedWords
from waypost.trust.reading.snapshot import Snapshot
from waypost.trust.verdict import Block


class Known(NamedTuple):
    """Facts at one block. Each server has a word (32 bytes) or a failure.

    `kept_count` of the words were on the shelf.
    """

    chain_id: int
    block: Block
    registry: int
    providers: Mapping[int, int]
    words: PackedWords
    failures: Mapping[bytes, RpcError]
    kept_count: int


def known_in(facts: Facts, node_ids: Sequence[bytes]) -> Known:
    """What is known of these servers by facts that were read about them."""
    words, failures = _words_in(facts, node_ids)
    snapshot = next(iter(_snapshots(facts)), None)
    if snapshot is None:
        return Known(facts.chain_id, facts.block, 0, {}, PackedWords(), failures, 0)
    providers = dict(zip(facts.provider_ids, snapshot.providers, strict=True))
    return Known(facts.chain_id, facts.block, snapshot.registry, providers, words, failures, 0)


class Shelved:
    """What is known of servers (each named once) before they are read, and after.

    The shelf must not be in use by another read. `now` is as for the shelf.
    """

    def __init__(self, shelf: Shelf, node_ids: Sequence[bytes], now: float) -> None:
        self._shelf = shelf
        self._node_ids = node_ids
        self._now = now
        self._known = shelf.words_of(node_ids, now)

    def missing(self) -> list[bytes]:
        """The servers that are to be read."""
        if not self._known:
            return list(self._node_ids)
        if len(self._known) == len(self._node_ids):
            return []
        return [node_id for node_id in self._node_ids if node_id not in self._known]

    def forget(self) -> list[bytes]:
        """Empties the shelf. Returns those of the servers whose words were on it."""
        self._shelf.clear()
        known, self._known = self._known, {}
        return list(known)

    def completed(
        self,
        facts: Facts,
        asked: Sequence[bytes],
        holds: bool,
        read: Callable[[Sequence[bytes]], Exchange[list[Part[Snapshot]]]],
    ) -> Exchange[Known]:
        """All that is known once there are facts about the servers that were missing.

        `holds` is whether the shelf's anchor is their block or an ancestor of it. If it is not, or
        the kind has changed since, the others are read at that block, too, by `read`.
        """
        kinds = {one.kind for one in _snapshots(facts)}
        if kinds and (not holds or kinds - {self._shelf.kind_word}):
            changed = self.forget()
            if changed:
                more = yield from read(changed)
                parts = agreeing(facts.parts + [_moved(part, len(asked)) for part in more])
                facts, asked = facts._replace(parts=parts), [*asked, *changed]
        return self._noted(facts, asked)

    def _noted(self, facts: Facts, asked: Sequence[bytes]) -> Known:
        """All that is known now; the shelf gets what is new."""
        read, kept = known_in(facts, asked), self._known
        snapshot = next(iter(_snapshots(facts)), None)
        if snapshot is None:  # so what was known cannot be shown to hold
            cause = next(part.found for part in facts.parts if isinstance(part.found, RpcError))
            return read._replace(failures={**read.failures, **dict.fromkeys(kept, cause)})
        self._shelf.keep(facts.block, snapshot.kind, read.words, self._now)
        if not kept:
            return read
        words = PackedWords.of({**kept, **read.words.by_id})
        return read._replace(words=words, kept_count=len(kept))


def _words_in(
    facts: Facts, node_ids: Sequence[bytes]
) -> tuple[PackedWords, dict[bytes, RpcError]]:
    """The words of the servers that facts are about, and the failures of the others."""
    able: list[bytes] = []
    packed: list[bytes] = []
    failures: dict[bytes, RpcError] = {}
    for start, stop, found in facts.parts:
        ids = node_ids[start:stop]
        if isinstance(found, RpcError):
            failures |= dict.fromkeys(ids, found)
        else:
            able += ids
            packed.append(found.resources)
    return PackedWords(able, b"".join(packed)), failures


def _snapshots(facts: Facts) -> list[Snapshot]:
    return [part.found for part in facts.parts if isinstance(part.found, Snapshot)]


def _moved(part: Part[Snapshot], by: int) -> Part[Snapshot]:
    return part._replace(start=part.start + by, stop=part.stop + by)
