"""A contract as a JSON-RPC endpoint shows it: probed once, then read at blocks pinned by hash."""

from waypost.errors import RpcError
from waypost.trust.exchange import Answer, Call, Exchange, checked, hex_bytes, quantity
from waypost.trust.verdict import Block

# What nodes say of a block that is not, or no longer, on their chain. Their codes differ.
_GONE = ("not found", "canonical", "unknown block", "missing trie node")


class Endpoint:
    """The contract at `address` (20 bytes) of the chain with this id, or of any chain.

    The probe asks for the chain's id and for code at the address. It is made once, and again after
    `forget`.
    """

    def __init__(self, address: bytes, chain_id: int | None = None) -> None:
        self.address = address
        self._chain_id_wanted = chain_id
        self._chain_id: int | None = None  # known once the probe has succeeded

    @property
    def chain_id(self) -> int:
        """The chain's id. Only after a block was pinned."""
        assert self._chain_id is not None
        return self._chain_id

    def pin(self) -> Exchange[Block]:
        """The head block, and the probe if it is still to be made. Raises RpcError."""
        calls = [Call("eth_getBlockByNumber", ["latest", False])]
        if self._chain_id is None:
            calls += [Call("eth_chainId"), Call("eth_getCode", [_hex(self.address), "latest"])]
        head, *probe = yield calls
        if probe:
            self._chain_id = self._probed(*probe)
        return _block(head)

    def call_at(self, block: Block, data: bytes) -> Call:
        """A read of the contract in the state after this block, and in no other (EIP-1898)."""
        where = {"blockHash": _hex(block.hash), "requireCanonical": True}
        return Call("eth_call", [{"to": _hex(self.address), "data": _hex(data)}, where])

    def forget(self) -> None:
        """Makes the next read probe again: what the endpoint answered does not fit the probe."""
        self._chain_id = None

    def _probed(self, chain_id_answer: Answer, code_answer: Answer) -> int:
        chain_id = quantity(chain_id_answer)
        if self._chain_id_wanted not in (None, chain_id):
            raise RpcError("wrong-chain", f"it serves {chain_id}, not {self._chain_id_wanted}")
        if not hex_bytes(code_answer):
            raise RpcError("no-code", f"no contract at {_hex(self.address)} on chain {chain_id}")
        return chain_id


def is_gone(answer: Answer) -> bool:
    """Whether a pinned read failed for want of its block: then a newer block may serve."""
    return (
        isinstance(answer, RpcError)
        and answer.reason == "rpc-error"
        and any(text in str(answer).lower() for text in _GONE)
    )


def _block(answer: Answer) -> Block:
    header = checked(answer)
    if not isinstance(header, dict) or len(hash_ := hex_bytes(header.get("hash"))) != 32:
        raise RpcError("bad-answer", "a block with its hash was expected")
    return Block(quantity(header.get("number")), hash_, quantity(header.get("timestamp")))


def _hex(data: bytes) -> str:
    return f"0x{data.hex()}"
