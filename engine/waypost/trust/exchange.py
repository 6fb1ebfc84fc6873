"""JSON-RPC without I/O: a machine yields a round of calls and is sent their answers.

    chain_id, code = yield [Call("eth_chainId"), Call("eth_getCode", [address, "latest"])]

An answer is the `result` of the call, or the RpcError that stands for whatever went wrong. The
answer to a `Batch` is the list of its calls' answers, or an RpcError if all of it failed. Who
drives the machine decides how a round travels: to a node (`net/rpc`) or straight into an embedded
chain.
"""

import re
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias, TypeVar

from waypost._ext.hex import hex_bytes, hex_text
from waypost.errors import RpcError

__all__ = [
    "Answer",
    "Batch",
    "Call",
    "Exchange",
    "T",
    "checked",
    "hex_bytes",
    "hex_text",
    "quantity",
]

_QUANTITY = re.compile(r"0x[0-9a-fA-F]{1,64}")


@dataclass(frozen=True, slots=True)
class Call:
    """One JSON-RPC call."""

    method: str
    params: list[Any] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Batch:
    """Calls that travel together, as one JSON-RPC batch."""

    calls: Sequence[Call]


Answer: TypeAlias = Any  # the result, or an RpcError

T = TypeVar("T")
Exchange: TypeAlias = Generator[Sequence[Call | Batch], Sequence[Answer], T]


def beside(exchange: Exchange[T], calls: Sequence[Call]) -> Exchange[tuple[T, list[Answer]]]:
    """What an exchange gives, and the answers to calls that go along with its first round.

    Where it has no round, there are no answers.
    """
    answers: list[Answer] = []
    try:
        asked = next(exchange)
        found = yield [*asked, *calls]
        answers = list(found[len(asked) :])
        asked = exchange.send(found[: len(asked)])
        while True:
            asked = exchange.send((yield asked))
    except StopIteration as done:
        return done.value, answers


def checked(answer: Answer) -> Any:
    """The result of a call; raises the RpcError if that is the answer."""
    if isinstance(answer, RpcError):
        raise answer
    return answer


def quantity(answer: Answer) -> int:
    """The number in an answer such as "0x41". Raises RpcError (`bad-answer`, or the answer)."""
    text = checked(answer)
    if not isinstance(text, str) or not _QUANTITY.fullmatch(text):
        raise RpcError("bad-answer", "a hexadecimal number was expected")
    return int(text, 16)
