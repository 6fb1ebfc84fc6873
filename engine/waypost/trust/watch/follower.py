"""Follows the chain without I/O: from one head to the next, with every change between them.

Near the head each block is asked for by its hash and has to stand on the one before, so no
reorganisation goes unnoticed, and a node that lags behind says so instead of leaving logs out.
What is older is read in ranges, as large as the node takes.
"""

from bisect import bisect_right
from collections.abc import Sequence

from waypost.config import RegistryConfig
from waypost.errors import RpcError
from waypost.trust.endpoint import Endpoint
from waypost.trust.exchange import Answer, Exchange
from waypost.trust.watch.changes import Change, Rewound
from waypost.trust.watch.cursor import ANCHOR_DEPTHS, Anchor, Cursor
from waypost.trust.watch.logs import (
    Head,
    changes_in,
    head_at,
    head_in,
    logs_of_block,
    logs_of_range,
)

_RANGE = "logs"  # the name of its limit among those that the endpoint has taught
_WIDTH = 16  # blocks that are asked for at once
_NO_METHOD = -32601  # JSON-RPC 2.0: no smaller range helps


class Follower:
    """Where a watch is on its chain. Without a cursor it begins behind the head block.

    It remembers `config.watch_block_count_max` blocks that it has passed: a reorganisation may go
    back to any of them.
    """

    def __init__(self, config: RegistryConfig, since: Cursor | None) -> None:
        self._config = config
        self._since = since
        self._passed: list[Head] = []  # on the chain when last seen, newest last
        self._behind_count = 0  # heads in a row that were older than what was passed

    @property
    def started(self) -> bool:
        """Whether it knows where on the chain it is."""
        return bool(self._passed)

    @property
    def cursor(self) -> Cursor | None:
        """Where everything that was returned ends; None before a watch from now on has begun."""
        if not self._passed:
            return self._since
        return self.cursor_at(self._newest.number, self._newest.hash)

    def cursor_at(self, number: int, block_hash: bytes, log_index: int | None = None) -> Cursor:
        """The cursor behind a block that was returned, or behind a log of it."""
        numbers = [head.number for head in self._passed]
        counts = [bisect_right(numbers, number - depth) for depth in ANCHOR_DEPTHS]
        if counts[0]:
            counts.append(1)  # the oldest of them
        heads = [self._passed[count - 1] for count in dict.fromkeys(counts) if count]
        anchors = tuple(Anchor.of(head.number, head.hash) for head in heads)
        return Cursor(number, block_hash, log_index, anchors)

    @property
    def _newest(self) -> Head:
        return self._passed[-1]

    def advance(self, endpoint: Endpoint) -> Exchange[list[Change | Rewound] | None]:
        """What is new, perhaps nothing; None when there is no more for now. Raises RpcError.

        After an error it is where it was before: the next call tries again, perhaps with another
        endpoint of the chain.
        """
        if not self._passed:
            return (yield from self._begin(endpoint))
        if not endpoint.is_probed:
            yield from endpoint.pin()  # it stands in for another one: it may serve another chain
        (answer,) = yield [head_at("latest")]
        head = _there(head_in(answer))
        if head.hash == self._newest.hash:
            self._behind_count = 0
            return None
        if head.parent_hash == self._newest.hash and head.number == self._newest.number + 1:
            return (yield from self._take(endpoint, [head]))
        (answer,) = yield [head_at(self._newest.number)]
        known = head_in(answer, self._newest.number)
        if known is None or known.hash != self._newest.hash:
            return (yield from self._rewind())
        gap = head.number - self._newest.number
        if gap < 1:
            return None  # whoever told of that head lags behind
        if gap > self._config.watch_block_count_max // 2:
            return (yield from self._take_range(endpoint, head.number))
        return (yield from self._take_blocks(endpoint, min(gap, _WIDTH)))

    # ---- onwards

    def _begin(self, endpoint: Endpoint) -> Exchange[list[Change | Rewound] | None]:
        block = yield from endpoint.pin()
        since = self._since
        where = since.block_number if since else block.number
        (answer,) = yield [head_at(where)]
        head = head_in(answer, where)
        wanted = since.block_hash if since else block.hash
        if head is None or wanted not in (None, head.hash):
            if since is None or (where > block.number and not self._is_left(since)):
                return None  # the chain moves, or this node has yet to see the block
            head = yield from self._anchor(since)
            changes: list[Change | Rewound] = [Rewound(head.number, head.hash)]
        elif since and since.log_index is not None:
            (found,) = yield from self._changes(endpoint, [head])
            changes = [change for change in found if change.log_index > since.log_index]
        else:
            changes = []
        self._passed = [*(yield from self._ancestors(head)), head]
        self._behind_count = 0
        return changes

    def _is_left(self, since: Cursor) -> bool:
        """Whether a node that has no block of a cursor's number yet may be on a shorter branch."""
        self._behind_count += 1
        return bool(since.anchors) and self._behind_count >= self._config.watch_lag_count_max

    def _anchor(self, since: Cursor) -> Exchange[Head]:
        """The newest block on the chain that a cursor names besides its own, which has left it."""
        answers = yield [head_at(anchor.block_number) for anchor in since.anchors]
        for anchor, answer in zip(since.anchors, answers, strict=True):
            head = head_in(answer, anchor.block_number)
            if head is not None and head.hash.startswith(anchor.hash_start):
                return head
        raise RpcError(
            "gone",
            f"block {since.block_number} has left the chain: read the registry anew, and watch "
            "from there",
        )

    def _ancestors(self, head: Head) -> Exchange[list[Head]]:
        """The blocks before it, for a reorganisation that goes back behind the beginning."""
        numbers = range(max(0, head.number - _WIDTH), head.number)
        answers = yield [head_at(number) for number in numbers]
        found: list[Head] = []
        for number, answer in zip(numbers[::-1], answers[::-1], strict=True):
            before = head_in(answer, number)
            if before is None or before.hash != (found[-1] if found else head).parent_hash:
                break  # the chain moves: the rest is of another branch
            found.append(before)
        return found[::-1]

    def _take_blocks(
        self, endpoint: Endpoint, count: int
    ) -> Exchange[list[Change | Rewound] | None]:
        numbers = range(self._newest.number + 1, self._newest.number + 1 + count)
        answers = yield [head_at(number) for number in numbers]
        heads: list[Head] = []
        for number, answer in zip(numbers, answers, strict=True):
            head = head_in(answer, number)
            if head is None or head.parent_hash != (heads[-1] if heads else self._newest).hash:
                break  # the chain moves while it is read: what stands is taken
            heads.append(head)
        if not heads:
            return None
        return (yield from self._take(endpoint, heads))

    def _take(
        self, endpoint: Endpoint, heads: Sequence[Head]
    ) -> Exchange[list[Change | Rewound] | None]:
        found = yield from self._changes(endpoint, heads)
        self._pass(heads)
        return [change for changes in found for change in changes]

    def _changes(self, endpoint: Endpoint, heads: Sequence[Head]) -> Exchange[list[list[Change]]]:
        address = endpoint.address
        answers = yield [logs_of_block(address, head.hash) for head in heads]
        return [
            changes_in(answer, address, head.number, head.number, head.hash)
            for head, answer in zip(heads, answers, strict=True)
        ]

    def _take_range(
        self, endpoint: Endpoint, head_number: int
    ) -> Exchange[list[Change | Rewound] | None]:
        """The next blocks, as many as the node takes, but none that is near the head."""
        limit = endpoint.learned.limit(_RANGE, self._config.watch_range_count_max)
        address, first = endpoint.address, self._newest.number + 1
        last = min(first + limit.size - 1, head_number - self._config.watch_block_count_max // 4)
        (answer,) = yield [head_at(last)]
        end = _there(head_in(answer, last))
        (answer,) = yield [logs_of_range(address, first, last)]
        count = last - first + 1
        if count > 1 and _is_too_much(answer):
            limit.failed(count)
            return []
        changes = changes_in(answer, address, first, last, end.hash)
        (answer,) = yield [head_at(last)]
        if _there(head_in(answer, last)) != end:
            return []  # the chain moved meanwhile
        limit.carried(count)
        self._pass([end])
        return [*changes]

    def _pass(self, heads: Sequence[Head]) -> None:
        self._behind_count = 0
        self._passed += heads
        del self._passed[: -self._config.watch_block_count_max]

    # ---- back

    def _rewind(self) -> Exchange[list[Change | Rewound] | None]:
        """Goes back to the newest block that is on the chain still."""
        replaced = False
        index = len(self._passed)
        while index:
            start = max(0, index - _WIDTH)
            some = self._passed[start:index]
            answers = yield [head_at(head.number) for head in some]
            for back, (head, answer) in enumerate(zip(some[::-1], answers[::-1], strict=True)):
                found = head_in(answer, head.number)
                if found is not None and found.hash == head.hash:
                    return self._back_to(index - back, replaced)
                replaced |= found is not None
            index = start
        return self._back_to(0, replaced)

    def _back_to(self, count: int, replaced: bool) -> list[Change | Rewound] | None:
        """Keeps so many blocks, unless the chain may be the same and this node lag behind."""
        if not replaced:
            self._behind_count += 1
            if self._behind_count < self._config.watch_lag_count_max:
                return None
        self._behind_count = 0
        if not count:
            raise RpcError(
                "deep-reorg",
                f"none of the last {len(self._passed)} blocks that were seen is on the chain: "
                "read the registry anew, and watch from there",
            )
        if count == len(self._passed):
            return None  # it is back already
        del self._passed[count:]
        return [Rewound(self._newest.number, self._newest.hash)]


def _there(head: Head | None) -> Head:
    if head is None:
        raise RpcError("wrong-block", "the node does not have a block that it had told of")
    return head


def _is_too_much(answer: Answer) -> bool:
    """Whether fewer blocks may help: nodes have many words for it, so most get the benefit of the
    doubt.
    """
    return (
        isinstance(answer, RpcError)
        and answer.reason in ("rpc-error", "too-large", "timeout", "http-status")
        and answer.code != _NO_METHOD
    )
