"""`eth_getStorageValues`: the registry's words straight from storage, in one request, without an
EVM.
"""

from collections.abc import Sequence

from waypost.errors import RpcError
from waypost.trust.exchange import Answer, Call, checked, hex_text
from waypost.trust.reading.ladder.pinned import pinned
from waypost.trust.reading.ladder.question import Question
from waypost.trust.reading.ladder.slots import slots_of
from waypost.trust.reading.snapshot import Snapshot
from waypost.trust.verdict import Block

SLOT_COUNT_MAX = 1024  # execution-apis, `eth_getStorageValues`: of one request


class StorageValues:
    """The fastest rung. The answer names the account but not the block.

    Notices: another account, zeros from a wrong address (the registry word), another number of
    words. Cannot notice: words of another block, except as far as those that all requests share
    differ (`facts`). A node that ignores the block hash is found out beforehand (`obedience`).
    """

    name = "eth_getStorageValues"

    def __init__(self, question: Question) -> None:
        self._question = question
        self.item_count_max = SLOT_COUNT_MAX - question.fixed_count

    def ask(self, block: Block, items: Sequence[bytes]) -> Call:
        account = hex_text(self._question.address)
        return Call(self.name, [{account: slots_of(self._question, items)}, pinned(block)])

    def read(self, _block: Block, items: Sequence[bytes], answer: Answer) -> Snapshot:
        accounts = checked(answer)
        if not isinstance(accounts, dict) or len(accounts) != 1:
            raise RpcError("bad-answer", "the words of one account were expected")
        ((account, values),) = accounts.items()
        if account.lower() != hex_text(self._question.address):
            raise RpcError("bad-answer", "the answer is about another account")
        return self._question.snapshot_of(values, len(items))
