"""The recursive lookup (discv5-theory, "Lookup"): alpha at once, ever closer to the target."""

from waypost._ext.record import ENR
from waypost._ext.xor import logdistance
from waypost.config import LookupConfig

DISTANCES_PER_QUERY = 3


class Lookup:
    """Asks the closest nodes it has heard of until the k closest of them have all been asked."""

    def __init__(self, target: bytes, seeds: list[ENR], config: LookupConfig) -> None:
        self.target = target
        self._config = config
        self._heard: dict[bytes, ENR] = {record.node_id: record for record in seeds}
        self._asked: set[bytes] = set()
        self._open: set[bytes] = set()
        self._answered: dict[bytes, ENR] = {}

    @property
    def done(self) -> bool:
        """No query is open, and none is wanted."""
        return not self._open and not self._wanted()

    def next_queries(self) -> list[tuple[ENR, list[int]]]:
        """Whom to ask now, and for which distances; each is reported by one of the on_ methods."""
        room = self._config.parallel_count_max - len(self._open)
        queries = []
        for node_id in self._wanted()[:room]:
            self._asked.add(node_id)
            self._open.add(node_id)
            queries.append((self._heard[node_id], distances(node_id, self.target)))
        return queries

    def on_nodes(self, node_id: bytes, records: list[ENR]) -> None:
        """A node has answered."""
        self._open.discard(node_id)
        self._answered[node_id] = self._heard[node_id]
        for record in records:
            self._heard.setdefault(record.node_id, record)
        closest = self._closest(self._heard, self._config.candidate_count_max)
        self._heard = {id_: self._heard[id_] for id_ in (*closest, *self._open)}

    def on_failure(self, node_id: bytes) -> None:
        """A node has not answered."""
        self._open.discard(node_id)
        self._heard.pop(node_id, None)

    def result(self) -> list[ENR]:
        """The k closest nodes that answered, closest first."""
        closest = self._closest(self._answered, self._config.result_count_max)
        return [self._answered[node_id] for node_id in closest]

    def _wanted(self) -> list[bytes]:
        if len(self._asked) >= self._config.query_count_max:
            return []
        closest = self._closest(self._heard, self._config.result_count_max)
        return [node_id for node_id in closest if node_id not in self._asked]

    def _closest(self, nodes: dict[bytes, ENR], count: int) -> list[bytes]:
        target = int.from_bytes(self.target, "big")
        return sorted(nodes, key=lambda node_id: int.from_bytes(node_id, "big") ^ target)[:count]


def distances(node_id: bytes, target: bytes) -> list[int]:
    """Where a node keeps what is closest to the target: that bucket, then the ones beside it."""
    middle = logdistance(node_id, target)
    nearest = sorted(range(1, 257), key=lambda distance: abs(distance - middle))
    return nearest[:DISTANCES_PER_QUERY]
