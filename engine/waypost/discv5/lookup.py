"""Recursive lookup (discv5-theory, "Lookup"): whom to ask next for the nodes closest to a target.

A candidate is a node that the lookup was told of. It is heard of, then asked, then it has
answered or failed; one that failed is out for good. The lookup only ever looks at the k closest
candidates that have not failed: it asks those it has not asked yet, the closest first, alpha at a
time, and is done when each of the k has answered. It ends sooner only when `query_count_max` nodes
were asked, which is how it gets away from liars who always know somebody closer.
"""

from bisect import insort
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, auto

from waypost._ext.record import ENR
from waypost._ext.xor import logdistance
from waypost.config import LookupConfig

# In one FINDNODE. The answer holds 16 records, the first distance's first: in a large network the
# others add nothing, in one of a few nodes three of them would often miss everybody.
_DISTANCE_COUNT = 10


class _State(Enum):
    HEARD = auto()
    ASKED = auto()
    ANSWERED = auto()
    FAILED = auto()


@dataclass(slots=True, eq=False)
class _Candidate:
    record: ENR
    distance: int  # to the target
    state: _State = _State.HEARD


def query_distances(target: bytes, node_id: bytes) -> tuple[int, ...]:
    """The log distances at which a node keeps what is close to target: d, d + 1, d - 1, ..."""
    d = logdistance(target, node_id)
    steps = (sign * away for away in range(1, _DISTANCE_COUNT + 1) for sign in (1, -1))
    outward = (d, *(d + step for step in steps))
    return tuple(near for near in outward if 1 <= near <= 256)[:_DISTANCE_COUNT]


class Lookup:
    """One lookup without I/O: take `next_queries`, report how each of them ended, until `done`.

    `target` is a node id of 32 bytes. The caller leaves our own node out of what it reports.
    """

    def __init__(self, target: bytes, seeds: Iterable[ENR], config: LookupConfig) -> None:
        self.target = target
        self._point = int.from_bytes(target)
        self._config = config
        self._candidates: dict[bytes, _Candidate] = {}
        self._ranking: list[_Candidate] = []  # all that have not failed, the closest first
        self._asked_count = 0
        self._open_count = 0
        for record in seeds:
            self._hear_of(record)

    @property
    def done(self) -> bool:
        """Whether nothing is left to ask or to wait for. Once true, it stays so."""
        nearest = self._nearest()
        if any(candidate.state is _State.ASKED for candidate in nearest):
            return False
        spent = self._asked_count == self._config.query_count_max
        return spent or all(candidate.state is _State.ANSWERED for candidate in nearest)

    @property
    def found(self) -> ENR | None:
        """The record of the target itself, if anybody told of it, whether or not it answered."""
        candidate = self._candidates.get(self.target)
        return None if candidate is None else candidate.record

    def result(self) -> list[ENR]:
        """Up to `result_count_max` nodes that answered, the closest first."""
        answered = [each.record for each in self._ranking if each.state is _State.ANSWERED]
        return answered[: self._config.result_count_max]

    def next_queries(self) -> list[tuple[ENR, tuple[int, ...]]]:
        """Whom to send a FINDNODE now, and for which distances.

        Each node is handed out once and counts as being asked until `on_nodes` or `on_failure`.
        """
        queries = []
        for candidate in self._nearest():
            if (
                self._open_count == self._config.parallel_count_max
                or self._asked_count == self._config.query_count_max
            ):
                break
            if candidate.state is _State.HEARD:
                candidate.state = _State.ASKED
                self._asked_count += 1
                self._open_count += 1
                record = candidate.record
                queries.append((record, query_distances(self.target, record.node_id)))
        return queries

    def on_nodes(self, node_id: bytes, records: Iterable[ENR]) -> None:
        """A node answered with these records; one at a distance not asked for is dropped."""
        candidate = self._closed(node_id)
        if candidate is not None:
            candidate.state = _State.ANSWERED
            distances = query_distances(self.target, node_id)
            for record in records:
                if logdistance(node_id, record.node_id) in distances:
                    self._hear_of(record)

    def on_failure(self, node_id: bytes) -> None:
        """A node did not answer, or could not be asked."""
        candidate = self._closed(node_id)
        if candidate is not None:
            candidate.state = _State.FAILED
            self._ranking.remove(candidate)

    def _nearest(self) -> list[_Candidate]:
        return self._ranking[: self._config.result_count_max]

    def _closed(self, node_id: bytes) -> _Candidate | None:
        """The candidate whose query has ended; None where that does not matter (any more)."""
        candidate = self._candidates.get(node_id)
        if candidate is None or candidate.state is not _State.ASKED or self.done:
            return None
        self._open_count -= 1
        return candidate

    def _hear_of(self, record: ENR) -> None:
        known = self._candidates.get(record.node_id)
        if known is not None:
            if record.seq > known.record.seq:
                known.record = record
            return
        candidate = _Candidate(record, self._point ^ int.from_bytes(record.node_id))
        self._candidates[record.node_id] = candidate
        insort(self._ranking, candidate, key=_distance_of)
        if len(self._ranking) > self._config.candidate_count_max:
            self._forget_the_farthest()

    def _forget_the_farthest(self) -> None:
        """Among those merely heard of: there is one, since fewer may be asked than are kept."""
        for i in range(len(self._ranking) - 1, -1, -1):
            candidate = self._ranking[i]
            if candidate.state is _State.HEARD:
                del self._ranking[i]
                del self._candidates[candidate.record.node_id]
                break


def _distance_of(candidate: _Candidate) -> int:
    return candidate.distance
