"""Multicall3 where it is deployed: many calls in one `eth_call`."""

from collections.abc import Sequence

from waypost._ext.digest import keccak256
from waypost.errors import RpcError
from waypost.trust.endpoint import ChainEndpoint
from waypost.trust.exchange import Answer, Call, Exchange, hex_bytes, hex_text
from waypost.trust.multicall.codec import (
    SELECTOR,
    CallResult,
    ContractCall,
    encode_calls,
    results_of,
)
from waypost.trust.reading.ladder.pinned import call_at
from waypost.trust.verdict import Block

ADDRESS = bytes.fromhex("cA11bde05977b3631167028862bE2a173976CA11")
# The key that deployed it has leaked: on a new chain, other code may come to lie there.
CODE_HASH = bytes.fromhex("d5c15df687b16f2ff992fc8d767b4216323184a2bbc6ee2f9c398c318e770891")

_NAME = "Multicall3"


class Multicall3:
    """The deployed contract; only after `find_multicall3`.

    Notices: another number of results, a layout that does not fit. Cannot notice: a node that
    ignores the block hash. A call that wastes its gas fails those after it (CallResult without
    data: ask again), and one that writes is seen by those after it.
    """

    name = _NAME

    def __init__(self, item_count_max: int) -> None:
        self.item_count_max = item_count_max

    def ask(self, block: Block, items: Sequence[ContractCall]) -> Call:
        return call_at(block, {"to": ADDRESS, "data": SELECTOR + encode_calls(items)})

    def read(
        self, _block: Block, items: Sequence[ContractCall], answer: Answer
    ) -> list[CallResult]:
        return results_of(answer, len(items))


def find_multicall3(endpoint: ChainEndpoint) -> Exchange[None]:
    """Learns whether its code is where it should be, unless that is known. Raises RpcError."""
    learned = endpoint.learned
    if _NAME in learned.lacking or _NAME in learned.present:
        return
    (code,) = yield [Call("eth_getCode", [hex_text(ADDRESS), "latest"])]
    if keccak256(hex_bytes(code)) == CODE_HASH:
        learned.present.add(_NAME)
    else:
        learned.lacking[_NAME] = RpcError("unsupported", "it is not deployed on this chain")
