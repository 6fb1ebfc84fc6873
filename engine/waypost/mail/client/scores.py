"""Which servers are asked next, by how each has done so far."""

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from math import exp2

from waypost.config import MailClientConfig

_LIE = 4.0  # penalties: what a lie counts beside a failure that can befall anyone
_FAILURE = 1.0
_UNASKED = 0.05  # for each envelope that was not asked for
_EQUAL = 0.5  # servers that differ by less are chosen from at random


@dataclass(slots=True)
class _Score:
    penalty: float = 0.0
    at: float = 0.0  # when the penalty was that
    failure_count: int = 0  # in a row
    free_at: float = 0.0  # it is left alone until then


class Scores:
    """Penalties that halve with time, and a pause after each failure that doubles with the next.

    Servers are named by their node ids; `now` is in seconds, of any clock that does not go back.
    The longest unheard of makes room for a new one.
    """

    def __init__(self, config: MailClientConfig) -> None:
        self._config = config
        self._scores: OrderedDict[bytes, _Score] = OrderedDict()

    def penalty(self, server: bytes, now: float) -> float:
        """0 for one that did nothing wrong, or that we know nothing of."""
        score = self._scores.get(server)
        if score is None:
            return 0.0
        return score.penalty * exp2((score.at - now) / self._config.penalty_half_life_s)

    def free_at(self, server: bytes) -> float:
        """Until when it is left alone."""
        score = self._scores.get(server)
        return score.free_at if score else 0.0

    def failed(self, server: bytes, now: float, *, lie: bool = False) -> None:
        """It failed a request, or lied."""
        score = self._penalise(server, _LIE if lie else _FAILURE, now)
        doubled_s = self._config.backoff_min_s * exp2(min(score.failure_count, 30))
        score.failure_count += 1
        score.free_at = now + min(doubled_s, self._config.backoff_max_s)

    def gave_unasked(self, server: bytes, count: int, now: float) -> None:
        """It delivered so many envelopes that were not asked for."""
        if count:
            self._penalise(server, _UNASKED * count, now)

    def did_well(self, server: bytes) -> None:
        """It served a request whole: the next failure is its first one."""
        if score := self._scores.get(server):
            score.failure_count = 0

    def best(self, servers: Iterable[bytes], now: float) -> list[bytes]:
        """Those that may be asked now and are as good as the best one: choose at random."""
        penalties = {
            server: self.penalty(server, now) for server in servers if self.free_at(server) <= now
        }
        least = min(penalties.values(), default=0.0)
        return [server for server, penalty in penalties.items() if penalty < least + _EQUAL]

    def _penalise(self, server: bytes, penalty: float, now: float) -> _Score:
        total = self.penalty(server, now) + penalty
        score = self._scores.setdefault(server, _Score())
        self._scores.move_to_end(server)
        if len(self._scores) > self._config.score_count_max:
            self._scores.popitem(last=False)
        score.penalty, score.at = total, now
        return score
