"""A chain, or a contract on it, as a JSON-RPC endpoint shows it: probed once, then read at blocks
pinned by hash.
"""

from waypost.errors import RpcError
from waypost.trust.exchange import Answer, Call, Exchange, checked, hex_bytes, hex_text, quantity
from waypost.trust.reading.ladder.learned import Learned
from waypost.trust.reading.ladder.pinned import call_at
from waypost.trust.verdict import Block

HEAD = Call("eth_getBlockByNumber", ["latest", False])


class ChainEndpoint:
    """The chain with this id, or whichever the endpoint serves.

    The probe asks for the chain's id. It is made once, and again after `forget`. `learned` is what
    the node can do and how much at a time: reads find out, and `forget` has them find out again.
    `number_min` is the number of a block that is known to exist: an older head is `behind`. A head
    of before `timestamp_min` is `stale`. `head` is the newest that was not refused. `name` is what
    an error about the node as such calls it.
    """

    def __init__(self, chain_id: int | None = None, name: str = "it") -> None:
        self.name = name
        self.learned = Learned()
        self.number_min = 0
        self.timestamp_min = 0
        self.head: Block | None = None
        self._chain_id_wanted = chain_id
        self._chain_id: int | None = None  # known once the probe has succeeded

    @property
    def chain_id(self) -> int:
        """The chain's id. Only after a block was pinned."""
        assert self._chain_id is not None
        return self._chain_id

    @property
    def is_probed(self) -> bool:
        return self._chain_id is not None

    def expect(self, chain_id: int) -> None:
        """Refuses any other chain from now on."""
        self._chain_id_wanted = chain_id

    def pin(self) -> Exchange[Block]:
        """The head block, and the probe if it is still to be made. Raises RpcError."""
        block, _ = yield from self.pin_with()
        return block

    def pin_with(self, *more: Call) -> Exchange[tuple[Block, list[Answer]]]:
        """The same, and the answers to more calls that go with it. Raises RpcError."""
        probe = [] if self.is_probed else self._probe()
        head, *answers = yield [HEAD, *more, *probe]
        if probe:
            self._chain_id = self._checked(*answers[len(more) :])
        return self.head_of(head), answers[: len(more)]

    def head_of(self, answer: Answer) -> Block:
        """The block in the answer to HEAD. Raises RpcError, also if it is too old."""
        block = block_of(answer)
        if block.number < self.number_min:
            raise RpcError("behind", f"its head is {block.number}: {self.number_min} was seen")
        if block.timestamp < self.timestamp_min:
            late_s = self.timestamp_min - block.timestamp
            raise RpcError("stale", f"its head is {late_s} s too old: others have a newer one")
        self.head = block
        return block

    def forget(self) -> None:
        """Makes the next read probe again: what the endpoint answered does not fit the probe."""
        self._chain_id = None
        self.learned.forget()

    def _probe(self) -> list[Call]:
        return [Call("eth_chainId")]

    def _checked(self, chain_id_answer: Answer, *_others: Answer) -> int:
        """The chain's id, from the answers to the probe. Raises RpcError."""
        chain_id = quantity(chain_id_answer)
        if self._chain_id_wanted not in (None, chain_id):
            raise RpcError(
                "wrong-chain", f"{self.name} serves {chain_id}, not {self._chain_id_wanted}"
            )
        return chain_id


class Endpoint(ChainEndpoint):
    """The contract at `address` (20 bytes) of a chain: the probe asks for its code, too."""

    def __init__(self, address: bytes, chain_id: int | None = None, name: str = "it") -> None:
        super().__init__(chain_id, name)
        self.address = address

    def call_at(self, block: Block, data: bytes) -> Call:
        """A read of the contract in the state after this block, and in no other (EIP-1898)."""
        return call_at(block, {"to": self.address, "data": data})

    def _probe(self) -> list[Call]:
        return [*super()._probe(), Call("eth_getCode", [hex_text(self.address), "latest"])]

    def _checked(self, chain_id_answer: Answer, *others: Answer) -> int:
        chain_id = super()._checked(chain_id_answer)
        (code_answer,) = others
        if not hex_bytes(code_answer):
            place = f"{hex_text(self.address)} on chain {chain_id}"
            raise RpcError("no-code", f"no contract at {place}")
        return chain_id


def block_of(answer: Answer) -> Block:
    """The block that an answer describes. Raises RpcError."""
    header = checked(answer)
    if not isinstance(header, dict) or len(hash_ := hex_bytes(header.get("hash"))) != 32:
        raise RpcError("bad-answer", "a block with its hash was expected")
    return Block(quantity(header.get("number")), hash_, quantity(header.get("timestamp")))
