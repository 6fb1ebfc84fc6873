"""A contract that is never made: its constructor runs the calls, and its "code" is the results."""

from collections.abc import Sequence
from functools import cache

from waypost.trust.artifact import artifact
from waypost.trust.exchange import Answer, Call
from waypost.trust.multicall.codec import CallResult, ContractCall, encode_calls, results_of
from waypost.trust.reading.ladder.pinned import call_at
from waypost.trust.verdict import Block

# Of one word each: EIP-170 allows 24,576 bytes of code, EIP-3860 49,152 of code that creates it.
ITEM_COUNT_MAX = 150


class DeploylessReader:
    """For nodes that run an `eth_call` without `to`. Notices the same as a state override."""

    name = "deployless call"
    item_count_max = ITEM_COUNT_MAX

    def ask(self, block: Block, items: Sequence[ContractCall]) -> Call:
        return call_at(block, {"data": _code() + encode_calls(items)})

    def read(
        self, _block: Block, items: Sequence[ContractCall], answer: Answer
    ) -> list[CallResult]:
        return results_of(answer, len(items))


@cache
def _code() -> bytes:
    return bytes.fromhex(artifact("DeploylessReader")["bytecode"].removeprefix("0x"))
