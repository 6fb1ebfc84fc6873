"""Goes down the ladder: asks about many items at one block, in the fastest way the node has.

The first request is the probe. A rung that the node lacks is remembered, and its items go to the
next one; a failure of transport says nothing about a rung. Items that are too many for one request
are asked about again in smaller ones, at the same block; one that is too much on its own goes down
a rung. When the node wants to be left alone, or a whole round was in vain, what is left fails with
that cause: a caller who asks again later profits from what was learned.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from typing import Generic, NamedTuple

from waypost.config import RegistryConfig
from waypost.errors import RpcError
from waypost.trust.exchange import Answer, Exchange
from waypost.trust.reading.ladder.faults import Fault, fault_of, is_unreadable
from waypost.trust.reading.ladder.learned import Learned, Limit
from waypost.trust.reading.ladder.rung import Found, Item, Part, Rung
from waypost.trust.verdict import Block


class _Span(NamedTuple):
    """Items still to be asked about, on no rung above this one."""

    start: int
    stop: int
    rung_index: int = 0
    error: RpcError | None = None  # what sent them down a rung that works for others

    @property
    def size(self) -> int:
        return self.stop - self.start


def climb(
    learned: Learned,
    block: Block,
    rungs: Sequence[Rung[Item, Found]],
    items: Sequence[Item],
    config: RegistryConfig,
) -> Exchange[list[Part[Found]]]:
    """What was found about the items at this block: parts that cover them all, in their order.

    Where there are no items, what comes along with any is asked for: one part, from 0 to 0.
    Never raises: a part that could not be read holds the RpcError. If the block has left the chain
    (Fault.GONE) nothing more is asked.
    """
    return _Climb(learned, block, rungs, items, config).run()


class _Climb(Generic[Item, Found]):
    def __init__(
        self,
        learned: Learned,
        block: Block,
        rungs: Sequence[Rung[Item, Found]],
        items: Sequence[Item],
        config: RegistryConfig,
    ) -> None:
        self._learned = learned
        self._block = block
        self._rungs = rungs
        self._items = items
        self._config = config
        self._pending = deque([_Span(0, len(items))])
        self._parts: list[Part[Found]] = []
        self._patient = True  # unless the last round was nothing but timeouts

    def run(self) -> Exchange[list[Part[Found]]]:
        while self._pending:
            first = self._pending[0]
            index = self._usable(first.rung_index)
            if index is None:
                self._fail(self._pending.popleft(), first.error or self._unsupported())
                continue
            rung = self._rungs[index]
            limit = self._learned.limit(rung.name, self._config.chunk_count_max)
            known = rung.name in self._learned.present
            width = self._config.connection_count_max if known else 1  # the first is the probe
            spans = list(self._take(index, min(limit.size, rung.item_count_max), width))
            answers = yield [rung.ask(self._block, self._of(span)) for span in spans]
            self._digest(rung, limit, spans, answers)
        if self._usable(0) is None:
            self._learned.forget()  # the next climb tries them all again
        return sorted(self._parts, key=lambda part: part.start)

    def _usable(self, index: int) -> int | None:
        """The first rung from this one on that the node is not known to lack."""
        names = enumerate(rung.name for rung in self._rungs)
        return next((i for i, n in names if i >= index and n not in self._learned.lacking), None)

    def _take(self, index: int, size: int, width: int) -> Iterator[_Span]:
        """The spans of one round, at most `width`, each shorter than the one before.

        So no answer fits the question of another one in the round, and a node or a proxy that
        mixes them up is noticed.
        """
        for _ in range(width):
            if not size or not self._pending or self._usable(self._pending[0].rung_index) != index:
                return
            span = self._pending.popleft()
            middle = min(span.stop, span.start + size)
            if middle < span.stop:
                self._pending.appendleft(span._replace(start=middle))
            yield span._replace(stop=middle, rung_index=index)
            size = middle - span.start - 1

    def _digest(
        self,
        rung: Rung[Item, Found],
        limit: Limit,
        spans: Sequence[_Span],
        answers: Sequence[Answer],
    ) -> None:
        again: list[_Span] = []
        errors: list[RpcError] = []
        for span, answer in zip(spans, answers, strict=True):
            found: Found | RpcError
            try:
                found = rung.read(self._block, self._of(span), answer)
            except RpcError as error:
                error.__traceback__ = error.__context__ = None  # whoever keeps it keeps no frames
                errors.append(error)
                if retried := self._retry(rung, limit, span, error):
                    again.append(retried)
                    continue
                found = error
            else:
                self._learned.present.add(rung.name)
                limit.carried(span.size)
            self._parts.append(Part(span.start, span.stop, found))
        self._pending.extendleft(reversed(again))
        faults = {fault_of(error) for error in errors}
        self._patient = faults != {Fault.SLOW} or len(errors) < len(spans)
        in_vain = len(errors) == len(spans) and not again
        if errors and (in_vain or faults & {Fault.GONE, Fault.BUSY}):
            while self._pending:
                self._fail(self._pending.popleft(), errors[-1])

    def _retry(
        self, rung: Rung[Item, Found], limit: Limit, span: _Span, error: RpcError
    ) -> _Span | None:
        """How to ask again for what failed, if that makes sense."""
        fault = fault_of(error)
        if fault is Fault.LACKING:
            if rung.name not in self._learned.present:
                self._learned.lacking[rung.name] = error
                return span
            self._learned.present.remove(rung.name)  # it has worked before: it gets a last chance
        elif span.size > 1 and (
            fault is Fault.TOO_MUCH or (fault is Fault.SLOW and self._patient)
        ):
            limit.failed(span.size)
            return span
        elif fault is not Fault.TOO_MUCH:
            return None
        below = self._usable(span.rung_index + 1)
        return None if below is None else span._replace(rung_index=below, error=error)

    def _fail(self, span: _Span, error: RpcError) -> None:
        self._parts.append(Part(span.start, span.stop, error))

    def _unsupported(self) -> RpcError:
        """That the node has none of the rungs."""
        tried = [rung.name for rung in self._rungs if rung.name in self._learned.lacking]
        last = self._learned.lacking[tried[-1]]
        hint = " at a block given by its hash (EIP-1898)" if is_unreadable(last) else ""
        return RpcError(
            "unsupported", f"the node knows none of {', '.join(tried)}{hint}: {last.detail}"
        )

    def _of(self, span: _Span) -> Sequence[Item]:
        return self._items[span.start : span.stop]
