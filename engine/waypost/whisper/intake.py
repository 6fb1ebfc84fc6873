"""What becomes of envelopes: those of peers and our own, into the pool or refused."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from waypost._ext.acceptance import assess
from waypost._ext.bloom import FULL
from waypost._ext.envelope import Envelope
from waypost.config import WhisperConfig
from waypost.errors import EnvelopeError
from waypost.whisper.acceptance import Refusal
from waypost.whisper.packets import LIST_HEADER_SIZE_MAX_B, Fault, FaultCode
from waypost.whisper.peer import Peer
from waypost.whisper.pool import Pool
from waypost.whisper.terms import Terms

_POOL_FULL = "pool-full"
# Not the peer's doing: go-ethereum, whose 32 bits wrap, takes the latter two and passes them on.
_NO_FAULTS = (_POOL_FULL, Refusal.TTL_BEYOND_EXPIRY, Refusal.NO_LIFETIME)
_FAULT_SIZE_MAX_B = 64  # in the answer to a packet: a hash, a code and a name
_CLOCKS_DIFFER = (Refusal.FROM_THE_FUTURE, Refusal.VERY_OLD)


@dataclass(frozen=True, slots=True)
class Taken:
    """Of a packet of envelopes the new ones, what was refused of it and is not only late, and the
    name of what no honest peer sends, if there was any.
    """

    new: tuple[Envelope, ...]
    refused: tuple[Fault, ...] = ()
    fault: str = ""


class Intake:
    """The way into the pool. What is refused is counted by name in `refusals`."""

    def __init__(
        self, config: WhisperConfig, pool: Pool, terms: Terms, refusals: Counter[str]
    ) -> None:
        self.accepted_count = 0
        self.duplicate_count = 0
        self._config = config
        self._pool = pool
        self._terms = terms
        self._refusals = refusals
        self._told_count_max = config.packet_size_max_b // _FAULT_SIZE_MAX_B
        self._packed_size_max_b = config.packet_size_max_b - LIST_HEADER_SIZE_MAX_B

    def take(self, peer: Peer, envelopes: list[Envelope], now_s: int) -> Taken:
        """Those of a peer."""
        fresh = self._not_known(envelopes, peer.bit)
        if not fresh:
            return Taken(())
        terms = self._terms
        answers = self._assess(fresh, now_s, terms.lenient_pow_min, terms.lenient_bloom)
        pass_on_size_max_b = 0 if self._config.light else self._packed_size_max_b
        new, refused = [], []
        for envelope, answer in zip(fresh, answers, strict=True):
            if isinstance(answer, str):
                refused.append((envelope, answer))
                continue
            pass_on = len(envelope.raw) <= pass_on_size_max_b
            if self._pool.add(envelope, answer, peer.bit, pass_on=pass_on):
                new.append(envelope)
            else:
                refused.append((envelope, _POOL_FULL))
        self.accepted_count += len(new)
        return Taken(tuple(new), *self._faults(refused, peer)) if refused else Taken(tuple(new))

    def take_own(self, envelopes: Sequence[Envelope], now_s: int) -> None:
        """Ours, for every peer. Raises EnvelopeError where the network would refuse one or the
        pool is full; then none is taken.
        """
        for envelope in envelopes:
            self._config.check_work(envelope.work)
            if len(envelope.raw) > self._packed_size_max_b:
                raise EnvelopeError(Refusal.TOO_LARGE, "no packet has room for it: send less data")
        fresh = self._not_known(envelopes, 0)
        answers = self._assess(fresh, now_s, self._terms.pow_min, FULL)
        for answer in answers:
            if isinstance(answer, str):
                raise EnvelopeError(answer, "no peer would take this envelope now")
        if not self._pool.make_room(len(fresh), sum(len(each.raw) for each in fresh)):
            raise EnvelopeError(_POOL_FULL, "wait until envelopes expire, or set a larger pool")
        for envelope, pow in zip(fresh, answers, strict=True):
            self._pool.add(envelope, float(pow), 0, pass_on=True)

    def _not_known(self, envelopes: Sequence[Envelope], bit: int) -> list[Envelope]:
        """Those that are not in the pool, each once; of the others it is noted who has them."""
        entries = self._pool.entries
        fresh = {}
        for envelope in envelopes:
            entry = entries.get(envelope.hash)
            if entry is None:
                fresh[envelope.hash] = envelope
            else:
                entry.known |= bit
        self.duplicate_count += len(envelopes) - len(fresh)
        return list(fresh.values())

    def _assess(
        self, envelopes: list[Envelope], now_s: int, pow_min: float, bloom: bytes
    ) -> list[float | str]:
        return assess(
            envelopes,
            now_s,
            skew_s_max=self._config.skew_s_max,
            size_max_b=self._config.envelope_size_max_b,
            pow_min=pow_min,
            bloom=bloom,
        )

    def _faults(
        self, refused: list[tuple[Envelope, str]], peer: Peer
    ) -> tuple[tuple[Fault, ...], str]:
        """What to tell the peer, as far as a packet has room, and the first that is its fault.

        A peer that hears of it may have a clock that differs; go-ethereum hangs up on any.
        """
        told: list[Fault] = []
        fault = ""
        for envelope, why in refused:
            self._refusals[why] += 1
            if why == Refusal.EXPIRED:
                continue
            of_time = why in _CLOCKS_DIFFER
            if len(told) < self._told_count_max:
                code = FaultCode.TIME_NOT_SYNCED if of_time else FaultCode.OTHER
                told.append(Fault(envelope.hash, code, why))
            if why not in _NO_FAULTS and not (of_time and peer.confirmations):
                fault = fault or why
        return tuple(told), fault
