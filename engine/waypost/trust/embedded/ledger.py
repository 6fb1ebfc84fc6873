"""The blocks that a chain keeps. Whoever asks for older ones is told that they are gone."""

from collections import deque
from collections.abc import Iterator
from typing import Any

from waypost.config import BLOCK_COUNT_MAX, LOG_COUNT_MAX, STATE_COUNT_MAX
from waypost.errors import ConfigError, RpcError
from waypost.trust.embedded.block import Sealed, shown
from waypost.trust.embedded.params import LogFilter, Where, refused
from waypost.trust.embedded.state import State

NOT_FOUND = -32001  # EIP-1898: "if the block is not found"
PRUNED = 4444  # EIP-4444
_LIMIT_EXCEEDED = -32005  # EIP-1474


class Ledger:
    """`finality_depth` blocks on top of a block make it final, and safe."""

    def __init__(self, genesis: Sealed, state: State, finality_depth: int) -> None:
        if not 0 <= finality_depth < STATE_COUNT_MAX:
            raise ConfigError(f"finality_depth is 0 to {STATE_COUNT_MAX - 1}")
        self._finality_depth = finality_depth
        self._blocks = deque([genesis])
        self._states = deque([state])  # of the newest of those blocks
        self._numbers = {genesis.block.hash: genesis.block.number}
        self._transactions: dict[str, int] = {}  # the number of the block, by hash

    @property
    def head(self) -> Sealed:
        return self._blocks[-1]

    @property
    def head_state(self) -> State:
        return self._states[-1]

    def append(self, sealed: Sealed, state: State) -> None:
        self._blocks.append(sealed)
        self._states.append(state)
        self._numbers[sealed.block.hash] = sealed.block.number
        for transaction in sealed.header["transactions"]:
            self._transactions[transaction] = sealed.block.number
        if len(self._blocks) > BLOCK_COUNT_MAX:
            self._forget(self._blocks.popleft())
        if len(self._states) > STATE_COUNT_MAX:
            self._states.popleft()

    def pop(self) -> Sealed:
        """Takes the head back. Raises ConfigError if no older state is kept."""
        if len(self._states) < 2:
            raise ConfigError("no older state is kept: rewind fewer blocks")
        self._states.pop()
        sealed = self._blocks.pop()
        self._forget(sealed)
        return sealed

    def _forget(self, sealed: Sealed) -> None:
        del self._numbers[sealed.block.hash]
        for transaction in sealed.header["transactions"]:
            del self._transactions[transaction]

    def since(self, number: int) -> Iterator[Sealed]:
        """The blocks after the one with this number."""
        first = self._blocks[0].block.number
        return (self._blocks[at - first] for at in range(number + 1, self.head.block.number + 1))

    def number(self, where: Where) -> int | None:
        """The number of a block, which may be one that is gone or has yet to come."""
        head = self.head.block.number
        match where:
            case int():
                return where
            case bytes():
                return self._numbers.get(where)
            case "earliest":
                return 0
            case "safe" | "finalized":
                return max(head - self._finality_depth, 0)
        return head

    def find(self, where: Where) -> Sealed | None:
        """The block, or None if the chain has none there. Raises RpcError if it is gone."""
        number, first = self.number(where), self._blocks[0].block.number
        if number is None or number > self.head.block.number:
            return None
        if number < first:
            raise _pruned(f"block {number}; the oldest that is kept is {first}")
        return self._blocks[number - first]

    def at(self, where: Where) -> tuple[Sealed, State]:
        """The block and the state after it. Raises RpcError."""
        sealed = self.find(where)
        if sealed is None:
            raise RpcError("rpc-error", "block not found", code=NOT_FOUND)
        age = self.head.block.number - sealed.block.number
        if age >= len(self._states):
            raise _pruned(f"the state of block {sealed.block.number}")
        return sealed, self._states[-1 - age]

    def receipt(self, hash_: bytes) -> dict[str, Any] | None:
        number = self._transactions.get(shown(hash_))
        sealed = None if number is None else self.find(number)
        return sealed.receipt if sealed else None

    def logs(self, wanted: LogFilter) -> list[dict[str, Any]]:
        """The logs that a filter admits. Raises RpcError."""
        first, last = self.number(wanted.first), self.number(wanted.last)
        if first is None or last is None:
            raise RpcError("rpc-error", "block not found", code=NOT_FOUND)
        if first > last:
            raise refused("the range ends before it begins")
        last = min(last, self.head.block.number)
        if first <= last:
            self.find(first)  # or it is gone
        logs = [
            log
            for sealed in self.since(first - 1)
            if sealed.block.number <= last
            for log in sealed.logs
            if wanted.admits(log)
        ]
        if len(logs) > LOG_COUNT_MAX:
            words = f"more than {LOG_COUNT_MAX} logs: ask for fewer blocks"
            raise RpcError("rpc-error", words, code=_LIMIT_EXCEEDED)
        return logs


def _pruned(what: str) -> RpcError:
    return RpcError("rpc-error", f"pruned: {what}", code=PRUNED)
