"""What a finder has seen: each candidate's newest record and verdict, bounded; and the one-line
account of it.
"""

from collections import Counter, OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass

from waypost._ext.record import ENR
from waypost.trust.verdict import Outcome, Source, Verdict

_REASONS_SHOWN_MAX = 4


@dataclass(frozen=True, slots=True)
class TrustedServer:
    """A server that may be used: its verified record, and the verdict that says why."""

    record: ENR
    verdict: Verdict

    @property
    def node_id(self) -> bytes:
        """32 bytes."""
        return self.record.node_id

    @property
    def provider_id(self) -> int | None:
        """Who runs it; None for the user's own."""
        return self.verdict.provider_id

    @property
    def own(self) -> bool:
        """One of the user's own servers: trusted whatever the registry says."""
        return self.verdict.source is Source.OWN


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a new verdict on a candidate means."""

    record: ENR
    changed: bool
    """The outcome or its reason is another one than before."""
    revoked: TrustedServer | None
    """The server as it was trusted, where it was and now is not."""


@dataclass(slots=True)
class _Candidate:
    record: ENR
    verdict: Verdict | None = None
    judged_at: float = float("-inf")  # when the verdict was asked for
    vouched: Verdict | None = None  # the last TRUSTED verdict; UNKNOWN does not take it back

    def is_ahead_of(self, verdict: Verdict, asked_at: float) -> bool:
        mine = None if self.verdict is None else self.verdict.block
        other = verdict.block
        if mine is None or other is None:
            return False
        return asked_at < self.judged_at and other.number < mine.number


class Candidates:
    """Candidates by node id, in the order they were last judged; the longest unjudged makes room
    for a new one.

    A server that is trusted, or was when the registry last answered, is never pushed out: whoever
    announces ten thousand impostors gains nothing.
    """

    def __init__(self, count_max: int) -> None:
        self._count_max = count_max
        self._known: OrderedDict[bytes, _Candidate] = OrderedDict()
        self._offered_count = 0

    def __len__(self) -> int:
        return len(self._known)

    def offer(self, record: ENR) -> bool:
        """A candidate was found. True: it is a new one, and waits for a verdict.

        Of a known one the newer record is kept: it may have moved.
        """
        known = self._known.get(record.node_id)
        if known is not None:
            if record.seq > known.record.seq:
                known.record = record
            return False
        self._offered_count += 1
        if len(self._known) >= self._count_max and not self._make_room():
            return False
        self._known[record.node_id] = _Candidate(record)
        return True

    def judge(self, verdict: Verdict, asked_at: float) -> Judgement | None:
        """Keep a verdict, and say what it means; None for a candidate that is gone, or where a
        later question had an answer from a later block: it has overtaken this one.
        """
        candidate = self._known.get(verdict.node_id)
        if candidate is None or candidate.is_ahead_of(verdict, asked_at):
            return None
        previous, vouched = candidate.verdict, candidate.vouched
        candidate.verdict, candidate.judged_at = verdict, asked_at
        self._known.move_to_end(verdict.node_id)
        if verdict.outcome is not Outcome.UNKNOWN:
            candidate.vouched = verdict if verdict.trusted else None
        lost = vouched is not None and verdict.outcome is Outcome.UNTRUSTED
        return Judgement(
            candidate.record,
            previous is None or (previous.outcome, previous.why) != (verdict.outcome, verdict.why),
            TrustedServer(candidate.record, vouched) if vouched is not None and lost else None,
        )

    def trusted(self) -> list[TrustedServer]:
        """Every candidate whose last verdict is TRUSTED."""
        return [
            TrustedServer(candidate.record, candidate.verdict)
            for candidate in self._known.values()
            if candidate.verdict is not None and candidate.verdict.trusted
        ]

    def stale(self, outcomes: Iterable[Outcome], before: float) -> list[bytes]:
        """The node ids of candidates with such a verdict from before a time."""
        wanted = set(outcomes)
        return [
            node_id
            for node_id, candidate in self._known.items()
            if candidate.verdict is not None
            and candidate.verdict.outcome in wanted
            and candidate.judged_at <= before
        ]

    def account(self) -> str:
        """What was seen: `9 candidates: 3 trusted, 4 untrusted (3 not-listed, 1 removed), 2
        unknown (...)`.
        """
        if not self._known:
            return "no candidate"
        outcomes: Counter[str] = Counter()
        reasons: dict[str, Counter[str]] = {}
        for candidate in self._known.values():
            verdict = candidate.verdict
            outcome = "waiting for the registry" if verdict is None else verdict.outcome.value
            outcomes[outcome] += 1
            if verdict is not None and verdict.why:
                reasons.setdefault(outcome, Counter())[verdict.why] += 1
        count, kept = self._offered_count, len(self._known)
        whole = f"{count} candidate{'s' if count > 1 else ''}"
        part = f", of the {kept} kept" if kept < count else ""
        parts = [_part(outcome, number, reasons) for outcome, number in outcomes.most_common()]
        return f"{whole}{part}: {', '.join(parts)}"

    def _make_room(self) -> bool:
        for node_id, candidate in self._known.items():
            if candidate.verdict is not None and candidate.vouched is None:
                del self._known[node_id]
                return True
        return False


def _part(outcome: str, number: int, reasons: dict[str, Counter[str]]) -> str:
    why = ", ".join(
        f"{count} {reason}"
        for reason, count in reasons.get(outcome, Counter()).most_common(_REASONS_SHOWN_MAX)
    )
    return f"{number} {outcome} ({why})" if why else f"{number} {outcome}"
