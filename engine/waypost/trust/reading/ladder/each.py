"""One JSON-RPC call for each item: many in a batch, or one at a time where nothing else works."""

from collections.abc import Callable, Sequence
from typing import Generic

from waypost.errors import RpcError
from waypost.trust.exchange import Answer, Batch, Call, checked
from waypost.trust.reading.ladder.rung import Found, Item
from waypost.trust.verdict import Block


class Each(Generic[Item, Found]):
    """Asks with `ask_one` and reads with `read_one`, which raises RpcError.

    Notices: an answer that is missing. Cannot notice: a node that ignores the block hash, or mixes
    up the answers of a batch under the right ids. `item_count_max` 1 sends no batches.
    """

    def __init__(
        self,
        name: str,
        item_count_max: int,
        ask_one: Callable[[Block, Item], Call],
        read_one: Callable[[Answer], Found],
    ) -> None:
        self.name = name
        self.item_count_max = item_count_max
        self._ask_one = ask_one
        self._read_one = read_one

    def ask(self, block: Block, items: Sequence[Item]) -> Call | Batch:
        calls = [self._ask_one(block, item) for item in items]
        return Batch(calls) if self.item_count_max > 1 else calls[0]

    def read(self, _block: Block, items: Sequence[Item], answer: Answer) -> list[Found]:
        answers = checked(answer) if self.item_count_max > 1 else [answer]
        if not isinstance(answers, list) or len(answers) != len(items):
            raise RpcError("bad-answer", "a batch has not as many answers as calls")
        return [self._read_one(one) for one in answers]
