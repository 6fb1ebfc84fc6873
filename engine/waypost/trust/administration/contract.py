"""Reads of contracts by their ABI, all at one block. For the cold paths."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from waypost.errors import RpcError
from waypost.trust.address import address_text
from waypost.trust.administration.abi import Abi
from waypost.trust.exchange import Answer, Exchange, hex_bytes
from waypost.trust.reading.ladder.pinned import call_at
from waypost.trust.verdict import Block


class Contract(NamedTuple):
    """Where a contract is, 20 bytes, and what it understands."""

    address: bytes
    abi: Abi

    def read(self, function: str, *args: Any) -> "Read":
        """A question to it, to be asked by `read_at`."""
        return Read(self, function, args)


class Read(NamedTuple):
    """What a contract is asked."""

    contract: Contract
    function: str
    args: tuple[Any, ...]


def read_at(block: Block, reads: Sequence[Read]) -> Exchange[list[tuple[Any, ...]]]:
    """What functions return at a block, all in one round. Raises RpcError, ConfigError."""
    if not reads:
        return []
    calls = [
        call_at(
            block,
            {
                "to": read.contract.address,
                "data": read.contract.abi.calldata(read.function, *read.args),
            },
        )
        for read in reads
    ]
    answers = yield calls
    return [_returned(read, answer) for read, answer in zip(reads, answers, strict=True)]


def _returned(read: Read, answer: Answer) -> tuple[Any, ...]:
    try:
        return read.contract.abi.returned(read.function, hex_bytes(answer))
    except RpcError as error:
        if error.reason not in ("rpc-error", "bad-answer"):
            raise
        asked = f"{read.function} of {address_text(read.contract.address)}"
        detail = f"{asked}: {error.detail} (is another contract at that address?)"
        raise RpcError(error.reason, detail, code=error.code, data=error.data) from None
