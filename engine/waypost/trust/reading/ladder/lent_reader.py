"""Our own `aggregate3`, lent to an account for the length of one `eth_call`: a state override."""

from collections.abc import Sequence
from functools import cache

from waypost._ext.digest import keccak256
from waypost.trust.artifact import artifact
from waypost.trust.exchange import Answer, Call, hex_text
from waypost.trust.multicall.codec import (
    SELECTOR,
    CallResult,
    ContractCall,
    encode_calls,
    results_of,
)
from waypost.trust.reading.ladder.pinned import call_at
from waypost.trust.verdict import Block

_BORROWER = keccak256(b"waypost.batch-reader")[-20:]  # an account without code of its own


class LentReader:
    """For nodes that know the third parameter of `eth_call`.

    Notices and cannot notice the same as Multicall3; but each call has its share of the gas, and
    none can write.
    """

    name = "state override"

    def __init__(self, item_count_max: int) -> None:
        self.item_count_max = item_count_max

    def ask(self, block: Block, items: Sequence[ContractCall]) -> Call:
        message = {"to": _BORROWER, "data": SELECTOR + encode_calls(items)}
        return call_at(block, message, {hex_text(_BORROWER): {"code": _code()}})

    def read(
        self, _block: Block, items: Sequence[ContractCall], answer: Answer
    ) -> list[CallResult]:
        return results_of(answer, len(items))


@cache
def _code() -> str:
    return str(artifact("BatchReader")["deployedBytecode"])
