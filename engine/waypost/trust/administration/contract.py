"""Reads of contracts by their ABI, all at one block. For the cold paths."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from waypost.trust.administration.abi import Abi
from waypost.trust.exchange import Exchange, hex_bytes
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
    return [
        read.contract.abi.returned(read.function, hex_bytes(answer))
        for read, answer in zip(reads, answers, strict=True)
    ]
